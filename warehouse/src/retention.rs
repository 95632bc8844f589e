//! How long what is stored is kept, by site and class: times to live of tables and columns, which the engine applies when
//! it merges parts. A new limit holds for what is there already.
//!
//! Days are whole ones of UTC: what happened on a day is there on that day and on the `days - 1` after it. What a merge
//! has yet to remove is not counted any more ([`kept_from`]).

use crate::query::sql;
use crate::{Error, Warehouse};
use attune_schema::api::Retention;
use attune_schema::event::name;
use attune_schema::time::{DAY_MS, Timestamp};
use clickhouse::Row;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most days of a limit: more is for ever.
pub const DAYS: u32 = 3_650;

/// The last day of the engine's calendar.
const FOR_EVER: &str = "toDate('2149-06-06')";

/// Events whose texts hold what was typed or chosen.
const TYPED: [&str; 6] = [
    name::SEARCH_PERFORMED,
    name::FORM_STARTED,
    name::FORM_FIELD_CHANGED,
    name::FORM_FIELD_REFUSED,
    name::FORM_ABANDONED,
    name::FORM_SUBMITTED,
];

/// What is limited: a table, perhaps one of its columns, by which class, and from which time on.
struct Place {
    table: &'static str,
    column: Option<&'static str>,
    class: fn(&Retention) -> Option<u32>,
    time: &'static str,
    /// A day on which rows end anyway: a table has one time to live.
    beside: Option<&'static str>,
    /// Only rows of these events.
    typed: bool,
}

impl Place {
    const fn rows(table: &'static str, class: fn(&Retention) -> Option<u32>, time: &'static str) -> Self {
        Self { table, column: None, class, time, beside: None, typed: false }
    }

    const fn column(column: &'static str, class: fn(&Retention) -> Option<u32>) -> Self {
        Self { column: Some(column), ..Self::rows("events", class, "at") }
    }

    fn name(&self) -> String {
        self.column.map_or_else(|| self.table.to_owned(), |column| format!("{}.{column}", self.table))
    }

    /// When a row's time is over.
    fn expression(&self, sites: &BTreeMap<u32, Retention>) -> String {
        let mut sql = String::new();
        for (site, limits) in sites {
            if let Some(days) = (self.class)(limits) {
                sql.push_str(&format!(
                    "site = {site}, toDate({}, 'UTC') + toIntervalDay({days}), ",
                    self.time
                ));
            }
        }
        // The engine wants an expression of columns, also where nothing is limited; there is no site 0.
        let until = format!("multiIf({sql}site = 0, {FOR_EVER}, {FOR_EVER})");
        if !self.typed {
            return until;
        }
        let names = TYPED.map(sql::text).join(", ");
        format!("if(name IN ({names}), {until}, {FOR_EVER})")
    }

    /// What gives the place that time to live.
    fn statement(&self, stored: &str, expression: &str) -> String {
        match self.column {
            Some(column) => format!("ALTER TABLE {stored} MODIFY COLUMN {column} TTL {expression}"),
            None => {
                let until = self.beside.map(|day| format!("least({day}, {expression})"));
                format!("ALTER TABLE {stored} MODIFY TTL {}", until.as_deref().unwrap_or(expression))
            }
        }
    }
}

const PLACES: [Place; 9] = [
    Place::rows("events", |limits| limits.behaviour_days, "at"),
    Place::rows("steps", |limits| limits.behaviour_days, "at"),
    Place::column("search_term", |limits| limits.texts_days),
    Place { typed: true, ..Place::column("texts", |limits| limits.texts_days) },
    Place::column("address", |limits| limits.addresses_days),
    Place::column("user_agent", |limits| limits.addresses_days),
    Place::rows("attributes", |limits| limits.people_days, "staged_at"),
    Place {
        beside: Some("toDate(expires_at, 'UTC') + toIntervalDay(1)"),
        ..Place::rows("lists", |limits| limits.people_days, "staged_at")
    },
    Place::rows("links", |limits| limits.people_days, "last_at"),
];

#[derive(Row, Serialize)]
struct NewRecord<'a> {
    site: u32,
    place: &'a str,
    expression: &'a str,
}

#[derive(Row, Deserialize)]
struct Applied {
    place: String,
    expression: String,
}

impl Warehouse {
    /// Gives the tables the times to live of `sites`, instead of those that they have. What is the same already costs one
    /// look; what is not is applied to all parts in the background.
    ///
    /// # Errors
    /// A limit of no day or of more than [`DAYS`], or if the store does not answer.
    pub async fn retain(&self, sites: &BTreeMap<u32, Retention>) -> Result<(), Error> {
        sites.values().try_for_each(check)?;
        let sql = "SELECT place, argMax(expression, applied_at) AS expression FROM retention GROUP BY place";
        let applied: Vec<Applied> = self.client.query_raw(sql).fetch_all().await?;
        let applied: BTreeMap<String, String> =
            applied.into_iter().map(|applied| (applied.place, applied.expression)).collect();
        for place in &PLACES {
            let (name, expression) = (place.name(), place.expression(sites));
            let is_limited = sites.values().any(|limits| (place.class)(limits).is_some());
            match applied.get(&name) {
                Some(applied) if *applied == expression => continue,
                None if !is_limited => continue,
                _ => {}
            }
            let statement = place.statement(&self.stored(place.table), &expression);
            self.of_any_length().query_raw(&statement).execute().await?;
            let mut insert = self.client.insert::<NewRecord<'_>>("retention").await?;
            insert.write(&NewRecord { site: 0, place: &name, expression: &expression }).await?;
            insert.end().await?;
            tracing::info!(place = name, "time to live changed");
        }
        Ok(())
    }
}

/// Refuses limits that cannot be kept.
///
/// # Errors
/// Which, and what it is.
pub fn check(limits: &Retention) -> Result<(), Error> {
    for (name, days) in [
        ("behaviour_days", limits.behaviour_days),
        ("texts_days", limits.texts_days),
        ("addresses_days", limits.addresses_days),
        ("people_days", limits.people_days),
    ] {
        if let Some(days) = days.filter(|days| !(1..=DAYS).contains(days)) {
            return Err(Error::Question(format!(
                "`{name}` is 1 to {DAYS}, or left out to keep for ever, not {days}"
            )));
        }
    }
    Ok(())
}

/// The beginning of the first day of which events are kept.
#[must_use]
pub fn kept_from(limits: &Retention, now: Timestamp) -> Option<Timestamp> {
    let today = now.0.div_euclid(DAY_MS);
    limits.behaviour_days.map(|days| Timestamp((today + 1 - i64::from(days)) * DAY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_kept_on_itself_and_those_after() {
        let limits = |days| Retention { behaviour_days: days, ..Retention::default() };
        let noon = Timestamp(100 * DAY_MS + DAY_MS / 2);
        assert_eq!(kept_from(&limits(Some(1)), noon), Some(Timestamp(100 * DAY_MS)));
        assert_eq!(kept_from(&limits(Some(30)), noon), Some(Timestamp(71 * DAY_MS)));
        assert_eq!(kept_from(&limits(None), noon), None);
    }

    #[test]
    fn limits_that_are_none_are_refused_by_name() {
        let bad = check(&Retention { people_days: Some(0), ..Retention::default() }).unwrap_err();
        assert!(bad.to_string().starts_with("`people_days` is 1 to 3650"), "{bad}");
    }
}
