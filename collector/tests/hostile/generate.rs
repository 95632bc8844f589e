//! Requests nobody should send, each from its number alone: recorded ones, described ones and compact batches,
//! damaged in their structure and in their bytes.

use crate::wire::{Framing, Request};
use attune_schema::batch::{Batch, ClientDrop, Context};
use attune_schema::consent::Consent;
use attune_schema::event::{Event, Page};
use attune_schema::id::{EventId, SessionId, VisitorId};
use attune_schema::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fastrand::Rng;
use serde_json::{Map, Number, Value, json};
use std::io::Write as _;

/// Every run sends the same.
const SEED: u64 = 0x0a77_0e5e_ed00;
/// Deepest structure that is made from a description.
const DEPTH: u32 = 6;

const METHODS: [&str; 10] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "\u{1}\u{2}"];
const TYPES: [&str; 9] = [
    "application/json",
    "text/plain",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "application/json; charset=utf-16",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "",
    "text/plain;charset=UTF-8",
];
const ENCODINGS: [&str; 6] = ["gzip", "identity", "br", "gzip, gzip", "deflate", "GZIP"];
const ORIGINS: [&str; 6] =
    ["https://bank.test", "null", "https://evil.test", "http://attune", "file://", "https://[::1]:99999"];
const TEXTS: [&str; 28] = [
    "",
    "a",
    "bank",
    "other",
    "page_viewed",
    "form_submitted",
    "7d",
    "30m",
    "99999999999999999w",
    "\0",
    "값🙂",
    "'; DROP TABLE events; --",
    "\\', unhex('00')",
    "../../etc/passwd",
    "%00%ff",
    "null",
    "-1",
    "1e400",
    "NaN",
    "9223372036854775808",
    "https://shop.test/?a=1&utm_source=x",
    "{}",
    "a.b.c",
    "$set",
    "\u{202e}\u{feff}",
    "b3f1c7de-0d0e-4c43-9a2f-6f2f7a1f2b11",
    "2026-11-22T11:15:44.098Z",
    "٣٤",
];
const NUMBERS: [f64; 16] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1e3,
    65_536.0,
    4_294_967_295.0,
    4_294_967_296.0,
    -2_147_483_649.0,
    9_007_199_254_740_993.0,
    9.223_372_036_854_776e18,
    1.8e19,
    -9.3e18,
    1.7e308,
    5e-324,
];
/// What an engine or a hash is asked for costs a thousand times what a refusal costs: they are sent less often.
const DEAR: [&str; 10] = [
    "sign_in",
    "create_user",
    "set_password",
    "trend",
    "event_names",
    "overview",
    "tag_status",
    "import",
    "flush",
    "live",
];

/// An operation of the description.
struct Operation {
    method: String,
    path: String,
    body: Option<Value>,
    dear: bool,
}

/// What requests are made of.
pub(crate) struct World {
    pub key: String,
    pub token: String,
    pub cookie: String,
    /// When the run takes place.
    pub now: i64,
    operations: Vec<Operation>,
    components: Value,
    recorded: Vec<Value>,
    paths: Vec<String>,
    /// gzip of very much nothing.
    bombs: Vec<Vec<u8>>,
}

/// A request, and the route it is meant for.
pub(crate) struct Case {
    pub route: String,
    pub request: Request,
}

/// Paths in the router's own sources: what is added there is attacked here.
fn paths() -> Vec<String> {
    let sources = [
        include_str!("../../src/router.rs"),
        include_str!("../../src/endpoint/foreign/mod.rs"),
        include_str!("../../src/endpoint/foreign/segment.rs"),
        include_str!("../../src/endpoint/foreign/posthog.rs"),
    ];
    let texts =
        sources.iter().flat_map(|source| source.lines()).filter(|line| !line.trim().starts_with("//"));
    let mut paths: Vec<String> = texts
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .filter(|text| text.starts_with('/') && !text.contains(' '))
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    assert!(paths.len() >= 60, "only {} paths were found in the router's sources", paths.len());
    paths
}

fn recorded() -> Vec<Value> {
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

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl World {
    /// `description` is what `/openapi.json` serves.
    pub(crate) fn new(description: &Value, key: String, token: String, cookie: String, now: i64) -> Self {
        let mut operations = Vec::new();
        for (path, item) in description["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap_or_default();
                let body = &operation["requestBody"]["content"]["application/json"]["schema"];
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    body: (!body.is_null()).then(|| body.clone()),
                    dear: DEAR.contains(&id),
                });
            }
        }
        assert!(operations.len() >= 40, "only {} operations are described", operations.len());
        let bombs = [2 << 20, 64 << 20].map(|size| gzip(&vec![b' '; size])).to_vec();
        let mut paths = paths();
        paths.extend(operations.iter().map(|operation| operation.path.clone()));
        paths.sort();
        paths.dedup();
        let components = description["components"]["schemas"].clone();
        Self { key, token, cookie, now, operations, components, recorded: recorded(), paths, bombs }
    }

    /// Every route that requests are made for.
    pub(crate) fn routes(&self) -> &[String] {
        &self.paths
    }

    /// The request of this number.
    pub(crate) fn case(&self, number: u64) -> Case {
        let rng = &mut Rng::with_seed(SEED ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut case = match rng.u32(0..100) {
            0..25 => self.recorded(rng),
            25..42 => self.batch(rng),
            42..58 => self.compact(rng),
            58..82 => self.described(rng),
            82..96 => self.anywhere(rng),
            96..99 => self.packed(rng),
            _ => return raw(rng),
        };
        let request = &mut case.request;
        if rng.u32(0..100) < 30 {
            damage(rng, &mut request.body);
        }
        if rng.u32(0..100) < 5 {
            request.method = rng.choice(METHODS).unwrap().to_owned();
        }
        if rng.u32(0..100) < 15 {
            let (name, value) = self.header(rng);
            request.headers.retain(|(known, _)| *known != name);
            request.headers.push((name, value));
        }
        if rng.u32(0..100) < 10 {
            request.framing = Framing::Chunked(rng.usize(1..=4_096));
        }
        case
    }

    fn header(&self, rng: &mut Rng) -> (String, Vec<u8>) {
        let (name, value): (&str, String) = match rng.u32(0..14) {
            0 | 1 => ("content-type", rng.choice(TYPES).unwrap().to_owned()),
            2 => ("content-encoding", rng.choice(ENCODINGS).unwrap().to_owned()),
            3 | 4 => ("origin", rng.choice(ORIGINS).unwrap().to_owned()),
            5 => ("if-match", format!("\"{}\"", rng.choice(TEXTS).unwrap().replace(['\0', '\u{202e}'], ""))),
            6 => ("authorization", format!("Basic {}", BASE64_STANDARD.encode(rng.choice(TEXTS).unwrap()))),
            7 => ("authorization", format!("Bearer {}", "x".repeat(rng.usize(0..2_000)))),
            8 => ("cookie", format!("attune_session={}; {}", "=".repeat(rng.usize(0..40)), self.cookie)),
            9 => ("x-forwarded-for", "1.2.3.4, ::1, ,x".to_owned()),
            10 => ("sec-gpc", "1".to_owned()),
            11 => ("if-none-match", "W/\"\", *".to_owned()),
            12 => ("expect", "100-continue".to_owned()),
            _ => ("user-agent", "a".repeat(rng.usize(0..8_000))),
        };
        let mut value: Vec<u8> = value.bytes().filter(|byte| *byte >= b' ' && *byte != 127).collect();
        if rng.u32(0..10) == 0 {
            value.extend([0xff, 0x80, b'\t']);
        }
        (name.to_owned(), value)
    }

    /// What a real client of another product sent, with new ids more often than not.
    fn recorded(&self, rng: &mut Rng) -> Case {
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

    fn batch(&self, rng: &mut Rng) -> Case {
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

    fn compact(&self, rng: &mut Rng) -> Case {
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

    /// A body as the description wants it, and then something else.
    fn described(&self, rng: &mut Rng) -> Case {
        let mut operation = rng.choice(&self.operations).unwrap();
        for _ in 0..3 {
            if operation.dear && rng.u32(0..4) > 0 {
                operation = rng.choice(&self.operations).unwrap();
            }
        }
        let mut body = Vec::new();
        if let Some(schema) = &operation.body {
            let mut value = self.sample(rng, schema, DEPTH);
            if rng.bool() {
                self.distort(rng, &mut value);
            }
            body = value.to_string().into_bytes();
        }
        let mut headers = self.signed(rng, &operation.path);
        headers.push(("content-type".to_owned(), b"application/json".to_vec()));
        if matches!(operation.method.as_str(), "PUT" | "DELETE" | "PATCH") {
            headers.push(("if-match".to_owned(), rng.u32(0..4).to_string().into_bytes()));
        }
        let target = self.target(rng, &operation.path, operation.method == "GET" || operation.dear);
        let method = operation.method.clone();
        let request = Request { method, target, headers, body, framing: Framing::Length };
        Case { route: operation.path.clone(), request }
    }

    /// Signed in one way or another, or not at all. The way out and the copy to any folder are for nobody here.
    fn signed(&self, rng: &mut Rng, path: &str) -> Vec<(String, Vec<u8>)> {
        let bearer = ("authorization".to_owned(), format!("Bearer {}", self.token).into_bytes());
        let cookie = [
            ("cookie".to_owned(), self.cookie.clone().into_bytes()),
            ("sec-fetch-site".to_owned(), b"same-origin".to_vec()),
        ];
        match rng.u32(0..10) {
            0 => Vec::new(),
            1..6 if path != "/api/backup" => vec![bearer],
            _ if path != "/api/sign-out" => cookie.to_vec(),
            _ => vec![bearer],
        }
    }

    /// Sites that must keep their key and stay open are only read.
    fn target(&self, rng: &mut Rng, path: &str, harmless: bool) -> String {
        let site = match rng.u32(0..10) {
            0 => encoded(rng),
            1..6 if harmless => "bank".to_owned(),
            _ => "other".to_owned(),
        };
        let id =
            if rng.u32(0..4) == 0 { encoded(rng) } else { rng.choice(["a", "b", "c"]).unwrap().to_owned() };
        let mut target = path.replace("{site}", &site).replace("{id}", &id);
        for name in ["{hash}", "{*file}", "{*path}", "{key}"] {
            let value = if rng.bool() && name == "{key}" { self.key.clone() } else { encoded(rng) };
            target = target.replace(name, &value);
        }
        if rng.u32(0..5) == 0 {
            let name = rng
                .choice(["site", "writeKey", "token", "e", "data", "compression", "payload_json"])
                .unwrap();
            target.push_str(&format!("?{name}={}", encoded(rng)));
        }
        target
    }

    /// Any path of the router, with any body.
    fn anywhere(&self, rng: &mut Rng) -> Case {
        let path = rng.choice(&self.paths).unwrap().clone();
        let mut target = self.target(rng, &path, false);
        if rng.u32(0..20) == 0 {
            target.push_str(rng.choice(["/", "//", "/..", "?", "#a", "%", "%zz", "/%2e%2e/", ";a"]).unwrap());
        }
        let mut body = match rng.u32(0..4) {
            0 => Vec::new(),
            1 => self.any(rng, DEPTH).to_string().into_bytes(),
            2 => format!("data={}&token={}", encoded(rng), self.key).into_bytes(),
            _ => vec![0; rng.usize(0..300)],
        };
        if rng.u32(0..400) == 0 {
            body = vec![b'['; rng.usize(100_000..1_200_000)];
        }
        let mut headers = self.signed(rng, &path);
        headers.push(("content-type".to_owned(), rng.choice(TYPES).unwrap().as_bytes().to_vec()));
        let method = rng.choice(&METHODS[..7]).unwrap().to_string();
        Case { route: path, request: Request { method, target, headers, body, framing: Framing::Length } }
    }

    /// gzip that is not what it seems.
    fn packed(&self, rng: &mut Rng) -> Case {
        let path = rng.choice([
            "/v1/batch",
            "/v1/t",
            "/e/",
            "/batch/",
            "/com.snowplowanalytics.snowplow/tp2",
            "/matomo.php",
        ]);
        let path = path.unwrap().to_owned();
        let mut body = match rng.u32(0..6) {
            0 => rng.choice(&self.bombs).unwrap().clone(),
            1 => gzip(&gzip(b"{}")),
            2 => gzip(&vec![b'['; rng.usize(0..60_000)]),
            3 => [gzip(b"{\"site\":"), gzip(b"1}")].concat(),
            4 => vec![0x1f, 0x8b, 8, 0xff, 0, 0, 0, 0, 0, 0xff],
            _ => gzip(self.any(rng, DEPTH).to_string().as_bytes()),
        };
        if rng.bool() {
            body.truncate(rng.usize(0..=body.len()));
        }
        let headers = vec![
            ("content-type".to_owned(), b"application/json".to_vec()),
            ("content-encoding".to_owned(), b"gzip".to_vec()),
        ];
        let request = Request {
            method: "POST".to_owned(),
            target: path.clone(),
            headers,
            body,
            framing: Framing::Length,
        };
        Case { route: path, request }
    }

    fn text(&self, rng: &mut Rng) -> String {
        match rng.u32(0..20) {
            0 => "x".repeat(rng.usize(0..5_000)),
            1 => self.key.clone(),
            _ => (*rng.choice(&TEXTS).unwrap()).to_owned(),
        }
    }

    /// Any JSON at all.
    fn any(&self, rng: &mut Rng, depth: u32) -> Value {
        match rng.u32(0..if depth == 0 { 4 } else { 6 }) {
            0 => Value::Null,
            1 => Value::Bool(rng.bool()),
            2 => number(rng),
            3 => Value::from(self.text(rng)),
            4 => (0..rng.usize(0..5)).map(|_| self.any(rng, depth - 1)).collect(),
            _ => Value::Object(
                (0..rng.usize(0..5)).map(|_| (self.text(rng), self.any(rng, depth - 1))).collect(),
            ),
        }
    }

    /// A value of the described shape.
    fn sample(&self, rng: &mut Rng, schema: &Value, depth: u32) -> Value {
        if depth == 0 {
            return Value::Null;
        }
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap_or_default();
            // What refers to itself does so inside of a list or an object.
            return self.sample(rng, &self.components[name], depth);
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[choice].as_array() {
                let choice = rng.usize(0..choices.len());
                return self.sample(rng, &choices[choice], depth);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(part) = self.sample(rng, part, depth) {
                    whole.extend(part);
                }
            }
            return Value::Object(whole);
        }
        if let Some(values) = schema["enum"].as_array() {
            return rng.choice(values).unwrap().clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => rng.choice(kinds).and_then(Value::as_str).unwrap_or("null"),
            kind => kind.as_str().unwrap_or("any"),
        };
        match kind {
            "null" => Value::Null,
            "boolean" => Value::Bool(rng.bool()),
            "integer" if rng.u32(0..6) == 0 => {
                let edges = [0, i64::MAX as u64, i64::MAX as u64 - 1, u64::from(u32::MAX), u64::MAX];
                Value::from(*rng.choice(&edges).unwrap())
            }
            "integer" => Value::from(rng.i64(0..100)),
            "number" => Value::from(rng.f64() * 100.0),
            "string" => Value::from(
                *rng.choice(["a", "b", "7d", "bank", "page_viewed", "https://bank.test"].as_slice()).unwrap(),
            ),
            "array" => (0..schema["minItems"].as_u64().unwrap_or(0) as usize + rng.usize(0..4))
                .map(|_| self.sample(rng, &schema["items"], depth - 1))
                .collect(),
            "object" => {
                let mut whole = Map::new();
                let required = |name: &str| {
                    schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name))
                };
                for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                    if required(name) || rng.u32(0..3) == 0 {
                        whole.insert(name.clone(), self.sample(rng, schema, depth - 1));
                    }
                }
                if schema["additionalProperties"].is_object() {
                    whole
                        .insert(self.text(rng), self.sample(rng, &schema["additionalProperties"], depth - 1));
                }
                Value::Object(whole)
            }
            _ => self.any(rng, depth - 1),
        }
    }

    /// Changes something somewhere: another kind, gone, more of it.
    fn distort(&self, rng: &mut Rng, value: &mut Value) {
        let inside = rng.u32(0..4) > 0;
        match value {
            Value::Object(fields) if inside && !fields.is_empty() => {
                let name = fields.keys().nth(rng.usize(0..fields.len())).cloned().unwrap_or_default();
                match rng.u32(0..6) {
                    0 => drop(fields.remove(&name)),
                    1 => drop(fields.insert(self.text(rng), self.any(rng, 2))),
                    _ => {
                        if let Some(value) = fields.get_mut(&name) {
                            self.distort(rng, value);
                        }
                    }
                }
            }
            Value::Array(items) if inside && !items.is_empty() => {
                let index = rng.usize(0..items.len());
                match rng.u32(0..8) {
                    0 => drop(items.remove(index)),
                    1 => {
                        let item = items[index].clone();
                        items.resize(rng.usize(items.len()..=600), item);
                    }
                    _ => self.distort(rng, &mut items[index]),
                }
            }
            _ => {
                *value = match rng.u32(0..20) {
                    // Deeper than anybody writes.
                    0 => {
                        let mut deep = Value::Null;
                        for _ in 0..rng.u32(1..120) {
                            deep = if rng.bool() { json!([deep]) } else { json!({ "all": deep }) };
                        }
                        deep
                    }
                    _ => self.any(rng, 3),
                }
            }
        }
    }
}

fn number(rng: &mut Rng) -> Value {
    match rng.u32(0..3) {
        0 => Value::from(rng.i64(..)),
        1 => Value::from(rng.u64(..)),
        _ => Number::from_f64(*rng.choice(&NUMBERS).unwrap()).map_or(Value::Null, Value::Number),
    }
}

/// A text for a path or a query: encoded, or as nobody should write it.
fn encoded(rng: &mut Rng) -> String {
    let text = rng.choice(TEXTS).unwrap();
    if rng.u32(0..10) == 0 {
        return text.chars().filter(|c| c.is_ascii_graphic()).collect();
    }
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Damages bytes: flips, cuts, repeats, inserts.
fn damage(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.u32(1..4) {
        let at = rng.usize(0..=bytes.len());
        match rng.u32(0..7) {
            0 | 1 if at < bytes.len() => bytes[at] ^= 1 << rng.u32(0..8),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..(at + rng.usize(0..16)).min(bytes.len()))),
            4 => {
                let some: Vec<u8> = (0..rng.usize(0..16)).map(|_| rng.u8(..)).collect();
                bytes.splice(at..at, some);
            }
            5 => {
                let end = (at + rng.usize(0..64)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let extremes: [&[u8]; 7] = [
                    b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                    b"\0",
                    b"\xff",
                    b"-",
                    b"e999",
                    b"\"",
                    b"\xed\xa0\x80",
                ];
                bytes.splice(at..at, rng.choice(extremes).unwrap().iter().copied());
            }
        }
    }
}

/// No request at all.
fn raw(rng: &mut Rng) -> Case {
    let mut body = match rng.u32(0..5) {
        0 => (0..rng.usize(0..500)).map(|_| rng.u8(..)).collect(),
        1 => b"POST /v1/batch HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!"
            .to_vec(),
        2 => b"POST /v1/batch HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nx"
            .to_vec(),
        3 => b"POST /v1/batch HTTP/1.1\r\nhost: a\r\ncontent-length: 999\r\n\r\n{\"site\"".to_vec(),
        _ => b"GET /health HTTP/1.1\r\nhost: a\r\nx: \r\n y\r\n\r\nGET /health HTTP/1.0\r\n\r\n".to_vec(),
    };
    if rng.bool() {
        damage(rng, &mut body);
    }
    let request = Request {
        method: "RAW".to_owned(),
        target: String::new(),
        headers: Vec::new(),
        body,
        framing: Framing::Raw,
    };
    Case { route: "no request".to_owned(), request }
}
