//! Funnels: who goes how far. The question lives in the address, so that it can be shared.

mod answer;
mod steps;

use crate::api::{self, Request};
use crate::browser;
use crate::dom::{CollectView, View, view};
use crate::funnel::{Answer, BREAKDOWNS, Funnel, PERS};
use crate::i18n::{Message, m};
use crate::session::{app, t};
use crate::state::{State, computed, effect};
use crate::ui::form::{Bind, bind, options, select_field};
use crate::ui::icon::icon;
use crate::ui::load::{Load, load, loaded};
use crate::ui::part::{empty, event_list, head};

const PRESETS: [(Message, &[&str]); 3] = [
    (m::PRESET_APPLY, &["item_viewed", "form_started", "form_submitted"]),
    (m::PRESET_OFFER, &["offer_exposed", "offer_clicked", "form_started"]),
    (m::PRESET_FORM, &["page_viewed", "form_started", "form_field_changed", "form_submitted"]),
];

const WINDOWS: [(&str, Message); 7] = [
    ("1800", m::MINUTES_30),
    ("3600", m::HOUR_1),
    ("86400", m::DAY_1),
    ("604800", m::DAYS_7),
    ("1209600", m::DAYS_14),
    ("2592000", m::DAYS_30),
    ("", m::UNLIMITED),
];

const PERIODS: [(&str, Message); 5] = [
    ("1", m::LAST_DAY),
    ("7", m::LAST_7_DAYS),
    ("30", m::LAST_30_DAYS),
    ("90", m::LAST_90_DAYS),
    ("", m::EVER),
];

const PER_NAMES: [(&str, Message); 3] =
    [("visitor", m::PER_VISITOR), ("session", m::PER_SESSION), ("person", m::PER_PERSON)];

const BREAKDOWN_NAMES: [(&str, Message); 5] = [
    ("", m::NO_BREAKDOWN),
    ("device", m::BY_DEVICE),
    ("locale", m::BY_LOCALE),
    ("utm_source", m::BY_UTM),
    ("referrer_host", m::BY_REFERRER),
];

/// The page.
pub(crate) fn view() -> View {
    let app = app();
    let funnel = State::new(Funnel::from_query(&app.query.get_untracked()));
    // Whoever is on this page writes the address; Back and shared links write the funnel.
    effect(move |first| {
        let query = funnel.with(Funnel::to_query);
        let untouched = first && funnel.with_untracked(|funnel| *funnel == Funnel::default());
        if !untouched && app.query.get_untracked().trim_start_matches('?') != query {
            app.set_query(&query);
        }
    });
    effect(move |first| {
        let read = Funnel::from_query(&app.query.get());
        if !first && funnel.with_untracked(|funnel| *funnel != read && funnel.to_query() != read.to_query()) {
            funnel.set(read);
        }
    });
    let path = api::site_path(&app.site(), "funnel");
    // Asked again only when the question itself changes, not while a step is still empty.
    let question =
        computed(move || funnel.with(|funnel| funnel.question(browser::now()).map(|_| funnel.clone())));
    let answer: Load<Answer> = load(move || {
        let question = question.get()?.question(browser::now())?;
        Some(Request::post(path.clone(), &question))
    });
    let share = move |_| {
        let address = browser::window().location().href().unwrap_or_default();
        browser::spawn(async move {
            let done = browser::copy(&address).await;
            app.say(if done { m::LINK_COPIED } else { m::COPY_FAILED });
        });
    };
    let actions = view! { <button type="button" class="button" on:click=share>{icon("copy")}{t(m::COPY_LINK)}</button> };
    view! {
        {head(m::FUNNELS, m::FUNNELS_ABOUT, actions)}
        {event_list()}
        <div class="stack">
            <section class="card">
                <header><h2>{t(m::STEPS)}</h2>{presets(funnel)}</header>
                <div class="body">{steps::builder(funnel)}{controls(funnel)}</div>
            </section>
            <section class="card" aria-label=t(m::RESULT)>
                {move || if question.with(Option::is_some) {
                    loaded(answer, move |answer| answer::table(answer, funnel))
                } else {
                    empty("funnel", m::FUNNEL_EMPTY, m::FUNNEL_EMPTY_NEXT, View::default())
                }}
            </section>
        </div>
    }
}

fn presets(funnel: State<Funnel>) -> View {
    let buttons = PRESETS
        .into_iter()
        .map(|(label, events)| {
            let fill = move |_| funnel.update(|funnel| funnel.steps = Funnel::of(events).steps);
            view! { <button type="button" class="button small" on:click=fill>{t(label)}</button> }
        })
        .collect_view();
    view! { <div class="row"><span class="small muted">{t(m::PRESETS)}</span>{buttons}</div> }
}

fn controls(funnel: State<Funnel>) -> View {
    let number = |text: &str| text.parse().ok();
    let window: Bind<String> = bind(
        funnel,
        |f| f.window_seconds.map_or_else(String::new, |s| s.to_string()),
        move |f, v: String| f.window_seconds = number(&v),
    );
    let period: Bind<String> = bind(
        funnel,
        |f| f.days.map_or_else(String::new, |d| d.to_string()),
        move |f, v: String| f.days = v.parse().ok(),
    );
    let per: Bind<String> = bind(
        funnel,
        |f| code_of(&PERS, &f.per),
        |f, v: String| f.per = PERS.iter().find(|(code, _)| *code == v).map_or(f.per, |(_, per)| *per),
    );
    let by: Bind<String> = bind(
        funnel,
        |f| f.breakdown.as_ref().map_or_else(String::new, |by| code_of(&BREAKDOWNS, by)),
        |f, v: String| f.breakdown = BREAKDOWNS.iter().find(|(code, _)| *code == v).map(|(_, by)| by.clone()),
    );
    view! {
        <div class="fields">
            {select_field(m::PERIOD, period, options(&PERIODS), "")}
            {select_field(m::WINDOW, window, options(&WINDOWS), "")}
            {select_field(m::COUNT_PER, per, options(&PER_NAMES), "")}
            {select_field(m::BREAKDOWN, by, options(&BREAKDOWN_NAMES), "")}
        </div>
    }
}

fn code_of<T: PartialEq>(table: &[(&str, T)], value: &T) -> String {
    table.iter().find(|(_, known)| known == value).map_or_else(String::new, |(code, _)| (*code).to_owned())
}
