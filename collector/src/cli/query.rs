//! `attune query`: questions from files, answers as tables or JSON.

use super::attach::Attached;
use super::{CommonArgs, answers, output};
use anyhow::Context;
use attune_schema::api::WatchAlert;
use attune_schema::question::{
    AttributionQuestion, FactsQuestion, FormsQuestion, FunnelQuestion, GoalsQuestion, PathsQuestion,
    PersonQuestion, PopularQuestion, PredictorsQuestion, ProcessQuestion, PromotionsQuestion,
    RetentionQuestion, RfmQuestion, RunStatement, SearchesQuestion, SensingQuestion, SqlAnswer, SqlQuestion,
    TrendQuestion,
};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Options of `attune query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    #[command(subcommand)]
    command: QueryCommand,
}

#[derive(Debug, Subcommand)]
enum QueryCommand {
    /// How many go how far through ordered steps.
    Funnel(QuestionArgs),
    /// How often something happened over time.
    Trend(QuestionArgs),
    /// Who comes back.
    Retention(QuestionArgs),
    /// What follows what.
    Paths(QuestionArgs),
    /// Which visits led to a goal.
    Attribution(QuestionArgs),
    /// How recently, how often and for how much.
    Rfm(QuestionArgs),
    /// What people like somebody choose.
    Popular(QuestionArgs),
    /// What somebody did, as facts.
    Facts(QuestionArgs),
    /// One person in one row.
    Person(QuestionArgs),
    /// What is expected of a figure, and when it was not so.
    Sensing(QuestionArgs),
    /// How sessions move through the steps of a process.
    Process(QuestionArgs),
    /// How offers fare: seen, clicked, closed, and what followed.
    Promotions(QuestionArgs),
    /// What the site is searched for, and what comes of it.
    Searches(QuestionArgs),
    /// How forms fare, field by field.
    Forms(QuestionArgs),
    /// How often goals were reached, and what they were worth.
    Goals(QuestionArgs),
    /// What goes with dropping out of a funnel.
    Predictors(QuestionArgs),
    /// One read-only statement over the site's own events.
    Sql(QuestionArgs),
    /// A statement that the site keeps.
    Saved {
        /// Site to ask about.
        #[arg(long)]
        site: String,
        /// Id of the statement.
        id: String,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Which rules of watched figures came true.
    Alerts {
        /// Site to ask about.
        #[arg(long)]
        site: String,
        /// Evaluate them first; otherwise this happens every hour.
        #[arg(long)]
        now: bool,
        #[command(flatten)]
        common: CommonArgs,
    },
}

#[derive(Debug, Args)]
struct QuestionArgs {
    /// Site to ask about.
    #[arg(long)]
    site: String,
    /// The question, as JSON (see docs/questions.md).
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: CommonArgs,
}

/// Runs `attune query`.
///
/// # Errors
/// A question that cannot be read, or what the server says.
pub async fn run(args: QueryArgs) -> anyhow::Result<()> {
    match args.command {
        QueryCommand::Funnel(args) => show::<FunnelQuestion, _>(&args, "funnel", answers::funnel).await,
        QueryCommand::Trend(args) => show::<TrendQuestion, _>(&args, "trend", answers::trend).await,
        QueryCommand::Retention(args) => {
            show::<RetentionQuestion, _>(&args, "retention", answers::retention).await
        }
        QueryCommand::Paths(args) => show::<PathsQuestion, _>(&args, "paths", answers::paths).await,
        QueryCommand::Attribution(args) => {
            show::<AttributionQuestion, _>(&args, "attribution", answers::attribution).await
        }
        QueryCommand::Sql(args) => show::<SqlQuestion, _>(&args, "sql", answers::sql).await,
        QueryCommand::Saved { site, id, common } => {
            let path = format!("/api/sites/{site}/statements/{id}/run");
            let answer: SqlAnswer = asked(&common, &path, Some(&RunStatement::default())).await?;
            if common.json { output::json(&answer) } else { answers::sql(&answer) }
        }
        QueryCommand::Alerts { site, now, common } => {
            let path = format!("/api/sites/{site}/alerts");
            let alerts: Vec<WatchAlert> = asked(&common, &path, now.then_some(&())).await?;
            if common.json { output::json(&alerts) } else { answers::alerts(&alerts) }
        }
        QueryCommand::Predictors(args) => {
            show::<PredictorsQuestion, _>(&args, "predictors", answers::predictors).await
        }
        QueryCommand::Goals(args) => show::<GoalsQuestion, _>(&args, "goals", answers::goals).await,
        QueryCommand::Forms(args) => show::<FormsQuestion, _>(&args, "forms", answers::forms).await,
        QueryCommand::Searches(args) => {
            show::<SearchesQuestion, _>(&args, "searches", answers::searches).await
        }
        QueryCommand::Promotions(args) => {
            show::<PromotionsQuestion, _>(&args, "promotions", answers::promotions).await
        }
        QueryCommand::Process(args) => show::<ProcessQuestion, _>(&args, "process", answers::process).await,
        QueryCommand::Sensing(args) => show::<SensingQuestion, _>(&args, "sensing", answers::sensing).await,
        QueryCommand::Person(args) => show::<PersonQuestion, _>(&args, "person", answers::person_row).await,
        QueryCommand::Facts(args) => show::<FactsQuestion, _>(&args, "facts", answers::facts).await,
        QueryCommand::Popular(args) => show::<PopularQuestion, _>(&args, "popular", answers::popular).await,
        QueryCommand::Rfm(args) => show::<RfmQuestion, _>(&args, "rfm", answers::rfm).await,
    }
}

/// Posts `body`, or gets if there is none.
async fn asked<B: Serialize, A: DeserializeOwned>(
    common: &CommonArgs,
    path: &str,
    body: Option<&B>,
) -> anyhow::Result<A> {
    let attached = Attached::open(common).await?;
    let answer = match body {
        Some(body) => attached.client.post(path, body).await,
        None => attached.client.get(path).await,
    };
    attached.close().await;
    answer
}

/// Reads the question, asks it, and shows the answer as JSON or as a table.
async fn show<Q: Serialize + DeserializeOwned, A: Serialize + DeserializeOwned>(
    args: &QuestionArgs,
    kind: &str,
    table: fn(&A) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let question: Q = question(&args.file)?;
    let answer: A = ask(args, kind, &question).await?;
    if args.common.json { output::json(&answer) } else { table(&answer) }
}

fn question<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

async fn ask<Q: Serialize, A: DeserializeOwned>(
    args: &QuestionArgs,
    kind: &str,
    question: &Q,
) -> anyhow::Result<A> {
    let attached = Attached::open(&args.common).await?;
    let answer = attached.client.post(&format!("/api/sites/{}/{kind}", args.site), question).await;
    attached.close().await;
    answer
}
