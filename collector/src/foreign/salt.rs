//! Visitors of clients that have no id for them: recognised for one day, by nobody else, and not after it.
//!
//! The id is a keyed hash of site, address and user agent. The key is drawn anew every day (UTC) and the old one
//! is forgotten, so that afterwards nobody, we included, can tell whose visits they were.

use attune_schema::time::{DAY_MS, Timestamp};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
struct Salt {
    /// Days since 1970.
    day: i64,
    key: String,
}

/// The key of today, kept in a file so that a restart does not make new visitors.
#[derive(Debug)]
pub struct DailySalt {
    path: PathBuf,
    today: Mutex<Option<Salt>>,
}

impl DailySalt {
    /// Reads the key kept at `path`, if there is one.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let kept = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { path: path.to_owned(), today: Mutex::new(kept) }
    }

    /// The id of today's visitor, as hexadecimal text.
    ///
    /// # Errors
    /// If a new key cannot be kept.
    pub fn visitor(
        &self,
        now: Timestamp,
        site: u32,
        address: Option<IpAddr>,
        agent: &str,
    ) -> io::Result<String> {
        let address = address.map_or(String::new(), |address| address.to_string());
        self.digest(now, &[&site.to_string(), &address, agent])
    }

    /// What stands for an address today, as hexadecimal text.
    ///
    /// # Errors
    /// If a new key cannot be kept.
    pub fn address(&self, now: Timestamp, site: u32, address: IpAddr) -> io::Result<String> {
        self.digest(now, &["address", &site.to_string(), &address.to_string()])
    }

    fn digest(&self, now: Timestamp, parts: &[&str]) -> io::Result<String> {
        let day = now.0.div_euclid(DAY_MS);
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        // A request that waited over midnight belongs to the new day's visitors.
        let salt = match today.take().filter(|salt| salt.day >= day) {
            Some(salt) => salt,
            None => self.draw(day)?,
        };
        let mut hash = Sha256::new();
        for part in std::iter::once(salt.key.as_str()).chain(parts.iter().copied()) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        *today = Some(salt);
        Ok(hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }

    /// Forgets a key whose day is over.
    ///
    /// # Errors
    /// If its file cannot be removed.
    pub fn forget(&self, now: Timestamp) -> io::Result<()> {
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if today.take_if(|salt| salt.day < now.0.div_euclid(DAY_MS)).is_some() {
            std::fs::remove_file(&self.path)?;
        }
        Ok(())
    }

    fn draw(&self, day: i64) -> io::Result<Salt> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        let salt = Salt { day, key: BASE64_STANDARD.encode(key) };
        crate::replace_file(&self.path, &serde_json::to_vec(&salt).map_err(io::Error::other)?)?;
        Ok(salt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_for_a_day_and_a_restart_and_never_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("salt");
        let address = Some(IpAddr::from([192, 0, 2, 7]));
        let noon = Timestamp(20_000 * DAY_MS + DAY_MS / 2);
        let salt = DailySalt::open(&path);
        let first = salt.visitor(noon, 1, address, "agent").unwrap();
        assert_eq!(first.len(), 32);
        let hashed = salt.address(noon, 1, IpAddr::from([192, 0, 2, 7])).unwrap();
        assert_eq!(salt.address(noon, 1, IpAddr::from([192, 0, 2, 7])).unwrap(), hashed);
        assert_ne!(hashed, first, "an address is not a visitor");
        assert_eq!(salt.visitor(noon.plus_ms(DAY_MS / 2 - 1), 1, address, "agent").unwrap(), first);
        assert_eq!(DailySalt::open(&path).visitor(noon, 1, address, "agent").unwrap(), first, "restarted");
        assert_ne!(salt.visitor(noon, 2, address, "agent").unwrap(), first, "another site");
        assert_ne!(salt.visitor(noon, 1, None, "agent").unwrap(), first, "another address");
        let kept = std::fs::read(&path).unwrap();
        assert_ne!(salt.visitor(noon.plus_ms(DAY_MS), 1, address, "agent").unwrap(), first, "the day after");
        assert_ne!(std::fs::read(&path).unwrap(), kept, "the old key is gone");
        let next = salt.visitor(noon.plus_ms(DAY_MS), 1, address, "agent").unwrap();
        assert_eq!(
            salt.visitor(noon, 1, address, "agent").unwrap(),
            next,
            "a request that waited over midnight"
        );
        salt.forget(noon.plus_ms(DAY_MS)).unwrap();
        assert!(path.exists(), "not before its day is over");
        salt.forget(noon.plus_ms(2 * DAY_MS)).unwrap();
        assert!(!path.exists());
    }
}
