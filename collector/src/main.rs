//! `attune`: reads the command line, calls [`attune_collector`].

use attune_collector::cli::Cli;
use clap::Parser;

fn main() -> anyhow::Result<()> {
    attune_collector::cli::main(Cli::parse())
}
