//! Calls of functions: their parameters, arguments, lambdas and windows.

use super::from::single;
use super::select::Writer;
use super::views::quoted;
use super::{names, refuse};
use crate::Error;
use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, LambdaFunction, LambdaFunctionParameter, LambdaSyntax, OneOrManyWithParens,
    WindowFrame, WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};

impl Writer<'_> {
    pub(super) fn lambda(&mut self, lambda: &LambdaFunction) -> Result<String, Error> {
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

    pub(super) fn function(&mut self, function: &Function) -> Result<String, Error> {
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
