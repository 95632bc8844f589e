//! Dialogs: the browser's own, so that focus, Escape and the background are its business.

use crate::i18n::{Message, m};
use crate::session::t;
use crate::ui::dy;
use leptos::html::Dialog;
use leptos::prelude::*;

/// A dialog that is open while `open` holds.
pub(crate) fn dialog(
    open: RwSignal<bool>,
    title: Message,
    class: &'static str,
    body: impl Fn() -> AnyView + Send + 'static,
) -> AnyView {
    let node: NodeRef<Dialog> = NodeRef::new();
    Effect::new(move |_| {
        let wanted = open.get();
        if let Some(dialog) = node.get() {
            match (wanted, dialog.open()) {
                (true, false) => drop(dialog.show_modal()),
                (false, true) => dialog.close(),
                _ => {}
            }
        }
    });
    let id = super::form::unique();
    let label = id.clone();
    view! {
        <dialog node_ref=node class=format!("dialog {class}") aria-labelledby=label on:close=move |_| open.set(false)>
            <div class="dialog-body">
                <h2 id=id>{t(title)}</h2>
                {dy(move || open.get().then(&body))}
            </div>
        </dialog>
    }
    .into_any()
}

/// A question before something is done.
pub(crate) fn confirm(
    open: RwSignal<bool>,
    title: Message,
    text: Message,
    action: Message,
    danger: bool,
    then: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let class = if danger { "button danger" } else { "button primary" };
    dialog(open, title, "", move || {
        view! {
            <p class="muted">{t(text)}</p>
            <div class="dialog-foot">
                <button type="button" class="button" on:click=move |_| open.set(false)>{t(m::CANCEL)}</button>
                <button type="button" class=class on:click=move |_| { open.set(false); then(); }>{t(action)}</button>
            </div>
        }
        .into_any()
    })
}
