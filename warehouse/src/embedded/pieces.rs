//! An answer piece by piece, as the engine makes it.

use super::pool::Closed;
use super::shim;
use attune_chdb::Error;
use bytes::Bytes;
use hyper::body::{Body, Frame};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
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
}

impl Pieces {
    /// Once the first piece is here: a statement that fails at once is an answer that failed.
    pub(super) async fn begin(mut pieces: mpsc::Receiver<Sent>) -> Result<Self, Error> {
        let first = pieces.recv().await.unwrap_or_else(|| Err(shim::closed(Closed)))?;
        Ok(Self { next: Some(Ok(first)), rest: pieces, over: false })
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
            None => {
                std::task::ready!(self.rest.poll_recv(context)).unwrap_or_else(|| Err(shim::closed(Closed)))
            }
        };
        let bytes = match next {
            Ok(piece) => {
                self.over = piece.is_empty();
                piece
            }
            Err(error) => {
                self.over = true;
                Bytes::from(epitaph(&error))
            }
        };
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }
}

/// How a server ends an answer that it cannot go on with: clients know it by its end.
fn epitaph(error: &Error) -> String {
    let text = error.to_string();
    let code = if text.starts_with("Code: ") { "" } else { "Code: 0. DB::Exception: " };
    format!("{code}{text} (version embedded (official build))\n")
}
