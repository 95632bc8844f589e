//! Who is who: visitors that were identified, user ids that mean the same person, and forgetting a person.
//!
//! An event belongs to the user it names. One that names none belongs to whom its visitor was identified as: to the
//! user whose first and last identification it lies between, otherwise to the next one identified, otherwise to the
//! last. Users that were declared the same (`aliased`) are one person, called by the smallest of their ids. Nothing of
//! this is written into events, so that what is learnt later is right for what happened before.

use crate::imports::keys_of;
use crate::query::sql;
use crate::row::EventRow;
use crate::{Error, Warehouse};
use attune_schema::event::name;
use attune_schema::id::VisitorId;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use clickhouse::Row;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(Row, Serialize)]
struct LinkRecord<'a> {
    site: u32,
    #[serde(with = "clickhouse::serde::uuid")]
    visitor: Uuid,
    user: &'a str,
    first_at: i64,
    last_at: i64,
}

#[derive(Row, Serialize, Deserialize, Debug, PartialEq, Eq)]
struct PersonRecord {
    site: u32,
    user: String,
    person: String,
}

#[derive(Row, Deserialize)]
struct LinkedRecord {
    #[serde(with = "clickhouse::serde::uuid")]
    visitor: Uuid,
    alone: bool,
}

#[derive(Row, Deserialize)]
struct CountRecord {
    count: u64,
}

/// Everything that is known to be one person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Their user ids.
    pub users: BTreeSet<String>,
    /// Visitors that were identified as them and as nobody else.
    pub visitors: BTreeSet<VisitorId>,
    /// Visitors that were identified as somebody else, too: what names no user is theirs in part.
    pub shared: BTreeSet<VisitorId>,
}

/// Who is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person: all user ids that are the same, and what their visitors did.
    Person(Person),
    /// A browser, whoever used it.
    Visitor(VisitorId),
}

/// Rows of a table about somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// Name of the table.
    pub table: &'static str,
    /// How many.
    pub rows: u64,
}

impl Warehouse {
    /// Learns who is who from events.
    pub(crate) async fn insert_people(&self, token: &str, rows: &[EventRow]) -> Result<(), Error> {
        let mut links: BTreeMap<(u32, VisitorId, &str), (Timestamp, Timestamp)> = BTreeMap::new();
        for row in rows.iter().filter(|row| !row.user.is_empty()) {
            let span = links.entry((row.site, row.visitor, &row.user)).or_insert((row.at, row.at));
            *span = (span.0.min(row.at), span.1.max(row.at));
        }
        if !links.is_empty() {
            let mut insert = self.inserting(token).insert::<LinkRecord<'_>>("links").await?;
            for ((site, visitor, user), (first, last)) in links {
                let visitor = Uuid::from_u128(visitor.0);
                insert.write(&LinkRecord { site, visitor, user, first_at: first.0, last_at: last.0 }).await?;
            }
            insert.end().await?;
        }
        let mut same: BTreeMap<u32, Vec<(String, String)>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.name == name::ALIASED && !row.user.is_empty()) {
            let previous = row.properties.iter().find(|(name, _)| name == "previous");
            if let Some((_, Value::Text(previous))) = previous
                && !previous.is_empty()
            {
                same.entry(row.site).or_default().push((row.user.clone(), previous.clone()));
            }
        }
        for (site, pairs) in same {
            self.unite(site, &pairs).await?;
        }
        Ok(())
    }

    /// Makes one person of the users of each pair. Saying it again, or in a circle, changes nothing.
    async fn unite(&self, site: u32, pairs: &[(String, String)]) -> Result<(), Error> {
        let users: BTreeSet<String> = pairs.iter().flat_map(|(a, b)| [a.clone(), b.clone()]).collect();
        let known = self.same_users(site, users).await?;
        let mut groups = Groups::default();
        for record in &known {
            groups.join(&record.user, &record.person);
        }
        for (a, b) in pairs {
            groups.join(a, b);
        }
        let mut insert = self.client.insert::<PersonRecord>("persons").await?;
        for (user, person) in groups.all() {
            let record = PersonRecord { site, user, person };
            if !known.contains(&record) {
                insert.write(&record).await?;
            }
        }
        Ok(insert.end().await?)
    }

    /// Every user that belongs to the same persons as `users`, with the person's name.
    async fn same_users(&self, site: u32, mut users: BTreeSet<String>) -> Result<Vec<PersonRecord>, Error> {
        loop {
            let list = texts(&users);
            let sql = format!(
                "SELECT toUInt32({site}) AS site, user, name AS person FROM (SELECT user, min(person) AS name \
                 FROM persons WHERE site = {site} GROUP BY user) WHERE user IN ({list}) OR name IN ({list})"
            );
            let found: Vec<PersonRecord> = self.of_any_length().query_raw(&sql).fetch_all().await?;
            let before = users.len();
            users.extend(found.iter().flat_map(|record| [record.user.clone(), record.person.clone()]));
            if users.len() == before {
                return Ok(found);
            }
        }
    }

    /// Everything that is known of whoever has the id `user`.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn person(&self, site: u32, user: &str) -> Result<Person, Error> {
        let mut users = BTreeSet::from([user.to_owned()]);
        users.extend(self.same_users(site, users.clone()).await?.into_iter().map(|record| record.user));
        let list = texts(&users);
        let sql = format!(
            "SELECT visitor, min(user IN ({list})) = 1 AS alone FROM links WHERE site = {site} AND visitor IN \
             (SELECT visitor FROM links WHERE site = {site} AND user IN ({list})) GROUP BY visitor"
        );
        let linked: Vec<LinkedRecord> = self.of_any_length().query_raw(&sql).fetch_all().await?;
        let mut person = Person { users, ..Person::default() };
        for LinkedRecord { visitor, alone } in linked {
            let set = if alone { &mut person.visitors } else { &mut person.shared };
            set.insert(VisitorId(visitor.as_u128()));
        }
        Ok(person)
    }

    /// How many rows each table has about somebody.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn rows_about(&self, site: u32, who: &Who) -> Result<Vec<Rows>, Error> {
        let mut counted = Vec::new();
        for (table, test) in Self::tests(site, who) {
            let sql = format!("SELECT count() AS count FROM {table} WHERE site = {site} AND ({test})");
            let CountRecord { count } = self.of_any_length().query_raw(&sql).fetch_one().await?;
            counted.push(Rows { table, rows: count });
        }
        Ok(counted)
    }

    /// Deletes every row about somebody; when this returns, the rows are not in the files of the tables any more.
    /// Halves of event ids stay in `ids`: they lead to nobody, and others may share them.
    ///
    /// # Errors
    /// If the store does not answer; then doing it again goes on with what is left.
    pub async fn forget(&self, site: u32, who: &Who) -> Result<(), Error> {
        let client = self.of_any_length().with_setting("mutations_sync", "2");
        for (table, test) in Self::tests(site, who) {
            // Parts are rewritten even if nothing in them is meant.
            let count = format!("SELECT count() AS count FROM {table} WHERE site = {site} AND ({test})");
            let CountRecord { count } = client.query_raw(&count).fetch_one().await?;
            if count == 0 {
                continue;
            }
            let sql = format!("ALTER TABLE {} DELETE WHERE site = {site} AND ({test})", self.stored(table));
            client.query_raw(&sql).execute().await?;
        }
        Ok(())
    }

    /// Tables, and which of their rows are about somebody. What others are found by comes last: a deletion that is
    /// cut short can be done again.
    fn tests(site: u32, who: &Who) -> Vec<(&'static str, String)> {
        let person = match who {
            Who::Visitor(visitor) => {
                let visitor = sql::uuid(visitor.0);
                let of = format!("visitor = {visitor}");
                return vec![
                    ("raw", format!("has(visitors, {visitor})")),
                    ("steps", of.clone()),
                    ("events", of.clone()),
                    ("links", of),
                ];
            }
            Who::Person(person) => person,
        };
        let (users, alone) = (texts(&person.users), uuids(&person.visitors));
        let all: BTreeSet<VisitorId> = person.visitors.union(&person.shared).copied().collect();
        let mut events = format!("user IN ({users}) OR (user = '' AND visitor IN ({alone}))");
        if !person.shared.is_empty() {
            // Of a browser that several used, only what is this person's.
            let scope = format!("site = {site} AND user = '' AND visitor IN ({})", uuids(&person.shared));
            let own = events_by_person(site, &scope);
            events += &format!(" OR id IN (SELECT id FROM {own} WHERE person IN ({users}))");
        }
        let users_list = person.users.iter().map(|user| sql::text(user)).collect::<Vec<_>>().join(", ");
        vec![
            (
                "raw",
                format!(
                    "hasAny(users, [{users_list}]) OR arrayExists(v -> v IN ({}), visitors)",
                    uuids(&all)
                ),
            ),
            (
                "steps",
                format!(
                    "visitor IN ({alone}) OR (visitor, at, name, sequence) IN (SELECT visitor, at, name, sequence \
                     FROM events WHERE site = {site} AND ({events}))"
                ),
            ),
            ("events", events),
            ("attributes", keys_of(site, &users)),
            ("lists", keys_of(site, &users)),
            ("hashes", format!("user IN ({users})")),
            ("links", format!("user IN ({users})")),
            ("persons", format!("user IN ({users})")),
        ]
    }

    /// Statements may name many.
    pub(crate) fn of_any_length(&self) -> clickhouse::Client {
        self.client.clone().with_setting("max_query_size", "100000000")
    }
}

/// Events that pass `scope`, as a table, with the column `person`: see the module.
pub(crate) fn events_by_person(site: u32, scope: &str) -> String {
    let known = known(site);
    format!(
        "(SELECT events.*, multiIf(\
           events.user != '' AND known.is != '', known.is, \
           events.user != '', events.user, \
           empty(owners.spans), toString(events.visitor), \
           arraySort(span -> (multiIf(events.at < span.1, 1, events.at > span.2, 2, 0), \
             abs(toUnixTimestamp64Milli(events.at) - toUnixTimestamp64Milli(if(events.at < span.1, span.1, span.2))), \
             span.3), owners.spans)[1].3) AS person \
         FROM (SELECT *, day, id, received_at FROM events WHERE {scope}) AS events \
         LEFT JOIN (SELECT visitor AS of, groupArray((first, last, whose)) AS spans FROM \
           (SELECT visitor, if(known.is = '', links.user, known.is) AS whose, min(first_at) AS first, \
              max(last_at) AS last \
            FROM (SELECT visitor, user, first_at, last_at FROM links WHERE site = {site}) AS links \
            LEFT JOIN ({known}) AS known ON links.user = known.named \
            GROUP BY visitor, whose) \
           GROUP BY visitor) AS owners ON events.visitor = owners.of \
         LEFT JOIN ({known}) AS known ON events.user = known.named) AS events"
    )
}

/// Persons on an imported list, by id or keyed hash, as a query: all their ids count.
pub(crate) fn persons_on(site: u32, list: &str) -> String {
    let list = sql::text(list);
    let last = format!(
        "SELECT argMax(import, (published_at, import)) FROM imports WHERE site = {site} AND list = {list}"
    );
    let on = format!(
        "SELECT user FROM lists WHERE site = {site} AND list = {list} AND import = ({last}) AND expires_at > now('UTC')"
    );
    format!(
        "SELECT if(known.is = '', members.user, known.is) AS who FROM \
         ({on} UNION ALL SELECT user FROM hashes WHERE site = {site} AND hash IN ({on})) AS members \
         LEFT JOIN ({}) AS known ON members.user = known.named",
        known(site)
    )
}

/// Visitors that were identified as persons on an imported list, as a query.
pub(crate) fn visitors_on(site: u32, list: &str) -> String {
    format!(
        "SELECT links.visitor FROM (SELECT visitor, user FROM links WHERE site = {site}) AS links \
         LEFT JOIN ({}) AS known ON links.user = known.named \
         WHERE if(known.is = '', links.user, known.is) IN ({})",
        known(site),
        persons_on(site, list)
    )
}

/// Users that are the same as others, with the person's name, as a query.
pub(crate) fn known(site: u32) -> String {
    format!("SELECT user AS named, min(person) AS is FROM persons WHERE site = {site} GROUP BY named")
}

pub(crate) fn texts(users: &BTreeSet<String>) -> String {
    list(users.iter().map(|user| sql::text(user)))
}

pub(crate) fn uuids(visitors: &BTreeSet<VisitorId>) -> String {
    list(visitors.iter().map(|visitor| sql::uuid(visitor.0)))
}

/// A list for `IN`, which may not be empty.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "NULL".to_owned() } else { items.join(", ") }
}

/// Users that are the same, called by the smallest of them.
#[derive(Debug, Default)]
struct Groups(BTreeMap<String, String>);

impl Groups {
    fn find(&self, user: &str) -> String {
        let mut name = user;
        while let Some(next) = self.0.get(name).filter(|next| *next != name) {
            name = next;
        }
        name.to_owned()
    }

    fn join(&mut self, a: &str, b: &str) {
        for user in [a, b] {
            self.0.entry(user.to_owned()).or_insert_with(|| user.to_owned());
        }
        let (a, b) = (self.find(a), self.find(b));
        let (small, large) = if a <= b { (a, b) } else { (b, a) };
        self.0.insert(large, small);
    }

    fn all(&self) -> Vec<(String, String)> {
        self.0.keys().map(|user| (user.clone(), self.find(user))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whoever_is_connected_is_one_person_in_any_order(
            pairs in prop::collection::vec((0u8..12, 0u8..12), 0..20),
            turn in 0usize..20,
        ) {
            let name = |n: u8| format!("u{n:02}");
            let groups = |pairs: &[(u8, u8)]| {
                let mut groups = Groups::default();
                pairs.iter().for_each(|(a, b)| groups.join(&name(*a), &name(*b)));
                groups.all()
            };
            // The smallest that can be reached, found by spreading names until nothing changes.
            let mut smallest: BTreeMap<u8, u8> =
                pairs.iter().flat_map(|(a, b)| [(*a, *a), (*b, *b)]).collect();
            for _ in 0..12 {
                for (a, b) in &pairs {
                    let least = smallest[a].min(smallest[b]);
                    smallest.extend([(*a, least), (*b, least)]);
                }
            }
            let expected: Vec<_> = smallest.iter().map(|(user, least)| (name(*user), name(*least))).collect();
            prop_assert_eq!(groups(&pairs), expected.clone());
            let mut other = pairs.clone();
            other.rotate_left(turn.min(pairs.len()));
            other.iter_mut().for_each(|(a, b)| std::mem::swap(a, b));
            prop_assert_eq!(groups(&other), expected);
        }
    }
}
