//! The same definition as JSON: editing either changes both.

use crate::i18n::m;
use crate::session::{filled, t};
use crate::ui::dy;
use crate::ui::form::unique;
use attune_schema::source::Campaign;
use leptos::prelude::*;

/// The tab.
pub(super) fn tab(draft: RwSignal<Campaign>) -> AnyView {
    let pretty = |campaign: &Campaign| serde_json::to_string_pretty(campaign).unwrap_or_default();
    let text = RwSignal::new(draft.with_untracked(pretty));
    let fault = RwSignal::new(None::<String>);
    // The form changed: its text replaces ours, unless ours already means the same.
    Effect::new(move |_| {
        let now = draft.get();
        let same = serde_json::from_str::<Campaign>(&text.get_untracked()).is_ok_and(|typed| typed == now);
        if !same {
            text.set(pretty(&now));
            fault.set(None);
        }
    });
    let input = move |event| {
        let typed = event_target_value(&event);
        text.set(typed.clone());
        match serde_json::from_str::<Campaign>(&typed) {
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
            <p class="fault" id=fault_id role="status">{dy(move || fault.get().map(|error| filled(m::JSON_FAULT, &[("error", &error)])))}</p>
        </div>
    }
    .into_any()
}
