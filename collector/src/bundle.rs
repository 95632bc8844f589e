//! Bundles: compiled, signed, named by their content.

use attune_engine::compile::compile;
use attune_schema::api::Problem;
use attune_schema::source::Source;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest, Sha256};
use std::path::Path;

/// First bytes of a signed bundle: `AS` and the version; the signature and the payload follow.
pub const MAGIC: [u8; 3] = *b"AS1";

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

    /// Compiles and signs.
    #[must_use]
    pub fn bundle(&self, source: &Source, revision: u64) -> SignedBundle {
        let (payload, problems) = payload(source);
        let signature = self.key.sign(&payload);
        let bytes = [&MAGIC[..], &signature.to_bytes(), &payload].concat();
        let hash = Sha256::digest(&bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        SignedBundle { hash, bytes: Bytes::from(bytes), revision, problems }
    }
}

/// What the engine makes of a source.
fn payload(source: &Source) -> (Vec<u8>, Vec<Problem>) {
    let (bundle, problems) = compile(source);
    (bundle.to_bytes(), problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signature, Verifier};

    #[test]
    fn bundles_are_named_by_content_and_verify() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::open(&dir.path().join("key")).unwrap();
        let bundle = signer.bundle(&Source::default(), 1);
        assert_eq!(bundle.hash.len(), 32);
        assert_eq!(&bundle.bytes[..3], b"AS1");
        let signature = Signature::from_slice(&bundle.bytes[3..67]).unwrap();
        assert!(signer.key.verifying_key().verify(&bundle.bytes[67..], &signature).is_ok());
        let again = Signer::open(&dir.path().join("key")).unwrap();
        assert_eq!(again.public_key(), signer.public_key());
        assert_eq!(again.bundle(&Source::default(), 2).hash, bundle.hash);
    }
}
