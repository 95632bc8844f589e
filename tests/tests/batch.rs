//! The bytes of a batch that `sdk-wasm/js/batch.js` must write too (`tests/wasm/queue.test.mjs`).

use attune_schema::batch::{Batch, ClientDrop, Context};
use attune_schema::consent::Consent;
use attune_schema::event::{Event, Page};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use attune_schema::value::Value;

const AT: i64 = 1_700_000_000_000;

fn event(id: u128, name: &str, at: i64, session: u128, page: Page, properties: &[(&str, Value)]) -> Event {
    Event {
        id: EventId((at as u128) << 80 | id),
        name: name.to_owned(),
        at: Timestamp(at),
        session: SessionId(session),
        page: Some(page),
        properties: properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    }
}

#[test]
fn the_pages_encoder_and_ours_write_the_same() {
    let cards =
        Page {
            url: "https://bank.test/cards".to_owned(), title: "카드".to_owned(), referrer: String::new()
        };
    let fields = [
        ("again", "travel".into()),
        ("category", "travel".into()),
        ("depth", Value::Number(-0.5)),
        ("long", "x".repeat(200).as_str().into()),
        ("member", Value::Bool(true)),
        ("off", Value::Bool(false)),
        ("zero", Value::Number(0.0)),
    ];
    let batch = Batch {
        site: "pk_demo".to_owned(),
        visitor: VisitorId(42),
        user: Some("cust_1".to_owned()),
        sent_at: Timestamp(AT + 100_000),
        consent: Consent::ALL,
        context: Context {
            device: "mobile".to_owned(),
            locale: "ko-KR".to_owned(),
            screen_width: 390,
            screen_height: 844,
            utc_offset_minutes: 540,
            library: "attune-web/0".to_owned(),
            ..Context::default()
        },
        events: vec![
            event(1, "page_viewed", AT, 7, cards.clone(), &fields),
            event(2, "page_viewed", AT + 90_000, 7, cards, &[]),
            event(3, "item_viewed", AT - 5, 8, Page::default(), &fields),
        ],
        drops: vec![ClientDrop { reason: "queue_full".to_owned(), count: 1_006 }],
    };
    let bytes = batch.to_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, include_str!("../spec/batch.hex").split_whitespace().collect::<String>());
    assert_eq!(Batch::from_bytes(&bytes), Ok(batch));
}
