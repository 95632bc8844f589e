//! What a person did, as facts.

use super::row::firsts;
use super::{Asked, Happened};
use crate::query::bots::Scope;
use crate::query::goals::path_is;
use crate::query::{sql, words};
use crate::{Error, Warehouse};
use attune_schema::event::name;
use attune_schema::question::{Did, Fact, FactsAnswer, FactsQuestion, Goal, Once, Transaction};
use attune_schema::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Most transactions, and most goals.
const MOST: usize = 10;
/// Most facts, and facts if the question does not say.
const FACTS: u32 = 1_000;
const USUAL: u32 = 200;
/// How long a transaction may take, if the question does not say.
const DAY_SECONDS: u64 = 86_400;

impl Warehouse {
    /// Answers what somebody did, as of `now` unless the question says.
    ///
    /// # Errors
    /// A question that cannot be asked, nobody with this id, or if the store does not answer.
    pub async fn facts(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &FactsQuestion,
        now: Timestamp,
    ) -> Result<FactsAnswer, Error> {
        let limit = question.limit.unwrap_or(USUAL);
        if !(1..=FACTS).contains(&limit) {
            return Err(Error::Question(format!("`limit` is 1 to {FACTS}, not {limit}")));
        }
        let asked = asked(question, now)?;
        let known = self.events_of(scope.into(), &question.who, &asked).await?;
        let mut facts = plain(&known.events);
        let mut test = 0;
        for transaction in &question.transactions {
            facts.extend(abandoned(transaction, &known.events, test, asked.as_of));
            test += 2;
        }
        for (place, goal) in question.goals.iter().enumerate() {
            facts.extend(reached(goal, &known.events, test, place));
            test += 1;
        }
        // The latest first; what happened at one time as it was found.
        facts.sort_by_key(|fact| std::cmp::Reverse(fact.at.0));
        let truncated = known.truncated || facts.len() > limit as usize;
        facts.truncate(limit as usize);
        Ok(FactsAnswer {
            id: known.id,
            facts,
            truncated,
            definition: definition(question, asked.as_of),
            sql: known.sql,
            rows_read: known.rows_read,
            elapsed_ms: known.elapsed_ms,
        })
    }
}

fn asked(question: &FactsQuestion, now: Timestamp) -> Result<Asked, Error> {
    for (what, count) in [("transactions", question.transactions.len()), ("goals", question.goals.len())] {
        if count > MOST {
            return Err(Error::Question(format!("there are at most {MOST} {what}, not {count}")));
        }
    }
    let (mut tests, mut numbers) = (Vec::new(), Vec::new());
    for transaction in &question.transactions {
        tests.extend([sql::which(&transaction.start)?, sql::which(&transaction.end)?]);
    }
    for goal in &question.goals {
        tests.push(match (&goal.event, &goal.page, &goal.time) {
            (Some(event), None, None) => sql::which(event)?,
            (None, Some(page), None) => format!("(name = '{}' AND {})", name::PAGE_VIEWED, path_is(page)?),
            _ => {
                let name = &goal.name;
                return Err(Error::Question(format!(
                    "goal `{name}` of a fact is exactly one of `event` and `page`"
                )));
            }
        });
        numbers.push(goal.value.clone().unwrap_or_default());
    }
    Ok(Asked { tests, numbers, as_of: question.as_of.unwrap_or(now), bots: question.bots })
}

/// Facts that need no question.
fn plain(events: &[Happened]) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut fact = |event: &Happened, did: Did| facts.push(Fact { at: Timestamp(event.at_ms), did });
    for event in firsts(events) {
        if !event.campaign_tag.is_empty() || !matches!(event.channel.as_str(), "" | "direct" | "internal") {
            let (channel, source) = (event.channel.clone(), event.source.clone());
            fact(event, Did::Entered { channel, source, campaign: event.campaign_tag.clone() });
        }
    }
    let mut views: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let is_view = |event: &&Happened| event.name == name::ITEM_VIEWED && !event.item.is_empty();
    for event in events.iter().filter(is_view) {
        *views.entry((event.session.as_str(), event.item.as_str())).or_default() += 1;
    }
    for event in events {
        match event.name.as_str() {
            name::FORM_ABANDONED => {
                fact(event, Did::FormAbandoned { form: event.form.clone(), field: event.field.clone() });
            }
            name::ITEM_VIEWED => {
                // Told once a session, at the first view.
                if let Some(views) = views.remove(&(event.session.as_str(), event.item.as_str())) {
                    fact(event, Did::ItemReviewed { item: event.item.clone(), views });
                }
            }
            answered @ (name::OFFER_CLICKED | name::OFFER_DISMISSED) => {
                let (offer, campaign) = (event.offer.clone(), event.campaign.clone());
                fact(event, Did::OfferAnswered { offer, campaign, clicked: answered == name::OFFER_CLICKED });
            }
            _ => {}
        }
    }
    facts
}

/// Beginnings after which the end did not come in time. One that begins anew before is the same transaction; one that
/// still has time is not abandoned.
fn abandoned(transaction: &Transaction, events: &[Happened], test: usize, as_of: Timestamp) -> Vec<Fact> {
    let seconds = transaction.window_seconds.unwrap_or(DAY_SECONDS);
    let window_ms = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
    let mut facts = Vec::new();
    let mut open: Option<i64> = None;
    let mut left = |since: i64| {
        let did = Did::TransactionAbandoned { name: transaction.name.clone() };
        facts.push(Fact { at: Timestamp(since), did });
    };
    for event in events {
        if let Some(since) = open.filter(|since| event.at_ms > since.saturating_add(window_ms)) {
            left(since);
            open = None;
        }
        if event.passes(test + 1) {
            open = None;
        } else if event.passes(test) {
            open.get_or_insert(event.at_ms);
        }
    }
    if let Some(since) = open.filter(|since| as_of.0 > since.saturating_add(window_ms)) {
        left(since);
    }
    facts
}

fn reached(goal: &Goal, events: &[Happened], test: usize, place: usize) -> Vec<Fact> {
    let mut seen = BTreeSet::new();
    let counts = |event: &&Happened| {
        event.passes(test) && (goal.once == Once::Each || seen.insert(event.session.clone()))
    };
    let fact = |event: &Happened| {
        let value = goal.worth.or_else(|| event.number(place).filter(|_| goal.value.is_some()));
        Fact { at: Timestamp(event.at_ms), did: Did::GoalReached { name: goal.name.clone(), value } }
    };
    events.iter().filter(counts).map(fact).collect()
}

fn definition(question: &FactsQuestion, as_of: Timestamp) -> String {
    let mut said = vec![
        format!("Facts of the person before {}, the latest first.", words::instant(as_of)),
        "A session is entered from a campaign or a channel that is not direct; an item is reviewed once a session."
            .to_owned(),
    ];
    for Transaction { name, start, end, window_seconds } in &question.transactions {
        said.push(format!(
            "`{name}` is left if {} is not followed by {} within {}.",
            words::events(&start.event, &start.filters),
            words::events(&end.event, &end.filters),
            words::duration(window_seconds.unwrap_or(DAY_SECONDS))
        ));
    }
    for goal in &question.goals {
        let of = match (&goal.event, &goal.page) {
            (Some(event), _) => words::events(&event.event, &event.filters),
            (None, page) => format!("a view of the page `{}`", page.as_deref().unwrap_or_default()),
        };
        said.push(format!("`{}` is {of}.", goal.name));
    }
    said.push(words::bots(question.bots));
    said.join(" ")
}
