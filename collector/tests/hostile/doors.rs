//! What comes in at the doors of ingest: requests as other products' clients sent them, and batches of our own forms.

use crate::generate::{Case, World};
use crate::values::{NUMBERS, TEXTS, damage, encoded, gzip, number};
use crate::wire::{Framing, Request};
use attune_schema::batch::{Batch, ClientDrop, Context};
use attune_schema::consent::Consent;
use attune_schema::event::{Event, Page};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fastrand::Rng;
use serde_json::{Map, Value, json};

pub(crate) fn recorded() -> Vec<Value> {
    let files = [
        include_str!("../switch/ga4.json"),
        include_str!("../switch/matomo.json"),
        include_str!("../switch/plausible.json"),
        include_str!("../switch/posthog.json"),
        include_str!("../switch/segment.json"),
        include_str!("../switch/snowplow.json"),
    ];
    files.iter().flat_map(|file| serde_json::from_str::<Vec<Value>>(file).unwrap()).collect()
}

impl World {
    /// What a real client of another product sent, with new ids more often than not.
    pub(crate) fn recorded(&self, rng: &mut Rng) -> Case {
        let case = rng.choice(&self.recorded).unwrap();
        let path = case["path"].as_str().unwrap();
        let mut body = match &case["body"] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            body => {
                let mut body = body.clone();
                if rng.bool() {
                    self.distort(rng, &mut body);
                }
                body.to_string()
            }
        };
        body = body.replace("<key>", &self.key);
        let mut target = path.replace("<key>", &self.key);
        if rng.u32(0..4) == 0 {
            target.push_str(&format!(
                "&{}={}",
                rng.choice(["e_id", "uid", "idsite", "cvar", "rec"]).unwrap(),
                encoded(rng)
            ));
        }
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        for (name, value) in case["headers"].as_object().unwrap() {
            let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:", self.key)));
            headers.push((name.clone(), value.as_str().unwrap().replace("Basic <key>", &basic).into_bytes()));
        }
        let mut body = body.into_bytes();
        if case["gzip"] == true {
            body = gzip(&body);
        }
        let route = path.split('?').next().unwrap_or_default().to_owned();
        let method = case["method"].as_str().unwrap().to_owned();
        Case { route, request: Request { method, target, headers, body, framing: Framing::Length } }
    }

    pub(crate) fn batch(&self, rng: &mut Rng) -> Case {
        let events: Vec<Value> = (0..rng.usize(0..8)).map(|_| self.event(rng)).collect();
        let mut body = json!({
            "site": self.key,
            "visitor": self.text(rng),
            "session": self.text(rng),
            "sent_at": self.now + rng.i64(-100_000..100_000),
            "consent": { "measure": if rng.u32(0..8) == 0 { "denied" } else { "granted" } },
            "context": { "device": "mobile", "locale": self.text(rng), "screen_width": number(rng) },
            "events": events,
            "dropped": [{ "reason": "queue_full", "count": rng.u32(0..9) }],
        });
        if rng.u32(0..3) == 0 {
            self.distort(rng, &mut body);
        }
        self.to_batch(rng, body.to_string().into_bytes(), "application/json")
    }

    fn event(&self, rng: &mut Rng) -> Value {
        let mut properties = Map::new();
        for _ in 0..rng.usize(0..4) {
            let value = if rng.bool() { Value::from(self.text(rng)) } else { number(rng) };
            properties.insert(self.text(rng), value);
        }
        json!({
            "id": format!("{:032x}", rng.u128(..)),
            "name": if rng.bool() { "page_viewed".to_owned() } else { self.text(rng) },
            "at": self.now - rng.i64(0..1_000_000),
            "page": { "url": format!("https://shop.test/{}", self.text(rng)), "title": self.text(rng), "referrer": "" },
            "properties": properties,
        })
    }

    pub(crate) fn compact(&self, rng: &mut Rng) -> Case {
        let at = Timestamp(self.now - rng.i64(0..1_000));
        let events: Vec<Event> = (0..rng.usize(0..12))
            .map(|_| Event {
                id: EventId(rng.u128(..)),
                name: "page_viewed".to_owned(),
                at,
                session: SessionId(rng.u128(..)),
                page: rng.bool().then(|| Page {
                    url: format!("https://shop.test/{}", rng.choice(TEXTS).unwrap()),
                    title: rng.choice(TEXTS).unwrap().to_owned(),
                    referrer: String::new(),
                }),
                properties: vec![
                    ("a".to_owned(), rng.choice(TEXTS).unwrap().into()),
                    ("b".to_owned(), attune_schema::value::Value::Number(*rng.choice(&NUMBERS).unwrap())),
                ],
            })
            .collect();
        let batch = Batch {
            site: self.key.clone(),
            visitor: VisitorId(rng.u128(..)),
            user: rng.bool().then(|| rng.choice(TEXTS).unwrap().to_owned()),
            sent_at: at,
            consent: Consent::ALL,
            context: Context { device: "mobile".to_owned(), ..Context::default() },
            events,
            drops: vec![ClientDrop { reason: "queue_full".to_owned(), count: rng.u64(0..9) }],
        };
        let mut bytes = batch.to_bytes();
        if rng.bool() {
            damage(rng, &mut bytes);
        }
        self.to_batch(rng, bytes, "application/octet-stream")
    }

    fn to_batch(&self, rng: &mut Rng, body: Vec<u8>, kind: &str) -> Case {
        let mut headers = vec![("content-type".to_owned(), kind.as_bytes().to_vec())];
        let body = if rng.u32(0..6) == 0 {
            headers.push(("content-encoding".to_owned(), b"gzip".to_vec()));
            gzip(&body)
        } else {
            body
        };
        let target = if rng.u32(0..5) == 0 {
            format!("/v1/batch?site={}", encoded(rng))
        } else {
            "/v1/batch".to_owned()
        };
        let request = Request { method: "POST".to_owned(), target, headers, body, framing: Framing::Length };
        Case { route: "/v1/batch".to_owned(), request }
    }
}
