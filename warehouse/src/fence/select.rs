//! Queries: what is selected from where, in which order.

use super::expression::constant;
use super::from::single;
use super::refuse;
use super::views::{Views, quoted};
use crate::Error;
use attune_schema::value::Value;
use sqlparser::ast::{
    Cte, Distinct, GroupByExpr, GroupByWithModifier, LimitClause, NamedWindowDefinition, NamedWindowExpr,
    OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, Query, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, TableAlias,
    WildcardAdditionalOptions, With,
};
use std::collections::{BTreeMap, BTreeSet};

/// Most expressions of a `CUBE`: each doubles the groups.
const CUBE: usize = 8;
/// Deepest nesting of a statement.
const DEPTH: usize = 60;

/// Writes a tree as SQL, or says what of it may not be written. Everything is taken apart field by field, so that what
/// a new version of the parser understands is not let through unseen.
pub(super) struct Writer<'a> {
    pub(super) views: &'a Views<'a>,
    parameters: &'a BTreeMap<String, Value>,
    used: BTreeSet<String>,
    /// Names that `WITH` gives, the innermost last.
    pub(super) named: Vec<Vec<String>>,
    /// Names of the tables of each query that is being written, and whether `*` of them is a view's.
    pub(super) tables: Vec<Vec<(String, bool)>>,
    depth: usize,
}

/// The name of a query of a `WITH`: no table of the store is called so.
pub(super) fn with_name(name: &str) -> String {
    quoted(&format!("with {name}"))
}

impl<'a> Writer<'a> {
    pub(super) fn new(views: &'a Views<'a>, parameters: &'a BTreeMap<String, Value>) -> Self {
        let (used, named, tables) = (BTreeSet::new(), Vec::new(), Vec::new());
        Self { views, parameters, used, named, tables, depth: 0 }
    }

    pub(super) fn parameter(&mut self, name: &str) -> Result<&'a Value, Error> {
        let Some(value) = self.parameters.get(name) else {
            return refuse(format!("parameter `{name}` has no value"));
        };
        self.used.insert(name.to_owned());
        Ok(value)
    }

    /// Refuses a parameter that the statement does not name.
    pub(super) fn all_used(&self) -> Result<(), Error> {
        match self.parameters.keys().find(|name| !self.used.contains(*name)) {
            Some(name) => refuse(format!("parameter `{name}` is not in the statement")),
            None => Ok(()),
        }
    }

    /// One level deeper.
    pub(super) fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth >= DEPTH {
            return refuse(format!("the statement is nested deeper than {DEPTH} levels"));
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    pub(super) fn query(&mut self, query: &Query) -> Result<String, Error> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if settings.is_some() {
            return refuse("SETTINGS are not a statement's to choose");
        }
        if format_clause.is_some() {
            return refuse("FORMAT is not a statement's to choose: the answer is JSON");
        }
        if fetch.is_some() || !locks.is_empty() || for_clause.is_some() || !pipe_operators.is_empty() {
            return refuse("FETCH, FOR and pipes are not understood: use LIMIT");
        }
        self.deeper(|writer| {
            writer.named.push(Vec::new());
            let mut sql = match with {
                Some(with) => writer.with(with)?,
                None => String::new(),
            };
            sql.push_str(&writer.body(body)?);
            if let Some(order) = order_by {
                sql.push_str(&writer.order(order)?);
            }
            if let Some(limit) = limit_clause {
                sql.push_str(&writer.limit(limit)?);
            }
            writer.named.pop();
            Ok(sql)
        })
    }

    fn with(&mut self, with: &With) -> Result<String, Error> {
        let With { with_token: _, recursive, cte_tables } = with;
        if *recursive {
            return refuse("WITH RECURSIVE is not for statements");
        }
        let mut parts = Vec::new();
        for table in cte_tables {
            let Cte { alias, query, from, materialized, closing_paren_token: _ } = table;
            if from.is_some() || materialized.is_some() {
                return refuse("MATERIALIZED is not understood in WITH");
            }
            let name = self.alias(alias)?;
            let query = self.query(query)?;
            parts.push(format!("{} AS ({query})", with_name(&name)));
            if let Some(named) = self.named.last_mut() {
                named.push(name);
            }
        }
        Ok(format!("WITH {} ", parts.join(", ")))
    }

    pub(super) fn alias(&self, alias: &TableAlias) -> Result<String, Error> {
        let TableAlias { explicit: _, name, columns, at } = alias;
        if !columns.is_empty() || at.is_some() {
            return refuse(format!("`{}` cannot name columns as well", name.value));
        }
        Ok(name.value.clone())
    }

    fn body(&mut self, body: &SetExpr) -> Result<String, Error> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => Ok(format!("SELECT * FROM ({})", self.query(query)?)),
            SetExpr::SetOperation { .. } => Ok(format!("SELECT * FROM ({})", self.operation(body)?)),
            SetExpr::Values(_) => refuse("VALUES are not a SELECT"),
            SetExpr::Insert(_) => refuse("INSERT is not a SELECT: a statement only reads"),
            SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                refuse("this is not a SELECT: a statement only reads")
            }
            SetExpr::Table(_) => refuse("TABLE is not a SELECT"),
        }
    }

    fn operation(&mut self, body: &SetExpr) -> Result<String, Error> {
        self.deeper(|writer| match body {
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let quantifier = match set_quantifier {
                    SetQuantifier::All => "ALL",
                    SetQuantifier::Distinct | SetQuantifier::None => "DISTINCT",
                    _ => return refuse("BY NAME is not understood"),
                };
                let op = match op {
                    SetOperator::Union => "UNION",
                    SetOperator::Except => "EXCEPT",
                    SetOperator::Intersect => "INTERSECT",
                    SetOperator::Minus => return refuse("MINUS is called EXCEPT"),
                };
                let (left, right) = (writer.operation(left)?, writer.operation(right)?);
                Ok(format!("({left}) {op} {quantifier} ({right})"))
            }
            other => writer.body(other),
        })
    }

    fn select(&mut self, select: &Select) -> Result<String, Error> {
        let Select {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        if into.is_some() {
            return refuse("INTO is not for statements: a statement only reads");
        }
        if prewhere.is_some() {
            return refuse("PREWHERE is not understood: use WHERE");
        }
        let other = !optimizer_hints.is_empty()
            || select_modifiers.is_some()
            || top.is_some()
            || exclude.is_some()
            || !lateral_views.is_empty()
            || !connect_by.is_empty()
            || !cluster_by.is_empty()
            || !distribute_by.is_empty()
            || !sort_by.is_empty()
            || value_table_mode.is_some()
            || *flavor != SelectFlavor::Standard;
        if other {
            return refuse(
                "this form of SELECT is not understood: write SELECT … FROM … WHERE … GROUP BY … HAVING …",
            );
        }
        self.tables.push(Vec::new());
        let from = self.from(from)?;
        let mut sql = String::from("SELECT ");
        match distinct {
            None | Some(Distinct::All) => {}
            Some(Distinct::Distinct) => sql.push_str("DISTINCT "),
            Some(Distinct::On(_)) => return refuse("DISTINCT ON is not understood: use LIMIT 1 BY"),
        }
        let items = projection.iter().map(|item| self.item(item)).collect::<Result<Vec<_>, _>>()?;
        sql.push_str(&items.join(", "));
        sql.push_str(&from);
        if let Some(test) = selection {
            sql.push_str(&format!(" WHERE {}", self.expression(test)?));
        }
        sql.push_str(&self.group(group_by)?);
        if let Some(test) = having {
            sql.push_str(&format!(" HAVING {}", self.expression(test)?));
        }
        if !named_window.is_empty() {
            let windows =
                named_window.iter().map(|window| self.window(window)).collect::<Result<Vec<_>, _>>()?;
            sql.push_str(&format!(" WINDOW {}", windows.join(", ")));
        }
        if let Some(test) = qualify {
            sql.push_str(&format!(" QUALIFY {}", self.expression(test)?));
        }
        self.tables.pop();
        Ok(sql)
    }

    fn window(&mut self, window: &NamedWindowDefinition) -> Result<String, Error> {
        let NamedWindowDefinition(name, window) = window;
        match window {
            NamedWindowExpr::WindowSpec(spec) => {
                Ok(format!("{} AS ({})", quoted(&name.value), self.window_spec(spec)?))
            }
            NamedWindowExpr::NamedWindow(other) => {
                refuse(format!("window `{}` is only another name", other.value))
            }
        }
    }

    fn item(&mut self, item: &SelectItem) -> Result<String, Error> {
        match item {
            SelectItem::UnnamedExpr(expression) => self.expression(expression),
            SelectItem::ExprWithAlias { expr, alias } => {
                Ok(format!("{} AS {}", self.expression(expr)?, quoted(&alias.value)))
            }
            SelectItem::ExprWithAliases { .. } => refuse("an expression has one name"),
            SelectItem::Wildcard(options) => {
                let all = self.tables.last().map_or(&[][..], Vec::as_slice);
                if let Some((table, _)) = all.iter().find(|(_, view)| *view) {
                    self.views.check_all(table)?;
                }
                Ok(format!("*{}", self.except(options)?))
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                let name = single(name)?;
                let all = self.tables.last().map_or(&[][..], Vec::as_slice);
                if all.iter().any(|(table, view)| *view && *table == name.value) {
                    self.views.check_all(&name.value)?;
                }
                Ok(format!("{}.*{}", quoted(&name.value), self.except(options)?))
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _) => {
                refuse("`*` is of a table, not of an expression")
            }
        }
    }

    fn except(&self, options: &WildcardAdditionalOptions) -> Result<String, Error> {
        let WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        let other = opt_ilike.is_some()
            || opt_exclude.is_some()
            || opt_replace.is_some()
            || opt_rename.is_some()
            || opt_alias.is_some();
        if other {
            return refuse("after `*`, only EXCEPT is understood");
        }
        let Some(except) = opt_except else { return Ok(String::new()) };
        let columns = std::iter::once(&except.first_element).chain(&except.additional_elements);
        let columns: Vec<String> = columns.map(|column| quoted(&column.value)).collect();
        Ok(format!(" EXCEPT ({})", columns.join(", ")))
    }

    fn group(&mut self, group: &GroupByExpr) -> Result<String, Error> {
        // How many `CUBE` multiplies out; of `ALL` nobody knows before.
        let cubed = match group {
            GroupByExpr::All(_) => usize::MAX,
            GroupByExpr::Expressions(by, _) => by.len(),
        };
        let (mut sql, modifiers) = match group {
            GroupByExpr::All(modifiers) => (" GROUP BY ALL".to_owned(), modifiers),
            GroupByExpr::Expressions(by, modifiers) => {
                let by = by.iter().map(|by| self.expression(by)).collect::<Result<Vec<_>, _>>()?;
                let sql = if by.is_empty() { String::new() } else { format!(" GROUP BY {}", by.join(", ")) };
                (sql, modifiers)
            }
        };
        for modifier in modifiers {
            sql.push_str(match modifier {
                GroupByWithModifier::Rollup => " WITH ROLLUP",
                GroupByWithModifier::Cube if cubed > CUBE => {
                    return refuse(format!("WITH CUBE takes at most {CUBE} expressions"));
                }
                GroupByWithModifier::Cube => " WITH CUBE",
                GroupByWithModifier::Totals => {
                    return refuse("WITH TOTALS is not understood: use WITH ROLLUP");
                }
                GroupByWithModifier::GroupingSets(_) => return refuse("GROUPING SETS are not understood"),
            });
        }
        Ok(sql)
    }

    fn order(&mut self, order: &OrderBy) -> Result<String, Error> {
        let OrderBy { kind, interpolate } = order;
        if interpolate.is_some() {
            return refuse("INTERPOLATE is not understood");
        }
        match kind {
            OrderByKind::All(options) => Ok(format!(" ORDER BY ALL{}", direction(options))),
            OrderByKind::Expressions(by) => Ok(format!(" ORDER BY {}", self.order_list(by)?)),
        }
    }

    pub(super) fn order_list(&mut self, by: &[OrderByExpr]) -> Result<String, Error> {
        let mut parts = Vec::new();
        for OrderByExpr { expr, options, with_fill } in by {
            if with_fill.is_some() {
                return refuse("WITH FILL is not understood: join what is missing");
            }
            parts.push(format!("{}{}", self.expression(expr)?, direction(options)));
        }
        Ok(parts.join(", "))
    }

    fn limit(&mut self, limit: &LimitClause) -> Result<String, Error> {
        match limit {
            LimitClause::LimitOffset { limit, offset, limit_by } => {
                let mut sql = String::new();
                let offset = offset.as_ref().map(|offset| self.number(&offset.value)).transpose()?;
                let offset = offset.map_or_else(String::new, |offset| format!(" OFFSET {offset}"));
                if let Some(limit) = limit {
                    sql.push_str(&format!(" LIMIT {}", self.number(limit)?));
                }
                sql.push_str(&offset);
                if !limit_by.is_empty() {
                    let by = limit_by.iter().map(|by| self.expression(by)).collect::<Result<Vec<_>, _>>()?;
                    sql.push_str(&format!(" BY {}", by.join(", ")));
                }
                Ok(sql)
            }
            LimitClause::OffsetCommaLimit { offset, limit } => {
                Ok(format!(" LIMIT {} OFFSET {}", self.number(limit)?, self.number(offset)?))
            }
        }
    }

    /// A number that is written in the statement or given with it.
    fn number(&mut self, expression: &sqlparser::ast::Expr) -> Result<String, Error> {
        if !constant(expression) {
            return refuse(format!("`{expression}` is not a number that is known beforehand"));
        }
        self.expression(expression)
    }
}

fn direction(options: &OrderByOptions) -> &'static str {
    let OrderByOptions { sort, nulls_first } = options;
    match (matches!(sort, Some(OrderBySort::Desc)), nulls_first) {
        (false, None) => "",
        (true, None) => " DESC",
        (false, Some(true)) => " ASC NULLS FIRST",
        (false, Some(false)) => " ASC NULLS LAST",
        (true, Some(true)) => " DESC NULLS FIRST",
        (true, Some(false)) => " DESC NULLS LAST",
    }
}
