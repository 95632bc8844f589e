//! As much of ClickHouse's HTTP interface as the client uses, answered by the engine in this process.

use super::pieces::Pieces;
use super::pool::{Closed, Pool};
use attune_chdb::{Connection, Error};
use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Parameters of the interface itself; every other one is a setting of the statement.
const OWN: [&str; 3] = ["compress", "decompress", "session_id"];
/// The format without a head: what is made piece by piece is one answer.
const HEADLESS: &str = "RowBinary";
/// Chunks on their way to the engine, or from it: who sends is held back when the other is behind.
const CHUNKS: usize = 16;

/// What the address of a request says.
struct Call {
    query: Option<String>,
    format: String,
    database: String,
    /// Nothing is sent before all is there.
    whole: bool,
    settings: Vec<(String, String)>,
}

/// An answer that is there, or is being made.
type Answer = Response<Either<Full<Bytes>, Pieces>>;

impl Call {
    fn parse(query: &str) -> Self {
        let mut call = Self {
            query: None,
            format: "TabSeparated".to_owned(),
            database: "default".to_owned(),
            whole: false,
            settings: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "query" => call.query = Some(value.into_owned()),
                "default_format" => call.format = value.into_owned(),
                "database" => call.database = value.into_owned(),
                "wait_end_of_query" => call.whole = value == "1",
                own if OWN.contains(&own) => {}
                setting => call.settings.push((setting.to_owned(), value.into_owned())),
            }
        }
        call
    }
}

/// Answers one request.
pub(super) async fn answer(pool: Arc<Pool>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let call = Call::parse(request.uri().query().unwrap_or_default());
    let result = match call.query {
        // SQL in the address: the body is rows.
        Some(_) => insert(&pool, call, request.into_body()).await,
        None => select(&pool, call, request.into_body()).await,
    };
    Ok(result.unwrap_or_else(|error| failure(&error)))
}

async fn select(pool: &Arc<Pool>, call: Call, body: Incoming) -> Result<Answer, Error> {
    let body = body.collect().await.map_err(interrupted)?.to_bytes();
    let sql = String::from_utf8(body.into())
        .map_err(|_| Error::Statement("the statement is not UTF-8".to_owned()))?;
    if call.format == HEADLESS && !call.whole {
        return stream(pool, call, sql).await;
    }
    let answer = pool
        .run(move |connection| within(connection, &call, |c| c.query(&sql, &call.format)))
        .await
        .map_err(closed)??;
    let summary = format!(r#"{{"read_rows":"{}","read_bytes":"{}"}}"#, answer.rows_read, answer.bytes_read);
    let mut response = whole(Bytes::from(answer.bytes));
    if let Ok(summary) = summary.parse() {
        response.headers_mut().insert("X-ClickHouse-Summary", summary);
    }
    Ok(response)
}

/// Answers as the engine goes on; a slow reader holds it back, and keeps its connection.
async fn stream(pool: &Arc<Pool>, call: Call, sql: String) -> Result<Answer, Error> {
    let (sender, pieces) = mpsc::channel(CHUNKS);
    let work = move |connection: &mut Connection| {
        if sender.is_closed() {
            return;
        }
        let made = within(connection, &call, |connection| {
            let mut stream = connection.select(&sql, HEADLESS)?;
            while let Some(piece) = stream.fetch()? {
                if sender.blocking_send(Ok(piece.into())).is_err() {
                    break;
                }
            }
            Ok(Bytes::new())
        });
        // Nobody hears of the end who went away before.
        let _gone = sender.blocking_send(made);
    };
    let running = Arc::clone(pool);
    // What becomes of it the pieces say.
    tokio::spawn(async move { running.run(work).await });
    Ok(Response::new(Either::Right(Pieces::begin(pieces, Arc::clone(pool)).await?)))
}

/// An answer that is there.
fn whole(bytes: Bytes) -> Answer {
    Response::new(Either::Left(Full::new(bytes)))
}

async fn insert(pool: &Arc<Pool>, call: Call, mut body: Incoming) -> Result<Answer, Error> {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(CHUNKS);
    let work = pool.run(move |connection| {
        let sql = call.query.as_deref().unwrap_or_default();
        let Some((statement, format)) = split_format(sql) else {
            return Err(Error::Statement("an insert must name its format".to_owned()));
        };
        within(connection, &call, |connection| {
            let mut stream = connection.insert(statement, format)?;
            loop {
                match receiver.blocking_recv() {
                    // An empty chunk is the end; a closed channel without it is a client that went away.
                    Some(chunk) if chunk.is_empty() => return stream.finish(),
                    Some(chunk) => stream.append(&chunk)?,
                    None => return Err(Error::Statement("the insert was abandoned".to_owned())),
                }
            }
        })
    });
    let feed = async {
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(interrupted)?.into_data()
                && !data.is_empty()
                && sender.send(data).await.is_err()
            {
                // The engine refused: its answer says why.
                return Ok(());
            }
        }
        let end = sender.send(Bytes::new()).await;
        drop(sender);
        if end.is_err() {
            tracing::debug!("the engine ended an insert before its rows");
        }
        Ok(())
    };
    let (fed, done) = tokio::join!(feed, work);
    done.map_err(closed)??;
    fed?;
    Ok(whole(Bytes::new()))
}

/// Splits `INSERT … FORMAT RowBinary` before the format.
fn split_format(sql: &str) -> Option<(&str, &str)> {
    let (statement, format) = sql.trim().rsplit_once(" FORMAT ")?;
    Some((statement, format.trim()))
}

/// Runs `work` in the call's database and under its settings, which do not outlive it.
fn within<T>(
    connection: &mut Connection,
    call: &Call,
    work: impl FnOnce(&mut Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    let database = call.database.replace('\\', "\\\\").replace('`', "\\`");
    connection.query(&format!("USE `{database}`"), "Null")?;
    let mut set = 0;
    let mut result = Ok(());
    for (name, value) in &call.settings {
        result = setting(connection, name, Some(value));
        if result.is_err() {
            break;
        }
        set += 1;
    }
    let outcome = result.and_then(|()| work(connection));
    for (name, _) in call.settings.iter().take(set) {
        setting(connection, name, None)?;
    }
    outcome
}

fn setting(connection: &mut Connection, name: &str, value: Option<&str>) -> Result<(), Error> {
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(Error::Statement(format!("Code: 115. DB::Exception: Unknown setting '{name}'")));
    }
    let sql = match value {
        Some(value) => format!("SET {name} = '{}'", value.replace('\\', "\\\\").replace('\'', "\\'")),
        None => format!("SET {name} = DEFAULT"),
    };
    connection.query(&sql, "Null").map(|_| ())
}

fn interrupted(error: hyper::Error) -> Error {
    Error::Statement(format!("the request was interrupted: {error}"))
}

/// What is said when the engine is gone.
pub(super) fn closed(_: Closed) -> Error {
    Error::Statement("the embedded engine is closed".to_owned())
}

/// An error as a server says it: status, code in a header, text in the body.
fn failure(error: &Error) -> Answer {
    let text = error.to_string();
    let code =
        text.strip_prefix("Code: ").and_then(|rest| rest.split_once('.')).map_or("0", |(code, _)| code);
    let mut response = whole(Bytes::from(text.clone()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    if let Ok(code) = code.parse() {
        response.headers_mut().insert("X-ClickHouse-Exception-Code", code);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_taken_apart() {
        let call = Call::parse("query=INSERT+INTO+t+FORMAT+RowBinary&database=x&async_insert=0");
        assert_eq!(call.query.as_deref(), Some("INSERT INTO t FORMAT RowBinary"));
        assert_eq!(call.settings, [("async_insert".to_owned(), "0".to_owned())]);
        assert_eq!(
            split_format("INSERT INTO t(a) FORMAT RowBinary"),
            Some(("INSERT INTO t(a)", "RowBinary"))
        );
        assert_eq!(split_format("INSERT INTO t"), None);
    }
}
