//! The steps of a funnel: any of several events, with property filters; moved by buttons or Alt and arrow keys.

use crate::browser;
use crate::dom::{CollectView, View, value_of, view};
use crate::funnel::{Filter, Funnel, Step};
use crate::i18n::{Message, m};
use crate::session::{filled, t};
use crate::state::{State, computed};
use crate::ui::form::{Look, bind, text_field, unique};
use crate::ui::icon::icon;

/// The builder.
pub(super) fn builder(funnel: State<Funnel>) -> View {
    // Steps are drawn again when one comes, goes or gets a filter; typing changes none of that.
    let shape = computed(move || {
        funnel.with(|funnel| funnel.steps.iter().map(|step| step.filters.len()).collect::<Vec<_>>())
    });
    let base = unique();
    let id = base.clone();
    let add = move |_| {
        funnel.update(|funnel| funnel.steps.push(Step::default()));
        let last = funnel.with_untracked(|funnel| funnel.steps.len() - 1);
        focus_later(format!("{id}-{last}-event"));
    };
    view! {
        <ol class="steps">{move || {
            let shape = shape.get();
            let count = shape.len();
            shape.into_iter().enumerate().map(|(index, filters)| step(funnel, &base, index, count, filters)).collect_view()
        }}</ol>
        <div><button type="button" class="button" on:click=add disabled=move || funnel.with(|f| f.steps.len() >= 30)>{icon("plus")}{t(m::ADD_STEP)}</button></div>
    }
}

fn focus_later(id: String) {
    browser::later(30, move || browser::focus(&id));
}

fn step(funnel: State<Funnel>, base: &str, index: usize, count: usize, filters: usize) -> View {
    let row = format!("{base}-{index}");
    let number = (index + 1).to_string();
    let label = move || filled(m::STEP_N, &[("n", &(index + 1).to_string())]);
    let move_by = {
        let base = base.to_owned();
        move |by: isize, control: &str| {
            let mut to = index;
            funnel.update(|funnel| to = funnel.shift(index, by));
            focus_later(format!("{base}-{to}-{control}"));
        }
    };
    let keys = {
        let move_by = move_by.clone();
        move |event: web_sys::KeyboardEvent| {
            let by = match event.key().as_str() {
                "ArrowUp" if event.alt_key() => -1,
                "ArrowDown" if event.alt_key() => 1,
                _ => return,
            };
            event.prevent_default();
            move_by(by, "event");
        }
    };
    let mover = |by: isize, name: &'static str, label: Message, stuck: bool| {
        let move_by = move_by.clone();
        view! {
            <button type="button" class="button quiet icon small" id=format!("{row}-{name}") aria-label=t(label) title=t(label) disabled=stuck
                on:click=move |_| move_by(by, name)>{icon(name)}</button>
        }
    };
    let up = mover(-1, "up", m::MOVE_UP, index == 0);
    let down = mover(1, "down", m::MOVE_DOWN, index + 1 == count);
    let remove = move |_| funnel.update(|funnel| drop(funnel.steps.remove(index)));
    let filter = move |_| {
        funnel.update(|funnel| {
            if let Some(step) = funnel.steps.get_mut(index) {
                step.filters.push(Filter::default());
            }
        });
    };
    view! {
        <li class="step" aria-label=label on:keydown=keys>
            <div class="step-head">
                <span class="step-no" aria-hidden="true">{number}</span>
                <div class="grow">{events(funnel, index, &row)}</div>
                <div class="tools">
                    {up}{down}
                    <button type="button" class="button quiet icon small" aria-label=t(m::REMOVE_STEP) title=t(m::REMOVE_STEP) on:click=remove>{icon("bin")}</button>
                </div>
            </div>
            {(0..filters).map(|at| filter_row(funnel, index, at)).collect_view()}
            <div><button type="button" class="button quiet small" on:click=filter>{icon("plus")}{t(m::ADD_FILTER)}</button></div>
        </li>
    }
}

/// Events of a step as chips, and an input that adds one: chosen from the list, or with Enter.
fn events(funnel: State<Funnel>, index: usize, row: &str) -> View {
    let names = computed(move || {
        funnel.with(|f| f.steps.get(index).map(|step| step.events.clone()).unwrap_or_default())
    });
    let typed = State::new(String::new());
    let take = move || {
        let name = typed.get_untracked().trim().to_owned();
        if !name.is_empty() {
            typed.set(String::new());
            funnel.update(|funnel| {
                if let Some(step) = funnel.steps.get_mut(index)
                    && !step.events.contains(&name)
                {
                    step.events.push(name);
                }
            });
        }
    };
    let input = move |event: web_sys::Event| {
        typed.set(value_of(&event));
        // Choosing from the list is a replacement, not typing.
        let kind = js_sys::Reflect::get(&event, &"inputType".into()).ok().and_then(|kind| kind.as_string());
        if kind.is_none_or(|kind| kind == "insertReplacementText") {
            take();
        }
    };
    let enter = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            take();
        }
    };
    let chips = move || {
        names
            .get()
            .into_iter()
            .map(|name| {
                let label = filled(m::REMOVE_EVENT, &[("name", &name)]);
                let gone = name.clone();
                let remove = move |_| {
                    funnel.update(|funnel| {
                        if let Some(step) = funnel.steps.get_mut(index) {
                            step.events.retain(|event| *event != gone);
                        }
                    });
                };
                view! { <span class="chip">{name}<button type="button" aria-label=label on:click=remove>{icon("cross")}</button></span> }
            })
            .collect_view()
    };
    let label = move || if names.with(Vec::is_empty) { m::CHOOSE_EVENT } else { m::OR_EVENT };
    view! {
        <div class="chips">
            {chips}
            <input id=format!("{row}-event") class="input grow" list="event-names" autocomplete="off" spellcheck="false"
                aria-label=move || t(label()).now() placeholder=move || t(label()).now()
                prop:value=move || typed.get() on:input=input on:keydown=enter on:change=move |_| take() />
        </div>
    }
}

fn filter_row(funnel: State<Funnel>, index: usize, at: usize) -> View {
    let get = move |funnel: &Funnel| {
        funnel.steps.get(index).and_then(|step| step.filters.get(at)).cloned().unwrap_or_default()
    };
    let change = move |funnel: &mut Funnel, change: &dyn Fn(&mut Filter)| {
        if let Some(filter) = funnel.steps.get_mut(index).and_then(|step| step.filters.get_mut(at)) {
            change(filter);
        }
    };
    let property = bind(
        funnel,
        move |f| get(f).property,
        move |f, v: String| change(f, &|filter| filter.property.clone_from(&v)),
    );
    let values = bind(
        funnel,
        move |f| get(f).values,
        move |f, v: String| change(f, &|filter| filter.values.clone_from(&v)),
    );
    let remove = move |_| {
        funnel.update(|funnel| {
            if let Some(step) = funnel.steps.get_mut(index) {
                step.filters.remove(at);
            }
        });
    };
    view! {
        <div class="row end">
            <div class="grow">{text_field(m::PROPERTY, property, Look { placeholder: "category", ..Look::default() })}</div>
            <div class="grow">{text_field(m::ONE_OF, values, Look { placeholder: "travel, shopping", ..Look::default() })}</div>
            <button type="button" class="button quiet icon" aria-label=t(m::REMOVE_FILTER) title=t(m::REMOVE_FILTER) on:click=remove>{icon("bin")}</button>
        </div>
    }
}
