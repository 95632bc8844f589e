//! Who is not a person: flagged, never dropped.
//!
//! A list of known crawlers goes out of date with every new one. So what is looked for is how they speak of
//! themselves: the words for what they do, an address to complain to, a program where a browser would be. Browsers
//! and devices that are called like one are known and left out.

use super::words::{BROWSERS, CRAWLERS, DEVICES, DRIVEN, LIBRARIES, MONITORS, PEOPLE};
use attune_schema::bot::{Class, Reason};

/// What a user agent and its device family (by the rules) say; `None` if nothing does.
#[must_use]
pub fn by_agent(agent: &str, device_family: &str) -> Option<(Class, Reason)> {
    if agent.is_empty() {
        return None;
    }
    let mut text = agent.to_ascii_lowercase();
    if any(&text, MONITORS) {
        return Some((Class::Monitoring, Reason::Monitor));
    }
    if any(&text, DRIVEN) {
        return Some((Class::Bot, Reason::Headless));
    }
    if device_family == "Spider" {
        return Some((Class::Bot, Reason::Spider));
    }
    for name in PEOPLE {
        if text.contains(name) {
            text = text.replace(name, "");
        }
    }
    if is_library(&text) {
        return Some((Class::Bot, Reason::Library));
    }
    if has_bot(&text) || any(&text, CRAWLERS) {
        return Some((Class::Bot, Reason::Crawler));
    }
    if has_contact(&text) {
        return Some((Class::Bot, Reason::Contact));
    }
    if is_compatible_with_nothing(&text) {
        return Some((Class::Bot, Reason::Crawler));
    }
    // A device that the rules know is somebody's, whatever its browser calls itself.
    let known = !matches!(device_family, "" | "Other");
    let person = known || BROWSERS.iter().any(|name| text.starts_with(name)) || any(&text, DEVICES);
    (!person).then_some((Class::Likely, Reason::NoBrowser))
}

/// Whether the program is a library for HTTP.
#[must_use]
pub fn is_library(agent: &str) -> bool {
    let begins = |name: &&str| {
        agent.as_bytes().get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
    };
    LIBRARIES.iter().any(begins)
}

fn any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// `bot` at the end of a word, or a word that begins with it.
fn has_bot(text: &str) -> bool {
    text.match_indices("bot").any(|(at, _)| {
        let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
        let (before, after) = (text.as_bytes().get(at.wrapping_sub(1)), text.as_bytes().get(at + 3));
        !letter(after) || !letter(before) || after == Some(&b's')
    })
}

/// An address to complain to: of a page, or of a mailbox. No browser has one.
fn has_contact(text: &str) -> bool {
    let mailbox = text
        .split([' ', ';', '(', ')', ','])
        .any(|word| word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')));
    mailbox
        || ["http://", "https://", "+http", "www.", ".com", ".org", ".html", "[at]"]
            .iter()
            .any(|sign| text.contains(sign))
}

/// `Mozilla/5.0 (compatible; Something)`: what pretends to be no browser in particular. Those that really began so
/// named their engine.
fn is_compatible_with_nothing(text: &str) -> bool {
    const ENGINES: [&str; 8] =
        ["msie", "trident", "konqueror", "khtml/", "gecko/", "presto", "netfront", "brew"];
    text.contains("(compatible") && !any(text, &ENGINES) && !any(text, DEVICES)
}
