//! Settings: the kill switch, holdout, consent, sessions, affinity; placements and attributes.

mod lists;

use crate::dom::{CollectView, View, view};
use crate::i18n::{Message, m};
use crate::page::kept::edit;
use crate::session::t;
use crate::state::{State, computed};
use crate::ui::edit::Editing;
use crate::ui::form::{
    Bind, Look, bind, number_field, options, select_field, span_field, switch, text_field,
};
use crate::ui::icon::icon;
use crate::ui::part::{event_list, head};
use attune_schema::consent::Basis;
use attune_schema::source::SiteSettings;

const BASES: [(&str, Message); 2] = [("opt_in", m::OPT_IN), ("opt_out", m::OPT_OUT)];

/// The page.
pub(crate) fn view() -> View {
    view! {
        {head(m::SETTINGS, m::SETTINGS_ABOUT, View::default())}
        {event_list()}
        {edit::<SiteSettings>(String::new(), |_| SiteSettings::default(), |editing, _| form(editing))}
        {lists::placements()}
        {lists::attributes()}
    }
}

fn basis(get: Basis) -> String {
    if get == Basis::OptOut { "opt_out" } else { "opt_in" }.to_owned()
}

fn parse_basis(code: &str) -> Basis {
    if code == "opt_out" { Basis::OptOut } else { Basis::OptIn }
}

fn form(editing: Editing<SiteSettings>) -> View {
    let draft = editing.draft;
    let timeout =
        bind(draft, |d| Some(d.session_timeout), |d, v| d.session_timeout = v.unwrap_or(d.session_timeout));
    let half_life = bind(
        draft,
        |d| Some(d.affinity.half_life),
        |d, v| d.affinity.half_life = v.unwrap_or(d.affinity.half_life),
    );
    view! {
        <div class="stack">
            <section class="card"><div class="body">
                {switch(m::ENABLED, bind(draft, |d| d.enabled, |d, v| d.enabled = v), Some(m::ENABLED_HINT))}
                {move || draft.with(|d| !d.enabled).then(|| view! { <p class="notice warn">{icon("alert")}{t(m::SWITCHED_OFF)}</p> })}
            </div></section>
            <section class="card">
                <header><h2>{t(m::MEASURING)}</h2></header>
                <div class="body"><div class="fields">
                    {number_field(m::GLOBAL_HOLDOUT, bind(draft, |d| d.holdout_percent, |d, v| d.holdout_percent = v), (0.0, 100.0), Look { hint: Some(m::GLOBAL_HOLDOUT_HINT), ..Look::default() })}
                    {text_field(m::SALT, bind(draft, |d| d.salt.clone(), |d, v| d.salt = v), Look { hint: Some(m::SALT_HINT), ..Look::default() })}
                    {span_field(m::SESSION_TIMEOUT, timeout, false, Look::default())}
                    {number_field(m::UTC_OFFSET, bind(draft, |d| f64::from(d.utc_offset_minutes), |d, v| d.utc_offset_minutes = v as i32), (-1_440.0, 1_440.0), Look { hint: Some(m::UTC_OFFSET_HINT), ..Look::default() })}
                </div></div>
            </section>
            <section class="card">
                <header><h2>{t(m::CONSENT)}</h2><p class="small">{t(m::CONSENT_ABOUT)}</p></header>
                <div class="body"><div class="fields">
                    {select_field(m::MEASURE_BASIS, bind(draft, |d| basis(d.measure_basis), |d, v: String| d.measure_basis = parse_basis(&v)), options(&BASES), "")}
                    {select_field(m::PERSONALISE_BASIS, bind(draft, |d| basis(d.personalise_basis), |d, v: String| d.personalise_basis = parse_basis(&v)), options(&BASES), "")}
                </div></div>
            </section>
            <section class="card">
                <header><h2>{t(m::AFFINITY)}</h2><p class="small">{t(m::AFFINITY_ABOUT)}</p></header>
                <div class="body">
                    <div class="fields">{span_field(m::HALF_LIFE, half_life, false, Look::default())}</div>
                    {weights(draft)}
                </div>
            </section>
            {editing.bar()}
        </div>
    }
}

/// Points by event name.
fn weights(draft: State<SiteSettings>) -> View {
    let names = computed(move || draft.with(|d| d.affinity.weights.keys().cloned().collect::<Vec<_>>()));
    let typed = State::new(String::new());
    let add = move || {
        let name = typed.get_untracked().trim().to_owned();
        if !name.is_empty() {
            typed.set(String::new());
            draft.update(|d| {
                d.affinity.weights.entry(name).or_insert(1.0);
            });
        }
    };
    let line = move |name: String| {
        let (read, write, gone) = (name.clone(), name.clone(), name.clone());
        let weight: Bind<f64> = bind(
            draft,
            move |d| d.affinity.weights.get(&read).copied().unwrap_or_default(),
            move |d, v| {
                d.affinity.weights.insert(write.clone(), v);
            },
        );
        let remove = move |_| {
            draft.update(|d| {
                d.affinity.weights.remove(&gone);
            });
        };
        view! {
            <div class="line flat">
                <p class="grow mono break">{name}</p>
                {number_field(m::POINTS, weight, (-1e6, 1e6), Look { class: "short", ..Look::default() })}
                <button type="button" class="button quiet icon" aria-label=t(m::REMOVE) title=t(m::REMOVE) on:click=remove>{icon("bin")}</button>
            </div>
        }
    };
    view! {
        <fieldset><legend class="label">{t(m::AFFINITY_WEIGHTS)}</legend>
            <div>{move || names.get().into_iter().map(line).collect_view()}</div>
            <div class="row end">
                <div class="grow">{text_field(m::EVENT, bind(typed, String::clone, |s, v| *s = v), Look { list: "event-names", ..Look::default() })}</div>
                <button type="button" class="button" on:click=move |_| add()>{icon("plus")}{t(m::ADD)}</button>
            </div>
        </fieldset>
    }
}
