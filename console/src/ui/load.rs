//! Loading: old data stays while new data comes, errors are values with a way to try again.

use super::icon::icon;
use crate::api::{Failure, Request, read};
use crate::browser;
use crate::dom::{View, dynamic, view};
use crate::i18n::m;
use crate::session::{app, t};
use crate::state::{State, cleanup, effect, untrack};
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::rc::Rc;

/// Something that is fetched, and fetched again when what it depends on changes.
pub(crate) struct Load<T> {
    pub(crate) data: State<Option<T>>,
    pub(crate) failure: State<Option<Failure>>,
    pub(crate) busy: State<bool>,
    again: State<u32>,
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Load<T> {}

impl<T: 'static> Load<T> {
    /// What is there without asking.
    pub(crate) fn of(data: Option<T>) -> Self {
        Self {
            data: State::new(data),
            failure: State::new(None),
            busy: State::new(false),
            again: State::new(0),
        }
    }

    /// Fetches again; nothing happens once the page is gone.
    pub(crate) fn reload(self) {
        self.again.update(|n| *n += 1);
    }
}

/// Fetches now and whenever a signal read by `request` changes; `None` waits.
pub(crate) fn load<T: DeserializeOwned + 'static>(
    request: impl Fn() -> Option<Request> + 'static,
) -> Load<T> {
    let load = Load::of(None);
    let take = move |text: &str| read(text).map(|data| load.data.set(Some(data)));
    fetch(load.failure, load.busy, load.again, Box::new(request), Rc::new(take));
    load
}

/// Takes over what an answer says.
type Take = Rc<dyn Fn(&str) -> Result<(), Failure>>;

fn fetch(
    failure: State<Option<Failure>>,
    busy: State<bool>,
    again: State<u32>,
    request: Box<dyn Fn() -> Option<Request>>,
    take: Take,
) {
    let latest = Rc::new(Cell::new(0u32));
    let gone = Rc::clone(&latest);
    cleanup(move || gone.set(u32::MAX));
    effect(move |_| {
        again.track();
        let Some(request) = request() else { return };
        let mine = latest.get() + 1;
        latest.set(mine);
        busy.set(true);
        let (latest, take) = (Rc::clone(&latest), Rc::clone(&take));
        browser::spawn(async move {
            let answer = request.send().await;
            if latest.get() != mine {
                return;
            }
            busy.set(false);
            match answer.and_then(|text| take(&text)) {
                Ok(()) => failure.set(None),
                Err(other) => {
                    app().note(&other);
                    failure.set(Some(other));
                }
            }
        });
    });
}

/// Renders what was loaded, or a skeleton, or the failure above what was there before.
pub(crate) fn loaded<T>(load: Load<T>, show: impl Fn(T) -> View + 'static) -> View
where
    T: Clone + 'static,
{
    view! {
        {failure(load.failure, move || load.reload())}
        <div class:stale=move || load.busy.get() && load.data.with(Option::is_some) aria-busy=move || load.busy.get().to_string()>
            {move || match load.data.get() {
                // What is shown follows its own signals; it must not be made anew when one of them changes.
                Some(data) => untrack(|| show(data)),
                None if load.failure.with(Option::is_some) => View::default(),
                None => skeleton(),
            }}
        </div>
    }
}

/// A failure, with a way to try again.
pub(crate) fn failure(failure: State<Option<Failure>>, again: impl Fn() + Copy + 'static) -> View {
    dynamic(move || {
        failure.get().map(|failure| {
            let (message, detail) = failure.words();
            view! {
                <div class="notice bad" role="alert">
                    {icon("alert")}
                    <div><p>{t(message)}</p><p class="small muted break">{detail}</p></div>
                    <button type="button" class="button small" on:click=move |_| again()>{t(m::RETRY)}</button>
                </div>
            }
        })
    })
}

/// Where something will be.
pub(crate) fn skeleton() -> View {
    view! { <div class="skeleton" role="status"><span class="sr">{t(m::LOADING)}</span><i></i><i></i><i></i></div> }
}
