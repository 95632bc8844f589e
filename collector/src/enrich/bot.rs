//! Who is not a person: flagged, never dropped.
//!
//! A list of known crawlers goes out of date with every new one. So what is looked for is how they speak of
//! themselves: the words for what they do, an address to complain to, a program where a browser would be. Browsers
//! and devices that are called like one are known and left out.

use attune_schema::bot::{Class, Reason};

/// Monitors of availability and speed, which sites order themselves.
const MONITORS: &[&str] = &[
    "pingdom",
    "uptime",
    "statuscake",
    "newrelic",
    "new relic",
    "site24x7",
    "monitis",
    "gomez",
    "catchpoint",
    "ruxitsynthetic",
    "dynatrace",
    "datadog",
    "synthetic",
    "ptst/",
    "lighthouse",
    "gtmetrix",
    "pagespeed",
    "webpagetest",
    "nagios",
    "check_http",
    "zabbix",
    "icinga",
    "alertsite",
    "blackbox-exporter",
    "blackbox exporter",
    "hetrixtools",
    "freshping",
    "updown.io",
    "better stack",
    "betterstack",
    "checkly",
    "speedcurve",
    "calibre",
    "healthcheck",
    "health check",
    "kube-probe",
    "elb-health",
    "googlehc/",
    "monitor",
    "statuspage",
    "watchdog",
    "hyperping",
    "cronitor",
    "oh dear",
    "pulsetic",
    "montastic",
    "binarycanary",
    "websitepulse",
    "dotcom-monitor",
    "internetvista",
    "pagepulse",
    "uptrends",
    "rigor",
    "speedtest",
];

/// Browsers driven by a program.
const DRIVEN: &[&str] = &[
    "headless",
    "phantomjs",
    "puppeteer",
    "playwright",
    "selenium",
    "webdriver",
    "slimerjs",
    "casperjs",
    "cypress",
    "electron-fetch",
    "htmlunit",
    "splash",
    "prerender",
    "rendertron",
    "testcafe",
    "zombie.js",
    "jsdom",
    "browserless",
    "nightmare",
];

/// Words for what crawlers do, anywhere in the text.
const CRAWLERS: &[&str] = &[
    "crawl",
    "spider",
    "scrap",
    "slurp",
    "archiv",
    "indexer",
    "indexing",
    "mediapartners",
    "facebookexternalhit",
    "facebookcatalog",
    "meta-external",
    "embedly",
    "bingpreview",
    "google-",
    "googleother",
    "google web preview",
    "feedfetcher",
    "ia_archiver",
    "yahoo!",
    "yandex.com/bots",
    "baiduspider",
    "sogou",
    "duckduckgo-",
    "petalsearch",
    "bytespider",
    "semrush",
    "ahrefs",
    "majestic",
    "sistrix",
    "seokicks",
    "linkdex",
    "linkwalker",
    "linkcheck",
    "link check",
    "checklink",
    "link-check",
    "validator",
    "w3c_",
    "w3c-",
    "gptbot",
    "chatgpt-user",
    "oai-search",
    "claude",
    "anthropic",
    "perplexity",
    "cohere",
    "ccbot",
    "diffbot",
    "nutch",
    "heritrix",
    "httrack",
    "webcopier",
    "teleport",
    "offline explorer",
    "webzip",
    "larbin",
    "libwww",
    "ltx71",
    "masscan",
    "nmap",
    "nikto",
    "sqlmap",
    "zgrab",
    "nuclei",
    "nessus",
    "qualys",
    "censys",
    "shodan",
    "netcraft",
    "internet-measurement",
    "scanner",
    "scan/",
    "scanning",
    "recon",
    "probe",
    "harvest",
    "extractor",
    "collector",
    "gather",
    "grab",
    "sniff",
    "fetch",
    "analyzer",
    "analyser",
    "checker",
    "inspector",
    "-inspection",
    "verif",
    "survey",
    "research",
    "screenshot",
    "thumbnail",
    "thumbshot",
    "thumb",
    "preview",
    "unfurl",
    "link expan",
    "linkexpand",
    "feed",
    "rss",
    "podcast index",
    "aggregator",
    "newsblur",
    "feedly",
    "inoreader",
    "search engine",
    "searchengine",
    "search/",
    "seo",
    "adsbot",
    "bidswitch",
    "brandverity",
    "adbeat",
    "admantx",
    "proximic",
    "grapeshot",
    "peer39",
    "favicon",
    "sitemap",
    "plagiarism",
    "turnitin",
    "copyscape",
    "wordpress/",
    "wp.com",
    "jetpack by",
    "pinterest/",
    "discordapp",
    "telegram",
    "skypeuripreview",
    "slack-img",
    "http_client",
    "httpclient",
    "http-client",
    "http client",
    "webhook",
    "zapier",
    "ifttt",
    "wget",
    "daum/",
    "daumoa",
    "yeti/",
    "cocolyze",
    "barkrowler",
    "exabot",
    "sitebot",
    "findlinks",
    "panscient",
    "newspaper/",
    "trafilatura",
    " llm",
    "ai-agent",
    "aiagent",
    "agent/",
    "ai search",
    "reader",
    "monitoring",
    "agent",
    "-user/",
    "resolver",
    "watcher",
    "connector",
    "sucker",
    "openvas",
    "(java)",
    "hotjar",
    "siteimprove",
    "newsnow",
    "turingos",
    "parser",
    "discovery",
    "proxy",
    "cloud mapping",
    "pandalytics",
    "domain",
    "whois",
    "dnsbl",
    "certificate",
    "ssl",
    "threat",
    "malware",
];

/// Programs that speak HTTP: at the beginning of the text.
const LIBRARIES: &[&str] = &[
    "curl",
    "python",
    "java/",
    "java1",
    "go-http",
    "go http",
    "okhttp",
    "axios",
    "node",
    "undici",
    "got ",
    "got/",
    "got (",
    "guzzle",
    "php",
    "ruby",
    "perl",
    "lwp",
    "libcurl",
    "httpie",
    "aiohttp",
    "httpx",
    "postman",
    "insomnia",
    "apache",
    "jakarta",
    "reqwest",
    "hyper/",
    "rust",
    "dart",
    "faraday",
    "typhoeus",
    "mechanize",
    "winhttp",
    "microsoft url",
    "urllib",
    "http.rb",
    "unirest",
    "restsharp",
    "rest-client",
    "scrapy",
    "colly",
    "jersey",
    "spring",
    "vert.x",
    "netty",
    "akka",
    "asynchttp",
    "async-http",
    "ning/",
    "w3m",
    "pycurl",
    "pear",
    "snoopy",
    "superagent",
    "request/",
    "elixir",
    "erlang",
    "haskell",
    "deno",
    "bun/",
    "swift",
    "alamofire",
    "cpp-",
    "poco",
    "libhttp",
    "lua",
    "resty",
    "ahc/",
    "wininet",
    "powershell",
    "zend",
    "symfony",
    "drupal",
    "joomla",
    "magento",
    "typo3",
    "wordpress",
    "analytics-",
    "segment",
    "posthog-",
    "rudder",
    "snowplow",
    "matomo",
    "attune-",
];

/// What only a person's program says at the beginning.
const BROWSERS: &[&str] = &[
    "mozilla/",
    "opera/",
    "blackberry",
    "nokia",
    "samsung",
    "sonyericsson",
    "lg-",
    "lg/",
    "mot-",
    "docomo",
    "kddi",
    "softbank",
    "vodafone",
    "ucweb",
    "ucbrowser",
    "dalvik",
    "dolfin",
    "links ",
    "lynx/",
    "elinks",
];

/// What only an app on somebody's device says.
const DEVICES: &[&str] = &[
    "cfnetwork",
    "darwin",
    "android",
    "iphone",
    "ipad",
    "ios ",
    "ios/",
    "windows nt",
    "mac os x",
    "macos",
    "watchos",
    "tvos",
    "midp",
    "symbian",
    "tizen",
    "webos",
    "roku",
];

/// Called like a robot and none: a brand of phones, and people's programs.
const PEOPLE: &[&str] = &[
    "cubot",
    "feedback",
    "search bar",
    "domain reliability",
    "securitypatch",
    "user-agent",
    "user agent string",
    "wap proxy",
];

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
    LIBRARIES.iter().any(|name| begins(name))
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
