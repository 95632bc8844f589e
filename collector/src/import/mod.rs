//! Files → events, people and lists: what columns mean, and by what a row says whose it is.

pub mod key;
mod mapping;
mod parquet;
mod reader;
mod row;
mod rule;

pub use mapping::Mapping;
pub use reader::{FileDamaged, Record, Records, Wanted};
pub use row::{Rows, value};
