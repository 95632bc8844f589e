//! Tag: the one line to paste, and whether it works.

use crate::api::{self, Request};
use crate::browser;
use crate::dom::{CollectView, View, dynamic, view};
use crate::i18n::m;
use crate::session::{app, filled, t};
use crate::state::computed;
use crate::ui::icon::icon;
use crate::ui::load::{Load, load};
use crate::ui::part::{copy_line, head};
use attune_schema::api::TagStatus;

/// The page.
pub(crate) fn view() -> View {
    let app = app();
    let site = app.site();
    let path = api::site_path(&site, "tag-status");
    let status: Load<TagStatus> = load(move || Some(Request::get(path.clone())));
    browser::every(2_000, move || status.reload());
    let name = site;
    let key = computed(move || {
        app.sites
            .with(|sites| sites.iter().find(|known| known.name == name).map(|site| site.key.clone()))
            .unwrap_or_default()
    });
    let origin = browser::window().location().origin().unwrap_or_default();
    let host = origin.clone();
    let line =
        computed(move || format!("<script async src=\"{origin}/tag.js?site={}\"></script>", key.get()));
    let policy = computed(move || format!("script-src {host} 'wasm-unsafe-eval'; connect-src {host}"));
    view! {
        {head(m::TAG, m::TAG_ABOUT, View::default())}
        <section class="card"><div class="body">{state(status)}</div></section>
        <section class="card">
            <header><h2>{t(m::TAG_LINE)}</h2></header>
            <div class="body"><p class="muted">{t(m::TAG_LINE_TEXT)}</p>{copy_line(line)}</div>
        </section>
        <section class="card">
            <header><h2>{t(m::TAG_CSP)}</h2></header>
            <div class="body"><p class="muted">{t(m::TAG_CSP_TEXT)}</p>{copy_line(policy)}</div>
        </section>
        <section class="card">
            <header><h2>{t(m::TAG_PLACE)}</h2></header>
            <div class="body"><p class="muted">{t(m::TAG_PLACE_TEXT)}</p>{copy_line(computed(|| PLACEMENT.to_owned()))}</div>
        </section>
        {pages(status)}
    }
}

const PLACEMENT: &str = "<attune-placement name=\"home-hero\">…</attune-placement>";

fn state(status: Load<TagStatus>) -> View {
    let lang = app().lang;
    // Polled: only what changes is drawn again, and a failure does not blink.
    let seen =
        computed(move || status.data.with(|data| data.as_ref().map(|s| (s.first_event_at, s.last_event_at))));
    let bundle =
        computed(move || status.data.with(|data| data.as_ref().map(|s| (s.bundle.clone(), s.bundle_bytes))));
    view! {
        <div role="status">{move || match seen.get() {
            None => View::default(),
            Some((Some(first), last)) => {
                let last = last.unwrap_or(first);
                let text = filled(m::TAG_WORKS_TEXT, &[("first", &browser::moment(lang.get(), first)), ("last", &browser::ago(lang.get(), last))]);
                view! { <div class="notice good">{icon("check")}<div><p class="strong">{t(m::TAG_WORKS)}</p><p class="small">{text}</p></div></div> }
            }
            Some(_) => view! {
                <div class="notice">{icon("live")}<div><p class="status"><span class="pulse wait"></span>{t(m::TAG_WAITING)}</p><p class="small muted">{t(m::TAG_WAITING_TEXT)}</p></div></div>
            },
        }}</div>
        {crate::ui::load::failure(status.failure, move || status.reload())}
        {move || bundle.get().map(|(hash, bytes)| view! {
            <dl class="big-figures">
                <div><dt>{t(m::BUNDLE_SIZE)}</dt><dd>{move || browser::kilobytes(lang.get(), bytes)}</dd></div>
                <div><dt>{t(m::BUNDLE_HASH)}</dt><dd><code class="break">{hash}</code></dd></div>
            </dl>
        })}
    }
}

fn pages(status: Load<TagStatus>) -> View {
    let lang = app().lang;
    let pages =
        computed(move || status.data.with(|data| data.as_ref().map(|s| s.pages.clone())).unwrap_or_default());
    dynamic(move || {
        let pages = pages.get();
        (!pages.is_empty()).then(|| {
            let rows = pages
                .into_iter()
                .map(|(page, count)| view! { <tr><th scope="row" class="break">{page}</th><td class="num">{move || browser::count(lang.get(), count)}</td></tr> })
                .collect_view();
            view! {
                <section class="card">
                    <header><h2>{t(m::PAGES_SEEN)}</h2></header>
                    <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table">
                        <thead><tr><th scope="col">{t(m::PAGE)}</th><th scope="col" class="num">{t(m::EVENTS)}</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table></div>
                </section>
            }
        })
    })
}
