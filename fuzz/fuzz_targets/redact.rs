//! Nothing panics, nothing is found twice, and what nothing was found in stays as it is.

#![no_main]

use attune_redact::{Counts, redact, redact_url};
use libfuzzer_sys::fuzz_target;
use std::borrow::Cow;

fn check(text: &str, rules: fn(&str) -> (Cow<'_, str>, Counts)) {
    let (clean, counts) = rules(text);
    let (again, found) = rules(&clean);
    assert_eq!(again, clean);
    assert!(found.is_empty());
    assert_eq!(counts.is_empty(), clean == text);
}

fuzz_target!(|text: &str| {
    check(text, redact);
    check(text, redact_url);
});
