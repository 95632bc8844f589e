//! `cargo xtask bench`: figures as ratios within one run.

use crate::bench_sdk::{Lighthouse, Sdk, beside_node};
use crate::run::{cargo, command, root, run};
use anyhow::Result;
use clap::{Args, Subcommand};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What pip installs.
const DUCKDB: &str = "2.0.0";

/// The demo's traffic at the collector, beside a bare handler that parses and drops.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: Option<What>,
    /// Length of a run.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often both are run, in turn.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Events that wait when the collector is started to see how much memory it takes.
    #[arg(long, default_value_t = 10_000_000)]
    backlog: u64,
}

#[derive(Subcommand)]
enum What {
    /// The SDK beside other products'.
    Sdk(Sdk),
    /// Lighthouse's score of the demo bank, with the tag minus without.
    Lighthouse(Lighthouse),
    /// A back-test of a made history, on one core.
    Backtest(Backtest),
    /// Every question beside the raw scan of its columns, and beside `DuckDB` on the same rows.
    Query(Query),
    /// Fifty people who ask at once while 5,000 events a second arrive.
    Crowd(Crowd),
    /// Models in the engine, one thread.
    Models,
    /// Decisions over HTTP, beside a handler that only parses; natively, beside a peer in Node.
    Decide(Decide),
}

#[derive(Args)]
struct Query {
    /// How many events are asked about; 20000000 is what the design was measured with.
    #[arg(long, default_value_t = 2_000_000)]
    events: u64,
    /// Also about a tenth and a hundredth of them, to see what ten times more costs.
    #[arg(long)]
    curve: bool,
}

#[derive(Args)]
struct Crowd {
    /// How many events are stored before.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Length of a run.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

#[derive(Args)]
struct Decide {
    /// Length of a run.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often each is run, in turn.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

/// Runs the program that makes load, beside a collector of a release build.
fn load(arguments: &[&str], rest: &[String]) -> Result<()> {
    run(cargo().args(["build", "--release", "--package", "attune-collector"]))?;
    run(cargo()
        .args(["run", "--release", "--package", "attune-tests", "--bin", "load", "--"])
        .args(arguments)
        .arg(root().join("target/release/attune"))
        .args(rest))
}

#[derive(Args)]
struct Backtest {
    /// How many events are replayed.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
}

impl Backtest {
    fn run(&self) -> Result<()> {
        let folder = root().join("target/bench-backtest");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        run(cargo().args(["build", "--release", "--package", "attune-collector", "--example", "backtest"]))?;
        let program = root().join("target/release/examples/backtest");
        run(Command::new(&program).arg("make").arg(&folder).arg(self.events.to_string()))?;
        // The first only warms; the last line of each says time and memory.
        for source in ["three", "three", "ten"] {
            let mut pinned = command("taskset");
            run(pinned.args(["-c", "0"]).arg(&program).arg("run").arg(&folder).arg(source))?;
        }
        Ok(fs::remove_dir_all(folder)?)
    }
}

impl Query {
    fn run(&self) -> Result<()> {
        let folder = root().join("target/bench-query");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let (rows, report) = (folder.join("events.parquet"), folder.join("report.json"));
        run(cargo()
            .args(["run", "--release", "--package", "attune-warehouse", "--example", "bench", "--"])
            .arg(self.events.to_string())
            .args([&folder, &report])
            .args(if self.curve { &["", "curve"][..] } else { &[] }))?;
        let Some(python) = duckdb()? else {
            println!("!! DuckDB could not be installed: ITS TIMES WERE NOT MEASURED");
            return Ok(());
        };
        run(Command::new(python).arg(root().join("xtask/src/questions.py")).args([rows, report]))?;
        Ok(fs::remove_dir_all(folder)?)
    }
}

/// A Python with `DuckDB`, in a virtual environment of its own; `None` without Python or a way to its packages.
fn duckdb() -> Result<Option<PathBuf>> {
    let folder = root().join("target/duckdb");
    let (python, stamp) = (folder.join("bin/python"), folder.join("version"));
    if fs::read_to_string(&stamp).is_ok_and(|version| version == DUCKDB) {
        return Ok(Some(python));
    }
    let made = command("python3").args(["-m", "venv"]).arg(&folder).stdout(Stdio::null()).status();
    let installed = made.is_ok_and(|status| status.success())
        && Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", &format!("duckdb=={DUCKDB}")])
            .status()
            .is_ok_and(|status| status.success());
    if !installed {
        return Ok(None);
    }
    fs::write(stamp, DUCKDB)?;
    Ok(Some(python))
}

impl Bench {
    pub(crate) fn run(&self) -> Result<()> {
        match &self.what {
            Some(What::Backtest(backtest)) => return backtest.run(),
            Some(What::Query(query)) => return query.run(),
            Some(What::Sdk(sdk)) => return sdk.run(),
            Some(What::Crowd(crowd)) => {
                return load(&["--crowd"], &[crowd.events.to_string(), crowd.seconds.to_string()]);
            }
            Some(What::Lighthouse(lighthouse)) => return lighthouse.run(),
            Some(What::Decide(decide)) => {
                load(&["--decide"], &[decide.seconds.to_string(), decide.rounds.to_string()])?;
                return beside_node();
            }
            Some(What::Models) => {
                return run(cargo().args([
                    "run",
                    "--release",
                    "--package",
                    "attune-tests",
                    "--bin",
                    "bench-models",
                ]));
            }
            None => {}
        }
        load(&[], &[self.seconds.to_string(), self.rounds.to_string(), self.backlog.to_string()])
    }
}
