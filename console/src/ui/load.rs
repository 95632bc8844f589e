//! Loading: old data stays while new data comes, errors are values with a way to try again.

use super::icon::icon;
use crate::api::Failure;
use crate::i18n::m;
use crate::session::{app, t};
use crate::ui::dy;
use leptos::prelude::*;
use std::future::Future;
use wasm_bindgen_futures::spawn_local;

/// Something that is fetched, and fetched again when what it depends on changes.
pub(crate) struct Load<T: Send + Sync + 'static> {
    pub(crate) data: RwSignal<Option<T>>,
    pub(crate) failure: RwSignal<Option<Failure>>,
    pub(crate) busy: RwSignal<bool>,
    again: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Load<T> {}

impl<T: Send + Sync + 'static> Load<T> {
    /// Fetches again.
    pub(crate) fn reload(self) {
        if self.again.try_update(|n| *n += 1).is_none() {
            // The page is gone; there is nothing to fetch for.
        }
    }
}

/// Fetches now and whenever a signal read by `fetch` before its first `await` changes; `None` waits.
pub(crate) fn load<T, F, A>(fetch: F) -> Load<T>
where
    T: Send + Sync + 'static,
    F: Fn() -> Option<A> + 'static,
    A: Future<Output = Result<T, Failure>> + 'static,
{
    let load = Load {
        data: RwSignal::new(None),
        failure: RwSignal::new(None),
        busy: RwSignal::new(false),
        again: RwSignal::new(0),
    };
    let latest = StoredValue::new(0u32);
    Effect::new(move |_| {
        load.again.track();
        let Some(answer) = fetch() else { return };
        latest.update_value(|n| *n += 1);
        let mine = latest.get_value();
        load.busy.set(true);
        spawn_local(async move {
            let answer = answer.await;
            if latest.try_get_value() != Some(mine) {
                return;
            }
            load.busy.set(false);
            match answer {
                Ok(data) => {
                    load.failure.set(None);
                    load.data.set(Some(data));
                }
                Err(failure) => {
                    app().note(&failure);
                    load.failure.set(Some(failure));
                }
            }
        });
    });
    load
}

/// Renders what was loaded, or a skeleton, or the failure above what was there before.
pub(crate) fn loaded<T>(load: Load<T>, show: impl Fn(T) -> AnyView + Send + 'static) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    view! {
        {failure(load.failure, move || load.reload())}
        <div class:stale=move || load.busy.get() && load.data.with(Option::is_some) aria-busy=move || load.busy.get().to_string()>
            {dy(move || match load.data.get() {
                // What is shown follows its own signals; it must not be made anew when one of them changes.
                Some(data) => untrack(|| show(data)),
                None if load.failure.with(Option::is_some) => ().into_any(),
                None => skeleton(),
            })}
        </div>
    }
    .into_any()
}

/// A failure, with a way to try again.
pub(crate) fn failure(
    failure: RwSignal<Option<Failure>>,
    again: impl Fn() + Copy + Send + 'static,
) -> AnyView {
    dy(move || {
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
pub(crate) fn skeleton() -> AnyView {
    view! { <div class="skeleton" role="status"><span class="sr">{t(m::LOADING)}</span><i></i><i></i><i></i></div> }
        .into_any()
}
