//! Build, run, test, measure: `cargo xtask <command>`. One file a command.
#![expect(clippy::print_stdout, reason = "a command line tool talks on standard output")]

mod arrows;
mod bare;
mod bench;
mod bench_sdk;
mod build;
mod built;
mod check;
mod compress;
mod demo;
mod engine;
mod models;
mod npm;
mod postgres;
mod prove;
mod run;
mod schemathesis;
mod serve;
mod size;
mod slow;
mod statistics;
mod test;
mod wasm;
mod web;

use clap::{Parser, Subcommand};

/// Build, run, test, measure.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build and run the whole stack on loopback, with a bank to try it on.
    Demo(demo::Demo),
    /// Install what tests need and run every layer.
    Test(test::Test),
    /// The long proofs, in full.
    Prove(prove::Prove),
    /// Measure the collector beside a bare handler.
    Bench(bench::Bench),
    /// Fetch the embedded ClickHouse engine.
    Engine,
    /// Build the browser's parts into target/web.
    Web(web::Web),
    /// Build the browser's parts, then the release binary target/release/attune.
    Build,
    /// Compressed sizes of the browser's parts, against their budgets.
    Size(size::Size),
    /// Formatting, lints, documentation, dependency arrows, licences.
    Check,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Demo(demo) => demo.run(),
        Command::Test(test) => test.run(),
        Command::Prove(prove) => prove.run(),
        Command::Bench(bench) => bench.run(),
        Command::Engine => engine::install(),
        Command::Web(web) => web.run(),
        Command::Build => build::run_all(),
        Command::Size(size) => size.run(),
        Command::Check => check::run_all(),
    }
}
