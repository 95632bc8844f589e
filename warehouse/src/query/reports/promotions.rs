//! Offers: who saw them, who would have, and what they did then.

use super::{funnel, step, step_of, within};
use crate::query::bots::Scope;
use crate::query::{sql, words};
use crate::{Error, Warehouse};
use attune_schema::event::name;
use attune_schema::question::{
    Group, Per, Period, PromotionBy, PromotionReport, PromotionsAnswer, PromotionsQuestion,
};
use attune_schema::time::Timestamp;
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most offers of an answer.
const PROMOTIONS: usize = 200;
/// How long after an exposure a goal counts, if the question does not say.
const WEEK_SECONDS: u64 = 7 * 86_400;

/// What an event is.
const EXPOSED: u8 = 1;
const WITHHELD: u8 = 2;
const CLICKED: u8 = 3;
const DISMISSED: u8 = 4;
/// Anything that is the goal, above the others.
const GOAL: u8 = 8;

/// Time in milliseconds, sequence, what it is, of which offer, what a goal is worth in ten-thousandths.
type Happened = (i64, u32, u8, String, i64);

#[derive(Row, Deserialize)]
struct VisitorRow {
    events: Vec<Happened>,
}

/// What is counted of an offer; values in ten-thousandths.
#[derive(Default)]
struct Tally {
    exposures: u64,
    clicks: u64,
    dismissals: u64,
    clicked: u64,
    dismissed: u64,
    exposed: (Group, i64),
    withheld: (Group, i64),
}

/// What one visitor had to do with an offer.
#[derive(Default)]
struct Met {
    exposed: Option<i64>,
    withheld: Option<i64>,
    clicked: bool,
    dismissed: bool,
}

impl Warehouse {
    /// Answers how offers fare.
    ///
    /// # Errors
    /// A question that cannot be asked, or if the store does not answer.
    pub async fn promotions(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &PromotionsQuestion,
    ) -> Result<PromotionsAnswer, Error> {
        let window_ms = window(question)?;
        let sql = build(scope.into(), question, window_ms)?;
        let (from, to) = question.period.map_or((i64::MIN, i64::MAX), |period| (period.from.0, period.to.0));
        let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
        let (rows_read, elapsed_ms) = self
            .each::<VisitorRow>(&sql, |row| {
                let mut met: BTreeMap<&str, Met> = BTreeMap::new();
                for (at, _, kind, id, _) in row.events.iter().filter(|event| (from..to).contains(&event.0)) {
                    if kind % GOAL == 0 {
                        continue;
                    }
                    if !tallies.contains_key(id) {
                        tallies.insert(id.clone(), Tally::default());
                    }
                    let Some(tally) = tallies.get_mut(id) else { continue };
                    let met = met.entry(id).or_default();
                    match kind % GOAL {
                        EXPOSED => {
                            tally.exposures += 1;
                            met.exposed.get_or_insert(*at);
                        }
                        WITHHELD => {
                            met.withheld.get_or_insert(*at);
                        }
                        CLICKED => {
                            tally.clicks += 1;
                            met.clicked |= met.exposed.is_some();
                        }
                        DISMISSED => {
                            tally.dismissals += 1;
                            met.dismissed |= met.exposed.is_some();
                        }
                        _ => {}
                    }
                }
                for (id, met) in met {
                    let Some(tally) = tallies.get_mut(id) else { continue };
                    tally.clicked += u64::from(met.clicked);
                    tally.dismissed += u64::from(met.dismissed);
                    let (group, since) = match (met.exposed, met.withheld) {
                        (Some(at), _) => (&mut tally.exposed, at),
                        (None, Some(at)) => (&mut tally.withheld, at),
                        (None, None) => continue,
                    };
                    add(group, &row.events, since, window_ms);
                }
            })
            .await?;
        let mut promotions: Vec<PromotionReport> =
            tallies.into_iter().map(|(id, tally)| report(id, tally, question)).collect();
        promotions.sort_by(|a, b| {
            let size = |of: &PromotionReport| of.exposed.visitors + of.withheld.visitors;
            size(b).cmp(&size(a)).then_with(|| a.id.cmp(&b.id))
        });
        promotions.truncate(PROMOTIONS);
        let definition = definition(question, window_ms);
        Ok(PromotionsAnswer { promotions, definition, sql, rows_read, elapsed_ms })
    }
}

/// One more visitor of a group, with the goals within the window.
fn add((group, value): &mut (Group, i64), events: &[Happened], since: i64, window_ms: i64) {
    let until = since.saturating_add(window_ms);
    let goals = events.iter().filter(|event| event.2 & GOAL != 0 && (since..=until).contains(&event.0));
    let (mut count, mut worth) = (0, 0);
    for goal in goals {
        count += 1;
        worth += goal.4;
    }
    group.visitors += 1;
    group.converted += u64::from(count > 0);
    group.goals += count;
    *value += worth;
}

fn report(id: String, tally: Tally, question: &PromotionsQuestion) -> PromotionReport {
    let group = |(group, value): (Group, i64)| Group { value: value as f64 / 10_000.0, ..group };
    let property = property(question.by);
    let mut steps = vec![step(name::OFFER_EXPOSED, property, &id)];
    match &question.goal {
        Some(goal) => steps.push(step_of(goal)),
        None => steps.push(step(name::OFFER_CLICKED, property, &id)),
    }
    PromotionReport {
        funnel: funnel(steps, Per::Visitor, question.period, question.bots),
        id,
        exposures: tally.exposures,
        clicks: tally.clicks,
        dismissals: tally.dismissals,
        clicked: tally.clicked,
        dismissed: tally.dismissed,
        exposed: group(tally.exposed),
        withheld: group(tally.withheld),
    }
}

fn property(by: PromotionBy) -> &'static str {
    match by {
        PromotionBy::Offer => "offer",
        PromotionBy::Campaign => "campaign",
        PromotionBy::Placement => "placement",
        PromotionBy::Variant => "variant",
    }
}

fn window(question: &PromotionsQuestion) -> Result<i64, Error> {
    let seconds = question.window_seconds.unwrap_or(WEEK_SECONDS);
    if seconds == 0 {
        return Err(Error::Question("a window of 0 seconds lets no goal count".to_owned()));
    }
    if question.goal.is_none() && question.value.is_some() {
        return Err(Error::Question("there is a `value`, and no `goal` that has it".to_owned()));
    }
    Ok(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000))
}

fn build(of: Scope<'_>, question: &PromotionsQuestion, window_ms: i64) -> Result<String, Error> {
    // Goals may be later than exposures by the window.
    let period = question
        .period
        .map(|Period { from, to }| Period { from, to: Timestamp(to.0.saturating_add(window_ms)) });
    let all = within(of, period, question.bots)?;
    let met = within(of, question.period, question.bots)?;
    let goal = question.goal.as_ref().map_or_else(|| Ok("0".to_owned()), sql::which)?;
    let worth = question.value.as_ref().map_or_else(
        || "toInt64(0)".to_owned(),
        |property| {
            let key = sql::text(property);
            format!("if({goal} AND abs(numbers[{key}]) <= 1e12, toInt64(round(numbers[{key}] * 10000)), 0)")
        },
    );
    let kinds = [
        (name::OFFER_EXPOSED, EXPOSED),
        (name::OFFER_WITHHELD, WITHHELD),
        (name::OFFER_CLICKED, CLICKED),
        (name::OFFER_DISMISSED, DISMISSED),
    ];
    let kind: String = kinds.iter().map(|(name, kind)| format!("name = '{name}', {kind}, ")).collect();
    let names = kinds.map(|(name, _)| sql::text(name)).join(", ");
    let id = sql::property_text(property(question.by));
    Ok(format!(
        "SELECT arraySort(groupArray((toUnixTimestamp64Milli(at), sequence,\n    \
         toUInt8(multiIf({kind}0) + {goal} * {GOAL}),\n    \
         if(name IN ({names}), {id}, ''), {worth}))) AS events\n\
         FROM events WHERE {all} AND (name IN ({names}) OR {goal})\n  \
         AND visitor IN (SELECT visitor FROM events WHERE {met} AND name IN ({names}))\nGROUP BY visitor"
    ))
}

fn definition(question: &PromotionsQuestion, window_ms: i64) -> String {
    let mut said = vec![
        format!("Offers by `{}`.", property(question.by)),
        "An offer is seen when at least half of it is visible for a second; a click or a dismissal counts for visitors \
         that saw it before. Withheld is whoever would have seen it, was kept out by a holdout or an arm, and never saw \
         it."
        .to_owned(),
    ];
    if let Some(goal) = &question.goal {
        said.push(format!(
            "The goal is {}, up to {} after the first exposure, inclusive{}.",
            words::events(&goal.event, &goal.filters),
            words::duration((window_ms / 1_000) as u64),
            question.value.as_ref().map_or_else(String::new, |value| format!(", worth its `{value}`"))
        ));
    }
    said.push(match question.period {
        Some(_) => format!("Of exposures: {}", words::period(question.period)),
        None => words::period(None),
    });
    said.push(words::bots(question.bots));
    said.join(" ")
}
