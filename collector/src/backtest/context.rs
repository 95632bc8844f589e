//! What surrounded a stored page view, as the SDK would have said it to the engine.

use super::fields::Fields;
use attune_schema::bundle::Bundle;
use attune_schema::time::{DAY_MS, HOUR_MS, Timestamp};
use attune_warehouse::history::View;

/// Host and path of an address; empty where it is none.
pub(super) fn host_and_path(url: &str) -> (&str, &str) {
    let Some((_, rest)) = url.split_once("://") else { return ("", "") };
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let rest = rest.get(..end).unwrap_or_default();
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    (host.split(':').next().unwrap_or_default(), path)
}

/// Fills `context` with names and values, sorted by name. Hour and weekday are the site's, because the visitor's are not
/// stored.
pub(super) fn tell(context: &mut Fields, view: &View, at: Timestamp, properties: &Fields, bundle: &Bundle) {
    let View { url, visit } = view;
    let (host, path) = host_and_path(url);
    let (from, _) = host_and_path(&visit.referrer);
    let from = from.strip_prefix("www.").unwrap_or(from);
    let local = at.plus_ms(bundle.utc_offset_ms).0;
    // 1 January 1970 was a Thursday; weeks begin on Sunday, as in JavaScript.
    let (hour, weekday) = (local.rem_euclid(DAY_MS) / HOUR_MS, (local.div_euclid(DAY_MS) + 4).rem_euclid(7));
    context.clear();
    if let Some(category) = properties.of("category") {
        context.text("category", category);
    }
    context.text("device", &visit.device);
    context.text("host", host);
    context.number("hour", hour as f64);
    if let Some(item) = properties.of("item") {
        context.text("item", item);
    }
    context.text("locale", visit.locale.split('-').next().unwrap_or_default());
    context.text("path", path);
    if !from.is_empty() && from != host {
        context.text("referrer_host", from);
    }
    context.text("utm_campaign", &visit.utm_campaign);
    context.text("utm_medium", &visit.utm_medium);
    context.text("utm_source", &visit.utm_source);
    context.number("weekday", weekday as f64);
}

#[cfg(test)]
mod tests {
    use super::host_and_path;

    #[test]
    fn hosts_and_paths() {
        for (url, wanted) in [
            ("https://bank.test/cards?q=1#top", ("bank.test", "/cards")),
            ("http://bank.test:8080", ("bank.test", "/")),
            ("https://u@bank.test?q", ("bank.test", "/")),
            ("", ("", "")),
        ] {
            assert_eq!(host_and_path(url), wanted, "{url}");
        }
    }
}
