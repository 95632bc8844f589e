//! What surrounded a stored page view, as the SDK would have said it to the engine.

use attune_schema::bundle::Bundle;
use attune_schema::time::{DAY_MS, HOUR_MS, Timestamp};
use attune_schema::value::Value;
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

/// Names and values, sorted by name. Hour and weekday are the site's, because the visitor's are not stored.
pub(super) fn of(
    view: &View,
    at: Timestamp,
    properties: &[(String, Value)],
    bundle: &Bundle,
) -> Vec<(String, Value)> {
    let (host, path) = host_and_path(&view.url);
    let (from, _) = host_and_path(&view.referrer);
    let from = from.strip_prefix("www.").unwrap_or(from);
    let local = at.plus_ms(bundle.utc_offset_ms).0;
    // 1 January 1970 was a Thursday; weeks begin on Sunday, as in JavaScript.
    let (hour, weekday) = (local.rem_euclid(DAY_MS) / HOUR_MS, (local.div_euclid(DAY_MS) + 4).rem_euclid(7));
    let facet =
        |name: &str| properties.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.as_text());
    let mut context = Vec::with_capacity(13);
    let mut text = |name: &str, value: &str| context.push((name.to_owned(), Value::Text(value.to_owned())));
    if let Some(category) = facet("category") {
        text("category", category);
    }
    text("device", &view.device);
    text("host", host);
    context.push(("hour".to_owned(), Value::Number(hour as f64)));
    let mut text = |name: &str, value: &str| context.push((name.to_owned(), Value::Text(value.to_owned())));
    if let Some(item) = facet("item") {
        text("item", item);
    }
    text("locale", view.locale.split('-').next().unwrap_or_default());
    text("path", path);
    if !from.is_empty() && from != host {
        text("referrer_host", from);
    }
    text("utm_campaign", &view.utm_campaign);
    text("utm_medium", &view.utm_medium);
    text("utm_source", &view.utm_source);
    context.push(("weekday".to_owned(), Value::Number(weekday as f64)));
    context
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
