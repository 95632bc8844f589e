//! Expressions: values, functions of them, and subqueries.

use super::select::{Writer, single};
use super::views::quoted;
use super::{names, refuse};
use crate::Error;
use crate::query::sql;
use attune_schema::value::Value as Given;
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DataType, DateTimeField,
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Interval, LambdaFunction, LambdaFunctionParameter, LambdaSyntax, OneOrManyWithParens,
    Subscript, TrimWhereField, TypedString, UnaryOperator, Value, WindowFrame, WindowFrameBound,
    WindowFrameUnits, WindowSpec, WindowType,
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

    fn column(&self, expression: &Expr, counted: bool) -> Result<String, Error> {
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

    fn value(&mut self, value: &Value) -> Result<String, Error> {
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

    fn lambda(&mut self, lambda: &LambdaFunction) -> Result<String, Error> {
        let LambdaFunction { params, body, syntax } = lambda;
        if *syntax != LambdaSyntax::Arrow {
            return refuse("a lambda is written x -> …");
        }
        let params: Vec<&LambdaFunctionParameter> = match params {
            OneOrManyWithParens::One(param) => vec![param],
            OneOrManyWithParens::Many(params) => params.iter().collect(),
        };
        let mut names = Vec::new();
        for LambdaFunctionParameter { name, data_type } in params {
            if data_type.is_some() {
                return refuse(format!("parameter `{}` of a lambda has no type", name.value));
            }
            self.views.check_column(&name.value, false)?;
            names.push(quoted(&name.value));
        }
        Ok(format!("({}) -> {}", names.join(", "), self.expression(body)?))
    }

    fn function(&mut self, function: &Function) -> Result<String, Error> {
        let Function { name, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment, over } =
            function;
        let called = single(name)?;
        let Some(known) = names::function(&called.value).filter(|_| called.quote_style.is_none()) else {
            return refuse(format!("function `{}` is not for statements", called.value));
        };
        if *uses_odbc_syntax || !within_group.is_empty() || null_treatment.is_some() {
            return refuse(format!("what follows `{}` is not understood", called.value));
        }
        let mut sql = known.name.clone();
        match parameters {
            FunctionArguments::None => {}
            FunctionArguments::List(list) => {
                sql.push_str(&format!("({})", self.arguments(list, &called.value, false)?))
            }
            FunctionArguments::Subquery(_) => {
                return refuse(format!("`{}` has a subquery as parameter", called.value));
            }
        }
        let counts = known.counts
            || (known.name.starts_with("count")
                && matches!(args, FunctionArguments::List(list) if list.duplicate_treatment == Some(DuplicateTreatment::Distinct)));
        match args {
            FunctionArguments::List(list) => {
                sql.push_str(&format!("({})", self.arguments(list, &called.value, counts)?))
            }
            FunctionArguments::None => {
                return refuse(format!("`{}` is a function: write {0}()", called.value));
            }
            FunctionArguments::Subquery(query) => sql.push_str(&format!("(({}))", self.query(query)?)),
        }
        if let Some(test) = filter {
            sql.push_str(&format!(" FILTER (WHERE {})", self.expression(test)?));
        }
        match over {
            None => {}
            Some(WindowType::NamedWindow(name)) => sql.push_str(&format!(" OVER {}", quoted(&name.value))),
            Some(WindowType::WindowSpec(spec)) => {
                sql.push_str(&format!(" OVER ({})", self.window_spec(spec)?))
            }
        }
        Ok(sql)
    }

    fn arguments(&mut self, list: &FunctionArgumentList, name: &str, counts: bool) -> Result<String, Error> {
        let FunctionArgumentList { duplicate_treatment, args, clauses } = list;
        if !clauses.is_empty() {
            return refuse(format!("clauses among the arguments of `{name}` are not understood"));
        }
        let mut parts = Vec::new();
        for (index, arg) in args.iter().enumerate() {
            match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(
                    column @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_)),
                )) => parts.push(self.column(column, counts && index == 0)?),
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => {
                    parts.push(self.expression(expression)?)
                }
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if name.eq_ignore_ascii_case("count") => {}
                FunctionArg::Unnamed(_) => return refuse(format!("`*` is not an argument of `{name}`")),
                FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => {
                    return refuse(format!("arguments of `{name}` have no names"));
                }
            }
        }
        let distinct =
            if *duplicate_treatment == Some(DuplicateTreatment::Distinct) { "DISTINCT " } else { "" };
        Ok(format!("{distinct}{}", parts.join(", ")))
    }

    pub(super) fn window_spec(&mut self, spec: &WindowSpec) -> Result<String, Error> {
        let WindowSpec { window_name, partition_by, order_by, window_frame } = spec;
        let mut parts = Vec::new();
        parts.extend(window_name.as_ref().map(|name| quoted(&name.value)));
        if !partition_by.is_empty() {
            parts.push(format!("PARTITION BY {}", self.list(partition_by)?));
        }
        if !order_by.is_empty() {
            parts.push(format!("ORDER BY {}", self.order_list(order_by)?));
        }
        if let Some(WindowFrame { units, start_bound, end_bound }) = window_frame {
            let units = match units {
                WindowFrameUnits::Rows => "ROWS",
                WindowFrameUnits::Range => "RANGE",
                WindowFrameUnits::Groups => return refuse("GROUPS of a window are not understood"),
            };
            let start = self.bound(start_bound)?;
            parts.push(match end_bound {
                Some(end) => format!("{units} BETWEEN {start} AND {}", self.bound(end)?),
                None => format!("{units} {start}"),
            });
        }
        Ok(parts.join(" "))
    }

    fn bound(&mut self, bound: &WindowFrameBound) -> Result<String, Error> {
        let (rows, side) = match bound {
            WindowFrameBound::CurrentRow => return Ok("CURRENT ROW".to_owned()),
            WindowFrameBound::Preceding(rows) => (rows, "PRECEDING"),
            WindowFrameBound::Following(rows) => (rows, "FOLLOWING"),
        };
        match rows.as_deref() {
            None => Ok(format!("UNBOUNDED {side}")),
            Some(Expr::Value(value)) => Ok(format!("{} {side}", self.value(&value.value)?)),
            Some(other) => refuse(format!("`{other}` of a window is not a number")),
        }
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
