//! ClickHouse inside this process, behind the same HTTP client as a server: no socket, no port.

mod connector;
mod pieces;
mod pool;
mod shim;

use crate::Error;
use attune_chdb::Library;
use connector::InProcess;
use hyper_util::rt::TokioExecutor;
use pool::Pool;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Connections to the engine: as many statements run at once.
const CONNECTIONS: usize = 4;
/// What the engine is always told.
const OWN: [&str; 2] = ["--background_pool_size=2", "--mark_cache_size=67108864"];

/// The engine, open on one data path.
#[derive(Debug, Clone)]
pub struct Embedded {
    pool: Arc<Pool>,
}

/// Where libchdb is looked for: `ATTUNE_LIBCHDB`, beside the binary, the user's cache.
#[must_use]
pub fn find_library() -> Option<PathBuf> {
    const FILE: &str = "libchdb.so";
    let named = std::env::var_os("ATTUNE_LIBCHDB").map(PathBuf::from);
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(FILE)));
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
        .map(|cache| cache.join("attune").join(FILE));
    [named, beside, cache].into_iter().flatten().find(|path| path.is_file())
}

impl Embedded {
    /// Loads the library and opens the data in `path`. Blocks: 0.1 to 2 s.
    pub fn open(library: &Path, path: &Path) -> Result<Self, Error> {
        Self::open_with(library, path, &[])
    }

    /// [`Embedded::open`] with more of the engine's own arguments, such as `--config-file=…`.
    pub fn open_with(library: &Path, path: &Path, arguments: &[String]) -> Result<Self, Error> {
        std::fs::create_dir_all(path)
            .map_err(|reason| Error::Files { path: path.display().to_string(), reason })?;
        let library = Library::load(library)?;
        let arguments: Vec<String> = OWN.iter().map(ToString::to_string).chain(arguments.to_vec()).collect();
        let path = path.to_owned();
        let connect = move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            library.connect(&path, &arguments)
        };
        Ok(Self { pool: Arc::new(Pool::open(CONNECTIONS, connect)?) })
    }

    /// A client of the engine.
    #[must_use]
    pub fn client(&self) -> clickhouse::Client {
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .build(InProcess::new(Arc::clone(&self.pool)));
        // The address is never resolved; compressing in one process is pure cost.
        clickhouse::Client::with_http_client(http)
            .with_url("http://embedded")
            .with_compression(clickhouse::Compression::None)
    }

    /// Waits for running statements and closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
