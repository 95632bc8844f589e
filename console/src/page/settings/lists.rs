//! Placements and attributes: short lists with an input that adds one.

use crate::api::{self, Failure, Request};
use crate::browser;
use crate::dom::{CollectView, IntoView, View, view};
use crate::i18n::{Message, m};
use crate::session::{app, t};
use crate::state::State;
use crate::ui::form::{Bind, Look, bind, options, select_field, text_field};
use crate::ui::icon::icon;
use crate::ui::load::{self, Load, load, loaded};
use attune_schema::api::Document;
use attune_schema::source::{Attribute, Label, Placement};
use serde::Serialize;
use serde::de::DeserializeOwned;

const LABELS: [(&str, Message); 3] =
    [("public", m::LABEL_PUBLIC), ("device-ok", m::LABEL_DEVICE), ("server-only", m::LABEL_SERVER)];

/// Placements of the site.
pub(super) fn placements() -> View {
    let id = State::new(String::new());
    let budget = State::new("1500".to_owned());
    let make = move || Placement {
        id: id.get_untracked().trim().to_owned(),
        name: String::new(),
        budget_ms: budget.get_untracked().parse().unwrap_or(1_500),
    };
    let inputs = move || {
        view! {
            <div class="grow">{text_field(m::PLACEMENT_NAME, bind(id, String::clone, |s, v| *s = v), Look { placeholder: "home-hero", ..Look::default() })}</div>
            {text_field(m::BUDGET_MS, bind(budget, String::clone, |s, v| *s = v), Look { kind: "number", ..Look::default() })}
        }
    };
    list("placements", m::PLACEMENTS, m::PLACEMENTS_ABOUT, id, inputs, make, |p: &Placement| {
        (p.id.clone(), format!("{} ms", p.budget_ms).into_view())
    })
}

/// Attributes that rules may use.
pub(super) fn attributes() -> View {
    let id = State::new(String::new());
    let label = State::new("device-ok".to_owned());
    let make = move || Attribute {
        id: id.get_untracked().trim().to_owned(),
        label: match label.get_untracked().as_str() {
            "public" => Label::Public,
            "server-only" => Label::ServerOnly,
            _ => Label::DeviceOk,
        },
    };
    let inputs = move || {
        let chosen: Bind<String> = bind(label, String::clone, |s, v| *s = v);
        view! {
            <div class="grow">{text_field(m::FIELD_NAME, bind(id, String::clone, |s, v| *s = v), Look { placeholder: "grade", ..Look::default() })}</div>
            {select_field(m::SENSITIVITY, chosen, options(&LABELS), "")}
        }
    };
    let show = |attribute: &Attribute| {
        let label = match attribute.label {
            Label::Public => m::LABEL_PUBLIC,
            Label::DeviceOk => m::LABEL_DEVICE,
            Label::ServerOnly => m::LABEL_SERVER,
        };
        (attribute.id.clone(), t(label).into_view())
    };
    list("attributes", m::ATTRIBUTES, m::ATTRIBUTES_ABOUT, id, inputs, make, show)
}

fn list<T>(
    kind: &'static str,
    title: Message,
    about: Message,
    id: State<String>,
    inputs: impl Fn() -> View + 'static,
    make: impl Fn() -> T + Copy + 'static,
    show: impl Fn(&T) -> (String, View) + Copy + 'static,
) -> View
where
    T: Serialize + DeserializeOwned + Clone + 'static,
{
    let site = app().site();
    let documents: Load<Vec<Document<T>>> = load(move || Some(Request::get(api::site_path(&site, kind))));
    let failure = State::new(None::<Failure>);
    let fail = move |other: Failure| {
        app().note(&other);
        failure.set(Some(other));
    };
    let add = move || {
        let body = make();
        let path = api::site_path(&app().site(), kind);
        failure.set(None);
        browser::spawn(async move {
            match Request::post(path, &body).answer::<Document<T>>().await {
                Ok(_) => {
                    id.set(String::new());
                    documents.reload();
                }
                Err(other) => fail(other),
            }
        });
    };
    let remove = move |name: String, version: u64| {
        let path = api::site_path(&app().site(), &format!("{kind}/{}", crate::route::encode(&name)));
        failure.set(None);
        browser::spawn(async move {
            match Request::delete(path, version).send().await {
                Ok(_) => documents.reload(),
                Err(other) => {
                    documents.reload();
                    fail(other);
                }
            }
        });
    };
    let rows = move |documents: Vec<Document<T>>| {
        let lines = documents
            .into_iter()
            .map(|document| {
                let (name, detail) = show(&document.body);
                let (gone, version) = (name.clone(), document.version);
                let ask = move |_| {
                    let question = crate::session::filled(m::DELETE_NAMED, &[("name", &gone)]);
                    if crate::browser::window().confirm_with_message(&question).unwrap_or(false) {
                        remove(gone.clone(), version);
                    }
                };
                view! {
                    <tr><th scope="row" class="mono break">{name}</th><td class="muted">{detail}</td>
                        <td class="num"><button type="button" class="button quiet icon small" aria-label=t(m::DELETE) title=t(m::DELETE) on:click=ask>{icon("bin")}</button></td></tr>
                }
            })
            .collect_view();
        view! { <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table"><caption class="sr">{t(title)}</caption><tbody>{lines}</tbody></table></div> }
    };
    view! {
        <section class="card">
            <header><h2>{t(title)}</h2><p class="small">{t(about)}</p></header>
            {loaded(documents, rows)}
            <div class="body">
                <form class="row end" on:submit=move |event: web_sys::Event| { event.prevent_default(); add(); }>
                    {inputs()}
                    <button class="button" disabled=move || id.get().trim().is_empty()>{icon("plus")}{t(m::ADD)}</button>
                </form>
                {load::failure(failure, add)}
            </div>
        </section>
    }
}
