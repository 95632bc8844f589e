//! Sites: the list, a new one, and the way to the only one.

use crate::api::{self, Failure};
use crate::browser;
use crate::i18n::m;
use crate::route::{BASE, Screen};
use crate::session::{app, t};
use crate::text::list;
use crate::ui::dy;
use crate::ui::form::{Look, bind, text_field};
use crate::ui::load;
use crate::ui::part::{empty, head};
use attune_schema::api::{NewSite, Site};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// The page; `/console/` itself goes on to the first site.
pub(crate) fn view() -> AnyView {
    let app = app();
    if !app.path.get_untracked().contains("/sites")
        && let Some(first) = app.sites.with_untracked(|sites| sites.first().map(|site| site.name.clone()))
    {
        set_timeout(move || app.go(&Screen::Home.href(&first)), std::time::Duration::ZERO);
        return ().into_any();
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
                        <td class="break">{if site.origins.is_empty() { t(m::ANY_ORIGIN)().to_owned() } else { site.origins.join(", ") }}</td>
                        <td class="nowrap">{dy(move || browser::moment(app.lang.get(), made))}</td>
                    </tr>
                }
            })
            .collect_view()
    };
    let none = move || app.sites.with(Vec::is_empty);
    view! {
        {head(m::SITES, m::SITES_ABOUT, ().into_any())}
        <section class="card">
            {dy(move || if none() {
                empty("tag", m::NO_SITES, m::NO_SITES_NEXT, ().into_any())
            } else {
                view! {
                    <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table">
                        <thead><tr><th scope="col">{t(m::NAME)}</th><th scope="col">{t(m::SITE_KEY)}</th><th scope="col">{t(m::ORIGINS)}</th><th scope="col">{t(m::CREATED)}</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table></div>
                }.into_any()
            })}
        </section>
        {new_site()}
    }
    .into_any()
}

fn new_site() -> AnyView {
    let name = RwSignal::new(String::new());
    let origins = RwSignal::new(String::new());
    let failure = RwSignal::new(None::<Failure>);
    let create = move || {
        let new =
            NewSite { name: name.get_untracked().trim().to_owned(), origins: list(&origins.get_untracked()) };
        failure.set(None);
        spawn_local(async move {
            match api::post::<Site>("/api/sites".to_owned(), &new).await {
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
            <form class="body" on:submit=move |event: web_sys::SubmitEvent| { event.prevent_default(); create(); }>
                <div class="fields">
                    {text_field(m::NAME, bind(name, String::clone, |s, v| *s = v), Look { hint: Some(m::SITE_NAME_HINT), ..Look::default() })}
                    {text_field(m::ORIGINS, bind(origins, String::clone, |s, v| *s = v), Look { hint: Some(m::ORIGINS_HINT), placeholder: "https://www.example.com", ..Look::default() })}
                </div>
                {load::failure(failure, create)}
                <div><button class="button primary" disabled=move || name.get().trim().is_empty()>{t(m::CREATE)}</button></div>
            </form>
        </section>
    }
    .into_any()
}
