//! A person in one row of figures.

use super::{Asked, EVENTS, Happened, Known};
use crate::query::bots::Scope;
use crate::query::{sql, words};
use crate::{Error, Warehouse};
use attune_schema::event::{VALUE, name};
use attune_schema::question::{
    Cart, EventNames, HourOfWeek, Month, Often, PersonAnswer, PersonQuestion, Response, Which,
};
use attune_schema::time::{DAY_MS, HOUR_MS, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Places of the tests.
const PURCHASE: usize = 0;
const CLAIM: usize = 1;
const CART: usize = 2;
/// Months that are answered.
const MONTHS: usize = 12;
/// Fewest sessions that tell a time.
const SESSIONS: u64 = 3;

impl Warehouse {
    /// Answers who somebody is, as of `now` unless the question says.
    ///
    /// # Errors
    /// A question that cannot be asked, nobody with this id, or if the store does not answer.
    pub async fn person_row(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &PersonQuestion,
        now: Timestamp,
    ) -> Result<PersonAnswer, Error> {
        let purchase = question
            .purchase
            .clone()
            .unwrap_or_else(|| Which { event: EventNames::from("purchased"), ..Which::default() });
        let test = |which: &Option<Which>| which.as_ref().map_or_else(|| Ok("0".to_owned()), sql::which);
        let asked = Asked {
            tests: vec![sql::which(&purchase)?, test(&question.claim)?, test(&question.cart)?],
            numbers: vec![question.value.clone().unwrap_or_else(|| VALUE.to_owned())],
            as_of: question.as_of.unwrap_or(now),
            bots: question.bots,
        };
        let known = self.events_of(scope.into(), &question.who, &asked).await?;
        Ok(answer(question, &purchase, asked.as_of, known))
    }
}

fn answer(question: &PersonQuestion, purchase: &Which, as_of: Timestamp, known: Known) -> PersonAnswer {
    let events = &known.events;
    let of_sessions: Vec<&Happened> = firsts(events);
    let worth = |event: &Happened| event.number(0).unwrap_or(0.0);
    let purchases: Vec<&Happened> = events.iter().filter(|event| event.passes(PURCHASE)).collect();
    let valued: Vec<f64> = purchases.iter().filter_map(|event| event.number(0)).collect();
    let mut months: BTreeMap<String, (u64, f64)> = BTreeMap::new();
    for event in &purchases {
        let month: String = words::instant(Timestamp(event.at_ms)).chars().take(7).collect();
        let sum = months.entry(month).or_default();
        *sum = (sum.0 + 1, sum.1 + worth(event));
    }
    // The twelve months that end with this one.
    let this: String = words::instant(as_of).chars().take(7).collect();
    let first = month_before(&this, MONTHS - 1);
    let monthly = months
        .into_iter()
        .rev()
        .filter(|(month, _)| *month >= first)
        .map(|(month, (purchases, value))| Month { month, purchases, value });
    let last_purchase = purchases.last().map(|event| event.at_ms);
    let in_cart: Vec<&Happened> = events
        .iter()
        .filter(|event| event.passes(CART) && last_purchase.is_none_or(|last| event.at_ms > last))
        .collect();
    let recent = events.iter().filter(|event| event.at_ms >= as_of.0.saturating_sub(7 * DAY_MS));
    let count = |name: &str| events.iter().filter(|event| event.name == name).count() as u64;
    let visitors: BTreeSet<&str> = events.iter().map(|event| event.visitor.as_str()).collect();
    let came = |event: &&&Happened| !matches!(event.channel.as_str(), "" | "direct" | "internal");
    let time = |place: Option<&Happened>| Timestamp(place.map_or(0, |event| event.at_ms));
    PersonAnswer {
        visitors: visitors.len() as u64,
        first_at: time(events.first()),
        last_at: time(events.last()),
        sessions: of_sessions.len() as u64,
        events: events.len() as u64,
        monthly: monthly.collect(),
        purchases: purchases.len() as u64,
        average_basket: (!valued.is_empty()).then(|| valued.iter().sum::<f64>() / valued.len() as f64),
        claims: question
            .claim
            .is_some()
            .then(|| events.iter().filter(|event| event.passes(CLAIM)).count() as u64),
        main_channel: most(of_sessions.iter().filter(came).map(|event| event.channel.as_str())),
        main_referrer: most(of_sessions.iter().map(|event| event.source.as_str())),
        device: most(of_sessions.iter().map(|event| event.device.as_str())),
        cart: in_cart.first().map(|first| Cart {
            since: Timestamp(first.at_ms),
            items: in_cart.len() as u64,
            value: in_cart.iter().map(|event| worth(event)).sum(),
        }),
        last_week_interest: most(recent.map(|event| event.category.as_str())),
        response: Response {
            exposed: count(name::OFFER_EXPOSED),
            clicked: count(name::OFFER_CLICKED),
            dismissed: count(name::OFFER_DISMISSED),
        },
        best_time: best_time(&of_sessions),
        truncated: known.truncated,
        definition: definition(question, purchase, as_of),
        id: known.id,
        users: known.users,
        sql: known.sql,
        rows_read: known.rows_read,
        elapsed_ms: known.elapsed_ms,
    }
}

/// The first event of each session, in order.
pub(super) fn firsts(events: &[Happened]) -> Vec<&Happened> {
    let mut seen = BTreeSet::new();
    events.iter().filter(|event| seen.insert(event.session.as_str())).collect()
}

/// The most frequent that is not empty; of several the first by name.
fn most<'a>(values: impl Iterator<Item = &'a str>) -> Option<Often> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    values.filter(|value| !value.is_empty()).for_each(|value| *counts.entry(value).or_default() += 1);
    let found = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)));
    found.map(|(value, count)| Often { value: value.to_owned(), count })
}

fn best_time(of_sessions: &[&Happened]) -> Option<HourOfWeek> {
    if (of_sessions.len() as u64) < SESSIONS {
        return None;
    }
    let mut hours: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for event in of_sessions {
        // 1970-01-01 was a Thursday.
        let weekday = (event.at_ms.div_euclid(DAY_MS) + 3).rem_euclid(7) as u32 + 1;
        let hour = (event.at_ms.rem_euclid(DAY_MS) / HOUR_MS) as u32;
        *hours.entry((weekday, hour)).or_default() += 1;
    }
    let found = hours.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
    found.map(|((weekday, hour), sessions)| HourOfWeek { weekday, hour, sessions })
}

/// `2026-01`, some months before.
fn month_before(month: &str, back: usize) -> String {
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let mut parts = month.split('-');
    let months = number(parts.next()) * 12 + number(parts.next()).saturating_sub(1);
    let months = months.saturating_sub(back);
    format!("{:04}-{:02}", months / 12, months % 12 + 1)
}

fn definition(question: &PersonQuestion, purchase: &Which, as_of: Timestamp) -> String {
    let value = question.value.as_deref().unwrap_or(VALUE);
    let mut said = vec![
        format!(
            "Events of the person before {}, whatever browser and user id they came with; the {EVENTS} latest.",
            words::instant(as_of)
        ),
        format!("A purchase is {}, worth its `{value}`.", words::events(&purchase.event, &purchase.filters)),
    ];
    if let Some(claim) = &question.claim {
        said.push(format!("A claim is {}.", words::events(&claim.event, &claim.filters)));
    }
    if let Some(cart) = &question.cart {
        said.push(format!(
            "In the cart is what {} put there after the last purchase.",
            words::events(&cart.event, &cart.filters)
        ));
    }
    said.push(
        "Channel, referrer and device are those of most sessions, by their first event; the best time is the hour of \
         the week (UTC) in which most began."
            .to_owned(),
    );
    said.push(words::bots(question.bots));
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_back_over_years() {
        assert_eq!(month_before("2026-11", 11), "2025-12");
        assert_eq!(month_before("2026-12", 11), "2026-01");
        assert_eq!(month_before("2026-01", 1), "2025-12");
        assert_eq!(month_before("2026-01", 13), "2024-12");
    }
}
