//! Searches on the site: what for, whether there was anything, and what came of it.

use super::within;
use crate::query::bots::Scope;
use crate::query::{sql, words};
use crate::{Error, Warehouse};
use attune_schema::event::name;
use attune_schema::question::{SearchesAnswer, SearchesQuestion, TermReport};
use clickhouse::Row;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most terms, and terms if the question does not say.
const TERMS: u32 = 1_000;
const USUAL: u32 = 100;

/// What an event is, as bits.
const SEARCH: u8 = 1;
const MOVE: u8 = 2;
const GOAL: u8 = 4;

/// Time in milliseconds, sequence, bits, term, results (below zero if unknown), whether it refines the one before.
type Happened = (i64, u32, u8, String, f64, bool);

#[derive(Row, Deserialize)]
struct SessionRow {
    events: Vec<Happened>,
}

impl Warehouse {
    /// Answers what the site is searched for.
    ///
    /// # Errors
    /// A question that cannot be asked, or if the store does not answer.
    pub async fn searches(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &SearchesQuestion,
    ) -> Result<SearchesAnswer, Error> {
        let top = question.top.unwrap_or(USUAL);
        if !(1..=TERMS).contains(&top) {
            return Err(Error::Question(format!("`top` is 1 to {TERMS}, not {top}")));
        }
        let sql = build(scope.into(), question)?;
        let mut all = TermReport::default();
        let mut terms: BTreeMap<String, TermReport> = BTreeMap::new();
        let (rows_read, elapsed_ms) = self
            .each::<SessionRow>(&sql, |row| {
                all.sessions += 1;
                let mut seen = BTreeSet::new();
                for (place, search) in
                    row.events.iter().enumerate().filter(|(_, event)| event.2 & SEARCH != 0)
                {
                    if !terms.contains_key(&search.3) {
                        let term = search.3.clone();
                        terms.insert(term.clone(), TermReport { term, ..TermReport::default() });
                    }
                    let Some(of) = terms.get_mut(&search.3) else { continue };
                    of.sessions += u64::from(seen.insert(search.3.as_str()));
                    let found = follow(search, row.events.get(place + 1..).unwrap_or_default());
                    for report in [of, &mut all] {
                        report.searches += 1;
                        report.counted += u64::from(search.4 >= 0.0);
                        report.without_results += u64::from(search.4 == 0.0);
                        report.refined += u64::from(found.refined);
                        report.continued += u64::from(found.continued);
                        report.goals += u64::from(found.goal);
                    }
                }
            })
            .await?;
        let distinct = terms.len() as u64;
        let mut terms: Vec<TermReport> = terms.into_values().collect();
        terms.sort_by(|a, b| b.searches.cmp(&a.searches).then_with(|| a.term.cmp(&b.term)));
        terms.truncate(top as usize);
        Ok(SearchesAnswer {
            all,
            distinct,
            terms,
            definition: definition(question),
            sql,
            rows_read,
            elapsed_ms,
        })
    }
}

/// What came of a search.
#[derive(Default)]
struct Followed {
    refined: bool,
    continued: bool,
    goal: bool,
}

fn follow(search: &Happened, later: &[Happened]) -> Followed {
    let mut found = Followed::default();
    for event in later {
        if event.2 & SEARCH != 0 {
            found.refined = event.5;
            break;
        }
        // The page of the results has the time of the search.
        found.continued |= event.2 & MOVE != 0 && event.0 > search.0;
        found.goal |= event.2 & GOAL != 0;
    }
    found
}

fn build(of: Scope<'_>, question: &SearchesQuestion) -> Result<String, Error> {
    let within = within(of, question.period, question.bots)?;
    let goal = question.goal.as_ref().map_or_else(|| Ok("0".to_owned()), sql::which)?;
    let search = name::SEARCH_PERFORMED;
    let moves = [name::PAGE_VIEWED, name::ITEM_VIEWED, name::ELEMENT_CLICKED].map(sql::text).join(", ");
    Ok(format!(
        "SELECT arraySort(groupArray((toUnixTimestamp64Milli(at), sequence,\n    \
         toUInt8((name = '{search}') * {SEARCH} + (name IN ({moves})) * {MOVE} + {goal} * {GOAL}),\n    \
         if(name = '{search}', lowerUTF8(trimBoth(texts['term'])), ''),\n    \
         if(mapContains(numbers, 'results'), numbers['results'], -1), flags['refined']))) AS events\n\
         FROM events WHERE {within} AND (name IN ('{search}', {moves}) OR {goal})\n\
         GROUP BY session HAVING countIf(name = '{search}') > 0"
    ))
}

fn definition(question: &SearchesQuestion) -> String {
    let mut said = vec![
        "Searches by their term, in lower case.".to_owned(),
        "A search goes on if a page or an item is viewed, or something clicked, later in the session and before the \
         next search; it is refined if that next one was made from its results."
            .to_owned(),
        "Whether there were results is known where the page says it.".to_owned(),
    ];
    if let Some(goal) = &question.goal {
        said.push(format!(
            "Its goal is {}, in the session and before the next search.",
            words::events(&goal.event, &goal.filters)
        ));
    }
    said.push(words::period(question.period));
    said.push(words::bots(question.bots));
    said.join(" ")
}
