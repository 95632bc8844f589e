//! The tag with everything in it: loader, SDK and bundle of one site in one answer, so that the first events of a page go
//! two trips earlier. What is small (`tag/loader.js`) serves every site, and asks for the rest.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How hard brotli tries: a tag is packed once for all visitors, in some 35 ms at this and 14 at 9, which takes 7 % more.
const QUALITY: i32 = 11;

/// The current tag of each site, by its number.
#[derive(Default)]
pub struct Tags(Mutex<HashMap<u32, Arc<Tag>>>);

/// A tag as pages get it.
pub struct Tag {
    parts: Parts,
    /// First 32 hexadecimal digits of the SHA-256 of `plain`.
    pub hash: String,
    /// The script.
    pub plain: Bytes,
    /// The same under brotli.
    pub brotli: Bytes,
}

/// What a tag is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Name of the template, which is that of its content.
    pub template: String,
    /// Public key of the site.
    pub site: String,
    /// Hash of the bundle.
    pub bundle: String,
    /// Public key that the bundle is signed with.
    pub key: String,
}

impl Tags {
    /// The tag of site `number` if it was made of these parts.
    #[must_use]
    pub fn get(&self, number: u32, parts: &Parts) -> Option<Arc<Tag>> {
        let tags = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tags.get(&number).filter(|tag| tag.parts == *parts).cloned()
    }

    /// Keeps `tag` for site `number`, in place of the one before.
    pub fn keep(&self, number: u32, tag: Arc<Tag>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(number, tag);
    }
}

/// What the collector knows and a loader, built with placeholders, does not.
pub struct Filled<'a> {
    /// Public key that bundles are signed with.
    pub key: &'a str,
    /// What the SDK's script is called, where the loader asks for it.
    pub sdk: &'a str,
    /// Public key of the site; empty where only the page says it.
    pub site: &'a str,
}

impl Filled<'_> {
    /// The script that `loader` becomes.
    #[must_use]
    pub fn fill(&self, loader: &str) -> String {
        let quoted = serde_json::Value::from(self.site).to_string();
        loader.replace("__KEY__", self.key).replace("__SDK__", self.sdk).replace("\"__SITE__\"", &quoted)
    }
}

/// First 32 hexadecimal digits of the SHA-256 of a script.
#[must_use]
pub fn hash(script: &str) -> String {
    Sha256::digest(script.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

impl Tag {
    /// The tag that `template` becomes with these parts and that signed bundle.
    ///
    /// # Errors
    /// If it cannot be compressed.
    pub fn make(parts: Parts, template: &str, signed: &[u8]) -> std::io::Result<Self> {
        let told = serde_json::json!({ "bundle": parts.bundle, "signed": BASE64_STANDARD.encode(signed) });
        let script = Filled { key: &parts.key, sdk: "", site: &parts.site }.fill(template);
        let script = script.replace("\"__TOLD__\"", &told.to_string());
        let parameters = brotli::enc::BrotliEncoderParams {
            quality: QUALITY,
            size_hint: script.len(),
            ..Default::default()
        };
        let mut packed = Vec::new();
        brotli::BrotliCompress(&mut script.as_bytes(), &mut packed, &parameters)?;
        Ok(Self { hash: hash(&script), parts, plain: script.into(), brotli: packed.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn parts(bundle: &str) -> Parts {
        let [template, site, key] = ["whole-0a.js", "pk_1", "k"].map(str::to_owned);
        Parts { template, site, bundle: bundle.to_owned(), key }
    }

    #[test]
    fn a_tag_says_what_it_was_made_of_and_packs_to_the_same() {
        let template = r#"site="__SITE__";key="__KEY__";asked="__TOLD__";"#;
        let tag = Tag::make(parts("b1"), template, b"AS1 signed").unwrap();
        let script = r#"site="pk_1";key="k";asked={"bundle":"b1","signed":"QVMxIHNpZ25lZA=="};"#;
        assert_eq!(tag.plain, script);
        let mut unpacked = String::new();
        brotli::Decompressor::new(&tag.brotli[..], 4096).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, script);

        let tags = Tags::default();
        assert!(tags.get(1, &parts("b1")).is_none());
        let first = tag.hash.clone();
        tags.keep(1, Arc::new(tag));
        assert_eq!(tags.get(1, &parts("b1")).unwrap().hash, first);
        assert!(tags.get(1, &parts("b2")).is_none(), "another bundle is another tag");
        assert!(tags.get(2, &parts("b1")).is_none());
    }

    #[test]
    fn what_a_site_is_called_stays_a_text() {
        let filled = Filled { key: "k", sdk: "attune-0a.js", site: "a\"+alert(1)+\"" };
        let script = filled.fill(r#"site=dataset.site||"__SITE__";import("__SDK__")"#);
        assert_eq!(script, r#"site=dataset.site||"a\"+alert(1)+\"";import("attune-0a.js")"#);
    }
}
