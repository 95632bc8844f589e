//! Tokens that open the debugger in pages of a site: short-lived, and good for nothing else.
//!
//! A token is a JSON Web Signature in compact form by the key that bundles are signed with (a bundle never begins like
//! one). So nothing has to be kept of it, and the rules that take secrets out of addresses know it by its form.

use crate::bundle::Signer;
use attune_schema::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The protected header: it says what the token is for.
const HEADER: &str = r#"{"alg":"EdDSA","typ":"attune-debug"}"#;

#[derive(Serialize, Deserialize)]
struct Claims {
    /// Public key of the site.
    aud: String,
    /// Good until then, in milliseconds since 1970.
    until: Timestamp,
}

/// A token for pages of the site with this public key.
#[must_use]
pub fn token(signer: &Signer, site: &str, until: Timestamp) -> String {
    let claims = Claims { aud: site.to_owned(), until };
    let claims = serde_json::to_string(&claims).unwrap_or_default();
    let text = format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(HEADER), BASE64_URL_SAFE_NO_PAD.encode(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(signer.signature(text.as_bytes()));
    format!("{text}.{signature}")
}

/// Until when a token opens the debugger in pages of the site; `None` if it does not.
#[must_use]
pub fn read(signer: &Signer, site: &str, token: &str, now: Timestamp) -> Option<Timestamp> {
    let (text, signature) = token.rsplit_once('.')?;
    let (header, claims) = text.split_once('.')?;
    let bytes = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
    let good = bytes(header)? == HEADER.as_bytes() && signer.verifies(text.as_bytes(), &bytes(signature)?);
    let claims: Claims = serde_json::from_slice(&bytes(claims)?).ok()?;
    (good && claims.aud == site && now < claims.until).then_some(claims.until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_site_until_its_time_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::open(&dir.path().join("key")).unwrap();
        let token = token(&signer, "pk_a", Timestamp(1_000));
        let read = |site: &str, text: &str, now| read(&signer, site, text, Timestamp(now));
        assert_eq!(read("pk_a", &token, 999), Some(Timestamp(1_000)));
        assert_eq!(read("pk_a", &token, 1_000), None, "over");
        assert_eq!(read("pk_b", &token, 999), None, "another site's");
        let (text, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = text.split_once('.').unwrap();
        let longer = BASE64_URL_SAFE_NO_PAD.encode(r#"{"aud":"pk_a","until":9000}"#);
        assert_eq!(read("pk_a", &format!("{header}.{longer}.{signature}"), 999), None, "altered");
        let kind = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(read("pk_a", &format!("{kind}.{longer}.{signature}"), 999), None, "of another kind");
        for bad in ["", ".", "..", "a.b.c", &token[..token.len() - 4]] {
            assert_eq!(read("pk_a", bad, 0), None, "{bad}");
        }
    }

    #[test]
    fn another_signing_key_lets_tokens_stand_until_the_old_one_is_retired() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::open(&dir.path().join("key")).unwrap();
        let token = token(&signer, "pk_a", Timestamp(1_000));
        signer.rotate().unwrap();
        assert!(read(&signer, "pk_a", &token, Timestamp(0)).is_some());
        signer.retire().unwrap();
        assert!(read(&signer, "pk_a", &token, Timestamp(0)).is_none());
    }
}
