//! The real binary.

use attune_schema::api::Ledger;
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `attune serve` on a data folder; killed when dropped.
pub struct Attune {
    child: Child,
    pub base: String,
    token: String,
}

impl Drop for Attune {
    fn drop(&mut self) {
        // It may have been killed already.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Attune {
    pub async fn start(dir: &Path) -> Self {
        Self::start_with(dir, |_| {}).await
    }

    /// [`Attune::start`] with more options or variables.
    pub async fn start_with(dir: &Path, change: impl FnOnce(&mut Command)) -> Self {
        // What is left of a killed process must mislead nobody; a fresh file says that this one is ready.
        let before = std::fs::read(dir.join("server.json")).ok();
        let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--free-mib", "0", "--data"])
            .arg(dir)
            .env_remove("CLICKHOUSE_URL")
            .env("ATTUNE_ADMIN_PASSWORD", "correct horse")
            .env("ATTUNE_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        change(&mut command);
        let child = command.spawn().unwrap();
        let started = Instant::now();
        loop {
            assert!(started.elapsed() < Duration::from_secs(60), "did not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
            let Some(contact) =
                std::fs::read(dir.join("server.json")).ok().filter(|now| Some(now) != before.as_ref())
            else {
                continue;
            };
            let contact: Value = serde_json::from_slice(&contact).unwrap();
            let base = format!("http://{}", contact["address"].as_str().unwrap());
            return Self { child, base, token: contact["token"].as_str().unwrap().to_owned() };
        }
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// Memory in use, in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Memory in use without the program itself, which is several times as large in a build for tests, in KiB.
    pub fn own_kib(&self) -> u64 {
        self.status("RssAnon:")
    }

    /// Most memory that was ever in use, in KiB.
    pub fn peak_kib(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// The command line's key.
    pub fn token(&self) -> &str {
        &self.token
    }

    pub async fn call(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let client = reqwest::Client::new();
        let mut request = client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Waits until everything is in the store, which takes a while where much is waiting; what the server then says of it.
    pub async fn flush(&self) -> Ledger {
        for _ in 0..60 {
            let answer = self.call(reqwest::Method::POST, "/api/flush", None).await;
            if answer["code"] != "flush_timeout" {
                assert!(answer["received"].is_u64(), "{answer}");
                let ledger: Ledger = serde_json::from_value(answer).unwrap();
                assert!(ledger.balanced(), "{ledger:?}");
                return ledger;
            }
        }
        panic!("events are still waiting after an hour");
    }
}

/// The time.
pub fn now_ms() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64
}
