//! Texts and what is left of them, which `sdk-wasm/js/lazy/redact.js` must make too (`tests/wasm/redact.test.mjs`).

use attune_redact::{redact, redact_url};
use serde_json::{Map, Value};

#[test]
fn texts_become_what_the_specification_says() {
    let spec: Value = serde_json::from_str(include_str!("../spec/redact.json")).unwrap();
    let cases: Vec<&Value> =
        ["by_hand", "drawn"].iter().flat_map(|part| spec[part].as_array().unwrap()).collect();
    assert!(cases.len() > 400);
    for case in cases {
        let [text, clean, url] = [0, 1, 2].map(|index| case[index].as_str().unwrap());
        let (found, counts) = redact(text);
        let counts: Map<_, _> =
            counts.iter().map(|(kind, count)| (kind.code().to_owned(), count.into())).collect();
        assert_eq!((&*found, &Value::Object(counts)), (clean, &case[3]), "of {text}");
        assert_eq!(redact_url(text).0, url, "of the address {text}");
    }
}
