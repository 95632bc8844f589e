//! The real engine, events to put into it, and a die to roll them with.

use attune_schema::bot::Class;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use attune_warehouse::row::EventRow;
use attune_warehouse::{Config, Warehouse};
use std::sync::{Arc, Mutex, Once, PoisonError};
use tokio::runtime::Runtime;

/// One engine a process: tests take turns, share its tables, and keep apart by site.
static TURN: Mutex<()> = Mutex::new(());
static FRESH: Once = Once::new();

pub(super) fn run(work: impl AsyncFnOnce(&Warehouse)) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let data_dir =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("questions-{}", std::process::id()));
    // Numbers of processes come again, and what a process of before left is not this one's.
    FRESH.call_once(|| {
        if data_dir.exists() {
            std::fs::remove_dir_all(&data_dir).unwrap();
        }
    });
    let config = Config { data_dir, ..Config::default() };
    Runtime::new().unwrap().block_on(async {
        let warehouse = Warehouse::open(&config).await.unwrap();
        work(&warehouse).await;
        warehouse.close().await;
    });
    drop(turn);
}

pub(super) const NOON: i64 = 1_795_348_800_000;

pub(super) fn row(site: u32, id: u128, visitor: u128, name: &str, at: i64) -> EventRow {
    EventRow {
        site,
        id: EventId(id),
        name: name.to_owned(),
        at: Timestamp(at),
        received_at: Timestamp(at),
        visitor: VisitorId(visitor),
        user: String::new(),
        session: SessionId(visitor * 10),
        sequence: 0,
        url: String::new(),
        title: String::new(),
        referrer: String::new(),
        device: "desktop".to_owned(),
        locale: String::new(),
        utm_source: String::new(),
        utm_medium: String::new(),
        utm_campaign: String::new(),
        library: "test".to_owned(),
        consent: 0,
        properties: vec![],
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

/// A small generator of our own: the point is many ties and repeats, not randomness.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    pub(super) fn one_in(&mut self, bound: u64) -> bool {
        self.roll(bound) == 0
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len() as u64) as usize]
    }
}
