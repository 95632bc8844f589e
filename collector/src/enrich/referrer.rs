//! Where a visit came from: medium, source and search term, by the address of the page before.
//!
//! The list (`services.rs`) is ours, and short: names of services, each with its hosts. What it
//! does not know is a `referral`.

use super::services::SERVICES;
use std::borrow::Cow;

/// Where a visit came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// No page before.
    Direct,
    /// A page of the same site.
    Internal,
    /// A search engine.
    Search,
    /// A social network.
    Social,
    /// A mailbox in a browser.
    Email,
    /// An assistant one talks with.
    Chatbot,
    /// A paid advertisement.
    Paid,
    /// Any other page.
    Referral,
}

impl Medium {
    /// As stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Internal => "internal",
            Self::Search => "search",
            Self::Social => "social",
            Self::Email => "email",
            Self::Chatbot => "chatbot",
            Self::Paid => "paid",
            Self::Referral => "referral",
        }
    }
}

/// What a referrer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer<'a> {
    /// Kind of source.
    pub medium: Medium,
    /// Name of the service; the host for pages that the list does not know; empty if there is none.
    pub source: Cow<'a, str>,
    /// What was searched for, if the address tells.
    pub term: String,
}

/// Names of parameters that hold what was searched for.
const TERMS: [&str; 24] = [
    "q",
    "p",
    "query",
    "text",
    "wd",
    "word",
    "searchfor",
    "search_query",
    "search",
    "k",
    "s",
    "qs",
    "words",
    "w",
    "keyword",
    "keywords",
    "qt",
    "su",
    "rdata",
    "as_q",
    "searchtext",
    "string",
    "encquery",
    "szukaj",
];

/// A service that the list knows.
pub type Service = (Medium, &'static str);

/// What the page before, `referrer`, says of a visit to the page `url`.
#[must_use]
pub fn read<'a>(referrer: &'a str, url: &str) -> Referrer<'a> {
    read_with(referrer, url, |_, host, path| service(host, path))
}

/// [`read`] with a memory: `find` is asked for host and path, and told what both are together in the address.
pub fn read_with<'a>(
    referrer: &'a str,
    url: &str,
    find: impl FnOnce(&str, &str, &str) -> Option<Service>,
) -> Referrer<'a> {
    let none = |medium| Referrer { medium, source: Cow::Borrowed(""), term: String::new() };
    let Some(Parts { whole, host, path, query }) = parts(referrer) else { return none(Medium::Direct) };
    if parts(url).is_some_and(|own| bare(own.host).eq_ignore_ascii_case(bare(host))) {
        return none(Medium::Internal);
    }
    match find(whole, host, path) {
        Some((medium, name)) if !name.is_empty() => {
            let term = if medium == Medium::Search { term(query) } else { String::new() };
            Referrer { medium, source: Cow::Borrowed(name), term }
        }
        found => {
            let medium = found.map_or(Medium::Referral, |(medium, _)| medium);
            let term = if medium == Medium::Search { term(query) } else { String::new() };
            Referrer { medium, source: Cow::Owned(bare(&host.to_ascii_lowercase()).to_owned()), term }
        }
    }
}

/// The service at a host and path; its name is empty where only its kind is known.
#[must_use]
pub fn service(host: &str, path: &str) -> Option<Service> {
    let host = host.to_ascii_lowercase();
    let found = SERVICES.iter().find(|(.., hosts)| hosts.iter().any(|pattern| fits(pattern, &host, path)));
    found.map(|(medium, name, _)| (*medium, *name)).or_else(|| family(&host))
}

/// Hosts that say what they are: mailboxes that hide the address of a mail, and searches.
fn family(host: &str) -> Option<(Medium, &'static str)> {
    const MAIL: [&str; 6] = ["deref-", "lightmailer", "webmail", "roundcube", "zimbra", "owa."];
    const SEARCH: [&str; 5] = ["search.", "suche.", "recherche.", "buscar.", "ricerca."];
    if MAIL.iter().any(|start| host.starts_with(start))
        || host.starts_with("mail.")
        || host.starts_with("email.")
    {
        return Some((Medium::Email, ""));
    }
    (SEARCH.iter().any(|start| host.starts_with(start)) || host.contains(".search."))
        .then_some((Medium::Search, ""))
}

/// Whether a host (and the beginning of a path) is what `pattern` means; see [`SERVICES`].
fn fits(pattern: &str, host: &str, path: &str) -> bool {
    let (pattern, below) = pattern.split_once('/').unwrap_or((pattern, ""));
    if !below.is_empty() && !path.trim_start_matches('/').starts_with(below) {
        return false;
    }
    if let Some((start, end)) = pattern.split_once('*') {
        let (end, any_suffix) = match end.strip_suffix(".*") {
            Some(end) => (end, true),
            None if end.is_empty() && start.ends_with('.') => ("", true),
            None => (end, false),
        };
        let (name, start) = if any_suffix {
            let Some(name) = without_suffix(host) else { return false };
            (name, start.strip_suffix('.').filter(|_| end.is_empty()).unwrap_or(start))
        } else {
            (host, start)
        };
        return if any_suffix && end.is_empty() {
            is_below(name, start)
        } else {
            name.starts_with(start) && name.ends_with(end) && name.len() >= start.len() + end.len()
        };
    }
    is_below(host, pattern)
}

/// `host` itself, or a host below it.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A host without its country: `www.google.co.uk` is `www.google`.
fn without_suffix(host: &str) -> Option<&str> {
    const SECOND: [&str; 8] = ["co", "com", "net", "org", "ne", "or", "gov", "ac"];
    let (name, last) = host.rsplit_once('.')?;
    match name.rsplit_once('.') {
        Some((shorter, second)) if last.len() == 2 && SECOND.contains(&second) => Some(shorter),
        _ => Some(name),
    }
}

fn bare(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

/// An address with a scheme, taken apart.
struct Parts<'a> {
    /// Host and path, with whatever is between.
    whole: &'a str,
    host: &'a str,
    path: &'a str,
    query: &'a str,
}

fn parts(address: &str) -> Option<Parts<'_>> {
    let (_, rest) = address.split_once("://")?;
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let (whole, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = whole.find('/').map_or((whole, ""), |at| whole.split_at(at));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    (!host.is_empty()).then_some(Parts { whole, host, path, query })
}

/// What was searched for: the first of the known parameters, in their order, that holds something.
fn term(query: &str) -> String {
    if query.is_empty() {
        return String::new();
    }
    let pairs = || url::form_urlencoded::parse(query.as_bytes());
    let held = |name: &&str| pairs().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty());
    TERMS.iter().find_map(held).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Medium::{Chatbot, Email, Search, Social};
    use super::*;

    fn check(referrer: &str, url: &str, medium: Medium, source: &str, term: &str) {
        let found = read(referrer, url);
        assert_eq!((found.medium, &*found.source, &*found.term), (medium, source, term), "{referrer}");
    }

    #[test]
    fn where_visits_come_from() {
        const PAGE: &str = "https://www.shop.example/a";
        check("", PAGE, Medium::Direct, "", "");
        check("about:blank", PAGE, Medium::Direct, "", "");
        check("https://shop.example/b", PAGE, Medium::Internal, "", "");
        check("https://www.google.co.kr/search?hl=ko&q=a+b", PAGE, Search, "Google", "a b");
        check("https://www.google.com.evil.test/", PAGE, Medium::Referral, "google.com.evil.test", "");
        check("https://notgoogle.com/", PAGE, Medium::Referral, "notgoogle.com", "");
        check("https://mail.google.com/mail/u/0/", PAGE, Email, "Gmail", "");
        check("https://gemini.google.com/", PAGE, Chatbot, "Google Gemini", "");
        check(
            "https://search.naver.com/search.naver?query=%EC%B9%B4%EB%93%9C",
            PAGE,
            Search,
            "Naver",
            "카드",
        );
        check("https://l.facebook.com:443/l.php?u=x", PAGE, Social, "Facebook", "");
        check("https://user:pw@WWW.Blog.Example:8080/x", PAGE, Medium::Referral, "blog.example", "");
        check("https://deref-anything.example/", PAGE, Email, "deref-anything.example", "");
        check("https://search.provider.example/?query=x", PAGE, Search, "search.provider.example", "x");
        check("android-app://com.google.android.gm/", PAGE, Medium::Referral, "com.google.android.gm", "");
    }
}
