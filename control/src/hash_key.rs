//! The secret of a site with which files' keys of people are hashed.

use crate::error::Error;
use crate::random::base62;
use crate::store::Control;
use sqlx::Row;

impl Control {
    /// The secret of a site; made when it is first asked for, and never changed: hashes that others keep would mean
    /// nobody any more.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn hash_secret(&self, site: u32) -> Result<String, Error> {
        // Of two that ask at once, one makes it.
        sqlx::query("INSERT INTO hash_keys (site, secret) VALUES ($1, $2) ON CONFLICT (site) DO NOTHING")
            .bind(i64::from(site))
            .bind(base62(self.random.as_ref(), 43))
            .execute(&self.pool)
            .await?;
        let row = sqlx::query("SELECT secret FROM hash_keys WHERE site = $1")
            .bind(i64::from(site))
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get("secret")?)
    }
}
