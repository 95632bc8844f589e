//! Addresses of the console: `/console/sites/{site}/{screen}[/{id}][?query]`.

/// Where the console lives.
pub const BASE: &str = "/console";

/// A screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screen {
    /// Figures and what needs attention.
    Home,
    /// Events as they arrive.
    Live,
    /// Funnel builder; its question is the query.
    Funnels,
    /// List of campaigns.
    Campaigns,
    /// One campaign; `new` for a new one.
    Campaign(String),
    /// List of offers.
    Offers,
    /// One offer; `new` for a new one.
    Offer(String),
    /// List of audiences.
    Audiences,
    /// One audience; `new` for a new one.
    Audience(String),
    /// The line to paste.
    Tag,
    /// Site settings.
    Settings,
}

/// A parsed address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The list of sites, and the way to the first.
    Sites,
    /// A screen of a site.
    Site(String, Screen),
    /// Nothing is there.
    Lost,
}

impl Screen {
    /// Path below the site.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Home => "home".to_owned(),
            Self::Live => "live".to_owned(),
            Self::Funnels => "funnels".to_owned(),
            Self::Campaigns => "campaigns".to_owned(),
            Self::Campaign(id) => format!("campaigns/{}", encode(id)),
            Self::Offers => "offers".to_owned(),
            Self::Offer(id) => format!("offers/{}", encode(id)),
            Self::Audiences => "audiences".to_owned(),
            Self::Audience(id) => format!("audiences/{}", encode(id)),
            Self::Tag => "tag".to_owned(),
            Self::Settings => "settings".to_owned(),
        }
    }

    /// The entry of the navigation it belongs to.
    #[must_use]
    pub fn area(&self) -> Self {
        match self {
            Self::Campaign(_) => Self::Campaigns,
            Self::Offer(_) => Self::Offers,
            Self::Audience(_) => Self::Audiences,
            other => other.clone(),
        }
    }

    /// Address within `site`.
    #[must_use]
    pub fn href(&self, site: &str) -> String {
        format!("{BASE}/sites/{}/{}", encode(site), self.path())
    }
}

/// Reads a path.
#[must_use]
pub fn parse(path: &str) -> Route {
    let rest = path.strip_prefix(BASE).unwrap_or(path).trim_matches('/');
    let parts: Vec<String> = rest.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let site = |site: &str, screen| Route::Site(site.to_owned(), screen);
    match parts.as_slice() {
        [] | ["sites"] => Route::Sites,
        ["sites", name] | ["sites", name, "home"] => site(name, Screen::Home),
        ["sites", name, "live"] => site(name, Screen::Live),
        ["sites", name, "funnels"] => site(name, Screen::Funnels),
        ["sites", name, "campaigns"] => site(name, Screen::Campaigns),
        ["sites", name, "campaigns", id] => site(name, Screen::Campaign((*id).to_owned())),
        ["sites", name, "offers"] => site(name, Screen::Offers),
        ["sites", name, "offers", id] => site(name, Screen::Offer((*id).to_owned())),
        ["sites", name, "audiences"] => site(name, Screen::Audiences),
        ["sites", name, "audiences", id] => site(name, Screen::Audience((*id).to_owned())),
        ["sites", name, "tag"] => site(name, Screen::Tag),
        ["sites", name, "settings"] => site(name, Screen::Settings),
        _ => Route::Lost,
    }
}

/// Percent-encodes everything but letters, digits, `-`, `_` and `~`: a dot would look like a file to the server.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(u32::from(digit), 16).map(|c| c.to_ascii_uppercase()));
            }
        }
    }
    out
}

/// Undoes [`encode`] and `+`; what is not a valid escape stays as it is.
#[must_use]
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, escaped) {
            (b'%', Some(value)) => {
                out.push(value);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Pairs of a query, with or without its question mark.
#[must_use]
pub fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// A query of `pairs`, without its question mark.
#[must_use]
pub fn query(pairs: &[(String, String)]) -> String {
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_reads_back_its_own_address() {
        let id = || "여름/50 %+".to_owned();
        for screen in [
            Screen::Home,
            Screen::Live,
            Screen::Funnels,
            Screen::Campaigns,
            Screen::Campaign(id()),
            Screen::Offers,
            Screen::Offer(id()),
            Screen::Audiences,
            Screen::Audience(id()),
            Screen::Tag,
            Screen::Settings,
        ] {
            assert_eq!(parse(&screen.href("demo")), Route::Site("demo".to_owned(), screen));
        }
        assert_eq!(parse("/console/"), Route::Sites);
        assert_eq!(parse("/console/sites/demo/nothing"), Route::Lost);
    }

    #[test]
    fn queries_survive_any_text() {
        let given = vec![("s".to_owned(), "a&b=c d+e%".to_owned()), ("여름".to_owned(), String::new())];
        assert_eq!(pairs(&format!("?{}", query(&given))), given);
        assert_eq!(decode("%zz%4"), "%zz%4");
    }
}
