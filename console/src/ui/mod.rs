//! Primitives that every screen is made of.

pub(crate) mod chart;
pub(crate) mod dialog;
pub(crate) mod edit;
pub(crate) mod form;
pub(crate) mod icon;
pub(crate) mod load;
pub(crate) mod part;
pub(crate) mod rule;
pub(crate) mod tabs;
