//! A connector for hyper's client whose other end is the engine.

use super::pool::Pool;
use super::shim;
use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::DuplexStream;

/// Bytes in flight between client and engine.
const BUFFER: usize = 1 << 20;

#[derive(Debug, Clone)]
pub(super) struct InProcess {
    pool: Arc<Pool>,
}

impl InProcess {
    pub(super) fn new(pool: Arc<Pool>) -> Self {
        Self { pool }
    }
}

impl tower_service::Service<Uri> for InProcess {
    type Response = Stream;
    type Error = Infallible;
    type Future = Ready<Result<Stream, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (near, far) = tokio::io::duplex(BUFFER);
        let pool = Arc::clone(&self.pool);
        tokio::spawn(async move {
            let service = service_fn(move |request| shim::answer(Arc::clone(&pool), request));
            let served =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service);
            if let Err(error) = served.await {
                // The client went away in the middle of an answer: its own error says more.
                tracing::debug!(%error, "connection to the embedded engine ended");
            }
        });
        ready(Ok(Stream(TokioIo::new(near))))
    }
}

/// The client's end.
#[derive(Debug)]
pub(super) struct Stream(TokioIo<DuplexStream>);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
