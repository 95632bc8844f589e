//! What it costs to find out that 20,000 ids are new, as a site's day grows: by the sorted halves of all ids, beside
//! reading the ids of the days around. `cargo run --release -p attune-warehouse --example look_up [MILLIONS]`.

#![expect(clippy::print_stdout, reason = "its only output")]

use attune_schema::id::EventId;
use attune_warehouse::{Config, Warehouse};
use std::time::Instant;

/// Ids of one range.
const IDS: u128 = 20_000;
const NOON: i64 = 1_795_348_800_000;
const DAY: i64 = 86_400_000;

/// A spread-out number, the same every time.
fn mixed(number: u128) -> u128 {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    state ^= state >> 67;
    state.wrapping_mul(0xd6e8_feb8_6659_fd93_d6e8_feb8_6659_fd93)
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
        // Half of the ids begin with their time, half are spread over everything.
        warehouse.fill(1, stored..millions * 1_000_000, NOON).await.expect("rows are made");
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
