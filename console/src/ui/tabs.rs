//! Tabs, moved through with the arrow keys.

use super::form::unique;
use crate::dom::{CollectView, View, view};
use crate::i18n::Message;
use crate::session::t;
use crate::state::{State, computed, untrack};
use std::cell::Cell;

/// Tabs over panels; panels are made when first chosen and stay.
pub(crate) fn tabs(
    label: Message,
    names: Vec<(&'static str, Message)>,
    chosen: State<usize>,
    panel: impl Fn(&'static str) -> View + Clone + 'static,
) -> View {
    let base = unique();
    let count = names.len();
    let keys = {
        let base = base.clone();
        move |event: web_sys::KeyboardEvent| {
            let at = chosen.get_untracked();
            let to = match event.key().as_str() {
                "ArrowRight" => (at + 1) % count,
                "ArrowLeft" => (at + count - 1) % count,
                "Home" => 0,
                "End" => count - 1,
                _ => return,
            };
            event.prevent_default();
            chosen.set(to);
            crate::browser::focus(&format!("{base}-tab-{to}"));
        }
    };
    let buttons = names
        .iter()
        .enumerate()
        .map(|(index, (_, name))| {
            view! {
                <button type="button" role="tab" id=format!("{base}-tab-{index}") aria-controls=format!("{base}-panel-{index}")
                    aria-selected=move || (chosen.get() == index).to_string() tabindex=move || if chosen.get() == index { "0" } else { "-1" }
                    on:click=move |_| chosen.set(index)>{t(*name)}</button>
            }
        })
        .collect_view();
    let panels = names
        .iter()
        .enumerate()
        .map(|(index, (code, _))| {
            let (code, panel) = (*code, panel.clone());
            let seen = Cell::new(false);
            let opened = computed(move || {
                seen.set(seen.get() || chosen.get() == index);
                seen.get()
            });
            view! {
                <div role="tabpanel" class="stack" id=format!("{base}-panel-{index}") aria-labelledby=format!("{base}-tab-{index}")
                    hidden=move || chosen.get() != index>{move || opened.get().then(|| untrack(|| panel(code)))}</div>
            }
        })
        .collect_view();
    view! { <div class="tabs" role="tablist" aria-label=t(label) on:keydown=keys>{buttons}</div>{panels} }
}
