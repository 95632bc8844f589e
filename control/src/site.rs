//! Sites: installations of the tag.

use crate::error::Error;
use crate::random::base62;
use crate::store::Control;
use attune_schema::api::{NewSite, Retention, Site, SiteChange};
use attune_schema::time::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A site with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRecord {
    /// Given once, never used again.
    pub number: u32,
    /// Rises with every change of its documents.
    pub revision: u64,
    /// What the API shows.
    pub site: Site,
    /// For how long it keeps what it stores.
    pub retention: Retention,
}

impl Control {
    /// Adds a site with a new number and a new public key.
    ///
    /// # Errors
    /// If the name is taken or unfit, or an origin is not `https://host[:port]`.
    pub async fn add_site(&self, new: &NewSite, now: Timestamp) -> Result<SiteRecord, Error> {
        check_name(&new.name)?;
        for origin in &new.origins {
            check_origin(origin)?;
        }
        let key = self.new_key();
        let origins = serde_json::Value::from(new.origins.clone()).to_string();
        let mut tx = self.pool.begin().await?;
        sqlx::query("UPDATE counters SET value = value + 1 WHERE name = 'site'").execute(&mut *tx).await?;
        let row = sqlx::query("SELECT value FROM counters WHERE name = 'site'").fetch_one(&mut *tx).await?;
        let number: i64 = row.try_get("value")?;
        let done = sqlx::query(
            "INSERT INTO sites (id, workspace, name, public_key, origins, created_at, paused, revision) \
             VALUES ($1, 1, $2, $3, $4, $5, 0, 1) ON CONFLICT (name) DO NOTHING",
        )
        .bind(number)
        .bind(new.name.clone())
        .bind(key.clone())
        .bind(origins)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(Error::Exists { kind: "site", id: new.name.clone() });
        }
        tx.commit().await?;
        let (name, origins) = (new.name.clone(), new.origins.clone());
        let site = Site { name, key, origins, paused: false, created_at: now };
        Ok(SiteRecord { number: narrow(number)?, revision: 1, site, retention: Retention::default() })
    }

    /// All sites, by name.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn sites(&self) -> Result<Vec<SiteRecord>, Error> {
        let rows = sqlx::query(
            "SELECT id, name, public_key, origins, created_at, paused, revision, retention FROM sites ORDER BY name",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(record).collect()
    }

    /// Changes what `change` names; returns the site as it is then.
    ///
    /// # Errors
    /// If there is no such site, or an origin is not `https://host[:port]`.
    pub async fn change_site(&self, number: u32, change: &SiteChange) -> Result<SiteRecord, Error> {
        for origin in change.origins.iter().flatten() {
            check_origin(origin)?;
        }
        let origins =
            change.origins.as_ref().map(|origins| serde_json::Value::from(origins.clone()).to_string());
        let sql = "UPDATE sites SET origins = COALESCE($1, origins), paused = COALESCE($2, paused), \
                   revision = revision + 1 WHERE id = $3";
        let done = sqlx::query(sql)
            .bind(origins)
            .bind(change.paused.map(i64::from))
            .bind(i64::from(number))
            .execute(&self.pool)
            .await?;
        self.changed(number, done.rows_affected()).await
    }

    /// Says for how long the site keeps what it stores.
    ///
    /// # Errors
    /// If there is no such site.
    pub async fn keep(&self, number: u32, retention: Retention) -> Result<SiteRecord, Error> {
        let text = serde_json::to_string(&retention).map_err(|error| Error::Invalid(error.to_string()))?;
        let done = sqlx::query("UPDATE sites SET retention = $1, revision = revision + 1 WHERE id = $2")
            .bind(text)
            .bind(i64::from(number))
            .execute(&self.pool)
            .await?;
        self.changed(number, done.rows_affected()).await
    }

    /// Gives the site a new public key; the old one is nobody's from now on.
    ///
    /// # Errors
    /// If there is no such site.
    pub async fn rotate_key(&self, number: u32) -> Result<SiteRecord, Error> {
        let done = sqlx::query("UPDATE sites SET public_key = $1, revision = revision + 1 WHERE id = $2")
            .bind(self.new_key())
            .bind(i64::from(number))
            .execute(&self.pool)
            .await?;
        self.changed(number, done.rows_affected()).await
    }

    async fn changed(&self, number: u32, rows: u64) -> Result<SiteRecord, Error> {
        let missing = || Error::NotFound { kind: "site", id: number.to_string() };
        if rows == 0 {
            return Err(missing());
        }
        self.sites().await?.into_iter().find(|site| site.number == number).ok_or_else(missing)
    }

    fn new_key(&self) -> String {
        format!("pk_{}", base62(self.random.as_ref(), 22))
    }
}

fn record(row: &AnyRow) -> Result<SiteRecord, Error> {
    let name: String = row.try_get("name")?;
    let origins: String = row.try_get("origins")?;
    let corrupt = |error: serde_json::Error| Error::Corrupt {
        kind: "site",
        id: name.clone(),
        reason: error.to_string(),
    };
    let origins = serde_json::from_str(&origins).map_err(corrupt)?;
    let retention: String = row.try_get("retention")?;
    let retention = serde_json::from_str(&retention).map_err(corrupt)?;
    Ok(SiteRecord {
        number: narrow(row.try_get("id")?)?,
        revision: row.try_get::<i64, _>("revision")?.unsigned_abs(),
        retention,
        site: Site {
            name,
            key: row.try_get("public_key")?,
            origins,
            paused: row.try_get::<i64, _>("paused")? != 0,
            created_at: Timestamp(row.try_get("created_at")?),
        },
    })
}

fn narrow(number: i64) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| Error::Invalid("no site numbers are left".to_owned()))
}

fn check_name(name: &str) -> Result<(), Error> {
    let fit = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if fit {
        return Ok(());
    }
    Err(Error::Invalid("site name: use 1 to 64 letters, digits, dots, dashes and underscores".to_owned()))
}

fn check_origin(origin: &str) -> Result<(), Error> {
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let fit = host.is_some_and(|host| {
        !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:[]".contains(&b))
    });
    if fit {
        return Ok(());
    }
    Err(Error::Invalid("origin: write it as `https://www.example.com`, without a path".to_owned()))
}
