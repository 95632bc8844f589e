//! What people like somebody choose: sixty people, counted by hand.

use crate::{NOON, row, run};
use attune_schema::api::PersonRow;
use attune_schema::question::{EventNames, Peer, Popular, PopularAnswer, PopularQuestion, Which};
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use attune_warehouse::imports::ImportRecord;
use attune_warehouse::row::EventRow;
use attune_warehouse::{Error, Warehouse};
use std::ops::Range;

const SITE: u32 = 91;

fn said(users: Range<u32>, attributes: &[(&str, Value)], removed: &[&str]) -> Vec<PersonRow> {
    let attributes: Vec<_> =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let removed: Vec<_> = removed.iter().map(|name| (*name).to_owned()).collect();
    let row = |user| PersonRow {
        line: 1,
        key: format!("u{user:02}"),
        attributes: attributes.iter().cloned().collect(),
        removed: removed.clone(),
    };
    users.map(row).collect()
}

async fn file(warehouse: &Warehouse, import: u128, rows: &[PersonRow]) {
    let at = Timestamp(NOON + import as i64);
    warehouse.stage(SITE, import, None, at, rows).await.unwrap();
    let record = ImportRecord {
        site: SITE,
        import,
        list: String::new(),
        content: String::new(),
        hashed: false,
        attributes: vec!["coffee".to_owned(), "dining".to_owned()],
        people: rows.len() as u64,
        published_at: at,
        expires_at: Timestamp(0),
    };
    warehouse.publish(&record).await.unwrap();
}

fn chose(user: u32, item: &str) -> EventRow {
    let id = u128::from(user) << 8 | item.len() as u128;
    EventRow {
        user: format!("u{user:02}"),
        properties: vec![("item".to_owned(), item.into())],
        ..row(SITE, id, u128::from(user) + 1, "card_issued", NOON)
    }
}

async fn ask(warehouse: &Warehouse, k: u64) -> Result<PopularAnswer, Error> {
    let peer = |attribute: &str, is: &[Value]| Peer { attribute: attribute.to_owned(), is: is.to_vec() };
    let question = PopularQuestion {
        peers: vec![peer("coffee", &["high".into(), "very".into()]), peer("dining", &[Value::Number(3.0)])],
        event: Which { event: EventNames::One("card_issued".to_owned()), filters: Vec::new() },
        k: Some(k),
        ..PopularQuestion::default()
    };
    warehouse.popular(SITE, &question).await
}

#[test]
fn a_group_is_told_if_it_is_large_enough_and_widened_if_not() {
    run(async |warehouse| {
        let (high, low): (Value, Value) = ("high".into(), "low".into());
        let first = [
            said(0..20, &[("coffee", high.clone()), ("dining", Value::Number(3.0))], &[]),
            said(20..40, &[("coffee", high.clone()), ("dining", Value::Number(1.0))], &[]),
            said(40..60, &[("coffee", low.clone()), ("dining", Value::Number(1.0))], &[]),
        ];
        file(warehouse, 1, &first.concat()).await;
        // Five drink less by now, of one nothing is said any more, and one is named by a hash.
        let hashed = PersonRow { key: "h58".to_owned(), ..said(58..59, &[("coffee", high)], &[]).remove(0) };
        let later = [said(0..5, &[("coffee", low)], &[]), said(59..60, &[], &["coffee"]), vec![hashed]];
        file(warehouse, 2, &later.concat()).await;
        warehouse.insert_hashes(SITE, vec![("u58".to_owned(), "h58".to_owned())]).await.unwrap();
        // Staged and never published.
        warehouse
            .stage(SITE, 3, None, Timestamp(NOON), &said(40..60, &[("coffee", "high".into())], &[]))
            .await
            .unwrap();

        let mut rows: Vec<EventRow> = (5..30).map(|user| chose(user, "sky")).collect();
        rows.extend((5..13).map(|user| chose(user, "ocean")));
        rows.extend((40..60).map(|user| chose(user, "mountain")));
        rows.push(EventRow { id: attune_schema::id::EventId(9 << 80), ..chose(20, "sky") });
        rows.push(EventRow { properties: Vec::new(), ..chose(21, "") });
        // Two ids of one person.
        let alias = vec![("previous".to_owned(), "u07".into())];
        rows.push(EventRow { name: "aliased".to_owned(), properties: alias, ..chose(6, "alias") });
        warehouse.insert("popular", 1, &rows).await.unwrap();

        let people = |answer: &PopularAnswer| -> Vec<(String, u64)> {
            answer.items.iter().map(|Popular { item, people, .. }| (item.clone(), *people)).collect()
        };
        // 5 to 39 and 58, of whom 6 and 7 are one.
        let answer = ask(warehouse, 20).await.unwrap();
        assert_eq!((answer.group, answer.common.as_slice()), (35, &["coffee".to_owned()][..]));
        assert_eq!(answer.widened, ["dining"]);
        assert_eq!(people(&answer), [("sky".to_owned(), 24)]);
        assert_eq!(answer.untold, 2, "seven, and one");
        let sky = &answer.items[0];
        assert!((sky.share - 24.0 / 35.0).abs() < 1e-12 && (sky.lift - 59.0 / 35.0).abs() < 1e-12, "{sky:?}");

        let narrow = ask(warehouse, 14).await.unwrap();
        assert_eq!((narrow.group, narrow.widened.len()), (14, 0));
        assert_eq!(people(&narrow), [("sky".to_owned(), 14)]);

        let all = ask(warehouse, 59).await.unwrap();
        assert_eq!((all.group, all.common.len(), all.items[0].lift), (59, 0, 1.0));
        assert_eq!(people(&all), [("sky".to_owned(), 24), ("mountain".to_owned(), 20)]);

        let few = ask(warehouse, 60).await.unwrap_err().to_string();
        assert!(few.contains("fewer than 60 people"), "{few}");
        assert!(ask(warehouse, 9).await.unwrap_err().to_string().contains("`k` is at least 10, not 9"));
    });
}
