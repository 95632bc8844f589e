//! A fixed number of connections, each lent to one statement at a time.

use attune_chdb::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, TryAcquireError};

#[derive(Debug)]
pub(super) struct Pool {
    free: Mutex<Vec<Connection>>,
    size: u32,
    permits: Arc<Semaphore>,
}

/// The pool is closing; nothing more is lent.
#[derive(Debug)]
pub(super) struct Closed;

impl Pool {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        let size = connections.len();
        Self { free: Mutex::new(connections), size: size as u32, permits: Arc::new(Semaphore::new(size)) }
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // The list is whole after every operation on it, so a poisoned lock is as good as any.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on a connection in a blocking thread, when one is free.
    ///
    /// The thread itself gives the connection back: whoever waits may go away at any time.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Closed)?;
        let mut connection = self.free().pop().ok_or(Closed)?;
        let pool = Arc::clone(self);
        let work = move || {
            let result = work(&mut connection);
            pool.free().push(connection);
            drop(permit);
            result
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Closed)
    }

    /// Waits until every connection is back and closes them.
    pub(super) async fn close(&self) {
        match self.permits.try_acquire_many(self.size) {
            Ok(permits) => permits.forget(),
            Err(TryAcquireError::Closed) => return,
            Err(TryAcquireError::NoPermits) => {
                if let Ok(permits) = self.permits.acquire_many(self.size).await {
                    permits.forget();
                }
            }
        }
        self.permits.close();
        let connections = std::mem::take(&mut *self.free());
        // Closing blocks for up to half a second.
        if tokio::task::spawn_blocking(move || drop(connections)).await.is_err() {
            tracing::warn!("the embedded engine did not close cleanly");
        }
    }
}
