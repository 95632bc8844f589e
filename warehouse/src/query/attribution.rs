//! Attribution: which visits led to a goal.
//!
//! The store finds the goals and the touches before them; credit is shared out here, in whole millionths, so that
//! every model gives away exactly what there is.

use super::bots::Scope;
use super::{sql, words};
use crate::people::events_by_person;
use crate::{Error, Warehouse};
use attune_schema::question::{
    AttributionAnswer, AttributionQuestion, Breakdown, Credit, Direct, Model, Per, Period,
};
use attune_schema::time::{DAY_MS, Timestamp};
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Days from a touch to the goal, if the question does not say, and at most.
const WINDOW: u32 = 30;
const WINDOWS: u32 = 365;
/// Days that halve a touch's weight, if the question does not say.
const HALF_LIFE: f64 = 7.0;
/// One goal.
const MILLION: i64 = 1_000_000;

#[derive(Row, Deserialize)]
struct UnitRow {
    /// Time in milliseconds, sequence and value, in order.
    touches: Vec<(i64, u32, String)>,
    /// Time in milliseconds, sequence and amount.
    goals: Vec<(i64, u32, f64)>,
}

impl Warehouse {
    /// Answers which visits led to a goal.
    pub async fn attribution(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &AttributionQuestion,
    ) -> Result<AttributionAnswer, Error> {
        let rules = Rules::new(question)?;
        let of = scope.into().sampled(question.sample, question.per, "attribution")?;
        let sql = build(of, question, &rules)?;
        let mut total = Model::default();
        let mut credits: BTreeMap<Option<String>, Credit> = BTreeMap::new();
        let (rows_read, elapsed_ms) = self
            .each::<UnitRow>(&sql, |unit| {
                for goal in &unit.goals {
                    rules.share(goal, &unit.touches, &mut total, &mut credits);
                }
            })
            .await?;
        let mut credits: Vec<Credit> = credits.into_values().collect();
        let times = of.times() as i64;
        let models = credits.iter_mut().flat_map(|credit| {
            [
                &mut credit.first,
                &mut credit.last,
                &mut credit.linear,
                &mut credit.time_decay,
                &mut credit.position,
            ]
        });
        for model in models.chain([&mut total]) {
            model.goals_millionths *= times;
            model.value_millionths = model.value_millionths.saturating_mul(times);
        }
        credits.sort_by(|a, b| {
            b.last.goals_millionths.cmp(&a.last.goals_millionths).then(a.value.cmp(&b.value))
        });
        Ok(AttributionAnswer {
            total,
            credits,
            sample: of.sample(),
            definition: of.said(definition(question, &rules)),
            sql,
            rows_read,
            elapsed_ms,
        })
    }
}

/// How credit is shared out.
struct Rules {
    window_ms: i64,
    half_life_ms: f64,
    direct: Direct,
}

impl Rules {
    fn new(question: &AttributionQuestion) -> Result<Self, Error> {
        let days = question.window_days.unwrap_or(WINDOW);
        if !(1..=WINDOWS).contains(&days) {
            return Err(Error::Question(format!("`window_days` is 1 to {WINDOWS}, not {days}")));
        }
        let half_life = question.half_life_days.unwrap_or(HALF_LIFE);
        if !(half_life.is_finite() && half_life > 0.0) {
            return Err(Error::Question(format!("`half_life_days` is above 0, not {half_life}")));
        }
        Ok(Self {
            window_ms: i64::from(days) * DAY_MS,
            half_life_ms: half_life * DAY_MS as f64,
            direct: question.direct,
        })
    }

    /// Shares out one goal.
    fn share(
        &self,
        goal: &(i64, u32, f64),
        touches: &[(i64, u32, String)],
        total: &mut Model,
        credits: &mut BTreeMap<Option<String>, Credit>,
    ) {
        let goal_millionths = (goal.2 * MILLION as f64).round() as i64;
        total.goals_millionths += MILLION;
        total.value_millionths += goal_millionths;
        // What is at the time of the goal led to it, whatever the sequence.
        let before = touches
            .iter()
            .filter(|touch| touch.0 <= goal.0 && goal.0.saturating_sub(touch.0) <= self.window_ms);
        let mut led: Vec<&(i64, u32, String)> = before.collect();
        let is_direct = |touch: &(i64, u32, String)| touch.2.is_empty() || touch.2 == "direct";
        if self.direct == Direct::LastResort && led.iter().any(|touch| !is_direct(touch)) {
            led.retain(|touch| !is_direct(touch));
        }
        let count = led.len();
        if count == 0 {
            let credit = credits.entry(None).or_default();
            for model in [
                &mut credit.first,
                &mut credit.last,
                &mut credit.linear,
                &mut credit.time_decay,
                &mut credit.position,
            ] {
                model.goals_millionths += MILLION;
                model.value_millionths += goal_millionths;
            }
            return;
        }
        let only =
            |place: usize| (0..count).map(|touch| f64::from(u8::from(touch == place))).collect::<Vec<_>>();
        let nearest = led.last().map_or(goal.0, |touch| touch.0);
        // Relative to the nearest touch, so that the weights of old ones do not all vanish.
        let decay =
            led.iter().map(|touch| (-((nearest - touch.0) as f64) / self.half_life_ms).exp2()).collect();
        let models = [only(0), only(count - 1), vec![1.0; count], decay, positions(count)];
        for (model, weights) in models.iter().enumerate() {
            let goals = shares(MILLION, weights);
            let values = shares(goal_millionths, weights);
            for (touch, (goals, value)) in led.iter().zip(goals.into_iter().zip(values)) {
                let known = credits.get_mut(&Some(touch.2.clone()));
                let credit = match known {
                    Some(credit) => credit,
                    None => credits
                        .entry(Some(touch.2.clone()))
                        .or_insert_with(|| Credit { value: Some(touch.2.clone()), ..Credit::default() }),
                };
                let model = match model {
                    0 => &mut credit.first,
                    1 => &mut credit.last,
                    2 => &mut credit.linear,
                    3 => &mut credit.time_decay,
                    _ => &mut credit.position,
                };
                model.goals_millionths += goals;
                model.value_millionths += value;
            }
        }
    }
}

/// 40 % to the ends, the rest to those between.
fn positions(count: usize) -> Vec<f64> {
    match count {
        0..=2 => vec![1.0; count],
        _ => (0..count)
            .map(|touch| if touch == 0 || touch + 1 == count { 0.4 } else { 0.2 / (count - 2) as f64 })
            .collect(),
    }
}

/// `amount` by `weights`, in whole numbers whose sum is `amount`: what all up to a touch get is rounded, and each gets
/// the difference.
fn shares(amount: i64, weights: &[f64]) -> Vec<i64> {
    let all: f64 = weights.iter().sum();
    let (mut weight, mut given) = (0.0, 0);
    let last = weights.len().saturating_sub(1);
    let share = |(touch, of): (usize, &f64)| {
        weight += of;
        let until = if touch == last { amount } else { (amount as f64 * (weight / all)).round() as i64 };
        let share = until - given;
        given = until;
        share
    };
    weights.iter().enumerate().map(share).collect()
}

fn build(of: Scope<'_>, question: &AttributionQuestion, rules: &Rules) -> Result<String, Error> {
    let unit = sql::unit(question.per, "attribution")?;
    let mut goal = sql::which(&question.goal)?;
    let mut scope = format!("site = {}", of.site);
    if let Some(period) = question.period {
        goal = format!("({goal} AND {})", sql::within("at", period)?);
        // Touches may be earlier by the window.
        let from = Timestamp(period.from.0.saturating_sub(rules.window_ms));
        scope.push_str(&sql::period(Some(Period { from, to: period.to }), true)?);
    }
    scope.push_str(&of.filter(question.bots)?);
    let by = sql::breakdown(question.by.as_ref().unwrap_or(&Breakdown::Channel));
    let amount = match &question.value {
        None => "toFloat64(0)".to_owned(),
        Some(name) => format!("numbers[{}]", sql::text(name)),
    };
    let table = match question.per {
        Per::Person => events_by_person(of.site, &scope),
        _ => "events".to_owned(),
    };
    // Only of units with a goal, which the narrow table tells where nothing but its name makes a goal.
    let narrow = question.goal.filters.is_empty() && sql::is_narrow(of, question.bots, None);
    let mut units = format!("site = {} AND {goal}", of.site);
    units.push_str(&of.filter(question.bots)?);
    units.push_str(&sql::period(question.period, !narrow)?);
    let table_of_goals = if narrow { "steps" } else { "events" };
    let of_goals = match question.per {
        Per::Person => String::new(),
        _ => format!("\n    AND {unit} IN (SELECT {unit} FROM {table_of_goals} WHERE {units})"),
    };
    let ms = "toUnixTimestamp64Milli";
    let touches = match &question.touch {
        Some(touch) => format!("groupArrayIf(({ms}(at), sequence, toString({by})), {})", sql::which(touch)?),
        // Of events at one time and in one place, the same whatever the order in which they lie there.
        None => format!(
            "[({ms}(min(at)), argMin(sequence, (at, sequence)), argMin(toString({by}), (at, sequence, toString({by}))))]"
        ),
    };
    Ok(format!(
        "SELECT arraySort(arrayFlatten(groupArray(touched))) AS touches, arraySort(arrayFlatten(groupArray(reached))) AS goals\n\
         FROM (\n  SELECT {unit}, {touches} AS touched,\n    \
         groupArrayIf(({ms}(at), sequence, {amount}), {goal}) AS reached\n  FROM {table}\n  WHERE {scope}{of_goals}\n  \
         GROUP BY {unit}, session\n)\nGROUP BY {unit}\nHAVING notEmpty(goals)"
    ))
}

fn definition(question: &AttributionQuestion, rules: &Rules) -> String {
    let touch = match &question.touch {
        None => "the first event of a session".to_owned(),
        Some(touch) => words::events(&touch.event, &touch.filters),
    };
    let direct = match question.direct {
        Direct::LastResort => {
            "Touches without a value, or `direct`, get credit only where no other touch is."
        }
        Direct::Counts => "Touches without a value, or `direct`, are like others.",
    };
    let mut said = vec![
        format!("Every {} is a goal.", words::events(&question.goal.event, &question.goal.filters)),
        format!(
            "Credit goes to the {} of touches of the same {}: {touch}, up to {} before the goal, inclusive, or at its time.",
            words::breakdown(question.by.as_ref().unwrap_or(&Breakdown::Channel)),
            words::unit(question.per),
            words::duration((rules.window_ms / 1_000) as u64)
        ),
        direct.to_owned(),
        "A goal without a touch is nobody's (null).".to_owned(),
        format!(
            "First and last touch get all, linear gives each the same, time decay half the weight for every {} days \
             earlier, position 40 % to the first and the last and the rest to those between (half to each of two).",
            rules.half_life_ms / DAY_MS as f64
        ),
        "Shares are whole millionths, so that every model gives exactly the total.".to_owned(),
    ];
    if let Some(value) = &question.value {
        said.push(format!("A goal is worth its `{value}`, or nothing without it."));
    }
    said.push(match question.period {
        Some(_) => format!("Of goals: {}", words::period(question.period)),
        None => words::period(None),
    });
    said.push(words::bots(question.bots));
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_are_all_there_is(amount in -1_000_000_000i64..1_000_000_000, weights in prop::collection::vec(0.001f64..10.0, 1..20)) {
            let shares = shares(amount, &weights);
            prop_assert_eq!(shares.iter().sum::<i64>(), amount);
            let all: f64 = weights.iter().sum();
            for (share, weight) in shares.iter().zip(&weights) {
                prop_assert!((*share as f64 - amount as f64 * weight / all).abs() <= 1.001);
            }
        }
    }

    #[test]
    fn positions_are_forty_twenty_forty() {
        assert_eq!(shares(MILLION, &positions(1)), [1_000_000]);
        assert_eq!(shares(MILLION, &positions(2)), [500_000, 500_000]);
        assert_eq!(shares(MILLION, &positions(4)), [400_000, 100_000, 100_000, 400_000]);
    }
}
