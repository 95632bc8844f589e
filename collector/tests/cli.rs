//! The command line finds a running server, or is one for as long as it runs.

use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn attune(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attune"));
    command.args(args).arg("--data").arg(dir).env("ATTUNE_LOG", "error").env_remove("ATTUNE_ADMIN_PASSWORD");
    command
}

fn run(dir: &Path, args: &[&str]) -> Output {
    attune(dir, args).output().unwrap()
}

/// The last line of standard output, as JSON.
fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_str(std::str::from_utf8(&output.stdout).unwrap().lines().last().unwrap()).unwrap()
}

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // Already ended is fine too.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn serve(dir: &Path) -> Serving {
    let mut command = attune(dir, &["serve", "--listen", "127.0.0.1:0"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while !dir.join("server.json").exists() {
        assert!(started.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    Serving(child)
}

#[test]
fn sites_are_added_with_and_without_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let first = json(&run(dir, &["site", "add", "bank", "--json"]));
    assert_eq!(first["site"], "bank");
    assert!(first["key"].as_str().unwrap().starts_with("pk_"));
    assert!(!dir.join("server.json").exists(), "its own server is gone");

    let nobody = run(dir, &["health"]);
    assert!(!nobody.status.success());
    assert!(String::from_utf8(nobody.stderr).unwrap().contains("no server runs on"));
    let serving = serve(dir);
    assert_eq!(json(&run(dir, &["health", "--json"]))["log_bytes"], 256);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&dir.join("server.json").metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    json(&run(dir, &["site", "add", "shop", "--json"]));
    let again = run(dir, &["site", "add", "shop", "--json"]);
    assert!(!again.status.success());
    assert!(again.stdout.is_empty());
    assert!(String::from_utf8(again.stderr).unwrap().contains("`shop` already exists"));
    let second = run(dir, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(String::from_utf8(second.stderr).unwrap().contains("in use"), "one process at a time");

    assert_eq!(json(&run(dir, &["site", "pause", "bank", "--json"]))["paused"], true);
    assert_eq!(json(&run(dir, &["site", "resume", "bank", "--json"]))["paused"], false);
    assert_ne!(json(&run(dir, &["site", "rotate-key", "bank", "--json"]))["key"], first["key"]);
    assert!(!run(dir, &["site", "origins", "bank", "--origin", "bank.test"]).status.success());
    json(&run(dir, &["site", "origins", "bank", "--origin", "https://bank.test", "--json"]));

    // Killed: its server.json stays behind and misleads nobody.
    drop(serving);
    assert!(dir.join("server.json").exists());
    let sites = json(&run(dir, &["site", "list", "--json"]));
    let names: Vec<&str> =
        sites.as_array().unwrap().iter().map(|site| site["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["bank", "shop"]);
}

#[test]
fn accounts_are_managed_here_and_a_term_signal_ends_the_server_well() {
    use std::io::{Read, Write};
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut serving = serve(dir);
    let with_stdin = |args: &[&str], password: &str| {
        let mut child = attune(dir, args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    assert!(with_stdin(&["user", "add", "kim", "--password-stdin"], "correct horse\n").status.success());
    assert!(!with_stdin(&["user", "passwd", "kim", "--password-stdin"], "short").status.success());
    assert!(with_stdin(&["user", "passwd", "kim", "--password-stdin"], "another horse").status.success());
    let users = json(&run(dir, &["user", "list", "--json"]));
    assert_eq!(users.as_array().unwrap().len(), 2, "admin and kim");

    let id = serving.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(serving.0.wait().unwrap().success());
    assert!(!dir.join("server.json").exists());
    let mut said = String::new();
    serving.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("first account: user `admin`, password `"), "{said}");
}
