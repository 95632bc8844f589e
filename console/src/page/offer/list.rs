//! The list of offers.

use super::card::card;
use crate::browser;
use crate::dom::{CollectView, View, view};
use crate::i18n::m;
use crate::page::kept::documents;
use crate::route::Screen;
use crate::session::{app, t};
use crate::state::State;
use crate::text::distinct;
use crate::ui::load::loaded;
use crate::ui::part::{empty, head, link_button};
use attune_schema::api::Document;
use attune_schema::source::Offer;

/// The page.
pub(crate) fn view() -> View {
    let offers = documents::<Offer>();
    let category = State::new(String::new());
    let new = || link_button(&Screen::Offer("new".to_owned()), m::NEW_OFFER, "primary", "plus");
    view! {
        {head(m::OFFERS, m::OFFERS_ABOUT, new())}
        {loaded(offers, move |offers| {
            if offers.is_empty() {
                return view! { <div class="card">{empty("offer", m::NO_OFFERS, m::NO_OFFERS_NEXT, new())}</div> };
            }
            let categories = distinct(offers.iter().map(|d| d.body.category.clone()));
            let shown = move || offers.iter().filter(|d| category.with(|c| c.is_empty() || d.body.category == *c)).map(tile).collect_view();
            view! {
                {(categories.len() > 1).then(|| filter(categories, category))}
                <ul class="offers">{shown}</ul>
            }
        })}
    }
}

fn filter(categories: Vec<String>, chosen: State<String>) -> View {
    let all = (String::new(), t(m::ALL).now().to_owned());
    let choices = core::iter::once(all)
        .chain(categories.into_iter().map(|category| (category.clone(), category)))
        .map(|(code, label)| {
            let (mine, value) = (code.clone(), code);
            view! {
                <label class="choice"><input type="radio" name="category" prop:checked=move || chosen.with(|c| *c == mine)
                    on:change=move |_| chosen.set(value.clone()) />{label}</label>
            }
        })
        .collect_view();
    view! { <fieldset class="choices"><legend class="sr">{t(m::CATEGORY)}</legend>{choices}</fieldset> }
}

fn tile(document: &Document<Offer>) -> View {
    let lang = app().lang;
    let offer = document.body.clone();
    let languages = offer.content.keys().cloned().collect::<Vec<_>>().join(", ");
    let name = if offer.name.is_empty() { offer.id.clone() } else { offer.name.clone() };
    let validity = {
        let (from, until) = (offer.valid_from, offer.valid_until);
        let now = browser::now();
        if until.is_some_and(|until| until <= now) {
            Some(("badge bad", m::EXPIRED))
        } else if from.is_some_and(|from| from > now) {
            Some(("badge warn", m::NOT_YET))
        } else {
            None
        }
    };
    let href = app().href(&Screen::Offer(offer.id.clone()));
    let category = offer.category.clone();
    let weight = offer.weight;
    view! {
        <li>
            <a class="card offer-tile" href=href>
                <span class="top"><strong class="break">{name}</strong>
                    {(!category.is_empty()).then(|| view! { <span class="badge plain">{category}</span> })}</span>
                {move || card(&offer, lang.get().tag())}
                <span class="row small muted">
                    <span class="mono">{languages}</span>
                    <span>{t(m::WEIGHT)}" "{move || browser::number(lang.get(), weight)}</span>
                    {validity.map(|(class, label)| view! { <span class=class>{t(label)}</span> })}
                </span>
            </a>
        </li>
    }
}
