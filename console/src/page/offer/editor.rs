//! The offer editor: content by language beside what it looks like, then where and when it may be shown.

use super::card::card;
use crate::dom::{CollectView, View, view};
use crate::i18n::{Message, m};
use crate::page::campaign::editor::instant;
use crate::page::kept::{edit, source_signal};
use crate::route::Screen;
use crate::session::t;
use crate::state::{State, effect};
use crate::text::slug;
use crate::ui::dialog::confirm;
use crate::ui::edit::Editing;
use crate::ui::form::{Look, bind, number_field, text_field};
use crate::ui::icon::icon;
use crate::ui::load::Load;
use crate::ui::part::{crumb, event_list};
use crate::ui::rule::{lists, optional_rule};
use crate::ui::tabs::tabs;
use attune_schema::source::{Offer, Source};
use std::collections::BTreeMap;

const FIELDS: [(&str, Message, bool); 7] = [
    ("title", m::OFFER_TITLE, false),
    ("body", m::OFFER_BODY, true),
    ("cta", m::OFFER_CTA, false),
    ("badge", m::OFFER_BADGE, false),
    ("url", m::OFFER_URL, false),
    ("image", m::OFFER_IMAGE, false),
    ("alt", m::OFFER_ALT, false),
];

/// The page of offer `id`, or of a new one.
pub(crate) fn view(id: String) -> View {
    edit::<Offer>(id, |_| blank(), editor)
}

fn blank() -> Offer {
    let mut content = BTreeMap::new();
    content.insert("en".to_owned(), BTreeMap::new());
    Offer {
        id: String::new(),
        name: String::new(),
        category: String::new(),
        weight: 1.0,
        eligibility: None,
        valid_from: None,
        valid_until: None,
        content,
    }
}

fn editor(editing: Editing<Offer>, source: Load<Source>) -> View {
    let draft = editing.draft;
    let all = source_signal(source);
    if editing.is_new() {
        effect(move |_| {
            let name = draft.with(|draft| draft.name.clone());
            let taken: Vec<String> = all.get().offers.into_iter().map(|offer| offer.id).collect();
            let id = slug(&name, "offer", &taken);
            if draft.with_untracked(|draft| draft.id != id) {
                draft.update(|draft| draft.id = id);
            }
        });
    }
    let title = move || {
        draft.with(
            |draft| if draft.name.is_empty() { t(m::OFFER).now().to_owned() } else { draft.name.clone() },
        )
    };
    let deleting = State::new(false);
    let language = State::new(0usize);
    let locale = move || if language.get() == 1 { "ko" } else { "en" };
    let offset = move || all.with(|source| source.site.utc_offset_minutes);
    let date = Look { kind: "datetime-local", hint: Some(m::SITE_TIME), ..Look::default() };
    let rule = bind(draft, |d| d.eligibility.clone(), |d, v| d.eligibility = v);
    view! {
        {event_list()}
        {lists(all)}
        <header class="page-head">
            <div class="words">{crumb(&Screen::Offers, m::OFFERS)}<h1>{title}</h1><p class="mono small">{move || draft.with(|d| d.id.clone())}</p></div>
            <div class="actions">{move || (!editing.is_new()).then(|| view! {
                <button type="button" class="button danger quiet" on:click=move |_| deleting.set(true)>{icon("bin")}{t(m::DELETE)}</button>
            })}</div>
        </header>
        {confirm(deleting, m::DELETE_TITLE, m::DELETE_TEXT, m::DELETE, true, move || editing.remove())}
        <div class="cols editor">
            <div class="stack">
                <section class="card">
                    <header><h2>{t(m::OFFER_CONTENT)}</h2></header>
                    <div class="body">
                        {text_field(m::NAME, bind(draft, |d| d.name.clone(), |d, v| d.name = v), Look { hint: Some(m::NAME_HINT), ..Look::default() })}
                        {tabs(m::LANGUAGE, vec![("en", m::ENGLISH), ("ko", m::KOREAN)], language, move |locale| content(draft, locale))}
                    </div>
                </section>
                <section class="card">
                    <header><h2>{t(m::OFFER_RULES)}</h2></header>
                    <div class="body">
                        <div class="fields">
                            {text_field(m::CATEGORY, bind(draft, |d| d.category.clone(), |d, v| d.category = v), Look { list: "categories", hint: Some(m::CATEGORY_HINT), ..Look::default() })}
                            {number_field(m::WEIGHT, bind(draft, |d| d.weight, |d, v| d.weight = v), (-1e6, 1e6), Look { hint: Some(m::WEIGHT_HINT), ..Look::default() })}
                            {text_field(m::VALID_FROM, instant(bind(draft, |d| d.valid_from, |d, v| d.valid_from = v), offset), date)}
                            {text_field(m::VALID_UNTIL, instant(bind(draft, |d| d.valid_until, |d, v| d.valid_until = v), offset), date)}
                        </div>
                        {optional_rule(m::LIMIT_ELIGIBILITY, m::LIMIT_ELIGIBILITY_HINT, rule, all)}
                    </div>
                </section>
                {editing.bar()}
            </div>
            <aside class="sticky" aria-label=t(m::PREVIEW)>
                <section class="card"><header><h2 class="row">{icon("eye")}{t(m::PREVIEW)}</h2></header>
                    <div class="body">{move || draft.with(|draft| card(draft, locale()))}<p class="small muted">{t(m::OFFER_PREVIEW_NOTE)}</p></div></section>
            </aside>
        </div>
    }
}

fn content(draft: State<Offer>, locale: &'static str) -> View {
    let fields = FIELDS
        .into_iter()
        .map(|(field, label, area)| {
            let value = bind(
                draft,
                move |d: &Offer| {
                    d.content.get(locale).and_then(|fields| fields.get(field)).cloned().unwrap_or_default()
                },
                move |d: &mut Offer, text: String| {
                    let fields = d.content.entry(locale.to_owned()).or_default();
                    if text.is_empty() {
                        fields.remove(field);
                    } else {
                        fields.insert(field.to_owned(), text);
                    }
                    if fields.is_empty() {
                        d.content.remove(locale);
                    }
                },
            );
            text_field(label, value, Look { area, ..Look::default() })
        })
        .collect_view();
    view! { <div class="stack tight">{fields}</div> }
}
