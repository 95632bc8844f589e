//! One record → one event, with an id that is the same whenever the same row is read again.

use super::key::personal;
use super::mapping::{Mapping, Naming, TimeFormat};
use super::reader::Record;
use anyhow::{Context, bail};
use attune_schema::api::ImportRow;
use attune_schema::id::{EventId, SessionId, VisitorId, digest};
use attune_schema::limits;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use jiff::civil::DateTime;
use std::collections::{BTreeMap, HashMap};

/// Turns the records of one file into events.
///
/// Two equal rows of a file are two events: the second is the second *of its kind*, in this file and in every
/// other copy of it, so that a file that has grown adds only what is new.
pub struct Rows<'a> {
    mapping: &'a Mapping,
    seen: HashMap<u128, u32>,
}

impl<'a> Rows<'a> {
    /// For the records of one file.
    #[must_use]
    pub fn new(mapping: &'a Mapping) -> Self {
        Self { mapping, seen: HashMap::new() }
    }

    /// The event of `record`.
    ///
    /// # Errors
    /// Why the record is not an event.
    pub fn event(&mut self, record: &Record) -> anyhow::Result<ImportRow> {
        let mapping = self.mapping;
        let column = |name: &str| record.get(name).map(String::as_str).unwrap_or_default();
        let user = mapping.user.as_deref().map(column).unwrap_or_default();
        if let Some(name) = &mapping.user {
            if user.is_empty() && mapping.visitor.is_none() {
                bail!("column `{name}` names no user");
            }
            if user.len() > limits::ID_BYTES {
                bail!("column `{name}`: a user id has at most {} bytes", limits::ID_BYTES);
            }
            if let Some(personal) = personal(user) {
                bail!("column `{name}`: {}", personal.why());
            }
        }
        let own = mapping.visitor.as_deref().map(column).unwrap_or_default();
        let visitor =
            if own.is_empty() && !user.is_empty() { format!("user:{user}") } else { own.to_owned() };
        if visitor.is_empty() || visitor.len() > limits::ID_BYTES {
            bail!("column `{}` names no visitor", mapping.visitor.as_deref().unwrap_or_default());
        }
        let at = time(&mapping.time_format, column(&mapping.time_column)).with_context(|| {
            format!("column `{}`: `{}`", mapping.time_column, clip(column(&mapping.time_column)))
        })?;
        let name = match &mapping.naming {
            Naming::Column(name) => column(name),
            Naming::Rules(rules) => rules
                .iter()
                .find(|(rule, _)| rule.as_ref().is_none_or(|rule| rule.holds(column(&rule.column))))
                .map(|(_, name)| name.as_str())
                .context("no name rule holds")?,
        };
        if name.is_empty() || name.len() > limits::NAME_BYTES {
            bail!("the event name `{}` is empty or longer than {} bytes", clip(name), limits::NAME_BYTES);
        }
        let session = mapping.session.as_deref().map(column).filter(|session| !session.is_empty());
        let mut properties: BTreeMap<String, Value> =
            mapping.properties.iter().filter_map(|name| Some((name.clone(), value(column(name))?))).collect();
        for name in mapping.numbers.iter().filter(|name| !column(name).trim().is_empty()) {
            let number = column(name).trim().parse().ok().and_then(Value::number);
            let number =
                number.with_context(|| format!("column `{name}`: `{}` is no number", clip(column(name))))?;
            properties.insert(name.clone(), number);
        }
        let id = match &mapping.id {
            Some(name) if column(name).is_empty() => bail!("column `{name}` has no id"),
            Some(name) => EventId::from_text(column(name)),
            None => self.content_id([&visitor, user], session.unwrap_or_default(), at, name, &properties),
        };
        let stands_for = own.is_empty().then(|| VisitorId::from_text(&visitor).to_string());
        let session = session.or(stands_for.as_deref()).unwrap_or(&visitor);
        Ok(ImportRow {
            id,
            name: name.to_owned(),
            at,
            visitor: VisitorId::from_text(&visitor),
            user: user.to_owned(),
            session: SessionId::from_text(session),
            properties,
        })
    }

    fn content_id(
        &mut self,
        [visitor, user]: [&str; 2],
        session: &str,
        at: Timestamp,
        name: &str,
        properties: &BTreeMap<String, Value>,
    ) -> EventId {
        let mut text = format!("{visitor}\0{session}\0{}\0{name}", at.0);
        for (name, value) in properties {
            text.push_str(&format!("\0{name}\0{value:?}"));
        }
        // As it always was where nobody is named.
        if !user.is_empty() {
            text.push_str(&format!("\0\0{user}"));
        }
        let count = self.seen.entry(digest("import", &text)).or_insert(0);
        *count += 1;
        text.push_str(&format!("\0{count}"));
        // A version 8 UUID that sorts by time, as our clients' ids do.
        let hash = digest("import", &text) & ((1 << 80) - 1);
        let time = (at.0.max(0) as u128) << 80;
        EventId((time | (hash & !(0xf000 << 64) & !(0xc << 60))) | (0x8000 << 64) | (0x8 << 60))
    }
}

fn clip(text: &str) -> String {
    text.chars().take(40).collect()
}

fn time(format: &TimeFormat, text: &str) -> anyhow::Result<Timestamp> {
    let ms = match format {
        TimeFormat::UnixMilliseconds => text.trim().parse::<i64>()?,
        TimeFormat::UnixSeconds => match text.trim().parse::<i64>() {
            Ok(seconds) => seconds.checked_mul(1_000).context("out of range")?,
            Err(_) => {
                let seconds: f64 = text.trim().parse()?;
                if seconds.abs() >= 1e15 || seconds.is_nan() {
                    bail!("out of range");
                }
                (seconds * 1_000.0).round() as i64
            }
        },
        TimeFormat::Rfc3339 => text.trim().parse::<jiff::Timestamp>()?.as_millisecond(),
        TimeFormat::Pattern(pattern, zone) => {
            let parsed = jiff::fmt::strtime::parse(pattern, text)?;
            match parsed.to_timestamp() {
                Ok(timestamp) => timestamp.as_millisecond(),
                Err(_) => {
                    let civil: DateTime =
                        parsed.to_datetime().or_else(|_| parsed.to_date().map(|date| date.at(0, 0, 0, 0)))?;
                    civil.to_zoned(zone.clone())?.timestamp().as_millisecond()
                }
            }
        }
    };
    Ok(Timestamp(ms))
}

/// The value of a property or attribute: nothing for an empty text, a number or truth value where it is written as one.
pub fn value(text: &str) -> Option<Value> {
    match text {
        "" => None,
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        text => {
            let number =
                text.parse::<f64>().ok().filter(|number| number.to_string() == text).and_then(Value::number);
            Some(number.unwrap_or_else(|| Value::Text(text.chars().take(limits::TEXT_BYTES / 4).collect())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn record(fields: &[(&str, &str)]) -> Record {
        fields.iter().map(|(name, text)| (Arc::from(*name), (*text).to_owned())).collect()
    }

    fn mapping(time: &str) -> Mapping {
        Mapping::parse(&format!(
            "visitor = \"who\"\nproperties = [\"n\"]\n[time]\ncolumn = \"t\"\n{time}\n[name]\ncolumn = \"e\"\n"
        ))
        .unwrap()
    }

    #[test]
    fn equal_rows_are_two_events_and_the_same_two_again() {
        let mapping = mapping("format = \"unix_s\"");
        let row = record(&[("who", "7"), ("t", "100"), ("e", "a"), ("n", "1")]);
        let ids = |count: usize| -> Vec<EventId> {
            let mut rows = Rows::new(&mapping);
            (0..count).map(|_| rows.event(&row).unwrap().id).collect()
        };
        let two = ids(2);
        assert_ne!(two[0], two[1]);
        assert_eq!(ids(3)[..2], two);
    }

    #[test]
    fn times_are_read_in_their_zone() {
        let check = |format: &str, text: &str, ms: i64| {
            let mapping = mapping(format);
            let event = Rows::new(&mapping).event(&record(&[("who", "7"), ("t", text), ("e", "a")])).unwrap();
            assert_eq!(event.at.0, ms, "{format} {text}");
        };
        check("format = \"%Y-%m-%d %H:%M\"", "1970-01-02 00:01", 86_460_000);
        check("format = \"%Y-%m-%d %H:%M\"\nzone = \"Asia/Seoul\"", "1970-01-01 09:00", 0);
        check("format = \"%Y-%m-%dT%H:%M:%S%z\"", "1970-01-01T09:00:00+0900", 0);
        check("format = \"%Y-%m-%d\"", "1970-01-02", 86_400_000);
        check("format = \"rfc3339\"", "1970-01-01T00:00:01.5Z", 1_500);
        check("format = \"unix_s\"", "1.25", 1_250);
        check("format = \"unix_ms\"", "-5", -5);
    }

    #[test]
    fn a_row_that_is_not_an_event_says_why() {
        let mapping = mapping("format = \"unix_s\"");
        let why = |fields: &[(&str, &str)]| {
            format!("{:#}", Rows::new(&mapping).event(&record(fields)).unwrap_err())
        };
        assert!(why(&[("t", "1"), ("e", "a")]).contains("`who` names no visitor"));
        assert!(why(&[("who", "7"), ("t", "soon"), ("e", "a")]).contains("`t`: `soon`"));
        assert!(why(&[("who", "7"), ("t", "1"), ("e", "")]).contains("event name"));
    }

    #[test]
    fn a_row_of_a_user_is_the_event_that_their_server_would_have_sent() {
        let mapping = Mapping::parse(
            "user = \"who\"\nproperties = [\"shop\"]\nnumbers = [\"amount\"]\n[time]\ncolumn = \"t\"\n\
             format = \"unix_ms\"\n[[name]]\nis = \"transaction_made\"\n",
        )
        .unwrap();
        let row = |user: &str, amount: &str| {
            Rows::new(&mapping).event(&record(&[
                ("who", user),
                ("t", "5"),
                ("amount", amount),
                ("shop", "12"),
            ]))
        };
        let row_of = row("cust_1", "12.30").unwrap();
        let body = serde_json::json!({ "events": [{
            "id": "x", "name": "transaction_made", "at": 5, "user": "cust_1", "properties": { "amount": 12.3 },
        }]});
        let sent = crate::foreign::server::translate(&body, Timestamp(9)).unwrap().messages.remove(0);
        let event = sent.event.unwrap();
        assert_eq!(
            (row_of.visitor, row_of.session, &row_of.user),
            (event.visitor, event.session, &sender(&body))
        );
        assert_eq!(row_of.properties["amount"], Value::Number(12.3));
        assert!(!row("cust_1", "").unwrap().properties.contains_key("amount"));
        let why = |user: &str, amount: &str| format!("{:#}", row(user, amount).unwrap_err());
        assert!(why("cust_1", "12,30").contains("column `amount`: `12,30` is no number"));
        assert!(why("", "1").contains("column `who` names no user"));
        let address = why("kim@bank.test", "1");
        assert!(address.contains("looks like an e-mail address") && !address.contains("kim"), "{address}");
        assert_ne!(row("cust_2", "1").unwrap().id, row("cust_3", "1").unwrap().id);
    }

    fn sender(body: &serde_json::Value) -> String {
        crate::foreign::server::translate(body, Timestamp(9)).unwrap().messages.remove(0).sender.user
    }

    #[test]
    fn values_keep_what_a_number_would_lose() {
        assert_eq!(value("4"), Some(Value::Number(4.0)));
        assert_eq!(value("007"), Some("007".into()));
        assert_eq!(value("1e5"), Some("1e5".into()));
        assert_eq!(value("-0.5"), Some(Value::Number(-0.5)));
        assert_eq!(value("nan"), Some("nan".into()));
        assert_eq!(value(""), None);
    }
}
