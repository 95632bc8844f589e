//! One person: their events, and what follows from them.

mod facts;
mod row;

use super::bots::Scope;
use super::sql;
use crate::people::{events_by_person, texts, uuids};
use crate::{Error, Warehouse};
use attune_schema::bot::Bots;
use attune_schema::id::VisitorId;
use attune_schema::question::WhoIs;
use attune_schema::time::Timestamp;
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::str::FromStr;

/// Most events of a person that are looked at, the latest.
const EVENTS: usize = 50_000;

/// An event of a person.
#[derive(Debug, Clone, Row, Deserialize)]
struct Happened {
    at_ms: i64,
    name: String,
    session: String,
    visitor: String,
    channel: String,
    source: String,
    device: String,
    campaign_tag: String,
    form: String,
    field: String,
    item: String,
    category: String,
    offer: String,
    campaign: String,
    /// Which of the tests it passes.
    passes: Vec<u8>,
    /// For each property that was asked for, whether it is there, and the number.
    numbers: Vec<(u8, f64)>,
}

impl Happened {
    fn passes(&self, test: usize) -> bool {
        self.passes.get(test) == Some(&1)
    }

    fn number(&self, property: usize) -> Option<f64> {
        self.numbers.get(property).filter(|(there, _)| *there == 1).map(|(_, number)| *number)
    }
}

/// A person's events in order, and who that is.
struct Known {
    id: String,
    users: Vec<String>,
    events: Vec<Happened>,
    truncated: bool,
    sql: String,
    rows_read: u64,
    elapsed_ms: u64,
}

/// What is to be known of each event.
struct Asked {
    tests: Vec<String>,
    numbers: Vec<String>,
    as_of: Timestamp,
    bots: Bots,
}

#[derive(Row, Deserialize)]
struct UserRow {
    user: String,
}

impl Warehouse {
    async fn events_of(&self, of: Scope<'_>, who: &WhoIs, asked: &Asked) -> Result<Known, Error> {
        let (user, visitor) = match (&who.user, &who.visitor) {
            (Some(user), None) => (Some(user.clone()), None),
            (None, Some(visitor)) => {
                let visitor = VisitorId::from_str(visitor)
                    .map_err(|_| Error::Question("`visitor` is not the id of one".to_owned()))?;
                (self.last_user(of.site, visitor).await?, Some(visitor))
            }
            _ => return Err(Error::Question("`who` is exactly one of `user` and `visitor`".to_owned())),
        };
        let bots = of.filter(asked.bots)?;
        let within = format!("site = {} AND at < {}{bots}", of.site, sql::instant(asked.as_of.0));
        let (users, from) = match (user, visitor) {
            (Some(user), _) => {
                let person = self.person(of.site, &user).await?;
                let visitors: BTreeSet<VisitorId> = person.visitors.union(&person.shared).copied().collect();
                let users = texts(&person.users);
                let near = format!("{within} AND (user IN ({users}) OR visitor IN ({}))", uuids(&visitors));
                let from = format!("{}\nWHERE person IN ({users})", events_by_person(of.site, &near));
                (person.users.into_iter().collect(), from)
            }
            (None, visitor) => {
                let visitor = sql::uuid(visitor.map_or(0, |visitor| visitor.0));
                (Vec::new(), format!("events\nWHERE {within} AND visitor = {visitor}"))
            }
        };
        let sql = query(&from, asked);
        let answered = self.ask::<Happened>(&sql).await?;
        let mut events = answered.rows;
        let truncated = events.len() > EVENTS;
        events.truncate(EVENTS);
        events.reverse();
        let Some(id) = users.first().cloned().or_else(|| events.first().map(|event| event.visitor.clone()))
        else {
            return Err(nobody());
        };
        if events.is_empty() {
            return Err(nobody());
        }
        let (rows_read, elapsed_ms) = (answered.rows_read, answered.elapsed_ms);
        Ok(Known { id, users, events, truncated, sql, rows_read, elapsed_ms })
    }

    /// The user as whom a visitor was identified last.
    async fn last_user(&self, site: u32, visitor: VisitorId) -> Result<Option<String>, Error> {
        let visitor = sql::uuid(visitor.0);
        let sql = format!(
            "SELECT user FROM links WHERE site = {site} AND visitor = {visitor} AND user != '' \
             GROUP BY user ORDER BY max(last_at) DESC, user LIMIT 1"
        );
        Ok(self.ask::<UserRow>(&sql).await?.rows.into_iter().next().map(|row| row.user))
    }
}

/// Ids of people are in no message.
fn nobody() -> Error {
    Error::Question("nobody is known by this id".to_owned())
}

fn query(from: &str, asked: &Asked) -> String {
    let tests: Vec<String> = asked.tests.iter().map(|test| format!("toUInt8({test})")).collect();
    let numbers: Vec<String> = asked
        .numbers
        .iter()
        .map(|name| {
            let key = sql::text(name);
            format!("(toUInt8(mapContains(numbers, {key}) AND abs(numbers[{key}]) <= 1e12), numbers[{key}])")
        })
        .collect();
    let property = |name: &str, called: &str| format!("{} AS {called}", sql::property_text(name));
    let list = |items: &[String], kind: &str| format!("CAST([{}], '{kind}')", items.join(", "));
    format!(
        "SELECT toUnixTimestamp64Milli(at) AS at_ms, toString(name) AS name, toString(session) AS session,\n  \
         toString(visitor) AS visitor, toString(channel) AS channel, toString(source) AS source,\n  \
         toString(device) AS device, toString(utm_campaign) AS campaign_tag,\n  {}, {},\n  {}, {},\n  {}, {},\n  \
         {} AS passes,\n  {} AS numbers\nFROM {from}\nORDER BY at DESC, sequence DESC, id DESC LIMIT {}\n\
         SETTINGS prefer_column_name_to_alias = 1",
        property("form", "form"),
        property("field", "field"),
        property("item", "item"),
        property("category", "category"),
        property("offer", "offer"),
        property("campaign", "campaign"),
        list(&tests, "Array(UInt8)"),
        list(&numbers, "Array(Tuple(UInt8, Float64))"),
        EVENTS + 1
    )
}
