//! What people like somebody choose: a group by imported attributes, and what its people did.
//!
//! A group, and an item within one, is told only if it has enough people. A group that is too small loses its last
//! condition, and then the one before.

use super::bots::Scope;
use super::{sql, words};
use crate::imports::ImportRecord;
use crate::people::{events_by_person, known};
use crate::{Error, Warehouse};
use attune_schema::question::{Peer, Popular, PopularAnswer, PopularQuestion};
use attune_schema::value::Value;
use clickhouse::Row;
use serde::Deserialize;

/// Most conditions, and most values of one.
const PEERS: usize = 8;
const VALUES: usize = 50;
/// Fewest people of a group that a question may ask for, and what it asks for if it does not say.
const FLOOR: u64 = 10;
const USUAL: u64 = 100;
/// Most items, and items if the question does not say.
const ITEMS: u32 = 100;
const USUAL_ITEMS: u32 = 10;

#[derive(Row, Deserialize)]
struct SizesRow {
    everybody: u64,
    /// Those who have the first in common, the first two, and so on.
    groups: Vec<u64>,
}

#[derive(Row, Deserialize)]
struct ItemRow {
    item: String,
    people: u64,
    everywhere: u64,
    untold: u64,
}

impl Warehouse {
    /// Answers what is chosen most among people who have something in common.
    ///
    /// # Errors
    /// A question that cannot be asked, fewer people than a group must have, or if the store does not answer.
    pub async fn popular(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &PopularQuestion,
    ) -> Result<PopularAnswer, Error> {
        let scope = scope.into();
        let (k, limit) = (question.k.unwrap_or(USUAL), question.limit.unwrap_or(USUAL_ITEMS));
        check(question, k, limit)?;
        let imports = self.imports(scope.site).await?;
        let grades = grades(scope.site, &imports, &question.peers);
        let groups: Vec<String> =
            (1..=question.peers.len()).map(|count| format!("countIf({})", all(count))).collect();
        let sizes =
            format!("SELECT count() AS everybody, [{}] AS groups FROM (\n{grades}\n)", groups.join(", "));
        let sizes = self.ask::<SizesRow>(&sizes).await?;
        let Some(SizesRow { everybody, groups }) = sizes.rows.into_iter().next() else {
            return Err(too_few(k));
        };
        let common = groups.iter().take_while(|size| **size >= k).count();
        let group = if common == 0 { everybody } else { groups.get(common - 1).copied().unwrap_or_default() };
        if group < k {
            return Err(too_few(k));
        }
        let item = question.item.as_deref().unwrap_or("item");
        let within = format!(
            "site = {} AND {}{}{}",
            scope.site,
            sql::which(&question.event)?,
            sql::period(question.period, true)?,
            scope.filter(question.bots)?
        );
        let name = sql::property_text(item);
        let sql = format!(
            "WITH grades AS (\n{grades}\n)\nSELECT item, people, everywhere, untold FROM (\n  SELECT item, people, everywhere, \
             countIf(people > 0 AND people < {FLOOR}) OVER () AS untold\n  FROM (\n    SELECT {name} AS item, \
             uniqExactIf(person, person IN (SELECT who FROM grades WHERE {})) AS people, uniqExact(person) AS everywhere\n    \
             FROM {}\n    WHERE person IN (SELECT who FROM grades) AND item != ''\n    GROUP BY item\n  )\n)\n\
             WHERE people >= {FLOOR}\nORDER BY people DESC, item\nLIMIT {limit}",
            all(common),
            events_by_person(scope.site, &within),
        );
        let answered = self.ask::<ItemRow>(&sql).await?;
        let untold = answered.rows.first().map_or(0, |row| row.untold);
        let share = |people: u64, of: u64| people as f64 / of as f64;
        let items = answered.rows.into_iter().map(|row| Popular {
            share: share(row.people, group),
            lift: share(row.people, group) / share(row.everywhere, everybody),
            item: row.item,
            people: row.people,
        });
        let names = |peers: &[Peer]| peers.iter().map(|peer| peer.attribute.clone()).collect();
        let (kept, given_up) = question.peers.split_at(common);
        Ok(PopularAnswer {
            group,
            common: names(kept),
            widened: names(given_up),
            items: items.collect(),
            untold,
            definition: definition(question, item, k),
            sql,
            rows_read: sizes.rows_read + answered.rows_read,
            elapsed_ms: sizes.elapsed_ms + answered.elapsed_ms,
        })
    }
}

/// Says no number: how many there are is what must not be told.
fn too_few(k: u64) -> Error {
    Error::Question(format!(
        "files say these attributes of fewer than {k} people, who must not be told apart"
    ))
}

fn check(question: &PopularQuestion, k: u64, limit: u32) -> Result<(), Error> {
    let peers = question.peers.len();
    if !(1..=PEERS).contains(&peers) {
        return Err(Error::Question(format!("there are 1 to {PEERS} `peers`, not {peers}")));
    }
    for Peer { attribute, is } in &question.peers {
        if !(1..=VALUES).contains(&is.len()) {
            let values = is.len();
            return Err(Error::Question(format!(
                "`{attribute}` is one of 1 to {VALUES} values, not {values}"
            )));
        }
    }
    if k < FLOOR {
        return Err(Error::Question(format!("`k` is at least {FLOOR}, not {k}")));
    }
    if !(1..=ITEMS).contains(&limit) {
        return Err(Error::Question(format!("`limit` is 1 to {ITEMS}, not {limit}")));
    }
    Ok(())
}

/// Whether somebody has the first `count` in common.
fn all(count: usize) -> String {
    let passes: Vec<String> = (0..count).map(|index| format!("p{index}")).collect();
    if passes.is_empty() { "1".to_owned() } else { passes.join(" AND ") }
}

/// Everybody of whom a published file says one of the attributes, with whether each is as asked: by the last file that
/// speaks of it.
fn grades(site: u32, imports: &[ImportRecord], peers: &[Peer]) -> String {
    let order: Vec<String> = imports.iter().map(|record| sql::uuid(record.import)).collect();
    let order = format!("CAST([{}], 'Array(UUID)')", order.join(", "));
    let speaks = |peer: &Peer| {
        let key = sql::text(&peer.attribute);
        format!(
            "(mapContains(texts, {key}) OR mapContains(numbers, {key}) OR mapContains(flags, {key}) OR has(removed, {key}))"
        )
    };
    let passes: Vec<String> = (0..)
        .zip(peers)
        .map(|(index, peer): (usize, _)| {
            format!("argMaxIf({}, place, {}) AS p{index}", is_one_of(peer), speaks(peer))
        })
        .collect();
    let any: Vec<String> = peers.iter().map(speaks).collect();
    format!(
        "  SELECT if(known.is = '', said.owner, known.is) AS who, {}\n  FROM (\n    SELECT if(hashes.user != '', \
         hashes.user, attributes.user) AS owner, texts, numbers, flags, removed, indexOf({order}, import) AS place\n    \
         FROM (SELECT * FROM attributes FINAL WHERE site = {site}) AS attributes\n    \
         LEFT JOIN (SELECT user, hash FROM hashes FINAL WHERE site = {site}) AS hashes ON attributes.user = hashes.hash\n  ) \
         AS said\n  LEFT JOIN ({}) AS known ON said.owner = known.named\n  WHERE place > 0 AND ({})\n  GROUP BY who",
        passes.join(", "),
        known(site),
        any.join(" OR ")
    )
}

/// Whether an attribute has one of the values; an attribute is a text, a number or a flag.
fn is_one_of(Peer { attribute, is }: &Peer) -> String {
    let key = sql::text(attribute);
    let list = |kind: fn(&Value) -> Option<String>| is.iter().filter_map(kind).collect::<Vec<_>>().join(", ");
    let texts = list(|value| value.as_text().map(sql::text));
    let numbers = list(|value| value.as_number().map(|number| format!("{number:?}")));
    let flags = list(|value| match value {
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    });
    let tests = [("texts", texts), ("numbers", numbers), ("flags", flags)].into_iter();
    let tests = tests.filter(|(_, values)| !values.is_empty());
    let tests =
        tests.map(|(map, values)| format!("(mapContains({map}, {key}) AND {map}[{key}] IN ({values}))"));
    format!("({})", tests.collect::<Vec<_>>().join(" OR "))
}

fn definition(question: &PopularQuestion, item: &str, k: u64) -> String {
    let peers: Vec<String> = question
        .peers
        .iter()
        .map(|peer| {
            let values: Vec<String> = peer.is.iter().map(words::value).collect();
            format!("`{}` is {}", peer.attribute, words::list(&values, "or"))
        })
        .collect();
    let what = words::events(&question.event.event, &question.event.filters);
    [
        format!(
            "The group is the people of whom the last file that speaks of it says that {}.",
            words::list(&peers, "and")
        ),
        format!(
            "A group of fewer than {k} people gives up its last condition, and then the one before; without any it is everybody \
             of whom files say one of these attributes."
        ),
        format!(
            "An item is what the property `{item}` of {what} names; it counts once a person. What fewer than {FLOOR} of the group \
             chose is not told."
        ),
        "Lift compares the share with that of everybody.".to_owned(),
        words::period(question.period),
        words::bots(question.bots),
    ]
    .join(" ")
}
