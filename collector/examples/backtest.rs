//! A back-test of a made history, as the command line runs it: `cargo xtask bench backtest` runs this.
//!
//! Arguments: `make FOLDER EVENTS` fills a data folder and writes sources into it, `run FOLDER SOURCE` replays one and
//! prints the time and the process' highest memory. The history: thirty days, twenty events a visitor, half of them page
//! views, one in twenty an exposure with a propensity. The sources, `three` and `ten`: so many campaigns, each with an
//! audience, caps and a holdout, and two placements, of which one is in every page; of the ten two are drafts.
#![expect(clippy::print_stdout, reason = "a bench talks on standard output")]

use anyhow::{Context, bail};
use attune_collector::cli::{Cli, main as attune};
use attune_collector::config::Config;
use attune_collector::server::Parts;
use attune_collector::sink::warehouse::WarehouseStore;
use attune_schema::api::NewSite;
use attune_schema::bot::Class;
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::{DAY_MS, MINUTE_MS, Timestamp};
use attune_schema::value::Value;
use attune_warehouse::Warehouse;
use attune_warehouse::row::EventRow;
use clap::Parser;
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// 1 November 2026.
const BEGIN: i64 = 1_793_491_200_000;
const DAYS: i64 = 30;
const EVENTS_OF_A_VISITOR: u64 = 20;
const BATCH: u64 = 50_000;
const CATEGORIES: [&str; 8] = ["cards", "loans", "travel", "dining", "saving", "insurance", "help", "news"];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", folder, events] => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(make(Path::new(folder), events.parse()?))
        }
        ["run", folder, source] => run(Path::new(folder), source),
        _ => bail!("make FOLDER EVENTS, or run FOLDER SOURCE"),
    }
}

async fn make(folder: &Path, events: u64) -> anyhow::Result<()> {
    let config = Config::new(folder.to_owned(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let clock = || Timestamp(BEGIN + DAYS * DAY_MS);
    let parts = Parts::open(&config, Arc::new(WarehouseStore::new(&config)), Arc::new(clock)).await?;
    let site = NewSite { name: "bank".to_owned(), origins: Vec::new() };
    parts.app.control.add_site(&site, parts.app.now()).await?;
    parts.app.sites.refresh(&parts.app.control).await?;
    let number = parts.app.sites.by_name("bank").context("no site")?.record.number;
    for begin in (0..events).step_by(BATCH as usize) {
        let rows: Vec<EventRow> =
            (begin..events.min(begin + BATCH)).map(|index| row(number, index, events)).collect();
        parts.app.store.insert(&format!("made-{begin}"), begin / BATCH, &rows).await?;
    }
    parts.app.store.close().await;
    // A history is merged by the time that somebody replays it; while it is not, merging is measured as well.
    let data_dir = folder.join("warehouse");
    let warehouse = Warehouse::open(&attune_warehouse::Config { data_dir, ..Default::default() }).await?;
    for table in ["events", "steps"] {
        warehouse.run(&format!("OPTIMIZE TABLE attune.{table} FINAL")).await?;
    }
    warehouse.close().await;
    for (name, campaigns) in [("three", 3), ("ten", 10)] {
        std::fs::write(folder.join(format!("{name}.json")), source(campaigns).to_string())?;
    }
    Ok(())
}

/// Spread by a multiplicative hash: the same rows every time, in no order that would help.
fn row(site: u32, index: u64, events: u64) -> EventRow {
    let visitor = index % (events / EVENTS_OF_A_VISITOR).max(1);
    let mixed = (index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let at = BEGIN + (mixed >> 20) as i64 % (DAYS * DAY_MS);
    let category = CATEGORIES[(mixed >> 8) as usize % CATEGORIES.len()];
    let offer = format!("offer-{}", mixed % 10);
    let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
    let shown = || vec![text("campaign", "c-0"), text("offer", &offer), text("placement", "hero")];
    let (name, properties) = match mixed % 20 {
        0..10 => ("page_viewed", vec![text("category", category)]),
        10..13 => ("element_clicked", vec![text("label", "more")]),
        13..16 => ("page_left", Vec::new()),
        16 => ("item_viewed", vec![text("category", category), text("item", &offer)]),
        17 => ("form_started", vec![text("form", "apply")]),
        18 => {
            let mut properties = shown();
            properties.push(("propensity".to_owned(), Value::Number(0.1)));
            ("offer_exposed", properties)
        }
        _ => ("offer_clicked", shown()),
    };
    EventRow {
        site,
        id: EventId(u128::from(mixed) << 64 | u128::from(index)),
        name: name.to_owned(),
        at: Timestamp(at),
        received_at: Timestamp(at),
        visitor: VisitorId(u128::from(visitor.wrapping_mul(0xd1b5_4a32_d192_ed03)) << 64 | 1),
        user: String::new(),
        session: SessionId(u128::from(visitor) << 64 | (at / (30 * MINUTE_MS)) as u128),
        sequence: 0,
        url: format!("https://bank.test/{category}/page-{}?ref={}", mixed % 97, mixed % 1_009),
        title: format!("Page {}", mixed % 97),
        referrer: "https://search.test/".to_owned(),
        device: if mixed & 64 == 0 { "mobile" } else { "desktop" }.to_owned(),
        locale: "ko-KR".to_owned(),
        utm_source: String::new(),
        utm_medium: String::new(),
        utm_campaign: String::new(),
        library: "bench".to_owned(),
        consent: 0,
        properties,
        skew_ms: 0,
        clock_corrected: false,
        agent: Arc::default(),
        channel: "direct",
        source: String::new(),
        search_term: String::new(),
        country: "KR".to_owned(),
        address: String::new(),
        bot: Class::Human,
        bot_reason: "",
    }
}

fn source(count: usize) -> serde_json::Value {
    let offers: Vec<_> = (0..10)
        .map(|n| {
            json!({ "id": format!("offer-{n}"), "category": CATEGORIES[n % CATEGORIES.len()], "weight": n,
                         "content": { "en": { "title": format!("Offer {n}") } } })
        })
        .collect();
    let campaigns: Vec<_> = (0..count)
        .map(|n| {
            json!({
                "id": format!("c-{n}"),
                "status": if n < 8 { "running" } else { "draft" },
                "placements": if n % 2 == 0 { json!(["hero"]) } else { json!(["hero", "list"]) },
                "priority": n % 3,
                "audience": { "all": [
                    { "event": { "name": "page_viewed", "where": { "category": CATEGORIES[n % 8] }, "within": "14d" } },
                    { "none": [{ "event": { "name": "form_submitted", "within": "30d" } }] },
                    { "context": { "name": "device", "one_of": ["mobile", "desktop"] } },
                ] },
                "holdout_percent": 5.0,
                "offers": [format!("offer-{n}"), format!("offer-{}", (n + 3) % 10)],
                "rank": { "weight": 1.0, "affinity": 0.5 },
                "caps": [{ "scope": "campaign", "per": "day", "max": 2 }, { "scope": "offer", "per": "week", "max": 5 }],
            })
        })
        .collect();
    json!({
        "site": { "personalise_basis": "opt_out" },
        "placements": [{ "id": "hero" }, { "id": "list" }],
        "offers": offers,
        "campaigns": campaigns,
    })
}

fn run(folder: &Path, name: &str) -> anyhow::Result<()> {
    let (data, source) =
        (folder.display().to_string(), folder.join(format!("{name}.json")).display().to_string());
    let asked = ["attune", "backtest", "--site", "bank", "--data", &data, "--source", &source];
    let period = ["--from", "2026-11-08", "--to", "2026-12-01", "--pages", "list=/cards", "--json"];
    let began = Instant::now();
    attune(Cli::try_parse_from(asked.into_iter().chain(period))?)?;
    let seconds = began.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: u64 = peak.trim().trim_end_matches("kB").trim().parse()?;
    // User and system time, in ticks of a hundredth: what neighbours on the machine do not change.
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    let busy = (ticks(11) + ticks(12)) / 100.0;
    println!(
        "{name}: {seconds:.2} s, {busy:.2} s of the processor, with starting and stopping the engine; {} MB at most",
        kib / 1_024
    );
    Ok(())
}
