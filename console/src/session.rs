//! State of the whole console: who, where, in which language and theme.

use crate::api::{Failure, Request};
use crate::browser;
use crate::i18n::{Lang, Message};
use crate::route::{self, Route, Screen};
use crate::state::State;
use attune_schema::api::{Session, Site};
use std::cell::Cell;
use wasm_bindgen::JsValue;

/// Light, dark, or as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system says.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Value of `data-theme`; none for the system's.
    pub(crate) const fn code(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

/// Whether somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Not known yet.
    Asking,
    /// Nobody.
    Out,
    /// Somebody.
    In(Session),
    /// The server does not answer.
    Failed(Failure),
}

/// State of the whole console.
pub(crate) struct App {
    pub(crate) lang: State<Lang>,
    pub(crate) theme: State<Theme>,
    pub(crate) access: State<Access>,
    pub(crate) sites: State<Vec<Site>>,
    pub(crate) path: State<String>,
    pub(crate) query: State<String>,
    pub(crate) toast: State<Option<String>>,
    /// Something on the page is not saved.
    pub(crate) unsaved: State<bool>,
}

thread_local! {
    // Not a context: requests end outside any owner and still have to toast or sign out.
    static APP: Cell<Option<&'static App>> = const { Cell::new(None) };
}

/// The state; made at the first call, which is at mount.
pub(crate) fn app() -> &'static App {
    APP.get().unwrap_or_else(|| {
        let location = browser::window().location();
        let lang = browser::kept("attune-lang").or_else(|| browser::window().navigator().language());
        let theme = match browser::kept("attune-theme").as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::System,
        };
        let app: &App = Box::leak(Box::new(App {
            lang: State::new(Lang::parse(&lang.unwrap_or_default())),
            theme: State::new(theme),
            access: State::new(Access::Asking),
            sites: State::new(Vec::new()),
            path: State::new(location.pathname().unwrap_or_default()),
            query: State::new(location.search().unwrap_or_default()),
            toast: State::new(None),
            unsaved: State::new(false),
        }));
        APP.set(Some(app));
        app
    })
}

/// A message as a part of a page: follows the language.
#[derive(Clone, Copy)]
pub(crate) struct Words(Message);

impl Words {
    /// The text; whoever runs now runs again when the language changes.
    pub(crate) fn now(self) -> &'static str {
        self.0.text(app().lang.get())
    }
}

/// The words of a message.
pub(crate) const fn t(message: Message) -> Words {
    Words(message)
}

/// The text of a message with its holes filled, now.
pub(crate) fn filled(message: Message, values: &[(&str, &str)]) -> String {
    crate::text::fill(message.text(app().lang.get()), values)
}

impl App {
    /// Goes to an address of the console, unless something unsaved is kept.
    pub(crate) fn go(&'static self, href: &str) {
        if self.may_leave() {
            self.unsaved.set(false);
            self.write(href, true);
            browser::window().scroll_to_with_x_and_y(0.0, 0.0);
            browser::later(30, || browser::focus("page"));
        }
    }

    /// Asks before something unsaved is lost.
    pub(crate) fn may_leave(&'static self) -> bool {
        let question = crate::i18n::m::LEAVE_UNSAVED.text(self.lang.get_untracked());
        !self.unsaved.get_untracked() || browser::window().confirm_with_message(question).unwrap_or(true)
    }

    /// Replaces the query of the address; the page stays.
    pub(crate) fn set_query(&'static self, query: &str) {
        let path = self.path.get_untracked();
        self.write(&format!("{path}?{query}"), false);
    }

    fn write(&'static self, href: &str, push: bool) {
        let Ok(history) = browser::window().history() else { return };
        drop(if push {
            history.push_state_with_url(&JsValue::NULL, "", Some(href))
        } else {
            history.replace_state_with_url(&JsValue::NULL, "", Some(href))
        });
        self.follow();
    }

    /// Takes over the address of the browser.
    pub(crate) fn follow(&'static self) {
        let location = browser::window().location();
        let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
        if self.query.get_untracked() != query {
            self.query.set(query);
        }
        if self.path.get_untracked() != path {
            self.path.set(path);
        }
    }

    /// Where we are.
    pub(crate) fn route(&'static self) -> Route {
        route::parse(&self.path.get())
    }

    /// The site in the address, or nothing.
    pub(crate) fn site(&'static self) -> String {
        match route::parse(&self.path.get_untracked()) {
            Route::Site(site, _) => site,
            _ => String::new(),
        }
    }

    /// Address of a screen of this site.
    pub(crate) fn href(&'static self, screen: &Screen) -> String {
        screen.href(&self.site())
    }

    /// Says something that needs no answer.
    pub(crate) fn say(&'static self, message: Message) {
        let text = message.text(self.lang.get_untracked()).to_owned();
        self.toast.set(Some(text.clone()));
        let clear = move || {
            if self.toast.get_untracked().as_ref() == Some(&text) {
                self.toast.set(None);
            }
        };
        browser::later(4_000, clear);
    }

    /// Finds out who is signed in and which sites there are.
    pub(crate) async fn refresh(&'static self) {
        let access = match Request::get("/api/session").answer::<Session>().await {
            Ok(session) => match Request::get("/api/sites").answer::<Vec<Site>>().await {
                Ok(sites) => {
                    self.sites.set(sites);
                    Access::In(session)
                }
                Err(failure) => Access::Failed(failure),
            },
            Err(Failure::SignedOut) => Access::Out,
            Err(failure) => Access::Failed(failure),
        };
        self.access.set(access);
    }

    /// Takes note of a failure: a lost session shows the sign-in, unless a draft would be lost with the page.
    pub(crate) fn note(&'static self, failure: &Failure) {
        if *failure == Failure::SignedOut && !self.unsaved.get_untracked() {
            self.access.set(Access::Out);
        }
    }
}
