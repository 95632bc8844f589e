//! Audiences: saved rules over the profile, and their editor.

use crate::browser;
use crate::dom::{CollectView, View, view};
use crate::i18n::m;
use crate::page::kept::{documents, edit, source_signal};
use crate::route::Screen;
use crate::rule::Kind;
use crate::session::{app, t};
use crate::state::{State, effect};
use crate::text::slug;
use crate::ui::dialog::confirm;
use crate::ui::edit::Editing;
use crate::ui::form::{Look, bind, text_field};
use crate::ui::icon::icon;
use crate::ui::load::{Load, loaded};
use crate::ui::part::{crumb, empty, event_list, head, link_button, problems};
use crate::ui::rule::{in_words, lists, rule_editor};
use attune_schema::source::{Audience, Condition, Source};

/// The list.
pub(crate) fn list() -> View {
    let lang = app().lang;
    let audiences = documents::<Audience>();
    let new = || link_button(&Screen::Audience("new".to_owned()), m::NEW_AUDIENCE, "primary", "plus");
    view! {
        {head(m::AUDIENCES, m::AUDIENCES_ABOUT, new())}
        <section class="card">{loaded(audiences, move |audiences| {
            if audiences.is_empty() {
                return empty("audience", m::NO_AUDIENCES, m::NO_AUDIENCES_NEXT, new());
            }
            let rows = audiences.into_iter().map(|document| {
                let (audience, at) = (document.body, document.updated_at);
                let name = if audience.name.is_empty() { audience.id.clone() } else { audience.name.clone() };
                let rule = audience.rule.clone();
                view! {
                    <tr>
                        <th scope="row"><a class="title" href=app().href(&Screen::Audience(audience.id.clone()))>{name}</a><span class="sub mono">{audience.id.clone()}</span></th>
                        <td class="break muted">{move || in_words(&rule)}</td>
                        <td class="nowrap">{move || browser::ago(lang.get(), at)}<span class="sub">{document.updated_by}</span></td>
                    </tr>
                }
            }).collect_view();
            view! {
                <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table">
                    <thead><tr><th scope="col">{t(m::AUDIENCE)}</th><th scope="col">{t(m::RULE)}</th><th scope="col">{t(m::CHANGED)}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table></div>
            }
        })}</section>
    }
}

/// The page of audience `id`, or of a new one.
pub(crate) fn editor(id: String) -> View {
    edit::<Audience>(id, |_| blank(), page)
}

fn blank() -> Audience {
    Audience { id: String::new(), name: String::new(), rule: Condition::All(vec![Kind::Event.blank()]) }
}

fn page(editing: Editing<Audience>, source: Load<Source>) -> View {
    let draft = editing.draft;
    let all = source_signal(source);
    if editing.is_new() {
        effect(move |_| {
            let name = draft.with(|draft| draft.name.clone());
            let taken: Vec<String> = all.get().audiences.into_iter().map(|audience| audience.id).collect();
            let id = slug(&name, "audience", &taken);
            if draft.with_untracked(|draft| draft.id != id) {
                draft.update(|draft| draft.id = id);
            }
        });
    }
    let deleting = State::new(false);
    let title = move || {
        draft.with(
            |draft| if draft.name.is_empty() { t(m::AUDIENCE).now().to_owned() } else { draft.name.clone() },
        )
    };
    let found = move || {
        let mut source = all.get();
        let draft = draft.get();
        let subject = format!("audience {}", draft.id);
        source.audiences.retain(|known| known.id != draft.id);
        source.audiences.push(draft);
        let all = attune_engine::compile::compile(&source).1;
        problems(all.into_iter().filter(|problem| problem.subject == subject).collect())
    };
    view! {
        {event_list()}
        {lists(all)}
        <header class="page-head">
            <div class="words">{crumb(&Screen::Audiences, m::AUDIENCES)}<h1>{title}</h1><p class="mono small">{move || draft.with(|d| d.id.clone())}</p></div>
            <div class="actions">{move || (!editing.is_new()).then(|| view! {
                <button type="button" class="button danger quiet" on:click=move |_| deleting.set(true)>{icon("bin")}{t(m::DELETE)}</button>
            })}</div>
        </header>
        {confirm(deleting, m::DELETE_TITLE, m::DELETE_TEXT, m::DELETE, true, move || editing.remove())}
        <section class="card"><div class="body">
            {text_field(m::NAME, bind(draft, |d| d.name.clone(), |d, v| d.name = v), Look { hint: Some(m::NAME_HINT), ..Look::default() })}
            <h2>{t(m::RULE)}</h2>
            {rule_editor(bind(draft, |d| d.rule.clone(), |d, v| d.rule = v), all)}
            {found}
        </div></section>
        {editing.bar()}
    }
}
