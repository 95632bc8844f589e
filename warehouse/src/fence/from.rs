//! Where a query reads: tables of the site's own rows, queries of a `WITH`, subqueries, and joins of them.

use super::refuse;
use super::select::{Writer, with_name};
use super::views::quoted;
use crate::Error;
use sqlparser::ast::{Ident, Join, JoinConstraint, JoinOperator, ObjectName, TableFactor, TableWithJoins};

impl Writer<'_> {
    pub(super) fn from(&mut self, from: &[TableWithJoins]) -> Result<String, Error> {
        let mut sql = String::new();
        for (index, TableWithJoins { relation, joins }) in from.iter().enumerate() {
            sql.push_str(if index == 0 { " FROM " } else { " CROSS JOIN " });
            sql.push_str(&self.table(relation)?);
            for join in joins {
                sql.push_str(&self.join(join)?);
            }
        }
        Ok(sql)
    }

    fn table(&mut self, table: &TableFactor) -> Result<String, Error> {
        match table {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                if args.is_some() {
                    return refuse(format!("`{name}` is a table function, which statements may not use"));
                }
                if sample.is_some() {
                    return refuse(
                        "SAMPLE is not understood: test a hash, as in cityHash64(visitor) % 10 = 0",
                    );
                }
                let other = !with_hints.is_empty()
                    || version.is_some()
                    || *with_ordinality
                    || !partitions.is_empty()
                    || json_path.is_some()
                    || !index_hints.is_empty();
                if other {
                    return refuse(format!("what follows the table `{name}` is not understood"));
                }
                let name = single(name)?.value;
                let alias = alias.as_ref().map_or_else(|| Ok(name.clone()), |alias| self.alias(alias))?;
                let known = self.named.iter().flatten().any(|known| *known == name);
                let source = if known { Some(with_name(&name)) } else { self.views.table(&name) };
                let Some(source) = source else {
                    return refuse(format!(
                        "there is no table `{name}`: there are events, sessions and people"
                    ));
                };
                self.know(&alias, !known);
                Ok(format!("{source} AS {}", quoted(&alias)))
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                if *lateral || sample.is_some() {
                    return refuse("LATERAL and SAMPLE are not understood");
                }
                let query = self.query(subquery)?;
                let Some(alias) = alias else { return Ok(format!("({query})")) };
                let alias = self.alias(alias)?;
                self.know(&alias, false);
                Ok(format!("({query}) AS {}", quoted(&alias)))
            }
            TableFactor::NestedJoin { .. } => {
                refuse("joins in brackets are not understood: write a subquery")
            }
            TableFactor::TableFunction { .. } | TableFactor::Function { .. } | TableFactor::UNNEST { .. } => {
                refuse(format!("`{table}` is a table function, which statements may not use"))
            }
            other => refuse(format!("`{other}` is not a table")),
        }
    }

    fn know(&mut self, name: &str, view: bool) {
        if let Some(tables) = self.tables.last_mut() {
            tables.push((name.to_owned(), view));
        }
    }

    fn join(&mut self, join: &Join) -> Result<String, Error> {
        let Join { relation, global, join_operator } = join;
        if *global {
            return refuse("GLOBAL joins are for clusters");
        }
        let (kind, constraint) = match join_operator {
            JoinOperator::Join(on) | JoinOperator::Inner(on) => ("INNER", on),
            JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => ("LEFT", on),
            JoinOperator::Right(on) | JoinOperator::RightOuter(on) => ("RIGHT", on),
            JoinOperator::FullOuter(on) => ("FULL", on),
            JoinOperator::CrossJoin(on) => ("CROSS", on),
            JoinOperator::Semi(on) | JoinOperator::LeftSemi(on) => ("LEFT SEMI", on),
            JoinOperator::Anti(on) | JoinOperator::LeftAnti(on) => ("LEFT ANTI", on),
            JoinOperator::ArrayJoin | JoinOperator::LeftArrayJoin | JoinOperator::InnerArrayJoin => {
                return refuse("ARRAY JOIN is not understood: use arrayJoin(…)");
            }
            _ => return refuse("this kind of join is not understood"),
        };
        let table = self.table(relation)?;
        let on = match constraint {
            JoinConstraint::On(test) => format!(" ON {}", self.expression(test)?),
            JoinConstraint::Using(columns) => {
                let mut names = Vec::new();
                for column in columns {
                    let name = single(column)?;
                    self.views.check_column(&name.value, false)?;
                    names.push(quoted(&name.value));
                }
                format!(" USING ({})", names.join(", "))
            }
            JoinConstraint::None => String::new(),
            JoinConstraint::Natural => return refuse("NATURAL joins are not understood: use USING"),
        };
        if (kind == "CROSS") != on.is_empty() {
            return refuse("a join has ON or USING, and a CROSS JOIN has neither");
        }
        Ok(format!(" {kind} JOIN {table}{on}"))
    }
}

/// The one part of a name; no other database, no other table.
pub(super) fn single(name: &ObjectName) -> Result<Ident, Error> {
    match name.0.as_slice() {
        [part] => match part.as_ident() {
            Some(name) => Ok(name.clone()),
            None => refuse(format!("`{name}` is not a name")),
        },
        _ => {
            refuse(format!("`{name}` names a database: there are events, sessions and people, and no other"))
        }
    }
}
