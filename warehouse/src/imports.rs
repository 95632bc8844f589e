//! What files say of people: attributes, and lists.
//!
//! Rows are staged under the id of their import, and seen from the moment when one row in `imports` names it: a file
//! is there whole or not at all. The last file that speaks of an attribute is right; a list is its last file. Rows
//! keep the key that the file has, a user id or a keyed hash, and `hashes` says whose hash it is: somebody who becomes
//! known later is found by what a file said before.

use crate::people::texts;
use crate::query::sql;
use crate::{Error, Warehouse};
use attune_schema::api::{Imported, PeopleList, PersonRow};
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use clickhouse::Row;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// An import that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRecord {
    /// Number of the site.
    pub site: u32,
    /// Its id.
    pub import: u128,
    /// The list that it replaced, or empty.
    pub list: String,
    /// Digest of the file.
    pub content: String,
    /// Whether its rows name people by keyed hashes.
    pub hashed: bool,
    /// Attributes that it speaks of.
    pub attributes: Vec<String>,
    /// People of whom it speaks.
    pub people: u64,
    /// When it was published; no two of a site at the same time.
    pub published_at: Timestamp,
    /// When its list expires; 0 of attributes.
    pub expires_at: Timestamp,
}

#[derive(Row, Serialize, Deserialize)]
struct PublishedRecord {
    site: u32,
    #[serde(with = "clickhouse::serde::uuid")]
    import: Uuid,
    list: String,
    content: String,
    hashed: bool,
    attributes: Vec<String>,
    people: u64,
    published_at: i64,
    expires_at: u32,
}

#[derive(Row, Serialize)]
struct AttributesRecord<'a> {
    site: u32,
    user: &'a str,
    #[serde(with = "clickhouse::serde::uuid")]
    import: Uuid,
    staged_at: u32,
    texts: Vec<(&'a str, &'a str)>,
    numbers: Vec<(&'a str, f64)>,
    flags: Vec<(&'a str, bool)>,
    removed: Vec<&'a str>,
}

#[derive(Row, Serialize)]
struct MemberRecord<'a> {
    site: u32,
    list: &'a str,
    #[serde(with = "clickhouse::serde::uuid")]
    import: Uuid,
    user: &'a str,
    staged_at: u32,
    expires_at: u32,
}

#[derive(Row, Serialize, Deserialize)]
struct HashRecord {
    site: u32,
    user: String,
    hash: String,
}

#[derive(Row, Deserialize)]
struct SaidRecord {
    #[serde(with = "clickhouse::serde::uuid")]
    import: Uuid,
    texts: Vec<(String, String)>,
    numbers: Vec<(String, f64)>,
    flags: Vec<(String, bool)>,
    removed: Vec<String>,
}

#[derive(Row, Deserialize)]
struct OnListRecord {
    #[serde(with = "clickhouse::serde::uuid")]
    import: Uuid,
}

#[derive(Row, Deserialize)]
struct UserRecord {
    user: String,
}

#[derive(Row, Deserialize)]
struct CountRecord {
    count: u64,
}

#[derive(Row, Deserialize)]
struct SizeRecord {
    people: u64,
    known: u64,
}

/// Replaced people deleted at once.
const TIDIED: u64 = 50_000;

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.0.max(0) / 1_000).unwrap_or(u32::MAX)
}

/// Users whom events name, or whose hashes are known: `key` passes.
fn is_known(site: u32, key: &str) -> String {
    format!(
        "({key} IN (SELECT user FROM links WHERE site = {site}) OR {key} IN (SELECT hash FROM hashes WHERE site = {site}))"
    )
}

impl Warehouse {
    /// Imports of a site that were published, the oldest first.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn imports(&self, site: u32) -> Result<Vec<ImportRecord>, Error> {
        let sql =
            format!("SELECT ?fields FROM imports FINAL WHERE site = {site} ORDER BY published_at, import");
        let records: Vec<PublishedRecord> = self.client.query(&sql).fetch_all().await?;
        let record = |record: PublishedRecord| ImportRecord {
            site: record.site,
            import: record.import.as_u128(),
            list: record.list,
            content: record.content,
            hashed: record.hashed,
            attributes: record.attributes,
            people: record.people,
            published_at: Timestamp(record.published_at),
            expires_at: Timestamp(i64::from(record.expires_at) * 1_000),
        };
        Ok(records.into_iter().map(record).collect())
    }

    /// Which of `keys` belong to somebody whom the site knows; with `hashed` they may be keyed hashes.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn known(&self, site: u32, hashed: bool, keys: &[&str]) -> Result<HashSet<String>, Error> {
        if keys.is_empty() {
            return Ok(HashSet::new());
        }
        // One literal with all keys: a list of literals costs more to read. Keys have no line breaks.
        let all = sql::text(&keys.join("\n"));
        let these = format!("(SELECT arrayJoin(splitByChar('\\n', {all})))");
        let mut sql = format!("SELECT DISTINCT user FROM links WHERE site = {site} AND user IN {these}");
        if hashed {
            sql.push_str(&format!(
                " UNION DISTINCT SELECT hash AS user FROM hashes WHERE site = {site} AND hash IN {these}"
            ));
        }
        let found: Vec<UserRecord> = self.of_any_length().query_raw(&sql).fetch_all().await?;
        Ok(found.into_iter().map(|record| record.user).collect())
    }

    /// At most `most` users whom events name and whose hashes are not known.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn users_without_hash(&self, site: u32, most: usize) -> Result<Vec<String>, Error> {
        let sql = format!(
            "SELECT DISTINCT user FROM links WHERE site = {site} AND user != '' AND user NOT IN \
             (SELECT user FROM hashes WHERE site = {site}) LIMIT {most}"
        );
        let found: Vec<UserRecord> = self.client.query_raw(&sql).fetch_all().await?;
        Ok(found.into_iter().map(|record| record.user).collect())
    }

    /// Keeps the hashes of users.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn insert_hashes(&self, site: u32, hashes: Vec<(String, String)>) -> Result<(), Error> {
        let mut insert = self.client.insert::<HashRecord>("hashes").await?;
        for (user, hash) in hashes {
            insert.write(&HashRecord { site, user, hash }).await?;
        }
        Ok(insert.end().await?)
    }

    /// Puts rows of an import where nobody sees them yet; the same rows again change nothing.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn stage(
        &self,
        site: u32,
        import: u128,
        list: Option<(&str, Timestamp)>,
        now: Timestamp,
        rows: &[PersonRow],
    ) -> Result<(), Error> {
        let (import, staged_at) = (Uuid::from_u128(import), seconds(now));
        if let Some((list, expires_at)) = list {
            let expires_at = seconds(expires_at);
            let mut insert = self.client.insert::<MemberRecord<'_>>("lists").await?;
            for row in rows {
                let user = row.key.as_str();
                insert.write(&MemberRecord { site, list, import, user, staged_at, expires_at }).await?;
            }
            return Ok(insert.end().await?);
        }
        let mut insert = self.client.insert::<AttributesRecord<'_>>("attributes").await?;
        for row in rows {
            let mut record = AttributesRecord {
                site,
                user: &row.key,
                import,
                staged_at,
                texts: Vec::new(),
                numbers: Vec::new(),
                flags: Vec::new(),
                removed: row.removed.iter().map(String::as_str).collect(),
            };
            for (name, value) in &row.attributes {
                match value {
                    Value::Text(text) => record.texts.push((name, text)),
                    Value::Number(number) => record.numbers.push((name, *number)),
                    Value::Bool(flag) => record.flags.push((name, *flag)),
                }
            }
            insert.write(&record).await?;
        }
        Ok(insert.end().await?)
    }

    /// People of whom rows are staged.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn staged(&self, site: u32, import: u128, list: Option<&str>) -> Result<u64, Error> {
        let import = sql::uuid(import);
        let (from, order) = match list {
            Some(list) => {
                let list = sql::text(list);
                (
                    format!("lists WHERE site = {site} AND list = {list} AND import = {import}"),
                    "site, list, import, user",
                )
            }
            None => (format!("attributes WHERE site = {site} AND import = {import}"), "site, user"),
        };
        // In the table's order: it takes no memory for each of them.
        let sql = format!(
            "SELECT count() AS count FROM (SELECT 1 FROM {from} GROUP BY {order}) \
             SETTINGS optimize_aggregation_in_order = 1, max_threads = 1"
        );
        let CountRecord { count } = self.client.query_raw(&sql).fetch_one().await?;
        Ok(count)
    }

    /// Lets an import be seen.
    ///
    /// # Errors
    /// If the store does not answer; then doing it again does it once.
    pub async fn publish(&self, record: &ImportRecord) -> Result<(), Error> {
        let mut insert = self.client.insert::<PublishedRecord>("imports").await?;
        let row = PublishedRecord {
            site: record.site,
            import: Uuid::from_u128(record.import),
            list: record.list.clone(),
            content: record.content.clone(),
            hashed: record.hashed,
            attributes: record.attributes.clone(),
            people: record.people,
            published_at: record.published_at.0,
            expires_at: seconds(record.expires_at),
        };
        insert.write(&row).await?;
        Ok(insert.end().await?)
    }

    /// Deletes what an import replaces of the imports `replaced`, and what was staged and left a day before it. Nobody
    /// sees any of it: it is only room, and may be done at any time, or again.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn tidy(&self, record: &ImportRecord, replaced: &[u128]) -> Result<(), Error> {
        let site = record.site;
        let table = if record.list.is_empty() { "attributes" } else { "lists" };
        let day_ago = seconds(record.published_at).saturating_sub(86_400);
        let left = format!(
            "staged_at < toDateTime({day_ago}, 'UTC') AND import NOT IN (SELECT import FROM imports WHERE site = {site})"
        );
        self.delete_some(table, site, &left, "").await?;
        let old: Vec<String> = replaced.iter().map(|id| sql::uuid(*id)).collect();
        if old.is_empty() {
            return Ok(());
        }
        let old = format!("import IN ({})", old.join(", "));
        if !record.list.is_empty() {
            let list = format!("list = {} AND {old}", sql::text(&record.list));
            return self.delete_some(table, site, &list, "").await;
        }
        // Each part of the table holds all these users in memory while it is rewritten: some at a time.
        let turns = 1 + record.people / TIDIED;
        let new = sql::uuid(record.import);
        for turn in 0..turns {
            let these = format!("sipHash64(user) % {turns} = {turn}");
            let again = format!(
                " AND {these} AND user IN (SELECT user FROM attributes WHERE site = {site} AND import = {new} AND {these})"
            );
            self.delete_some(table, site, &old, &again).await?;
        }
        Ok(())
    }

    /// Deletes rows that pass `test` and `more`, if any passes `test`.
    async fn delete_some(&self, table: &str, site: u32, test: &str, more: &str) -> Result<(), Error> {
        let sql = format!("SELECT count() AS count FROM {table} WHERE site = {site} AND {test}");
        let CountRecord { count } = self.of_any_length().query_raw(&sql).fetch_one().await?;
        if count > 0 {
            let sql =
                format!("ALTER TABLE {} DELETE WHERE site = {site} AND {test}{more}", self.stored(table));
            self.of_any_length().with_setting("mutations_sync", "1").query_raw(&sql).execute().await?;
        }
        Ok(())
    }

    /// Lists of a site by name, those that have expired with nobody on them.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn lists(&self, site: u32, now: Timestamp) -> Result<Vec<PeopleList>, Error> {
        let mut lists = Vec::new();
        for record in last_of_lists(self.imports(site).await?) {
            let mut list = PeopleList {
                name: record.list.clone(),
                people: 0,
                known: 0,
                imported_at: record.published_at,
                expires_at: record.expires_at,
            };
            if record.expires_at > now {
                let sql = format!(
                    "SELECT uniqExact(user) AS people, uniqExactIf(user, {}) AS known FROM lists \
                     WHERE site = {site} AND list = {} AND import = {}",
                    is_known(site, "user"),
                    sql::text(&record.list),
                    sql::uuid(record.import)
                );
                let size: SizeRecord = self.client.query_raw(&sql).fetch_one().await?;
                (list.people, list.known) = (size.people, size.known);
            }
            lists.push(list);
        }
        Ok(lists)
    }

    /// What files say of whoever has the id `user`, and of all ids that are the same person; `hash` is that of the id,
    /// which is not kept before an event names the user.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn imported(
        &self,
        site: u32,
        user: &str,
        hash: &str,
        now: Timestamp,
    ) -> Result<Imported, Error> {
        let imports = self.imports(site).await?;
        let mut users = self.person(site, user).await?.users;
        users.insert(hash.to_owned());
        let theirs = keys_of(site, &texts(&users));
        let sql = format!(
            "SELECT import, texts, numbers, flags, removed FROM attributes FINAL WHERE site = {site} AND {theirs}"
        );
        let mut said: Vec<SaidRecord> = self.of_any_length().query_raw(&sql).fetch_all().await?;
        let place = |import: Uuid| imports.iter().position(|record| record.import == import.as_u128());
        said.retain(|record| place(record.import).is_some());
        said.sort_by_key(|record| place(record.import));
        let mut attributes = BTreeMap::new();
        for record in said {
            record.removed.iter().for_each(|name| drop(attributes.remove(name)));
            attributes.extend(record.texts.into_iter().map(|(name, text)| (name, Value::Text(text))));
            attributes.extend(record.numbers.into_iter().map(|(name, number)| (name, Value::Number(number))));
            attributes.extend(record.flags.into_iter().map(|(name, flag)| (name, Value::Bool(flag))));
        }
        let current: Vec<ImportRecord> =
            last_of_lists(imports).into_iter().filter(|record| record.expires_at > now).collect();
        let sql = format!("SELECT DISTINCT import FROM lists WHERE site = {site} AND {theirs}");
        let on: Vec<OnListRecord> = self.of_any_length().query_raw(&sql).fetch_all().await?;
        let on: HashSet<u128> = on.into_iter().map(|record| record.import.as_u128()).collect();
        let lists =
            current.into_iter().filter(|record| on.contains(&record.import)).map(|record| record.list);
        Ok(Imported { attributes, lists: lists.collect() })
    }
}

/// Rows of `attributes` and `lists` about somebody with one of the ids in the list `users`.
pub(crate) fn keys_of(site: u32, users: &str) -> String {
    format!(
        "(user IN ({users}) OR user IN (SELECT hash FROM hashes WHERE site = {site} AND user IN ({users})))"
    )
}

/// Of each list, the last import.
fn last_of_lists(imports: Vec<ImportRecord>) -> Vec<ImportRecord> {
    let mut last: BTreeMap<String, ImportRecord> = BTreeMap::new();
    for record in imports.into_iter().filter(|record| !record.list.is_empty()) {
        last.insert(record.list.clone(), record);
    }
    last.into_values().collect()
}
