//! A fixed number of connections, each on a thread of its own that runs one statement at a time.
//!
//! These threads yield to the rest of the process. Linux gives each thread a priority of its own and new threads that of
//! whoever makes them, so all that the engine makes for a statement, an insert or a merge yields as well: what answers
//! pages finds a processor at once however much is asked, and the engine has all that is left.

use attune_chdb::{Connection, Error};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// By how much the engine yields, from 0 (not at all) to 19: a thread beside it gets three times as much of a processor
/// that both want. With 10 it would be nine times, and other programs on the machine could hold shipping up.
const NICE: i32 = 5;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

#[derive(Debug)]
pub(super) struct Pool {
    /// Work for whichever thread is free; none once it closes.
    queue: Mutex<Option<mpsc::Sender<Work>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// The pool is closing; nothing more is run.
#[derive(Debug)]
pub(super) struct Closed;

impl Pool {
    /// Makes `size` connections, one after the other, each on its thread.
    pub(super) fn open(
        size: usize,
        connect: impl Fn() -> Result<Connection, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let (sender, receiver) = mpsc::channel();
        let (receiver, connect) = (Arc::new(Mutex::new(receiver)), Arc::new(connect));
        // From the first thread on, so that those that are there end if one fails.
        let pool = Self { queue: Mutex::new(Some(sender)), threads: Mutex::default() };
        for _ in 0..size {
            let (receiver, connect) = (Arc::clone(&receiver), Arc::clone(&connect));
            let (report, opened) = mpsc::sync_channel(1);
            let thread = std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
                yield_to_others();
                match connect() {
                    Ok(connection) => {
                        let _gone = report.send(Ok(()));
                        serve(connection, &receiver);
                    }
                    Err(error) => _ = report.send(Err(error)),
                }
            });
            let no_thread = |why: String| Error::Statement(format!("no thread for the engine: {why}"));
            lock(&pool.threads).push(thread.map_err(|error| no_thread(error.to_string()))?);
            opened.recv().map_err(|error| no_thread(error.to_string()))??;
        }
        Ok(pool)
    }

    /// Runs `work` on a connection when one is free; not at all if nobody waits for it any more by then.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (answer, answered) = oneshot::channel();
        let work = move |connection: &mut Connection| {
            if !answer.is_closed() {
                // Who went away meanwhile misses the answer only.
                let _gone = answer.send(work(connection));
            }
        };
        lock(&self.queue).as_ref().ok_or(Closed)?.send(Box::new(work)).map_err(|_| Closed)?;
        answered.await.map_err(|_| Closed)
    }

    /// Waits for what runs and waits, and closes the connections.
    pub(super) async fn close(self: &Arc<Self>) {
        let pool = Arc::clone(self);
        // Closing blocks for up to half a second.
        if tokio::task::spawn_blocking(move || pool.end()).await.is_err() {
            tracing::warn!("the embedded engine did not close cleanly");
        }
    }

    fn end(&self) {
        drop(lock(&self.queue).take());
        let threads = std::mem::take(&mut *lock(&self.threads));
        for thread in threads {
            if thread.join().is_err() {
                tracing::warn!("a thread of the embedded engine broke");
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs work until there will be no more, then closes the connection.
fn serve(mut connection: Connection, queue: &Mutex<mpsc::Receiver<Work>>) {
    loop {
        let next = lock(queue).recv();
        let Ok(work) = next else { return };
        work(&mut connection);
    }
}

/// What is locked here is whole after every operation, so a poisoned lock is as good as any.
fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn yield_to_others() {
    // On Linux no process is this very thread.
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "the engine's threads have the priority of the others");
    }
}
