//! Accounts and sessions.

use crate::error::Error;
use crate::store::Control;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use attune_schema::time::{DAY_MS, HOUR_MS, Timestamp};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How long a session lives after its last use.
pub const SESSION_MS: i64 = 14 * DAY_MS;
/// Length of a password, in characters: fewer can be guessed, more would only cost time.
const PASSWORD_CHARS: RangeInclusive<usize> = 8..=256;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Unique name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it may see who people are.
    pub people: bool,
}

impl Control {
    /// Adds an account.
    ///
    /// # Errors
    /// If the name is taken or unfit, or the password too short.
    pub async fn add_user(&self, name: &str, password: &str, now: Timestamp) -> Result<(), Error> {
        let fit =
            (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_alphanumeric() || "._-@".contains(c));
        if !fit {
            return Err(Error::Invalid(
                "user name: use 1 to 64 letters, digits, `.`, `_`, `-` or `@`".to_owned(),
            ));
        }
        let hash = self.hash(password).await?;
        let done = sqlx::query(
            "INSERT INTO users (name, password, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name.to_owned())
        .bind(hash)
        .bind(now.0)
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 0 {
            return Err(Error::Exists { kind: "user", id: name.to_owned() });
        }
        Ok(())
    }

    /// Changes a password and ends the account's sessions.
    ///
    /// # Errors
    /// If there is no such account or the password is too short.
    pub async fn set_password(&self, name: &str, password: &str) -> Result<(), Error> {
        let hash = self.hash(password).await?;
        let mut tx = self.pool.begin().await?;
        let done = sqlx::query("UPDATE users SET password = $1 WHERE name = $2")
            .bind(hash)
            .bind(name.to_owned())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound { kind: "user", id: name.to_owned() });
        }
        sqlx::query("DELETE FROM sessions WHERE user_name = $1")
            .bind(name.to_owned())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn users(&self) -> Result<Vec<User>, Error> {
        let rows = sqlx::query("SELECT name, created_at, people FROM users ORDER BY name")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(user).collect()
    }

    /// Says whether an account may see who people are; holds from its next request on.
    ///
    /// # Errors
    /// If there is no such account.
    pub async fn let_see_people(&self, name: &str, people: bool) -> Result<(), Error> {
        let done = sqlx::query("UPDATE users SET people = $1 WHERE name = $2")
            .bind(i64::from(people))
            .bind(name.to_owned())
            .execute(&self.pool)
            .await?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound { kind: "user", id: name.to_owned() });
        }
        Ok(())
    }

    /// Checks a password; the token of a new session if it is right. Takes as long for unknown names.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn sign_in(&self, name: &str, password: &str, now: Timestamp) -> Result<Option<String>, Error> {
        let row = sqlx::query("SELECT password FROM users WHERE name = $1")
            .bind(name.to_owned())
            .fetch_optional(&self.pool)
            .await?;
        let stored: Option<String> = row.map(|row| row.try_get("password")).transpose()?;
        let known = stored.is_some();
        let stored = match stored {
            Some(stored) => stored,
            None => self.hash("nobody has this password").await?,
        };
        let password = password.to_owned();
        let right = self
            .blocking(move || {
                password.chars().count() <= *PASSWORD_CHARS.end()
                    && PasswordHash::new(&stored).is_ok_and(|hash| {
                        Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
                    })
            })
            .await?;
        if !(known && right) {
            return Ok(None);
        }
        let mut bytes = [0u8; 32];
        self.random.fill(&mut bytes);
        let token = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        sqlx::query("DELETE FROM sessions WHERE expires_at < $1").bind(now.0).execute(&self.pool).await?;
        sqlx::query("INSERT INTO sessions (token_hash, user_name, expires_at) VALUES ($1, $2, $3)")
            .bind(token_hash(&token))
            .bind(name.to_owned())
            .bind(now.plus_ms(SESSION_MS).0)
            .execute(&self.pool)
            .await?;
        Ok(Some(token))
    }

    /// Whose session `token` is, and lets it live on; `None` if it is unknown or has expired.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn session(&self, token: &str, now: Timestamp) -> Result<Option<User>, Error> {
        let hash = token_hash(token);
        let row = sqlx::query(
            "SELECT name, created_at, people, expires_at FROM sessions JOIN users ON name = user_name \
             WHERE token_hash = $1 AND expires_at > $2",
        )
        .bind(hash.clone())
        .bind(now.0)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let expires_at: i64 = row.try_get("expires_at")?;
        let renewed = now.plus_ms(SESSION_MS).0;
        // Once an hour is enough: a write for every request would not be.
        if renewed - expires_at > HOUR_MS {
            sqlx::query("UPDATE sessions SET expires_at = $1 WHERE token_hash = $2")
                .bind(renewed)
                .bind(hash)
                .execute(&self.pool)
                .await?;
        }
        Ok(Some(user(&row)?))
    }

    /// Ends a session; nothing happens if there is none.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(token_hash(token))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn hash(&self, password: &str) -> Result<String, Error> {
        if !PASSWORD_CHARS.contains(&password.chars().count()) {
            return Err(Error::Invalid("password: use 8 to 256 characters".to_owned()));
        }
        let mut salt = [0u8; 16];
        self.random.fill(&mut salt);
        let password = password.to_owned();
        self.blocking(move || {
            let hash: PasswordHash = Argon2::default()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map_err(|error| Error::Invalid(format!("password: {error}")))?;
            Ok(hash.to_string())
        })
        .await?
    }

    /// Hashing takes tens of milliseconds: not on the threads that answer requests, and not for everybody at once.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let other = |error| Error::File(std::io::Error::other(error));
        let permit =
            Arc::clone(&self.hashing).acquire_owned().await.map_err(|error| other(error.to_string()))?;
        let work = move || {
            // Held until the work is done, also if nobody waits for it any more.
            let _permit = permit;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| other(error.to_string()))
    }
}

fn user(row: &AnyRow) -> Result<User, Error> {
    Ok(User {
        name: row.try_get("name")?,
        created_at: Timestamp(row.try_get("created_at")?),
        people: row.try_get::<i64, _>("people")? != 0,
    })
}

fn token_hash(token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn passwords_are_hashed_a_few_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let control = Control::open_file(&dir.path().join("control.db")).await.unwrap();
        control.add_user("kim", "correct horse", Timestamp(0)).await.unwrap();
        let all = control.hashing.available_permits();
        let busy = Arc::clone(&control.hashing).acquire_many_owned(all as u32).await.unwrap();
        let waiting = control.sign_in("kim", "correct horse", Timestamp(0));
        let early = tokio::time::timeout(Duration::from_millis(100), waiting).await;
        assert!(early.is_err(), "hashed although {all} others were at it");
        drop(busy);
        assert!(control.sign_in("kim", "correct horse", Timestamp(0)).await.unwrap().is_some());
    }
}
