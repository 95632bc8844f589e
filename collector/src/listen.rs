//! The port: a bounded number of connections, and little patience with those that say nothing.
//!
//! A client that sends its request a byte at a time, holds connections half-open, or never reads its answer costs
//! one connection for a bounded time; the others notice nothing.

use crate::aside::Threads;
use crate::telemetry::{Metric, Metrics};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use ipnet::IpNet;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::Service;

/// How many may be connected, and how long they may say nothing.
#[derive(Debug, Clone)]
pub struct Connections {
    /// Connections at the same time; further ones wait to be accepted.
    pub all: usize,
    /// Connections of one address at the same time; further ones are closed. Proxies are not bound by it.
    pub by_address: u32,
    /// Longest wait for a whole request head, also between two requests of one connection.
    pub head: Duration,
    /// Longest wait for a client to take what was sent.
    pub unread: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        let (head, unread) = (Duration::from_secs(30), Duration::from_secs(30));
        Self { all: 8_192, by_address: 2_048, head, unread }
    }
}

/// Most bytes of a request head, and of a body that is read ahead.
const BUFFER: usize = 64 << 10;
/// Longest wait for answers in progress when the server ends.
const FAREWELL: Duration = Duration::from_secs(15);

/// Serves `router` at `listener` until `stopping` is true, then lets requests in progress finish. What no page waits for
/// is answered on the threads `aside`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    aside: Threads,
    limits: Connections,
    proxies: Vec<IpNet>,
    metrics: Arc<Metrics>,
    mut stopping: watch::Receiver<bool>,
) {
    let free = Arc::new(Semaphore::new(limits.all));
    let addresses = Arc::new(Addresses::default());
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = async {
            // The permit comes first: without one, who knocks waits in the system's queue.
            let permit = Arc::clone(&free).acquire_owned().await.map_err(io::Error::other)?;
            listener.accept().await.map(|(stream, peer)| (stream, peer, permit))
        };
        let (stream, peer, permit) = tokio::select! {
            accepted = accepted => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Somebody left in the meantime, or there is no file handle: neither ends the server.
                    if !gone(&error) {
                        tracing::error!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                    continue;
                }
            },
            () = crate::ship::ended(&mut stopping) => break,
        };
        let address = peer.ip().to_canonical();
        let most =
            if proxies.iter().any(|proxy| proxy.contains(&address)) { u32::MAX } else { limits.by_address };
        let Some(guest) = Addresses::enter(&addresses, address, most) else {
            metrics.add(Metric::ConnectionsRefused, 1);
            continue;
        };
        if let Err(error) = prepare(&stream, limits.unread) {
            tracing::debug!(%error, "a connection's options could not be set");
        }
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), handler(router.clone(), aside.clone(), peer));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A connection that breaks is the client's business.
            let _broken = connection.await;
            drop((guest, permit));
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

fn handler(
    router: Router,
    aside: Threads,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send,
> {
    service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let aside = Threads::take(request.uri().path()).then(|| aside.clone());
        let answer = router.clone().call(request);
        async move {
            match aside {
                Some(aside) => aside.answer(answer).await,
                None => answer.await,
            }
        }
    })
}

fn gone(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Answers go out at once; what is never read ends the connection.
fn prepare(stream: &TcpStream, unread: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let unread = u32::try_from(unread.as_millis()).unwrap_or(u32::MAX);
    rustix::net::sockopt::set_tcp_user_timeout(stream, unread)?;
    Ok(())
}

/// Lets the process have as many open files as the system allows: every connection is one.
pub fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

/// Connections by address.
#[derive(Debug, Default)]
struct Addresses(Mutex<HashMap<IpAddr, u32>>);

/// A connection counted; not any more when dropped.
#[derive(Debug)]
struct Guest {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    fn enter(this: &Arc<Self>, address: IpAddr, most: u32) -> Option<Guest> {
        let mut counts = this.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Guest { addresses: Arc::clone(this), address })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut counts = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}
