//! ClickHouse as a server: the real engine behind a port of this machine that can be cut.

use attune_warehouse::embedded::{Embedded, find_library};
use clickhouse::Client;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, MutexGuard, watch};

/// One engine a process: tests take turns.
static TURN: Mutex<()> = Mutex::const_new(());

/// How the store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not at all.
    None,
    /// Connections are closed, those in use too.
    Gone,
    /// The work is done and the answer is lost.
    Silent,
    /// Inserts break off in the middle.
    Half,
    /// Nothing is answered, no connection ends.
    Stuck,
}

/// A connection that ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("cut")]
struct Cut;

/// Ends with its listener when dropped.
pub struct ClickHouse {
    /// As for `CLICKHOUSE_URL`.
    pub url: String,
    client: Client,
    engine: Embedded,
    fault: watch::Sender<Fault>,
    serving: tokio::task::JoinHandle<()>,
    _turn: MutexGuard<'static, ()>,
}

impl Drop for ClickHouse {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl ClickHouse {
    /// Opens the engine on `dir` and listens, when it is this test's turn.
    pub async fn start(dir: &Path) -> Self {
        let turn = TURN.lock().await;
        let (library, dir) = (find_library().expect("libchdb: `cargo xtask engine`"), dir.to_owned());
        let engine =
            tokio::task::spawn_blocking(move || Embedded::open(&library, &dir).unwrap()).await.unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (fault, faults) = watch::channel(Fault::None);
        let client = engine.client();
        let serving = tokio::spawn(serve(listener, client.clone(), faults));
        Self { url, client, engine, fault, serving, _turn: turn }
    }

    /// Fails from now on, or works again.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// A number, asked directly.
    pub async fn number(&self, sql: &str) -> u64 {
        self.client.clone().with_database("attune").query_raw(sql).fetch_one().await.unwrap()
    }

    /// A statement without an answer.
    pub async fn run(&self, sql: &str) {
        self.client.clone().with_database("attune").query_raw(sql).execute().await.unwrap();
    }

    /// Ids of all events.
    pub async fn ids(&self) -> HashSet<u128> {
        let client = self.client.clone().with_database("attune");
        let text =
            client.query_raw("SELECT lower(hex(toUInt128(id))) FROM events").fetch_bytes("TabSeparated");
        let text = text.unwrap().collect().await.unwrap();
        let text = String::from_utf8(text.into()).unwrap();
        text.lines().map(|id| u128::from_str_radix(id, 16).unwrap()).collect()
    }

    /// Ends everything; the next one may be started then.
    pub async fn close(self) {
        self.set(Fault::Gone);
        self.engine.close().await;
    }
}

async fn serve(listener: TcpListener, client: Client, fault: watch::Receiver<Fault>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(connection(stream, client.clone(), fault.clone()));
    }
}

async fn connection(stream: TcpStream, client: Client, mut fault: watch::Receiver<Fault>) {
    let faults = fault.clone();
    let service = service_fn(move |request| answer(client.clone(), faults.clone(), request));
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // Cut by us, or left by the client: either way it is over.
        _over = served => {}
        _gone = fault.wait_for(|fault| *fault == Fault::Gone) => {}
    }
}

async fn answer(
    client: Client,
    mut fault: watch::Receiver<Fault>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Cut> {
    let now = *fault.borrow();
    if now == Fault::Stuck {
        let _gone = fault.wait_for(|fault| *fault != Fault::Stuck).await;
        return Err(Cut);
    }
    let done = perform(client, request, now).await?;
    if now == Fault::Silent {
        return Err(Cut);
    }
    let (status, bytes) = match done {
        Ok(bytes) => (StatusCode::OK, bytes),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Bytes::from(error.to_string())),
    };
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = status;
    Ok(response)
}

/// Passes a statement on to the engine, with its settings.
async fn perform(
    mut client: Client,
    request: Request<Incoming>,
    fault: Fault,
) -> Result<Result<Bytes, clickhouse::error::Error>, Cut> {
    let (mut statement, mut format, mut packed) = (None, "TabSeparated".to_owned(), false);
    for (name, value) in url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "query" => statement = Some(value.into_owned()),
            "default_format" => format = value.into_owned(),
            "decompress" => packed = value == "1",
            "database" => client = client.with_database(value),
            name => client = client.with_setting(name, value),
        }
    }
    let body = request.into_body().collect().await.map_err(|_| Cut)?.to_bytes();
    let Some(statement) = statement else {
        let sql = String::from_utf8_lossy(&body);
        let answered = async { client.query_raw(&sql).fetch_bytes(format)?.collect().await };
        return Ok(answered.await);
    };
    let rows = if packed { unpack(&body).ok_or(Cut)? } else { body };
    let mut insert = client.insert_formatted_with(statement);
    if fault == Fault::Half {
        let half = rows.slice(..rows.len() / 2);
        let _partly = insert.send(half).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        return Err(Cut);
    }
    let inserted = async {
        insert.send(rows).await?;
        insert.end().await
    };
    Ok(inserted.await.map(|()| Bytes::new()))
}

/// Blocks of ClickHouse's own compression: checksum, method, packed size, size, LZ4.
fn unpack(mut body: &[u8]) -> Option<Bytes> {
    const CHECKSUM: usize = 16;
    const HEAD: usize = 9;
    const LZ4: u8 = 0x82;
    let size = |bytes: &[u8]| Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize);
    let mut rows = Vec::new();
    while !body.is_empty() {
        let block = body.get(CHECKSUM..)?;
        let (packed, unpacked) = (size(block.get(1..5)?)?, size(block.get(5..HEAD)?)?);
        if *block.first()? != LZ4 {
            return None;
        }
        rows.extend(lz4_flex::block::decompress(block.get(HEAD..packed)?, unpacked).ok()?);
        body = block.get(packed..)?;
    }
    Some(rows.into())
}
