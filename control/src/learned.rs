//! What campaigns that try their offers have seen: kept beside the documents, which say what people wrote.

use crate::error::Error;
use crate::store::Control;
use attune_schema::source::{Evidence, Source};
use attune_schema::time::Timestamp;
use sqlx::Row;
use std::collections::BTreeMap;

/// Evidence by offer.
pub type Evidences = BTreeMap<String, Evidence>;

impl Control {
    /// What was learned, by campaign, and when it was counted.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn learned(&self, site: u32) -> Result<BTreeMap<String, (Timestamp, Evidences)>, Error> {
        let rows = sqlx::query("SELECT campaign, counted_at, evidence FROM learned WHERE site = $1")
            .bind(i64::from(site))
            .fetch_all(&self.pool)
            .await?;
        let mut learned = BTreeMap::new();
        for row in &rows {
            let (campaign, text): (String, String) = (row.try_get("campaign")?, row.try_get("evidence")?);
            let evidence = serde_json::from_str(&text).map_err(|error| Error::Corrupt {
                kind: "evidence",
                id: campaign.clone(),
                reason: error.to_string(),
            })?;
            learned.insert(campaign, (Timestamp(row.try_get("counted_at")?), evidence));
        }
        Ok(learned)
    }

    /// Keeps what was learned; where that changes anything, the site has a new revision. Tells whether it did.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn learn(
        &self,
        site: u32,
        campaign: &str,
        evidence: &Evidences,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let unfit = |error: serde_json::Error| Error::Corrupt {
            kind: "evidence",
            id: campaign.to_owned(),
            reason: error.to_string(),
        };
        let text = serde_json::to_string(evidence).map_err(unfit)?;
        let mut tx = self.pool.begin().await?;
        let done = sqlx::query(
            "INSERT INTO learned (site, campaign, counted_at, evidence) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (site, campaign) DO UPDATE SET counted_at = excluded.counted_at, evidence = excluded.evidence \
             WHERE learned.evidence <> excluded.evidence",
        )
        .bind(i64::from(site))
        .bind(campaign.to_owned())
        .bind(now.0)
        .bind(text)
        .execute(&mut *tx)
        .await?;
        let changed = done.rows_affected() > 0;
        if changed {
            sqlx::query("UPDATE sites SET revision = revision + 1 WHERE id = $1")
                .bind(i64::from(site))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(changed)
    }
}

/// Adds what was learned to what campaigns were given to begin with.
pub(crate) fn add(source: &mut Source, learned: BTreeMap<String, (Timestamp, Evidences)>) {
    for (id, (_, evidence)) in learned {
        let campaign = source.campaigns.iter_mut().find(|campaign| campaign.id == id);
        let Some(explore) = campaign.and_then(|campaign| campaign.explore.as_mut()) else { continue };
        for (offer, seen) in evidence {
            explore.learned.entry(offer).or_default().add(&seen);
        }
    }
}
