//! The symbols of `chdb.h` that are used, resolved once.

use libloading::Library;
use std::ffi::{c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::path::Path;

/// Takes a connection, a statement and a format; gives what holds its outcome.
pub(crate) type Begin =
    unsafe extern "C" fn(*mut c_void, *const c_char, usize, *const c_char, usize) -> *mut c_void;

macro_rules! symbols {
    ($($name:ident = $symbol:literal: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// Function pointers into the loaded library, and the library.
        #[derive(Debug)]
        pub(crate) struct Symbols {
            $(pub(crate) $name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            /// Never closed: the engine's threads and thread-local destructors outlive every connection.
            _library: ManuallyDrop<Library>,
        }

        impl Symbols {
            pub(crate) fn load(path: &Path) -> Result<Self, libloading::Error> {
                // SAFETY: the file is the engine's library, whose initialisers are its own business.
                let library = unsafe { Library::new(path) }?;
                $(
                    // SAFETY: the signature is the header's; the pointer lives as long as `_library`.
                    let $name = *unsafe {
                        library.get::<unsafe extern "C" fn($($argument),*) $(-> $result)?>($symbol)
                    }?;
                )*
                Ok(Self { $($name,)* _library: ManuallyDrop::new(library) })
            }
        }
    };
}

symbols! {
    set_signal_handlers_enabled = b"chdb_set_signal_handlers_enabled\0": fn(c_int);
    connect = b"chdb_connect\0": fn(c_int, *mut *mut c_char) -> *mut *mut c_void;
    close_conn = b"chdb_close_conn\0": fn(*mut *mut c_void);
    query_n = b"chdb_query_n\0":
        fn(*mut c_void, *const c_char, usize, *const c_char, usize) -> *mut c_void;
    stream_query_n = b"chdb_stream_query_n\0":
        fn(*mut c_void, *const c_char, usize, *const c_char, usize) -> *mut c_void;
    result_buffer = b"chdb_result_buffer\0": fn(*mut c_void) -> *mut c_char;
    result_length = b"chdb_result_length\0": fn(*mut c_void) -> usize;
    result_error = b"chdb_result_error\0": fn(*mut c_void) -> *const c_char;
    result_storage_rows_read = b"chdb_result_storage_rows_read\0": fn(*mut c_void) -> u64;
    result_storage_bytes_read = b"chdb_result_storage_bytes_read\0": fn(*mut c_void) -> u64;
    destroy_query_result = b"chdb_destroy_query_result\0": fn(*mut c_void);
    stream_insert_n = b"chdb_stream_insert_n\0":
        fn(*mut c_void, *const c_char, usize, *const c_char, usize) -> *mut c_void;
    stream_fetch = b"chdb_stream_fetch_result\0": fn(*mut c_void, *mut c_void) -> *mut c_void;
    stream_cancel_query = b"chdb_stream_cancel_query\0": fn(*mut c_void, *mut c_void);
    stream_append = b"chdb_stream_append\0": fn(*mut c_void, *const c_void, usize) -> c_int;
    stream_done = b"chdb_stream_done\0": fn(*mut c_void) -> *mut c_void;
    stream_cancel_insert = b"chdb_stream_cancel_insert\0": fn(*mut c_void);
    stream_insert_error = b"chdb_stream_insert_error\0": fn(*mut c_void) -> *const c_char;
    destroy_insert_stream = b"chdb_destroy_insert_stream\0": fn(*mut c_void);
}
