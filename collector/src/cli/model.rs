//! `attune model`: other libraries' models as the engine scores them. No server is asked.

use super::output;
use crate::model::quantise::{Loss, quantise};
use crate::model::{Summary, ease, json, lightgbm, onnx, rows, xgboost};
use anyhow::{Context, bail};
use attune_engine::model::{margin, score};
use attune_schema::model::Model;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Import, train, score and describe models.
#[derive(Debug, Args)]
pub struct ModelArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Turn another library's model into one that the engine scores.
    Import(ImportArgs),
    /// Train a model from a file of visits.
    Train(TrainArgs),
    /// Score rows: one number a line.
    Score(ScoreArgs),
    /// Say what a model is.
    Inspect(InspectArgs),
}

/// Whose model it is.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// LightGBM's text: `booster.save_model("model.txt")`.
    Lightgbm,
    /// XGBoost's JSON: `booster.save_model("model.json")`.
    Xgboost,
    /// scikit-learn's, by `skl2onnx`.
    Onnx,
    /// One's own: see docs/models.md.
    Json,
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// Whose model it is.
    #[arg(long)]
    format: Format,
    /// The model.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write what the engine scores.
    #[arg(long, value_name = "MODEL")]
    out: PathBuf,
    /// Names of the features, in order; for files that have none.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// Round leaves and thresholds to 16 bits: smaller, and no longer exact. Says what that costs on `--sample`.
    #[arg(long, requires = "sample")]
    quantise: bool,
    /// Rows to compare the rounded model on.
    #[arg(long, value_name = "ROWS.csv")]
    sample: Option<PathBuf>,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct TrainArgs {
    /// What to train.
    #[arg(value_enum)]
    what: Trained,
    /// CSV with a row for each item of each visitor.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write the model.
    #[arg(long, value_name = "MODEL")]
    out: PathBuf,
    /// Column that says who.
    #[arg(long, value_name = "COLUMN", default_value = "visitor")]
    visitor: String,
    /// Column that says what.
    #[arg(long, value_name = "COLUMN", default_value = "item")]
    item: String,
    /// Strength of regularisation.
    #[arg(long, default_value_t = ease::Settings::default().lambda)]
    lambda: f64,
    /// Entries kept for each item.
    #[arg(long, default_value_t = ease::Settings::default().neighbours)]
    neighbours: usize,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// What can be trained.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Trained {
    /// Items beside items: EASE, cut to the heaviest entries, eight bits each.
    ItemToItem,
}

#[derive(Debug, Args)]
struct ScoreArgs {
    /// The model.
    #[arg(long, value_name = "MODEL")]
    model: PathBuf,
    /// Rows; the header names the features, an empty field or `nan` is missing.
    #[arg(long, value_name = "ROWS.csv")]
    csv: PathBuf,
    /// The sum before the link: log odds, where the score is a probability.
    #[arg(long)]
    raw: bool,
}

#[derive(Debug, Args)]
struct InspectArgs {
    /// The model.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// What an import made.
#[derive(Debug, Serialize)]
struct Imported {
    #[serde(flatten)]
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    loss: Option<Loss>,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read or is not what it should be.
pub fn run(args: ModelArgs) -> anyhow::Result<()> {
    match args.what {
        What::Import(args) => import(args),
        What::Train(args) => train(&args),
        What::Score(args) => score_rows(&args),
        What::Inspect(args) => {
            print(Imported { summary: Summary::of(&open(&args.model)?)?, loss: None }, args.json)
        }
    }
}

fn import(args: ImportArgs) -> anyhow::Result<()> {
    let shown = args.file.display().to_string();
    let bytes = std::fs::read(&args.file).with_context(|| shown.clone())?;
    let model = match args.format {
        Format::Lightgbm => lightgbm::read(std::str::from_utf8(&bytes).context("not text")?),
        Format::Xgboost => xgboost::read(&bytes),
        Format::Onnx => onnx::read(&bytes, args.features.clone()),
        Format::Json => json::read(&bytes),
    };
    let mut model = model.with_context(|| shown)?;
    if let (Some(names), Format::Lightgbm | Format::Xgboost | Format::Json) = (args.features, args.format) {
        if names.len() != model.features.len() {
            bail!("{} names for {} features", names.len(), model.features.len());
        }
        for (feature, name) in model.features.iter_mut().zip(names) {
            feature.name = name;
        }
    }
    let mut loss = None;
    if let (true, Some(sample)) = (args.quantise, &args.sample) {
        let (lossy, cost) = quantise(&model, &rows::read(&model, sample)?.0)?;
        (model, loss) = (lossy, Some(cost));
    }
    keep(&model, &args.out)?;
    print(Imported { summary: Summary::of(&model)?, loss }, args.json)
}

fn train(args: &TrainArgs) -> anyhow::Result<()> {
    let Trained::ItemToItem = args.what;
    let settings = ease::Settings { lambda: args.lambda, neighbours: args.neighbours };
    let visits = ease::read(&args.file, &args.visitor, &args.item)?;
    let model = ease::train(&visits, settings)?;
    keep(&model, &args.out)?;
    print(Imported { summary: Summary::of(&model)?, loss: None }, args.json)
}

fn score_rows(args: &ScoreArgs) -> anyhow::Result<()> {
    let model = open(&args.model)?;
    if model.kind.is_of_items() {
        bail!("{}: a model of items scores a history, not rows", args.model.display());
    }
    let (rows, by_position) = rows::read(&model, &args.csv)?;
    if by_position {
        output::notice("no column has the name of a feature: columns are taken in their order");
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for mut row in rows {
        let value = if args.raw { margin(&model, &mut row) } else { score(&model, &mut row) };
        writeln!(out, "{value}")?;
    }
    Ok(out.flush()?)
}

/// Reads a model that [`import`] or [`train`] wrote.
fn open(path: &Path) -> anyhow::Result<Model> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    Model::from_bytes(&bytes)
        .ok()
        .with_context(|| format!("{} is not a model of this version", path.display()))
}

fn keep(model: &Model, path: &Path) -> anyhow::Result<()> {
    let bytes = model.to_bytes();
    if Model::from_bytes(&bytes).is_err() {
        bail!("the model is beyond what its compact form holds");
    }
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

fn print(imported: Imported, json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(&imported);
    }
    let summary = &imported.summary;
    let mut line = summary.kind.to_owned();
    if let Some(link) = summary.link {
        line += &format!(", {link}");
    }
    if let (Some(trees), Some(leaves)) = (summary.trees, summary.leaves) {
        line += &format!(", {trees} trees with {leaves} leaves");
    }
    if let Some(items) = summary.items {
        line += &format!(", {items} items");
    }
    output::line(&line)?;
    if !summary.features.is_empty() {
        output::line(&format!("features: {}", summary.features.join(", ")))?;
    }
    output::line(&format!("{} bytes, {} compressed", summary.bytes, summary.brotli_bytes))?;
    match imported.loss {
        Some(loss) => output::line(&format!(
            "rounded: scores of {} rows differ by {:.2e} at most, {:.2e} on average; {:.4} % of pairs change their order",
            loss.rows,
            loss.greatest_error,
            loss.mean_error,
            loss.ranking_loss * 100.0
        )),
        None => Ok(()),
    }
}
