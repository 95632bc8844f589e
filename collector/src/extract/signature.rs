//! Who signed a request of a company's server.
//!
//! `attune-key: sk_…` names the key, `attune-signature: t=MS,v1=HEX` holds the time of signing in milliseconds since 1970 and
//! HMAC-SHA-256 of that time, a full stop and the body, as they are sent, with the key's secret (RFC 2104).

use crate::error::ApiError;
use crate::replay;
use crate::sites::SiteEntry;
use crate::state::App;
use attune_schema::time::Timestamp;
use axum::http::{HeaderMap, StatusCode};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;

/// Names the key.
pub const KEY: &str = "attune-key";
/// Time and signature.
pub const SIGNATURE: &str = "attune-signature";
/// How far the signer's clock may be off, and how long a request that was overheard is of use.
const TOLERANCE_MS: u64 = 5 * 60_000;

/// The site whose server signed `body`.
///
/// # Errors
/// 401 that says which part is wrong.
pub fn signed_site(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<Arc<SiteEntry>, ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let refused = |message: &str| ApiError::new(StatusCode::UNAUTHORIZED, "bad_signature", message);
    let key = text(KEY).ok_or_else(|| refused("the header attune-key names no key"))?;
    let found = app.sites.by_server_key(key);
    let (site, secret) = found.ok_or_else(|| refused("no site has this server key"))?;
    // What was signed when it was received is kept without its signature.
    if replay::received_at().is_some() {
        return Ok(site);
    }
    let signature = text(SIGNATURE).ok_or_else(|| refused("the header attune-signature is missing"))?;
    let (time, given) =
        parts(signature).ok_or_else(|| refused("attune-signature is not of the form `t=MS,v1=HEX`"))?;
    let expected = mac(&secret, time, body);
    if expected.verify_slice(&given).is_err() {
        return Err(refused("the signature is not that of this body, time and key"));
    }
    let at = time.parse().map(Timestamp).map_err(|_| refused("the time of signing is not a number"))?;
    if app.now().since(at).unsigned_abs() > TOLERANCE_MS {
        return Err(refused("signed more than five minutes ago, or ahead: set the clock"));
    }
    Ok(site)
}

fn mac(secret: &str, time: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    for part in [time.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}

/// Time and signature of the header's value.
fn parts(value: &str) -> Option<(&str, Vec<u8>)> {
    let (mut time, mut signature) = (None, None);
    for part in value.split(',') {
        match part.trim().split_once('=')? {
            ("t", text) => time = Some(text),
            ("v1", text) => signature = Some(hex(text)?),
            // Room for a later form beside this one.
            _ => {}
        }
    }
    Some((time?, signature?))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::try_from(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_everybody_else_does() {
        // printf '%s' '1790000000000.{"events":[]}' | openssl dgst -sha256 -hmac secret
        let signed = mac("secret", "1790000000000", br#"{"events":[]}"#).finalize().into_bytes();
        let hex: String = signed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "d99ad5eeb52216d07a8fb099bc67352bfe0d0c0381a067a644b9cd75576414bb");
    }

    #[test]
    fn reads_the_header() {
        assert_eq!(parts("t=1,v1=00ff"), Some(("1", vec![0, 255])));
        assert_eq!(parts("v0=x, v1=0A ,t=1").map(|(time, _)| time), Some("1"));
        for bad in ["", "t=1", "v1=00", "t=1,v1=0", "t=1,v1=zz", "t=1;v1=00", "t,v1=00"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
