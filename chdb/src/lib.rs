//! Safe binding to libchdb: ClickHouse as a library, loaded at run time.
//!
//! Loaded by `dlopen`, so that a binary starts without the library and can use a server instead. One data
//! path a process; any number of connections to it; one statement at a time on each. All calls block.
//!
//! The signatures are those of `chdb.h` of libchdb 26.7.

mod ffi;

use ffi::{Begin, Symbols};
use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::sync::Arc;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library cannot be loaded, or lacks a symbol.
    #[error("cannot load {path}: {reason}")]
    Load {
        /// Where it was looked for.
        path: String,
        /// What the loader says.
        reason: String,
    },
    /// The engine did not open the data path (it says why on standard error).
    #[error("the embedded ClickHouse engine did not open {path}: another process may hold it")]
    Connect {
        /// The data path.
        path: String,
    },
    /// The engine refused a statement.
    #[error("{0}")]
    Statement(String),
}

/// The loaded library; it stays loaded for the life of the process.
#[derive(Debug, Clone)]
pub struct Library {
    symbols: Arc<Symbols>,
}

impl Library {
    /// Loads the library and turns its signal handlers off: signals are the host's business.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let symbols = Symbols::load(path)
            .map_err(|error| Error::Load { path: path.display().to_string(), reason: error.to_string() })?;
        // SAFETY: called before the first connection, as the header demands.
        unsafe { (symbols.set_signal_handlers_enabled)(0) };
        Ok(Self { symbols: Arc::new(symbols) })
    }

    /// Opens a connection to the data in `path`; `arguments` are ClickHouse's, such as `--readonly=1`.
    pub fn connect(&self, path: &Path, arguments: &[&str]) -> Result<Connection, Error> {
        let shown = path.display().to_string();
        let failed = || Error::Connect { path: shown.clone() };
        let mut texts =
            vec![CString::from(c"attune"), CString::new(format!("--path={shown}")).map_err(|_| failed())?];
        for argument in arguments {
            texts.push(CString::new(*argument).map_err(|_| failed())?);
        }
        let mut pointers: Vec<*mut c_char> = texts.iter().map(|text| text.as_ptr().cast_mut()).collect();
        let count = i32::try_from(pointers.len()).map_err(|_| failed())?;
        // SAFETY: `count` valid C strings that outlive the call.
        let handle = unsafe { (self.symbols.connect)(count, pointers.as_mut_ptr()) };
        if handle.is_null() {
            return Err(failed());
        }
        Ok(Connection { symbols: Arc::clone(&self.symbols), handle })
    }
}

/// One connection; runs one statement at a time, which `&mut` ensures.
#[derive(Debug)]
pub struct Connection {
    symbols: Arc<Symbols>,
    handle: *mut *mut c_void,
}

// SAFETY: the engine allows calls from any thread; `&mut self` keeps them one at a time.
unsafe impl Send for Connection {}

/// The answer to a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The result in the format asked for.
    pub bytes: Vec<u8>,
    /// Rows read to make it.
    pub rows_read: u64,
    /// Bytes read to make it.
    pub bytes_read: u64,
}

impl Connection {
    fn conn(&self) -> *mut c_void {
        // SAFETY: `handle` came from `chdb_connect` and is closed only in `drop`.
        unsafe { *self.handle }
    }

    /// What `function` of the engine gives for a statement.
    fn begin(&self, function: Begin, sql: &str, format: &str) -> *mut c_void {
        // SAFETY: a live connection, pointers and lengths of live strings.
        unsafe { function(self.conn(), sql.as_ptr().cast(), sql.len(), format.as_ptr().cast(), format.len()) }
    }

    /// Runs a statement without data of its own. Never put binary data into `sql`: the engine splits it.
    pub fn query(&mut self, sql: &str, format: &str) -> Result<Answer, Error> {
        // The result is destroyed by `Outcome`.
        let result = self.begin(self.symbols.query_n, sql, format);
        Outcome { symbols: &self.symbols, result }.answer()
    }

    /// Begins a statement whose answer comes piece by piece. Each piece is a document of its own: in formats with a head
    /// every one has it.
    pub fn select(&mut self, sql: &str, format: &str) -> Result<SelectStream<'_>, Error> {
        // The handle is destroyed in `drop`.
        let handle = self.begin(self.symbols.stream_query_n, sql, format);
        let mut stream = SelectStream { connection: self, handle, open: false };
        if handle.is_null() {
            return Err(Error::Statement("the engine gave no result".to_owned()));
        }
        // SAFETY: a live result; the text lives as long as it does.
        if let Some(error) = unsafe { text((stream.connection.symbols.result_error)(handle)) } {
            return Err(Error::Statement(error));
        }
        stream.open = true;
        Ok(stream)
    }

    /// Begins an `INSERT` without data; rows follow by [`InsertStream::append`].
    pub fn insert(&mut self, sql: &str, format: &str) -> Result<InsertStream<'_>, Error> {
        // The handle is destroyed in `drop`.
        let handle = self.begin(self.symbols.stream_insert_n, sql, format);
        let stream = InsertStream { connection: self, handle, open: true };
        match stream.error() {
            Some(error) => Err(error),
            None => Ok(stream),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: closed once; nothing borrows the connection any more.
        unsafe { (self.symbols.close_conn)(self.handle) };
    }
}

/// An answer on its way; dropped before its end, the statement is cancelled.
#[derive(Debug)]
pub struct SelectStream<'a> {
    connection: &'a mut Connection,
    handle: *mut c_void,
    open: bool,
}

// SAFETY: as for the connection that it borrows exclusively.
unsafe impl Send for SelectStream<'_> {}

impl SelectStream<'_> {
    /// The next piece, or nothing at the end; waits for the engine to make it.
    pub fn fetch(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if !self.open {
            return Ok(None);
        }
        // SAFETY: a live connection and a live handle; the result is destroyed by `Outcome`.
        let result = unsafe { (self.connection.symbols.stream_fetch)(self.connection.conn(), self.handle) };
        let piece = Outcome { symbols: &self.connection.symbols, result }.answer();
        self.open = matches!(&piece, Ok(answer) if !answer.bytes.is_empty());
        piece.map(|answer| self.open.then_some(answer.bytes))
    }
}

impl Drop for SelectStream<'_> {
    fn drop(&mut self) {
        if self.handle.is_null() {
            return;
        }
        let symbols = &self.connection.symbols;
        // SAFETY: a live handle; cancelled only before its end, destroyed once.
        unsafe {
            if self.open {
                (symbols.stream_cancel_query)(self.connection.conn(), self.handle);
            }
            (symbols.destroy_query_result)(self.handle);
        }
    }
}

/// Rows on their way into a table; dropped without [`InsertStream::finish`], the insert is cancelled.
#[derive(Debug)]
pub struct InsertStream<'a> {
    connection: &'a mut Connection,
    handle: *mut c_void,
    open: bool,
}

// SAFETY: as for the connection that it borrows exclusively.
unsafe impl Send for InsertStream<'_> {}

impl InsertStream<'_> {
    fn error(&self) -> Option<Error> {
        // SAFETY: a live handle; the text lives as long as the handle.
        unsafe { text((self.connection.symbols.stream_insert_error)(self.handle)) }.map(Error::Statement)
    }

    /// Appends bytes of the format; blocks while the engine is behind.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        // SAFETY: a live handle and a live slice.
        let code = unsafe {
            (self.connection.symbols.stream_append)(self.handle, bytes.as_ptr().cast(), bytes.len())
        };
        if code == 0 {
            Ok(())
        } else {
            Err(self.error().unwrap_or_else(|| Error::Statement("the engine refused rows".to_owned())))
        }
    }

    /// Ends the insert; when this returns, the rows are in the table.
    pub fn finish(mut self) -> Result<(), Error> {
        self.open = false;
        // SAFETY: a live handle; the result is destroyed by `Outcome`, the handle in `drop`.
        let result = unsafe { (self.connection.symbols.stream_done)(self.handle) };
        Outcome { symbols: &self.connection.symbols, result }.answer().map(|_| ())
    }
}

impl Drop for InsertStream<'_> {
    fn drop(&mut self) {
        let symbols = &self.connection.symbols;
        // SAFETY: a live handle; cancelled only if not finished, destroyed once.
        unsafe {
            if self.open {
                (symbols.stream_cancel_insert)(self.handle);
            }
            (symbols.destroy_insert_stream)(self.handle);
        }
    }
}

/// A result to read and destroy.
struct Outcome<'a> {
    symbols: &'a Symbols,
    result: *mut c_void,
}

impl Outcome<'_> {
    fn answer(self) -> Result<Answer, Error> {
        if self.result.is_null() {
            return Err(Error::Statement("the engine gave no result".to_owned()));
        }
        // SAFETY: a live result; buffer and length belong together, the bytes are copied before it is destroyed.
        unsafe {
            if let Some(error) = text((self.symbols.result_error)(self.result)) {
                return Err(Error::Statement(error));
            }
            let length = (self.symbols.result_length)(self.result);
            let buffer = (self.symbols.result_buffer)(self.result);
            let bytes = if length == 0 || buffer.is_null() {
                Vec::new()
            } else {
                std::slice::from_raw_parts(buffer.cast::<u8>(), length).to_vec()
            };
            Ok(Answer {
                bytes,
                rows_read: (self.symbols.result_storage_rows_read)(self.result),
                bytes_read: (self.symbols.result_storage_bytes_read)(self.result),
            })
        }
    }
}

impl Drop for Outcome<'_> {
    fn drop(&mut self) {
        if !self.result.is_null() {
            // SAFETY: destroyed once.
            unsafe { (self.symbols.destroy_query_result)(self.result) };
        }
    }
}

/// A C string's text; `None` for null or empty.
///
/// # Safety
/// `pointer` is null or a NUL-terminated string that lives for the call.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    let text = unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned();
    (!text.is_empty()).then_some(text)
}
