//! Alerts: rules of watched figures that came true.

use crate::error::Error;
use crate::store::Control;
use attune_schema::api::WatchAlert;
use attune_schema::question::Alert;
use attune_schema::time::Timestamp;
use sqlx::Row;

/// Most alerts of an answer.
const LATEST: i64 = 500;

impl Control {
    /// Keeps what came true of a watched figure; tells whether it was not known before.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn alert(&self, site: u32, watch: &str, alert: &Alert, now: Timestamp) -> Result<bool, Error> {
        let added = sqlx::query(
            "INSERT INTO alerts (site, watch, rule, value, since_at, came_true_at, until_at, told_at) \
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT (site, watch, rule, value, since_at) DO NOTHING",
        )
        .bind(i64::from(site))
        .bind(watch.to_owned())
        .bind(alert.rule.clone())
        .bind(alert.value.clone())
        .bind(alert.since.0)
        .bind(alert.at.0)
        .bind(now.0)
        .execute(&self.pool)
        .await?;
        if let Some(until) = alert.until {
            sqlx::query(
                "UPDATE alerts SET until_at = $1 \
                 WHERE site = $2 AND watch = $3 AND rule = $4 AND value = $5 AND since_at = $6",
            )
            .bind(until.0)
            .bind(i64::from(site))
            .bind(watch.to_owned())
            .bind(alert.rule.clone())
            .bind(alert.value.clone())
            .bind(alert.since.0)
            .execute(&self.pool)
            .await?;
        }
        Ok(added.rows_affected() > 0)
    }

    /// Alerts of a site, the latest first.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn alerts(&self, site: u32) -> Result<Vec<WatchAlert>, Error> {
        let sql = "SELECT watch, rule, value, since_at, came_true_at, until_at, told_at FROM alerts WHERE site = $1 \
                   ORDER BY since_at DESC, watch, rule, value LIMIT $2";
        let rows = sqlx::query(sql).bind(i64::from(site)).bind(LATEST).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let until: i64 = row.try_get("until_at")?;
                Ok(WatchAlert {
                    watch: row.try_get("watch")?,
                    told_at: Timestamp(row.try_get("told_at")?),
                    alert: Alert {
                        rule: row.try_get("rule")?,
                        value: row.try_get("value")?,
                        since: Timestamp(row.try_get("since_at")?),
                        at: Timestamp(row.try_get("came_true_at")?),
                        until: (until != 0).then_some(Timestamp(until)),
                    },
                })
            })
            .collect()
    }
}
