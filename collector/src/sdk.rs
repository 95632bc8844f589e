//! Which SDK pages get: the one in this program, or another release that was kept when pages got it.
//!
//! Files are named by their content, so releases stand beside each other and an open page finds its own.

use crate::endpoint::web::{self, Web};
use crate::tag::{self, Filled};
use attune_control::{Control, Error, SdkRelease};
use attune_schema::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256, Sha384};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// The choice of whatever release a collector has in itself.
pub const NEWEST: &str = "newest";
/// The choice of no SDK at all: pages behave as if there were no tag.
pub const NONE: &str = "none";

/// What the tag names now; see [`Sdk::refresh`].
#[derive(Default)]
pub struct Sdk {
    state: RwLock<State>,
    kept: AtomicBool,
}

#[derive(Default)]
struct State {
    choice: Option<String>,
    releases: Vec<SdkRelease>,
}

/// What pages get.
enum Chosen {
    /// What is in this program.
    Own,
    /// Nothing.
    None,
    /// What was kept.
    Kept(SdkRelease),
}

/// A loader for pages that pin the SDK.
pub struct Pinned {
    /// First 32 hexadecimal digits of the SHA-256 of `body`.
    pub hash: String,
    /// What the page's `integrity` says.
    pub integrity: String,
    /// The script.
    pub body: String,
}

impl Sdk {
    /// Looks again at what was chosen.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn refresh(&self, control: &Control) -> Result<(), Error> {
        let choice = control.sdk_choice().await?;
        let known = |id: &String| self.read(|state| state.releases.iter().any(|release| release.id == *id));
        // Releases never change, so they are read again only where one is missing.
        let releases = match &choice {
            Some(id) if id != NONE && !known(id) => Some(control.sdk_releases().await?),
            _ => None,
        };
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.choice = choice;
        if let Some(releases) = releases {
            state.releases = releases;
        }
        Ok(())
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// `newest`, `none` or a release.
    #[must_use]
    pub fn choice(&self) -> String {
        self.read(|state| state.choice.clone()).unwrap_or_else(|| NEWEST.to_owned())
    }

    fn chosen(&self) -> Chosen {
        self.read(|state| match state.choice.as_deref() {
            None => Chosen::Own,
            Some(NONE) => Chosen::None,
            Some(id) => {
                let kept = state.releases.iter().find(|release| release.id == id).cloned();
                // It was removed meanwhile.
                kept.map_or(Chosen::Own, Chosen::Kept)
            }
        })
    }

    /// The script that pages import which pin none; `None` where nothing was built, empty where nothing is to run.
    #[must_use]
    pub fn script(&self) -> Option<String> {
        match self.chosen() {
            Chosen::Own => web::sdk_entry(),
            Chosen::None => Some(String::new()),
            Chosen::Kept(release) => Some(release.script),
        }
    }

    /// What tags with everything in them are made of; `None` where a page gets the loader, or nothing.
    #[must_use]
    pub fn whole(&self) -> Option<String> {
        match self.chosen() {
            Chosen::Own => web::whole_tag(),
            Chosen::None => None,
            Chosen::Kept(release) => release.files.into_keys().find(|name| web::is_whole_tag(name)),
        }
    }

    /// Keeps the release of this program, once: pages have it from now on, and it may be wanted again when this program
    /// has gone.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn keep_own(&self, control: &Control, now: Timestamp) -> Result<(), Error> {
        if self.kept.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let Some(own) = own(now) else { return Ok(()) };
        let bodies = embedded().filter_map(|(name, path)| Some((name, Web::get(&path)?.data.into_owned())));
        let kept = control.add_sdk(&own, bodies).await;
        self.kept.store(kept.is_ok(), Ordering::Relaxed);
        kept
    }
}

/// Name and path of each file of the SDK in this program, compressed copies too.
fn embedded() -> impl Iterator<Item = (String, String)> {
    Web::iter().filter_map(|path| Some((path.strip_prefix("sdk/")?.to_owned(), path.to_string())))
}

/// Whether it is another coding of a file beside it.
fn is_copy(name: &str) -> bool {
    [".br", ".gz"].iter().any(|ending| name.ends_with(ending))
}

/// The release in this program; `None` where nothing was built.
#[must_use]
pub fn own(now: Timestamp) -> Option<SdkRelease> {
    let bodies = embedded().filter(|(name, _)| !is_copy(name));
    let bodies: BTreeMap<_, _> =
        bodies.filter_map(|(name, path)| Some((name, Web::get(&path)?.data))).collect();
    of(env!("CARGO_PKG_VERSION"), &bodies, now)
}

/// The release that these files are, by name; `None` unless there is a script `attune-HASH.js` among them.
#[must_use]
pub fn of<B: AsRef<[u8]>>(version: &str, bodies: &BTreeMap<String, B>, now: Timestamp) -> Option<SdkRelease> {
    let id = |name: &str| Some(name.strip_prefix("attune-")?.strip_suffix(".js")?.to_owned());
    let (id, script) = bodies.keys().find_map(|name| Some((id(name)?, name.clone())))?;
    let integrity = |body: &[u8]| format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(body)));
    let files = bodies.iter().filter(|(name, _)| !is_copy(name));
    let files = files.map(|(name, body)| (name.clone(), integrity(body.as_ref()))).collect();
    Some(SdkRelease { id, version: version.to_owned(), script, files, added_at: now })
}

/// The loader for pages that pin this release and this public key, made of `template`.
#[must_use]
pub fn pinned(template: &str, release: &SdkRelease, key: &str) -> Pinned {
    let files: BTreeMap<_, _> = release.files.iter().filter(|(name, _)| !web::is_whole_tag(name)).collect();
    let pins = serde_json::to_string(&files).unwrap_or_default();
    let body = Filled { key, sdk: &release.script, site: "" }.fill(template).replace("__PINS__", &pins);
    let hash = tag::hash(&body);
    let integrity = format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(body.as_bytes())));
    Pinned { hash, integrity, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_its_script_and_the_hashes_of_its_files() {
        let bodies = BTreeMap::from([
            ("attune-0a.js".to_owned(), "abc"),
            ("attune-0a.js.br".to_owned(), "packed"),
            ("attune-0a.wasm".to_owned(), ""),
        ]);
        let release = of("1.2.3", &bodies, Timestamp(7)).unwrap();
        assert_eq!((release.id.as_str(), release.script.as_str()), ("0a", "attune-0a.js"));
        let hash = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        assert_eq!(release.files["attune-0a.js"], hash, "of the three letters, from FIPS 180-2");
        assert_eq!(release.files.len(), 2);
        assert!(of("1", &BTreeMap::from([("other.js".to_owned(), "")]), Timestamp(0)).is_none());

        let pinned = pinned("import(\"__SDK__\");pins=__PINS__;key=\"__KEY__\"", &release, "k");
        assert!(pinned.body.starts_with("import(\"attune-0a.js\");pins={\"attune-0a.js\":\"sha256-"));
        assert!(pinned.body.ends_with("key=\"k\"") && pinned.hash.len() == 32);
        assert!(pinned.integrity.starts_with("sha384-"));
    }
}
