//! The test: arms with weights, a control arm, a holdout.

use super::offers::choices;
use crate::browser;
use crate::dom::{CollectView, View, dynamic, view};
use crate::i18n::m;
use crate::session::{app, t};
use crate::state::{Signal, State, computed, effect};
use crate::text::fixed;
use crate::ui::form::{Look, bind, check, number_field, text_field};
use crate::ui::icon::icon;
use attune_schema::source::{Campaign, Source, Variant};

/// The tab.
pub(super) fn tab(draft: State<Campaign>, source: Signal<Source>) -> View {
    let count = computed(move || draft.with(|draft| draft.variants.len()));
    let add = move |control: bool| {
        draft.update(|draft| {
            let taken: Vec<String> = draft.variants.iter().map(|variant| variant.id.clone()).collect();
            let letter = char::from(b'a' + (taken.len() % 26) as u8).to_string();
            let wanted = if control { "control".to_owned() } else { letter };
            let id = if taken.contains(&wanted) { format!("{wanted}{}", taken.len()) } else { wanted };
            draft.variants.push(Variant { id, weight: 1.0, offers: Vec::new(), control, dropped: false });
        });
    };
    view! {
        {number_field(m::HOLDOUT, bind(draft, |d| d.holdout_percent, |d, v| d.holdout_percent = v), (0.0, 100.0), Look { hint: Some(m::HOLDOUT_HINT), ..Look::default() })}
        <fieldset class="stack tight"><legend class="label">{t(m::VARIANTS)}</legend>
            <p class="small muted">{t(m::VARIANTS_HINT)}</p>
            {shares(draft)}
            <div>{move || (0..count.get()).map(|index| variant(draft, index, source)).collect_view()}</div>
            <div class="row">
                <button type="button" class="button small" on:click=move |_| add(false)>{icon("plus")}{t(m::ADD_VARIANT)}</button>
                <button type="button" class="button small" on:click=move |_| add(true)>{icon("plus")}{t(m::ADD_CONTROL)}</button>
            </div>
        </fieldset>
    }
}

/// The split as a bar; the figures stand beside each arm.
fn shares(draft: State<Campaign>) -> View {
    dynamic(move || {
        let arms: Vec<(f64, bool)> =
            draft.with(|d| d.variants.iter().map(|v| (v.weight.max(0.0), v.control)).collect());
        let total: f64 = arms.iter().map(|(weight, _)| weight).sum();
        (arms.len() > 1 && total > 0.0).then(|| {
            let parts = arms
                .into_iter()
                .map(|(weight, control)| {
                    let width = format!("{}%", fixed(100.0 * weight / total, 2));
                    view! { <i class=control.then_some("control") style:width=width></i> }
                })
                .collect_view();
            view! { <div class="share" aria-hidden="true">{parts}</div> }
        })
    })
}

fn variant(draft: State<Campaign>, index: usize, source: Signal<Source>) -> View {
    let lang = app().lang;
    let get = move |d: &Campaign| {
        d.variants.get(index).cloned().unwrap_or(Variant {
            id: String::new(),
            weight: 0.0,
            offers: Vec::new(),
            control: false,
            dropped: false,
        })
    };
    let change = move |d: &mut Campaign, change: &dyn Fn(&mut Variant)| {
        if let Some(variant) = d.variants.get_mut(index) {
            change(variant);
        }
    };
    let id = bind(draft, move |d| get(d).id, move |d, v: String| change(d, &|arm| arm.id.clone_from(&v)));
    let weight = bind(draft, move |d| get(d).weight, move |d, v| change(d, &|arm| arm.weight = v));
    let control = bind(draft, move |d| get(d).control, move |d, v| change(d, &|arm| arm.control = v));
    let dropped = bind(draft, move |d| get(d).dropped, move |d, v| change(d, &|arm| arm.dropped = v));
    let share = move || {
        draft.with(|d| {
            let total: f64 = d.variants.iter().map(|arm| arm.weight.max(0.0)).sum();
            browser::percent(lang.get(), (total > 0.0).then(|| get(d).weight.max(0.0) / total))
        })
    };
    let remove = move |_| draft.update(|draft| drop(draft.variants.remove(index)));
    // Offers of an arm are edited in a list of their own, kept equal to the draft.
    let own = State::new(draft.with_untracked(|d| get(d).offers));
    effect(move |first| {
        let list = own.get();
        if !first && draft.with_untracked(|d| get(d).offers != list) {
            draft.update(|d| change(d, &|arm| arm.offers.clone_from(&list)));
        }
    });
    effect(move |_| {
        let list = draft.with(|d| get(d).offers);
        if own.with_untracked(|own| *own != list) {
            own.set(list);
        }
    });
    let offers = move || {
        let items = source
            .get()
            .offers
            .into_iter()
            .map(|o| (o.id.clone(), if o.name.is_empty() { o.id } else { o.name }))
            .collect();
        (!control.get.get()).then(|| {
            let list = choices(items, |own: &Vec<String>| own, own, |own| own);
            view! { <fieldset class="stack tight grow"><legend class="small muted">{t(m::VARIANT_OFFERS)}</legend>{list}</fieldset> }
        })
    };
    view! {
        <div class="line">
            {text_field(m::VARIANT_ID, id, Look::default())}
            {number_field(m::WEIGHT, weight, (0.0, 1e6), Look { class: "short", ..Look::default() })}
            <p class="strong num">{share}</p>
            <button type="button" class="button quiet icon" aria-label=t(m::REMOVE) title=t(m::REMOVE) on:click=remove>{icon("bin")}</button>
            <div class="row">{check(m::CONTROL_ARM, control, None)}{check(m::DROPPED_ARM, dropped, None)}</div>
            {offers}
        </div>
    }
}
