//! Nothing panics, nothing is found twice, and what is counted stands in the text.

#![no_main]

use attune_redact::{redact, redact_url};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for (clean, counts) in [redact(text), redact_url(text)] {
        let (again, found) = redact(&clean);
        assert_eq!(again, clean);
        assert!(found.is_empty());
        if counts.is_empty() {
            assert_eq!(clean, text);
        }
    }
});
