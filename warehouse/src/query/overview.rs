//! Figures of the Home, Live and Tag pages.

use super::bots::Scope;
use super::sql;
use crate::{Error, Warehouse};
use attune_schema::api::{CampaignFigures, EventName, Overview, OverviewFigures};
use attune_schema::bot::Bots;
use attune_schema::event::name;
use attune_schema::question::Period;
use attune_schema::time::{DAY_MS, Timestamp};
use clickhouse::Row;
use serde::Deserialize;

#[derive(Row, Deserialize)]
struct FiguresRow {
    visitors: u64,
    sessions: u64,
    page_views: u64,
    exposures: u64,
    offer_clicks: u64,
}

#[derive(Row, Deserialize)]
struct CampaignRow {
    campaign: String,
    exposures: u64,
    withheld: u64,
    clicks: u64,
    reach: u64,
}

#[derive(Row, Deserialize)]
struct NameRow {
    name: String,
    count: u64,
    last_at: i64,
}

#[derive(Row, Deserialize)]
struct PageRow {
    page: String,
    count: u64,
}

#[derive(Row, Deserialize)]
struct BoundsRow {
    events: u64,
    first_at: i64,
    last_at: i64,
}

impl Warehouse {
    /// The last seven days, the seven before, and each campaign's figures.
    pub async fn overview(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        bots: Bots,
        now: Timestamp,
    ) -> Result<Overview, Error> {
        let scope = scope.into();
        let (site, whose) = (scope.site, scope.filter(bots)?);
        let week = 7 * DAY_MS;
        let current = Period { from: now.plus_ms(-week), to: now };
        let previous = Period { from: now.plus_ms(-2 * week), to: now.plus_ms(-week) };
        Ok(Overview {
            current: self.figures(site, &whose, current).await?,
            previous: self.figures(site, &whose, previous).await?,
            campaigns: self.campaigns(site, &whose, current).await?,
        })
    }

    async fn figures(&self, site: u32, whose: &str, period: Period) -> Result<OverviewFigures, Error> {
        let scope = sql::period(Some(period), true)?;
        let sql = format!(
            "SELECT uniqExact(visitor) AS visitors, uniqExact(session) AS sessions, \
             countIf(name = '{}') AS page_views, countIf(name = '{}') AS exposures, countIf(name = '{}') AS offer_clicks \
             FROM events WHERE site = {site}{scope}{whose}",
            name::PAGE_VIEWED,
            name::OFFER_EXPOSED,
            name::OFFER_CLICKED
        );
        let row = self.ask::<FiguresRow>(&sql).await?.rows.into_iter().next();
        Ok(row.map_or(OverviewFigures::default(), |row| OverviewFigures {
            visitors: row.visitors,
            sessions: row.sessions,
            page_views: row.page_views,
            exposures: row.exposures,
            offer_clicks: row.offer_clicks,
        }))
    }

    async fn campaigns(&self, site: u32, whose: &str, period: Period) -> Result<Vec<CampaignFigures>, Error> {
        let scope = sql::period(Some(period), true)?;
        let (exposed, withheld, clicked) = (name::OFFER_EXPOSED, name::OFFER_WITHHELD, name::OFFER_CLICKED);
        let sql = format!(
            "SELECT texts['campaign'] AS campaign, countIf(name = '{exposed}') AS exposures, \
             countIf(name = '{withheld}') AS withheld, countIf(name = '{clicked}') AS clicks, \
             uniqExactIf(visitor, name = '{exposed}') AS reach \
             FROM events WHERE site = {site} AND name IN ('{exposed}', '{withheld}', '{clicked}'){scope}{whose} \
             GROUP BY campaign HAVING campaign != '' ORDER BY exposures DESC, campaign LIMIT 200"
        );
        let rows = self.ask::<CampaignRow>(&sql).await?.rows;
        let figures = rows.into_iter().map(|row| CampaignFigures {
            campaign: row.campaign,
            exposures: row.exposures,
            withheld: row.withheld,
            clicks: row.clicks,
            reach: row.reach,
        });
        Ok(figures.collect())
    }

    /// Event names seen, most frequent first.
    pub async fn event_names(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        bots: Bots,
    ) -> Result<Vec<EventName>, Error> {
        let scope = scope.into();
        let (site, whose) = (scope.site, scope.filter(bots)?);
        let sql = format!(
            "SELECT toString(name) AS name, count() AS count, toUnixTimestamp64Milli(max(at)) AS last_at \
             FROM events WHERE site = {site}{whose} GROUP BY name ORDER BY count DESC, name LIMIT 1000"
        );
        let rows = self.ask::<NameRow>(&sql).await?.rows;
        let names = rows.into_iter().map(|row| EventName {
            name: row.name,
            count: row.count,
            last_at: Timestamp(row.last_at),
        });
        Ok(names.collect())
    }

    /// Pages seen since `since`: address without query, and events; most first.
    pub async fn pages(&self, site: u32, since: Timestamp) -> Result<Vec<(String, u64)>, Error> {
        let scope =
            sql::period(Some(Period { from: since, to: Timestamp(i64::from(u32::MAX) * 1_000) }), true)?;
        let sql = format!(
            "SELECT cutQueryStringAndFragment(url) AS page, count() AS count \
             FROM events WHERE site = {site} AND url != ''{scope} GROUP BY page ORDER BY count DESC, page LIMIT 20"
        );
        let rows = self.ask::<PageRow>(&sql).await?.rows;
        Ok(rows.into_iter().map(|row| (row.page, row.count)).collect())
    }

    /// When the first and the last event were received; `None` before the first.
    pub async fn first_last(&self, site: u32) -> Result<Option<(Timestamp, Timestamp)>, Error> {
        let sql = format!(
            "SELECT count() AS events, toUnixTimestamp64Milli(min(received_at)) AS first_at, \
             toUnixTimestamp64Milli(max(received_at)) AS last_at FROM events WHERE site = {site}"
        );
        let row = self.ask::<BoundsRow>(&sql).await?.rows.into_iter().next();
        Ok(row.filter(|row| row.events > 0).map(|row| (Timestamp(row.first_at), Timestamp(row.last_at))))
    }
}
