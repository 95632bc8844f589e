//! What a statement may read: a few tables that are made of the site's own rows, and the columns that are labelled.

use crate::Error;
use crate::query::bots::Scope;
use crate::query::sql;
use attune_schema::bot::Bots;
use attune_schema::event::name;
use attune_schema::question::Period;
use std::collections::BTreeSet;

/// What a caller may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Ids of people, browsers and sessions, not only how many there are.
    pub people: bool,
    /// Declared attributes of people.
    pub attributes: BTreeSet<String>,
    /// Those of them that are labelled `server-only`, if the caller may not see these.
    pub hidden: BTreeSet<String>,
}

/// Columns that tell who somebody is.
const IDENTIFYING: [&str; 4] = ["visitor", "user", "session", "id"];

/// Columns that no statement sees: they are there to tell bots.
const WITHHELD: [&str; 4] = ["address", "user_agent", "bot_reason", "batch"];

/// Columns of `events` as they are stored; maps and the class of bots are made.
const EVENTS: [&str; 34] = [
    "id",
    "name",
    "day",
    "at",
    "received_at",
    "visitor",
    "user",
    "session",
    "sequence",
    "url",
    "title",
    "referrer",
    "device",
    "device_brand",
    "device_model",
    "browser",
    "browser_version",
    "os",
    "os_version",
    "locale",
    "country",
    "channel",
    "source",
    "search_term",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "library",
    "skew_ms",
    "clock_corrected",
    "bot",
    "texts",
    "numbers",
    "flags",
];

/// Columns of `sessions`.
const SESSIONS: [&str; 17] = [
    "session",
    "visitor",
    "user",
    "began_at",
    "ended_at",
    "seconds",
    "events",
    "pages",
    "entry",
    "exit",
    "channel",
    "source",
    "device",
    "browser",
    "country",
    "utm_source",
    "utm_campaign",
];

/// Tables by the names that statements call them.
pub(super) struct Views<'a> {
    pub(super) access: &'a Access,
    scope: String,
    class: String,
    site: u32,
}

impl<'a> Views<'a> {
    pub(super) fn new(
        of: Scope<'_>,
        access: &'a Access,
        period: Option<Period>,
        bots: Bots,
    ) -> Result<Self, Error> {
        let scope = format!("site = {}{}{}", of.site, sql::period(period, true)?, of.filter(bots)?);
        Ok(Self { access, scope, class: of.class()?, site: of.site })
    }

    /// The table called `name`, as a query of its own; the database is named, so that nothing in a statement can
    /// stand in its way.
    pub(super) fn table(&self, name: &str) -> Option<String> {
        match name {
            "events" => Some(self.events()),
            "sessions" => Some(self.sessions()),
            "people" => Some(self.people()),
            _ => None,
        }
    }

    fn events(&self) -> String {
        let column = |name: &&str| match *name {
            "bot" => format!("toString({}) AS bot", self.class),
            "texts" | "numbers" | "flags" if !self.access.hidden.is_empty() => {
                // `identify` writes attributes into an event's properties.
                let hidden: Vec<String> = self.access.hidden.iter().map(|name| sql::text(name)).collect();
                format!("mapFilter((k, v) -> k NOT IN ({}), {name}) AS {name}", hidden.join(", "))
            }
            name => name.to_owned(),
        };
        let columns: Vec<String> = EVENTS.iter().map(column).collect();
        format!(
            "(SELECT {} FROM attune.events WHERE {} SETTINGS prefer_column_name_to_alias = 1)",
            columns.join(", "),
            self.scope
        )
    }

    fn sessions(&self) -> String {
        let first = |column: &str| format!("argMin(toString({column}), (at, sequence)) AS {column}");
        let columns =
            ["channel", "source", "device", "browser", "country", "utm_source", "utm_campaign"].map(first);
        let viewed = format!("name = '{}'", name::PAGE_VIEWED);
        format!(
            "(SELECT session, any(visitor) AS visitor, max(user) AS user, min(at) AS began_at, max(at) AS ended_at, \
             intDiv(dateDiff('millisecond', began_at, ended_at), 1000) AS seconds, count() AS events, \
             countIf({viewed}) AS pages, \
             argMinIf(cutQueryStringAndFragment(url), (at, sequence), {viewed}) AS entry, \
             argMaxIf(cutQueryStringAndFragment(url), (at, sequence), {viewed}) AS exit, {} \
             FROM attune.events WHERE {} GROUP BY session SETTINGS prefer_column_name_to_alias = 1)",
            columns.join(", "),
            self.scope
        )
    }

    /// What files say of people: for each attribute, the last file that speaks of it.
    fn people(&self) -> String {
        let site = self.site;
        let visible = self.access.attributes.difference(&self.access.hidden);
        let columns: String = visible
            .filter(|name| *name != "user")
            .map(|name| {
                let (value, key) = (sql::property_text(name), sql::text(name));
                let speaks = format!("{} OR has(removed, {key})", sql::has_property(name));
                format!(", argMaxIf({value}, (published, import), {speaks}) AS {}", quoted(name))
            })
            .collect();
        format!(
            "(SELECT if(known = '', key, known) AS user{columns} FROM \
             (SELECT user AS key, import, texts, numbers, flags, removed FROM attune.attributes FINAL WHERE site = {site}) AS said \
             INNER JOIN (SELECT import, max(published_at) AS published FROM attune.imports WHERE site = {site} AND list = '' \
             GROUP BY import) AS files USING (import) \
             LEFT JOIN (SELECT hash, any(user) AS known FROM attune.hashes WHERE site = {site} GROUP BY hash) AS hashes \
             ON said.key = hashes.hash GROUP BY user)"
        )
    }

    /// Refuses a column that the caller may not see, by its name, wherever it is named.
    pub(super) fn check_column(&self, column: &str, counted: bool) -> Result<(), Error> {
        let refuse = |why: &str| Err(Error::Question(format!("column `{column}` {why}")));
        if WITHHELD.contains(&column) {
            return refuse("is kept to tell bots, and for nothing else");
        }
        if IDENTIFYING.contains(&column) && !self.access.people && !counted {
            return refuse("tells who somebody is, which you may not see: count it, as in uniq(visitor)");
        }
        let elsewhere = EVENTS.contains(&column) || SESSIONS.contains(&column);
        if self.access.hidden.contains(column) && !elsewhere {
            return refuse("is labelled `server-only`, which you may not see");
        }
        Ok(())
    }

    /// Refuses an attribute named as a key of a map.
    pub(super) fn check_key(&self, key: &str) -> Result<(), Error> {
        if self.access.hidden.contains(key) {
            let message =
                format!("property `{key}` is an attribute labelled `server-only`, which you may not see");
            return Err(Error::Question(message));
        }
        Ok(())
    }

    /// Refuses `*` of a table with columns that the caller may not see.
    pub(super) fn check_all(&self, table: &str) -> Result<(), Error> {
        if self.access.people {
            return Ok(());
        }
        Err(Error::Question(format!(
            "`*` of `{table}` holds columns that tell who somebody is, which you may not see: name the columns"
        )))
    }
}

/// A name as the engine takes it whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    out.push('`');
    for c in name.chars() {
        if matches!(c, '`' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('`');
    out
}
