//! Campaigns: the list, and the editor with its live preview.

pub(crate) mod editor;
mod json;
mod limits;
pub(crate) mod list;
mod offers;
mod persona;
mod preview;
mod test;
