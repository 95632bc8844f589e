//! Offers: the list as cards, and the editor by language.

pub(crate) mod card;
pub(crate) mod editor;
pub(crate) mod list;
