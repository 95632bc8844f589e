//! What a closed loop does not tell: the wait at a rate that leaves room, what is taken and stored for good, how soon
//! an event is seen, and how much memory a start with a backlog takes.

use super::{EVENTS, Form, Server, batch, drive};
use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Sorted times in milliseconds.
pub(super) struct Times(Vec<f64>);

impl Times {
    pub(super) fn new(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    /// The time that this share of them did not exceed.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        self.0.get((self.0.len() as f64 * share) as usize).copied().unwrap_or(0.0)
    }
}

/// Moments `gap` apart, sent when they are due by a thread that sleeps: the runtime's timer, which counts whole
/// milliseconds, would be most of a wait that is shorter than that.
pub(super) fn moments(gap: Duration, count: u64) -> tokio::sync::mpsc::UnboundedReceiver<Instant> {
    let (due, moments) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let mut next = Instant::now();
        for _ in 0..count {
            next += gap;
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
            if due.send(next).is_err() {
                return;
            }
        }
    });
    moments
}

/// Sends `rate` requests a second, whether or not the ones before were answered; a wait counts from when it was due.
pub(super) async fn paced(
    server: &Server,
    site: &str,
    rate: u32,
    seconds: u64,
    serial: &AtomicU64,
) -> Result<Times> {
    let (url, client) = (server.url("/v1/batch"), reqwest::Client::new());
    let mut moments = moments(Duration::from_secs(1) / rate, u64::from(rate) * seconds);
    let mut tasks = Vec::new();
    while let Some(due) = moments.recv().await {
        let body = batch(site, serial.fetch_add(1, Ordering::Relaxed));
        let (client, url) = (client.clone(), url.clone());
        tasks.push(tokio::spawn(async move {
            let response = client.post(url).body(body).send().await?.error_for_status()?;
            response.bytes().await?;
            Ok::<_, reqwest::Error>(due.elapsed().as_secs_f64() * 1e3)
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.push(task.await??);
    }
    Ok(Times::new(times))
}

async fn waiting(server: &Server) -> Result<u64> {
    let client = reqwest::Client::new();
    let ledger: serde_json::Value =
        client.get(server.url("/api/ledger")).bearer_auth(&server.token()?).send().await?.json().await?;
    ledger["waiting"].as_u64().context("no ledger")
}

/// Events a second that are taken and stored: a closed loop for `seconds`, and the time until nothing waits.
pub(super) async fn sustained(
    server: &Server,
    site: &str,
    seconds: u64,
    serial: &Arc<AtomicU64>,
) -> Result<(f64, f64)> {
    let began = Instant::now();
    let figures = drive(server, Form::Compact, site, seconds, serial).await?;
    let events = figures.events_per_second * began.elapsed().as_secs_f64();
    let loaded = began.elapsed().as_secs_f64();
    emptied(server, Duration::from_secs(seconds * 20 + 60)).await?;
    Ok((events / began.elapsed().as_secs_f64(), events / loaded))
}

/// Waits until the store has what the log had.
pub(super) async fn emptied(server: &Server, at_most: Duration) -> Result<()> {
    let began = Instant::now();
    while waiting(server).await? > 0 {
        if began.elapsed() > at_most {
            bail!("the backlog does not end");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// From sending an event to its line in Live, 50 times a second.
pub(super) async fn fresh(server: &Server, site: &str, seconds: u64) -> Result<Times> {
    const RATE: u64 = 50;
    let client = reqwest::Client::new();
    let mut live = client
        .get(server.url("/api/sites/load/live"))
        .bearer_auth(&server.token()?)
        .send()
        .await?
        .error_for_status()?;
    let count = RATE * seconds;
    let (url, site) = (server.url("/v1/batch"), site.to_owned());
    let (report, mut reports) = tokio::sync::mpsc::unbounded_channel();
    let sending = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(1_000 / RATE));
        for number in 0..count {
            ticks.tick().await;
            let at = super::now().0;
            let name = format!("fresh_{number}_");
            let body = serde_json::json!({
                "site": site, "visitor": "v", "consent": { "measure": "granted" },
                "events": [{ "id": format!("{at}-{number}"), "name": name, "at": at }],
            });
            report.send((number, Instant::now()))?;
            client.post(&url).json(&body).send().await?.error_for_status()?;
        }
        anyhow::Ok(())
    });
    let (mut sent, mut times, mut text) = (HashMap::new(), Vec::new(), String::new());
    while (times.len() as u64) < count {
        let chunk = tokio::time::timeout(Duration::from_secs(10), live.chunk()).await;
        let chunk = chunk.context("events do not come to Live")??.context("Live ended")?;
        text.push_str(&String::from_utf8_lossy(&chunk));
        let now = Instant::now();
        while let Ok((number, at)) = reports.try_recv() {
            sent.insert(number, at);
        }
        let Some(end) = text.rfind('\n') else { continue };
        for number in text[..end].split("fresh_").skip(1) {
            let number: u64 = number.split('_').next().unwrap_or_default().parse()?;
            let at: Instant = sent.remove(&number).context("an event came twice")?;
            times.push(now.duration_since(at).as_secs_f64() * 1e3);
        }
        text.drain(..=end);
    }
    sending.await??;
    Ok(Times::new(times))
}

/// Sends until `events` were sent, and waits for the store whenever the log has a million.
pub(super) async fn fill_store(
    server: &Server,
    site: &str,
    events: u64,
    serial: &Arc<AtomicU64>,
) -> Result<()> {
    let begun = serial.load(Ordering::Relaxed);
    while (serial.load(Ordering::Relaxed) - begun) * EVENTS < events {
        drive(server, Form::Compact, site, 1, serial).await?;
        if waiting(server).await? > 1_000_000 {
            emptied(server, Duration::from_secs(600)).await?;
        }
    }
    Ok(())
}

/// Sends until `events` wait in the log.
pub(super) async fn fill(server: &Server, site: &str, events: u64, serial: &Arc<AtomicU64>) -> Result<u64> {
    for _ in 0..200 {
        let now = waiting(server).await?;
        if now >= events {
            return Ok(now);
        }
        drive(server, Form::Compact, site, ((events - now) / (EVENTS * 40_000)).clamp(1, 20), serial).await?;
    }
    bail!("the log does not grow")
}
