//! Every question beside the raw scan of the columns that it reads: `cargo xtask bench query` runs this, and `DuckDB` on
//! the same rows after it.
//!
//! Arguments: number of events, folder for the data, and, if wanted, file for what was measured and how the names of
//! the questions begin, and `curve` to ask them about a tenth and a hundredth of the events as well. A folder that has
//! the rows is used as it is.
#![expect(clippy::print_stdout, reason = "a bench talks on standard output")]

mod cases;
mod curve;
mod rows;

use attune_warehouse::{Config, Warehouse};
use cases::{Case, ask, cases};
use rows::BEGIN;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

/// Every question and every scan is asked so often, in turn, and the shortest time counts.
const ROUNDS: usize = 3;

/// Milliseconds, and what came of it.
async fn timed<T>(work: impl Future<Output = T>) -> (f64, T) {
    let started = Instant::now();
    let done = work.await;
    (started.elapsed().as_secs_f64() * 1_000.0, done)
}

/// Makes the rows of a site that are not there yet.
async fn make(warehouse: &Warehouse, site: u32, events: u64) {
    if warehouse.count(site).await.expect("a count") != events {
        let (ms, ()) = timed(rows::fill(warehouse, site, events)).await;
        println!("{events} events made in {:.1} s", ms / 1_000.0);
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let events: u64 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(2_000_000);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/bench-query".to_owned()));
    let report = arguments.next().filter(|path| !path.is_empty()).map(PathBuf::from);
    let only = arguments.next().unwrap_or_default();
    let is_curve = arguments.next().is_some_and(|argument| argument == "curve");
    std::fs::create_dir_all(&folder).expect("a folder");
    let config = Config { data_dir: folder.join("store"), ..Config::default() };
    let warehouse = Warehouse::open(&config).await.expect("the embedded engine");
    make(&warehouse, 1, events).await;

    let rows = folder.join("events.parquet");
    let export = format!(
        "INSERT INTO FUNCTION file('{}', 'Parquet') SELECT toString(visitor) AS visitor, toString(session) AS session, \
         toUnixTimestamp64Milli(at) AS at, sequence, toString(name) AS name, toString(device) AS device, \
         toString(channel) AS channel, numbers['price'] AS price FROM attune.events WHERE site = 1 ORDER BY visitor, at",
        rows.display()
    );
    if report.is_some() {
        warehouse.run(&export).await.expect("rows for DuckDB");
    }

    rows::weigh(&warehouse).await;
    println!("{:<38}{:>10}{:>10}{:>8}", "question", "ms", "scan ms", "ratio");
    let mut measured = Vec::new();
    for case in cases().into_iter().filter(|case| case.name.starts_with(&only)) {
        let Case { name, question, table, columns, filter } = case;
        let scan = format!(
            "SELECT {columns} FROM attune.{table} WHERE site = 1 AND at >= fromUnixTimestamp64Milli({BEGIN}, 'UTC') \
             AND bot = 'human' AND {filter} FORMAT Null SETTINGS use_query_condition_cache = 0"
        );
        let kind = name.split(',').next().unwrap_or(name);
        let (mut best, mut least) = (f64::MAX, f64::MAX);
        let mut answer = Value::Null;
        for _ in 0..ROUNDS {
            let (ms, answered) = timed(ask(&warehouse, 1, kind, &question)).await;
            (best, answer) = (best.min(ms), answered);
            let (ms, done) = timed(warehouse.run(&scan)).await;
            done.expect("a scan");
            least = least.min(ms);
        }
        println!("{name:<38}{best:>10.0}{least:>10.0}{:>8.1}", best / least);
        measured.push(json!({ "name": name, "ms": best, "scan_ms": least, "answer": answer }));
    }
    if is_curve {
        curve::draw(&warehouse, events, &only).await;
    }
    if let Some(report) = report {
        let text = serde_json::to_string_pretty(&measured).expect("numbers");
        std::fs::write(report, text).expect("a file for the report");
    }
    warehouse.close().await;
}
