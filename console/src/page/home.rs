//! Home: the week's figures, what runs, what needs attention.

use super::campaign::list::{name_of, status};
use super::kept::documents;
use crate::api::{self, Request};
use crate::browser;
use crate::chart::daily;
use crate::dom::{CollectView, View, view};
use crate::i18n::{Message, m};
use crate::route::Screen;
use crate::session::{app, filled, t};
use crate::state::computed;
use crate::text::{Change, change, share};
use crate::trend::{Answer, of_days};
use crate::ui::chart::trend;
use crate::ui::icon::icon;
use crate::ui::load::{Load, load, loaded};
use crate::ui::part::{empty, head, link_button, problems};
use attune_schema::api::{Health, Overview, Problem, TagStatus};
use attune_schema::source::{Campaign, CampaignStatus};
use attune_schema::time::{DAY_MS, Timestamp};

const DAYS: i64 = 14;

/// The page.
pub(crate) fn view() -> View {
    let site = app().site();
    let path = move |rest: &str| api::site_path(&site, rest);
    let (overview_path, trend_path, status_path, problems_path) =
        (path("overview"), path("trend"), path("tag-status"), path("problems"));
    let overview: Load<Overview> = load(move || Some(Request::get(overview_path.clone())));
    let views: Load<Answer> =
        load(move || Some(Request::post(trend_path.clone(), &of_days("page_viewed", DAYS, browser::now()))));
    let status: Load<TagStatus> = load(move || Some(Request::get(status_path.clone())));
    let found: Load<Vec<Problem>> = load(move || Some(Request::get(problems_path.clone())));
    let health: Load<Health> = load(move || Some(Request::get("/health")));
    view! {
        {head(m::HOME, m::HOME_ABOUT, View::default())}
        {attention(status, found, health)}
        {loaded(overview, |overview| tiles(&overview))}
        <section class="card">
            <header><h2>{t(m::PAGE_VIEWS)}</h2><p class="small">{t(m::LAST_14_DAYS)}</p></header>
            <div class="body">{loaded(views, |answer| {
                let counts: Vec<(i64, u64)> = answer.points.iter().map(|point| (point.at.0, point.count)).collect();
                let days = daily(&counts, browser::now().0, DAYS);
                trend(m::PAGE_VIEWS, days.into_iter().map(|(at, count)| (Timestamp(at), count)).collect())
            })}</div>
        </section>
        {running(overview)}
    }
}

fn tiles(overview: &Overview) -> View {
    let (now, before) = (overview.current, overview.previous);
    let figures: [(Message, u64, u64); 5] = [
        (m::VISITORS, now.visitors, before.visitors),
        (m::SESSIONS, now.sessions, before.sessions),
        (m::PAGE_VIEWS, now.page_views, before.page_views),
        (m::EXPOSURES, now.exposures, before.exposures),
        (m::OFFER_CLICKS, now.offer_clicks, before.offer_clicks),
    ];
    let lang = app().lang;
    let tiles = figures
        .into_iter()
        .map(|(label, now, before)| {
            let (class, delta) = match change(before, now) {
                Change::Nothing => ("delta", None),
                Change::New => ("delta", Some((None, "dot"))),
                Change::By(share) if share > 0.0 => ("delta up", Some((Some(share), "up"))),
                Change::By(share) if share < 0.0 => ("delta down", Some((Some(share), "down"))),
                Change::By(share) => ("delta", Some((Some(share), "dot"))),
            };
            let words = move || match delta {
                None => t(m::NO_DATA_YET).now().to_owned(),
                Some((None, _)) => t(m::NONE_BEFORE).now().to_owned(),
                Some((Some(share), _)) => {
                    filled(m::AGAINST_BEFORE, &[("change", &browser::signed_percent(lang.get(), share))])
                }
            };
            view! {
                <div class="card tile">
                    <dt>{t(label)}</dt>
                    <dd><div class="figure">{move || browser::count(lang.get(), now)}</div><p class=class>{words}</p></dd>
                </div>
            }
        })
        .collect_view();
    view! { <h2 class="sr">{t(m::LAST_7_DAYS)}</h2><dl class="tiles">{tiles}</dl> }
}

fn attention(status: Load<TagStatus>, found: Load<Vec<Problem>>, health: Load<Health>) -> View {
    let lang = app().lang;
    let line = |class: &'static str, text: String, link: View| {
        view! { <div class=class role="note">{icon("alert")}<div>{text}</div>{link}</div> }
    };
    let tag = move || {
        let status = status.data.get()?;
        let link = link_button(&Screen::Tag, m::OPEN_TAG, "small", "tag");
        match status.last_event_at {
            None => Some(line("notice warn", t(m::TAG_NEVER).now().to_owned(), link)),
            Some(at) if browser::now().since(at) > DAY_MS => {
                let ago = browser::ago(lang.get(), at);
                Some(line("notice warn", filled(m::TAG_SILENT, &[("ago", &ago)]), link))
            }
            Some(_) => None,
        }
    };
    let waiting = move || {
        let health = health.data.get()?;
        if !health.warehouse {
            return Some(line("notice bad", t(m::WAREHOUSE_DOWN).now().to_owned(), View::default()));
        }
        let seconds = browser::count(lang.get(), health.lag_ms / 1_000);
        (health.lag_ms > 15_000).then(|| {
            line("notice warn", filled(m::EVENTS_WAITING, &[("seconds", &seconds)]), View::default())
        })
    };
    view! {
        <section class="stack tight" aria-label=t(m::ATTENTION)>
            {tag}{waiting}
            {move || found.data.get().map(|list| problems(list.into_iter().take(5).collect()))}
        </section>
    }
}

fn running(overview: Load<Overview>) -> View {
    let campaigns = documents::<Campaign>();
    let lang = app().lang;
    view! {
        <section class="card">
            <header><h2>{t(m::RUNNING_CAMPAIGNS)}</h2><p class="small">{t(m::LAST_7_DAYS)}</p></header>
            {loaded(campaigns, move |campaigns| {
                let running: Vec<Campaign> =
                    campaigns.into_iter().map(|d| d.body).filter(|c| c.status == CampaignStatus::Running).collect();
                if running.is_empty() {
                    let action = link_button(&Screen::Campaigns, m::OPEN_CAMPAIGNS, "primary", "campaign");
                    return empty("campaign", m::NONE_RUNNING, m::NONE_RUNNING_NEXT, action);
                }
                let rows = running.into_iter().map(|campaign| {
                    let id = campaign.id.clone();
                    let figures = computed(move || overview.data.with(|data| {
                        data.as_ref().and_then(|o| o.campaigns.iter().find(|f| f.campaign == id)).cloned()
                    }));
                    let cell = move |get: fn(&attune_schema::api::CampaignFigures) -> u64| {
                        move || browser::count(lang.get(), figures.get().as_ref().map_or(0, get))
                    };
                    let rate = move || browser::percent(lang.get(), figures.get().and_then(|f| share(f.clicks, f.exposures)));
                    view! {
                        <tr>
                            <th scope="row"><a class="title" href=app().href(&Screen::Campaign(campaign.id.clone()))>{name_of(&campaign)}</a><span class="sub">{campaign.placements.join(", ")}</span></th>
                            <td>{status(campaign.status)}</td>
                            <td class="num">{cell(|f| f.exposures)}</td>
                            <td class="num">{cell(|f| f.clicks)}</td>
                            <td class="num">{rate}</td>
                            <td class="num">{cell(|f| f.reach)}</td>
                        </tr>
                    }
                }).collect_view();
                view! {
                    <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table">
                        <thead><tr>
                            <th scope="col">{t(m::CAMPAIGN)}</th><th scope="col">{t(m::STATUS)}</th><th scope="col" class="num">{t(m::EXPOSURES)}</th>
                            <th scope="col" class="num">{t(m::CLICKS)}</th><th scope="col" class="num">{t(m::CTR)}</th><th scope="col" class="num">{t(m::REACH)}</th>
                        </tr></thead>
                        <tbody>{rows}</tbody>
                    </table></div>
                }
            })}
        </section>
    }
}
