//! The tables of a cluster, as far as one process can have them: every statement is read by the real engine, and what
//! does not need a second server or Keeper runs: `Distributed` tables over one shard, with what the program asks of them.

#[expect(dead_code, reason = "only its rows are needed here")]
#[path = "reference/world.rs"]
mod world;

use attune_schema::id::EventId;
use attune_schema::question::{FunnelQuestion, TrendQuestion};
use attune_warehouse::cluster::clustered;
use attune_warehouse::embedded::{Embedded, find_library};
use attune_warehouse::{Config, Warehouse};
use world::{NOON, row};

/// A cluster of this process alone, which the engine knows to be itself by the port.
const SELF: &str = "<clickhouse><tcp_port>9000</tcp_port><remote_servers><pair><shard><replica><host>127.0.0.1</host>\
                    <port>9000</port></replica></shard></pair></remote_servers></clickhouse>";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// What a statement becomes where there is no Keeper: a table of this process instead of a replicated one.
fn alone(statement: &str) -> String {
    let mut sql = statement.replace(" ON CLUSTER pair", "");
    if let Some((head, rest)) = sql.split_once("ENGINE = Replicated") {
        let (engine, rest) = rest.split_once('(').unwrap();
        let (arguments, rest) = rest.split_once(')').unwrap();
        let arguments: Vec<&str> = arguments.split(", ").skip(2).collect();
        let rest = rest.replace("replicated_deduplication_window", "non_replicated_deduplication_window");
        sql = format!("{head}ENGINE = {engine}({}){rest}", arguments.join(", "));
    }
    sql
}

#[test]
fn a_cluster_has_the_tables_that_one_server_has() {
    let folder = folder();
    let settings = folder.path().join("cluster.xml");
    std::fs::write(&settings, SELF).unwrap();
    let config = Config {
        data_dir: folder.path().join("data"),
        arguments: vec![format!("--config-file={}", settings.display())],
        ..Config::default()
    };
    let clustered_config = Config { cluster: Some("pair".to_owned()), ..config.clone() };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let tables = Warehouse::schema(&config).await.unwrap();
        let statements = clustered(&tables, "attune", "pair").unwrap();
        let of = |start: &str| statements.iter().filter(|sql| sql.contains(start)).count();
        assert_eq!(of("ENGINE = Replicated"), tables.len());
        assert_eq!(of("ENGINE = Distributed"), tables.len());
        for (table, engine, window) in [
            ("events", "ReplicatedMergeTree", "10000"),
            ("steps", "ReplicatedMergeTree", "10000"),
            ("ids", "ReplicatedMergeTree", "10000"),
            ("links", "ReplicatedAggregatingMergeTree", "10000"),
            ("persons", "ReplicatedAggregatingMergeTree", "0"),
            ("lists", "ReplicatedReplacingMergeTree", "0"),
        ] {
            let start = format!("CREATE TABLE IF NOT EXISTS attune.{table}_local ON CLUSTER pair ");
            let sql = statements.iter().find(|sql| sql.starts_with(&start)).unwrap();
            assert!(sql.contains(&format!("ENGINE = {engine}(")), "{sql}");
            assert!(sql.contains(&format!(" replicated_deduplication_window = {window}")), "{sql}");
        }

        // The engine reads every statement as it will be sent, and runs what it becomes without Keeper.
        let engine =
            Embedded::open_with(&find_library().unwrap(), &config.data_dir, &config.arguments).unwrap();
        let client = engine.client();
        for statement in &statements {
            client.query_raw(&format!("EXPLAIN AST {statement}")).execute().await.unwrap();
        }
        let torn = format!("EXPLAIN AST {}", statements[1].replacen('(', "", 1));
        client.query_raw(&torn).execute().await.expect_err("the engine reads");
        client.query_raw("DROP DATABASE attune SYNC").execute().await.unwrap();
        engine.close().await;

        // A cluster without its tables is refused, and told how to make them.
        let refused = Warehouse::open(&clustered_config).await.unwrap_err().to_string();
        assert!(refused.contains("attune warehouse schema --cluster pair"), "{refused}");

        let engine =
            Embedded::open_with(&find_library().unwrap(), &config.data_dir, &config.arguments).unwrap();
        for statement in &statements {
            engine.client().query_raw(&alone(statement)).execute().await.unwrap_or_else(|error| {
                panic!("{error}: {statement}");
            });
        }
        engine.close().await;

        let warehouse = Warehouse::open(&clustered_config).await.unwrap();
        let mut rows = Vec::new();
        for visitor in 1..=40_u128 {
            for (place, name) in
                ["view", "cart", "buy"].into_iter().enumerate().take(1 + visitor as usize % 3)
            {
                let at = NOON + place as i64 * 1_000;
                let mut event = row(3, visitor * 10 + place as u128, visitor, name, at);
                event.user = if visitor % 2 == 0 { format!("user-{}", visitor / 4) } else { String::new() };
                rows.push(event);
            }
        }
        // Twice, as after a crash: the token holds on every shard.
        for _ in 0..2 {
            warehouse.insert("once", 1, &rows).await.unwrap();
        }
        assert_eq!(warehouse.count(3).await.unwrap(), rows.len() as u64);
        let ids: Vec<EventId> = rows.iter().map(|row| row.id).chain([EventId(7)]).collect();
        assert_eq!(warehouse.existing(3, &ids, NOON, NOON + 10_000, 2).await.unwrap().len(), rows.len());
        let question =
            serde_json::json!({ "steps": [{ "event": "view" }, { "event": "cart" }, { "event": "buy" }] });
        let mut funnel: FunnelQuestion = serde_json::from_value(question).unwrap();
        let counts = async |funnel: &FunnelQuestion| {
            let answer = warehouse.funnel(3, funnel).await.unwrap();
            answer.steps.iter().map(|step| step.count).collect::<Vec<_>>()
        };
        // One in three stops at each step; of 20 browsers, two are one user's, but for the last.
        assert_eq!(counts(&funnel).await, [40, 27, 13]);
        funnel.per = attune_schema::question::Per::Person;
        let users: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.user.as_str()).collect();
        assert_eq!(counts(&funnel).await[0], 20 + users.len() as u64 - 1);
        let trend: TrendQuestion =
            serde_json::from_value(serde_json::json!({ "interval": "day", "measure": "visitors" })).unwrap();
        assert_eq!(warehouse.trend(3, &trend).await.unwrap().points[0].count, 40);
        warehouse.close().await;
    });
}

#[test]
fn names_that_are_none_are_refused() {
    for name in ["", "1a", "a b", "a'b", "a;DROP TABLE x", &"a".repeat(65)] {
        let refused = clustered(&[], "attune", name).unwrap_err().to_string();
        assert!(refused.starts_with("the name of a cluster is "), "{refused}");
    }
}
