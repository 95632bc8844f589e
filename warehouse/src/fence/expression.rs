//! Expressions: values, functions of them, and subqueries.

use super::select::Writer;
use super::views::quoted;
use super::{names, refuse};
use crate::Error;
use crate::query::sql;
use attune_schema::value::Value as Given;
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DataType, DateTimeField, Expr, Function,
    FunctionArg, FunctionArgExpr, FunctionArguments, Interval, Subscript, TrimWhereField, TypedString,
    UnaryOperator, Value,
};
use sqlparser::dialect::ClickHouseDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// Whether an expression is known beforehand: it names no column. In ClickHouse a name in a list is a table's.
pub(super) fn constant(expression: &Expr) -> bool {
    match expression {
        Expr::Value(_) | Expr::TypedString(_) => true,
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } => constant(inner),
        Expr::Cast { expr, .. } => constant(expr),
        Expr::Interval(Interval { value, .. }) => constant(value),
        Expr::BinaryOp { left, right, .. } => constant(left) && constant(right),
        Expr::Tuple(items) => items.iter().all(constant),
        Expr::Array(array) => array.elem.iter().all(constant),
        Expr::Function(Function { args: FunctionArguments::List(list), .. }) => list.args.iter().all(|arg| {
            matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) if constant(expression))
        }),
        _ => false,
    }
}

impl Writer<'_> {
    pub(super) fn expression(&mut self, expression: &Expr) -> Result<String, Error> {
        self.deeper(|writer| writer.write(expression))
    }

    fn write(&mut self, expression: &Expr) -> Result<String, Error> {
        match expression {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => self.column(expression, false),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Expr::Value(value) => self.value(&value.value),
            Expr::Nested(inner) => Ok(format!("({})", self.expression(inner)?)),
            Expr::BinaryOp { .. } => self.chain(expression),
            Expr::UnaryOp { op, expr } => {
                let op = match op {
                    UnaryOperator::Plus => "+",
                    UnaryOperator::Minus => "-",
                    UnaryOperator::Not => "NOT ",
                    other => return refuse(format!("operator `{other}` is not understood")),
                };
                Ok(format!("({op}({}))", self.expression(expr)?))
            }
            Expr::IsNull(inner) => Ok(format!("isNull({})", self.expression(inner)?)),
            Expr::IsNotNull(inner) => Ok(format!("isNotNull({})", self.expression(inner)?)),
            Expr::InList { expr, list, negated } => {
                if let Some(other) = list.iter().find(|item| !constant(item)) {
                    return refuse(format!(
                        "`{other}` in the list of IN is not known beforehand: write a value, or IN (SELECT …)"
                    ));
                }
                let expr = self.expression(expr)?;
                let list = self.list(list)?;
                Ok(format!("({expr} {}IN ({list}))", not(*negated)))
            }
            Expr::InSubquery { expr, subquery, negated } => {
                let expr = self.expression(expr)?;
                Ok(format!("({expr} {}IN ({}))", not(*negated), self.query(subquery)?))
            }
            Expr::Exists { subquery, negated } => {
                Ok(format!("({}EXISTS ({}))", not(*negated), self.query(subquery)?))
            }
            Expr::Subquery(query) => Ok(format!("({})", self.query(query)?)),
            Expr::Between { expr, negated, low, high } => {
                let (expr, low, high) =
                    (self.expression(expr)?, self.expression(low)?, self.expression(high)?);
                Ok(format!("({expr} {}BETWEEN {low} AND {high})", not(*negated)))
            }
            Expr::Like { negated, any, expr, pattern, escape_char }
            | Expr::ILike { negated, any, expr, pattern, escape_char } => {
                if *any || escape_char.is_some() {
                    return refuse("LIKE ANY and ESCAPE are not understood");
                }
                let like = if matches!(expression, Expr::ILike { .. }) { "ILIKE" } else { "LIKE" };
                let (expr, pattern) = (self.expression(expr)?, self.expression(pattern)?);
                Ok(format!("({expr} {}{like} {pattern})", not(*negated)))
            }
            Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                let mut sql = String::from("CASE");
                if let Some(operand) = operand {
                    sql.push_str(&format!(" {}", self.expression(operand)?));
                }
                for CaseWhen { condition, result } in conditions {
                    let (condition, result) = (self.expression(condition)?, self.expression(result)?);
                    sql.push_str(&format!(" WHEN {condition} THEN {result}"));
                }
                if let Some(result) = else_result {
                    sql.push_str(&format!(" ELSE {}", self.expression(result)?));
                }
                Ok(sql + " END")
            }
            Expr::Tuple(items) => Ok(format!("tuple({})", self.list(items)?)),
            Expr::Array(array) => Ok(format!("[{}]", self.list(&array.elem)?)),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Function(function) => self.function(function),
            other => self.special(other),
        }
    }

    /// What has a syntax of its own, written as the function that it is.
    fn special(&mut self, expression: &Expr) -> Result<String, Error> {
        match expression {
            Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, format: None } => {
                let kind = data_type_of(data_type)?;
                Ok(format!("CAST({}, {})", self.expression(expr)?, sql::text(&kind)))
            }
            Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax: _ }) => {
                let kind = data_type_of(data_type)?;
                Ok(format!("CAST({}, {})", self.value(&value.value)?, sql::text(&kind)))
            }
            Expr::Interval(Interval {
                value,
                leading_field: Some(field),
                leading_precision: None,
                last_field: None,
                fractional_seconds_precision: None,
            }) => Ok(format!("INTERVAL {} {}", self.expression(value)?, unit(field)?)),
            Expr::Extract { field, syntax: _, expr } => {
                Ok(format!("EXTRACT({} FROM {})", unit(field)?, self.expression(expr)?))
            }
            Expr::Ceil { expr, field } | Expr::Floor { expr, field } => {
                let name = if matches!(expression, Expr::Ceil { .. }) { "ceil" } else { "floor" };
                let expr = self.expression(expr)?;
                match field {
                    CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => Ok(format!("{name}({expr})")),
                    CeilFloorKind::Scale(scale) => {
                        Ok(format!("{name}({expr}, {})", self.value(&scale.value)?))
                    }
                    CeilFloorKind::DateTimeField(field) => {
                        refuse(format!("`{name}` to {field} is not understood"))
                    }
                }
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for, special: _, shorthand: _ } => {
                let (expr, from) = (self.expression(expr)?, self.expression(from)?);
                match substring_for {
                    Some(length) => Ok(format!("substring({expr}, {from}, {})", self.expression(length)?)),
                    None => Ok(format!("substring({expr}, {from})")),
                }
            }
            Expr::Trim { trim_where, trim_what: None, expr, trim_characters: None } => {
                let name = match trim_where {
                    None | Some(TrimWhereField::Both) => "trimBoth",
                    Some(TrimWhereField::Leading) => "trimLeft",
                    Some(TrimWhereField::Trailing) => "trimRight",
                };
                Ok(format!("{name}({})", self.expression(expr)?))
            }
            other => refuse(format!("`{}` is not understood", shortened(other))),
        }
    }

    pub(super) fn list(&mut self, items: &[Expr]) -> Result<String, Error> {
        Ok(items.iter().map(|item| self.expression(item)).collect::<Result<Vec<_>, _>>()?.join(", "))
    }

    pub(super) fn column(&self, expression: &Expr, counted: bool) -> Result<String, Error> {
        match expression {
            Expr::Identifier(name) => {
                self.views.check_column(&name.value, counted)?;
                Ok(quoted(&name.value))
            }
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] => {
                    self.views.check_column(&column.value, counted)?;
                    Ok(format!("{}.{}", quoted(&table.value), quoted(&column.value)))
                }
                _ => refuse(format!("`{expression}` is more than a table and a column")),
            },
            other => refuse(format!("`{other}` is not a column")),
        }
    }

    fn access(&mut self, root: &Expr, chain: &[AccessExpr]) -> Result<String, Error> {
        let mut sql = self.expression(root)?;
        for access in chain {
            match access {
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    if let Expr::Value(value) = index
                        && let Value::SingleQuotedString(key) = &value.value
                    {
                        self.views.check_key(key)?;
                    }
                    sql = format!("{sql}[{}]", self.expression(index)?);
                }
                AccessExpr::Dot(Expr::Value(value)) if matches!(value.value, Value::Number(..)) => {
                    sql = format!("tupleElement({sql}, {})", self.value(&value.value)?);
                }
                other => return refuse(format!("`{other}` is not understood: use tupleElement(…)")),
            }
        }
        Ok(sql)
    }

    pub(super) fn value(&mut self, value: &Value) -> Result<String, Error> {
        match value {
            Value::Number(number, false) if is_number(number) => Ok(number.clone()),
            Value::SingleQuotedString(text) => Ok(sql::text(text)),
            Value::Boolean(flag) => Ok(flag.to_string()),
            Value::Null => Ok("NULL".to_owned()),
            Value::Placeholder(name) => {
                let name = name.strip_prefix('$').unwrap_or(name);
                match self.parameter(name)? {
                    Given::Bool(flag) => Ok(flag.to_string()),
                    Given::Number(number) if number.is_finite() => Ok(format!("({number:?})")),
                    Given::Number(number) => refuse(format!("parameter `{name}` is {number}")),
                    Given::Text(text) => Ok(sql::text(text)),
                }
            }
            other => refuse(format!("`{other}` is not a value that is understood")),
        }
    }

    /// Operators of one rank, however many: what stands left is not another level.
    fn chain(&mut self, expression: &Expr) -> Result<String, Error> {
        let Expr::BinaryOp { op, .. } = expression else { return self.expression(expression) };
        let rank = rank(op)?;
        let mut left = expression;
        let mut rest = Vec::new();
        while let Expr::BinaryOp { left: before, op, right } = left
            && self::rank(op)? == rank
        {
            rest.push((op, right.as_ref()));
            left = before;
            // Comparisons do not chain.
            if rank == Rank::Other {
                break;
            }
        }
        let mut sql = self.expression(left)?;
        for (op, right) in rest.into_iter().rev() {
            let right = self.expression(right)?;
            sql = match op {
                BinaryOperator::StringConcat => format!("concat({sql}, {right})"),
                BinaryOperator::MyIntegerDivide => format!("intDiv({sql}, {right})"),
                op => format!("{sql} {} {right}", written(op)),
            };
        }
        Ok(format!("({sql})"))
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

/// Operators that may stand beside each other without brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    And,
    Or,
    Sum,
    Product,
    Concat,
    Other,
}

fn rank(op: &BinaryOperator) -> Result<Rank, Error> {
    Ok(match op {
        BinaryOperator::And => Rank::And,
        BinaryOperator::Or => Rank::Or,
        BinaryOperator::Plus | BinaryOperator::Minus => Rank::Sum,
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Modulo => Rank::Product,
        BinaryOperator::StringConcat => Rank::Concat,
        BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::Lt
        | BinaryOperator::LtEq
        | BinaryOperator::Gt
        | BinaryOperator::GtEq
        | BinaryOperator::MyIntegerDivide => Rank::Other,
        other => return refuse(format!("operator `{other}` is not understood")),
    })
}

fn written(op: &BinaryOperator) -> &'static str {
    match op {
        BinaryOperator::And => "AND",
        BinaryOperator::Or => "OR",
        BinaryOperator::Plus => "+",
        BinaryOperator::Minus => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Modulo => "%",
        BinaryOperator::NotEq => "!=",
        BinaryOperator::Lt => "<",
        BinaryOperator::LtEq => "<=",
        BinaryOperator::Gt => ">",
        BinaryOperator::GtEq => ">=",
        // The others are refused by `rank`.
        _ => "=",
    }
}

fn is_number(text: &str) -> bool {
    text.len() <= 80
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'.')
        && text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn unit(field: &DateTimeField) -> Result<&'static str, Error> {
    Ok(match field {
        DateTimeField::Year | DateTimeField::Years => "YEAR",
        DateTimeField::Quarter => "QUARTER",
        DateTimeField::Month | DateTimeField::Months => "MONTH",
        DateTimeField::Week(None) | DateTimeField::Weeks => "WEEK",
        DateTimeField::Day | DateTimeField::Days => "DAY",
        DateTimeField::Hour | DateTimeField::Hours => "HOUR",
        DateTimeField::Minute | DateTimeField::Minutes => "MINUTE",
        DateTimeField::Second | DateTimeField::Seconds => "SECOND",
        other => return refuse(format!("`{other}` is not a unit of time")),
    })
}

/// A type, as the engine spells it.
fn data_type_of(data_type: &DataType) -> Result<String, Error> {
    let text = data_type.to_string();
    let unknown = || refuse(format!("type `{text}` is not for statements"));
    let Ok(tokens) = Tokenizer::new(&ClickHouseDialect {}, &text).tokenize() else { return unknown() };
    let mut out = String::new();
    for token in tokens {
        match token {
            Token::Word(word) if word.quote_style.is_none() => match names::data_type(&word.value) {
                Some(name) => out.push_str(name),
                None => return unknown(),
            },
            Token::Number(number, false) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                out.push_str(&number)
            }
            Token::SingleQuotedString(zone)
                if zone.bytes().all(|b| b.is_ascii_alphanumeric() || b"_/+-".contains(&b)) =>
            {
                out.push_str(&sql::text(&zone));
            }
            Token::LParen => out.push('('),
            Token::RParen => out.push(')'),
            Token::Comma => out.push_str(", "),
            Token::Whitespace(_) => {}
            _ => return unknown(),
        }
    }
    Ok(out)
}

/// What is refused, as far as it helps to find it.
fn shortened(expression: &Expr) -> String {
    let text = expression.to_string();
    if text.chars().count() <= 80 { text } else { text.chars().take(80).chain(['…']).collect() }
}
