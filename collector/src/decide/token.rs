//! Signed profile tokens: the company's server says who somebody is, and for how long that is so.
//!
//! A token is a JSON Web Signature in compact form (RFC 7515) with `"alg": "EdDSA"` (RFC 8037) and nothing else, so
//! that there is no choice to get wrong. The header's `kid` names a server key of the site; what signs is the
//! Ed25519 key that is derived from its secret, see [`signing_key`].

use attune_schema::api::TokenKey;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use std::collections::BTreeMap;

/// How long a token may be good for: what it says must not outlive a day.
const LONGEST_S: i64 = 24 * 3_600;
/// How far the signer's clock may be off.
const TOLERANCE_S: i64 = 60;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Claims {
    /// Pseudonymous id of the user.
    pub sub: String,
    /// Good until then, in seconds since 1970.
    pub exp: i64,
    /// Good from then on.
    pub nbf: Option<i64>,
    /// When it was made.
    pub iat: Option<i64>,
    /// What is known about the user.
    #[serde(default)]
    pub attributes: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

/// Why a token counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not three parts of base 64 with JSON in them.
    #[error("the token is not a JSON Web Signature in compact form with sub and exp")]
    Form,
    /// Another algorithm, or none.
    #[error("the token is not signed by EdDSA")]
    Algorithm,
    /// Nobody's key.
    #[error("the token names no server key of this site")]
    Key,
    /// Altered, or signed by somebody else.
    #[error("the token's signature is not that of its key")]
    Signature,
    /// Its time is over, or has not come.
    #[error("the token is not good now: see its exp, nbf and iat")]
    Time,
}

/// The Ed25519 key of a server key: HKDF-SHA-256 (RFC 5869) of its secret, without salt, for `attune profile token`.
#[must_use]
pub fn signing_key(secret: &str) -> SigningKey {
    let mac = |key: &[u8], text: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
        mac.update(text);
        mac.finalize().into_bytes()
    };
    let extracted = mac(&[0; 32], secret.as_bytes());
    SigningKey::from_bytes(&mac(&extracted, b"attune profile token\x01").into())
}

/// The public half of that key, in URL-safe base 64: what pages check tokens with.
#[must_use]
pub fn public_key(secret: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(signing_key(secret).verifying_key().as_bytes())
}

/// The same key as a private JSON Web Key (RFC 8037), which JWT libraries take.
#[must_use]
pub fn jwk(id: &str, secret: &str) -> TokenKey {
    let key = signing_key(secret);
    TokenKey {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        alg: "EdDSA".to_owned(),
        kid: id.to_owned(),
        d: BASE64_URL_SAFE_NO_PAD.encode(key.to_bytes()),
        x: public_key(secret),
    }
}

/// What `token` says, if the server key that it names signed it and its time is now. `secret_of` finds the secret of
/// a key's id.
///
/// # Errors
/// Why it counts for nothing.
pub fn read(
    token: &str,
    secret_of: impl FnOnce(&str) -> Option<String>,
    now: Timestamp,
) -> Result<Claims, TokenError> {
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Form)?;
    let (header, payload) = signed.split_once('.').ok_or(TokenError::Form)?;
    let header: Header = part(header)?;
    if header.alg != "EdDSA" {
        return Err(TokenError::Algorithm);
    }
    let secret = secret_of(&header.kid).ok_or(TokenError::Key)?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Form)?;
    let signature = Signature::from_slice(&signature).map_err(|_| TokenError::Form)?;
    let key = signing_key(&secret).verifying_key();
    key.verify_strict(signed.as_bytes(), &signature).map_err(|_| TokenError::Signature)?;
    let claims: Claims = part(payload)?;
    let now = now.0.div_euclid(1_000);
    let begun = [claims.nbf, claims.iat].into_iter().flatten().all(|at| at <= now + TOLERANCE_S);
    let good =
        now < claims.exp && claims.exp <= now + LONGEST_S + TOLERANCE_S && begun && !claims.sub.is_empty();
    if good { Ok(claims) } else { Err(TokenError::Time) }
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, TokenError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Form)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::Signer as _;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_790_000_000_500);

    fn signed(header: &serde_json::Value, claims: &serde_json::Value, secret: &str) -> String {
        let part = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(claims));
        let signature = signing_key(secret).sign(text.as_bytes());
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    fn at(exp: i64) -> Result<Claims, TokenError> {
        let header = json!({ "alg": "EdDSA", "kid": "sk_1" });
        let token =
            signed(&header, &json!({ "sub": "cust_1", "exp": exp, "attributes": { "tier": "gold" } }), "s");
        read(&token, |id| (id == "sk_1").then(|| "s".to_owned()), NOW)
    }

    #[test]
    fn a_good_token_says_who() {
        let claims = at(1_790_000_060).unwrap();
        assert_eq!(claims.sub, "cust_1");
        assert_eq!(claims.attributes["tier"], Value::from("gold"));
    }

    #[test]
    fn time_is_half_open_and_bounded() {
        assert_eq!(at(1_790_000_000), Err(TokenError::Time), "over");
        assert!(at(1_790_000_001).is_ok());
        assert!(at(1_790_000_000 + 24 * 3_600).is_ok());
        assert_eq!(at(1_790_000_000 + 25 * 3_600), Err(TokenError::Time), "too long");
    }

    #[test]
    fn what_is_not_signed_by_that_key_counts_for_nothing() {
        let claims = json!({ "sub": "cust_1", "exp": 1_790_000_060 });
        let key = |id: &str| (id == "sk_1").then(|| "s".to_owned());
        let by = |header: serde_json::Value, secret: &str| read(&signed(&header, &claims, secret), key, NOW);
        assert_eq!(by(json!({ "alg": "EdDSA", "kid": "sk_1" }), "t"), Err(TokenError::Signature));
        assert_eq!(by(json!({ "alg": "EdDSA", "kid": "sk_2" }), "s"), Err(TokenError::Key));
        assert_eq!(by(json!({ "alg": "none", "kid": "sk_1" }), "s"), Err(TokenError::Algorithm));
        assert_eq!(by(json!({ "alg": "HS256", "kid": "sk_1" }), "s"), Err(TokenError::Algorithm));
        let token = signed(&json!({ "alg": "EdDSA", "kid": "sk_1" }), &claims, "s");
        let (head, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let other = BASE64_URL_SAFE_NO_PAD.encode(r#"{"sub":"cust_2","exp":1790000060}"#);
        assert_eq!(read(&format!("{head}.{other}.{signature}"), key, NOW), Err(TokenError::Signature));
        for bad in ["", ".", "..", "a.b.c", "a.b", &token[..token.len() - 4]] {
            assert_eq!(read(bad, key, NOW), Err(TokenError::Form), "{bad}");
        }
    }
}
