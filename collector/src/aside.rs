//! Threads for what no page waits for.
//!
//! Whoever asks a question, exports or imports waits for it, and may take a processor for seconds. Such requests
//! (`/api/`) are answered on threads of their own, which yield to those that take events and deliver to pages. The
//! embedded engine's threads do the same (`attune_warehouse::embedded`).

use crate::error::ApiError;
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::future::Future;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::AbortOnDropHandle;

/// By how much these threads yield, from 0 (not at all) to 19; as much as the engine's do.
const NICE: i32 = 5;
/// Threads that compute; those that wait for files are more.
const THREADS: usize = 2;

/// The threads; ended, whatever they do, when this is dropped.
#[derive(Debug)]
pub struct Aside {
    runtime: Option<Runtime>,
    threads: Threads,
}

/// Lets others use the threads.
#[derive(Debug, Clone)]
pub struct Threads(Handle);

impl Aside {
    /// Starts them.
    ///
    /// # Errors
    /// If there can be no more threads.
    pub fn start() -> std::io::Result<Self> {
        let yielding = || {
            // On Linux each thread has a priority, and no process is this very thread.
            if let Err(error) = rustix::process::setpriority_process(None, NICE) {
                tracing::debug!(%error, "questions have the priority of pages");
            }
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("aside")
            .on_thread_start(yielding)
            .enable_all()
            .build()?;
        Ok(Self { threads: Threads(runtime.handle().clone()), runtime: Some(runtime) })
    }

    /// A handle to the threads.
    #[must_use]
    pub fn threads(&self) -> Threads {
        self.threads.clone()
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Waiting for them is not allowed where this may be dropped.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Threads {
    /// Whether a request for this path is answered here.
    #[must_use]
    pub fn take(path: &str) -> bool {
        path.starts_with("/api/")
    }

    /// Works out an answer here; work ends when nobody waits for it any more.
    pub async fn answer(
        &self,
        work: impl Future<Output = Result<Response, Infallible>> + Send + 'static,
    ) -> Result<Response, Infallible> {
        let working = AbortOnDropHandle::new(self.0.spawn(work));
        working.await.unwrap_or_else(|broke| Ok(ApiError::internal(&broke).into_response()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use std::sync::Arc;

    #[tokio::test]
    async fn yields_and_outlives_what_breaks() {
        let aside = Aside::start().unwrap();
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let ours = nice();
        let work = async move {
            assert!(nice() > ours);
            Ok(StatusCode::NO_CONTENT.into_response())
        };
        assert_eq!(aside.threads().answer(work).await.unwrap().status(), StatusCode::NO_CONTENT);
        let breaks = async { panic!("on purpose") };
        let answer = aside.threads().answer(breaks).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[tokio::test]
    async fn ends_with_whoever_waits() {
        let aside = Aside::start().unwrap();
        let held = Arc::new(());
        let inside = Arc::clone(&held);
        let work = async move {
            let _inside = inside;
            std::future::pending().await
        };
        let threads = aside.threads();
        let waiting = threads.answer(work);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(50), waiting).await.is_err());
        for _ in 0..500 {
            if Arc::strong_count(&held) == 1 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("it goes on");
    }
}
