//! Reading and changing documents: every change is against the version that was read.

use crate::document::{Body, Capture, Kind, Past, Settings, decode};
use crate::error::Error;
use crate::store::Control;
use attune_schema::api::Document;
use attune_schema::source::{CaptureSettings, SiteSettings};
use attune_schema::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};

impl Control {
    /// All documents of a kind, by id.
    ///
    /// # Errors
    /// If the store does not answer or holds a document this version cannot read.
    pub async fn documents<T: Body>(&self, site: u32) -> Result<Vec<Document<T>>, Error> {
        let rows = sqlx::query(
            "SELECT id, version, updated_at, updated_by, body FROM documents WHERE site = $1 AND kind = $2 ORDER BY id",
        )
        .bind(i64::from(site))
        .bind(T::KIND.code())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| document(row, T::KIND)).collect()
    }

    /// One document.
    ///
    /// # Errors
    /// If it does not exist.
    pub async fn document<T: Body>(&self, site: u32, id: &str) -> Result<Document<T>, Error> {
        let row = sqlx::query(
            "SELECT id, version, updated_at, updated_by, body FROM documents WHERE site = $1 AND kind = $2 AND id = $3",
        )
        .bind(i64::from(site))
        .bind(T::KIND.code())
        .bind(id.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        let row = row.ok_or_else(|| missing(T::KIND, id))?;
        document(&row, T::KIND)
    }

    /// The site's settings; version 0 and the defaults if nobody has written any.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn settings(&self, site: u32) -> Result<Document<SiteSettings>, Error> {
        self.only(site, Settings::ID).await
    }

    /// What the site's pages capture; version 0 and everything if nobody has written anything.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn capture(&self, site: u32) -> Result<Document<CaptureSettings>, Error> {
        self.only(site, Capture::ID).await
    }

    /// The one document of its kind, which always exists.
    async fn only<T: Body + Default>(&self, site: u32, id: &str) -> Result<Document<T>, Error> {
        match self.document(site, id).await {
            Err(Error::NotFound { .. }) => Ok(Document {
                version: 0,
                updated_at: Timestamp(0),
                updated_by: String::new(),
                body: T::default(),
            }),
            found => found,
        }
    }

    /// Adds a document. One that was deleted before goes on from its last version.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the existing document if the id is taken.
    pub async fn create<T: Body>(
        &self,
        site: u32,
        body: T,
        by: &str,
        now: Timestamp,
    ) -> Result<Document<T>, Error> {
        let (kind, id) = (T::KIND, body.id().to_owned());
        check_id(&id)?;
        let text = encode(&body)?;
        let mut tx = self.pool.begin().await?;
        // A write first: it takes SQLite's write lock, so that nothing changes between here and the commit.
        self.raise_revision(&mut tx, site).await?;
        let row = sqlx::query(
            "SELECT COALESCE(MAX(version), 0) AS version FROM document_history \
             WHERE site = $1 AND kind = $2 AND id = $3",
        )
        .bind(i64::from(site))
        .bind(kind.code())
        .bind(id.clone())
        .fetch_one(&mut *tx)
        .await?;
        let version = row.try_get::<i64, _>("version")? + 1;
        let done = sqlx::query(
            "INSERT INTO documents (site, kind, id, version, updated_at, updated_by, body) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (site, kind, id) DO NOTHING",
        )
        .bind(i64::from(site))
        .bind(kind.code())
        .bind(id.clone())
        .bind(version)
        .bind(now.0)
        .bind(by.to_owned())
        .bind(text.clone())
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            tx.rollback().await?;
            return Err(self.conflict::<T>(site, &id).await);
        }
        remember(&mut tx, site, kind, &id, version, by, now, &text).await?;
        tx.commit().await?;
        Ok(Document { version: version.unsigned_abs(), updated_at: now, updated_by: by.to_owned(), body })
    }

    /// Replaces the document at version `expected`; for what every site has, 0 writes the first.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the current document if it is at another version.
    pub async fn update<T: Body>(
        &self,
        site: u32,
        expected: u64,
        body: T,
        by: &str,
        now: Timestamp,
    ) -> Result<Document<T>, Error> {
        if expected == 0 && matches!(T::KIND, Kind::SiteSettings | Kind::Capture) {
            return self.create(site, body, by, now).await;
        }
        let (kind, id) = (T::KIND, body.id().to_owned());
        let text = encode(&body)?;
        let (expected, next) = versions(expected);
        let mut tx = self.pool.begin().await?;
        let done = sqlx::query(
            "UPDATE documents SET version = $1, updated_at = $2, updated_by = $3, body = $4 \
             WHERE site = $5 AND kind = $6 AND id = $7 AND version = $8",
        )
        .bind(next)
        .bind(now.0)
        .bind(by.to_owned())
        .bind(text.clone())
        .bind(i64::from(site))
        .bind(kind.code())
        .bind(id.clone())
        .bind(expected)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            tx.rollback().await?;
            return Err(self.conflict::<T>(site, &id).await);
        }
        remember(&mut tx, site, kind, &id, next, by, now, &text).await?;
        self.raise_revision(&mut tx, site).await?;
        tx.commit().await?;
        Ok(Document { version: next.unsigned_abs(), updated_at: now, updated_by: by.to_owned(), body })
    }

    /// Deletes the document at version `expected`; its history stays.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the current document if it is at another version.
    pub async fn delete<T: Body>(
        &self,
        site: u32,
        id: &str,
        expected: u64,
        by: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (expected, next) = versions(expected);
        let mut tx = self.pool.begin().await?;
        let done =
            sqlx::query("DELETE FROM documents WHERE site = $1 AND kind = $2 AND id = $3 AND version = $4")
                .bind(i64::from(site))
                .bind(T::KIND.code())
                .bind(id.to_owned())
                .bind(expected)
                .execute(&mut *tx)
                .await?;
        if done.rows_affected() == 0 {
            tx.rollback().await?;
            return Err(self.conflict::<T>(site, id).await);
        }
        remember(&mut tx, site, T::KIND, id, next, by, now, "").await?;
        self.raise_revision(&mut tx, site).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Every version of a document, oldest first.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn history(&self, site: u32, kind: Kind, id: &str) -> Result<Vec<Past>, Error> {
        let rows = sqlx::query(
            "SELECT version, updated_at, updated_by, body FROM document_history \
             WHERE site = $1 AND kind = $2 AND id = $3 ORDER BY version",
        )
        .bind(i64::from(site))
        .bind(kind.code())
        .bind(id.to_owned())
        .fetch_all(&self.pool)
        .await?;
        let past = |row: &AnyRow| {
            let body: String = row.try_get("body")?;
            let body = if body.is_empty() { None } else { Some(decode(&body, kind, id)?) };
            Ok(Past {
                version: row.try_get::<i64, _>("version")?.unsigned_abs(),
                updated_at: Timestamp(row.try_get("updated_at")?),
                updated_by: row.try_get("updated_by")?,
                body,
            })
        };
        rows.iter().map(past).collect()
    }

    /// The current document as a conflict, or that it is gone.
    async fn conflict<T: Body>(&self, site: u32, id: &str) -> Error {
        match self.document::<T>(site, id).await {
            Ok(found) => match serde_json::to_value(&found.body) {
                Ok(body) => Error::Conflict {
                    kind: T::KIND.code(),
                    id: id.to_owned(),
                    current: Box::new(Document {
                        version: found.version,
                        updated_at: found.updated_at,
                        updated_by: found.updated_by,
                        body,
                    }),
                },
                Err(error) => Error::Invalid(error.to_string()),
            },
            Err(error) => error,
        }
    }

    async fn raise_revision(&self, tx: &mut Transaction<'_, Any>, site: u32) -> Result<(), Error> {
        let done = sqlx::query("UPDATE sites SET revision = revision + 1 WHERE id = $1")
            .bind(i64::from(site))
            .execute(&mut **tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound { kind: "site", id: site.to_string() });
        }
        Ok(())
    }
}

#[expect(clippy::too_many_arguments, reason = "one column each")]
async fn remember(
    tx: &mut Transaction<'_, Any>,
    site: u32,
    kind: Kind,
    id: &str,
    version: i64,
    by: &str,
    now: Timestamp,
    body: &str,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO document_history (site, kind, id, version, updated_at, updated_by, body) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(i64::from(site))
    .bind(kind.code())
    .bind(id.to_owned())
    .bind(version)
    .bind(now.0)
    .bind(by.to_owned())
    .bind(body.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn document<T: Body>(row: &AnyRow, kind: Kind) -> Result<Document<T>, Error> {
    let (id, body): (String, String) = (row.try_get("id")?, row.try_get("body")?);
    Ok(Document {
        version: row.try_get::<i64, _>("version")?.unsigned_abs(),
        updated_at: Timestamp(row.try_get("updated_at")?),
        updated_by: row.try_get("updated_by")?,
        body: decode(&body, kind, &id)?,
    })
}

fn encode<T: Body>(body: &T) -> Result<String, Error> {
    serde_json::to_string(body).map_err(|error| Error::Invalid(format!("{}: {error}", T::KIND.code())))
}

fn missing(kind: Kind, id: &str) -> Error {
    Error::NotFound { kind: kind.code(), id: id.to_owned() }
}

/// The version that is to change, and the one after; no document gets as far as the numbers do.
fn versions(expected: u64) -> (i64, i64) {
    let expected = i64::try_from(expected).unwrap_or(i64::MAX);
    (expected, expected.saturating_add(1))
}

fn check_id(id: &str) -> Result<(), Error> {
    let fit =
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:".contains(&b));
    if fit {
        return Ok(());
    }
    Err(Error::Invalid("id: use 1 to 64 letters, digits, dots, dashes, colons and underscores".to_owned()))
}
