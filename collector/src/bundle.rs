//! Bundles: compiled, signed, named by their content.

use crate::decide::Deciding;
use attune_engine::label::{Programs, Published, publish};
use attune_schema::api::Problem;
use attune_schema::bundle::{Bundle, SIGNED_HEADER_BYTES, SIGNED_MAGIC};
use attune_schema::source::Source;
use attune_schema::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// A bundle as delivered.
#[derive(Debug, Clone)]
pub struct SignedBundle {
    /// First 32 hexadecimal digits of the SHA-256 of `bytes`.
    pub hash: String,
    /// Magic, 64 bytes of Ed25519 signature over the payload, payload.
    pub bytes: Bytes,
    /// Revision of the source it was compiled from.
    pub revision: u64,
    /// The same for pages that pin the key before this one: hash and bytes.
    pub previous: Option<(String, Bytes)>,
    /// What the compiler found.
    pub problems: Vec<Problem>,
    /// From then on it is made anew, because its time will be over before long.
    pub due_at: Option<Timestamp>,
}

/// Signs bundles with the key of this installation. Pages that were opened before it was rotated pin the key before it,
/// so that one signs, too, until it is retired.
pub struct Signer {
    path: PathBuf,
    keys: RwLock<Keys>,
}

#[derive(Clone)]
struct Keys {
    current: SigningKey,
    previous: Option<SigningKey>,
}

impl Signer {
    /// Reads the key at `path`, or draws one and keeps it there, readable by its owner only. The one before it has
    /// the same name and `.previous`.
    ///
    /// # Errors
    /// If a file cannot be read or written, or is not a key.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let current = match read_key(path)? {
            Some(key) => key,
            None => draw_key(path)?,
        };
        let keys = RwLock::new(Keys { current, previous: read_key(&previous_path(path))? });
        Ok(Self { path: path.to_owned(), keys })
    }

    fn keys(&self) -> Keys {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Draws another key; the present one becomes the one before, and what was before it is forgotten.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn rotate(&self) -> std::io::Result<()> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        // First the old one, so that no moment is without it.
        crate::replace_file(&previous_path(&self.path), keys.current.as_bytes())?;
        let current = draw_key(&self.path)?;
        *keys = Keys { previous: Some(keys.current.clone()), current };
        Ok(())
    }

    /// Forgets the key before this one: pages that pin it keep the bundle they have, until it expires or they are
    /// loaded again.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub fn retire(&self) -> std::io::Result<()> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        match std::fs::remove_file(previous_path(&self.path)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => {
                keys.previous = None;
                Ok(())
            }
        }
    }

    /// The public key, in URL-safe base 64.
    #[must_use]
    pub fn public_key(&self) -> String {
        public(&self.keys().current)
    }

    /// The public key before this one.
    #[must_use]
    pub fn previous_key(&self) -> Option<String> {
        self.keys().previous.as_ref().map(public)
    }

    /// Magic, signature over the payload, payload.
    #[must_use]
    pub fn sign(&self, payload: &[u8]) -> Vec<u8> {
        signed(&self.keys().current, payload)
    }

    /// The same by the key before this one, where that is what a page pins whose public key begins with `pinned`.
    #[must_use]
    pub fn sign_for(&self, pinned: &str, payload: &[u8]) -> Vec<u8> {
        let Keys { current, previous } = self.keys();
        let before = previous.filter(|key| !pinned.is_empty() && public(key).starts_with(pinned));
        signed(before.as_ref().unwrap_or(&current), payload)
    }

    /// The signature of a text that is no payload, by the present key.
    #[must_use]
    pub fn signature(&self, text: &[u8]) -> [u8; 64] {
        self.keys().current.sign(text).to_bytes()
    }

    /// Whether that is its signature, by the present key or the one before it.
    #[must_use]
    pub fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        let Keys { current, previous } = self.keys();
        let good = |key: &SigningKey| key.verifying_key().verify_strict(text, &signature).is_ok();
        good(&current) || previous.as_ref().is_some_and(good)
    }

    /// Compiles and signs; also gives what servers decide by.
    ///
    /// # Errors
    /// If a bundle does not read: then it is too large, which is among its problems.
    pub fn bundle(
        &self,
        source: &Source,
        revision: u64,
        now: Timestamp,
    ) -> Result<(SignedBundle, Deciding), Vec<Problem>> {
        let Compiled { device, server, published, due_at } = Compiled::of(source, revision, now);
        let Keys { current, previous } = self.keys();
        let named = |key: &SigningKey| {
            let bytes = signed(key, &device);
            (
                Sha256::digest(&bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
                Bytes::from(bytes),
            )
        };
        let (hash, bytes) = named(&current);
        let previous = previous.as_ref().map(named);
        let Published { problems, server_only, .. } = published;
        let Ok(programs) = Programs::load(&device, server.as_deref()) else { return Err(problems) };
        let deciding = Deciding::new(programs, source, server_only);
        Ok((SignedBundle { hash, bytes, revision, previous, problems, due_at }, deciding))
    }
}

fn previous_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".previous");
    name.into()
}

fn read_key(path: &Path) -> std::io::Result<Option<SigningKey>> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let not = |_| std::io::Error::other(format!("{} is not a key of 32 bytes", path.display()));
            Ok(Some(SigningKey::from_bytes(&bytes.try_into().map_err(not)?)))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn draw_key(path: &Path) -> std::io::Result<SigningKey> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    crate::replace_file(path, &bytes)?;
    Ok(SigningKey::from_bytes(&bytes))
}

fn public(key: &SigningKey) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())
}

fn signed(key: &SigningKey, payload: &[u8]) -> Vec<u8> {
    [&SIGNED_MAGIC[..], &key.sign(payload).to_bytes(), payload].concat()
}

/// What becomes of a source at some time.
pub struct Compiled {
    /// Payload for pages.
    pub device: Vec<u8>,
    /// Payload for servers, where it is another one.
    pub server: Option<Vec<u8>>,
    /// What it was made of.
    pub published: Published,
    due_at: Option<Timestamp>,
}

impl Compiled {
    /// Compiles `source`. Whenever that is within one half of a bundle's lifetime, the bytes are the same: it lives
    /// for at least half of that lifetime, and for no more than all of it.
    #[must_use]
    pub fn of(source: &Source, revision: u64, now: Timestamp) -> Self {
        let half = source.site.bundle_lifetime.map(|lifetime| (lifetime.as_ms() / 2).max(1));
        let due_at = half.map(|half| Timestamp((now.0.div_euclid(half) + 1).saturating_mul(half)));
        let expires_at = due_at.zip(half).map(|(due, half)| due.plus_ms(half));
        let mut published = publish(source);
        let dated = |bundle: &mut Bundle| (bundle.version, bundle.expires_at) = (revision, expires_at);
        dated(&mut published.device);
        published.server.as_mut().map(dated);
        let device = published.device.to_bytes();
        let server = published.server.as_ref().map(Bundle::to_bytes);
        Self { device, server, published, due_at }
    }
}

/// The payload of a signed bundle, whoever signed it.
#[must_use]
pub fn payload_of(signed: &[u8]) -> Option<&[u8]> {
    signed.starts_with(&SIGNED_MAGIC).then(|| signed.get(SIGNED_HEADER_BYTES..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::Verifier;

    #[test]
    fn bundles_are_named_by_content_and_verify() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::open(&dir.path().join("key")).unwrap();
        let (bundle, _) = signer.bundle(&Source::default(), 1, Timestamp(0)).unwrap();
        assert_eq!(bundle.hash.len(), 32);
        assert_eq!(&bundle.bytes[..3], SIGNED_MAGIC);
        let signature = Signature::from_slice(&bundle.bytes[3..67]).unwrap();
        assert!(signer.keys().current.verifying_key().verify(&bundle.bytes[67..], &signature).is_ok());
        let again = Signer::open(&dir.path().join("key")).unwrap();
        assert_eq!(again.public_key(), signer.public_key());
        assert_eq!(again.bundle(&Source::default(), 1, Timestamp(9)).unwrap().0.hash, bundle.hash);
        assert_ne!(again.bundle(&Source::default(), 2, Timestamp(0)).unwrap().0.hash, bundle.hash);
    }

    #[test]
    fn the_key_before_signs_until_it_is_retired() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let signer = Signer::open(&path).unwrap();
        let bundle = |signer: &Signer| signer.bundle(&Source::default(), 1, Timestamp(0)).unwrap().0;
        let (first, before) = (signer.public_key(), bundle(&signer));
        assert!(before.previous.is_none());
        signer.rotate().unwrap();
        assert_eq!(signer.previous_key(), Some(first));
        assert_eq!(bundle(&signer).previous.unwrap().0, before.hash, "open pages have it already");
        let again = Signer::open(&path).unwrap();
        assert_eq!((again.public_key(), again.previous_key()), (signer.public_key(), signer.previous_key()));
        again.retire().unwrap();
        again.retire().unwrap();
        assert!(bundle(&Signer::open(&path).unwrap()).previous.is_none());
    }

    #[test]
    fn a_bundle_lives_for_half_to_all_of_its_time() {
        let mut source = Source::default();
        source.site.bundle_lifetime = Some(attune_schema::span::Span::from_ms(100));
        let at = |now| Compiled::of(&source, 1, Timestamp(now));
        for now in [0, 1, 49] {
            let compiled = at(now);
            assert_eq!(compiled.published.device.expires_at, Some(Timestamp(100)));
            assert_eq!(compiled.due_at, Some(Timestamp(50)));
        }
        assert_eq!(at(0).device, at(49).device);
        assert_eq!(at(50).published.device.expires_at, Some(Timestamp(150)));
        let program = attune_engine::decide::Program::load(&at(50).device).unwrap();
        assert_eq!(program.bundle.expires_at, Some(Timestamp(150)));
        let tested = attune_engine::decide::Program::load(&publish(&source).device.to_bytes()).unwrap();
        assert_eq!(program.digest, tested.digest, "what was tested is what ships");
    }
}
