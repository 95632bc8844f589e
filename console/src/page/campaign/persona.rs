//! The invented visitor of the preview.

use crate::dom::{CollectView, View, view};
use crate::i18n::{Message, m};
use crate::preview::{Deed, Persona};
use crate::session::t;
use crate::state::{Callback, Signal, State, computed};
use crate::ui::form::{Bind, Look, bind, number_field, options, select_field, text_field};
use crate::ui::icon::icon;
use attune_schema::consent::Grant;
use attune_schema::source::Source;

const DEVICES: [(&str, Message); 3] =
    [("mobile", m::DEVICE_MOBILE), ("desktop", m::DEVICE_DESKTOP), ("tablet", m::DEVICE_TABLET)];
const LOCALES: [(&str, Message); 2] = [("en", m::ENGLISH), ("ko", m::KOREAN)];
const GRANTS: [(&str, Message); 3] =
    [("granted", m::GRANTED), ("denied", m::DENIED), ("unknown", m::NOT_ASKED)];

/// The form.
pub(super) fn form(persona: State<Persona>, source: Signal<Source>, minutes_ahead: State<f64>) -> View {
    let count = computed(move || persona.with(|persona| persona.deeds.len()));
    let consent = bind(
        persona,
        |p| {
            let code = match p.personalise {
                Grant::Granted => "granted",
                Grant::Denied => "denied",
                Grant::Unknown => "unknown",
            };
            code.to_owned()
        },
        |p, v: String| {
            p.personalise = match v.as_str() {
                "granted" => Grant::Granted,
                "denied" => Grant::Denied,
                _ => Grant::Unknown,
            };
        },
    );
    let placements = computed(move || {
        let first = (String::new(), t(m::FIRST_PLACEMENT).now().to_owned());
        core::iter::once(first)
            .chain(source.get().placements.into_iter().map(|p| (p.id.clone(), p.id)))
            .collect()
    });
    let add = move |_| {
        persona.update(|persona| {
            persona.deeds.push(Deed {
                name: "page_viewed".to_owned(),
                property: String::new(),
                value: String::new(),
                times: 1,
                minutes_ago: 5,
            });
        });
    };
    let area = |hint, placeholder| Look { area: true, hint: Some(hint), placeholder, ..Look::default() };
    view! {
        <div class="fields">
            {select_field(m::PLACEMENT, bind(persona, |p| p.placement.clone(), |p, v| p.placement = v), placements, "")}
            {select_field(m::CONSENT, consent, options(&GRANTS), "")}
            {select_field(m::DEVICE, bind(persona, |p| p.device.clone(), |p, v| p.device = v), options(&DEVICES), "")}
            {select_field(m::LANGUAGE, bind(persona, |p| p.locale.clone(), |p, v| p.locale = v), options(&LOCALES), "")}
        </div>
        <fieldset class="stack tight"><legend class="label">{t(m::WHAT_HAPPENED)}</legend>
            {move || (0..count.get()).map(|index| deed(persona, index)).collect_view()}
            <div><button type="button" class="button small" on:click=add>{icon("plus")}{t(m::ADD_DEED)}</button></div>
        </fieldset>
        <details>
            <summary>{t(m::MORE_ABOUT_PERSONA)}</summary>
            <div class="stack tight">
                {text_field(m::VISITOR, bind(persona, |p| p.visitor.clone(), |p, v| p.visitor = v), Look { hint: Some(m::VISITOR_HINT), ..Look::default() })}
                {text_field(m::ATTRIBUTES, bind(persona, |p| p.attributes.clone(), |p, v| p.attributes = v), area(m::LINES_HINT, "grade = vip"))}
                {text_field(m::CONTEXT, bind(persona, |p| p.context.clone(), |p, v| p.context = v), area(m::LINES_HINT, "utm_source = newsletter"))}
                {number_field(m::MINUTES_AHEAD, Bind { get: minutes_ahead.into(), set: Callback::new(move |v| minutes_ahead.set(v)) }, (-1e7, 1e7), Look { hint: Some(m::MINUTES_AHEAD_HINT), ..Look::default() })}
            </div>
        </details>
    }
}

fn deed(persona: State<Persona>, index: usize) -> View {
    let get = move |p: &Persona| p.deeds.get(index).cloned();
    let change = move |p: &mut Persona, change: &dyn Fn(&mut Deed)| {
        if let Some(deed) = p.deeds.get_mut(index) {
            change(deed);
        }
    };
    let text = move |get_part: fn(&Deed) -> &String, part: fn(&mut Deed) -> &mut String| {
        bind(
            persona,
            move |p| get(p).map(|deed| get_part(&deed).clone()).unwrap_or_default(),
            move |p, v: String| change(p, &|deed| part(deed).clone_from(&v)),
        )
    };
    let number = move |get_part: fn(&Deed) -> u32, part: fn(&mut Deed) -> &mut u32| {
        bind(
            persona,
            move |p| get(p).map_or(0.0, |deed| f64::from(get_part(&deed))),
            move |p, v: f64| change(p, &|deed| *part(deed) = v as u32),
        )
    };
    let remove = move |_| persona.update(|persona| drop(persona.deeds.remove(index)));
    let short = Look { class: "short", ..Look::default() };
    view! {
        <div class="leaf">
            {text_field(m::EVENT, text(|d| &d.name, |d| &mut d.name), Look { list: "event-names", ..Look::default() })}
            {text_field(m::PROPERTY, text(|d| &d.property, |d| &mut d.property), Look { list: "facets", ..Look::default() })}
            {text_field(m::VALUE, text(|d| &d.value, |d| &mut d.value), Look { list: "categories", ..Look::default() })}
            {number_field(m::TIMES, number(|d| d.times, |d| &mut d.times), (0.0, 500.0), short)}
            {number_field(m::MINUTES_AGO, number(|d| d.minutes_ago, |d| &mut d.minutes_ago), (0.0, 1e6), short)}
            <button type="button" class="button quiet icon" aria-label=t(m::REMOVE) title=t(m::REMOVE) on:click=remove>{icon("bin")}</button>
        </div>
    }
}
