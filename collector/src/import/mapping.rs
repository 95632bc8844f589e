//! The mapping file (TOML), checked before the first row is read.

use super::rule::Rule;
use anyhow::{Context, bail};
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::path::Path;

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    visitor: Option<String>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    properties: Vec<String>,
    #[serde(default)]
    numbers: Vec<String>,
    time: WrittenTime,
    name: WrittenName,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTime {
    column: String,
    format: String,
    #[serde(default)]
    zone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum WrittenName {
    Column(WrittenColumn),
    Rules(Vec<WrittenRule>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenColumn {
    column: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    #[serde(default)]
    when: Option<String>,
    is: String,
}

/// How times are written.
#[derive(Debug, Clone)]
pub enum TimeFormat {
    /// Seconds since 1970, perhaps with a fraction.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMilliseconds,
    /// RFC 3339.
    Rfc3339,
    /// `strftime`, in a zone unless the text tells its offset.
    Pattern(String, TimeZone),
}

/// Where event names come from.
#[derive(Debug, Clone)]
pub enum Naming {
    /// A column.
    Column(String),
    /// The first rule that holds.
    Rules(Vec<(Option<Rule>, String)>),
}

/// A checked mapping.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Column of the visitor; without it the user stands for a browser.
    pub visitor: Option<String>,
    /// Column of the user id.
    pub user: Option<String>,
    /// Column of the session.
    pub session: Option<String>,
    /// Column of the event id.
    pub id: Option<String>,
    /// Columns that become properties.
    pub properties: Vec<String>,
    /// Columns that become properties and hold nothing but numbers.
    pub numbers: Vec<String>,
    /// Column of the time.
    pub time_column: String,
    /// How times are written.
    pub time_format: TimeFormat,
    /// Where names come from.
    pub naming: Naming,
}

impl Mapping {
    /// Reads and checks a mapping file.
    ///
    /// # Errors
    /// What is wrong with it, naming the field.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("mapping {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("mapping {}", path.display()))
    }

    /// Checks the text of a mapping file.
    ///
    /// # Errors
    /// What is wrong with it, naming the field.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let written: Written = toml::from_str(text)?;
        if written.visitor.is_none() && written.user.is_none() {
            bail!("it names neither a `visitor` nor a `user` column");
        }
        let time_format = match written.time.format.as_str() {
            "unix_s" => TimeFormat::UnixSeconds,
            "unix_ms" => TimeFormat::UnixMilliseconds,
            "rfc3339" => TimeFormat::Rfc3339,
            pattern if pattern.contains('%') => {
                let zone = written.time.zone.as_deref().unwrap_or("UTC");
                let zone = TimeZone::get(zone).with_context(|| format!("time.zone `{zone}`"))?;
                TimeFormat::Pattern(pattern.to_owned(), zone)
            }
            other => {
                bail!("time.format `{other}` is neither a strftime pattern nor unix_s, unix_ms or rfc3339")
            }
        };
        let naming = match written.name {
            WrittenName::Column(name) => Naming::Column(name.column),
            WrittenName::Rules(rules) if rules.is_empty() => bail!("name has no rule"),
            WrittenName::Rules(rules) => {
                let parse = |rule: WrittenRule| -> anyhow::Result<(Option<Rule>, String)> {
                    Ok((rule.when.as_deref().map(Rule::parse).transpose()?, rule.is))
                };
                Naming::Rules(rules.into_iter().map(parse).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self {
            visitor: written.visitor,
            user: written.user,
            session: written.session,
            id: written.id,
            properties: written.properties,
            numbers: written.numbers,
            time_column: written.time.column,
            time_format,
            naming,
        })
    }

    /// Every column the mapping needs to find in a file.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let (column, rules) = match &self.naming {
            Naming::Column(column) => (Some(column), &[][..]),
            Naming::Rules(rules) => (None, rules.as_slice()),
        };
        let ruled = rules.iter().filter_map(|(rule, _)| rule.as_ref().map(|rule| rule.column.as_str()));
        self.visitor
            .iter()
            .chain(&self.user)
            .chain([&self.time_column])
            .chain(&self.session)
            .chain(&self.id)
            .chain(&self.properties)
            .chain(&self.numbers)
            .chain(column)
            .map(String::as_str)
            .chain(ruled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_ways_of_naming() {
        let mapping = Mapping::parse(
            "visitor = \"who\"\nproperties = [\"rating\"]\n[time]\ncolumn = \"date\"\nformat = \"%Y-%m-%d %H:%M\"\n\
             zone = \"Asia/Seoul\"\n[[name]]\nwhen = \"rating >= 4\"\nis = \"happy\"\n[[name]]\nis = \"other\"\n",
        )
        .unwrap();
        assert_eq!(mapping.columns().collect::<Vec<_>>(), ["who", "date", "rating", "rating"]);
        let mapping = Mapping::parse(
            "visitor = \"a\"\n[time]\ncolumn = \"t\"\nformat = \"unix_s\"\n[name]\ncolumn = \"e\"\n",
        )
        .unwrap();
        assert!(matches!(mapping.naming, Naming::Column(column) if column == "e"));
    }

    #[test]
    fn says_what_is_wrong() {
        let check = |time: &str, name: &str| {
            let text = format!("visitor = \"a\"\n[time]\ncolumn = \"t\"\n{time}\n{name}\n");
            format!("{:#}", Mapping::parse(&text).unwrap_err())
        };
        assert!(check("format = \"iso\"", "[name]\ncolumn = \"e\"").contains("time.format `iso`"));
        assert!(
            check("format = \"%Y\"\nzone = \"Mars/Base\"", "[name]\ncolumn = \"e\"")
                .contains("time.zone `Mars/Base`")
        );
        assert!(
            check("format = \"unix_s\"", "[[name]]\nwhen = \"rating about 4\"\nis = \"x\"")
                .contains("rating about 4")
        );
        assert!(check("format = \"unix_s\"\nspeed = 1", "[name]\ncolumn = \"e\"").contains("speed"));
        let nobody = Mapping::parse("[time]\ncolumn = \"t\"\nformat = \"unix_s\"\n[name]\ncolumn = \"e\"\n");
        assert!(nobody.unwrap_err().to_string().contains("neither a `visitor` nor a `user`"));
    }
}
