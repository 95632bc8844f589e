//! What is found out about an event from what came with it: browser, system and device, where the visit came from,
//! and whether a person is behind it.
//!
//! The shipper does this, after the answer: nothing here delays a page. Only what must be forgotten at once is
//! looked at before, at the door: the network address ([`address`], [`country`]).

pub mod address;
pub mod bot;
pub mod campaign;
pub mod country;
pub mod referrer;
pub mod rules;
mod services;
mod words;

use crate::record::Record;
use attune_schema::bot::{Class, Reason};
use attune_schema::event::name;
use attune_warehouse::row::{Agent, EventRow};
use foldhash::HashMap;
use lru::LruCache;
use rules::{Rules, Versioned};

use std::num::NonZeroUsize;
use std::sync::Arc;

/// User agents whose reading is remembered: at most about a megabyte.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1_024).expect("above zero");
/// Longest host and path that is remembered, in bytes.
const ADDRESS: usize = 256;
/// Page views of one visitor within [`RATE_MS`] that nobody reads.
const RATE_VIEWS: usize = 30;
/// See [`RATE_VIEWS`].
const RATE_MS: i64 = 10_000;

/// Puts what it finds out into rows.
#[derive(Default)]
pub struct Enricher {
    /// Read at the first user agent.
    rules: Option<Rules>,
    known: Option<LruCache<String, Known>>,
    /// Services by host and path: the list is long, and most referrers are few.
    services: Option<LruCache<String, Option<referrer::Service>>>,
}

/// What a user agent says.
#[derive(Clone, Default)]
struct Known {
    agent: Arc<Agent>,
    /// See [`kind`].
    kind: &'static str,
    bot: Option<(Class, Reason)>,
}

impl Enricher {
    /// Completes the rows of one request.
    pub fn put(&mut self, record: &mut Record) {
        let Some(first) = record.rows.first() else { return };
        let mut known = if first.agent.user_agent.is_empty() {
            Known::default()
        } else {
            self.known(&first.agent.user_agent)
        };
        let mut why = known.bot;
        if !record.own_agent && matches!(why, Some((_, Reason::Library | Reason::NoBrowser))) {
            let agent = Agent { user_agent: known.agent.user_agent.clone(), ..Agent::default() };
            known = Known { agent: Arc::new(agent), ..Known::default() };
            why = Some((Class::Human, Reason::Server));
        }
        if record.webdriver {
            why = Some((Class::Bot, Reason::Webdriver));
        }
        for index in 0..record.rows.len() {
            let (before, rest) = record.rows.split_at_mut(index);
            let Some(row) = rest.first_mut() else { return };
            row.agent = Arc::clone(&known.agent);
            if row.device.is_empty() {
                known.kind.clone_into(&mut row.device);
            }
            if let Some((class, reason)) = why {
                (row.bot, row.bot_reason) = (class, reason.code());
            }
            // Most events of a request happened on one page.
            match before.last() {
                Some(last) if last.url == row.url && last.referrer == row.referrer => copy_origin(last, row),
                _ => self.put_origin(row),
            }
        }
    }

    /// Channel, source, search term and campaign of one event.
    fn put_origin(&mut self, row: &mut EventRow) {
        if row.url.is_empty() && row.referrer.is_empty() {
            return;
        }
        let campaign = campaign::read(&row.url);
        let services = self.services.get_or_insert_with(|| LruCache::new(REMEMBERED));
        let from = referrer::read_with(&row.referrer, &row.url, |whole, host, path| {
            if let Some(known) = services.get(whole) {
                return *known;
            }
            let found = referrer::service(host, path);
            if whole.len() <= ADDRESS {
                services.put(whole.to_owned(), found);
            }
            found
        });
        row.channel = from.medium.code();
        row.source = from.source.into_owned();
        row.search_term = from.term;
        if row.search_term.len() > attune_schema::limits::TEXT_BYTES {
            let end = row.search_term.floor_char_boundary(attune_schema::limits::TEXT_BYTES);
            row.search_term.truncate(end);
        }
        if campaign.is_paid() {
            row.channel = referrer::Medium::Paid.code();
        } else if row.channel == referrer::Medium::Direct.code() {
            // A mail program has no page to come from, but who wrote the mail may have tagged its links.
            match campaign.medium.to_ascii_lowercase().as_str() {
                "email" | "e-mail" | "newsletter" | "mail" => row.channel = referrer::Medium::Email.code(),
                "social" | "social-media" | "sm" => row.channel = referrer::Medium::Social.code(),
                _ => {}
            }
        }
        if row.source.is_empty() {
            row.source = if campaign.source.is_empty() {
                campaign.clicked.to_owned()
            } else {
                campaign.source.clone()
            };
        }
        if row.utm_source.is_empty() && row.utm_medium.is_empty() && row.utm_campaign.is_empty() {
            let untagged = campaign.source.is_empty() && campaign.medium.is_empty() && campaign.is_paid();
            row.utm_source = if untagged { campaign.clicked.to_owned() } else { campaign.source };
            row.utm_medium = if untagged { "cpc".to_owned() } else { campaign.medium };
            row.utm_campaign = campaign.name;
        }
    }

    fn known(&mut self, agent: &str) -> Known {
        let known = self.known.get_or_insert_with(|| LruCache::new(REMEMBERED));
        if let Some(known) = known.get(agent) {
            return known.clone();
        }
        // A test reads the very rules of this program.
        let rules = match &mut self.rules {
            Some(rules) => rules,
            None => match Rules::shipped() {
                Ok(rules) => self.rules.insert(rules),
                Err(error) => {
                    tracing::error!(%error, "user agents are not read");
                    return Known::default();
                }
            },
        };
        let read = read(rules, agent);
        known.put(agent.to_owned(), read.clone());
        read
    }
}

/// What [`Enricher::put_origin`] found for another event of the same request and page.
fn copy_origin(from: &EventRow, row: &mut EventRow) {
    row.channel = from.channel;
    for (to, text) in [
        (&mut row.source, &from.source),
        (&mut row.search_term, &from.search_term),
        (&mut row.utm_source, &from.utm_source),
        (&mut row.utm_medium, &from.utm_medium),
        (&mut row.utm_campaign, &from.utm_campaign),
    ] {
        to.clone_from(text);
    }
}

fn read(rules: &mut Rules, text: &str) -> Known {
    let version = |found: &Versioned| match &found.version {
        [Some(major), Some(minor), ..] => format!("{major}.{minor}"),
        [Some(major), ..] => major.clone(),
        _ => String::new(),
    };
    let browser = rules.browser(text).unwrap_or_default();
    let os = rules.system(text).unwrap_or_default();
    let device = rules.device(text).unwrap_or_default();
    let bot = bot::by_agent(text, &device.family);
    let kind = if bot.is_some() { "" } else { kind(text, &os.family) };
    let agent = Agent {
        user_agent: text.to_owned(),
        browser_version: version(&browser),
        browser: browser.family,
        os_version: version(&os),
        os: os.family,
        device_brand: device.brand.unwrap_or_default(),
        device_model: device.model.unwrap_or_default(),
    };
    Known { agent: Arc::new(agent), kind, bot }
}

/// `desktop`, `mobile`, `tablet`, `tv`, `console`, or empty: for senders that do not say it themselves.
fn kind(agent: &str, os: &str) -> &'static str {
    const KINDS: [(&str, &[&str]); 4] = [
        ("console", &["PlayStation", "Nintendo", "Xbox"]),
        (
            "tv",
            &[
                "SmartTV",
                "SMART-TV",
                "Smart TV",
                "AppleTV",
                "Apple TV",
                "GoogleTV",
                "HbbTV",
                "BRAVIA",
                "Roku",
                "CrKey",
                "NetCast",
                "Web0S",
                "; AFT",
                "tvOS",
                "TV Safari",
            ],
        ),
        ("tablet", &["iPad", "Tablet", "PlayBook", "Kindle", "Silk/"]),
        (
            "mobile",
            &[
                "Mobi",
                "iPhone",
                "iPod",
                "Opera Mini",
                "Windows Phone",
                "BlackBerry",
                "Symbian",
                "SymbOS",
                "Nokia",
                "MIDP",
                "J2ME",
            ],
        ),
    ];
    let has = |token: &&str| agent.contains(*token);
    if let Some((kind, _)) = KINDS.iter().find(|(_, tokens)| tokens.iter().any(&has)) {
        return kind;
    }
    if agent.contains("Android") {
        return "tablet";
    }
    let desk = ["Windows", "Macintosh", "Mac OS", "X11", "Linux", "CrOS", "BSD"].iter().any(has);
    if desk || matches!(os, "Windows" | "Mac OS X" | "Linux" | "Chrome OS" | "Ubuntu") {
        "desktop"
    } else {
        ""
    }
}

/// Flags visitors who load pages faster than anybody reads, as far as the rows of one range show it. Rows without
/// a user agent are left alone: their times are a server's or a file's, which may be coarse.
pub fn put_rates(rows: &mut [EventRow]) {
    let is_view = |row: &&EventRow| {
        row.bot == Class::Human && row.name == name::PAGE_VIEWED && !row.agent.browser.is_empty()
    };
    let visitor = |row: &EventRow| (row.site, row.visitor.0);
    let mut counts: HashMap<(u32, u128), usize> = HashMap::default();
    for row in rows.iter().filter(is_view) {
        *counts.entry(visitor(row)).or_default() += 1;
    }
    // Hardly anybody has that many within a range: only their times are looked at.
    counts.retain(|_, views| *views >= RATE_VIEWS);
    if counts.is_empty() {
        return;
    }
    let mut views: HashMap<(u32, u128), Vec<i64>> = HashMap::default();
    for row in rows.iter().filter(is_view).filter(|row| counts.contains_key(&visitor(row))) {
        views.entry(visitor(row)).or_default().push(row.at.0);
    }
    views.retain(|_, times| {
        times.sort_unstable();
        let quick = |few: &[i64]| few.last().zip(few.first()).is_some_and(|(to, from)| to - from < RATE_MS);
        times.windows(RATE_VIEWS).any(quick)
    });
    for row in rows.iter_mut().filter(|row| row.bot == Class::Human) {
        if views.contains_key(&visitor(row)) {
            (row.bot, row.bot_reason) = (Class::Likely, Reason::Rate.code());
        }
    }
}
