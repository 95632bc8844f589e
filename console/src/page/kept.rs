//! The documents the console edits.

use crate::api::{self, Request};
use crate::dom::{View, view};
use crate::route::Screen;
use crate::session::app;
use crate::state::{Signal, computed, untrack};
use crate::ui::edit::{Editing, Kept};
use crate::ui::load::{Load, load, loaded};
use attune_schema::api::Document;
use attune_schema::source::{Audience, Campaign, Offer, SiteSettings, Source};

macro_rules! kept {
    ($type:ty, $kind:literal, $one:path, $list:expr) => {
        impl Kept for $type {
            const KIND: &'static str = $kind;
            fn id(&self) -> &str {
                &self.id
            }
            fn screen(&self) -> Screen {
                $one(self.id.clone())
            }
            fn list() -> Screen {
                $list
            }
        }
    };
}

kept!(Campaign, "campaigns", Screen::Campaign, Screen::Campaigns);
kept!(Offer, "offers", Screen::Offer, Screen::Offers);
kept!(Audience, "audiences", Screen::Audience, Screen::Audiences);

impl Kept for SiteSettings {
    const KIND: &'static str = "settings";
    fn id(&self) -> &str {
        ""
    }
    fn screen(&self) -> Screen {
        Screen::Settings
    }
    fn list() -> Screen {
        Screen::Settings
    }
}

/// All documents of a kind.
pub(crate) fn documents<T: Kept>() -> Load<Vec<Document<T>>> {
    let site = app().site();
    load(move || Some(Request::get(api::site_path(&site, T::KIND))))
}

/// The source as it is saved.
pub(crate) fn source() -> Load<Source> {
    let site = app().site();
    load(move || Some(Request::get(api::site_path(&site, "source"))))
}

/// Loads the document called `id` with its source, or a `blank` one, and edits it.
pub(crate) fn edit<T: Kept>(
    id: String,
    blank: impl Fn(&Source) -> T + Clone + 'static,
    show: impl Fn(Editing<T>, Load<Source>) -> View + Clone + 'static,
) -> View {
    let source = source();
    let site = app().site();
    let path = match id.as_str() {
        "" => T::KIND.to_owned(),
        id => format!("{}/{}", T::KIND, crate::route::encode(id)),
    };
    let document: Load<Option<Document<T>>> = match id.as_str() {
        "new" => Load::of(Some(None)),
        _ => load(move || Some(Request::get(api::site_path(&site, &path)))),
    };
    // The editor is made once; a later reload of the source must not throw the draft away.
    let ready = computed(move || source.data.with(Option::is_some));
    loaded(document, move |document| {
        let (blank, show) = (blank.clone(), show.clone());
        view! {
            {move || match (ready.get(), source.failure.get_untracked()) {
                (true, _) => {
                    let start = source.data.with_untracked(|data| data.as_ref().map(&blank)).unwrap_or_else(|| blank(&Source::default()));
                    untrack(|| show(Editing::new(document.clone(), start), source))
                }
                (false, _) => crate::ui::load::skeleton(),
            }}
            {crate::ui::load::failure(source.failure, move || source.reload())}
        }
    })
}

/// The source as a signal; empty until it is there.
pub(crate) fn source_signal(source: Load<Source>) -> Signal<Source> {
    computed(move || source.data.get().unwrap_or_default())
}
