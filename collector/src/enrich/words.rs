//! Words in user agents that tell people and programs apart, in lower case; see [`bot`](super::bot).

/// Monitors of availability and speed, which sites order themselves.
#[rustfmt::skip]
pub(super) const MONITORS: &[&str] = &[
    "pingdom", "uptime", "statuscake", "newrelic", "new relic", "site24x7", "monitis", "gomez",
    "catchpoint", "ruxitsynthetic", "dynatrace", "datadog", "synthetic", "ptst/", "lighthouse", "gtmetrix",
    "pagespeed", "webpagetest", "nagios", "check_http", "zabbix", "icinga", "alertsite",
    "blackbox-exporter", "blackbox exporter", "hetrixtools", "freshping", "updown.io", "better stack",
    "betterstack", "checkly", "speedcurve", "calibre", "healthcheck", "health check", "kube-probe",
    "elb-health", "googlehc/", "monitor", "statuspage", "watchdog", "hyperping", "cronitor", "oh dear",
    "pulsetic", "montastic", "binarycanary", "websitepulse", "dotcom-monitor", "internetvista", "pagepulse",
    "uptrends", "rigor", "speedtest",
];

/// Browsers driven by a program.
#[rustfmt::skip]
pub(super) const DRIVEN: &[&str] = &[
    "headless", "phantomjs", "puppeteer", "playwright", "selenium", "webdriver", "slimerjs", "casperjs",
    "cypress", "electron-fetch", "htmlunit", "splash", "prerender", "rendertron", "testcafe", "zombie.js",
    "jsdom", "browserless", "nightmare",
];

/// Words for what crawlers do, anywhere in the text.
#[rustfmt::skip]
pub(super) const CRAWLERS: &[&str] = &[
    "crawl", "spider", "scrap", "slurp", "archiv", "indexer", "indexing", "mediapartners",
    "facebookexternalhit", "facebookcatalog", "meta-external", "embedly", "bingpreview", "google-",
    "googleother", "google web preview", "feedfetcher", "ia_archiver", "yahoo!", "yandex.com/bots",
    "baiduspider", "sogou", "duckduckgo-", "petalsearch", "bytespider", "semrush", "ahrefs", "majestic",
    "sistrix", "seokicks", "linkdex", "linkwalker", "linkcheck", "link check", "checklink", "link-check",
    "validator", "w3c_", "w3c-", "gptbot", "chatgpt-user", "oai-search", "claude", "anthropic",
    "perplexity", "cohere", "ccbot", "diffbot", "nutch", "heritrix", "httrack", "webcopier", "teleport",
    "offline explorer", "webzip", "larbin", "libwww", "ltx71", "masscan", "nmap", "nikto", "sqlmap",
    "zgrab", "nuclei", "nessus", "qualys", "censys", "shodan", "netcraft", "internet-measurement",
    "scanner", "scan/", "scanning", "recon", "probe", "harvest", "extractor", "collector", "gather", "grab",
    "sniff", "fetch", "analyzer", "analyser", "checker", "inspector", "-inspection", "verif", "survey",
    "research", "screenshot", "thumbnail", "thumbshot", "thumb", "preview", "unfurl", "link expan",
    "linkexpand", "feed", "rss", "podcast index", "aggregator", "newsblur", "feedly", "inoreader",
    "search engine", "searchengine", "search/", "seo", "adsbot", "bidswitch", "brandverity", "adbeat",
    "admantx", "proximic", "grapeshot", "peer39", "favicon", "sitemap", "plagiarism", "turnitin",
    "copyscape", "wordpress/", "wp.com", "jetpack by", "pinterest/", "discordapp", "telegram",
    "skypeuripreview", "slack-img", "http_client", "httpclient", "http-client", "http client", "webhook",
    "zapier", "ifttt", "wget", "daum/", "daumoa", "yeti/", "cocolyze", "barkrowler", "exabot", "sitebot",
    "findlinks", "panscient", "newspaper/", "trafilatura", " llm", "ai-agent", "aiagent", "agent/",
    "ai search", "reader", "monitoring", "agent", "-user/", "resolver", "watcher", "connector", "sucker",
    "openvas", "(java)", "hotjar", "siteimprove", "newsnow", "turingos", "parser", "discovery", "proxy",
    "cloud mapping", "pandalytics", "domain", "whois", "dnsbl", "certificate", "ssl", "threat", "malware",
];

/// Programs that speak HTTP: at the beginning of the text.
#[rustfmt::skip]
pub(super) const LIBRARIES: &[&str] = &[
    "curl", "python", "java/", "java1", "go-http", "go http", "okhttp", "axios", "node", "undici", "got ",
    "got/", "got (", "guzzle", "php", "ruby", "perl", "lwp", "libcurl", "httpie", "aiohttp", "httpx",
    "postman", "insomnia", "apache", "jakarta", "reqwest", "hyper/", "rust", "dart", "faraday", "typhoeus",
    "mechanize", "winhttp", "microsoft url", "urllib", "http.rb", "unirest", "restsharp", "rest-client",
    "scrapy", "colly", "jersey", "spring", "vert.x", "netty", "akka", "asynchttp", "async-http", "ning/",
    "w3m", "pycurl", "pear", "snoopy", "superagent", "request/", "elixir", "erlang", "haskell", "deno",
    "bun/", "swift", "alamofire", "cpp-", "poco", "libhttp", "lua", "resty", "ahc/", "wininet",
    "powershell", "zend", "symfony", "drupal", "joomla", "magento", "typo3", "wordpress", "analytics-",
    "segment", "posthog-", "rudder", "snowplow", "matomo", "attune-",
];

/// What only a person's program says at the beginning.
#[rustfmt::skip]
pub(super) const BROWSERS: &[&str] = &[
    "mozilla/", "opera/", "blackberry", "nokia", "samsung", "sonyericsson", "lg-", "lg/", "mot-", "docomo",
    "kddi", "softbank", "vodafone", "ucweb", "ucbrowser", "dalvik", "dolfin", "links ", "lynx/", "elinks",
];

/// What only an app on somebody's device says.
#[rustfmt::skip]
pub(super) const DEVICES: &[&str] = &[
    "cfnetwork", "darwin", "android", "iphone", "ipad", "ios ", "ios/", "windows nt", "mac os x", "macos",
    "watchos", "tvos", "midp", "symbian", "tizen", "webos", "roku",
];

/// Called like a robot and none: a brand of phones, and people's programs.
#[rustfmt::skip]
pub(super) const PEOPLE: &[&str] = &[
    "cubot", "feedback", "search bar", "domain reliability", "securitypatch", "user-agent",
    "user agent string", "wap proxy",
];
