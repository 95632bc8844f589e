//! The list of campaigns with their week's figures.

use crate::api::{self, Request};
use crate::browser;
use crate::dom::{CollectView, View, view};
use crate::i18n::m;
use crate::page::kept::documents;
use crate::route::Screen;
use crate::session::{app, t};
use crate::state::computed;
use crate::text::{share, sorted};
use crate::ui::load::{Load, load, loaded};
use crate::ui::part::{empty, head, link_button};
use attune_schema::api::{CampaignFigures, Document, Overview};
use attune_schema::source::{Campaign, CampaignStatus};

/// A campaign's name for people.
pub(crate) fn name_of(campaign: &Campaign) -> String {
    if campaign.name.is_empty() { campaign.id.clone() } else { campaign.name.clone() }
}

/// Its status as a badge.
pub(crate) fn status(status: CampaignStatus) -> View {
    let (class, label) = match status {
        CampaignStatus::Draft => ("badge", m::DRAFT),
        CampaignStatus::Running => ("badge good", m::RUNNING),
        CampaignStatus::Paused => ("badge warn", m::PAUSED),
    };
    view! { <span class=class>{t(label)}</span> }
}

/// The page.
pub(crate) fn view() -> View {
    let campaigns = documents::<Campaign>();
    let path = api::site_path(&app().site(), "overview");
    let overview: Load<Overview> = load(move || Some(Request::get(path.clone())));
    let new = || link_button(&Screen::Campaign("new".to_owned()), m::NEW_CAMPAIGN, "primary", "plus");
    view! {
        {head(m::CAMPAIGNS, m::CAMPAIGNS_ABOUT, new())}
        <section class="card">{loaded(campaigns, move |campaigns| {
            if campaigns.is_empty() {
                return empty("campaign", m::NO_CAMPAIGNS, m::NO_CAMPAIGNS_NEXT, new());
            }
            let order = |status| match status {
                CampaignStatus::Running => 0,
                CampaignStatus::Paused => 1,
                CampaignStatus::Draft => 2,
            };
            let campaigns = sorted(campaigns, |d| (order(d.body.status), core::cmp::Reverse(d.body.priority), d.body.id.clone()));
            let rows = campaigns.into_iter().map(|document| row(document, overview)).collect_view();
            view! {
                <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table">
                    <thead><tr>
                        <th scope="col">{t(m::CAMPAIGN)}</th><th scope="col">{t(m::STATUS)}</th><th scope="col">{t(m::PLACEMENTS)}</th><th scope="col" class="num">{t(m::PRIORITY)}</th>
                        <th scope="col" class="num">{t(m::EXPOSURES)}</th><th scope="col" class="num">{t(m::CLICKS)}</th><th scope="col" class="num">{t(m::CTR)}</th>
                        <th scope="col" class="num">{t(m::REACH)}</th><th scope="col" class="num">{t(m::WITHHELD)}</th><th scope="col">{t(m::CHANGED)}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table></div>
            }
        })}</section>
    }
}

fn row(document: Document<Campaign>, overview: Load<Overview>) -> View {
    let lang = app().lang;
    let campaign = document.body;
    let id = campaign.id.clone();
    let figures = computed(move || {
        overview
            .data
            .with(|data| data.as_ref().and_then(|o| o.campaigns.iter().find(|f| f.campaign == id)).cloned())
    });
    let cell = move |get: fn(&CampaignFigures) -> u64| {
        move || browser::count(lang.get(), figures.get().as_ref().map_or(0, get))
    };
    let rate = move || browser::percent(lang.get(), figures.get().and_then(|f| share(f.clicks, f.exposures)));
    let at = document.updated_at;
    view! {
        <tr>
            <th scope="row"><a class="title" href=app().href(&Screen::Campaign(campaign.id.clone()))>{name_of(&campaign)}</a><span class="sub mono">{campaign.id.clone()}</span></th>
            <td>{status(campaign.status)}</td>
            <td>{campaign.placements.join(", ")}</td>
            <td class="num">{campaign.priority.to_string()}</td>
            <td class="num">{cell(|f| f.exposures)}</td>
            <td class="num">{cell(|f| f.clicks)}</td>
            <td class="num">{rate}</td>
            <td class="num">{cell(|f| f.reach)}</td>
            <td class="num">{cell(|f| f.withheld)}</td>
            <td class="nowrap">{move || browser::ago(lang.get(), at)}<span class="sub">{document.updated_by}</span></td>
        </tr>
    }
}
