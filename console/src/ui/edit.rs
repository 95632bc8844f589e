//! Editing a versioned document: draft, save, conflict, delete. Nothing is lost silently.

use super::dialog::dialog;
use super::load;
use crate::api::{self, Failure, Request};
use crate::browser;
use crate::dom::{CollectView, View, view};
use crate::i18n::m;
use crate::json::pretty;
use crate::route::{Screen, encode};
use crate::session::{app, filled, t};
use crate::state::{State, cleanup, effect};
use crate::text::compare;
use attune_schema::api::{Conflict, Document};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind of document.
pub(crate) trait Kept: Serialize + DeserializeOwned + Clone + PartialEq + 'static {
    /// Path of its list below the site.
    const KIND: &'static str;
    /// Its id; empty for the only one of its kind.
    fn id(&self) -> &str;
    /// Where it is edited.
    fn screen(&self) -> Screen;
    /// Where its list is.
    fn list() -> Screen;

    /// Path below the site.
    fn path(&self) -> String {
        if self.id().is_empty() {
            Self::KIND.to_owned()
        } else {
            format!("{}/{}", Self::KIND, encode(self.id()))
        }
    }
}

/// A document being edited.
pub(crate) struct Editing<T: Kept> {
    /// What is on screen.
    pub(crate) draft: State<T>,
    /// What the server has, as far as we know; nothing for a new one.
    pub(crate) saved: State<Option<Document<T>>>,
    busy: State<bool>,
    failure: State<Option<Failure>>,
    /// What somebody else saved meanwhile.
    theirs: State<Option<Document<T>>>,
    conflict: State<bool>,
}

impl<T: Kept> Clone for Editing<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Kept> Copy for Editing<T> {}

impl<T: Kept> Editing<T> {
    /// Starts with what the server has, or with a `blank`.
    pub(crate) fn new(saved: Option<Document<T>>, blank: T) -> Self {
        let draft = saved.as_ref().map_or(blank, |document| document.body.clone());
        let editing = Self {
            draft: State::new(draft),
            saved: State::new(saved),
            busy: State::new(false),
            failure: State::new(None),
            theirs: State::new(None),
            conflict: State::new(false),
        };
        effect(move |first| {
            let changed = editing.changed();
            if !first || !changed {
                app().unsaved.set(changed);
            }
        });
        cleanup(|| app().unsaved.set(false));
        editing
    }

    /// Whether it was never saved.
    pub(crate) fn is_new(self) -> bool {
        self.saved.with(Option::is_none)
    }

    /// Whether the draft differs from what is saved.
    pub(crate) fn changed(self) -> bool {
        self.draft
            .with(|draft| self.saved.with(|saved| saved.as_ref().is_none_or(|saved| saved.body != *draft)))
    }

    /// Saves the draft.
    pub(crate) fn save(self) {
        let version = self.saved.with_untracked(|saved| saved.as_ref().map(|saved| saved.version));
        self.save_over(version);
    }

    fn save_over(self, version: Option<u64>) {
        let (site, body) = (app().site(), self.draft.get_untracked());
        self.busy.set(true);
        self.failure.set(None);
        browser::spawn(async move {
            let request = match version {
                Some(version) => Request::put(api::site_path(&site, &body.path()), version, &body),
                None => Request::post(api::site_path(&site, T::KIND), &body),
            };
            let answer = request.answer::<Document<T>>().await;
            self.busy.set(false);
            match answer {
                Ok(document) => {
                    let screen = document.body.screen();
                    // What was typed while the request was under way stays a change.
                    if self.draft.with_untracked(|draft| *draft == body) {
                        self.draft.set(document.body.clone());
                    }
                    self.saved.set(Some(document));
                    app().say(m::SAVED);
                    if version.is_none() {
                        app().unsaved.set(false);
                        app().go(&app().href(&screen));
                    }
                }
                Err(Failure::Conflict(text)) => self.meet(&site, &body, &text).await,
                Err(failure) => {
                    app().note(&failure);
                    self.failure.set(Some(failure));
                }
            }
        });
    }

    /// Somebody else was faster: shows both versions.
    async fn meet(self, site: &str, mine: &T, answer: &str) {
        let theirs = match api::read::<Conflict<T>>(answer).map(|conflict| conflict.current) {
            Ok(document) => Ok(document),
            Err(_) => Request::get(api::site_path(site, &mine.path())).answer::<Document<T>>().await,
        };
        match theirs {
            Ok(document) => {
                self.theirs.set(Some(document));
                self.conflict.set(true);
            }
            Err(failure) => self.failure.set(Some(failure)),
        }
    }

    /// Throws the draft away.
    pub(crate) fn discard(self) {
        if let Some(saved) = self.saved.get_untracked() {
            self.draft.set(saved.body);
        }
    }

    /// Deletes the document and goes to its list.
    pub(crate) fn remove(self) {
        let Some(saved) = self.saved.get_untracked() else { return };
        let site = app().site();
        browser::spawn(async move {
            match Request::delete(api::site_path(&site, &saved.body.path()), saved.version).send().await {
                Ok(_) => {
                    app().unsaved.set(false);
                    app().say(m::DELETED);
                    app().go(&app().href(&T::list()));
                }
                Err(Failure::Conflict(text)) => self.meet(&site, &saved.body, &text).await,
                Err(failure) => {
                    app().note(&failure);
                    self.failure.set(Some(failure));
                }
            }
        });
    }

    /// Bar with the state of the draft and what can be done with it.
    pub(crate) fn bar(self) -> View {
        let lang = app().lang;
        let state = move || match self.saved.get() {
            _ if self.changed() => m::UNSAVED.text(lang.get()).to_owned(),
            Some(saved) if saved.version == 0 => m::NEVER_CHANGED.text(lang.get()).to_owned(),
            Some(saved) => {
                let at = browser::moment(lang.get(), saved.updated_at);
                filled(
                    m::SAVED_AS,
                    &[("version", &saved.version.to_string()), ("who", &saved.updated_by), ("at", &at)],
                )
            }
            None => String::new(),
        };
        view! {
            {load::failure(self.failure, move || self.save())}
            <div class="save-bar">
                <p class="said small" role="status">{state}</p>
                <button type="button" class="button" disabled=move || self.is_new() || !self.changed() on:click=move |_| self.discard()>{t(m::DISCARD)}</button>
                <button type="button" class="button primary" disabled=move || self.busy.get() || !self.changed() on:click=move |_| self.save()>{t(m::SAVE)}</button>
            </div>
            {self.conflict_dialog()}
        }
    }

    fn conflict_dialog(self) -> View {
        dialog(self.conflict, m::CONFLICT_TITLE, "wide", move || {
            let Some(theirs) = self.theirs.get() else { return View::default() };
            let (mine, other) = compare(&pretty(&self.draft.get_untracked()), &pretty(&theirs.body));
            let at = browser::moment(app().lang.get(), theirs.updated_at);
            let said = filled(
                m::CONFLICT_TEXT,
                &[("who", &theirs.updated_by), ("at", &at), ("version", &theirs.version.to_string())],
            );
            let (version, kept) = (theirs.version, theirs.clone());
            let keep_mine = move |_| {
                self.conflict.set(false);
                self.save_over(Some(version));
            };
            let take_theirs = move |_| {
                self.draft.set(kept.body.clone());
                self.saved.set(Some(kept.clone()));
                self.conflict.set(false);
            };
            view! {
                <p class="muted">{said}</p>
                <div class="versions">
                    <section><h3>{t(m::YOURS)}</h3>{side(mine)}</section>
                    <section><h3>{t(m::THEIRS)}</h3>{side(other)}</section>
                </div>
                <div class="dialog-foot">
                    <button type="button" class="button quiet" on:click=move |_| self.conflict.set(false)>{t(m::BACK_TO_EDITING)}</button>
                    <button type="button" class="button" on:click=take_theirs>{t(m::TAKE_THEIRS)}</button>
                    <button type="button" class="button primary" on:click=keep_mine>{t(m::KEEP_MINE)}</button>
                </div>
            }
        })
    }
}

fn side(lines: Vec<(String, bool)>) -> View {
    let lines = lines
        .into_iter()
        .map(|(line, differs)| view! { <span class=if differs { "differs" } else { "same" }>{line}</span> })
        .collect_view();
    view! { <pre class="code-block" tabindex="0" role="group" aria-label=t(m::CODE)><code>{lines}</code></pre> }
}
