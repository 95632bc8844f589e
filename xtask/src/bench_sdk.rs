//! `cargo xtask bench sdk`: the SDK beside other products', in the bench that the peers were measured with.

use crate::npm;
use crate::run::{cargo, command, output, root, run};
use crate::web::{Part, Web};
use anyhow::{Context, Result};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the bench is kept, beside the project.
const HARNESS: &str = "../shared/bench/sdk";

/// Weight, load, capture and delivery of the SDK beside other products', in one run of one browser.
#[derive(Args)]
pub(crate) struct Sdk {
    /// Which rows, by name; all unless said. The page without any is always there.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Which sections.
    #[arg(long, value_delimiter = ',', default_values_t = ["capture".to_owned(), "decide".to_owned()])]
    only: Vec<String>,
    /// How often every page is loaded, in turn.
    #[arg(long, default_value_t = 9)]
    rounds: u32,
}

impl Sdk {
    pub(crate) fn run(&self) -> Result<()> {
        let harness = root().join(HARNESS);
        if !harness.exists() {
            println!("!! {HARNESS} is not there: THE SDK WAS NOT MEASURED BESIDE ITS PEERS");
            return Ok(());
        }
        Web { dev: false, part: Part::Sdk }.run()?;
        let vectors =
            output(cargo().args(["run", "--quiet", "--package", "attune-tests", "--bin", "spec-vectors"]))?;
        fs::write(root().join("target/spec-vectors.json"), vectors)?;

        run(cargo().args(["build", "--quiet", "--package", "attune-collector"]))?;
        let folder = installed(&harness)?;
        let mut bench = command("node");
        bench.current_dir(&folder).args([
            "run.mjs",
            "--only",
            &self.only.join(","),
            "--reps",
            &self.rounds.to_string(),
        ]);
        for section in ["capture", "decide"] {
            let row = root().join(format!("tests/bench/sdk/attune.{section}.mjs"));
            bench.arg("--extra").arg(format!("{section}:{}", row.display()));
        }
        bench.arg("--out").arg(root().join("target/bench-sdk.json"));
        if !self.rows.is_empty() {
            bench.args(["--rows", &self.rows.join(",")]);
        }
        run(&mut bench)?;
        if self.only.iter().any(|section| section == "decide") {
            npm::install()?;
            run(command("node").arg(root().join("tests/bench/decide/page.mjs")))?;
        }
        Ok(())
    }
}

/// Decisions a second natively and of a peer in Node, over the same campaigns.
pub(crate) fn beside_node() -> Result<()> {
    let harness = root().join(HARNESS);
    if !harness.exists() {
        println!("!! {HARNESS} is not there: THE ENGINE WAS NOT MEASURED BESIDE ITS PEERS");
        return Ok(());
    }
    installed(&harness)?;
    run(cargo().args(["build", "--release", "--package", "attune-tests", "--bin", "decisions"]))?;
    let program = |name: &str| root().join("target/release").join(name);
    run(command("node")
        .arg(root().join("tests/bench/decide/node.mjs"))
        .args([program("attune"), program("decisions")]))
}

/// The bench with its peers, in a folder of ours.
fn installed(harness: &Path) -> Result<PathBuf> {
    let folder = root().join("target/bench-sdk");
    copy(harness, &folder)?;
    if !folder.join("node_modules").exists() {
        run(command("npm").args(["ci", "--no-audit", "--no-fund", "--prefix"]).arg(&folder))?;
    }
    Ok(folder)
}

/// Lighthouse's performance score of the demo bank with the tag minus without it.
#[derive(Args)]
pub(crate) struct Lighthouse {
    /// How often each page is measured with and without, in turn.
    #[arg(long, default_value_t = 9)]
    pairs: u32,
}

impl Lighthouse {
    /// Prints; an error if the tag costs more than a point.
    pub(crate) fn run(&self) -> Result<()> {
        npm::install()?;
        Web { dev: false, part: Part::Sdk }.run()?;
        run(cargo().args(["build", "--quiet", "--package", "attune-collector"]))?;
        // By itself, because it brings a hundred packages that nothing else needs.
        let folder = root().join("tests/bench/lighthouse");
        run(command("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"])
            .arg(&folder))?;
        run(command("node").arg(folder.join("run.mjs")).args(["--pairs", &self.pairs.to_string()]))
    }
}

/// Copies a folder but for what was installed into it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_name() == "node_modules" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
