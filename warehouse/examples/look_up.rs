//! What it costs to find out that 20,000 ids are new, as a site's day grows: by the sorted halves of all ids, beside
//! reading the ids of the days around. `cargo run --release -p attune-warehouse --example look_up [MILLIONS]`.

#![expect(clippy::print_stdout, reason = "its only output")]

use attune_schema::bot::Class;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use attune_warehouse::row::EventRow;
use attune_warehouse::{Config, Warehouse};
use std::sync::Arc;
use std::time::Instant;

/// Ids of one range.
const IDS: u128 = 20_000;
/// Events of one insert.
const STEP: usize = 200_000;
const NOON: i64 = 1_795_348_800_000;
const DAY: i64 = 86_400_000;

/// A spread-out number, the same every time.
fn mixed(number: u128) -> u128 {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    state ^= state >> 67;
    state.wrapping_mul(0xd6e8_feb8_6659_fd93_d6e8_feb8_6659_fd93)
}

/// The event of that number: every second id begins with its time, as our SDK's do, the others are spread over
/// everything.
fn event(number: u64) -> EventRow {
    let spread = mixed(u128::from(number));
    let id = if number.is_multiple_of(2) {
        ((0x0199_0000_0000 + u128::from(number) / 2) << 16 | 0x7000) << 64 | spread >> 64
    } else {
        spread
    };
    let at = Timestamp(NOON + (number % 40_000_000) as i64);
    EventRow {
        site: 1,
        id: EventId(id),
        name: format!("event_{}", number % 20),
        at,
        received_at: at,
        visitor: VisitorId(mixed(u128::from(number / 20) << 64)),
        user: String::new(),
        session: SessionId(mixed(u128::from(number) << 64)),
        sequence: 0,
        url: String::new(),
        title: String::new(),
        referrer: String::new(),
        device: String::new(),
        locale: String::new(),
        utm_source: String::new(),
        utm_medium: String::new(),
        utm_campaign: String::new(),
        library: String::new(),
        consent: 0,
        properties: Vec::new(),
        skew_ms: 0,
        clock_corrected: false,
        agent: Arc::default(),
        channel: "",
        source: String::new(),
        search_term: String::new(),
        country: String::new(),
        address: String::new(),
        bot: Class::Human,
        bot_reason: "",
    }
}

#[tokio::main]
async fn main() {
    let most: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(8);
    let dir = std::env::temp_dir().join(format!("attune-look-up-{}", std::process::id()));
    let config = Config { data_dir: dir.clone(), ..Config::default() };
    let warehouse = Warehouse::open(&config).await.expect("the engine opens");
    println!("look-up of {IDS} new ids, ms        ids of our SDK   others' ids   by reading the days");
    let mut stored = 0;
    let mut millions = 1;
    while millions <= most {
        for from in (stored..millions * 1_000_000).step_by(STEP) {
            let rows: Vec<EventRow> = (from..from + STEP as u64).map(event).collect();
            warehouse.insert(&from.to_string(), 1, &rows).await.expect("rows are stored");
        }
        stored = millions * 1_000_000;
        let own: Vec<EventId> = (0..IDS)
            .map(|n| EventId(((0x0199_ffff_0000 + n) << 16 | 0x7000) << 64 | mixed(n) >> 64))
            .collect();
        let others: Vec<EventId> = (0..IDS).map(|n| EventId(mixed(n + u128::from(stored) * 7))).collect();
        let mut millis = Vec::new();
        for ids in [&own, &others] {
            let began = Instant::now();
            let found = warehouse.existing(1, ids, NOON - DAY, NOON + DAY, 0).await.expect("an answer");
            assert!(found.is_empty());
            millis.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        let began = Instant::now();
        let found =
            warehouse.existing_by_days(1, &others, NOON - DAY, NOON + DAY, 0).await.expect("an answer");
        assert!(found.is_empty());
        millis.push(began.elapsed().as_secs_f64() * 1_000.0);
        println!("{stored:>12} events a day   {:>12.1} {:>13.1} {:>21.1}", millis[0], millis[1], millis[2]);
        millions *= 2;
    }
    warehouse.close().await;
    if let Err(error) = std::fs::remove_dir_all(&dir) {
        eprintln!("{}: {error}", dir.display());
    }
}
