//! One read-only statement over a site's own events.

use super::Period;
use crate::bot::Bots;
use crate::value::Value;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A statement, and what its placeholders stand for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SqlQuestion {
    /// One `SELECT` of ClickHouse's dialect over `events`, `sessions` and `people`.
    pub statement: String,
    /// What `{name:Type}` and `$name` stand for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Value>,
    /// Event time; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Whose events there are.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
    /// Most rows of the answer, 1 to 10000; 1000 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10_000))]
    pub rows: Option<u32>,
    /// Most seconds that it may take, 1 to 60; 20 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 60))]
    pub seconds: Option<u32>,
}

/// How a statement that is kept is to be run; what is left out is as it was kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RunStatement {
    /// Values of parameters instead of those that were kept.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Value>,
    /// Event time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// A column of a statement's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SqlColumn {
    /// As the statement calls it.
    pub name: String,
    /// ClickHouse's type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// One value of a statement's answer; what is not finite is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Cell {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number that is not below zero.
    Count(u64),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// Text, a time or an id.
    Text(String),
    /// An array or a tuple.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    List(Vec<Cell>),
    /// A map.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    Fields(BTreeMap<String, Cell>),
}

/// The answer to a [`SqlQuestion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SqlAnswer {
    /// In the order of the statement.
    pub columns: Vec<SqlColumn>,
    /// A value for each column.
    pub rows: Vec<Vec<Cell>>,
    /// Whether there are more rows than were asked for.
    pub truncated: bool,
    /// What the statement could see, in words.
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_keeps_every_kind_of_value() {
        let text = r#"[null,true,18446744073709551615,-5,1.5,"a",[1,["b"]],{"k":2}]"#;
        let cells: Vec<Cell> = serde_json::from_str(text).unwrap();
        assert_eq!(cells[2], Cell::Count(u64::MAX));
        assert_eq!(serde_json::to_string(&cells).unwrap(), text);
    }
}
