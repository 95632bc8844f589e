//! Fields: a label, an input bound to a signal, a hint.

use crate::dom::{CollectView, View, checked, value_of, view};
use crate::i18n::Message;
use crate::session::t;
use crate::state::{Callback, Signal, State, computed, effect};
use crate::text::{number, plain};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A part of some state: how to read it, how to write it.
pub(crate) struct Bind<T> {
    pub(crate) get: Signal<T>,
    pub(crate) set: Callback<T>,
}

impl<T> Clone for Bind<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Bind<T> {}

/// A part of `state`.
pub(crate) fn bind<S, T>(
    state: State<S>,
    get: impl Fn(&S) -> T + 'static,
    set: impl Fn(&mut S, T) + 'static,
) -> Bind<T>
where
    S: 'static,
    T: PartialEq + Clone + 'static,
{
    bind_by(state, Rc::new((get, set)))
}

/// How a part is read and written.
trait Lens<S, T> {
    fn get(&self, state: &S) -> T;
    fn set(&self, state: &mut S, value: T);
}

impl<S, T, G: Fn(&S) -> T, W: Fn(&mut S, T)> Lens<S, T> for (G, W) {
    fn get(&self, state: &S) -> T {
        self.0(state)
    }

    fn set(&self, state: &mut S, value: T) {
        self.1(state, value);
    }
}

fn bind_by<S: 'static, T: PartialEq + Clone + 'static>(state: State<S>, part: Rc<dyn Lens<S, T>>) -> Bind<T> {
    let read = Rc::clone(&part);
    Bind {
        get: computed(move || state.with(|state| read.get(state))),
        set: Callback::new(move |value| state.update(|state| part.set(state, value))),
    }
}

/// An id nothing else has.
pub(crate) fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("f{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// How a text field looks and helps.
#[derive(Clone, Copy, Default)]
pub(crate) struct Look {
    /// `type` of the input; text if empty.
    pub(crate) kind: &'static str,
    /// Id of a data list with suggestions.
    pub(crate) list: &'static str,
    /// Said below.
    pub(crate) hint: Option<Message>,
    /// Shown while empty.
    pub(crate) placeholder: &'static str,
    /// Extra class of the field.
    pub(crate) class: &'static str,
    /// Several lines.
    pub(crate) area: bool,
    /// `autocomplete` of the input; `off` if empty.
    pub(crate) fill: &'static str,
}

/// A text field.
pub(crate) fn text_field(label: Message, value: Bind<String>, look: Look) -> View {
    let id = unique();
    let hint_id = format!("{id}-hint");
    let described = look.hint.map(|_| hint_id.clone());
    let fill = if look.fill.is_empty() { "off" } else { look.fill };
    let on_input = move |event| value.set.run(value_of(&event));
    let input = if look.area {
        view! {
            <textarea id=id.clone() class="input" placeholder=look.placeholder aria-describedby=described spellcheck="false"
                prop:value=move || value.get.get() on:input=on_input></textarea>
        }
    } else {
        let kind = if look.kind.is_empty() { "text" } else { look.kind };
        let list = (!look.list.is_empty()).then_some(look.list);
        view! {
            <input id=id.clone() class="input" type=kind list=list placeholder=look.placeholder aria-describedby=described
                autocomplete=fill spellcheck="false" step="any" prop:value=move || value.get.get() on:input=on_input />
        }
    };
    view! {
        <div class=format!("field {}", look.class)>
            <label for=id>{t(label)}</label>
            {input}
            {look.hint.map(|hint| view! { <p class="hint" id=hint_id>{t(hint)}</p> })}
        </div>
    }
}

/// A number field; what is not a number in `range` is marked and not taken over.
pub(crate) fn number_field(label: Message, value: Bind<f64>, range: (f64, f64), look: Look) -> View {
    let wrong = State::new(false);
    let id = unique();
    let hint_id = format!("{id}-hint");
    let described = look.hint.map(|_| hint_id.clone());
    let on_input = move |event| {
        let typed = number(&value_of(&event));
        match typed.filter(|number| *number >= range.0 && *number <= range.1) {
            Some(number) => {
                wrong.set(false);
                value.set.run(number);
            }
            None => wrong.set(true),
        }
    };
    view! {
        <div class=format!("field {}", look.class)>
            <label for=id.clone()>{t(label)}</label>
            <input id=id class="input" type="number" step="any" inputmode="decimal" aria-describedby=described
                aria-invalid=move || wrong.get().then_some("true") prop:value=move || plain(value.get.get()) on:input=on_input />
            {look.hint.map(|hint| view! { <p class="hint" id=hint_id>{t(hint)}</p> })}
        </div>
    }
}

/// A choice of one: `(value, label)`.
pub(crate) fn select_field(
    label: Message,
    value: Bind<String>,
    options: Signal<Vec<(String, String)>>,
    class: &'static str,
) -> View {
    let id = unique();
    let list = move || {
        let chosen = value.get.get();
        let options = options.get();
        let missing = !options.iter().any(|(code, _)| *code == chosen);
        let kept = missing
            .then(|| (chosen.clone(), if chosen.is_empty() { "–".to_owned() } else { chosen.clone() }));
        kept.into_iter()
            .chain(options)
            .map(|(code, label)| {
                let selected = code == chosen;
                view! { <option value=code selected=selected prop:selected=selected>{label}</option> }
            })
            .collect_view()
    };
    view! {
        <div class=format!("field {class}")>
            <label for=id.clone()>{t(label)}</label>
            <select id=id class="input" on:change=move |event| value.set.run(value_of(&event))>{list}</select>
        </div>
    }
}

/// Options whose labels are messages.
pub(crate) fn options(pairs: &'static [(&'static str, Message)]) -> Signal<Vec<(String, String)>> {
    let lang = crate::session::app().lang;
    computed(move || {
        let lang = lang.get();
        pairs.iter().map(|(code, label)| ((*code).to_owned(), label.text(lang).to_owned())).collect()
    })
}

/// A box to tick.
pub(crate) fn check(label: Message, value: Bind<bool>, hint: Option<Message>) -> View {
    toggle("", label, value, hint)
}

/// A switch: takes effect with the same save as the rest.
pub(crate) fn switch(label: Message, value: Bind<bool>, hint: Option<Message>) -> View {
    toggle("switch", label, value, hint)
}

fn toggle(class: &'static str, label: Message, value: Bind<bool>, hint: Option<Message>) -> View {
    view! {
        <label class="check">
            <input type="checkbox" class=class role=(!class.is_empty()).then_some("switch") prop:checked=move || value.get.get()
                on:change=move |event| value.set.run(checked(&event)) />
            <span>{t(label)}{hint.map(|hint| view! { <span class="hint">{t(hint)}</span> })}</span>
        </label>
    }
}

/// A duration such as `30m`; empty means none where `optional`.
pub(crate) fn span_field(
    label: Message,
    value: Bind<Option<attune_schema::span::Span>>,
    optional: bool,
    look: Look,
) -> View {
    let raw = State::new(value.get.get_untracked().map_or_else(String::new, |span| span.to_string()));
    let wrong = State::new(false);
    effect(move |_| {
        let now = value.get.get();
        if raw.get_untracked().trim().parse().ok() != now {
            raw.set(now.map_or_else(String::new, |span| span.to_string()));
        }
    });
    let id = unique();
    let hint_id = format!("{id}-hint");
    // In a narrow field the placeholder says it; readers of screens still hear it.
    let hint_class = if look.class == "short" { "hint sr" } else { "hint" };
    let on_input = move |event| {
        let text = value_of(&event);
        raw.set(text.clone());
        let parsed = text.trim().parse::<attune_schema::span::Span>().ok();
        let empty = text.trim().is_empty();
        wrong.set(parsed.is_none() && !(optional && empty));
        if parsed.is_some() || (optional && empty) {
            value.set.run(parsed);
        }
    };
    view! {
        <div class=format!("field {}", look.class)>
            <label for=id.clone()>{t(label)}</label>
            <input id=id class="input" placeholder=look.placeholder autocomplete="off" aria-describedby=hint_id.clone()
                aria-invalid=move || wrong.get().then_some("true") prop:value=move || raw.get() on:input=on_input />
            <p class=hint_class id=hint_id>{t(look.hint.unwrap_or(crate::i18n::m::SPAN_HINT))}</p>
        </div>
    }
}
