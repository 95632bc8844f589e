//! Every question beside the raw scan of the columns that it reads: `cargo xtask bench query` runs this, and `DuckDB` on
//! the same rows after it.
//!
//! Arguments: number of events, folder for the data, and, if wanted, file for what was measured and how the names of
//! the questions begin. A folder that has the rows is used as it is. The rows are made by the store from
//! their numbers: a twentieth as many visitors, thirty days, visits of a few minutes; half of the events are steps of
//! the funnel, as in the traffic that the design was measured with.
#![expect(clippy::print_stdout, reason = "a bench talks on standard output")]

use attune_schema::question::{
    AttributionQuestion, FunnelQuestion, GoalsQuestion, PathsQuestion, PredictorsQuestion, ProcessQuestion,
    RetentionQuestion, RfmQuestion, SensingQuestion, SqlQuestion, TrendQuestion,
};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_warehouse::fence::Access;
use attune_warehouse::{Config, Warehouse};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

/// 1 November 2026.
const BEGIN: i64 = 1_793_491_200_000;
/// Every question and every scan is asked so often, in turn, and the shortest time counts.
const ROUNDS: usize = 3;

/// A question, how to ask it, and the table and columns of its scan.
struct Case {
    name: &'static str,
    question: Value,
    table: &'static str,
    /// Expressions that read each column it reads, as cheaply as can be.
    columns: &'static str,
    filter: &'static str,
}

const STEPS: &str = "name IN ('view', 'detail', 'cart', 'checkout', 'buy')";

fn cases() -> Vec<Case> {
    let steps =
        json!([{"event":"view"},{"event":"detail"},{"event":"cart"},{"event":"checkout"},{"event":"buy"}]);
    let period = json!({ "from": BEGIN, "to": BEGIN + 30 * DAY_MS });
    let funnel = |more: Value| {
        let mut asked = json!({ "steps": steps, "window_seconds": 86_400, "period": period });
        for (key, value) in more.as_object().into_iter().flatten() {
            asked[key] = value.clone();
        }
        asked
    };
    let narrow = |name, question, filter| Case {
        name,
        question,
        table: "steps",
        columns: "max(visitor), max(at), max(sequence), count()",
        filter,
    };
    let optional = json!([{"event":"view"},{"event":"detail","optional":true},{"event":"cart","window_seconds":3600},
        {"event":"checkout"},{"event":"buy"}]);
    let repeated =
        json!([{"event":"view"},{"event":"view"},{"event":"detail"},{"event":"cart"},{"event":"buy"}]);
    let filtered = json!([{"event":"view","where":[{"property":"price","at_least":20}]},{"event":"cart"},{"event":"buy"}]);
    vec![
        Case { columns: "max(visitor), max(at), count()", ..narrow("funnel", funnel(json!({})), STEPS) },
        narrow("funnel, by device", funnel(json!({ "breakdown": "device" })), STEPS),
        narrow("funnel, times", funnel(json!({ "times": true })), STEPS),
        narrow("funnel, a step twice", funnel(json!({ "steps": repeated })), STEPS),
        narrow("funnel, optional step, step window", funnel(json!({ "steps": optional })), STEPS),
        narrow(
            "funnel, exclusion between",
            funnel(json!({ "exclude": [{ "event": "leave", "between": [2, 4] }] })),
            "name IN ('view', 'detail', 'cart', 'checkout', 'buy', 'leave')",
        ),
        narrow("funnel, any order", funnel(json!({ "order": "any" })), STEPS),
        narrow("funnel, strict", funnel(json!({ "order": "strict" })), "1"),
        Case {
            table: "events",
            columns: "max(visitor), max(at), max(sequence), sum(length(numbers)), count()",
            ..narrow(
                "funnel, filter",
                funnel(json!({ "steps": filtered })),
                "name IN ('view', 'cart', 'buy')",
            )
        },
        narrow("retention, weeks", json!({ "interval": "week" }), "1"),
        narrow(
            "retention, days, of a start",
            json!({ "start": { "event": "cart" }, "return": { "event": "buy" }, "interval": "day", "intervals": 29 }),
            "name IN ('cart', 'buy')",
        ),
        Case {
            columns: "max(session), max(at), max(sequence), max(name), count()",
            ..narrow("paths, sessions", json!({ "depth": 5 }), "1")
        },
        Case {
            columns: "max(session), max(at), max(sequence), max(name), count()",
            ..narrow("paths, after an event", json!({ "from": { "event": "cart" }, "collapse": true }), "1")
        },
        Case {
            table: "events",
            columns: "max(visitor), max(session), max(at), max(sequence), max(channel), count()",
            ..narrow("attribution", json!({ "goal": { "event": "buy" }, "value": "price" }), "1")
        },
        Case {
            table: "events",
            columns: "max(visitor), max(at), sum(length(numbers)), count()",
            ..narrow("rfm", json!({ "event": { "event": "buy" }, "value": "price" }), "name = 'buy'")
        },
        Case {
            table: "events",
            columns: "max(at), count()",
            ..narrow("trend, events by day", json!({ "interval": "day" }), "1")
        },
        Case {
            table: "events",
            columns: "max(visitor), max(at), count()",
            ..narrow("trend, visitors by day", json!({ "interval": "day", "measure": "visitors" }), "1")
        },
        Case {
            columns: "max(visitor), max(at), count()",
            ..narrow("funnel, preview of a tenth", funnel(json!({ "sample": 0.1 })), STEPS)
        },
        narrow("funnel, times, preview of a tenth", funnel(json!({ "times": true, "sample": 0.1 })), STEPS),
        narrow("retention, weeks, preview of a tenth", json!({ "interval": "week", "sample": 0.1 }), "1"),
        Case {
            columns: "max(session), max(at), max(sequence), max(name), count()",
            ..narrow("paths, preview of a tenth", json!({ "depth": 5, "sample": 0.1 }), "1")
        },
        Case {
            table: "events",
            columns: "max(visitor), max(session), max(at), max(sequence), max(channel), count()",
            ..narrow(
                "attribution, preview of a tenth",
                json!({ "goal": { "event": "buy" }, "value": "price", "sample": 0.1 }),
                "1",
            )
        },
        Case {
            table: "events",
            columns: "max(visitor), max(at), count()",
            ..narrow(
                "trend, visitors, preview of a tenth",
                json!({ "interval": "day", "measure": "visitors", "sample": 0.1 }),
                "1",
            )
        },
        Case {
            table: "events",
            columns: "max(visitor), max(session), max(id), max(at), max(sequence), sum(length(numbers)), count()",
            ..narrow(
                "goals",
                json!({ "goals": [{ "name": "sales", "event": { "event": "buy" }, "value": "price" }] }),
                "1",
            )
        },
        Case {
            table: "events",
            columns: "max(session), max(at), max(sequence), count()",
            ..narrow(
                "process",
                json!({ "steps": [{ "name": "c", "event": { "event": "cart" } },
                    { "name": "o", "event": { "event": "checkout" } }, { "name": "b", "event": { "event": "buy" } }] }),
                "name IN ('cart', 'checkout', 'buy')",
            )
        },
        Case {
            table: "events",
            columns: "max(at), count()",
            ..narrow(
                "sensing",
                json!({ "interval": "hour", "weeks": 3, "period": { "from": BEGIN + 28 * DAY_MS, "to": BEGIN + 30 * DAY_MS } }),
                "1",
            )
        },
        Case {
            table: "events",
            columns: "max(channel), max(visitor), count()",
            ..narrow(
                "sql",
                json!({ "statement": "SELECT channel, uniq(visitor) FROM events GROUP BY channel" }),
                "1",
            )
        },
        Case {
            table: "events",
            columns: "max(visitor), max(at), max(sequence), max(name), max(device), max(channel), max(source), \
                      max(browser), max(os), max(country), max(locale), max(utm_source), count()",
            ..narrow(
                "predictors, preview of a tenth",
                json!({ "step": 3, "funnel": funnel(json!({ "sample": 0.1 })) }),
                "1",
            )
        },
    ]
}

/// Makes the rows: what happens is drawn from the number of the event.
async fn fill(warehouse: &Warehouse, events: u64) {
    let visitors = (events / 20).max(1);
    let block = 1_000_000;
    for from in (0..events).step_by(block) {
        let count = (events - from).min(block as u64);
        let rows = format!(
            "SELECT 1 AS site, reinterpret(sipHash128(number, 1), 'UUID') AS id, {from} AS batch,\n\
             multiIf(p < 300, 'view', p < 440, 'detail', p < 490, 'cart', p < 515, 'checkout', p < 525, 'buy',\n\
                 p < 700, 'scroll', p < 850, 'click', p < 990, 'seen', 'leave') AS name,\n\
             fromUnixTimestamp64Milli({BEGIN} + toInt64(cityHash64(v, s) % 2591000) * 1000 + toInt64(r2 % 900) * 1000, 'UTC') AS at,\n\
             at AS received_at, reinterpret(sipHash128(v, 2), 'UUID') AS visitor, reinterpret(sipHash128(v, s, 3), 'UUID') AS session,\n\
             toUInt32(number % 1000000) AS sequence, if(v % 3 = 0, 'mobile', 'desktop') AS device,\n\
             ['search', 'direct', 'email', 'social', ''][1 + cityHash64(v, s, 4) % 5] AS channel,\n\
             map('price', toFloat64(r2 % 100)) AS numbers\n\
             FROM (SELECT number, cityHash64(number) AS r, cityHash64(number, 7) AS r2, r % 1000 AS p,\n\
                 cityHash64(number, 8) % {visitors} AS v, r2 % 5 AS s FROM numbers({from}, {count}))"
        );
        for table in ["events", "steps"] {
            let columns = match table {
                "events" => {
                    "site, id, batch, name, at, received_at, visitor, session, sequence, device, channel, numbers"
                }
                _ => "site, visitor, at, sequence, name, session, device",
            };
            let sql = format!("INSERT INTO attune.{table} ({columns}) SELECT {columns} FROM ({rows})");
            warehouse.run(&sql).await.expect("rows are made");
        }
    }
    for table in ["events", "steps"] {
        warehouse.run(&format!("OPTIMIZE TABLE attune.{table} FINAL")).await.expect("parts are merged");
    }
}

/// Asks, and returns what is compared with `DuckDB`.
async fn ask(warehouse: &Warehouse, kind: &str, question: &Value) -> Value {
    let question = question.clone();
    let now = Timestamp(BEGIN + 30 * DAY_MS);
    match kind {
        "retention" => {
            let question: RetentionQuestion = from_value(question);
            let answer = warehouse.retention(1, &question, now).await.expect("an answer");
            json!(answer.cohorts.iter().map(|cohort| &cohort.returned).collect::<Vec<_>>())
        }
        "paths" => {
            let question: PathsQuestion = from_value(question);
            let answer = warehouse.paths(1, &question).await.expect("an answer");
            json!([answer.count, answer.transitions.total, answer.transitions.top[0].count])
        }
        "attribution" => {
            let question: AttributionQuestion = from_value(question);
            let answer = warehouse.attribution(1, &question).await.expect("an answer");
            json!(answer.total.goals_millionths)
        }
        "rfm" => {
            let question: RfmQuestion = from_value(question);
            let answer = warehouse.rfm(1, &question, now).await.expect("an answer");
            json!(answer.recency.iter().map(|band| band.count).collect::<Vec<_>>())
        }
        "goals" => {
            let answer = warehouse.goals(1, &from_value::<GoalsQuestion>(question)).await.expect("an answer");
            json!(answer.goals[0].reached.count)
        }
        "process" => {
            let answer =
                warehouse.process(1, &from_value::<ProcessQuestion>(question)).await.expect("an answer");
            json!([answer.sessions, answer.completed])
        }
        "sensing" => {
            let question: SensingQuestion = from_value(question);
            let answer = warehouse.sensing(1, &question, now).await.expect("an answer");
            json!(answer.series[0].points.len())
        }
        "sql" => {
            let access = Access { people: true, ..Access::default() };
            let answer = warehouse.statement(1, &access, &from_value::<SqlQuestion>(question)).await;
            json!(answer.expect("an answer").rows.len())
        }
        "predictors" => {
            let question: PredictorsQuestion = from_value(question);
            let counts = warehouse.predictors(1, &question, now).await.expect("an answer");
            json!([counts.all.converted, counts.all.dropped])
        }
        "trend" => {
            let question: TrendQuestion = from_value(question);
            let answer = warehouse.trend(1, &question).await.expect("an answer");
            json!(answer.points.iter().map(|point| point.count).sum::<u64>())
        }
        _ => {
            let question: FunnelQuestion = from_value(question);
            let answer = warehouse.funnel(1, &question).await.expect("an answer");
            json!(answer.steps.iter().map(|step| step.count).collect::<Vec<_>>())
        }
    }
}

fn from_value<T: serde::de::DeserializeOwned>(question: Value) -> T {
    serde_json::from_value(question).expect("a question of this file")
}

/// Milliseconds, and what came of it.
async fn timed<T>(work: impl Future<Output = T>) -> (f64, T) {
    let started = Instant::now();
    let done = work.await;
    (started.elapsed().as_secs_f64() * 1_000.0, done)
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let events: u64 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(2_000_000);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/bench-query".to_owned()));
    let report = arguments.next().filter(|path| !path.is_empty()).map(PathBuf::from);
    let only = arguments.next().unwrap_or_default();
    std::fs::create_dir_all(&folder).expect("a folder");
    let config = Config { data_dir: folder.join("store"), ..Config::default() };
    let warehouse = Warehouse::open(&config).await.expect("the embedded engine");
    if warehouse.count(1).await.expect("a count") != events {
        let (ms, ()) = timed(fill(&warehouse, events)).await;
        println!("{events} events made in {:.1} s", ms / 1_000.0);
    }

    let rows = folder.join("events.parquet");
    let export = format!(
        "INSERT INTO FUNCTION file('{}', 'Parquet') SELECT toString(visitor) AS visitor, toString(session) AS session, \
         toUnixTimestamp64Milli(at) AS at, sequence, toString(name) AS name, toString(device) AS device, \
         toString(channel) AS channel, numbers['price'] AS price FROM attune.events ORDER BY visitor, at",
        rows.display()
    );
    if report.is_some() {
        warehouse.run(&export).await.expect("rows for DuckDB");
    }

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
            let (ms, answered) = timed(ask(&warehouse, kind, &question)).await;
            (best, answer) = (best.min(ms), answered);
            let (ms, done) = timed(warehouse.run(&scan)).await;
            done.expect("a scan");
            least = least.min(ms);
        }
        println!("{name:<38}{best:>10.0}{least:>10.0}{:>8.1}", best / least);
        measured.push(json!({ "name": name, "ms": best, "scan_ms": least, "answer": answer }));
    }
    if let Some(report) = report {
        let text = serde_json::to_string_pretty(&measured).expect("numbers");
        std::fs::write(report, text).expect("a file for the report");
    }
    warehouse.close().await;
}
