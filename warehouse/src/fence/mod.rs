//! A user's SQL, fenced.
//!
//! A statement is read by a parser, and written anew from the tree, node by node: what this module does not know how
//! to write does not reach the store. Tables are names of queries over the site's own rows (`views`); functions and
//! types are those of a list (`names`); literals, names and parameters are escaped like every value of a question. The
//! engine's own limits (`readonly`, time, memory, rows) stand behind that, as a second wall.

mod calls;
mod expression;
mod from;
mod names;
mod select;
mod views;

pub use views::Access;

use crate::query::bots::Scope;
use crate::query::{sql, words};
use crate::{Error, Warehouse};
use attune_schema::question::{Cell, SqlAnswer, SqlColumn, SqlQuestion};
use serde::Deserialize;
use sqlparser::ast::{Query, Statement};
use sqlparser::dialect::ClickHouseDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer, Word};
use std::time::Instant;
use views::Views;

/// Longest statement, in bytes and in tokens. A chain of operators is as deep as it is long.
const BYTES: usize = 20_000;
const TOKENS: usize = 2_500;
/// Most rows of an answer, and rows if the question does not say.
const ROWS: u32 = 10_000;
const USUAL_ROWS: u32 = 1_000;
/// Most seconds, and seconds if the question does not say.
const SECONDS: u32 = 60;
const USUAL_SECONDS: u32 = 20;
/// Most memory of a statement, in bytes.
const MEMORY: u64 = 1_000_000_000;

/// A statement as the engine may run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fenced {
    /// What is run.
    pub sql: String,
    /// Most rows of the answer.
    pub rows: usize,
}

/// The engine's answer in the format `JSONCompact`.
#[derive(Deserialize)]
struct Compact {
    meta: Vec<SqlColumn>,
    data: Vec<Vec<Cell>>,
    statistics: Statistics,
}

#[derive(Deserialize)]
struct Statistics {
    rows_read: u64,
}

impl Warehouse {
    /// Runs a statement of a user's over a site's own events.
    ///
    /// # Errors
    /// [`Error::Question`] naming what the statement may not use, what is wrong with it, or the limit that it met.
    pub async fn statement(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        access: &Access,
        question: &SqlQuestion,
    ) -> Result<SqlAnswer, Error> {
        let fenced = fence(scope.into(), access, question)?;
        // The semaphore is never closed.
        let _turn = self.statements.acquire().await.ok();
        let started = Instant::now();
        let mut cursor = self.client.query_raw(&fenced.sql).fetch_bytes("JSONCompact")?;
        let bytes = cursor.collect().await.map_err(|error| explained(error, question))?;
        let answer: Compact = serde_json::from_slice(&bytes)
            .map_err(|error| Error::Question(format!("the answer cannot be read: {error}")))?;
        let mut rows = answer.data;
        let truncated = rows.len() > fenced.rows;
        rows.truncate(fenced.rows);
        Ok(SqlAnswer {
            columns: answer.meta,
            rows,
            truncated,
            definition: definition(question, access),
            sql: fenced.sql,
            rows_read: answer.statistics.rows_read,
            elapsed_ms: started.elapsed().as_millis() as u64,
        })
    }
}

/// Writes a statement so that it reads nothing but the site's own rows, or refuses it.
///
/// # Errors
/// [`Error::Question`] naming what it may not use.
pub fn fence(of: Scope<'_>, access: &Access, question: &SqlQuestion) -> Result<Fenced, Error> {
    let (query, rows, seconds) = readable(question)?;
    let views = Views::new(of, access, question.period, question.bots)?;
    let mut writer = select::Writer::new(&views, &question.parameters);
    let written = writer.query(&query)?;
    writer.all_used()?;
    // One row more than is answered, to know whether there are more. A setting in the statement may not be one that
    // the engine lets it change back: `readonly` comes with the others.
    let sql = format!(
        "{written}\nSETTINGS readonly = 1, max_execution_time = {seconds}, timeout_overflow_mode = 'throw', \
         max_memory_usage = {MEMORY}, max_result_rows = {}, max_result_bytes = 64000000, \
         result_overflow_mode = 'break', max_threads = 2, max_ast_elements = 200000, \
         max_expanded_ast_elements = 500000, max_bytes_in_join = 300000000, join_overflow_mode = 'throw', \
         max_rows_in_set = 5000000, set_overflow_mode = 'throw', function_range_max_elements_in_block = 5000000, output_format_json_quote_64bit_integers = 0, \
         output_format_json_quote_denormals = 0, allow_introspection_functions = 0, allow_ddl = 0",
        rows + 1
    );
    Ok(Fenced { sql, rows: rows as usize })
}

/// Whether a statement can be run at all, whoever asks and whatever is given for its parameters: for one that is kept.
///
/// # Errors
/// [`Error::Question`] naming what is wrong with it.
pub fn check(question: &SqlQuestion) -> Result<(), Error> {
    readable(question)?;
    sql::period(question.period, true).map(drop)
}

/// The statement, most rows of its answer, and most seconds that it may take.
fn readable(question: &SqlQuestion) -> Result<(Box<Query>, u32, u32), Error> {
    let rows = within("rows", question.rows, USUAL_ROWS, ROWS)?;
    let seconds = within("seconds", question.seconds, USUAL_SECONDS, SECONDS)?;
    match parse(&question.statement)? {
        Statement::Query(query) => Ok((query, rows, seconds)),
        other => {
            let text = other.to_string();
            let verb = text.split_whitespace().next().unwrap_or_default();
            Err(Error::Question(format!("{verb} is not a SELECT: a statement only reads")))
        }
    }
}

fn within(name: &str, asked: Option<u32>, usual: u32, most: u32) -> Result<u32, Error> {
    let asked = asked.unwrap_or(usual);
    if (1..=most).contains(&asked) {
        return Ok(asked);
    }
    Err(Error::Question(format!("`{name}` is 1 to {most}, not {asked}")))
}

fn parse(text: &str) -> Result<Statement, Error> {
    if text.len() > BYTES {
        return Err(Error::Question(format!("the statement has {} bytes, more than {BYTES}", text.len())));
    }
    // No parser ends its text at the same one.
    if let Some(c) = text.chars().find(|c| c.is_control() && !c.is_ascii_whitespace()) {
        return Err(Error::Question(format!(
            "the statement holds the control character U+{:04X}",
            u32::from(c)
        )));
    }
    let dialect = ClickHouseDialect {};
    let unreadable = |error: String| Error::Question(format!("the statement cannot be read: {error}"));
    let tokens = Tokenizer::new(&dialect, text).tokenize().map_err(|error| unreadable(error.to_string()))?;
    let tokens: Vec<Token> =
        tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    if tokens.len() > TOKENS {
        return Err(Error::Question(format!(
            "the statement has {} words and signs, more than {TOKENS}",
            tokens.len()
        )));
    }
    let mut parser = Parser::new(&dialect).with_tokens(with_placeholders(tokens));
    let mut statements = parser.parse_statements().map_err(|error| unreadable(error.to_string()))?;
    match (statements.pop(), statements.len()) {
        (Some(statement), 0) => Ok(statement),
        (None, _) => Err(Error::Question("the statement is empty".to_owned())),
        (_, more) => Err(Error::Question(format!("these are {} statements: ask one at a time", more + 1))),
    }
}

/// Turns `{name:Type}`, which the parser takes for something else, into `($name::Type)`, and `position(…)` into a function
/// like any other: the parser tries each of them in two ways, and so one in another in twice as many.
fn with_placeholders(tokens: Vec<Token>) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    let mut inside = false;
    while let Some(token) = rest.next() {
        match token {
            Token::LBrace if matches!(rest.peek(), Some(Token::Word(word)) if word.quote_style.is_none()) => {
                out.push(Token::LParen);
                if let Some(Token::Word(word)) = rest.next() {
                    out.push(Token::Placeholder(format!("${}", word.value)));
                }
                inside = true;
            }
            Token::Word(word) if word.keyword == Keyword::POSITION => {
                out.push(Token::Word(Word { keyword: Keyword::NoKeyword, ..word }));
            }
            Token::Colon if inside => out.push(Token::DoubleColon),
            Token::RBrace if inside => {
                out.push(Token::RParen);
                inside = false;
            }
            other => out.push(other),
        }
    }
    out
}

/// What the engine says of a statement, for whoever wrote it; outages stay what they are.
fn explained(error: clickhouse::error::Error, question: &SqlQuestion) -> Error {
    let clickhouse::error::Error::BadResponse(text) = &error else { return error.into() };
    let Some((code, rest)) = text.strip_prefix("Code: ").and_then(|rest| rest.split_once('.')) else {
        return error.into();
    };
    let seconds = question.seconds.unwrap_or(USUAL_SECONDS);
    let message = match code.trim() {
        "159" => format!("the statement took longer than {seconds} s: choose a period, or less detail"),
        "241" => format!(
            "the statement needs more than {} MB of memory: choose a period, or less detail",
            MEMORY / 1_000_000
        ),
        "191" | "158" | "307" => {
            "the statement joins or lists too much: choose a period, or less detail".to_owned()
        }
        // The disk is full, the engine ends, another replica is asked: nothing of the statement's doing.
        "243" | "236" | "209" | "210" | "279" | "999" => return error.into(),
        _ => {
            let rest = rest.trim().trim_start_matches("DB::Exception:").trim();
            let rest = rest.split(": In scope ").next().unwrap_or(rest);
            let rest = rest.split(" (version ").next().unwrap_or(rest);
            format!("ClickHouse refuses the statement: {}", rest.chars().take(400).collect::<String>())
        }
    };
    Error::Question(message)
}

fn definition(question: &SqlQuestion, access: &Access) -> String {
    let mut said = vec![
        "The statement sees this site's events, sessions of them, and what files say of people.".to_owned(),
        words::period(question.period),
        words::bots(question.bots),
    ];
    if !access.hidden.is_empty() {
        said.push("Attributes labelled `server-only` are left out.".to_owned());
    }
    said.join(" ")
}

/// Refuses with a reason that names the thing.
fn refuse<T>(message: impl Into<String>) -> Result<T, Error> {
    Err(Error::Question(message.into()))
}
