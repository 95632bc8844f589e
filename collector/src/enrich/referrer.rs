//! Where a visit came from: medium, source and search term, by the address of the page before.
//!
//! The list is ours, and short: names of services, each with the host names it has everywhere (`google.*`), or as
//! beginnings and ends. What it does not know is a `referral`.

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

use Medium::{Chatbot, Email, Paid, Search, Social};

/// Medium, name, hosts. `x.*` is the name under every public suffix, `*x` any host that ends so, `x` itself and
/// everything below it; a path may follow. The first that fits counts, so what is below comes before what it is below of.
const SERVICES: &[(Medium, &str, &[&str])] = &[
    // Assistants first: some live below search engines.
    (Chatbot, "ChatGPT", &["chatgpt.com", "chat.openai.com", "openai.com"]),
    (Chatbot, "Claude", &["claude.ai", "claude.com"]),
    (Chatbot, "Perplexity", &["perplexity.ai", "perplexity.com", "pplx.ai"]),
    (
        Chatbot,
        "Google Gemini",
        &["gemini.google.com", "bard.google.com", "aistudio.google.com", "notebooklm.google.com"],
    ),
    (
        Chatbot,
        "Microsoft Copilot",
        &[
            "copilot.microsoft.com",
            "copilot.cloud.microsoft",
            "copilot.com",
            "m365.cloud.microsoft",
            "bing.com/chat",
            "edgeservices.bing.com",
        ],
    ),
    (Chatbot, "GitHub Copilot", &["copilot.github.com", "github.com/copilot"]),
    (Chatbot, "META.ai", &["meta.ai", "ai.meta.com"]),
    (Chatbot, "Mistral.ai", &["chat.mistral.ai", "mistral.ai"]),
    (Chatbot, "Grok", &["grok.com", "grok.x.ai", "x.ai", "x.com/i/grok"]),
    (Chatbot, "DeepSeek", &["deepseek.com"]),
    (Chatbot, "Character.AI", &["character.ai", "c.ai"]),
    (Chatbot, "Poe", &["poe.com"]),
    (Chatbot, "You.com", &["you.com"]),
    (Chatbot, "Pi", &["pi.ai", "heypi.com"]),
    (Chatbot, "Phind", &["phind.com"]),
    (Chatbot, "HuggingChat", &["huggingface.co/chat", "hf.co/chat"]),
    (Chatbot, "Qwen", &["qwen.ai", "qwenlm.ai", "tongyi.aliyun.com", "tongyi.com"]),
    (Chatbot, "Kimi", &["kimi.ai", "kimi.com", "kimi.moonshot.cn"]),
    (Chatbot, "Doubao", &["doubao.com", "cici.com", "ciciai.com"]),
    (Chatbot, "ERNIE Bot", &["yiyan.baidu.com", "chat.baidu.com"]),
    (Chatbot, "ChatGLM", &["chatglm.cn", "z.ai"]),
    (Chatbot, "Tencent Yuanbao", &["yuanbao.tencent.com"]),
    (Chatbot, "MiniMax", &["minimax.io", "hailuoai.com", "hailuo.ai"]),
    (Chatbot, "GigaChat", &["giga.chat", "gigachat.ru"]),
    (Chatbot, "Alice", &["alice.yandex.ru", "ya.ru/alisa_davay_pridumaem"]),
    (Chatbot, "Duck.ai", &["duck.ai"]),
    (Chatbot, "Lumo", &["lumo.proton.me"]),
    (Chatbot, "Jasper", &["jasper.ai"]),
    (Chatbot, "Andi", &["andisearch.com"]),
    (Chatbot, "iAsk", &["iask.ai", "iask.com"]),
    (Chatbot, "Felo", &["felo.ai"]),
    (Chatbot, "Genspark", &["genspark.ai"]),
    (Chatbot, "Liner", &["liner.com", "getliner.com"]),
    (Chatbot, "Wrtn", &["wrtn.ai", "wrtn.io"]),
    (Chatbot, "CLOVA X", &["clova-x.naver.com"]),
    (Chatbot, "Replika", &["replika.ai", "replika.com"]),
    (Chatbot, "Writesonic", &["chatsonic.com", "writesonic.com"]),
    (Chatbot, "NeevaAI", &["neeva.com", "neeva.co"]),
    (Chatbot, "Manus", &["manus.im"]),
    (Chatbot, "OpenRouter", &["openrouter.ai"]),
    (Chatbot, "Blackbox AI", &["blackbox.ai"]),
    (Chatbot, "Monica", &["monica.im"]),
    (Chatbot, "Sider", &["sider.ai"]),
    (Chatbot, "Komo", &["komo.ai"]),
    (Chatbot, "Consensus", &["consensus.app"]),
    (Chatbot, "Elicit", &["elicit.com", "elicit.org"]),
    (Chatbot, "Amazon Nova", &["nova.amazon.com", "rufus.amazon.com"]),
    // Mailboxes.
    (
        Email,
        "Gmail",
        &[
            "mail.google.com",
            "inbox.google.com",
            "gmail.com",
            "googlemail.com",
            "mail.googleusercontent.com",
            "android-app//com.google.android.gm",
        ],
    ),
    (
        Email,
        "Outlook.com",
        &[
            "mail.live.com",
            "outlook.live.com",
            "outlook.office.com",
            "outlook.office365.com",
            "outlook.com",
            "hotmail.*",
            "outlook.cloud.microsoft",
            "safelinks.protection.outlook.com",
            "statics.teams.cdn.office.net",
        ],
    ),
    (
        Email,
        "Yahoo! Mail",
        &[
            "mail.yahoo.net",
            "mail.yahoo.com",
            "mail.yahoo.co.uk",
            "mail.yahoo.co.jp",
            "mail.yahoo.*",
            "ymail.com",
        ],
    ),
    (
        Email,
        "GMX",
        &[
            "deref-gmx.*",
            "gmx.*/mail",
            "navigator.gmx.*",
            "navigator-bs.gmx.*",
            "lightmailer*gmx.*",
            "mail.gmx.*",
            "3c*gmx.*",
            "bap.navigator.gmx.*",
            "mm.gmx.*",
            "email.gmx.*",
        ],
    ),
    (Email, "Mail.com", &["deref-mail.com", "mail.com"]),
    (
        Email,
        "Web.de",
        &[
            "deref-web.de",
            "deref-web-02.de",
            "deref-web-*",
            "web.de/mail",
            "navigator.web.de",
            "lightmailer*web.de",
            "3c*web.de",
            "mail.web.de",
            "freemail.web.de",
            "bap.navigator.web.de",
            "email.web.de",
        ],
    ),
    (
        Email,
        "1und1",
        &[
            "deref-1und1*",
            "mail.1und1.de",
            "webmail.1und1.de",
            "email.1und1.de",
            "webmailer.1und1.de",
            "mailbusiness.1und1.de",
            "communicator.1und1.de",
            "webmail.1and1.*",
            "email.1and1.*",
            "mailbusiness.1and1.*",
            "deref-1and1*",
        ],
    ),
    (
        Email,
        "Ionos",
        &[
            "email.ionos.*",
            "mailbusiness.ionos.*",
            "mail.ionos.*",
            "webmail.ionos.*",
            "deref-ionos*",
            "exchange.ionos.*",
            "ox.ionos.*",
        ],
    ),
    (
        Email,
        "Strato",
        &["webmail.strato.*", "communicator.strato.*", "communicator.strato.com", "mail.strato.*"],
    ),
    (
        Email,
        "Bluewin",
        &[
            "email.bluewin.ch",
            "rich*bluewin.ch",
            "webmail.bluewin.ch",
            "mail.bluewin.ch",
            "bluewin.ch/mail",
            "basic*bluewin.ch",
            "mobile*bluewin.ch",
            "xmail*bluewin.ch",
        ],
    ),
    (
        Email,
        "Orange Webmail",
        &[
            "webmail*orange.*",
            "mail*orange.*",
            "messagerie*orange.*",
            "messageriepro*orange.*",
            "email.orange.*",
            "wmail*orange.*",
            "webmail.wanadoo.*",
        ],
    ),
    (
        Email,
        "T-online",
        &["email.t-online.de", "*mail.t-online.de", "mail.t-online.de", "navigator.t-online.de"],
    ),
    (
        Email,
        "Vodafone",
        &["mail.vodafone.*", "webmail.vodafone.*", "email.vodafone.*", "mail.arcor.de", "webmail.arcor.de"],
    ),
    (Email, "Freenet", &["email.freenet.de", "webmail.freenet.de", "mail.freenet.de"]),
    (Email, "SFR", &["webmail.sfr.fr", "messagerie.sfr.fr", "mail.sfr.fr", "messagerie*sfr.fr"]),
    (Email, "Free", &["webmail.free.fr", "zimbra.free.fr", "imp.free.fr"]),
    (Email, "La Poste", &["webmail.laposte.net", "laposte.net"]),
    (Email, "Bouygues", &["mail.bbox.fr", "webmail.bbox.fr", "bbox.fr/mail"]),
    (
        Email,
        "Libero",
        &["mail.libero.it", "webmail.libero.it", "mail1.libero.it", "mail*libero.it", "posta.libero.it"],
    ),
    (Email, "Virgilio", &["mail.virgilio.it", "mail*virgilio.it", "webmail.virgilio.it"]),
    (Email, "Aruba", &["webmail.aruba.it", "webmail*aruba.it", "webmail.pec.it"]),
    (Email, "Tiscali", &["mail.tiscali.it", "webmail.tiscali.it"]),
    (Email, "Poczta o2", &["poczta.o2.pl", "poczta.wp.pl", "poczta.onet.pl", "poczta.interia.pl"]),
    (Email, "Seznam Mail", &["email.seznam.cz"]),
    (
        Email,
        "Mail.ru",
        &[
            "e.mail.ru",
            "mail.mail.ru",
            "octavius.mail.ru",
            "touch.mail.ru",
            "m.mail.ru",
            "win.mail.ru",
            "light.mail.ru",
        ],
    ),
    (Email, "Yandex Mail", &["mail.yandex.*", "mail.ya.ru"]),
    (Email, "Rambler Mail", &["mail.rambler.ru"]),
    (Email, "AOL Mail", &["mail.aol.*", "mail.aol.co.uk", "webmail.aol.*"]),
    (Email, "Comcast", &["mail.comcast.net", "connect.xfinity.com", "webmail.comcast.net"]),
    (Email, "Cox", &["webmail.cox.net", "myemail.cox.net"]),
    (Email, "Optus Zoo", &["webmail.optuszoo.com.au", "webmail.optusnet.com.au"]),
    (Email, "Bigpond", &["webmail.bigpond.com", "mail.telstra.com", "webmail.telstra.com"]),
    (Email, "BT", &["mail.bt.com", "email.bt.com", "webmail.btinternet.com"]),
    (Email, "Virgin Media", &["mail.virginmedia.com", "mail2.virginmedia.com", "webmail.virginmedia.com"]),
    (Email, "TalkTalk", &["mail.talktalk.co.uk", "webmail.talktalk.co.uk"]),
    (Email, "Proton Mail", &["mail.proton.me", "mail.protonmail.com", "protonmail.com"]),
    (Email, "iCloud Mail", &["icloud.com/mail", "mail.icloud.com"]),
    (Email, "Zoho Mail", &["mail.zoho.*"]),
    (Email, "Fastmail", &["fastmail.com", "fastmail.fm"]),
    (Email, "Tutanota", &["mail.tutanota.com", "app.tuta.com"]),
    (Email, "Posteo", &["posteo.de"]),
    (Email, "Mailbox.org", &["mailbox.org"]),
    (Email, "Naver Mail", &["mail.naver.com", "m.mail.naver.com"]),
    (Email, "Daum Mail", &["mail.daum.net", "mail2.daum.net", "hanmail.net", "mail.kakao.com"]),
    (Email, "QQ Mail", &["mail.qq.com", "exmail.qq.com", "wx.mail.qq.com"]),
    (Email, "126 Mail", &["mail.126.com"]),
    (Email, "163 Mail", &["mail.163.com", "mail.yeah.net"]),
    (Email, "Sina Mail", &["mail.sina.com.cn", "mail.sina.cn", "mail.sina.com"]),
    (Email, "UOL", &["email.uol.com.br", "mail.uol.com.br"]),
    (Email, "Terra", &["mail.terra.com.br", "webmail.terra.com.br"]),
    (Email, "BOL", &["email.bol.uol.com.br"]),
    (Email, "Rediffmail", &["mail.rediff.com", "f5mail.rediff.com"]),
    (Email, "Beeline", &["post.ru"]),
    (Email, "Ukr.net", &["mail.ukr.net"]),
    (Email, "Roundcube", &["roundcube.*"]),
    // Advertising.
    (
        Paid,
        "Google",
        &[
            "googleadservices.com",
            "doubleclick.net",
            "googlesyndication.com",
            "syndicatedsearch.goog",
            "adservice.google.*",
        ],
    ),
    (Paid, "Bing", &["bat.bing.com", "adcenter.microsoft.com"]),
    (Paid, "Outbrain", &["outbrain.com", "paid.outbrain.com"]),
    (Paid, "Taboola", &["taboola.com", "taboolanews.com"]),
    (Paid, "Criteo", &["criteo.com", "criteo.net"]),
    (Paid, "Teads", &["teads.tv"]),
    (Paid, "LowerMyBills", &["lowermybills.com"]),
    (Paid, "AdRoll", &["adroll.com"]),
    (Paid, "RevContent", &["revcontent.com"]),
    (Paid, "Yandex Direct", &["yabs.yandex.ru", "direct.yandex.ru"]),
    (Paid, "Acuity Ads", &["acuityplatform.com"]),
    (Paid, "Adform", &["adform.com", "adform.net"]),
    (Paid, "Adspirit", &["adspirit.de", "adspirit.net", "adspirit.com"]),
    (Paid, "Plista", &["plista.com"]),
    (Paid, "Price.ru", &["price.ru"]),
    (Paid, "Mixpo", &["mixpo.com"]),
    (Paid, "Tribal Fusion", &["tribalfusion.com"]),
    (Paid, "Zedo", &["zedo.com"]),
    // Social networks.
    (
        Social,
        "Facebook",
        &[
            "facebook.com",
            "fb.com",
            "fb.me",
            "fb.watch",
            "m.me",
            "messenger.com",
            "facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion",
        ],
    ),
    (Social, "Instagram", &["instagram.com", "ig.me", "instagr.am"]),
    (Social, "Threads", &["threads.net", "threads.com"]),
    (Social, "Workplace", &["workplace.com"]),
    (Social, "Twitter", &["t.co", "twitter.com", "x.com", "nitter.net"]),
    (Social, "Bluesky", &["bsky.app", "bsky.social"]),
    (Social, "LinkedIn", &["linkedin.com", "lnkd.in"]),
    (Social, "Reddit", &["reddit.com", "redd.it"]),
    (Social, "Pinterest", &["pinterest.*", "pin.it"]),
    (Social, "TikTok", &["tiktok.com", "douyin.com"]),
    (Social, "YouTube", &["youtube.com", "youtu.be", "youtube-nocookie.com"]),
    (Social, "Vimeo", &["vimeo.com"]),
    (Social, "Twitch", &["twitch.tv"]),
    (Social, "Snapchat", &["snapchat.com"]),
    (Social, "WhatsApp", &["whatsapp.com", "wa.me"]),
    (Social, "Telegram", &["t.me", "telegram.org", "telegram.me", "web.telegram.org"]),
    (Social, "Discord", &["discord.com", "discordapp.com", "discord.gg"]),
    (Social, "Slack", &["slack.com", "slack-redir.net"]),
    (Social, "Viber", &["viber.com"]),
    (Social, "Line", &["line.me", "lin.ee"]),
    (
        Social,
        "Mastodon",
        &[
            "mastodon.social",
            "mastodon.online",
            "mstdn.social",
            "mas.to",
            "joinmastodon.org",
            "mastodon.*",
            "hachyderm.io",
            "fosstodon.org",
        ],
    ),
    (Social, "Odnoklassniki", &["odnoklassniki.ru", "ok.ru"]),
    (Social, "Vkontakte", &["vk.com", "vkontakte.ru", "vk.ru", "vk.me"]),
    (Social, "Mail.ru", &["my.mail.ru", "otvet.mail.ru"]),
    (Social, "Weibo", &["weibo.com", "weibo.cn", "t.cn"]),
    (Social, "WeChat", &["weixin.qq.com", "wechat.com"]),
    (Social, "Qzone", &["qzone.qq.com"]),
    (Social, "Zhihu", &["zhihu.com"]),
    (Social, "Douban", &["douban.com"]),
    (Social, "Renren", &["renren.com"]),
    (Social, "Xiaohongshu", &["xiaohongshu.com", "xhslink.com", "rednote.com"]),
    (Social, "KakaoTalk", &["story.kakao.com", "pf.kakao.com", "kakaocorp.com", "talk.kakao.com"]),
    (
        Social,
        "Naver Blog",
        &["blog.naver.com", "m.blog.naver.com", "cafe.naver.com", "m.cafe.naver.com", "band.us"],
    ),
    (Social, "Tumblr", &["tumblr.com", "tmblr.co"]),
    (Social, "Flickr", &["flickr.com"]),
    (Social, "Quora", &["quora.com"]),
    (
        Social,
        "Stack Overflow",
        &["stackoverflow.com", "stackexchange.com", "serverfault.com", "superuser.com", "askubuntu.com"],
    ),
    (Social, "GitHub", &["github.com"]),
    (Social, "Hacker News", &["news.ycombinator.com"]),
    (Social, "Lobsters", &["lobste.rs"]),
    (Social, "Product Hunt", &["producthunt.com"]),
    (Social, "Medium", &["medium.com"]),
    (Social, "Substack", &["substack.com"]),
    (Social, "Blogger", &["blogger.com", "*blogspot.com", "blogspot.com"]),
    (Social, "Livejournal", &["livejournal.com", "livejournal.ru"]),
    (Social, "Xing", &["xing.com"]),
    (Social, "Viadeo", &["viadeo.com"]),
    (Social, "Nextdoor", &["nextdoor.com", "nextdoor.co.uk"]),
    (Social, "Meetup", &["meetup.com"]),
    (Social, "Foursquare", &["foursquare.com", "swarmapp.com"]),
    (Social, "Goodreads", &["goodreads.com"]),
    (Social, "DeviantArt", &["deviantart.com"]),
    (Social, "Myspace", &["myspace.com"]),
    (Social, "Delicious", &["delicious.com", "del.icio.us"]),
    (Social, "StumbleUpon", &["stumbleupon.com"]),
    (Social, "Digg", &["digg.com"]),
    (Social, "Slashdot", &["slashdot.org"]),
    (Social, "Pocket", &["getpocket.com"]),
    (Social, "Flipboard", &["flipboard.com", "flip.it"]),
    (Social, "Disqus", &["disqus.com", "redirect.disqus.com", "disq.us"]),
    (Social, "Google+", &["plus.google.com", "plus.url.google.com", "url.google.com"]),
    (Social, "Orkut", &["orkut.com"]),
    (Social, "Badoo", &["badoo.com"]),
    (Social, "Hi5", &["hi5.com"]),
    (Social, "Tagged", &["login.tagged.com", "tagged.com"]),
    (Social, "Tuenti", &["tuenti.com"]),
    (Social, "Nasza Klasa", &["nk.pl"]),
    (Social, "Wykop", &["wykop.pl"]),
    (Social, "Hyves", &["hyves.nl"]),
    (Social, "Gutefrage", &["gutefrage.net"]),
    (Social, "StudiVZ", &["studivz.net"]),
    (Social, "Skyrock", &["skyrock.com"]),
    (Social, "Mixi", &["mixi.jp"]),
    (Social, "Ameblo", &["ameblo.jp"]),
    (Social, "Hatena", &["b.hatena.ne.jp", "hatena.ne.jp", "hatenablog.com"]),
    (Social, "Taringa!", &["taringa.net"]),
    (Social, "Cyworld", &["cyworld.com"]),
    (Social, "Ask.fm", &["ask.fm"]),
    (Social, "Plurk", &["plurk.com"]),
    (Social, "SourceForge", &["sourceforge.net"]),
    (Social, "Haboo", &["habbo.com"]),
    (Social, "WordPress", &["wordpress.com"]),
    (Social, "Scoop.it", &["scoop.it"]),
    (Social, "Yammer", &["yammer.com"]),
    (Social, "Microsoft Teams", &["teams.microsoft.com", "teams.live.com"]),
    (Social, "Truth Social", &["truthsocial.com"]),
    (Social, "Gab", &["gab.com"]),
    (Social, "Lemmy", &["lemmy.world", "lemmy.ml"]),
    (Social, "Kick", &["kick.com"]),
    (Social, "Bilibili", &["bilibili.com", "b23.tv"]),
    (Social, "Niconico", &["nicovideo.jp", "nico.ms"]),
    (Social, "Dailymotion", &["dailymotion.com"]),
    (Social, "SlideShare", &["slideshare.net"]),
    (Social, "Linktree", &["linktr.ee"]),
    // Search engines; their other services come before them.
    (Search, "Google Images", &["images.google.*", "google.*/imgres", "google.*/imghp"]),
    (Search, "Google News Search", &["news.google.*"]),
    (Search, "Google Video", &["video.google.*"]),
    (Search, "Google Blogsearch", &["blogsearch.google.*"]),
    (Search, "Google Product Search", &["google.*/products"]),
    (
        Search,
        "Google",
        &[
            "google.*",
            "googleusercontent.com",
            "webcache.googleusercontent.com",
            "android-app//com.google.android.googlequicksearchbox",
            "com.google",
            "encrypted.google.com",
        ],
    ),
    (Search, "Bing Images", &["bing.com/images"]),
    (Search, "Bing", &["bing.com", "bing.*", "msn.com/results", "search.msn.*", "cc.bingj.com"]),
    (Search, "Live.com", &["search.live.com", "live.com"]),
    (
        Search,
        "Yahoo! Images",
        &["image.search.yahoo.*", "images.search.yahoo.*", "image.yahoo.*", "images.yahoo.*"],
    ),
    (Search, "Yahoo! Japan", &["search.yahoo.co.jp", "yahoo.co.jp"]),
    (Search, "Yahoo!", &["search.yahoo.*", "yahoo.*", "r.search.yahoo.com"]),
    (Search, "DuckDuckGo", &["duckduckgo.com", "ddg.gg", "duck.com"]),
    (Search, "Brave", &["search.brave.com", "brave.com"]),
    (Search, "Ecosia", &["ecosia.org"]),
    (Search, "Qwant", &["qwant.com"]),
    (Search, "Startpage", &["startpage.com", "startpage.*", "startingpage.com"]),
    (Search, "IXquick", &["ixquick.com", "ixquick.*"]),
    (Search, "Kagi", &["kagi.com"]),
    (Search, "Mojeek", &["mojeek.com", "mojeek.*"]),
    (Search, "Swisscows", &["swisscows.com", "swisscows.ch"]),
    (Search, "MetaGer", &["metager.de", "metager.org", "meta.rrzn.uni-hannover.de"]),
    (Search, "Presearch", &["presearch.com", "presearch.org"]),
    (Search, "SearXNG", &["searx.be", "searx.me", "searxng.*", "searx.*"]),
    (Search, "Yandex Images", &["images.yandex.*", "yandex.*/images"]),
    (Search, "Yandex", &["yandex.*", "yandsearch.*", "ya.ru", "yandex.com.tr"]),
    (Search, "Mail.ru", &["go.mail.ru", "nova.rambler.ru/mail", "search.mail.ru"]),
    (Search, "Rambler", &["nova.rambler.ru", "rambler.ru", "r0.ru"]),
    (Search, "Sputnik", &["sputnik.ru"]),
    (Search, "Baidu", &["baidu.com", "baidu.*"]),
    (Search, "Sogou", &["sogou.com", "soso.com"]),
    (Search, "360 Search", &["so.com", "360.cn", "haosou.com", "so.360.cn"]),
    (Search, "Shenma", &["sm.cn"]),
    (Search, "Youdao", &["youdao.com"]),
    (Search, "Toutiao", &["so.toutiao.com"]),
    (Search, "Naver Images", &["image.search.naver.com", "imagesearch.naver.com"]),
    (Search, "Naver", &["search.naver.com", "naver.com", "m.search.naver.com"]),
    (Search, "Daum", &["search.daum.net", "daum.net"]),
    (Search, "Nate", &["search.nate.com", "nate.com"]),
    (Search, "Zum", &["zum.com", "search.zum.com"]),
    (Search, "Seznam", &["seznam.cz", "search.seznam.cz"]),
    (Search, "Seznam Images", &["obrazky.seznam.cz"]),
    (Search, "Centrum", &["centrum.cz", "search.centrum.cz", "morfeo.centrum.cz"]),
    (Search, "Onet.pl", &["szukaj.onet.pl"]),
    (Search, "Virtualna Polska", &["szukaj.wp.pl", "wp.pl"]),
    (Search, "Szukacz", &["szukacz.pl"]),
    (Search, "Netsprint", &["netsprint.pl"]),
    (Search, "Gooru.pl", &["gooru.pl"]),
    (Search, "Coc Coc", &["coccoc.com"]),
    (Search, "Zing", &["timkiem.zing.vn"]),
    (Search, "goo", &["search.goo.ne.jp", "goo.ne.jp", "ocnsearch.goo.ne.jp"]),
    (Search, "Excite", &["excite.co.jp", "excite.com", "search.excite.*", "excite.*"]),
    (Search, "Biglobe", &["cgi.search.biglobe.ne.jp", "search.biglobe.ne.jp"]),
    (Search, "Nifty", &["search.nifty.com", "nifty.com"]),
    (Search, "So-net", &["so-net.ne.jp", "search.so-net.ne.jp"]),
    (Search, "Infoseek", &["infoseek.co.jp", "search.www.infoseek.co.jp", "websearch.rakuten.co.jp"]),
    (Search, "Fresheye", &["fresheye.com", "search.fresheye.com"]),
    (
        Search,
        "AOL",
        &[
            "aolsearch.*",
            "*aol.com",
            "aol.com",
            "aol.*",
            "search.aol.*",
            "aolsearch.aol.co.uk",
            "suche.aol.de",
        ],
    ),
    (Search, "Ask Toolbar", &["search.tb.ask.com", "tb.ask.com"]),
    (Search, "Ask", &["ask.com", "ask.*", "search-results.com", "iwon.ask.com", "askkids.com", "ask.co.uk"]),
    (Search, "MyWebSearch", &["mywebsearch.com", "mysearch.com", "myway.com", "search.mywebsearch.com"]),
    (Search, "Babylon", &["babylon.com", "search.babylon.com", "searchassist.babylon.com"]),
    (Search, "Dalesearch", &["dalesearch.com"]),
    (Search, "Conduit", &["search.conduit.com", "conduit.com"]),
    (Search, "Delta Search", &["delta-search.com", "www1.delta-search.com"]),
    (Search, "Sweetim", &["search.sweetim.com", "sweetim.com"]),
    (Search, "Incredimail", &["incredimail.com", "mystart.incredimail.com", "search.incredimail.com"]),
    (Search, "Snapdo", &["search.snapdo.com", "snapdo.com", "snap.do"]),
    (Search, "Iminent", &["start.iminent.com", "search.iminent.com", "iminent.com"]),
    (Search, "Claro Search", &["claro-search.com", "isearch.claro-search.com"]),
    (Search, "AVG", &["isearch.avg.com", "search.avg.com", "mysearch.avg.com"]),
    (Search, "Avira", &["avira.com", "search.avira.com", "safesearch.avira.com"]),
    (Search, "Norton", &["nortonsafe.search.ask.com", "search.norton.com"]),
    (Search, "Avast", &["search.avast.com"]),
    (Search, "Funmoods", &["searchfunmoods.com", "start.funmoods.com"]),
    (Search, "Searchnu", &["searchnu.com"]),
    (Search, "Search-Results", &["search.results.com"]),
    (Search, "Mamma", &["mamma.com"]),
    (Search, "Dogpile", &["dogpile.com"]),
    (Search, "WebCrawler", &["webcrawler.com"]),
    (Search, "Metacrawler", &["metacrawler.com", "metacrawler.de"]),
    (Search, "InfoSpace", &["infospace.com", "search.infospace.com"]),
    (Search, "Info.com", &["info.com"]),
    (Search, "Lycos", &["lycos.com", "search.lycos.*", "lycos.*"]),
    (Search, "Altavista", &["altavista.com", "altavista.*", "search.altavista.com"]),
    (Search, "Alltheweb", &["alltheweb.com"]),
    (Search, "HotBot", &["hotbot.com"]),
    (Search, "Looksmart", &["looksmart.com"]),
    (Search, "Gigablast", &["gigablast.com"]),
    (Search, "Netscape", &["search.netscape.com", "netscape.com"]),
    (Search, "Comcast", &["search.comcast.net", "comcast.net", "search.xfinity.com"]),
    (Search, "Charter", &["charter.net", "search.charter.net"]),
    (Search, "Earthlink", &["search.earthlink.net", "earthlink.net"]),
    (Search, "Verizon", &["search.verizon.com", "verizon.com"]),
    (Search, "Cox", &["search.cox.net"]),
    (Search, "AT&T", &["search.att.net", "start.att.net"]),
    (Search, "Windstream", &["search.windstream.net", "windstream.net"]),
    (Search, "Peoplepc", &["search.peoplepc.com", "peoplepc.com"]),
    (Search, "Juno", &["search.juno.com", "juno.com", "netzero.net", "search.netzero.net"]),
    (Search, "T-Online", &["suche.t-online.de", "t-online.de"]),
    (Search, "Web.de", &["suche.web.de", "web.de"]),
    (Search, "GMX", &["suche.gmx.*", "search.gmx.*"]),
    (Search, "1und1", &["suche.1und1.de", "search.1und1.de", "search.1und1.*"]),
    (Search, "Freenet", &["suche.freenet.de", "freenet.de"]),
    (Search, "Arcor", &["suche.arcor.de", "arcor.de"]),
    (Search, "Fireball", &["fireball.de"]),
    (Search, "Bluewin", &["search.bluewin.ch", "bluewin.ch"]),
    (Search, "Search.ch", &["search.ch"]),
    (
        Search,
        "Orange",
        &[
            "search.orange.co.uk",
            "lemoteur.orange.fr",
            "lemoteur.fr",
            "orange.fr",
            "rws.orange.es",
            "rechercher.orange.fr",
        ],
    ),
    (Search, "Free", &["search.free.fr", "recherche.free.fr"]),
    (Search, "SFR", &["recherche.sfr.fr"]),
    (Search, "Voila", &["voila.fr", "search.ke.voila.fr"]),
    (Search, "Exalead", &["exalead.fr", "exalead.com"]),
    (Search, "Lilo", &["lilo.org", "search.lilo.org"]),
    (Search, "Libero", &["ricerca.libero.it", "arianna.libero.it", "libero.it"]),
    (Search, "Virgilio", &["ricerca.virgilio.it", "search.virgilio.it", "virgilio.it"]),
    (Search, "Tiscali", &["search.tiscali.it", "tiscali.it"]),
    (Search, "Sapo", &["pesquisa.sapo.pt", "sapo.pt"]),
    (Search, "Terra", &["buscador.terra.*", "busca.terra.com.br", "terra.*"]),
    (Search, "UOL", &["busca.uol.com.br", "uol.com.br"]),
    (Search, "Globo", &["busca.globo.com", "globo.com"]),
    (Search, "Rediff", &["search.rediff.com", "rediff.com"]),
    (Search, "Walhello", &["walhello.info", "walhello.com"]),
    (Search, "Ilse", &["ilse.nl"]),
    (Search, "Vinden", &["vinden.nl", "zoek.vinden.nl"]),
    (Search, "Zoek", &["zoek.nl", "zoeken.nl"]),
    (Search, "Eniro", &["eniro.se"]),
    (Search, "Sesam", &["sesam.no"]),
    (Search, "Kvasir", &["kvasir.no"]),
    (Search, "Jubii", &["jubii.dk", "search.jubii.dk"]),
    (Search, "Leit", &["leit.is"]),
    (Search, "Parsijoo", &["parsijoo.ir"]),
    (Search, "Yippy", &["yippy.com", "search.yippy.com"]),
    (Search, "Blekko", &["blekko.com"]),
    (Search, "Monstercrawler", &["monstercrawler.com"]),
    (Search, "ZapMeta", &["zapmeta.*"]),
    (Search, "Izito", &["izito.*"]),
    (Search, "Kiwi", &["hledani.tiscali.cz"]),
    (Search, "Wolfram Alpha", &["wolframalpha.com"]),
    (Search, "Cuil", &["cuil.com"]),
    (Search, "Hooseek", &["hooseek.com"]),
    (Search, "Search.com", &["search.com"]),
    (Search, "Searchlock", &["searchlock.com"]),
    (Search, "Searchy", &["searchy.co.uk"]),
    (Search, "Gibiru", &["gibiru.com"]),
    (Search, "Neti", &["neti.ee"]),
    (Search, "Delfi", &["otsing.delfi.ee", "smart.delfi.lv", "search.delfi.lt"]),
    (Search, "Petal Search", &["petalsearch.com"]),
    (Search, "You Search", &["search.you.com"]),
    (Search, "Ekoru", &["ekoru.org"]),
    (Search, "OceanHero", &["oceanhero.today"]),
    (Search, "GOOL", &["gool.co.il"]),
    (Search, "Walla", &["search.walla.co.il"]),
    (Search, "Meta", &["meta.ua"]),
    (Search, "Bigmir", &["bigmir.net", "search.bigmir.net"]),
    (Search, "I.ua", &["search.i.ua"]),
    (Search, "Tut.by", &["search.tut.by", "tut.by"]),
    (Search, "Nigma", &["nigma.ru"]),
    (Search, "Aport", &["sm.aport.ru"]),
    (Search, "Quintura", &["quintura.ru"]),
    (Search, "Webalta", &["webalta.ru"]),
    (Search, "Amazon", &["amazon.*/s", "a9.com"]),
    (Search, "Findx", &["findx.com"]),
];

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

/// What the page before, `referrer`, says of a visit to the page `url`.
#[must_use]
pub fn read<'a>(referrer: &'a str, url: &str) -> Referrer<'a> {
    let none = |medium| Referrer { medium, source: Cow::Borrowed(""), term: String::new() };
    let Some((host, path, query)) = parts(referrer) else { return none(Medium::Direct) };
    if let Some((own, ..)) = parts(url)
        && bare(own).eq_ignore_ascii_case(bare(host))
    {
        return none(Medium::Internal);
    }
    let lower: Cow<'_, str> = if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    };
    let found = SERVICES.iter().find(|(.., hosts)| hosts.iter().any(|pattern| fits(pattern, &lower, path)));
    let found = found.map(|(medium, name, _)| (*medium, *name)).or_else(|| family(&lower));
    match found {
        Some((medium, name)) => {
            let term = if medium == Search { term(query) } else { String::new() };
            let source =
                if name.is_empty() { Cow::Owned(bare(&lower).to_owned()) } else { Cow::Borrowed(name) };
            Referrer { medium, source, term }
        }
        None => Referrer {
            medium: Medium::Referral,
            source: Cow::Owned(bare(&lower).to_owned()),
            term: String::new(),
        },
    }
}

/// Hosts that say what they are: mailboxes that hide the address of a mail, and searches.
fn family(host: &str) -> Option<(Medium, &'static str)> {
    const MAIL: [&str; 6] = ["deref-", "lightmailer", "webmail", "roundcube", "zimbra", "owa."];
    const SEARCH: [&str; 5] = ["search.", "suche.", "recherche.", "buscar.", "ricerca."];
    if MAIL.iter().any(|start| host.starts_with(start))
        || host.starts_with("mail.")
        || host.starts_with("email.")
    {
        return Some((Email, ""));
    }
    (SEARCH.iter().any(|start| host.starts_with(start)) || host.contains(".search.")).then_some((Search, ""))
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

/// Host, path and query of an address with a scheme.
fn parts(address: &str) -> Option<(&str, &str, &str)> {
    let (_, rest) = address.split_once("://")?;
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    (!host.is_empty()).then_some((host, path, query))
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
