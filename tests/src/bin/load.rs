//! The demo's own traffic at the collector, and at a bare axum handler that only parses and drops, in one run; then
//! what a closed loop does not tell ([`steady`]).
//!
//! `cargo xtask bench` builds both in release and runs this. Figures of one run are compared with each other:
//! the machine decides the rest. A closed loop of connections, ten events a request, in the SDK's compact form and
//! as JSON of 4 kB, fresh ids in every request; processor time and peak memory of the server process from `/proc`.
#![expect(clippy::print_stdout, reason = "a bench talks on standard output")]

#[path = "load/crowd.rs"]
mod crowd;
#[path = "load/decide.rs"]
mod decide;
#[path = "load/steady.rs"]
mod steady;

use anyhow::{Context, Result, bail};
use attune_schema::batch::{Batch, Context as Surroundings};
use attune_schema::consent::Consent;
use attune_schema::event::{Event, Page};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const EVENTS: u64 = 10;
const CONNECTIONS: usize = 64;
/// Requests a second of the run that leaves room.
const RATE: u32 = 500;
/// A warehouse that is not there.
const AWAY: &str = "http://127.0.0.1:9";
/// Where writing costs nothing: the limit of what a sync adds.
const MEMORY: &str = "/dev/shm";
/// How the allocator is set where it is installed: see `deploy/attune.service`.
const ALLOCATOR: [(&str, &str); 3] =
    [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "262144"), ("MALLOC_TRIM_THRESHOLD_", "524288")];
/// `/proc/PID/stat` counts in hundredths of a second on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--bare", port] => bare(port.parse()?).await,
        ["--decide", binary, seconds, rounds] => decisions(binary, seconds.parse()?, rounds.parse()?).await,
        ["--crowd", binary, events, seconds] => asking(binary, events.parse()?, seconds.parse()?).await,
        [binary, seconds, rounds, backlog] => {
            compare(binary, seconds.parse()?, rounds.parse()?, backlog.parse()?).await
        }
        _ => bail!(
            "usage: load BINARY SECONDS ROUNDS BACKLOG, load --decide BINARY SECONDS ROUNDS, or load --crowd BINARY EVENTS SECONDS"
        ),
    }
}

/// As little of a JSON batch as a handler can get away with: its properties stay as they were sent.
#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct BareBatch<'a> {
    site: &'a str,
    visitor: &'a str,
    #[serde(borrow)]
    events: Vec<BareEvent<'a>>,
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "only parsed")]
struct BareEvent<'a> {
    id: &'a str,
    name: &'a str,
    at: i64,
    #[serde(borrow)]
    page: &'a RawValue,
    #[serde(borrow)]
    properties: &'a RawValue,
}

/// Parses and drops.
async fn bare(port: u16) -> Result<()> {
    let handler = |body: Bytes| async move {
        let parsed = if body.starts_with(b"{") {
            serde_json::from_slice::<BareBatch<'_>>(&body)
                .map(|batch| drop(std::hint::black_box(batch)))
                .is_ok()
        } else {
            Batch::from_bytes(&body).map(|batch| drop(std::hint::black_box(batch))).is_ok()
        };
        if parsed { StatusCode::OK } else { StatusCode::BAD_REQUEST }
    };
    let parsed = async |body: Bytes| {
        serde_json::from_slice::<serde_json::Value>(&body).map_or(StatusCode::BAD_REQUEST, |_| StatusCode::OK)
    };
    let app = Router::new()
        .route("/v1/batch", post(handler))
        .route("/parse", post(parsed))
        .route("/health", get(|| async { "ok" }));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(axum::serve(listener, app).await?)
}

/// A server that ends with us.
struct Server {
    child: Child,
    port: u16,
    /// The data folder of a collector.
    data: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            // Reaped, so that nothing stays behind.
            let _status = self.child.wait();
        }
    }
}

impl Server {
    async fn start(command: &mut Command, port: u16) -> Result<Self> {
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context("cannot start a server")?;
        let server = Self { child, port, data: PathBuf::new() };
        let client = reqwest::Client::new();
        for _ in 0..300 {
            if client.get(format!("http://127.0.0.1:{port}/health")).send().await.is_ok() {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("no answer on port {port}")
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The command line's key.
    fn token(&self) -> Result<String> {
        let contact: serde_json::Value =
            serde_json::from_slice(&std::fs::read(self.data.join("server.json"))?)?;
        Ok(contact["token"].as_str().context("no token")?.to_owned())
    }

    /// Most memory used so far, in MiB.
    fn peak_mib(&self) -> Result<f64> {
        self.memory_mib("VmHWM:")
    }

    /// Memory in use, in MiB.
    fn resident_mib(&self) -> Result<f64> {
        self.memory_mib("VmRSS:")
    }

    fn memory_mib(&self, name: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such figure")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1_024.0)
    }

    /// Processor time used so far, in seconds.
    fn cpu(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks =
            |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        Ok((ticks(11) + ticks(12)) / TICKS_PER_SECOND)
    }
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as i64)
}

/// A visit to the demo bank: pages, items, a form.
fn batch(site: &str, serial: u64) -> Vec<u8> {
    let at = now();
    let names = ["page_viewed", "item_viewed", "element_clicked", "form_started", "form_field_changed"];
    let event = |index: u64| Event {
        id: EventId((u128::from(at.0 as u64) << 80) | (u128::from(serial) << 16) | u128::from(index)),
        name: names[(index % 5) as usize].to_owned(),
        at,
        session: SessionId(u128::from(serial / 5)),
        page: Some(Page {
            url: format!("https://bank.example/cards/{}", if index < 5 { "sora-sky" } else { "masi-table" }),
            title: "Haemil Card".to_owned(),
            referrer: "https://bank.example/".to_owned(),
        }),
        properties: vec![
            ("category".to_owned(), "travel".into()),
            ("form".to_owned(), "card-application".into()),
        ],
    };
    Batch {
        site: site.to_owned(),
        visitor: VisitorId(u128::from(serial / 5) << 64),
        user: None,
        sent_at: at,
        consent: Consent::ALL,
        context: Surroundings {
            device: "mobile".to_owned(),
            locale: "ko-KR".to_owned(),
            ..Surroundings::default()
        },
        events: (0..EVENTS).map(event).collect(),
        drops: Vec::new(),
    }
    .to_bytes()
}

/// The form of a request's body.
#[derive(Clone, Copy)]
enum Form {
    Compact,
    Json,
}

/// The same visit as JSON, with as many properties as other products' clients send. `@` stands for a number that
/// is different in every request: making the body must cost less than taking it.
fn json_template(site: &str) -> String {
    let at = now().0;
    let names = ["page_viewed", "item_viewed", "element_clicked", "form_started", "form_field_changed"];
    let event = |index: u64| {
        serde_json::json!({
            "id": format!("{at:012x}-@-{index}"),
            "name": names[(index % 5) as usize],
            "at": at,
            "page": {
                "url": format!("https://bank.example/cards/compare?utm_source=newsletter&step={index}"),
                "title": "Compare credit cards",
                "referrer": "https://mail.example/",
            },
            "properties": {
                "category": "travel", "form": "card-application", "path": "/cards/compare", "width": 390,
                "height": 844, "density": 3, "zone": "Europe/London", "library": "sdk/0.1.0", "sequence": index,
                "element": "main>section.hero>img", "since": 1200,
            },
        })
    };
    serde_json::json!({
        "site": site,
        "visitor": "visitor-@",
        "session": "session-@",
        "sent_at": at,
        "consent": { "measure": "granted" },
        "context": { "device": "mobile", "locale": "en-GB" },
        "events": (0..EVENTS).map(event).collect::<Vec<_>>(),
    })
    .to_string()
}

struct Figures {
    events_per_second: f64,
    cpu_per_million: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// A closed loop for `seconds`.
async fn drive(
    server: &Server,
    form: Form,
    site: &str,
    seconds: u64,
    serial: &Arc<AtomicU64>,
) -> Result<Figures> {
    let url = format!("http://127.0.0.1:{}/v1/batch", server.port);
    let client = reqwest::Client::builder().pool_max_idle_per_host(CONNECTIONS).build()?;
    let template: Arc<str> = json_template(site).into();
    let cpu = server.cpu()?;
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let (client, url, site, serial) = (client.clone(), url.clone(), site.to_owned(), Arc::clone(serial));
        let template = Arc::clone(&template);
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::new();
            while began.elapsed() < Duration::from_secs(seconds) {
                let serial = serial.fetch_add(1, Ordering::Relaxed);
                let body = match form {
                    Form::Compact => batch(&site, serial),
                    Form::Json => template.replace('@', &format!("{serial:012}")).into_bytes(),
                };
                let sent = Instant::now();
                let response = client.post(&url).body(body).send().await?;
                let status = response.status();
                response.bytes().await?;
                if !status.is_success() {
                    bail!("the server answered {status}");
                }
                times.push(sent.elapsed().as_secs_f64() * 1e3);
            }
            Ok(times)
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    let events = times.len() as f64 * EVENTS as f64;
    let elapsed = began.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let quantile = |q: f64| times.get((times.len() as f64 * q) as usize).copied().unwrap_or(0.0);
    Ok(Figures {
        events_per_second: events / elapsed,
        cpu_per_million: (server.cpu()? - cpu) / events * 1e6,
        p50_ms: quantile(0.50),
        p99_ms: quantile(0.99),
    })
}

/// A command that runs on the first processor only; [`compare`] takes the second for itself, so that server and
/// load are not in each other's way and a figure is what one core can do.
///
/// With `both`, the server may use the load's processor, too.
fn pinned(program: &str, both: bool) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", if both { "0,1" } else { "0" }, program]);
    command
}

/// Gives the load the second processor for itself.
fn move_to_second() -> Result<()> {
    let own = std::process::id().to_string();
    let moved = Command::new("taskset").args(["-a", "-c", "-p", "1", &own]).stdout(Stdio::null()).status();
    if !moved.context("taskset, of util-linux")?.success() {
        bail!("this needs two processors: one for the server, one for the load");
    }
    Ok(())
}

/// A handler that parses and drops.
async fn bare_server() -> Result<Server> {
    let port = free_port()?;
    let own = std::env::current_exe()?;
    Server::start(pinned(&own.to_string_lossy(), false).args(["--bare", &port.to_string()]), port).await
}

/// A collector over the folder `data`, and the key of its site `load`.
async fn collector(
    binary: &str,
    data: &Path,
    warehouse: Option<&str>,
    both: bool,
) -> Result<(Server, String)> {
    let port = free_port()?;
    let mut command = pinned(binary, both);
    command.arg("serve").arg("--data").arg(data).args(["--listen", &format!("127.0.0.1:{port}")]);
    command.env("ATTUNE_ADMIN_PASSWORD", "only for this run").env("ATTUNE_LOG", "error");
    command.envs(ALLOCATOR);
    match warehouse {
        Some(url) => command.env("CLICKHOUSE_URL", url),
        None => command.env_remove("CLICKHOUSE_URL"),
    };
    let mut server = Server::start(&mut command, port).await?;
    server.data = data.to_owned();
    if data.join("key").exists() {
        return Ok((server, std::fs::read_to_string(data.join("key"))?));
    }
    let added = Command::new(binary).args(["site", "add", "load", "--json", "--data"]).arg(data).output()?;
    let site: serde_json::Value = serde_json::from_slice(&added.stdout).context("site add")?;
    let key = site["key"].as_str().context("the site has no key")?.to_owned();
    std::fs::write(data.join("key"), &key)?;
    Ok((server, key))
}

/// Decisions over HTTP, beside what parsing the question costs.
async fn decisions(binary: &str, seconds: u64, rounds: u32) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("attune-decide-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    move_to_second()?;
    let bare = bare_server().await?;
    let (attune, key) = collector(binary, &folder.join("away"), Some(AWAY), false).await?;
    decide::publish(&attune).await?;
    println!(
        "100 campaigns of five conditions; the server has one core, the load another; {seconds} s a run"
    );
    println!("{RATE} questions a second{:>31}{:>10}", "p50 ms", "p99 ms");
    for round in 1..=rounds {
        for (name, server, path) in [
            ("bare axum, parse and drop", &bare, "/parse"),
            ("attune, POST /v1/decide", &attune, "/v1/decide"),
        ] {
            let times = decide::paced(server, &key, path, seconds).await?;
            let (p50, p99) = (times.quantile(0.50), times.quantile(0.99));
            println!("{:<46}{p50:>10.2}{p99:>10.2}", format!("{round}. {name}"));
        }
    }
    for round in 1..=rounds {
        let (rate, cpu) = decide::batches(&attune, &key, seconds).await?;
        println!("{round}. batches of 100: {rate:.0} decisions/s, {cpu:.1} µs of the processor each");
    }
    drop(attune);
    Ok(std::fs::remove_dir_all(&folder)?)
}

/// Fifty people who ask at once, both processors for all.
async fn asking(binary: &str, events: u64, seconds: u64) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("attune-crowd-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (attune, key) = collector(binary, &folder.join("data"), None, true).await?;
    let measured = crowd::measure(&attune, &key, events, seconds).await;
    drop(attune);
    std::fs::remove_dir_all(&folder)?;
    measured
}

async fn compare(binary: &str, seconds: u64, rounds: u32, backlog: u64) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("attune-load-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    move_to_second()?;
    let bare = bare_server().await?;
    let start = async |data: &Path, warehouse: Option<&str>, both: bool| {
        collector(binary, data, warehouse, both).await
    };
    // A store that is away leaves the collector alone: what is measured is ingest, durable before the answer.
    let (attune, key) = start(&folder.join("away"), Some(AWAY), false).await?;
    let (shipping, shipping_key) = start(&folder.join("embedded"), None, false).await?;

    println!(
        "{CONNECTIONS} connections, {EVENTS} events a request, {seconds} s a run; the server has one core, the load another"
    );
    println!("{:<46}{:>12}{:>16}{:>10}{:>10}", "", "events/s", "CPU s/M events", "p50 ms", "p99 ms");
    let serial = Arc::new(AtomicU64::new(1));
    let runs = [
        ("compact: bare axum, parse and drop", &bare, Form::Compact, &key),
        ("compact: attune, durable before 200", &attune, Form::Compact, &key),
        ("JSON 4 kB: bare axum, parse and drop", &bare, Form::Json, &key),
        ("JSON 4 kB: attune, durable before 200", &attune, Form::Json, &key),
        ("JSON 4 kB: the same, and into ClickHouse", &shipping, Form::Json, &shipping_key),
    ];
    for round in 1..=rounds {
        for (name, server, form, key) in runs {
            let f = drive(server, form, key, seconds, &serial).await.with_context(|| name.to_owned())?;
            println!(
                "{:<46}{:>12.0}{:>16.2}{:>10.2}{:>10.2}",
                format!("{round}. {name}"),
                f.events_per_second,
                f.cpu_per_million,
                f.p50_ms,
                f.p99_ms
            );
        }
        // It would work beside the next round's measurements.
        steady::emptied(&shipping, Duration::from_secs(600)).await?;
    }
    println!(
        "peak memory: {:.0} MiB, with the embedded engine {:.0} MiB",
        attune.peak_mib()?,
        shipping.peak_mib()?
    );
    drop(shipping);

    println!("\n{RATE} requests of {EVENTS} events a second, {seconds} s a run");
    println!("{:<46}{:>10}{:>10}", "", "p50 ms", "p99 ms");
    let shared = Path::new(MEMORY).join(folder.file_name().context("no name")?);
    let (unsynced, unsynced_key) = start(&shared, Some(AWAY), false).await?;
    for round in 1..=rounds {
        for (name, server, key) in [
            ("bare axum, parse and drop", &bare, &key),
            ("attune, log in memory: no sync", &unsynced, &unsynced_key),
            ("attune, durable before 200", &attune, &key),
        ] {
            let times = steady::paced(server, key, RATE, seconds, &serial).await?;
            let (p50, p99) = (times.quantile(0.50), times.quantile(0.99));
            println!("{:<46}{p50:>10.2}{p99:>10.2}", format!("{round}. {name}"));
        }
    }
    drop(unsynced);
    std::fs::remove_dir_all(&shared)?;

    println!("\nboth processors, server and load together");
    let (whole, whole_key) = start(&folder.join("both"), None, true).await?;
    for round in 1..=rounds {
        let (stored, taken) = steady::sustained(&whole, &whole_key, seconds, &serial).await?;
        println!(
            "{round}. taken and stored, until nothing waits: {stored:.0} events/s (taken: {taken:.0} events/s)"
        );
    }
    let times = steady::fresh(&whole, &whole_key, seconds).await?;
    println!("event to Live: p50 {:.2} ms, p99 {:.2} ms", times.quantile(0.50), times.quantile(0.99));
    drop(whole);

    let waiting = steady::fill(&attune, &key, backlog, &serial).await?;
    drop(attune);
    let began = Instant::now();
    let (again, _) = start(&folder.join("away"), Some(AWAY), false).await?;
    println!(
        "start with {:.1} million events waiting: {:.1} MiB resident, after {:.2} s",
        waiting as f64 / 1e6,
        again.resident_mib()?,
        began.elapsed().as_secs_f64()
    );
    drop(again);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
