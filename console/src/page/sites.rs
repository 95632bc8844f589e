//! Sites: the list, a new one, and the way to the only one.

use crate::api::{Failure, Request};
use crate::browser;
use crate::dom::{CollectView, View, view};
use crate::i18n::m;
use crate::route::{BASE, Screen};
use crate::session::{app, t};
use crate::state::State;
use crate::text::list;
use crate::ui::form::{Look, bind, text_field};
use crate::ui::load;
use crate::ui::part::{empty, head};
use attune_schema::api::{NewSite, Site};

/// The page; `/console/` itself goes on to the first site.
pub(crate) fn view() -> View {
    let app = app();
    if !app.path.get_untracked().contains("/sites")
        && let Some(first) = app.sites.with_untracked(|sites| sites.first().map(|site| site.name.clone()))
    {
        browser::later(0, move || app.go(&Screen::Home.href(&first)));
        return View::default();
    }
    let rows = move || {
        app.sites
            .get()
            .into_iter()
            .map(|site| {
                let made = site.created_at;
                view! {
                    <tr>
                        <th scope="row"><a class="title" href=Screen::Home.href(&site.name)>{site.name.clone()}</a></th>
                        <td><code class="break">{site.key}</code></td>
                        <td class="break">{if site.origins.is_empty() { t(m::ANY_ORIGIN).now().to_owned() } else { site.origins.join(", ") }}</td>
                        <td class="nowrap">{move || browser::moment(app.lang.get(), made)}</td>
                    </tr>
                }
            })
            .collect_view()
    };
    let none = move || app.sites.with(Vec::is_empty);
    view! {
        {head(m::SITES, m::SITES_ABOUT, View::default())}
        <section class="card">
            {move || if none() {
                empty("tag", m::NO_SITES, m::NO_SITES_NEXT, View::default())
            } else {
                view! {
                    <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table">
                        <thead><tr><th scope="col">{t(m::NAME)}</th><th scope="col">{t(m::SITE_KEY)}</th><th scope="col">{t(m::ORIGINS)}</th><th scope="col">{t(m::CREATED)}</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table></div>
                }
            }}
        </section>
        {new_site()}
    }
}

fn new_site() -> View {
    let name = State::new(String::new());
    let origins = State::new(String::new());
    let failure = State::new(None::<Failure>);
    let create = move || {
        let new =
            NewSite { name: name.get_untracked().trim().to_owned(), origins: list(&origins.get_untracked()) };
        failure.set(None);
        browser::spawn(async move {
            match Request::post("/api/sites", &new).answer::<Site>().await {
                Ok(site) => {
                    app().refresh().await;
                    app().go(&format!("{BASE}/sites/{}/tag", crate::route::encode(&site.name)));
                }
                Err(other) => {
                    app().note(&other);
                    failure.set(Some(other));
                }
            }
        });
    };
    view! {
        <section class="card">
            <header><h2>{t(m::NEW_SITE)}</h2></header>
            <form class="body" on:submit=move |event: web_sys::Event| { event.prevent_default(); create(); }>
                <div class="fields">
                    {text_field(m::NAME, bind(name, String::clone, |s, v| *s = v), Look { hint: Some(m::SITE_NAME_HINT), ..Look::default() })}
                    {text_field(m::ORIGINS, bind(origins, String::clone, |s, v| *s = v), Look { hint: Some(m::ORIGINS_HINT), placeholder: "https://www.example.com", ..Look::default() })}
                </div>
                {load::failure(failure, create)}
                <div><button class="button primary" disabled=move || name.get().trim().is_empty()>{t(m::CREATE)}</button></div>
            </form>
        </section>
    }
}
