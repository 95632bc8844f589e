//! What addresses and user agents tell.

use crate::pipeline::PageDraft;
use std::borrow::Cow;

/// A page, unless there is nothing to say about it.
#[must_use]
pub fn page(url: &str, title: &str, referrer: &str) -> Option<PageDraft<'static>> {
    let owned = |text: &str| Cow::Owned(text.to_owned());
    let empty = url.is_empty() && title.is_empty() && referrer.is_empty();
    (!empty).then(|| PageDraft { url: owned(url), title: owned(title), referrer: owned(referrer) })
}

/// Campaign source, medium and name of an address.
#[must_use]
pub fn campaign(url: &str) -> [String; 3] {
    let mut campaign = <[String; 3]>::default();
    let Ok(url) = url::Url::parse(url) else { return campaign };
    for (name, value) in url.query_pairs() {
        if let Some(at) = ["utm_source", "utm_medium", "utm_campaign"].iter().position(|utm| *utm == name) {
            campaign[at] = value.into_owned();
        }
    }
    campaign
}

/// `mobile`, `tablet` or `desktop`; empty if there is no user agent.
#[must_use]
pub fn device(user_agent: &str) -> &'static str {
    let has = |token: &str| user_agent.contains(token);
    if user_agent.is_empty() {
        ""
    } else if has("iPad") || has("Tablet") || (has("Android") && !has("Mobile")) {
        "tablet"
    } else if has("Mobi") {
        "mobile"
    } else {
        "desktop"
    }
}

/// `1280x720`.
#[must_use]
pub fn size(text: &str) -> [u32; 2] {
    let (width, height) = text.split_once('x').unwrap_or_default();
    [width, height].map(|side| side.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices() {
        assert_eq!(device("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"), "mobile");
        assert_eq!(
            device("Mozilla/5.0 (Linux; Android 15; SM-X210) AppleWebKit/537.36 Safari/537.36"),
            "tablet"
        );
        assert_eq!(device("Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0 Safari/537.36"), "desktop");
        assert_eq!(device(""), "");
    }

    #[test]
    fn campaigns() {
        let found = campaign("https://e.x/a?utm_source=news%20letter&utm_campaign=c1&x=1#utm_medium=no");
        assert_eq!(found, ["news letter", "", "c1"]);
        assert_eq!(campaign("/relative?utm_source=x"), ["", "", ""]);
        assert_eq!(size("1280x720"), [1280, 720]);
        assert_eq!(size("wide"), [0, 0]);
    }
}
