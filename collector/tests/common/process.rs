//! The real binary.

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
        // What is left of a killed process must mislead nobody; a fresh file says that this one is ready.
        let before = std::fs::read(dir.join("server.json")).ok();
        let child = Command::new(env!("CARGO_BIN_EXE_attune"))
            .args(["serve", "--listen", "127.0.0.1:0", "--free-mib", "0", "--data"])
            .arg(dir)
            .env("ATTUNE_ADMIN_PASSWORD", "correct horse")
            .env("ATTUNE_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
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

    pub async fn call(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let client = reqwest::Client::new();
        let mut request = client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap().json().await.unwrap()
    }
}

/// The time.
pub fn now_ms() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64
}
