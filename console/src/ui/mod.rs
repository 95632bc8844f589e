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

use leptos::prelude::*;

/// A part of a page that follows its signals. Erased at once: each closure type of its own that reaches the
/// renderer costs some kilobytes of effects, and there are hundreds.
pub(crate) fn dy<V: IntoAny + 'static>(part: impl Fn() -> V + Send + 'static) -> AnyView {
    let part: Box<dyn FnMut() -> AnyView + Send> = Box::new(move || part().into_any());
    part.into_any()
}
