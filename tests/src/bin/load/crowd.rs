//! Fifty people ask at once while events arrive: what each waits, what ingest notices of it, and that who asks too much
//! is cut off.

use super::steady::{Times, emptied, fill_store, paced};
use super::{EVENTS, RATE, Server};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// Who ask at once.
const PEOPLE: usize = 50;
/// Seconds after which the statement that is too much is to be cut.
const CUT_SECONDS: u64 = 2;

/// What they ask, one after the other of this list.
fn questions() -> Vec<(&'static str, Value)> {
    let steps = json!([{ "event": "page_viewed" }, { "event": "item_viewed" }, { "event": "form_started" }]);
    vec![
        ("funnel", json!({ "steps": steps, "window_seconds": 86_400 })),
        ("trend", json!({ "interval": "hour", "measure": "visitors" })),
        ("retention", json!({ "interval": "day" })),
        ("funnel", json!({ "steps": steps, "window_seconds": 86_400, "times": true })),
        ("paths", json!({ "depth": 4 })),
    ]
}

/// Somebody who signed in.
#[derive(Clone)]
struct Person {
    client: reqwest::Client,
    base: String,
    cookie: String,
}

impl Person {
    async fn sign_in(server: &Server, name: &str) -> Result<Self> {
        let client = reqwest::Client::new();
        let account = json!({ "name": name, "password": "only for this run" });
        let made = client.post(server.url("/api/users")).bearer_auth(server.token()?).json(&account);
        made.send().await?.error_for_status()?;
        let base = server.url("");
        let account = json!({ "user": name, "password": "only for this run" });
        // As many sign in from one address as a proxy would let in one after the other.
        let signed = loop {
            let signed = client.post(format!("{base}/api/sign-in")).json(&account).send().await?;
            if signed.status() != reqwest::StatusCode::TOO_MANY_REQUESTS {
                break signed.error_for_status()?;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        let cookie = signed.headers().get("set-cookie").context("no session")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { client, base, cookie })
    }

    /// Asks; milliseconds until the answer.
    async fn ask(&self, kind: &str, question: &Value) -> Result<f64> {
        let asked = Instant::now();
        let (status, body) = self.send(kind, question).await?;
        if !status.is_success() {
            bail!("{kind}: {status} {body}");
        }
        Ok(asked.elapsed().as_secs_f64() * 1e3)
    }

    async fn send(&self, kind: &str, question: &Value) -> Result<(reqwest::StatusCode, String)> {
        let answer = self
            .client
            .post(format!("{}/api/sites/load/{kind}", self.base))
            .header("origin", &self.base)
            .header("cookie", &self.cookie)
            .json(question)
            .send()
            .await?;
        Ok((answer.status(), answer.text().await?))
    }
}

/// Age of the oldest event that the store does not have yet, in milliseconds, asked until `until`; the greatest.
async fn staleness(server: &Server, until: Instant) -> Result<f64> {
    let (client, url, token) = (reqwest::Client::new(), server.url("/health"), server.token()?);
    let mut most = 0.0_f64;
    while Instant::now() < until {
        let health: Value = client.get(&url).bearer_auth(&token).send().await?.json().await?;
        most = most.max(health["lag_ms"].as_f64().context("no lag")?);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(most)
}

/// Acknowledgements and staleness while `work` goes on.
async fn beside<T>(
    server: &Server,
    site: &str,
    serial: &AtomicU64,
    seconds: u64,
    work: impl Future<Output = Result<T>>,
) -> Result<(Times, f64, T)> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let sending = paced(server, site, RATE, seconds, serial);
    let (times, stale, done) = tokio::try_join!(sending, staleness(server, until), work)?;
    Ok((times, stale, done))
}

fn said(name: &str, times: &Times, stale_ms: f64) {
    println!("{name:<46}{:>10.2}{:>10.2}{stale_ms:>14.0}", times.quantile(0.5), times.quantile(0.99));
}

/// See the module. `events` are stored before; each run takes `seconds`.
pub(super) async fn measure(server: &Server, site: &str, events: u64, seconds: u64) -> Result<()> {
    let serial = Arc::new(AtomicU64::new(1));
    fill_store(server, site, events, &serial).await?;
    emptied(server, Duration::from_secs(600)).await?;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(Person::sign_in(server, &format!("person-{number}")).await?);
    }
    let questions = questions();
    let first = people.first().context("nobody")?;

    // Each question alone, while events arrive: the mean is one person's time.
    let alone = async {
        let (mut times, began) = (Vec::new(), Instant::now());
        while began.elapsed() < Duration::from_secs(seconds) {
            for (kind, question) in &questions {
                times.push(first.ask(kind, question).await?);
            }
        }
        Ok(times)
    };
    let quiet = beside(server, site, &serial, seconds, async { Ok(()) }).await?;
    let (acks, stale, alone) = beside(server, site, &serial, seconds, alone).await?;
    let mean = alone.iter().sum::<f64>() / alone.len() as f64;

    // Everybody asks again when answered, so that all the while fifty wait.
    let crowd = async {
        let (mut asking, began) = (Vec::new(), Instant::now());
        for (number, person) in people.iter().enumerate() {
            let (kind, question) = questions.get(number % questions.len()).context("no question")?.clone();
            let person = person.clone();
            asking.push(tokio::spawn(async move {
                let mut waited = Vec::new();
                while began.elapsed() < Duration::from_secs(seconds) {
                    waited.push(person.ask(kind, &question).await?);
                }
                Ok::<_, anyhow::Error>(waited)
            }));
        }
        let mut waited = Vec::new();
        for asked in asking {
            waited.extend(asked.await??);
        }
        Ok(waited)
    };
    let (crowd_acks, crowd_stale, waited) = beside(server, site, &serial, seconds, crowd).await?;
    let slowest = waited.iter().copied().fold(0.0, f64::max);
    let fair = mean * PEOPLE as f64;

    println!("{} events a second, {events} stored before", u64::from(RATE) * EVENTS);
    println!(
        "{:<46}{:>10}{:>10}{:>14}",
        "acknowledgement of a request of ten", "p50 ms", "p99 ms", "stale, ms"
    );
    said("nobody asks", &quiet.0, quiet.1);
    said("one person asks, again and again", &acks, stale);
    said("fifty people ask at once, again and again", &crowd_acks, crowd_stale);
    println!(
        "one question alone: {mean:.0} ms; fifty at once, {} answers: the slowest took {slowest:.0} ms, {:.2} of the fair \
         share of {fair:.0} ms (bar 3)",
        waited.len(),
        slowest / fair
    );

    let runaway = json!({ "seconds": CUT_SECONDS,
        "statement": "SELECT count() FROM events AS a CROSS JOIN events AS b WHERE a.url != b.title" });
    let asked = Instant::now();
    let (status, body) = first.send("sql", &runaway).await?;
    let (took, body): (f64, Value) = (asked.elapsed().as_secs_f64(), serde_json::from_str(&body)?);
    println!("a statement without end: {status} after {took:.1} s: {}", body["message"]);
    if status.is_success() || took > CUT_SECONDS as f64 * 5.0 {
        bail!("a statement without end was not cut");
    }
    if slowest > 3.0 * fair {
        bail!("somebody waited longer than three times the fair share");
    }
    Ok(())
}
