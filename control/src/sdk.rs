//! The SDK as pages got it: releases, their files, and the loaders that pages pin.

use crate::error::Error;
use crate::store::Control;
use attune_schema::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// A release of the SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SdkRelease {
    /// Hash in the name of its script.
    pub id: String,
    /// Of the program that it came with.
    pub version: String,
    /// What the loader imports.
    pub script: String,
    /// What a browser checks, by file: the `integrity` of each that is not a compressed copy.
    pub files: BTreeMap<String, String>,
    /// When this installation first had it.
    pub added_at: Timestamp,
}

impl Control {
    /// Keeps a release with the bodies of its files, by name; nothing happens if it is known.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn add_sdk(
        &self,
        release: &SdkRelease,
        bodies: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<(), Error> {
        let mut tx = self.pool.begin().await?;
        let added = sqlx::query(
            "INSERT INTO sdk_releases (id, version, script, files, added_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(release.id.clone())
        .bind(release.version.clone())
        .bind(release.script.clone())
        .bind(serde_json::to_string(&release.files).unwrap_or_default())
        .bind(release.added_at.0)
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() > 0 {
            for (name, body) in bodies {
                sqlx::query(
                    "INSERT INTO sdk_files (name, body) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                )
                .bind(name)
                .bind(BASE64_STANDARD.encode(body))
                .execute(&mut *tx)
                .await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// All releases, oldest first.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn sdk_releases(&self) -> Result<Vec<SdkRelease>, Error> {
        let sql = "SELECT id, version, script, files, added_at FROM sdk_releases ORDER BY added_at, id";
        sqlx::query(sql).fetch_all(&self.pool).await?.iter().map(release).collect()
    }

    /// Forgets a release and the files that no other has. False if there is none, or a page may pin it.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn remove_sdk(&self, id: &str) -> Result<bool, Error> {
        let pinned = sqlx::query("SELECT 1 AS one FROM sdk_tags WHERE release = $1 LIMIT 1")
            .bind(id.to_owned())
            .fetch_optional(&self.pool)
            .await?;
        let releases = self.sdk_releases().await?;
        let Some(gone) = releases.iter().find(|release| release.id == id).filter(|_| pinned.is_none()) else {
            return Ok(false);
        };
        let used = |name: &str| releases.iter().any(|other| other.id != id && other.files.contains_key(name));
        let mut tx = self.pool.begin().await?;
        for name in gone.files.keys().filter(|name| !used(name)) {
            sqlx::query("DELETE FROM sdk_files WHERE name IN ($1, $2, $3)")
                .bind(name.clone())
                .bind(format!("{name}.br"))
                .bind(format!("{name}.gz"))
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query("DELETE FROM sdk_releases WHERE id = $1").bind(id.to_owned()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// A file of any release.
    ///
    /// # Errors
    /// If the store does not answer, or the file is damaged.
    pub async fn sdk_file(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let found = sqlx::query("SELECT body FROM sdk_files WHERE name = $1")
            .bind(name.to_owned())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = found else { return Ok(None) };
        let text: String = row.try_get("body")?;
        BASE64_STANDARD.decode(text).map(Some).map_err(|error| Error::Corrupt {
            kind: "SDK file",
            id: name.to_owned(),
            reason: error.to_string(),
        })
    }

    /// Which release pages get that pin none; `None` for the newest.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn sdk_choice(&self) -> Result<Option<String>, Error> {
        let found =
            sqlx::query("SELECT release FROM sdk_choice WHERE one = 1").fetch_optional(&self.pool).await?;
        Ok(found.map(|row| row.try_get("release")).transpose()?)
    }

    /// Says which release that is.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn choose_sdk(&self, release: Option<&str>) -> Result<(), Error> {
        let Some(release) = release else {
            sqlx::query("DELETE FROM sdk_choice").execute(&self.pool).await?;
            return Ok(());
        };
        sqlx::query(
            "INSERT INTO sdk_choice (one, release) VALUES (1, $1) \
             ON CONFLICT (one) DO UPDATE SET release = excluded.release",
        )
        .bind(release.to_owned())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Keeps a loader that pages will pin.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn add_sdk_tag(&self, hash: &str, release: &str, body: &str) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO sdk_tags (hash, release, body) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING",
        )
        .bind(hash.to_owned())
        .bind(release.to_owned())
        .bind(body.to_owned())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A loader that pages pin.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn sdk_tag(&self, hash: &str) -> Result<Option<String>, Error> {
        let found = sqlx::query("SELECT body FROM sdk_tags WHERE hash = $1")
            .bind(hash.to_owned())
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.map(|row| row.try_get("body")).transpose()?)
    }
}

fn release(row: &AnyRow) -> Result<SdkRelease, Error> {
    let id: String = row.try_get("id")?;
    let files: String = row.try_get("files")?;
    let files = serde_json::from_str(&files).map_err(|error| Error::Corrupt {
        kind: "SDK release",
        id: id.clone(),
        reason: error.to_string(),
    })?;
    Ok(SdkRelease {
        version: row.try_get("version")?,
        script: row.try_get("script")?,
        added_at: Timestamp(row.try_get("added_at")?),
        files,
        id,
    })
}
