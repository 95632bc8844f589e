//! All of a site's documents as one source.

use crate::document::{Kind, decode};
use crate::error::Error;
use crate::store::Control;
use attune_schema::source::Source;
use sqlx::Row;

impl Control {
    /// What decides on the site, each list by id, with what its campaigns learned, and the revision it belongs to.
    ///
    /// The revision is read first: a change in between can only make the source newer than it says, and
    /// the next look will find a higher revision.
    ///
    /// # Errors
    /// If there is no such site or a stored document cannot be read.
    pub async fn source(&self, site: u32) -> Result<(Source, u64), Error> {
        let row = sqlx::query("SELECT revision FROM sites WHERE id = $1")
            .bind(i64::from(site))
            .fetch_optional(&self.pool)
            .await?
            .ok_or_else(|| Error::NotFound { kind: "site", id: site.to_string() })?;
        let revision = row.try_get::<i64, _>("revision")?.unsigned_abs();
        let rows = sqlx::query("SELECT kind, id, body FROM documents WHERE site = $1 ORDER BY kind, id")
            .bind(i64::from(site))
            .fetch_all(&self.pool)
            .await?;
        let mut source = Source::default();
        for row in &rows {
            let (kind, id): (String, String) = (row.try_get("kind")?, row.try_get("id")?);
            let body: String = row.try_get("body")?;
            match kind.as_str() {
                "site_settings" => source.site = decode(&body, Kind::SiteSettings, &id)?,
                "capture" => source.capture = decode(&body, Kind::Capture, &id)?,
                "attribute" => source.attributes.push(decode(&body, Kind::Attribute, &id)?),
                "placement" => source.placements.push(decode(&body, Kind::Placement, &id)?),
                "audience" => source.audiences.push(decode(&body, Kind::Audience, &id)?),
                "offer" => source.offers.push(decode(&body, Kind::Offer, &id)?),
                "campaign" => source.campaigns.push(decode(&body, Kind::Campaign, &id)?),
                // Questions decide nothing.
                "statement" | "watch" => {}
                "model" => source.models.push(decode(&body, Kind::Model, &id)?),
                _ => {
                    let reason = "written by a newer version".to_owned();
                    return Err(Error::Corrupt { kind: "document", id, reason });
                }
            }
        }
        crate::learned::add(&mut source, self.learned(site).await?);
        // The store's collation may differ from ours; the bundle must not.
        source.attributes.sort_by(|a, b| a.id.cmp(&b.id));
        source.placements.sort_by(|a, b| a.id.cmp(&b.id));
        source.audiences.sort_by(|a, b| a.id.cmp(&b.id));
        source.offers.sort_by(|a, b| a.id.cmp(&b.id));
        source.campaigns.sort_by(|a, b| a.id.cmp(&b.id));
        source.models.sort_by(|a, b| a.id.cmp(&b.id));
        Ok((source, revision))
    }
}
