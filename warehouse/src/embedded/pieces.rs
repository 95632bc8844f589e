//! An answer piece by piece, as the engine makes it.

use super::pool::{Closed, Pool};
use super::shim;
use attune_chdb::Error;
use bytes::Bytes;
use hyper::body::{Body, Frame};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc;

/// Pieces in a row; an empty one is the end, and without it the answer broke off.
pub(super) type Sent = Result<Bytes, Error>;

/// The body of an answer that is being made.
#[derive(Debug)]
pub(super) struct Pieces {
    /// The next one, if it is here.
    next: Option<Sent>,
    rest: mpsc::Receiver<Sent>,
    over: bool,
    /// Last: the pool waits for its threads, and one may wait for what is above.
    _pool: Arc<Pool>,
}

impl Pieces {
    /// Once the first piece is here: a statement that fails at once is an answer that failed.
    pub(super) async fn begin(mut pieces: mpsc::Receiver<Sent>, pool: Arc<Pool>) -> Result<Self, Error> {
        let first = pieces.recv().await.unwrap_or_else(|| Err(shim::closed(Closed)))?;
        Ok(Self { next: Some(Ok(first)), rest: pieces, over: false, _pool: pool })
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.over {
            return Poll::Ready(None);
        }
        let next = match self.next.take() {
            Some(next) => next,
            None => ready!(self.rest.poll_recv(context)).unwrap_or_else(|| Err(shim::closed(Closed))),
        };
        self.over = !matches!(&next, Ok(piece) if !piece.is_empty());
        let bytes = next.unwrap_or_else(|error| Bytes::from(epitaph(&error.to_string())));
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }
}

/// How a server ends an answer that it cannot go on with: clients know it by its end, and begin at the last `Code:`.
fn epitaph(error: &str) -> String {
    let (code, text) = error.strip_prefix("Code: ").map_or(("0. DB::Exception: ", error), |text| ("", text));
    format!("Code: {code}{} (version embedded (official build))\n", text.replace("Code:", "code"))
}

#[cfg(test)]
mod tests {
    use super::epitaph;

    #[test]
    fn one_code_is_told_whatever_the_engine_says() {
        for (error, told) in [
            ("Code: 395. DB::Exception: no more", "Code: 395. DB::Exception: no more"),
            (
                "std::exception. Code: 1001, type: x",
                "Code: 0. DB::Exception: std::exception. code 1001, type: x",
            ),
        ] {
            assert_eq!(epitaph(error), format!("{told} (version embedded (official build))\n"));
        }
    }
}
