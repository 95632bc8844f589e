//! What is stored, once, and found again.

use crate::{NOON, ask, row, run};
use attune_schema::bot::Bots;
use attune_schema::id::{EventId, VisitorId};
use attune_schema::question::FunnelAnswer;
use attune_schema::time::{DAY_MS, Timestamp};
use attune_warehouse::raw::{RawFilter, RawRow};
use attune_warehouse::row::EventRow;

#[test]
fn the_same_token_again_doubles_nothing() {
    run(async |warehouse| {
        let rows: Vec<EventRow> =
            (0..100).map(|n| row(1, n, n % 7, "a", NOON + n as i64 * 30 * DAY_MS / 10)).collect();
        for _ in 0..3 {
            warehouse.insert("range-1", 1, &rows).await.unwrap();
        }
        assert_eq!(warehouse.count(1).await.unwrap(), 100);
        let funnel = warehouse.funnel(1, &ask(&["a"], None)).await.unwrap();
        assert_eq!(funnel.steps[0].count, 7, "the narrow table too");
    });
}

/// Name and niceness of every thread of this process but the first.
fn threads() -> Vec<(String, i32)> {
    let mut threads = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap();
        // Threads end while they are looked at.
        let Ok(stat) = std::fs::read_to_string(task.path().join("stat")) else { continue };
        let (name, rest) = stat.rsplit_once(')').unwrap();
        let (number, name) = name.split_once(" (").unwrap();
        let nice = rest.split_whitespace().nth(16).unwrap().parse().unwrap();
        if number != std::process::id().to_string() {
            threads.push((name.to_owned(), nice));
        }
    }
    threads
}

#[test]
fn every_thread_of_the_engine_yields_to_ours() {
    run(async |warehouse| {
        let rows: Vec<EventRow> = (0..10_000).map(|n| row(31, n, n % 7, "a", NOON + n as i64)).collect();
        warehouse.insert("yields", 1, &rows).await.unwrap();
        warehouse.funnel(31, &ask(&["a"], None)).await.unwrap();
        let is_ours = |name: &str| name.starts_with("tokio") || name.contains("::");
        let (ours, engine): (Vec<_>, Vec<_>) = threads().into_iter().partition(|(name, _)| is_ours(name));
        assert!(engine.len() > 4, "{engine:?}");
        // What watches the engine's memory takes a priority of its own where it may.
        let yields = |(name, nice): &(String, i32)| *nice >= 5 || name == "MemoryWorker";
        assert!(engine.iter().all(yields), "{engine:?}");
        assert!(ours.iter().all(|(_, nice)| *nice < 5), "{ours:?}");
    });
}

#[test]
fn existing_ids_are_found_but_not_those_of_the_batch_itself() {
    run(async |warehouse| {
        let rows: Vec<EventRow> = (0..10).map(|n| row(2, n, 1, "a", NOON)).collect();
        warehouse.insert("range-2", 7, &rows).await.unwrap();
        let ids: Vec<EventId> = (5..15).map(EventId).collect();
        let mut found = warehouse.existing(2, &ids, NOON, NOON, 8).await.unwrap();
        found.sort();
        assert_eq!(found, (5..10).map(EventId).collect::<Vec<_>>());
        assert_eq!(warehouse.existing(2, &ids, NOON, NOON, 7).await.unwrap(), []);
        assert_eq!(warehouse.existing(3, &ids, NOON, NOON, 8).await.unwrap(), [], "another site");
    });
}

#[test]
fn an_id_is_known_by_all_of_it_and_only_there() {
    run(async |warehouse| {
        let time = 0x0199_0000_0000_7000u128;
        let id = |upper: u128, lower: u128| EventId(upper << 64 | lower);
        let stored = [id(time, 1), id(time, 2), id(u128::from(u64::MAX), u128::from(u64::MAX)), id(0, 0)];
        let rows: Vec<EventRow> =
            stored.iter().map(|id| EventRow { id: *id, ..row(86, 0, 1, "x", NOON) }).collect();
        warehouse.insert("ids-1", 1, &rows).await.unwrap();
        let existing = async |site, ids: &[EventId], from, to, except| {
            let mut found = warehouse.existing(site, ids, from, to, except).await.unwrap();
            found.sort();
            found
        };
        let asked = [
            id(time, 1),
            id(time, 3),
            id(time + 1, 1),
            id(0, 0),
            id(u128::from(u64::MAX), u128::from(u64::MAX)),
        ];
        let all = [id(0, 0), id(time, 1), id(u128::from(u64::MAX), u128::from(u64::MAX))];
        assert_eq!(existing(86, &asked, NOON, NOON, 0).await, all, "not what shares half of an id");
        assert_eq!(existing(87, &asked, NOON, NOON, 0).await, [], "another site");
        assert_eq!(existing(86, &asked, NOON, NOON, 1).await, [], "the batch's own");
        assert_eq!(existing(86, &asked, NOON + DAY_MS, NOON + 2 * DAY_MS, 0).await, [], "another day");
        assert_eq!(existing(86, &[], NOON, NOON, 0).await, []);
    });
}

/// Columns that a migration says `table` stores.
fn columns<'a>(migration: &'a str, table: &str) -> Vec<&'a str> {
    let start = migration.find(&format!("CREATE TABLE IF NOT EXISTS {table} (")).unwrap();
    let lines = migration[start..].lines().skip(1).take_while(|line| !line.starts_with(')'));
    // Expressions go on in lines that are indented further.
    let lines = lines.filter(|line| line.starts_with("    ") && !line.starts_with("     "));
    let stored = lines.filter(|line| !line.contains(" MATERIALIZED ") && !line.contains(" ALIAS "));
    stored.map(|line| line.split_whitespace().next().unwrap()).filter(|name| *name != "INDEX").collect()
}

/// A program of before a later migration names the columns that it knows.
#[test]
fn a_program_of_before_goes_on_inserting_and_asking() {
    run(async |warehouse| {
        warehouse.insert("12", 1, &[row(12, 0xc, 0xc, "old", NOON)]).await.unwrap();
        let (first, sorted) = (
            include_str!("../../src/migrations/001_events.sql"),
            include_str!("../../src/migrations/007_by_visitor.sql"),
        );
        for (table, columns) in
            [("events", columns(sorted, "events_by_visitor")), ("steps", columns(first, "steps"))]
        {
            assert_eq!(columns[0], "site");
            let (all, rest) = (columns.join(", "), columns[1..].join(", "));
            let sql = format!(
                "INSERT INTO attune.{table} ({all}) SELECT 13, {rest} FROM attune.{table} WHERE site = 12"
            );
            warehouse.run(&sql).await.unwrap();
        }
        let counted = warehouse.funnel(13, &ask(&["old"], None)).await.unwrap();
        assert_eq!(counted.steps[0].count, 1);
        assert_eq!(warehouse.event_names(13, Bots::Only).await.unwrap(), []);
        // All that the first version stored can be asked for by its names.
        let known = columns(first, "events").join(", ");
        warehouse.run(&format!("SELECT day, {known} FROM attune.events WHERE site = 13")).await.unwrap();
        // Migrations again: what is there already is no error.
        for statement in include_str!("../../src/migrations/002_enrichment.sql").split(';').map(str::trim) {
            if !statement.is_empty() {
                warehouse.run(&statement.replace("ALTER TABLE ", "ALTER TABLE attune.")).await.unwrap();
            }
        }
    });
}

#[test]
fn requests_are_kept_as_they_were_and_their_events_can_be_taken_out() {
    run(async |warehouse| {
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
        let raw = |id: u128, at: i64, days: i64, refused: Vec<(u32, String)>| RawRow {
            site: 71,
            id,
            received_at: Timestamp(at),
            // Kept to the second.
            expires_at: Timestamp((at + days * DAY_MS) / 1_000 * 1_000),
            path: "/v1/track?a=ü".to_owned(),
            headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
            body: vec![0, 0xff, b'\'', b'\n', b'\\'],
            refused,
            events: vec![EventId(1), EventId(u128::MAX)],
            visitors: vec![VisitorId(5)],
            users: vec!["kim".to_owned()],
        };
        let bad = || vec![(3, "bad_name".to_owned())];
        let rows = [raw(9, now - 10, 7, vec![]), raw(3, now, 7, bad()), raw(4, now, 7, vec![])];
        warehouse.insert_raw("raw-1", 1, &rows).await.unwrap();
        warehouse.insert_raw("raw-1", 1, &rows).await.unwrap();
        warehouse.insert_raw("raw-2", 2, &[raw(5, now - 9 * DAY_MS, 7, bad())]).await.unwrap();
        let all = RawFilter { limit: 10, ..RawFilter::default() };
        assert_eq!(warehouse.raw(71, &all).await.unwrap(), rows, "once, in order, without what expired");
        assert_eq!(warehouse.raw(70, &all).await.unwrap(), []);
        let after = RawFilter { after: Some((Timestamp(now), 3)), ..all };
        assert_eq!(warehouse.raw(71, &after).await.unwrap(), rows[2..]);
        let refused = RawFilter { refused: true, ..all };
        assert_eq!(warehouse.raw(71, &refused).await.unwrap(), rows[1..2]);
        let between = RawFilter { from: Some(Timestamp(now - 20)), to: Some(Timestamp(now)), ..all };
        assert_eq!(warehouse.raw(71, &between).await.unwrap(), rows[..1]);
        warehouse.delete_raw(71, &[9, 4]).await.unwrap();
        assert_eq!(warehouse.raw(71, &all).await.unwrap(), rows[1..2]);

        let events = [row(71, 1, 5, "a", NOON), row(71, 2, 5, "b", NOON + 1), row(72, 1, 5, "a", NOON)];
        warehouse.insert("raw-3", 3, &events).await.unwrap();
        assert_eq!(warehouse.delete_events(71, &[EventId(1), EventId(3)]).await.unwrap(), 1);
        assert_eq!((warehouse.count(71).await.unwrap(), warehouse.count(72).await.unwrap()), (1, 1));
        let found = warehouse.existing(71, &[EventId(1), EventId(2)], NOON - DAY_MS, NOON + DAY_MS, 0).await;
        assert_eq!(found.unwrap(), [EventId(2)]);
        let level = |answer: FunnelAnswer| answer.steps[0].count;
        assert_eq!(
            level(warehouse.funnel(71, &ask(&["a"], None)).await.unwrap()),
            0,
            "gone from both tables"
        );
        assert_eq!(level(warehouse.funnel(71, &ask(&["b"], None)).await.unwrap()), 1);
        // The same event again, under another token, as a replay stores it.
        warehouse.insert("raw-4", 4, &events[..1]).await.unwrap();
        assert_eq!(level(warehouse.funnel(71, &ask(&["a"], None)).await.unwrap()), 1);
    });
}
