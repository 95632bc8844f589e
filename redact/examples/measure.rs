//! What looking costs, and how often ordinary text is taken for personal data:
//! `cargo run --release -p attune-redact --example measure`.
//!
//! The texts are those of `../shared/data`, as far as it is there, and drawn ones: article numbers, order numbers,
//! times and ids, of which none is personal.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what is measured is shown")]
#![expect(clippy::disallowed_methods, reason = "what it costs is measured")]

use attune_redact::{Counts, redact, redact_url};
use flate2::read::GzDecoder;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::time::Instant;

fn main() {
    cost();
    hostile();
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    if !data.is_dir() {
        eprintln!("!! {} IS ABSENT: FALSE ALARMS IN REAL TEXTS WERE NOT COUNTED", data.display());
    }
    for (name, file) in [
        ("addresses and agents of a web log", "weblog_apache_2015/access_dev.log.gz"),
        ("addresses of referrers", "referrers/referrer_cases_dev.json"),
        ("user agents", "user_agents/test_ua.jsonl.gz"),
        ("crawlers", "user_agents/crawlers_dev.json.gz"),
        ("events of a shop", "shop_events_synthetic/events_2024q1.csv.gz"),
        ("reviews: ids, ratings, times", "vendor_reviews/reviews_dev.csv.gz"),
        ("bank campaign", "bank_marketing/bank_dev.csv.gz"),
        ("card customers", "credit_card_clients/clients_dev.csv.gz"),
        ("e-mail campaign", "hillstrom_email/hillstrom_dev.csv.gz"),
        ("shop sessions", "online_shoppers/shoppers_dev.csv.gz"),
    ] {
        if let Ok(file) = File::open(data.join(file)) {
            tell(name, BufReader::new(unpacked(file)).lines().map_while(Result::ok).take(50_000));
        }
    }
    drawn();
}

/// Unpacked, if it is packed.
fn unpacked(mut file: File) -> Box<dyn Read> {
    use std::io::{Seek, SeekFrom};
    let mut head = [0; 2];
    let packed = file.read(&mut head).is_ok_and(|read| read == 2) && head == [0x1F, 0x8B];
    if file.seek(SeekFrom::Start(0)).is_err() {
        return Box::new(std::io::empty());
    }
    if packed { Box::new(GzDecoder::new(file)) } else { Box::new(file) }
}

fn tell(name: &str, texts: impl Iterator<Item = String>) {
    let mut counts = Counts::default();
    let (mut all, mut shown) = (0_u32, 0);
    for text in texts {
        all += 1;
        let (clean, found) = redact(&text);
        if !found.is_empty() && shown < 3 && std::env::args().any(|argument| argument == "--show") {
            println!("    {text}\n    {clean}");
            shown += 1;
        }
        counts.add(&found);
    }
    let kinds: Vec<_> = counts
        .iter()
        .map(|(kind, count)| {
            format!("{} {:.2}", kind.code(), f64::from(count) * 1_000.0 / f64::from(all.max(1)))
        })
        .collect();
    let kinds = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
    println!("{name:<40}{all:>8} texts, in a thousand: {kinds}");
}

/// The dearest texts of a kilobyte that could be thought of.
fn hostile() {
    for (name, part) in [
        ("digits apart", "1 "),
        ("groups of three", "123 "),
        ("accounts that are none", "계좌1234-"),
        ("telephones", "010-1234-5678 "),
        ("signs", "@"),
        ("mail", "a@a."),
        ("tokens", "eyJ"),
        ("parameters", "&token=1"),
        ("encoded", "%2525"),
        ("encoded digits", "%31%20"),
        ("beginnings of an IBAN", "LC55 "),
    ] {
        let text = part.repeat(1_024 / part.len());
        let began = Instant::now();
        for _ in 0..50 {
            let _kept = black_box(redact(black_box(&text)));
        }
        println!("a kilobyte of {name}: {} µs", began.elapsed().as_micros() / 50);
    }
}

/// Numbers that a shop's or a bank's pages are full of.
fn drawn() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let article = |company: &str, item: u64| {
        let digits = format!("{company}{item:0width$}", width = 12 - company.len());
        let sum: u64 = digits
            .bytes()
            .zip([1, 3].into_iter().cycle())
            .map(|(byte, weight)| u64::from(byte - b'0') * weight)
            .sum();
        format!("{digits}{}", (10 - sum % 10) % 10)
    };
    type Draw<'a> = &'a mut dyn FnMut(&mut dyn FnMut(u64) -> u64) -> String;
    let kinds: [(&str, Draw<'_>); 11] = [
        ("times in ms, 2020 to 2033", &mut |draw| (1_577_836_800_000 + draw(410_000_000_000)).to_string()),
        ("times in µs", &mut |draw| (1_577_836_800_000_000 + draw(410_000_000_000_000)).to_string()),
        ("articles of Korea (880)", &mut |draw| article("880", draw(1_000_000_000))),
        ("articles of Japan (49)", &mut |draw| article("49", draw(10_000_000_000))),
        ("orders: date and 7 digits", &mut |draw| {
            format!("20{:02}{:02}{:02}{:07}", 20 + draw(7), 1 + draw(12), 1 + draw(28), draw(10_000_000))
        }),
        ("orders: date-7 digits", &mut |draw| {
            format!("20{:02}{:02}{:02}-{:07}", 20 + draw(7), 1 + draw(12), 1 + draw(28), draw(10_000_000))
        }),
        ("orders: 10 digits", &mut |draw| format!("{:010}", 1_000_000_000 + draw(9_000_000_000))),
        ("orders: 12 digits", &mut |draw| format!("{:012}", draw(1_000_000_000_000))),
        ("orders: 16 digits", &mut |draw| format!("{:016}", draw(10_000_000_000_000_000))),
        ("UUIDs", &mut |draw| {
            let hex = format!("{:016x}{:016x}", draw(u64::MAX), draw(u64::MAX));
            format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
        }),
        ("fractions", &mut |draw| format!("0.{:017}", draw(100_000_000_000_000_000))),
    ];
    for (name, make) in kinds {
        tell(name, (0..100_000).map(|_| make(&mut draw)).collect::<Vec<_>>().into_iter());
    }
}

/// Nanoseconds for all texts of an event like those with which ingest is measured (`tests/src/bin/load.rs`), and of ones
/// with numbers in them.
fn cost() {
    let load = [
        "https://bank.example/cards/compare?utm_source=newsletter&step=3",
        "Compare credit cards",
        "https://mail.example/",
        "travel",
        "card-application",
        "/cards/compare",
        "Europe/London",
        "sdk/0.1.0",
        "main>section.hero>img",
        "newsletter",
        "email",
        "",
    ];
    let mut order = load;
    order[0] = "https://bank.example/orders/2026112200012345?at=1795346400000";
    let mut personal = load;
    personal[1] = "Kim, 010-1234-5678";
    for (name, texts) in
        [("of the load test", load), ("with an order's number", order), ("with a telephone number", personal)]
    {
        let rounds = 1_000_u32;
        let mut best = f64::MAX;
        // The best of many: others use the machine as well.
        for _ in 0..500 {
            let began = Instant::now();
            for _ in 0..rounds {
                for (index, text) in texts.iter().enumerate() {
                    let text = black_box(*text);
                    let _kept =
                        black_box(if index % 2 == 0 && index < 3 { redact_url(text) } else { redact(text) });
                }
            }
            best = best.min(began.elapsed().as_nanos() as f64 / f64::from(rounds));
        }
        println!("an event {name}: {best:.0} ns");
    }
}
