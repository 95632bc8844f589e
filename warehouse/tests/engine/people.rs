//! Who is who, what files say of them, and forgetting them.

use crate::{NOON, ask, row, run};
use attune_schema::api::PersonRow;
use attune_schema::id::VisitorId;
use attune_schema::question::{Breakdown, FunnelQuestion, Per, Period};
use attune_schema::time::{DAY_MS, Timestamp};
use attune_warehouse::Warehouse;
use attune_warehouse::imports::ImportRecord;
use attune_warehouse::people::{Rows, Who};
use attune_warehouse::row::EventRow;

/// An event of a visitor, `at` minutes after noon, by a user if one is named.
fn by(site: u32, id: u128, visitor: u128, user: &str, name: &str, at: i64) -> EventRow {
    let user = user.to_owned();
    EventRow { user, sequence: id as u32, ..row(site, id, visitor, name, NOON + at * 60_000) }
}

fn aliased(site: u32, id: u128, user: &str, previous: &str) -> EventRow {
    let properties = vec![("previous".to_owned(), previous.into())];
    EventRow { properties, ..by(site, id, id, user, "aliased", 0) }
}

async fn persons(warehouse: &Warehouse, site: u32, steps: &[&str]) -> Vec<u64> {
    let mut question = ask(steps, None);
    question.per = Per::Person;
    warehouse.funnel(site, &question).await.unwrap().steps.iter().map(|step| step.count).collect()
}

#[test]
fn persons_are_visitors_of_one_user() {
    run(async |warehouse| {
        let mut rows = vec![
            row(6, 1, 1, "view", NOON),
            row(6, 2, 1, "identified", NOON + 1_000),
            row(6, 3, 2, "identified", NOON + 2_000),
            row(6, 4, 2, "buy", NOON + 3_000),
            row(6, 5, 3, "view", NOON),
        ];
        rows[1].user = "cust".to_owned();
        rows[2].user = "cust".to_owned();
        warehouse.insert("range-6", 13, &rows).await.unwrap();
        let mut question = ask(&["view", "buy"], Some(1));
        let visitors = warehouse.funnel(6, &question).await.unwrap();
        question.per = Per::Person;
        let persons = warehouse.funnel(6, &question).await.unwrap();
        assert_eq!((visitors.steps[0].count, visitors.steps[1].count), (2, 0));
        assert_eq!((persons.steps[0].count, persons.steps[1].count), (2, 1));
    });
}

#[test]
fn people_are_counted_within_a_period() {
    run(async |warehouse| {
        let mut rows: Vec<EventRow> = (0..4u128).map(|n| row(10, n, n, "a", NOON)).collect();
        rows.push(row(10, 9, 9, "a", NOON - 3 * DAY_MS));
        // Two browsers of one person.
        rows[0].user = "kim".to_owned();
        rows[1].user = "kim".to_owned();
        warehouse.insert("range-10", 23, &rows).await.unwrap();
        let mut question = FunnelQuestion { per: Per::Person, ..ask(&["a"], None) };
        let mut count = async |from: i64, to: i64| {
            question.period = Some(Period { from: Timestamp(from), to: Timestamp(to) });
            warehouse.funnel(10, &question).await.unwrap().steps[0].count
        };
        assert_eq!(count(NOON - DAY_MS, NOON + DAY_MS).await, 3);
        assert_eq!(count(i64::MIN, i64::MAX).await, 4, "the longest period there is");
    });
}

#[test]
fn what_was_done_before_signing_in_is_the_persons() {
    run(async |warehouse| {
        // One person on two devices: the phone before signing in, the desktop after.
        let rows = [
            by(81, 1, 1, "", "view", 0),
            by(81, 2, 1, "kim", "identified", 1),
            by(81, 3, 2, "kim", "identified", 2),
            by(81, 4, 2, "", "apply", 3),
            // Nobody known.
            by(81, 5, 3, "", "view", 0),
        ];
        warehouse.insert("people-1", 1, &rows).await.unwrap();
        assert_eq!(persons(warehouse, 81, &["view", "apply"]).await, [2, 1]);
        // Two people on one device: what names nobody is that of the next who signs in, after the last of the last.
        let rows = [
            by(82, 1, 9, "", "view", 0),
            by(82, 2, 9, "kim", "identified", 1),
            by(82, 3, 9, "", "apply", 2),
            by(82, 4, 9, "kim", "seen", 3),
            by(82, 5, 9, "", "view", 10),
            by(82, 6, 9, "lee", "identified", 11),
            by(82, 7, 9, "", "apply", 12),
            by(82, 8, 9, "lee", "done", 13),
            by(82, 9, 9, "", "done", 14),
        ];
        // The order of arrival does not matter.
        warehouse.insert("people-2", 2, &rows[5..]).await.unwrap();
        warehouse.insert("people-3", 3, &rows[..5]).await.unwrap();
        assert_eq!(persons(warehouse, 82, &["view", "apply"]).await, [2, 2]);
        assert_eq!(persons(warehouse, 82, &["view", "apply", "done"]).await, [2, 2, 1], "only Lee's");
        assert_eq!(persons(warehouse, 82, &["seen", "done"]).await, [1, 0]);
        // With a period and a filter, too.
        let mut question = ask(&["view", "apply"], Some(1));
        question.per = Per::Person;
        question.period = Some(Period { from: Timestamp(NOON), to: Timestamp(NOON + 5 * 60_000) });
        question.breakdown = Some(Breakdown::Device);
        let counts = warehouse.funnel(82, &question).await.unwrap();
        assert_eq!(counts.steps.iter().map(|step| step.count).collect::<Vec<_>>(), [1, 1]);
    });
}

#[test]
fn user_ids_that_are_the_same_are_one_person_in_a_chain_and_in_a_circle() {
    run(async |warehouse| {
        let events = ["a", "b", "c", "d"].map(|user| {
            let id = u128::from(user.as_bytes()[0]);
            by(83, id, id, user, user, id as i64)
        });
        warehouse.insert("same-1", 1, &events).await.unwrap();
        assert_eq!(persons(warehouse, 83, &["a", "b", "c", "d"]).await, [1, 0, 0, 0]);
        warehouse.insert("same-2", 2, &[aliased(83, 201, "d", "c")]).await.unwrap();
        warehouse.insert("same-3", 3, &[aliased(83, 202, "b", "a")]).await.unwrap();
        assert_eq!(persons(warehouse, 83, &["a", "b", "c", "d"]).await, [1, 1, 0, 0]);
        assert_eq!(persons(warehouse, 83, &["c", "d"]).await, [1, 1]);
        // The link between both pairs, and a loop.
        warehouse
            .insert("same-4", 4, &[aliased(83, 203, "c", "b"), aliased(83, 204, "a", "d")])
            .await
            .unwrap();
        assert_eq!(persons(warehouse, 83, &["a", "b", "c", "d"]).await, [1, 1, 1, 1]);
        let person = warehouse.person(83, "c").await.unwrap();
        assert_eq!(person.users.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!(warehouse.person(83, "nobody").await.unwrap().visitors.len(), 0);
    });
}

#[test]
fn a_person_who_is_forgotten_is_in_no_table_and_nobody_else_is_touched() {
    run(async |warehouse| {
        let rows = [
            by(84, 1, 1, "", "view", 0),
            by(84, 2, 1, "kim", "identified", 1),
            by(84, 3, 2, "kim-old", "view", 2),
            // A browser that Lee uses, too.
            by(84, 4, 9, "", "view", 0),
            by(84, 5, 9, "kim", "identified", 1),
            by(84, 6, 9, "", "view", 10),
            by(84, 7, 9, "lee", "identified", 11),
            by(84, 8, 5, "", "view", 0),
            aliased(84, 20, "kim", "kim-old"),
            // The same on another site.
            by(85, 1, 1, "kim", "view", 0),
        ];
        warehouse.insert("forget-1", 1, &rows).await.unwrap();
        let person = warehouse.person(84, "kim-old").await.unwrap();
        assert_eq!(person.users.len(), 2);
        assert_eq!(
            (person.visitors.len(), person.shared.len()),
            (3, 1),
            "1, 2 and the alias event's own; 9 is shared"
        );
        let who = Who::Person(person);
        let counts =
            |rows: Vec<Rows>| rows.into_iter().map(|rows| (rows.table, rows.rows)).collect::<Vec<_>>();
        // Files name Kim by an old id and by a keyed hash; a row of Lee's stays.
        let hashes = vec![("kim".to_owned(), "k1:kim".to_owned()), ("lee".to_owned(), "k1:lee".to_owned())];
        warehouse.insert_hashes(84, hashes).await.unwrap();
        let said = |key: &str| PersonRow {
            line: 1,
            key: key.to_owned(),
            attributes: [("tier".to_owned(), "gold".into())].into(),
            removed: Vec::new(),
        };
        let said = [said("kim-old"), said("k1:kim"), said("lee"), said("k1:lee")];
        let later = Timestamp(4_000_000_000_000);
        warehouse.stage(84, 7, None, Timestamp(NOON), &said).await.unwrap();
        warehouse.stage(84, 8, Some(("vip", later)), Timestamp(NOON), &said[1..]).await.unwrap();
        let expected = [
            ("raw", 0),
            ("steps", 6),
            ("events", 6),
            ("attributes", 2),
            ("lists", 1),
            ("hashes", 1),
            ("links", 4),
            ("persons", 2),
        ];
        assert_eq!(counts(warehouse.rows_about(84, &who).await.unwrap()), expected);
        warehouse.forget(84, &who).await.unwrap();
        assert_eq!(
            counts(warehouse.rows_about(84, &who).await.unwrap()).iter().map(|(_, rows)| rows).sum::<u64>(),
            0
        );
        assert_eq!((warehouse.count(84).await.unwrap(), warehouse.count(85).await.unwrap()), (3, 1));
        assert_eq!(warehouse.staged(84, 7, None).await.unwrap(), 2);
        assert_eq!(warehouse.staged(84, 8, Some("vip")).await.unwrap(), 2);
        assert_eq!(persons(warehouse, 84, &["view"]).await, [2], "Lee's and the unknown one's");
        assert!(warehouse.person(84, "kim").await.unwrap().visitors.is_empty());

        let who = Who::Visitor(VisitorId(9));
        assert_eq!(
            counts(warehouse.rows_about(84, &who).await.unwrap())[1..],
            [("steps", 2), ("events", 2), ("links", 1)]
        );
        warehouse.forget(84, &who).await.unwrap();
        assert_eq!(warehouse.count(84).await.unwrap(), 1);
    });
}

#[test]
fn what_an_import_replaces_and_what_was_left_is_deleted() {
    run(async |warehouse| {
        let now = Timestamp(NOON);
        let day_ago = now.plus_ms(-2 * DAY_MS);
        let people = |users: std::ops::Range<u32>, name: &str| -> Vec<PersonRow> {
            let row = |user| PersonRow {
                line: 1,
                key: format!("u{user}"),
                attributes: [(name.to_owned(), "x".into())].into(),
                removed: Vec::new(),
            };
            users.map(row).collect()
        };
        let record = |import: u128, name: &str, people: u64| ImportRecord {
            site: 86,
            import,
            list: String::new(),
            content: String::new(),
            hashed: false,
            attributes: vec![name.to_owned()],
            people,
            published_at: now.plus_ms(import as i64),
            expires_at: Timestamp(0),
        };
        warehouse.stage(86, 1, None, day_ago, &people(0..10, "tier")).await.unwrap();
        warehouse.stage(86, 2, None, day_ago, &people(0..10, "branch")).await.unwrap();
        warehouse.stage(86, 3, None, day_ago, &people(0..10, "tier")).await.unwrap();
        warehouse.stage(86, 4, None, now, &people(4..10, "tier")).await.unwrap();
        warehouse.stage(86, 5, None, now, &people(0..2, "tier")).await.unwrap();
        warehouse.stage(86, 5, None, now, &people(0..2, "tier")).await.unwrap();
        for record in [record(1, "tier", 10), record(2, "branch", 10)] {
            warehouse.publish(&record).await.unwrap();
        }
        // Of 200,000 people in five turns, as far as the warehouse is told.
        let new = record(4, "tier", 200_000);
        warehouse.publish(&new).await.unwrap();
        warehouse.tidy(&new, &[1]).await.unwrap();
        let mut left = Vec::new();
        for import in 1..=5 {
            left.push(warehouse.staged(86, import, None).await.unwrap());
        }
        // Of the first what the new one does not speak of, the other column, what is being staged: not what was left.
        assert_eq!(left, [4, 10, 0, 6, 2]);
        let ids: Vec<u128> =
            warehouse.imports(86).await.unwrap().iter().map(|record| record.import).collect();
        assert_eq!(ids, [1, 2, 4]);
    });
}
