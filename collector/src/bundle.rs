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
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest, Sha256};
use std::path::Path;

/// A bundle as delivered.
#[derive(Debug, Clone)]
pub struct SignedBundle {
    /// First 32 hexadecimal digits of the SHA-256 of `bytes`.
    pub hash: String,
    /// Magic, 64 bytes of Ed25519 signature over the payload, payload.
    pub bytes: Bytes,
    /// Revision of the source it was compiled from.
    pub revision: u64,
    /// What the compiler found.
    pub problems: Vec<Problem>,
    /// From then on it is made anew, because its time will be over before long.
    pub due_at: Option<Timestamp>,
}

/// Signs bundles with the key of this installation.
pub struct Signer {
    key: SigningKey,
}

impl Signer {
    /// Reads the key at `path`, or draws one and keeps it there, readable by its owner only.
    ///
    /// # Errors
    /// If the file cannot be read or written, or is not a key.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => {
                let bytes =
                    bytes.try_into().map_err(|_| std::io::Error::other("the signing key is not 32 bytes"))?;
                Ok(Self { key: SigningKey::from_bytes(&bytes) })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut bytes = [0u8; 32];
                getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
                crate::replace_file(path, &bytes)?;
                Ok(Self { key: SigningKey::from_bytes(&bytes) })
            }
            Err(error) => Err(error),
        }
    }

    /// The public key, in URL-safe base 64.
    #[must_use]
    pub fn public_key(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes())
    }

    /// Magic, signature over the payload, payload.
    #[must_use]
    pub fn sign(&self, payload: &[u8]) -> Vec<u8> {
        [&SIGNED_MAGIC[..], &self.key.sign(payload).to_bytes(), payload].concat()
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
        let bytes = self.sign(&device);
        let hash = Sha256::digest(&bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let Published { problems, server_only, .. } = published;
        let Ok(programs) = Programs::load(&device, server.as_deref()) else { return Err(problems) };
        let deciding = Deciding::new(programs, source, server_only);
        Ok((SignedBundle { hash, bytes: Bytes::from(bytes), revision, problems, due_at }, deciding))
    }
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
    use ed25519_dalek::{Signature, Verifier};

    #[test]
    fn bundles_are_named_by_content_and_verify() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::open(&dir.path().join("key")).unwrap();
        let (bundle, _) = signer.bundle(&Source::default(), 1, Timestamp(0)).unwrap();
        assert_eq!(bundle.hash.len(), 32);
        assert_eq!(&bundle.bytes[..3], SIGNED_MAGIC);
        let signature = Signature::from_slice(&bundle.bytes[3..67]).unwrap();
        assert!(signer.key.verifying_key().verify(&bundle.bytes[67..], &signature).is_ok());
        let again = Signer::open(&dir.path().join("key")).unwrap();
        assert_eq!(again.public_key(), signer.public_key());
        assert_eq!(again.bundle(&Source::default(), 1, Timestamp(9)).unwrap().0.hash, bundle.hash);
        assert_ne!(again.bundle(&Source::default(), 2, Timestamp(0)).unwrap().0.hash, bundle.hash);
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
    }
}
