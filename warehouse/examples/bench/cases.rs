//! The questions, and how they are asked.

use super::rows::BEGIN;
use attune_schema::question::{
    AttributionQuestion, FunnelQuestion, GoalsQuestion, PathsQuestion, PredictorsQuestion, ProcessQuestion,
    RetentionQuestion, RfmQuestion, SensingQuestion, SqlQuestion, TrendQuestion,
};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_warehouse::Warehouse;
use attune_warehouse::fence::Access;
use serde_json::{Value, json};

/// A question, how to ask it, and the table and columns of its scan.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) question: Value,
    pub(crate) table: &'static str,
    /// Expressions that read each column it reads, as cheaply as can be.
    pub(crate) columns: &'static str,
    pub(crate) filter: &'static str,
}

const STEPS: &str = "name IN ('view', 'detail', 'cart', 'checkout', 'buy')";

pub(crate) fn cases() -> Vec<Case> {
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

/// Asks, and returns what is compared with `DuckDB`.
pub(crate) async fn ask(warehouse: &Warehouse, site: u32, kind: &str, question: &Value) -> Value {
    let question = question.clone();
    let now = Timestamp(BEGIN + 30 * DAY_MS);
    match kind {
        "retention" => {
            let question: RetentionQuestion = from_value(question);
            let answer = warehouse.retention(site, &question, now).await.expect("an answer");
            json!(answer.cohorts.iter().map(|cohort| &cohort.returned).collect::<Vec<_>>())
        }
        "paths" => {
            let question: PathsQuestion = from_value(question);
            let answer = warehouse.paths(site, &question).await.expect("an answer");
            json!([answer.count, answer.transitions.total, answer.transitions.top[0].count])
        }
        "attribution" => {
            let question: AttributionQuestion = from_value(question);
            let answer = warehouse.attribution(site, &question).await.expect("an answer");
            json!(answer.total.goals_millionths)
        }
        "rfm" => {
            let question: RfmQuestion = from_value(question);
            let answer = warehouse.rfm(site, &question, now).await.expect("an answer");
            json!(answer.recency.iter().map(|band| band.count).collect::<Vec<_>>())
        }
        "goals" => {
            let answer =
                warehouse.goals(site, &from_value::<GoalsQuestion>(question)).await.expect("an answer");
            json!(answer.goals[0].reached.count)
        }
        "process" => {
            let answer =
                warehouse.process(site, &from_value::<ProcessQuestion>(question)).await.expect("an answer");
            json!([answer.sessions, answer.completed])
        }
        "sensing" => {
            let question: SensingQuestion = from_value(question);
            let answer = warehouse.sensing(site, &question, now).await.expect("an answer");
            json!(answer.series[0].points.len())
        }
        "sql" => {
            let access = Access { people: true, ..Access::default() };
            let answer = warehouse.statement(site, &access, &from_value::<SqlQuestion>(question)).await;
            json!(answer.expect("an answer").rows.len())
        }
        "predictors" => {
            let question: PredictorsQuestion = from_value(question);
            let counts = warehouse.predictors(site, &question, now).await.expect("an answer");
            json!([counts.all.converted, counts.all.dropped])
        }
        "trend" => {
            let question: TrendQuestion = from_value(question);
            let answer = warehouse.trend(site, &question).await.expect("an answer");
            json!(answer.points.iter().map(|point| point.count).sum::<u64>())
        }
        _ => {
            let question: FunnelQuestion = from_value(question);
            let answer = warehouse.funnel(site, &question).await.expect("an answer");
            json!(answer.steps.iter().map(|step| step.count).collect::<Vec<_>>())
        }
    }
}

fn from_value<T: serde::de::DeserializeOwned>(question: Value) -> T {
    serde_json::from_value(question).expect("a question of this file")
}
