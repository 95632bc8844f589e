//! What is shown and where: placements, offers, how they are ranked.

use crate::api::{self, Request};
use crate::browser;
use crate::dom::{CollectView, View, checked, view};
use crate::i18n::m;
use crate::route::Screen;
use crate::session::{app, t};
use crate::state::State;
use crate::ui::form::{Look, bind, number_field, text_field};
use crate::ui::load::{self, Load};
use crate::ui::part::link_button;
use attune_schema::api::Document;
use attune_schema::source::{Campaign, Placement, Source};

/// The tab.
pub(super) fn tab(draft: State<Campaign>, source: Load<Source>) -> View {
    let placements = move || {
        let placements = source.data.with(|s| s.as_ref().map(|s| s.placements.clone())).unwrap_or_default();
        let items = placements
            .into_iter()
            .map(|p| (p.id.clone(), if p.name.is_empty() { p.id } else { p.name }))
            .collect();
        choices(items, move |d| &d.placements, draft, |d| &mut d.placements)
    };
    let offers = move || {
        let offers = source.data.with(|s| s.as_ref().map(|s| s.offers.clone())).unwrap_or_default();
        if offers.is_empty() {
            let link = link_button(&Screen::Offer("new".to_owned()), m::NEW_OFFER, "small", "plus");
            return view! { <p class="muted">{t(m::NO_OFFERS_NEXT)}</p><div>{link}</div> };
        }
        let items = offers
            .into_iter()
            .map(|o| (o.id.clone(), if o.name.is_empty() { o.id } else { o.name }))
            .collect();
        choices(items, |d| &d.offers, draft, |d| &mut d.offers)
    };
    view! {
        <fieldset class="stack tight"><legend class="label">{t(m::PLACEMENTS)}</legend>{placements}{new_placement(draft, source)}</fieldset>
        <fieldset class="stack tight"><legend class="label">{t(m::OFFERS)}</legend><p class="small muted">{t(m::OFFERS_HINT)}</p>{offers}</fieldset>
        <fieldset class="stack tight"><legend class="label">{t(m::RANKING)}</legend><p class="small muted">{t(m::RANKING_HINT)}</p>
            <div class="fields">
                {number_field(m::RANK_WEIGHT, bind(draft, |d| d.rank.weight, |d, v| d.rank.weight = v), (-1e6, 1e6), Look::default())}
                {number_field(m::RANK_AFFINITY, bind(draft, |d| d.rank.affinity, |d, v| d.rank.affinity = v), (-1e6, 1e6), Look::default())}
            </div>
        </fieldset>
    }
}

/// Boxes to tick; ids that are chosen but no longer exist stay visible, so that they can be taken out.
pub(super) fn choices<S: 'static>(
    mut items: Vec<(String, String)>,
    get: impl Fn(&S) -> &Vec<String> + Copy + 'static,
    state: State<S>,
    list: impl Fn(&mut S) -> &mut Vec<String> + Copy + 'static,
) -> View {
    state.with_untracked(|state| {
        for id in get(state) {
            if !items.iter().any(|(known, _)| known == id) {
                items.push((id.clone(), format!("{id} ?")));
            }
        }
    });
    let boxes = items
        .into_iter()
        .map(|(id, label)| {
            let (mine, chosen) = (id.clone(), id);
            let ticked = move || state.with(|state| get(state).contains(&chosen));
            let change = move |event| {
                let on = checked(&event);
                state.update(|state| {
                    let list = list(state);
                    list.retain(|known| *known != mine);
                    if on {
                        list.push(mine.clone());
                    }
                });
            };
            view! { <label class="choice"><input type="checkbox" prop:checked=ticked on:change=change />{label}</label> }
        })
        .collect_view();
    view! { <div class="choices">{boxes}</div> }
}

/// A new place in a page, made on the spot.
fn new_placement(draft: State<Campaign>, source: Load<Source>) -> View {
    let id = State::new(String::new());
    let failure = State::new(None);
    let add = move || {
        let placement =
            Placement { id: id.get_untracked().trim().to_owned(), name: String::new(), budget_ms: 1_500 };
        let path = api::site_path(&app().site(), "placements");
        failure.set(None);
        browser::spawn(async move {
            match Request::post(path, &placement).answer::<Document<Placement>>().await {
                Ok(made) => {
                    id.set(String::new());
                    source.reload();
                    draft.update(|draft| draft.placements.push(made.body.id));
                }
                Err(other) => {
                    app().note(&other);
                    failure.set(Some(other));
                }
            }
        });
    };
    view! {
        <details>
            <summary>{t(m::NEW_PLACEMENT)}</summary>
            <div class="row end">
                <div class="grow">{text_field(m::PLACEMENT_NAME, bind(id, String::clone, |s, v| *s = v), Look { placeholder: "home-hero", ..Look::default() })}</div>
                <button type="button" class="button" disabled=move || id.get().trim().is_empty() on:click=move |_| add()>{t(m::CREATE)}</button>
            </div>
            {load::failure(failure, add)}
        </details>
    }
}
