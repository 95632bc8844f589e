//! Files → events: a mapping says which column is the visitor, the time, the name and the properties.

mod mapping;
mod reader;
mod row;
mod rule;

pub use mapping::Mapping;
pub use reader::{FileDamaged, Record, Records};
pub use row::Rows;
