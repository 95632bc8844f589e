//! Keys with which a company's servers sign what they send.

use crate::error::Error;
use crate::random::base62;
use crate::store::Control;
use attune_schema::api::ServerKey;
use attune_schema::time::Timestamp;
use sqlx::Row;

/// Most keys of one site: a few systems, each with an old and a new one.
const KEYS: usize = 64;

/// A key with its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerKeyRecord {
    /// Number of the site.
    pub site: u32,
    /// What the API shows.
    pub key: ServerKey,
    /// What signatures are made with.
    pub secret: String,
}

impl std::fmt::Debug for ServerKeyRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerKeyRecord")
            .field("site", &self.site)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Control {
    /// Makes a key; its secret is in the answer and nowhere else but in the store.
    ///
    /// # Errors
    /// If the label is unfit, or the site has too many keys.
    pub async fn add_server_key(
        &self,
        site: u32,
        label: &str,
        now: Timestamp,
    ) -> Result<ServerKeyRecord, Error> {
        if label.trim().is_empty() || label.len() > 64 || label.chars().any(char::is_control) {
            return Err(Error::Invalid("label of a server key: 1 to 64 bytes of text".to_owned()));
        }
        if self.server_keys().await?.iter().filter(|record| record.site == site).count() >= KEYS {
            return Err(Error::Invalid(format!("a site has at most {KEYS} server keys: revoke one first")));
        }
        let key = ServerKey {
            id: format!("sk_{}", base62(self.random.as_ref(), 16)),
            label: label.to_owned(),
            created_at: now,
        };
        let secret = base62(self.random.as_ref(), 43);
        sqlx::query(
            "INSERT INTO server_keys (id, site, label, secret, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(key.id.clone())
        .bind(i64::from(site))
        .bind(key.label.clone())
        .bind(secret.clone())
        .bind(now.0)
        .execute(&self.pool)
        .await?;
        Ok(ServerKeyRecord { site, key, secret })
    }

    /// All keys of all sites, oldest first.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn server_keys(&self) -> Result<Vec<ServerKeyRecord>, Error> {
        let rows = sqlx::query(
            "SELECT id, site, label, secret, created_at FROM server_keys ORDER BY created_at, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ServerKeyRecord {
                    site: u32::try_from(row.try_get::<i64, _>("site")?).unwrap_or_default(),
                    key: ServerKey {
                        id: row.try_get("id")?,
                        label: row.try_get("label")?,
                        created_at: Timestamp(row.try_get("created_at")?),
                    },
                    secret: row.try_get("secret")?,
                })
            })
            .collect()
    }

    /// Revokes a key of a site.
    ///
    /// # Errors
    /// If the site has no such key.
    pub async fn revoke_server_key(&self, site: u32, id: &str) -> Result<(), Error> {
        let done = sqlx::query("DELETE FROM server_keys WHERE site = $1 AND id = $2")
            .bind(i64::from(site))
            .bind(id.to_owned())
            .execute(&self.pool)
            .await?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound { kind: "server key", id: id.to_owned() });
        }
        Ok(())
    }
}
