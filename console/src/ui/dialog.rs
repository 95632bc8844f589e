//! Dialogs: the browser's own, so that focus, Escape and the background are its business.

use crate::dom::{NodeRef, View, view};
use crate::i18n::{Message, m};
use crate::session::t;
use crate::state::{State, effect};
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

/// A dialog that is open while `open` holds.
pub(crate) fn dialog(
    open: State<bool>,
    title: Message,
    class: &'static str,
    body: impl Fn() -> View + 'static,
) -> View {
    let node = NodeRef::new(None);
    effect(move |_| {
        let wanted = open.get();
        if let Some(dialog) = node.get().and_then(|node| node.dyn_into::<HtmlDialogElement>().ok()) {
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
                {move || open.get().then(&body)}
            </div>
        </dialog>
    }
}

/// A question before something is done.
pub(crate) fn confirm(
    open: State<bool>,
    title: Message,
    text: Message,
    action: Message,
    danger: bool,
    then: impl Fn() + Copy + 'static,
) -> View {
    let class = if danger { "button danger" } else { "button primary" };
    dialog(open, title, "", move || {
        view! {
            <p class="muted">{t(text)}</p>
            <div class="dialog-foot">
                <button type="button" class="button" on:click=move |_| open.set(false)>{t(m::CANCEL)}</button>
                <button type="button" class=class on:click=move |_| { open.set(false); then(); }>{t(action)}</button>
            </div>
        }
    })
}
