//! The collector on an empty folder, for tools that attack it from outside.

use crate::run::{output, run};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `attune serve` with a site called `bank`; ends with its folder when dropped.
pub(crate) struct Server {
    child: Child,
    /// A folder that goes with it.
    pub(crate) dir: PathBuf,
    /// `127.0.0.1:port`.
    pub(crate) address: String,
    /// The command line's key.
    pub(crate) token: String,
    /// The site's public key.
    pub(crate) site: String,
    /// Id and secret of a server key of the site.
    pub(crate) server_key: (String, String),
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
        let _gone = fs::remove_dir_all(&self.dir);
    }
}

impl Server {
    /// Starts `attune`, the program at that path; the warehouse answers when this returns.
    pub(crate) fn start(attune: &Path, name: &str) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("attune-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir)?;
        let data = dir.join("data");
        let child = Command::new(attune)
            .args(["serve", "--listen", "127.0.0.1:0", "--free-mib", "0", "--data"])
            .arg(&data)
            .env_remove("CLICKHOUSE_URL")
            .env("ATTUNE_LOG", "off")
            .env("ATTUNE_ADMIN_PASSWORD", "only for this run")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start attune")?;
        let mut server = Self {
            child,
            dir,
            address: String::new(),
            token: String::new(),
            site: String::new(),
            server_key: Default::default(),
        };
        let contact = data.join("server.json");
        let end = Instant::now() + Duration::from_secs(30);
        while !contact.exists() {
            if server.child.try_wait()?.is_some() || Instant::now() > end {
                bail!("attune did not start");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let made = |arguments: &[&str]| -> Result<Value> {
            let made = output(Command::new(attune).args(arguments).args(["--json", "--data"]).arg(&data))?;
            Ok(serde_json::from_str(made.lines().last().unwrap_or_default())?)
        };
        let site = made(&["site", "add", "bank"])?;
        let key = made(&["site", "server-key", "add", "bank", "--label", "attacked"])?;
        // A question opens the engine.
        let question = server.dir.join("question.json");
        fs::write(&question, r#"{"interval":"day"}"#)?;
        run(Command::new(attune)
            .args(["query", "trend", "--site", "bank", "--file"])
            .arg(&question)
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::null()))?;
        let contact: Value = serde_json::from_str(&fs::read_to_string(contact)?)?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("attune did not say");
        (server.address, server.token) = (text(&contact["address"])?, text(&contact["token"])?);
        (server.site, server.server_key) =
            (text(&site["key"])?, (text(&key["key"]["id"])?, text(&key["secret"])?));
        Ok(server)
    }
}
