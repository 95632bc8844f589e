//! A valid number, however written, is always taken out; doing it again changes nothing; nothing panics.

use attune_redact::{Kind, redact, redact_url};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use std::borrow::Cow;

/// Digits with the check digit that makes Luhn's sum right.
fn card() -> impl Strategy<Value = String> {
    let issuers = [
        ("4", 16),
        ("4", 19),
        ("51", 16),
        ("55", 16),
        ("2221", 16),
        ("2720", 16),
        ("34", 15),
        ("37", 15),
        ("36", 14),
        ("300", 14),
        ("3528", 16),
        ("6011", 16),
        ("62", 16),
        ("62", 19),
        ("81", 16),
        ("9410", 16),
        ("65", 18),
        ("4", 13),
    ];
    (prop::sample::select(issuers.to_vec()), prop::collection::vec(0_u8..10, 19)).prop_map(
        |((prefix, size), random)| {
            let mut digits: String = prefix.to_owned();
            digits.extend(random.iter().map(|digit| char::from(b'0' + digit)).take(size - 1 - prefix.len()));
            let sum: u32 = digits
                .bytes()
                .rev()
                .enumerate()
                .map(|(index, byte)| {
                    let digit = u32::from(byte - b'0');
                    if index % 2 == 1 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
                })
                .sum();
            digits + &((10 - sum % 10) % 10).to_string()
        },
    )
}

fn weighted(digits: &str, weights: &[u32]) -> u32 {
    digits.bytes().zip(weights).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum::<u32>() % 11
}

fn resident() -> impl Strategy<Value = String> {
    (20_u32..40, 1_u32..13, 1_u32..32, 1_u32..9, 0_u32..1_000_000)
        .prop_map(|(year, month, day, century, rest)| format!("{year}{month:02}{day:02}-{century}{rest:06}"))
}

fn individual() -> impl Strategy<Value = String> {
    (0_u64..100_000_000_000).prop_map(|number| {
        let digits = format!("{number:011}");
        let rest = weighted(&digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
        let check = if rest < 2 { 0 } else { 11 - rest };
        format!("{}-{}-{}{check}", &digits[..4], &digits[4..8], &digits[8..])
    })
}

fn citizen() -> impl Strategy<Value = String> {
    (110_000_u32..660_000, 1900_u32..2100, 1_u32..13, 1_u32..32, 0_u32..1_000).prop_map(
        |(region, year, month, day, rest)| {
            let digits = format!("{region}{year}{month:02}{day:02}{rest:03}");
            let sum = weighted(&digits, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
            digits + ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum as usize]
        },
    )
}

fn iban() -> impl Strategy<Value = String> {
    let countries =
        [("DE", 22), ("FR", 27), ("GB", 22), ("NL", 18), ("MT", 31), ("NO", 15), ("BE", 16), ("RU", 33)];
    (prop::sample::select(countries.to_vec()), "[0-9]{8}[0-9A-Z]{25}", any::<bool>()).prop_map(
        |((country, size), random, grouped)| {
            let account = &random[..size - 4];
            let number = format!("{account}{country}00");
            let rest = number.chars().fold(0, |rest, c| {
                let value = c.to_digit(36).unwrap();
                (rest * if value < 10 { 10 } else { 100 } + value) % 97
            });
            let iban = format!("{country}{:02}{account}", 98 - rest);
            if !grouped {
                return iban;
            }
            iban.as_bytes()
                .chunks(4)
                .map(|group| std::str::from_utf8(group).unwrap())
                .collect::<Vec<_>>()
                .join(" ")
        },
    )
}

fn phone() -> impl Strategy<Value = String> {
    prop_oneof![
        "010-[0-9]{4}-[0-9]{4}",
        "010[0-9]{8}",
        "0[789]0 [0-9]{4} [0-9]{4}",
        "02-[0-9]{3,4}-[0-9]{4}",
        "0[3-6][1-5]\\.[0-9]{3,4}\\.[0-9]{4}",
        "\\+82 10[- ][0-9]{4}[- ][0-9]{4}",
        "\\+1 [2-9][0-9]{2} [2-9][0-9]{2}-[0-9]{4}",
    ]
}

fn mail() -> impl Strategy<Value = String> {
    "[a-z0-9._+-]{0,20}[a-z0-9]@([a-z][a-z0-9-]{0,10}[a-z]\\.){1,3}[a-z]{2,6}"
}

/// Something around a number that does not join it: no ASCII letter, digit, or sign of its own.
fn around() -> impl Strategy<Value = String> {
    "([가-힣ぁ-ん,:/\"<>!?\n一-龠]{0,12}[가-힣,:/\"<>])?"
}

fn separated(digits: &str, separators: &[String], wide: bool) -> String {
    let widen = |c: char| if wide { char::from_u32(c as u32 + 0xFEE0).unwrap() } else { c };
    digits
        .chars()
        .zip(separators)
        .flat_map(|(digit, separator)| [widen(digit).to_string(), separator.clone()])
        .collect()
}

proptest! {
    #[test]
    fn a_card_with_any_separators_anywhere_goes(
        card in card(),
        separators in prop::collection::vec("|| |-|\\.| - |\u{3000}|－|\u{a0}", 19),
        wide: bool,
        before in around(),
        after in around(),
    ) {
        let article = card.len() == 13
            && card.bytes().zip([1, 3].into_iter().cycle()).map(|(b, w)| u32::from(b - b'0') * w).sum::<u32>() % 10 == 0;
        prop_assume!(!article);
        let written = separated(&card, &separators, wide);
        let (text, counts) = redact(&format!("{before}{written}{after}")).clone_out();
        prop_assert!(text.starts_with(&format!("{before}[card]")), "{written} became {text}");
        prop_assert_eq!(counts.of(Kind::Card), 1);
    }

    #[test]
    fn whatever_is_personal_goes(
        (kind, written) in prop_oneof![
            resident().prop_map(|text| (Kind::NationalId, text)),
            individual().prop_map(|text| (Kind::NationalId, text)),
            citizen().prop_map(|text| (Kind::NationalId, text)),
            iban().prop_map(|text| (Kind::Account, text)),
            phone().prop_map(|text| (Kind::Phone, text)),
            mail().prop_map(|text| (Kind::Email, text)),
        ],
        before in "[가-힣]{0,5}[:,/ \n]",
        after in "([,/\n][가-힣]{0,5})?",
    ) {
        let (text, counts) = redact(&format!("{before}{written}{after}")).clone_out();
        // One in many resident ids is a card number as well.
        let found = if counts.of(Kind::Card) == 1 { Kind::Card } else { kind };
        prop_assert!(text.ends_with(&format!("{}{after}", found.mark())), "{written} became {text}");
        prop_assert_eq!(counts.of(found), 1);
    }

    #[test]
    fn again_changes_nothing(text in prop_oneof![
        ".{0,60}",
        "[0-9 .()+x@%=&?#;A-Fa-f-]{0,80}",
        "(4111|1111|[0-9]{1,6}|[ -]|010|@a\\.kr|%40|%2B|token=|[가-힣]|\\?|&|x|은행){0,30}",
        "(%25|%40|%|3D|=|token|a\\.kr|41){0,20}",
    ]) {
        for rules in [redact, redact_url] {
            let (once, _) = rules(&text);
            let (twice, counts) = rules(&once);
            prop_assert_eq!(&twice, &once, "of {}", text);
            prop_assert!(counts.is_empty());
        }
    }

    #[test]
    fn text_without_digits_and_signs_is_not_copied(text in "[^0-9@%=０-９！-～]{0,80}") {
        prop_assume!(!text.contains("eyJ"));
        prop_assert!(matches!(redact(&text).0, Cow::Borrowed(same) if same == text));
    }
}

/// Draws what `tests/spec/redact.json` has beside what was written by hand. Its outputs are what the rules say now: look at
/// the difference.
#[test]
#[ignore = "writes tests/spec/redact.json"]
fn vectors_are_drawn() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/spec/redact.json");
    let spec: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut drawn = Vec::new();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let personal = prop_oneof![
        (card(), prop::collection::vec("|| |-|\\.|\u{3000}|－", 19), any::<bool>())
            .prop_map(|(card, separators, wide)| separated(&card, &separators, wide)),
        resident(),
        individual(),
        citizen(),
        iban(),
        phone(),
        mail(),
        "[0-9]{4,6}[ .-]?[0-9]{4,6}[ .-]?[0-9]{2,6}",
        "[a-z]{1,6}=[a-z0-9%]{1,12}&(token|code|q)=[A-Za-z0-9]{4,20}",
    ];
    let strategy =
        ("[가-힣a-z:,/ ]{0,6}", personal, "[가-힣a-z:,/ ]{0,6}(%40|%2B|@b\\.kr|[0-9]{2})?", any::<bool>());
    for _ in 0..400 {
        let (before, written, after, encoded) = strategy.new_tree(&mut runner).unwrap().current();
        let encode = |text: &str| -> String {
            text.bytes()
                .map(|byte| {
                    if byte.is_ascii_alphanumeric() {
                        char::from(byte).to_string()
                    } else {
                        format!("%{byte:02X}")
                    }
                })
                .collect()
        };
        drawn.push(if encoded {
            format!("https://a.kr/?q={}{after}", encode(&format!("{before}{written}")))
        } else {
            format!("{before}{written}{after}")
        });
    }
    let case = |text: &str| {
        let (clean, counts) = redact(text);
        let counts: serde_json::Map<_, _> =
            counts.iter().map(|(kind, count)| (kind.code().to_owned(), count.into())).collect();
        serde_json::json!([text, clean, redact_url(text).0, counts]).to_string()
    };
    let lines = |cases: &mut dyn Iterator<Item = String>| cases.collect::<Vec<_>>().join(",\n");
    let by_hand = spec["by_hand"].as_array().unwrap().iter();
    let text = format!(
        "{{\"by_hand\":[\n{}\n],\"drawn\":[\n{}\n]}}\n",
        lines(&mut by_hand.map(|known| case(known[0].as_str().unwrap()))),
        lines(&mut drawn.iter().map(|text| case(text))),
    );
    std::fs::write(path, text).unwrap();
}

trait CloneOut {
    fn clone_out(self) -> (String, attune_redact::Counts);
}

impl CloneOut for (Cow<'_, str>, attune_redact::Counts) {
    fn clone_out(self) -> (String, attune_redact::Counts) {
        (self.0.into_owned(), self.1)
    }
}
