//! Build, size, checks: `cargo xtask <command>`. One file a command.
#![expect(clippy::print_stdout, reason = "a command line tool talks on standard output")]

mod arrows;
mod build;
mod check;
mod compress;
mod npm;
mod run;
mod size;
mod wasm;
mod web;

use clap::{Parser, Subcommand};

/// Build, size, checks.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
        Command::Web(web) => web.run(),
        Command::Build => build::run_all(),
        Command::Size(size) => size.run(),
        Command::Check => check::run_all(),
    }
}
