//! What campaigns that try their offers saw: exposures with a propensity, and which of them a success followed.
//!
//! A success belongs to the visitor's last such exposure before it (of the same offer, where the event names one), if
//! that is no longer ago than `within`. An exposure whose time is not over is left out, with a success or without:
//! successes that come sooner than failures can be told would make every young offer look good.

use crate::query::bots::Scope;
use crate::query::sql;
use crate::{Error, Warehouse};
use attune_schema::bot::Bots;
use attune_schema::event::name::OFFER_EXPOSED;
use attune_schema::time::{DAY_MS, Timestamp};
use clickhouse::Row;
use serde::Deserialize;

/// Exposures older than this count no more.
pub const OLDEST_MS: i64 = 90 * DAY_MS;
/// Most rows: offers times combinations of features.
const ROWS: usize = 200_000;

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub struct Trials<'a> {
    /// Campaign.
    pub campaign: &'a str,
    /// Name of the event that is a success.
    pub goal: &'a str,
    /// How long after an exposure it counts.
    pub within_ms: i64,
    /// Time after which an exposure counts half.
    pub half_life_ms: Option<i64>,
    /// When it is counted.
    pub as_of: Timestamp,
}

/// Exposures that are the same to whoever learns from them.
#[derive(Debug, Clone, PartialEq, Row, Deserialize)]
pub struct TrialRow {
    /// Offer.
    pub offer: String,
    /// What the choice depended on, in the order of the campaign's features, with commas between, in millionths.
    pub features: String,
    /// Weights of all.
    pub trials: f64,
    /// Weights of those that a success followed.
    pub successes: f64,
}

impl Warehouse {
    /// Counts what a campaign saw.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn trials(&self, scope: Scope<'_>, trials: Trials<'_>) -> Result<Vec<TrialRow>, Error> {
        let mut rows = Vec::new();
        let mut cursor = self
            .of_any_length()
            .with_setting("max_execution_time", "120")
            .query_raw(&statement(scope, trials)?)
            .fetch::<TrialRow>()?;
        while let Some(row) = cursor.next().await? {
            rows.push(row);
        }
        Ok(rows)
    }
}

fn statement(scope: Scope<'_>, trials: Trials<'_>) -> Result<String, Error> {
    let Trials { campaign, goal, within_ms, half_life_ms, as_of } = trials;
    let filter = format!("site = {}{}", scope.site, scope.filter(Bots::Exclude)?);
    let between = |from: i64, to: i64| {
        let (from, to) = (sql::instant(from), sql::instant(to));
        format!("at >= {from} AND at < {to} AND day >= toDate({from}, 'UTC') AND day <= toDate({to}, 'UTC')")
    };
    let first = as_of.0.saturating_sub(OLDEST_MS);
    let tried = between(first, as_of.0.saturating_sub(within_ms.max(0)));
    let goals = between(first, as_of.0);
    let (campaign, goal, exposed) = (sql::text(campaign), sql::text(goal), sql::text(OFFER_EXPOSED));
    let weight = half_life_ms.map_or("1.0".to_owned(), |half_life| {
        let ages = format!("({} - toUnixTimestamp64Milli(at))", as_of.0);
        format!("exp2(-{ages} / {})", half_life.max(1))
    });
    // A goal that names an offer belongs to exposures of that offer only; `of` is empty for one that names none.
    Ok(format!(
        "WITH tried AS (\n  \
           SELECT id, visitor, at, texts['offer'] AS offer, texts['features'] AS features FROM events\n  \
           WHERE {filter} AND name = {exposed} AND {tried} AND texts['campaign'] = {campaign} AND numbers['propensity'] > 0\n\
         ), goals AS (\n  \
           SELECT visitor, at AS done, texts['offer'] AS of FROM events\n  \
           WHERE {filter} AND name = {goal} AND {goals} AND texts['campaign'] IN ('', {campaign})\n\
         ), rewarded AS (\n  \
           SELECT tried.id AS id, tried.at AS at, goals.done AS done FROM (SELECT * FROM goals WHERE of = '') AS goals\n  \
           ASOF JOIN tried ON goals.visitor = tried.visitor AND goals.done >= tried.at\n  \
           UNION ALL\n  \
           SELECT tried.id AS id, tried.at AS at, goals.done AS done FROM (SELECT * FROM goals WHERE of != '') AS goals\n  \
           ASOF JOIN tried ON goals.visitor = tried.visitor AND goals.of = tried.offer AND goals.done >= tried.at\n\
         )\n\
         SELECT offer, features, sum({weight}) AS trials,\n  \
           sumIf({weight}, id IN (SELECT id FROM rewarded WHERE date_diff('millisecond', at, done) <= {within_ms})) AS successes\n\
         FROM tried GROUP BY offer, features ORDER BY offer, features LIMIT {ROWS}"
    ))
}
