//! Decisions over HTTP: one at a time at a steady rate, and in batches as fast as one core gives them.

use super::steady::{Times, moments};
use super::{RATE, Server};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Campaigns, of five conditions each, that all want the placement.
const CAMPAIGNS: u64 = 100;
/// Visitors of a batch.
const BATCH: u64 = 100;
const WORDS: [&str; 6] = ["red", "green", "blue", "gold", "black", "white"];

/// Numbers that look random and are the same every time (Knuth's MMIX).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(6) as usize]
    }
}

/// Gives the site its campaigns.
pub(super) async fn publish(server: &Server) -> Result<()> {
    let (client, token, mut draw) = (reqwest::Client::new(), server.token()?, Draw(42));
    let attribute =
        |name: String, op: &str, operand: Value| json!({ "attribute": { "name": name, op: operand } });
    let names =
        ["num", "str", "flag"].into_iter().flat_map(|kind| (0..12).map(move |n| format!("{kind}{n}")));
    let mut documents: Vec<(&str, Value)> = names.map(|id| ("attributes", json!({ "id": id }))).collect();
    documents.push(("placements", json!({ "id": "hero" })));
    for index in 0..CAMPAIGNS {
        let rules = [
            attribute(format!("num{}", draw.below(6)), "at_least", json!(draw.below(60))),
            attribute(format!("num{}", 6 + draw.below(6)), "less_than", json!(40 + draw.below(60))),
            attribute(
                format!("str{}", draw.below(5)),
                "one_of",
                json!([draw.word(), draw.word(), draw.word()]),
            ),
            attribute(format!("str{}", 5 + draw.below(5)), "is_not", json!(draw.word())),
            attribute(format!("flag{}", draw.below(8)), "is", json!(draw.below(2) == 0)),
        ];
        let offer = json!({ "id": format!("o{index}"), "weight": index, "content": { "en": { "title": "An offer" } } });
        documents.push(("offers", offer));
        let campaign = json!({ "id": format!("c{index}"), "status": "running", "placements": ["hero"],
            "offers": [format!("o{index}")], "audience": { "all": rules }, "holdout_percent": 5,
            "caps": [{ "scope": "campaign", "per": "day", "max": 3 }] });
        documents.push(("campaigns", campaign));
    }
    for (kind, body) in documents {
        let path = server.url(&format!("/api/sites/load/{kind}"));
        client.post(path).bearer_auth(&token).json(&body).send().await?.error_for_status()?;
    }
    Ok(())
}

/// What a server asks about a visitor.
fn question(visitor: u64) -> Value {
    let mut draw = Draw(visitor);
    let mut attributes = serde_json::Map::new();
    for n in 0..12 {
        attributes.insert(format!("num{n}"), json!(draw.below(100)));
        attributes.insert(format!("str{n}"), json!(draw.word()));
        attributes.insert(format!("flag{n}"), json!(draw.below(2) == 0));
    }
    json!({ "placement": "hero", "visitor": format!("visitor-{visitor}"), "attributes": attributes,
            "context": { "device": "mobile" }, "consent": { "personalise": "granted" } })
}

/// [`RATE`] questions a second, whether or not the ones before were answered.
pub(super) async fn paced(server: &Server, site: &str, path: &str, seconds: u64) -> Result<Times> {
    let (client, url) = (reqwest::Client::new(), server.url(path));
    let mut moments = moments(Duration::from_secs(1) / RATE, u64::from(RATE) * seconds);
    let (mut tasks, mut visitor) = (Vec::new(), 0);
    while let Some(due) = moments.recv().await {
        visitor += 1;
        let mut body = question(visitor);
        body["site"] = site.into();
        let (client, url) = (client.clone(), url.clone());
        tasks.push(tokio::spawn(async move {
            client.post(url).json(&body).send().await?.error_for_status()?.bytes().await?;
            Ok::<_, reqwest::Error>(due.elapsed().as_secs_f64() * 1e3)
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.push(task.await??);
    }
    Ok(Times::new(times))
}

/// Batches one after the other from two connections: decisions a second, and processor microseconds of one.
pub(super) async fn batches(server: &Server, site: &str, seconds: u64) -> Result<(f64, f64)> {
    let body = json!({ "site": site, "batch": (0..BATCH).map(question).collect::<Vec<_>>() }).to_string();
    let (client, url) = (reqwest::Client::new(), server.url("/v1/decide"));
    let (began, cpu) = (Instant::now(), server.cpu()?);
    let mut tasks = Vec::new();
    for _ in 0..2 {
        let (client, url, body) = (client.clone(), url.clone(), body.clone());
        tasks.push(tokio::spawn(async move {
            let mut answered = 0;
            while began.elapsed() < Duration::from_secs(seconds) {
                let answer: Value =
                    client.post(&url).body(body.clone()).send().await?.error_for_status()?.json().await?;
                answered += answer["answers"].as_array().context("no answers")?.len();
            }
            Ok::<_, anyhow::Error>(answered)
        }));
    }
    let mut answered = 0;
    for task in tasks {
        answered += task.await??;
    }
    let decisions = answered as f64;
    Ok((decisions / began.elapsed().as_secs_f64(), (server.cpu()? - cpu) / decisions * 1e6))
}
