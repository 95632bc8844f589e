//! Small parts: page heads, empty states, notices, copyable lines, data lists.

use super::icon::icon;
use super::load::{Load, load};
use crate::api::{self, Request};
use crate::browser;
use crate::dom::{CollectView, View, view};
use crate::i18n::{Message, m};
use crate::route::Screen;
use crate::session::{app, t};
use crate::state::{Signal, computed};
use attune_schema::api::{EventName, Problem};

/// Title of a screen, what it is for, what can be done.
pub(crate) fn head(title: Message, about: Message, actions: View) -> View {
    view! {
        <header class="page-head">
            <div class="words"><h1>{t(title)}</h1><p>{t(about)}</p></div>
            <div class="actions">{actions}</div>
        </header>
    }
}

/// A link back to a list.
pub(crate) fn crumb(to: &Screen, label: Message) -> View {
    view! { <a class="crumb" href=app().href(to)>{icon("back")}{t(label)}</a> }
}

/// Nothing here yet, and the next step.
pub(crate) fn empty(name: &'static str, title: Message, next: Message, action: View) -> View {
    view! {
        <div class="empty">{icon(name)}<h2>{t(title)}</h2><p>{t(next)}</p>{action}</div>
    }
}

/// A link that looks like a button.
pub(crate) fn link_button(to: &Screen, label: Message, class: &'static str, name: &'static str) -> View {
    view! { <a class=format!("button {class}") href=app().href(to)>{icon(name)}{t(label)}</a> }
}

/// A line of code and a button that copies it.
pub(crate) fn copy_line(text: Signal<String>) -> View {
    let copy = move |_| {
        let text = text.get_untracked();
        browser::spawn(async move {
            let done = browser::copy(&text).await;
            app().say(if done { m::COPIED } else { m::COPY_FAILED });
        });
    };
    view! {
        <div class="copy-line">
            <pre class="code-block wrap" tabindex="0" role="group" aria-label=t(m::CODE)><code>{move || text.get()}</code></pre>
            <button type="button" class="button" on:click=copy>{icon("copy")}{t(m::COPY)}</button>
        </div>
    }
}

/// Code to read.
pub(crate) fn code(text: String) -> View {
    view! { <pre class="code-block" tabindex="0" role="group" aria-label=t(m::CODE)><code>{text}</code></pre> }
}

/// Problems of a source, named.
pub(crate) fn problems(list: Vec<Problem>) -> View {
    list.into_iter()
        .map(|problem| {
            let class = if problem.fatal { "notice bad" } else { "notice warn" };
            let weight = if problem.fatal { m::PROBLEM_FATAL } else { m::PROBLEM_WARNING };
            view! {
                <div class=class>
                    {icon("alert")}
                    <div><p class="break"><strong>{problem.subject}</strong>" "{problem.message}</p><p class="small muted">{t(weight)}</p></div>
                </div>
            }
        })
        .collect_view()
}

/// Event names seen on this site, for suggestions.
pub(crate) fn event_names() -> Load<Vec<EventName>> {
    let site = app().site();
    load(move || Some(Request::get(api::site_path(&site, "events"))))
}

/// Suggestions of text fields that name the list `id`.
pub(crate) fn data_list(id: &'static str, items: Signal<Vec<String>>) -> View {
    view! {
        <datalist id=id>{move || items.get().into_iter().map(|item| view! { <option value=item></option> }).collect_view()}</datalist>
    }
}

/// Event names the SDK records, and those seen on this site, as the list `event-names`.
pub(crate) fn event_list() -> View {
    let seen = event_names();
    let items = computed(move || {
        use attune_schema::event::name;
        let mut names: Vec<String> =
            seen.data.get().unwrap_or_default().into_iter().map(|e| e.name).collect();
        for known in [
            name::PAGE_VIEWED,
            name::ITEM_VIEWED,
            name::ELEMENT_CLICKED,
            name::FORM_STARTED,
            name::FORM_ABANDONED,
            name::FORM_SUBMITTED,
            name::OFFER_EXPOSED,
            name::OFFER_CLICKED,
            name::OFFER_DISMISSED,
            name::IDENTIFIED,
        ] {
            if !names.iter().any(|name| name == known) {
                names.push(known.to_owned());
            }
        }
        names
    });
    data_list("event-names", items)
}
