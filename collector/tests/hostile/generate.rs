//! Requests nobody should send, each from its number alone: recorded ones, described ones and compact batches,
//! damaged in their structure and in their bytes.

use crate::doors;
use crate::values::{TEXTS, damage, encoded, gzip};
use crate::wire::{Framing, Request};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fastrand::Rng;
use serde_json::Value;

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
    /// Schemas of the description.
    pub components: Value,
    /// Requests of other products' clients.
    pub recorded: Vec<Value>,
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
        Self { key, token, cookie, now, operations, components, recorded: doors::recorded(), paths, bombs }
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
        let site = if site == "bank" && !harmless { "other".to_owned() } else { site };
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
