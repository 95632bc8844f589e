//! What is over is removed by the engine, site by site and class by class.

use crate::{row, run};
use attune_schema::api::{PersonRow, Retention};
use attune_schema::bot::Bots;
use attune_schema::question::TrendQuestion;
use attune_schema::time::{DAY_MS, Timestamp};
use attune_warehouse::Warehouse;
use attune_warehouse::query::bots::Scope;
use attune_warehouse::retention::kept_from;
use attune_warehouse::row::{Agent, EventRow};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const LIMITED: u32 = 190;
const FREE: u32 = 191;

/// A search, a page and an identified user, `days` before `now`.
fn of_day(site: u32, now: i64, days: i64) -> Vec<EventRow> {
    let at = now - days * DAY_MS;
    ["search_performed", "page_viewed", "identified"]
        .into_iter()
        .enumerate()
        .map(|(index, name)| EventRow {
            user: if name == "identified" { format!("user-{days}") } else { String::new() },
            search_term: "knee pain".to_owned(),
            address: "203.0.113.0".to_owned(),
            agent: Arc::new(Agent { user_agent: "Mozilla/5.0".to_owned(), ..Agent::default() }),
            properties: vec![("term".to_owned(), "knee pain".into())],
            ..row(site, (days * 10 + index as i64 + 1) as u128, days as u128 + 1, name, at)
        })
        .collect()
}

/// Applies `limits` to one of the two sites, and waits for what the engine does of itself some time.
async fn retain(warehouse: &Warehouse, limits: Retention) {
    warehouse.retain(&BTreeMap::from([(LIMITED, limits), (FREE, Retention::default())])).await.unwrap();
    let at_work =
        "SELECT throwIf(count() > 0) FROM system.mutations WHERE database = 'attune' AND NOT is_done";
    let began = Instant::now();
    while let Err(error) = warehouse.run(at_work).await {
        assert!(began.elapsed() < Duration::from_secs(60), "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for table in ["events", "steps", "links", "attributes", "lists"] {
        warehouse.run(&format!("OPTIMIZE TABLE attune.{table} FINAL")).await.unwrap();
    }
}

async fn must_be(warehouse: &Warehouse, table: &str, site: u32, test: &str, count: u64) {
    let sql = format!(
        "SELECT throwIf(countIf({test}) != {count}, 'not {count} rows') FROM attune.{table} WHERE site = {site}"
    );
    warehouse.run(&sql).await.unwrap_or_else(|error| panic!("{table} of {site} where {test}: {error}"));
}

#[test]
fn each_class_ends_in_its_time_and_other_sites_keep_theirs() {
    run(async |warehouse| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
        for site in [LIMITED, FREE] {
            for days in [0, 20, 50, 200] {
                let rows = of_day(site, now, days);
                warehouse.insert(&format!("kept-{site}-{days}"), 1, &rows).await.unwrap();
            }
            for (import, days) in [(1, 5), (2, 100)] {
                let said = PersonRow {
                    line: 1,
                    key: format!("user-{days}"),
                    attributes: BTreeMap::from([("tier".to_owned(), "gold".into())]),
                    removed: vec![],
                };
                let staged_at = Timestamp(now - days * DAY_MS);
                warehouse.stage(site, import, None, staged_at, &[said]).await.unwrap();
            }
        }

        // Texts and addresses first: the rows stay.
        let limits = Retention {
            texts_days: Some(30),
            addresses_days: Some(10),
            people_days: Some(60),
            ..Retention::default()
        };
        retain(warehouse, limits).await;
        must_be(warehouse, "events", LIMITED, "1", 12).await;
        must_be(warehouse, "events", LIMITED, "search_term = 'knee pain'", 6).await;
        must_be(warehouse, "events", LIMITED, "texts['term'] = 'knee pain'", 2 + 4 * 2).await;
        must_be(warehouse, "events", LIMITED, "name = 'search_performed' AND notEmpty(texts)", 2).await;
        must_be(warehouse, "events", LIMITED, "address != '' AND user_agent != ''", 3).await;
        must_be(warehouse, "links", LIMITED, "1", 3).await;
        must_be(warehouse, "attributes", LIMITED, "1", 1).await;

        // Rows, those that were there before the limit as well; a shorter limit later holds for them, too.
        for (days, left) in [(100, 9), (40, 6)] {
            let limits = Retention { behaviour_days: Some(days), ..limits };
            let scope = Scope { kept_from: kept_from(&limits, Timestamp(now)), ..Scope::from(LIMITED) };
            let question: TrendQuestion =
                serde_json::from_value(serde_json::json!({ "interval": "day" })).unwrap();
            let count = async || {
                let answer = warehouse.trend(scope, &question).await.unwrap();
                answer.points.iter().map(|point| point.count).sum::<u64>()
            };
            assert_eq!(count().await, left, "before the engine has removed anything");
            retain(warehouse, limits).await;
            must_be(warehouse, "events", LIMITED, "1", left).await;
            must_be(warehouse, "steps", LIMITED, "1", left).await;
            assert_eq!(count().await, left);
        }

        // Nothing of it is another site's, and a limit that is lifted brings nothing back and removes nothing more.
        retain(warehouse, Retention::default()).await;
        for (site, events, people) in [(LIMITED, 6, 1), (FREE, 12, 2)] {
            must_be(warehouse, "events", site, "1", events).await;
            must_be(warehouse, "steps", site, "1", events).await;
            must_be(warehouse, "attributes", site, "1", people).await;
        }
        must_be(warehouse, "events", FREE, "search_term != '' AND address != '' AND notEmpty(texts)", 12)
            .await;
        assert_eq!(warehouse.event_names(FREE, Bots::Exclude).await.unwrap().len(), 3);
    });
}
