//! `cargo xtask test`: installs what it needs, runs every layer, ends with the count of all tests.

use crate::built::{Built, WORKSPACE};
use crate::postgres::Postgres;
use crate::run::{cargo, command, output, root, run};
use crate::schemathesis::{self, Effort};
use crate::web::{Part, Web};
use crate::{check, engine, models, npm, size, slow, statistics};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Files of tests that need a PostgreSQL server, or run on one as well: folder and name.
const ON_POSTGRES: [(&str, &str); 2] = [("control", "control"), ("collector", "several")];

/// Run every test.
#[derive(clap::Args)]
pub(crate) struct Test {
    /// Leave out formatting, lints and documentation.
    #[arg(long)]
    no_check: bool,
    /// Use the browser's parts as they are in target/web.
    #[arg(long)]
    no_web: bool,
}

/// Drawn decisions that native and Wasm builds are compared on; `cargo xtask prove` takes millions.
const DRAWN: u64 = 20_000;

/// Passed, failed, skipped.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Count {
    /// # Errors
    /// If a test failed.
    pub(crate) fn must_pass(self) -> Result<()> {
        if self.failed > 0 {
            bail!("{} of {} failed", self.failed, self.failed + self.passed)
        } else {
            Ok(())
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Test {
    pub(crate) fn run(self) -> Result<()> {
        npm::install()?;
        programs()?;
        engine::install()?;
        let mut count = Count::default();
        if !self.no_web {
            Web { dev: false, part: Part::All }.run()?;
        }
        let built = Built::new(WORKSPACE).context("the tests were not built")?;
        let attune = built.program("attune")?;
        layer(&mut count, "rust", || rust(&built))?;
        layer(&mut count, "several collectors on PostgreSQL", || postgres(&built))?;
        layer(&mut count, "requests made from the description", || described(attune))?;
        layer(&mut count, "statistics beside scipy and statsmodels", || one(statistics::check(attune)))?;
        layer(&mut count, "slow clients", || slow_clients(attune))?;
        layer(&mut count, "models beside their libraries", || imported(attune))?;
        layer(&mut count, "decision specification in Wasm", || wasm(&built, DRAWN))?;
        layer(&mut count, "example sites", || node("examples/", attune))?;
        layer(&mut count, "other products' clients", || node("tests/switch/", attune))?;
        layer(&mut count, "template for Google Tag Manager", || node("tests/gtm/", attune))?;
        layer(&mut count, "integration guide", || node("tests/docs/", attune))?;
        layer(&mut count, "browser", || playwright(attune))?;
        if !self.no_check {
            layer(&mut count, "checks", || one(check::run_all()))?;
            layer(&mut count, "sizes", || one(size::check_growth()))?;
        }
        println!("{} passed, {} failed, {} skipped", count.passed, count.failed, count.skipped);
        if count.failed > 0 {
            std::process::exit(1);
        }
        Ok(())
    }
}

/// Runs one layer and adds its count; a layer that cannot run is an error, not a skip.
fn layer(count: &mut Count, name: &str, work: impl FnOnce() -> Result<Count>) -> Result<()> {
    println!("\n== {name}");
    let began = Instant::now();
    let part = work().with_context(|| format!("{name} did not run"))?;
    let seconds = began.elapsed().as_secs();
    println!(
        "== {name}: {} passed, {} failed, {} skipped in {seconds} s",
        part.passed, part.failed, part.skipped
    );
    count.add(part);
    Ok(())
}

/// A step that passes or fails as a whole.
fn one(result: Result<()>) -> Result<Count> {
    Ok(match result {
        Ok(()) => Count { passed: 1, ..Count::default() },
        Err(error) => {
            println!("!! {error:#}");
            Count { failed: 1, ..Count::default() }
        }
    })
}

/// All Rust tests; the harness's summary lines are counted.
fn rust(built: &Built) -> Result<Count> {
    let mut count = tested(cargo().arg("test").args(WORKSPACE).arg("--no-fail-fast"))?;
    // What is ignored here and runs, or is counted as skipped, in the layer on PostgreSQL; anything else stays skipped.
    let elsewhere = on_postgres(built)?.iter().map(|(_, ignored)| ignored).sum();
    count.skipped = count.skipped.checked_sub(elsewhere).context("tests on PostgreSQL were not there")?;
    // By itself, so that its crates keep the features they have in the browser.
    count.add(tested(cargo().args(["test", "--package", "attune-sdk-wasm", "--no-fail-fast"]))?);
    Ok(count)
}

/// The tests of [`ON_POSTGRES`], and how many of each file are ignored unless there is a server.
fn on_postgres(built: &Built) -> Result<Vec<(Command, u64)>> {
    let mut files = Vec::new();
    for (folder, name) in ON_POSTGRES {
        let list = output(built.test(folder, name)?.args(["--list", "--ignored", "--format=terse"]))?;
        let ignored = list.lines().filter(|line| line.ends_with(": test")).count() as u64;
        files.push((built.test(folder, name)?, ignored));
    }
    Ok(files)
}

/// The control store's tests again, on a server, and several collectors that share it.
fn postgres(built: &Built) -> Result<Count> {
    let files = on_postgres(built)?;
    let Some(server) = Postgres::start()? else {
        println!("!! SKIPPED: no PostgreSQL here; `apt-get install postgresql` brings one");
        return Ok(Count { skipped: files.iter().map(|(_, ignored)| ignored).sum(), ..Count::default() });
    };
    let mut count = Count::default();
    for (mut test, _) in files {
        count.add(tested(test.arg("--include-ignored").env("ATTUNE_TEST_POSTGRES", server.url()))?);
    }
    Ok(count)
}

/// What the served description promises, a little of everything; `cargo xtask prove` asks for more.
fn described(attune: &Path) -> Result<Count> {
    skipped_or(
        schemathesis::check(attune, Effort { examples: 8, seconds: 80 }),
        "no Python, or no way to PyPI, for schemathesis",
    )
}

fn slow_clients(attune: &Path) -> Result<Count> {
    skipped_or(slow::check(attune, 8), "no slowhttptest here; `apt-get install slowhttptest` brings it")
}

/// Models of other libraries, imported and scored.
fn imported(attune: &Path) -> Result<Count> {
    skipped_or(models::check(attune), "no Python, or no way to PyPI, for LightGBM, XGBoost and scikit-learn")
}

/// Passed or failed as a whole, or loudly left out.
fn skipped_or(checked: Result<Option<()>>, why: &str) -> Result<Count> {
    let done = match checked {
        Ok(Some(())) => Ok(()),
        Ok(None) => {
            println!("!! SKIPPED: {why}");
            return Ok(Count { skipped: 1, ..Count::default() });
        }
        Err(error) => Err(error),
    };
    one(done)
}

/// Runs tests of the standard harness, or cargo with several files of them. An end without a result, as by a signal, is
/// a failure, too.
fn tested(command: &mut Command) -> Result<Count> {
    let (text, succeeded) = captured(command)?;
    let mut count = summaries(&text)?;
    if !succeeded && count.failed == 0 {
        println!("!! ended with an error, though no test says that it failed");
        count.failed = 1;
    }
    Ok(count)
}

fn summaries(text: &str) -> Result<Count> {
    let mut count = Count::default();
    let mut seen = false;
    for line in text.lines().filter(|line| line.starts_with("test result:")) {
        seen = true;
        let number = |what: &str| -> u64 {
            let before = line.split(what).next().unwrap_or_default();
            before.split_whitespace().next_back().and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        count.add(Count {
            passed: number(" passed"),
            failed: number(" failed"),
            skipped: number(" ignored"),
        });
    }
    if !seen {
        bail!("no test was run: see the compiler's errors above");
    }
    Ok(count)
}

/// The specification and `cases` drawn decisions, natively and in the very Wasm that pages load.
pub(crate) fn wasm(built: &Built, cases: u64) -> Result<Count> {
    let vectors = output(Command::new(built.program("spec-vectors")?).current_dir(root()))?;
    fs::write(root().join("target/spec-vectors.json"), vectors)?;
    let (shoppers, vectors) = (root().join(models::DECIDED), root().join("target/shoppers-vectors.json"));
    if shoppers.exists() {
        fs::write(vectors, output(Command::new(built.program("spec-vectors")?).arg(shoppers))?)?;
    } else if vectors.exists() {
        fs::remove_file(vectors)?;
    }
    let (drawn, cases) = (built.program("differential")?, cases.to_string());
    node_with("tests/wasm/", &[("ATTUNE_DIFFERENTIAL", drawn.as_os_str()), ("ATTUNE_CASES", cases.as_ref())])
}

/// Node's own test runner over a folder; its closing lines are counted.
fn node(folder: &str, attune: &Path) -> Result<Count> {
    node_with(folder, &[("ATTUNE_BINARY", attune.as_os_str())])
}

fn node_with(folder: &str, environment: &[(&str, &OsStr)]) -> Result<Count> {
    let tests = &["--test-reporter=tap", "--test", folder];
    let (text, _) = captured(command("node").args(tests).envs(environment.iter().copied()))?;
    let number = |what: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("# {what} ")));
        line.and_then(|n| n.trim().parse().ok()).unwrap_or(0)
    };
    let count = Count {
        passed: number("pass"),
        failed: number("fail") + number("cancelled"),
        skipped: number("skipped") + number("todo"),
    };
    if count.passed + count.failed == 0 {
        bail!("no test was run");
    }
    Ok(count)
}

fn playwright(attune: &Path) -> Result<Count> {
    let report = root().join("target/e2e.json");
    if report.exists() {
        fs::remove_file(&report)?;
    }
    // A failing test makes it exit with 1: the report says which.
    let ran = run(npm::tool("playwright")
        .args(["test", "--config", "tests/e2e/playwright.config.mjs"])
        .env("ATTUNE_BINARY", attune));
    let text = fs::read_to_string(&report).with_context(|| format!("no report: {ran:?}"))?;
    let stats: Value = serde_json::from_str(&text)?;
    let number = |what: &str| stats["stats"][what].as_u64().unwrap_or(0);
    let count = Count {
        passed: number("expected") + number("flaky"),
        failed: number("unexpected") + stats["errors"].as_array().map_or(0, |errors| errors.len() as u64),
        skipped: number("skipped"),
    };
    if count.passed + count.failed == 0 {
        bail!("no browser test was run");
    }
    Ok(count)
}

/// Runs, shows what it prints as it comes, and returns it, and whether it succeeded.
fn captured(command: &mut Command) -> Result<(String, bool)> {
    use std::io::{BufRead, BufReader};
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().context("cannot start")?;
    let mut text = String::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if !is_noise(&line) {
                println!("{line}");
            }
            text.push_str(&line);
            text.push('\n');
        }
    }
    Ok((text, child.wait()?.success()))
}

/// What passed, and the harnesses' own punctuation.
fn is_noise(line: &str) -> bool {
    let text = line.trim();
    let starts = ["ok ", "# Subtest", "---", "...", "duration_ms", "type:"];
    text.is_empty() || text.ends_with("... ok") || starts.iter().any(|start| text.starts_with(start))
}

/// Debian's Chromium, and beside it Firefox ESR and slowhttptest, without which a layer is skipped; installed if this is
/// root on a machine with apt.
fn programs() -> Result<()> {
    let chromium = std::env::var("ATTUNE_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let missing = |path: &str| !Path::new(path).exists();
    let others: Vec<&str> = ["firefox-esr", "slowhttptest"]
        .into_iter()
        .filter(|name| missing(&format!("/usr/bin/{name}")))
        .collect();
    if others.is_empty() && !missing(&chromium) {
        return Ok(());
    }
    println!("installing programs with apt-get");
    let sudo = output(command("id").arg("-u"))?.trim() != "0";
    let apt = |arguments: &[&str]| {
        let mut install = if sudo { command("sudo") } else { command("apt-get") };
        if sudo {
            install.arg("apt-get");
        }
        run(install.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install =
        |packages: &[&str]| apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat());
    let updated = apt(&["update", "-qq"]);
    for name in others {
        if updated.is_err() || install(&[name]).is_err() {
            println!("!! {name} could not be installed: WHAT NEEDS IT IS NOT TESTED");
        }
    }
    if !missing(&chromium) {
        return Ok(());
    }
    updated?;
    install(&["chromium", "fonts-noto-cjk"])
        .context("set ATTUNE_CHROMIUM to a Chromium if apt-get cannot install one")
}
