//! Campaign tags of an address: for events whose sender did not read them itself.

/// Source, medium and name as `utm_` parameters give them, and the network whose click id the address carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Campaign {
    /// `utm_source`.
    pub source: String,
    /// `utm_medium`.
    pub medium: String,
    /// `utm_campaign`.
    pub name: String,
    /// Who was paid for the click, or empty.
    pub clicked: &'static str,
}

/// Parameters that advertisers' networks add to paid clicks. Facebook adds its own to every link.
const CLICKS: [(&str, &str); 14] = [
    ("gclid", "google"),
    ("gbraid", "google"),
    ("wbraid", "google"),
    ("dclid", "google"),
    ("gad_source", "google"),
    ("msclkid", "bing"),
    ("ttclid", "tiktok"),
    ("twclid", "twitter"),
    ("li_fat_id", "linkedin"),
    ("yclid", "yandex"),
    ("epik", "pinterest"),
    ("rdt_cid", "reddit"),
    ("sccid", "snapchat"),
    ("fbclid", "facebook"),
];

/// Media that say that a click was paid for.
const PAID: [&str; 12] = [
    "cpc",
    "ppc",
    "cpm",
    "cpv",
    "cpa",
    "paid",
    "paidsearch",
    "paid_search",
    "paid-search",
    "paidsocial",
    "paid_social",
    "display",
];

/// Reads an address.
#[must_use]
pub fn read(url: &str) -> Campaign {
    let mut found = Campaign::default();
    let Some((_, query)) = url.split_once('?') else { return found };
    let query = query.split('#').next().unwrap_or_default();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let slot = match name {
            "utm_source" => &mut found.source,
            "utm_medium" => &mut found.medium,
            "utm_campaign" => &mut found.name,
            other => {
                if let Some((_, network)) = CLICKS.iter().find(|(click, _)| *click == other) {
                    found.clicked = network;
                }
                continue;
            }
        };
        *slot = decoded(value);
    }
    found
}

/// A value as it was before it was put into the address.
fn decoded(value: &str) -> String {
    // Names are compared as they stand, so this is the only piece that is worth reading in full.
    let pair = format!("={value}");
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

impl Campaign {
    /// Whether the click was paid for. Facebook's id is no proof of that.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        let medium = self.medium.to_ascii_lowercase();
        PAID.contains(&&*medium) || (medium.is_empty() && !matches!(self.clicked, "" | "facebook"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_click_ids() {
        let tagged =
            read("https://e.x/a?utm_source=news%20letter&utm_campaign=c1&utm_medium=email#utm_medium=no");
        assert_eq!((&*tagged.source, &*tagged.medium, &*tagged.name), ("news letter", "email", "c1"));
        assert!(!tagged.is_paid());
        let clicked = read("/a?x=1&gclid=abc");
        assert_eq!(clicked.clicked, "google");
        assert!(clicked.is_paid());
        assert!(!read("/a?fbclid=abc").is_paid(), "on every link of theirs");
        assert!(read("/a?fbclid=abc&utm_medium=CPC").is_paid());
        assert_eq!(read("/a"), Campaign::default());
    }
}
