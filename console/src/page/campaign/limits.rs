//! Rules and caps: how often, how long quiet after a dismissal, one campaign of a group.

use crate::dom::{CollectView, View, view};
use crate::i18n::{Message, m};
use crate::session::t;
use crate::state::{State, computed};
use crate::ui::form::{Look, bind, number_field, options, select_field, span_field, text_field};
use crate::ui::icon::icon;
use attune_schema::source::{Campaign, Cap, CapPer, CapScope};

const SCOPES: [(&str, Message, CapScope); 3] = [
    ("campaign", m::CAP_CAMPAIGN, CapScope::Campaign),
    ("offer", m::CAP_OFFER, CapScope::Offer),
    ("placement", m::CAP_PLACEMENT, CapScope::Placement),
];
const SCOPE_NAMES: [(&str, Message); 3] =
    [("campaign", m::CAP_CAMPAIGN), ("offer", m::CAP_OFFER), ("placement", m::CAP_PLACEMENT)];

const PERIODS: [(&str, CapPer); 4] = [
    ("session", CapPer::Session),
    ("day", CapPer::Day),
    ("week", CapPer::Week),
    ("lifetime", CapPer::Lifetime),
];
const PERIOD_NAMES: [(&str, Message); 4] =
    [("session", m::CAP_SESSION), ("day", m::CAP_DAY), ("week", m::CAP_WEEK), ("lifetime", m::CAP_LIFETIME)];

/// The tab.
pub(super) fn tab(draft: State<Campaign>) -> View {
    let count = computed(move || draft.with(|draft| draft.caps.len()));
    let add = move |_| {
        draft
            .update(|draft| draft.caps.push(Cap { scope: CapScope::Campaign, per: CapPer::Session, max: 3 }));
    };
    let group = bind(
        draft,
        |d| d.exclusion_group.clone().unwrap_or_default(),
        |d, v: String| d.exclusion_group = (!v.trim().is_empty()).then(|| v.trim().to_owned()),
    );
    view! {
        <fieldset class="stack tight"><legend class="label">{t(m::CAPS)}</legend>
            <p class="small muted">{t(m::CAPS_HINT)}</p>
            <div>{move || (0..count.get()).map(|index| cap(draft, index)).collect_view()}</div>
            <div><button type="button" class="button small" on:click=add>{icon("plus")}{t(m::ADD_CAP)}</button></div>
        </fieldset>
        <div class="fields">
            {span_field(m::DISMISSED_FOR, bind(draft, |d| d.dismissed_for, |d, v| d.dismissed_for = v), true, Look { hint: Some(m::DISMISSED_HINT), ..Look::default() })}
            {text_field(m::EXCLUSION_GROUP, group, Look { hint: Some(m::EXCLUSION_HINT), ..Look::default() })}
        </div>
    }
}

fn cap(draft: State<Campaign>, index: usize) -> View {
    let scope = bind(
        draft,
        move |d: &Campaign| {
            let scope = d.caps.get(index).map(|cap| cap.scope);
            SCOPES
                .iter()
                .find(|(_, _, known)| Some(*known) == scope)
                .map_or_else(String::new, |(code, ..)| (*code).to_owned())
        },
        move |d: &mut Campaign, v: String| {
            if let (Some(cap), Some((_, _, scope))) =
                (d.caps.get_mut(index), SCOPES.iter().find(|(code, ..)| *code == v))
            {
                cap.scope = *scope;
            }
        },
    );
    let per = bind(
        draft,
        move |d: &Campaign| {
            let per = d.caps.get(index).map(|cap| cap.per);
            PERIODS
                .iter()
                .find(|(_, known)| Some(*known) == per)
                .map_or_else(String::new, |(code, _)| (*code).to_owned())
        },
        move |d: &mut Campaign, v: String| {
            if let (Some(cap), Some((_, per))) =
                (d.caps.get_mut(index), PERIODS.iter().find(|(code, _)| *code == v))
            {
                cap.per = *per;
            }
        },
    );
    let max = bind(
        draft,
        move |d: &Campaign| d.caps.get(index).map_or(1.0, |cap| f64::from(cap.max)),
        move |d: &mut Campaign, v: f64| {
            if let Some(cap) = d.caps.get_mut(index) {
                cap.max = v as u32;
            }
        },
    );
    let remove = move |_| {
        draft.update(|draft| {
            draft.caps.remove(index);
        });
    };
    view! {
        <div class="line">
            {number_field(m::CAP_MOST, max, (1.0, 1e6), Look { class: "short", ..Look::default() })}
            {select_field(m::CAP_SCOPE, scope, options(&SCOPE_NAMES), "")}
            {select_field(m::CAP_PER, per, options(&PERIOD_NAMES), "")}
            <button type="button" class="button quiet icon" aria-label=t(m::REMOVE) title=t(m::REMOVE) on:click=remove>{icon("bin")}</button>
        </div>
    }
}
