//! Start, routes and the shell around every screen.

use crate::api::Request;
use crate::browser;
use crate::dom::{CollectView, View, mount, on_window, value_of, view};
use crate::i18n::{Lang, Message, m};
use crate::page;
use crate::route::{Route, Screen};
use crate::session::{Access, Theme, app, t};
use crate::state::{Signal, State, computed, effect, untrack};
use crate::ui::icon::{icon, mark};
use crate::ui::load::{failure, skeleton};
use wasm_bindgen::JsCast;

/// Mounts the console; the browser's loader calls it.
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        web_sys::console::error_1(&info.to_string().into());
    }));
    mount(root);
}

fn root() -> View {
    let app = app();
    browser::spawn(app.refresh());
    effect(move |_| {
        browser::set_root("lang", Some(app.lang.get().tag()));
    });
    effect(move |_| browser::set_root("data-theme", app.theme.get().code()));
    listen();
    let route = computed(move || app.route());
    let inside = computed(move || match app.access.get() {
        Access::In(_) => 2u8,
        Access::Asking => 0,
        Access::Out => 1,
        Access::Failed(_) => 3,
    });
    view! {
        {move || match inside.get() {
            0 => view! { <main class="gate">{skeleton()}</main> },
            1 => untrack(page::sign_in::view),
            3 => unreachable_server(),
            _ => untrack(|| signed_in(route)),
        }}
        <div class="toasts" role="status" aria-live="polite">
            {move || app.toast.get().map(|text| view! { <p class="toast">{icon("check")}{text}</p> })}
        </div>
    }
}

fn unreachable_server() -> View {
    let app = app();
    let problem = State::new(match app.access.get_untracked() {
        Access::Failed(failure) => Some(failure),
        _ => None,
    });
    view! { <main class="gate"><div class="card gate-card">{failure(problem, move || browser::spawn(app.refresh()))}</div></main> }
}

/// Links inside the console change the page without loading it; Back and Forward work.
fn listen() {
    let app = app();
    on_window("click", move |event| {
        let mouse: &web_sys::MouseEvent = event.unchecked_ref();
        if event.default_prevented()
            || mouse.button() != 0
            || mouse.meta_key()
            || mouse.ctrl_key()
            || mouse.shift_key()
        {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let Some(link) = target.and_then(|target| target.closest("a[href]").ok().flatten()) else { return };
        let href = link.get_attribute("href").unwrap_or_default();
        if href.starts_with(crate::route::BASE) && !link.has_attribute("target") {
            event.prevent_default();
            app.go(&href);
        }
    });
    on_window("popstate", move |_| app.follow());
    on_window("beforeunload", move |event| {
        if app.unsaved.get_untracked() {
            event.prevent_default();
        }
    });
}

fn signed_in(route: Signal<Route>) -> View {
    let app = app();
    let site = computed(move || match route.get() {
        Route::Site(site, _) => Some(site),
        _ => None,
    });
    effect(move |_| {
        let name = match route.get() {
            Route::Site(_, screen) => title(&screen.area()),
            _ => m::SITES,
        };
        if let Some(document) = browser::window().document() {
            document.set_title(&format!("{} · Attune", name.text(app.lang.get())));
        }
    });
    view! {
        <a class="skip" href="#page">{t(m::SKIP)}</a>
        <div class="shell">
            {side(route, site)}
            <main class="main"><div class="page" id="page" tabindex="-1">{move || match route.get() {
                Route::Sites => untrack(page::sites::view),
                Route::Lost => page::lost(),
                Route::Site(_, screen) => untrack(|| screen_view(screen)),
            }}</div></main>
        </div>
    }
}

fn screen_view(screen: Screen) -> View {
    match screen {
        Screen::Home => page::home::view(),
        Screen::Live => page::live::view(),
        Screen::Funnels => page::funnel::view(),
        Screen::Campaigns => page::campaign::list::view(),
        Screen::Campaign(id) => page::campaign::editor::view(id),
        Screen::Offers => page::offer::list::view(),
        Screen::Offer(id) => page::offer::editor::view(id),
        Screen::Audiences => page::audience::list(),
        Screen::Audience(id) => page::audience::editor(id),
        Screen::Tag => page::tag::view(),
        Screen::Settings => page::settings::view(),
    }
}

fn title(screen: &Screen) -> Message {
    match screen {
        Screen::Live => m::LIVE,
        Screen::Funnels => m::FUNNELS,
        Screen::Campaigns | Screen::Campaign(_) => m::CAMPAIGNS,
        Screen::Offers | Screen::Offer(_) => m::OFFERS,
        Screen::Audiences | Screen::Audience(_) => m::AUDIENCES,
        Screen::Tag => m::TAG,
        Screen::Settings => m::SETTINGS,
        Screen::Home => m::HOME,
    }
}

const AREAS: [(Screen, &str); 8] = [
    (Screen::Home, "home"),
    (Screen::Live, "live"),
    (Screen::Funnels, "funnel"),
    (Screen::Campaigns, "campaign"),
    (Screen::Offers, "offer"),
    (Screen::Audiences, "audience"),
    (Screen::Tag, "tag"),
    (Screen::Settings, "settings"),
];

fn side(route: Signal<Route>, site: Signal<Option<String>>) -> View {
    let open = State::new(false);
    effect(move |_| {
        route.track();
        open.set(false);
    });
    view! {
        <header class="side" data-open=move || open.get().then_some("")>
            <div class="side-top">
                <a class="brand" href="/console/">{mark()}"Attune"</a>
                <button type="button" class="button icon menu-button" aria-label=t(m::MENU) aria-controls="menu"
                    aria-expanded=move || open.get().to_string() on:click=move |_| open.update(|open| *open = !*open)>{icon("menu")}</button>
            </div>
            <div class="side-body" id="menu">
                {site_select(site)}
                <nav class="nav" aria-label=t(m::MENU)>{move || site.get().map(|site| entries(route, &site))}</nav>
                {foot()}
            </div>
        </header>
    }
}

fn entries(route: Signal<Route>, site: &str) -> View {
    let entries = AREAS
        .into_iter()
        .map(|(screen, name)| {
            let (href, label, class) =
                (screen.href(site), title(&screen), if name == "tag" { "apart" } else { "" });
            let here =
                move || matches!(route.get(), Route::Site(_, at) if at.area() == screen).then_some("page");
            view! { <li class=class><a href=href aria-current=here>{icon(name)}{t(label)}</a></li> }
        })
        .collect_view();
    view! { <ul>{entries}</ul> }
}

fn site_select(site: Signal<Option<String>>) -> View {
    let app = app();
    let choose = move |event| {
        let name = value_of(&event);
        let screen = match app.route() {
            Route::Site(_, screen) => screen.area(),
            _ => Screen::Home,
        };
        app.go(&if name.is_empty() { format!("{}/sites", crate::route::BASE) } else { screen.href(&name) });
    };
    let choices = move || {
        let here = site.get();
        app.sites
            .get()
            .into_iter()
            .map(|known| {
                let selected = here.as_deref() == Some(&known.name);
                view! { <option value=known.name.clone() selected=selected prop:selected=selected>{known.name.clone()}</option> }
            })
            .collect_view()
    };
    view! {
        <select class="input" aria-label=t(m::SITE) on:change=choose>
            {choices}
            <option value="" selected=move || site.get().is_none() prop:selected=move || site.get().is_none()>{t(m::ALL_SITES)}</option>
        </select>
    }
}

/// Language and theme; also on the sign-in page.
pub(crate) fn tools() -> View {
    let app = app();
    let language = move |event| {
        let lang = Lang::parse(&value_of(&event));
        browser::keep("attune-lang", lang.tag());
        app.lang.set(lang);
    };
    let languages = move || {
        Lang::ALL
            .into_iter()
            .map(|lang| {
                let selected = app.lang.get() == lang;
                view! { <option value=lang.tag() lang=lang.tag() selected=selected prop:selected=selected>{lang.name()}</option> }
            })
            .collect_view()
    };
    let looks = move || match app.theme.get() {
        Theme::System => ("half", m::THEME_SYSTEM),
        Theme::Light => ("sun", m::THEME_LIGHT),
        Theme::Dark => ("moon", m::THEME_DARK),
    };
    let turn = move |_| {
        let next = match app.theme.get_untracked() {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        };
        browser::keep("attune-theme", next.code().unwrap_or("system"));
        app.theme.set(next);
    };
    view! {
        <div class="side-tools">
            <select class="input" aria-label=t(m::LANGUAGE) on:change=language>{languages}</select>
            <button type="button" class="button icon" title=t(m::THEME) on:click=turn>
                {move || icon(looks().0)}<span class="sr">{t(m::THEME)}": "{move || t(looks().1).now()}</span>
            </button>
        </div>
    }
}

fn foot() -> View {
    let app = app();
    let who = move || match app.access.get() {
        Access::In(session) => session.user,
        _ => String::new(),
    };
    let sign_out = move |_| {
        if app.may_leave() {
            app.unsaved.set(false);
            browser::spawn(async move {
                drop(Request::command("/api/sign-out").send().await);
                app.access.set(Access::Out);
            });
        }
    };
    view! {
        <div class="side-foot">
            {tools()}
            <div class="who"><span class="break">{who}</span>
                <button type="button" class="button quiet small" on:click=sign_out>{icon("out")}{t(m::SIGN_OUT)}</button></div>
        </div>
    }
}
