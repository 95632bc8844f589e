//! The same definition as JSON: editing either changes both.

use crate::dom::{View, value_of, view};
use crate::i18n::m;
use crate::json::{pretty, read};
use crate::session::{filled, t};
use crate::state::{State, effect};
use crate::ui::form::unique;
use attune_schema::source::Campaign;

/// The tab.
pub(super) fn tab(draft: State<Campaign>) -> View {
    let text = State::new(draft.with_untracked(pretty));
    let fault = State::new(None::<String>);
    // The form changed: its text replaces ours, unless ours already means the same.
    effect(move |_| {
        let now = draft.get();
        let same = read::<Campaign>(&text.get_untracked()).is_ok_and(|typed| typed == now);
        if !same {
            text.set(pretty(&now));
            fault.set(None);
        }
    });
    let input = move |event| {
        let typed = value_of(&event);
        text.set(typed.clone());
        match read::<Campaign>(&typed) {
            Ok(campaign) => {
                fault.set(None);
                if draft.with_untracked(|draft| *draft != campaign) {
                    draft.set(campaign);
                }
            }
            Err(error) => fault.set(Some(error.to_string())),
        }
    };
    let id = unique();
    let fault_id = format!("{id}-fault");
    view! {
        <div class="field">
            <label for=id.clone()>{t(m::JSON_LABEL)}</label>
            <textarea id=id class="input code" spellcheck="false" aria-describedby=fault_id.clone()
                aria-invalid=move || fault.with(Option::is_some).then_some("true") prop:value=move || text.get() on:input=input></textarea>
            <p class="fault" id=fault_id role="status">{move || fault.get().map(|error| filled(m::JSON_FAULT, &[("error", &error)]))}</p>
        </div>
    }
}
