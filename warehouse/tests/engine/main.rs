//! The real engine and tiny data.

mod people;
mod popular;
mod questions;
mod retention;
mod storing;

use attune_schema::bot::Class;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::question::{EventNames, FunnelQuestion, FunnelStep, Per, SameTime};
use attune_schema::time::Timestamp;
use attune_warehouse::row::EventRow;
use attune_warehouse::{Config, Warehouse};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

/// One engine a process: tests take turns, share its tables, and keep apart by site.
static TURN: Mutex<()> = Mutex::new(());

fn run(work: impl AsyncFnOnce(&Warehouse)) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let data_dir =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("engine-{}", std::process::id()));
    let config = Config { data_dir, ..Config::default() };
    Runtime::new().unwrap().block_on(async {
        let warehouse = Warehouse::open(&config).await.unwrap();
        work(&warehouse).await;
        warehouse.close().await;
    });
    drop(turn);
}

const NOON: i64 = 1_795_348_800_000;

fn row(site: u32, id: u128, visitor: u128, name: &str, at: i64) -> EventRow {
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
        url: "https://bank.test/cards?a=1".to_owned(),
        title: String::new(),
        referrer: String::new(),
        device: if visitor.is_multiple_of(2) { "mobile" } else { "desktop" }.to_owned(),
        locale: "ko".to_owned(),
        utm_source: String::new(),
        utm_medium: String::new(),
        utm_campaign: String::new(),
        library: "test".to_owned(),
        consent: 0,
        properties: vec![("n\0ul'\"\\".to_owned(), "값\n🙂".into())],
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

fn ask(steps: &[&str], window_days: Option<u64>) -> FunnelQuestion {
    let step = |name: &&str| FunnelStep { event: EventNames::from(*name), ..FunnelStep::default() };
    FunnelQuestion {
        steps: steps.iter().map(step).collect(),
        window_seconds: window_days.map(|days| days * 86_400),
        per: Per::Visitor,
        same_time: SameTime::Allowed,
        ..FunnelQuestion::default()
    }
}
