//! `attune decide` and `attune verify`: decisions from files, and from receipts.

use super::{bundle, output};
use crate::decide::question::Questions;
use crate::decide::receipt::Receipt;
use crate::decide::{Authority, Deciding, Question};
use crate::receipts::file::{self, Line, each_line, know};
use anyhow::{Context, bail};
use attune_engine::words::{self, Lang};
use clap::Args;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Options of `attune decide`.
#[derive(Debug, Args)]
pub struct DecideArgs {
    /// Bundle to decide by.
    #[arg(long, value_name = "FILE")]
    bundle: PathBuf,
    /// The question, as for `POST /v1/decide`; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Print the answer as JSON, byte for byte as the SDK and the server give it.
    #[arg(long)]
    json: bool,
    /// Tell every step, too.
    #[arg(long)]
    explain: bool,
    /// Language of the steps: `en` or `ko`.
    #[arg(long, default_value = "en")]
    lang: String,
    /// Append a receipt to this file, chained to the last one in it.
    #[arg(long, value_name = "FILE")]
    receipts: Option<PathBuf>,
}

/// Options of `attune verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Receipts, one a line, in the order in which they were written.
    #[arg(long, value_name = "FILE")]
    receipts: PathBuf,
    /// Bundle that decided, where the file of receipts does not hold it; may be given several times.
    #[arg(long = "bundle", value_name = "FILE")]
    bundles: Vec<PathBuf>,
    /// Print one last line of JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs `attune decide`.
///
/// # Errors
/// If a file cannot be read, or the question is not one.
pub fn run(args: &DecideArgs) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Form {
        batch: Option<IgnoredAny>,
    }
    let deciding = bundle::read(&args.bundle)?;
    let text = if args.input == Path::new("-") {
        std::io::read_to_string(std::io::stdin())?
    } else {
        fs::read_to_string(&args.input).with_context(|| args.input.display().to_string())?
    };
    let not = || format!("{} is not a question", args.input.display());
    let form: Form = serde_json::from_str(&text).with_context(not)?;
    let several = form.batch.is_some();
    let questions = if several {
        serde_json::from_str::<Questions>(&text).with_context(not)?.batch
    } else {
        vec![serde_json::from_str(&text).with_context(not)?]
    };
    let mut answers = Vec::new();
    for question in questions {
        answers.push(answer(args, &deciding, question)?);
    }
    match (args.json, several) {
        (true, true) => output::line(&format!("{{\"answers\":[{}]}}", answers.join(","))),
        _ => answers.iter().try_for_each(|answer| output::line(answer)),
    }
}

fn answer(args: &DecideArgs, deciding: &Deciding, mut question: Question) -> anyhow::Result<String> {
    question.check().with_context(|| args.input.display().to_string())?;
    if question.now.is_none() {
        bail!("{}: `now` is missing: decision time in milliseconds since 1970", args.input.display());
    }
    question.explain |= args.explain;
    if question.explain && question.lang.is_empty() {
        question.lang.clone_from(&args.lang);
    }
    let answer = deciding.answer(&question, Authority::Server, &BTreeMap::new())?;
    if let Some(path) = &args.receipts {
        append(path, &question, deciding, &answer)?;
    }
    if args.json {
        return Ok(answer);
    }
    let mut text = String::new();
    for placement in question.wanted() {
        let program = deciding.programs.of(placement);
        let case = question.case(placement, &question.reserved);
        let profile = question.profile()?.unwrap_or_else(|| case.profile(program));
        let mut lines = Vec::new();
        let decision = case.decide_for(program, &profile, &mut lines);
        let shown: Vec<&str> = decision.offers.iter().map(|choice| choice.offer.as_str()).collect();
        let shown = if shown.is_empty() { "default content".to_owned() } else { shown.join(", ") };
        text.push_str(&format!("{placement}: {shown} ({})\n", decision.reason.code()));
        if question.explain {
            for line in &lines {
                text.push_str(&format!("  {}\n", words::sentence(line, Lang::of(&args.lang))));
            }
        }
    }
    Ok(text.trim_end().to_owned())
}

fn append(path: &Path, question: &Question, deciding: &Deciding, answer: &str) -> anyhow::Result<()> {
    let (mut previous, mut bundles) = (String::new(), BTreeSet::new());
    if path.exists() {
        each_line::<io::Error>(path, |_, _, line| {
            if let Line::Receipt(receipt) = line {
                previous = receipt.digest;
                bundles.insert(receipt.bundle);
            }
            Ok(())
        })?;
    }
    let receipt = Receipt::new(question, &deciding.programs, answer, &previous);
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file::append(&mut file, &receipt, &deciding.programs, bundles.contains(&receipt.bundle))?;
    Ok(file.sync_all()?)
}

/// Runs `attune verify`.
///
/// # Errors
/// If a receipt is wrong, after all of them were looked at.
pub fn verify(args: &VerifyArgs) -> anyhow::Result<()> {
    let mut bundles = BTreeMap::new();
    for path in &args.bundles {
        know(&mut bundles, bundle::read(path)?);
    }
    let mut previous = String::new();
    let (mut same, mut erased, mut wrong) = (0u64, 0u64, 0u64);
    let read = each_line::<io::Error>(&args.receipts, |line, _, content| {
        let receipt = match content {
            Line::Bundles(deciding) => {
                know(&mut bundles, *deciding);
                return Ok(());
            }
            Line::Receipt(receipt) => receipt,
        };
        match receipt.verify(&previous, &bundles) {
            Ok(true) => same += 1,
            Ok(false) => erased += 1,
            Err(fault) => {
                wrong += 1;
                output::notice(&format!("{}, line {line}: {fault}", args.receipts.display()));
            }
        }
        previous = receipt.digest;
        Ok(())
    });
    read.with_context(|| args.receipts.display().to_string())?;
    if args.json {
        output::json(&serde_json::json!({ "same": same, "erased": erased, "wrong": wrong }))?;
    } else {
        output::line(&format!("{same} came out the same, {erased} were erased, {wrong} are wrong"))?;
    }
    if wrong > 0 {
        bail!("{wrong} of {} receipts are wrong", same + erased + wrong);
    }
    Ok(())
}
