//! `rating >= 4`: one column, one operator, one literal.

use anyhow::{Context, bail};
use std::cmp::Ordering;

/// A test on a column's text: by number where both sides are numbers, else by text.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The column.
    pub column: String,
    operator: &'static str,
    literal: String,
    number: Option<f64>,
}

/// Longer ones first: `<=` is not `<`.
const OPERATORS: [&str; 6] = ["!=", "<=", ">=", "=", "<", ">"];

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// If it is not of the form `column operator literal`.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let found = OPERATORS.iter().filter_map(|operator| Some((text.find(operator)?, *operator)));
        let (at, operator) = found
            .min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.len())))
            .with_context(|| format!("`{text}` has none of the operators = != < <= > >="))?;
        let column = text.get(..at).unwrap_or_default().trim().to_owned();
        let literal = text.get(at + operator.len()..).unwrap_or_default().trim();
        let unquoted = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(literal);
        if column.is_empty() || literal.is_empty() {
            bail!("`{text}` is not of the form column operator literal");
        }
        let number = if unquoted == literal { literal.parse().ok() } else { None };
        Ok(Self { column, operator, literal: unquoted.to_owned(), number })
    }

    /// Whether `value` passes.
    #[must_use]
    pub fn holds(&self, value: &str) -> bool {
        let order = match (value.trim().parse::<f64>(), self.number) {
            (Ok(value), Some(number)) => value.partial_cmp(&number),
            _ => Some(value.cmp(self.literal.as_str())),
        };
        match (self.operator, order) {
            ("=", Some(Ordering::Equal)) => true,
            ("!=", order) => order != Some(Ordering::Equal),
            ("<", Some(order)) => order.is_lt(),
            ("<=", Some(order)) => order.is_le(),
            (">", Some(order)) => order.is_gt(),
            (">=", Some(order)) => order.is_ge(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_numbers_as_numbers_and_text_as_text() {
        let check = |rule: &str, value: &str, expected: bool| {
            assert_eq!(Rule::parse(rule).unwrap().holds(value), expected, "{rule} of {value}");
        };
        check("rating >= 4", "4", true);
        check("rating >= 4", "10", true);
        check("rating <= 2", "3", false);
        check("rating<2", "1.5", true);
        check("rating != 3", "3.0", false);
        check("country = KR", "KR", true);
        check("country = \"KR\"", "US", false);
        check("country != KR", "US", true);
        check("code = \"007\"", "7", false);
        assert!(Rule::parse("rating").is_err());
        assert!(Rule::parse(">= 4").is_err());
        assert!(Rule::parse("rating >=").is_err());
    }
}
