//! What questions cost as the data grows tenfold, and what counting beforehand would buy.

use super::cases::{Case, ask, cases};
use super::rows::BEGIN;
use super::{ROUNDS, make, timed};
use attune_warehouse::Warehouse;

/// The shortest of a few times, in milliseconds.
async fn least(mut work: impl AsyncFnMut()) -> f64 {
    let mut least = f64::MAX;
    for _ in 0..ROUNDS {
        least = least.min(timed(work()).await.0);
    }
    least
}

/// Asks whole questions about a hundredth, a tenth and all of the events; of sites of their own, so that all are in the
/// same tables.
pub(crate) async fn draw(warehouse: &Warehouse, events: u64, only: &str) {
    let sizes = [(3, events / 100), (2, events / 10), (1, events)];
    for (site, events) in sizes {
        make(warehouse, site, events).await;
    }
    println!(
        "\n{:<38}{:>12}{:>12}{:>12}{:>16}",
        "question, ms", sizes[0].1, sizes[1].1, sizes[2].1, "ten times more"
    );
    let whole = |case: &Case| case.name.starts_with(only) && case.question["sample"].is_null();
    for case in cases().into_iter().filter(whole) {
        let kind = case.name.split(',').next().unwrap_or(case.name);
        let mut ms = Vec::new();
        for (site, _) in sizes {
            ms.push(
                least(async || {
                    ask(warehouse, site, kind, &case.question).await;
                })
                .await,
            );
        }
        let growth = ms[2] / ms[1];
        println!("{:<38}{:>12.0}{:>12.0}{:>12.0}{growth:>14.1} x", case.name, ms[0], ms[1], ms[2]);
    }
    beforehand(warehouse).await;
}

/// Distinct visitors by day, of all rows and of states counted beforehand by day and event name.
async fn beforehand(warehouse: &Warehouse) {
    let made = "CREATE TABLE IF NOT EXISTS attune.bench_days (site UInt32, day Date, name LowCardinality(String), \
                events SimpleAggregateFunction(sum, UInt64), visitors AggregateFunction(uniqExact, UUID)) \
                ENGINE = AggregatingMergeTree ORDER BY (site, day, name)";
    let filled = "INSERT INTO attune.bench_days SELECT site, day, name, count(), uniqExactState(visitor) \
                  FROM attune.events GROUP BY site, day, name";
    warehouse.run(made).await.expect("a table");
    warehouse.run("TRUNCATE TABLE attune.bench_days").await.expect("an empty table");
    let (fill_ms, done) = timed(warehouse.run(filled)).await;
    done.expect("rows");
    warehouse.run("OPTIMIZE TABLE attune.bench_days FINAL").await.expect("a merge");
    println!(
        "\n{:<38}{:>12}{:>12}{:>12}",
        "counted beforehand by day and name", "all rows", "states", "times faster"
    );
    let period =
        format!("day >= toDate(fromUnixTimestamp64Milli({BEGIN}, 'UTC'), 'UTC') GROUP BY day FORMAT Null");
    for (name, rows, states) in [
        ("events by day", "count()", "sum(events)"),
        ("visitors by day", "uniqExact(visitor)", "uniqExactMerge(visitors)"),
        ("buyers by day", "uniqExactIf(visitor, name = 'buy')", "uniqExactMergeIf(visitors, name = 'buy')"),
    ] {
        let of = |count: &str, table: &str| {
            format!("SELECT day, {count} FROM attune.{table} WHERE site = 1 AND {period}")
        };
        let (rows, states) = (of(rows, "events"), of(states, "bench_days"));
        let rows = least(async || warehouse.run(&rows).await.expect("an answer")).await;
        let states = least(async || warehouse.run(&states).await.expect("an answer")).await;
        println!("{name:<38}{rows:>12.0}{states:>12.0}{:>12.1}", rows / states);
    }
    let (events, days) = (warehouse.weight("events").await, warehouse.weight("bench_days").await);
    let bytes = |weight: Result<attune_warehouse::weight::Weight, _>| {
        let weight = weight.expect("parts are known");
        weight.row_bytes * weight.rows as f64 / 1e6
    };
    println!(
        "the states weigh {:.1} MB beside {:.1} MB of events, and took {:.1} s to count",
        bytes(days),
        bytes(events),
        fill_ms / 1_000.0
    );
    warehouse.run("DROP TABLE attune.bench_days SYNC").await.expect("the table goes");
}
