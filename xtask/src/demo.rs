//! `cargo xtask demo`: the whole stack on loopback, with a bank to try it on.

use crate::run::{cargo, command, root, run};
use crate::web::{Part, Web};
use crate::{engine, npm};
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const SITE: &str = "bank";
/// How long a part may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Build and run everything; Ctrl-C stops it.
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// First of three ports: collector and console, demo bank, static site.
    #[arg(long, default_value_t = 7400)]
    port: u16,
    /// Where the demo keeps its data.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Start with nothing.
    #[arg(long)]
    fresh: bool,
    /// Use what is built already.
    #[arg(long)]
    no_build: bool,
}

/// Children that end with us, whatever happens.
struct Children(Vec<(&'static str, Child)>);

impl Children {
    fn spawn(&mut self, name: &'static str, command: &mut Command) -> Result<()> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot start {name}"))?;
        self.0.push((name, child));
        Ok(())
    }

    /// The first child that ended by itself.
    fn ended(&mut self) -> Result<Option<&'static str>> {
        for (name, child) in &mut self.0 {
            if child.try_wait()?.is_some() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    fn stop(&mut self) {
        for (_, child) in self.0.iter_mut().rev() {
            if !matches!(child.try_wait(), Ok(Some(_))) {
                let ended = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
                if ended.is_err() && child.kill().is_err() {
                    continue;
                }
            }
            let asked = Instant::now();
            while asked.elapsed() < Duration::from_secs(15) && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Demo {
    pub(crate) fn run(self) -> Result<()> {
        let signals = signals()?;
        npm::install()?;
        engine::install()?;
        if !self.no_build {
            Web { dev: false, part: Part::All }.run()?;
            run(cargo().args(["build", "--package", "attune-collector"]))?;
        }
        let [collector, bank, other] = [self.port, self.port + 1, self.port + 2];
        for port in [collector, bank, other] {
            TcpListener::bind(("127.0.0.1", port))
                .with_context(|| format!("port {port} is taken: choose others with --port"))?;
        }
        let data = self.data.clone().unwrap_or_else(|| root().join("target/demo"));
        if self.fresh && data.exists() {
            fs::remove_dir_all(&data).with_context(|| data.display().to_string())?;
        }
        fs::create_dir_all(&data)?;
        let password = password(&data.join("password"))?;
        let binary = root().join("target/debug/attune");
        let url = format!("http://127.0.0.1:{collector}");

        let mut children = Children(Vec::new());
        children.spawn(
            "attune",
            Command::new(&binary)
                .args(["serve", "--listen", &format!("127.0.0.1:{collector}"), "--data"])
                .arg(data.join("attune"))
                .env("ATTUNE_ADMIN_PASSWORD", &password),
        )?;
        wait_for(&mut children, collector, &signals)?;
        let (key, fresh) = site_key(&binary, &data.join("attune"))?;
        run(command("node")
            .args(["examples/bank-cards/seed.mjs", "--url", &url, "--site", SITE])
            .env("ATTUNE_ADMIN_PASSWORD", &password))?;
        if fresh {
            run(command("node").args([
                "examples/bank-cards/history.mjs",
                "--url",
                &url,
                "--site-key",
                &key,
            ]))?;
        }
        for (name, script, port) in [
            ("the demo bank", "examples/bank-cards/server.mjs", bank),
            ("the static site", "examples/static-site/server.mjs", other),
        ] {
            let listen = format!("127.0.0.1:{port}");
            children.spawn(
                name,
                command("node")
                    .args([script, "--listen", &listen, "--collector", &url, "--site-key", &key])
                    .stdout(Stdio::null()),
            )?;
            wait_for(&mut children, port, &signals)?;
        }
        println!();
        println!("  demo bank    http://127.0.0.1:{bank}/");
        println!("  console      {url}/console/      user admin, password {password}");
        println!("  tag          <script async src=\"{url}/tag.js?site={key}\"></script>");
        println!(
            "  another site http://127.0.0.1:{other}/      (its page loads the tag from another origin)"
        );
        println!();
        println!(
            "  Browse travel cards at the bank, then go back to its home page. Ctrl-C stops everything."
        );
        loop {
            if signals.recv_timeout(Duration::from_millis(300)).is_ok() {
                println!("stopping");
                return Ok(());
            }
            if let Some(name) = children.ended()? {
                bail!("{name} ended by itself");
            }
        }
    }
}

/// One message for each Ctrl-C or request to end.
fn signals() -> Result<Receiver<()>> {
    let (sender, receiver) = channel();
    ctrlc::set_handler(move || {
        // The receiver lives until the process ends.
        if sender.send(()).is_err() {
            std::process::exit(130);
        }
    })?;
    Ok(receiver)
}

fn wait_for(children: &mut Children, port: u16, signals: &Receiver<()>) -> Result<()> {
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(name) = children.ended()? {
            bail!("{name} did not start");
        }
        if began.elapsed() > PATIENCE || signals.recv_timeout(Duration::from_millis(100)).is_ok() {
            bail!("nothing answers on port {port}");
        }
    }
    Ok(())
}

/// The site's key, from the list of sites, or of a new site; and whether it is new.
fn site_key(binary: &Path, data: &Path) -> Result<(String, bool)> {
    let ask = |verb: &[&str]| -> Result<serde_json::Value> {
        let output = Command::new(binary).args(verb).arg("--json").arg("--data").arg(data).output()?;
        if !output.status.success() {
            bail!("attune {} failed: {}", verb.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        let text = String::from_utf8(output.stdout)?;
        Ok(serde_json::from_str(text.lines().last().unwrap_or_default())?)
    };
    let sites = ask(&["site", "list"])?;
    let known = sites.as_array().and_then(|list| list.iter().find(|site| site["name"] == SITE)).cloned();
    let fresh = known.is_none();
    let site = known.map_or_else(|| ask(&["site", "add", SITE]), Ok)?;
    Ok((site["key"].as_str().context("the site has no key")?.to_owned(), fresh))
}

/// The password of the demo's account: drawn once, kept beside the data, readable by its owner only.
fn password(path: &Path) -> Result<String> {
    if let Ok(password) = std::env::var("ATTUNE_ADMIN_PASSWORD") {
        return Ok(password);
    }
    if let Ok(known) = fs::read_to_string(path) {
        return Ok(known);
    }
    let mut bytes = [0u8; 12];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let password: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    std::io::Write::write_all(&mut file, password.as_bytes())?;
    Ok(password)
}
