//! Whatever JSON is taken for a source compiles to bundles that read.

#![no_main]

use attune_engine::label::{Programs, publish};
use attune_schema::bundle::Bundle;
use attune_schema::limits::BUNDLE_BYTES;
use attune_schema::source::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(source) = serde_json::from_str::<Source>(text) else { return };
    let published = publish(&source);
    let (device, server) = (published.device.to_bytes(), published.server.as_ref().map(Bundle::to_bytes));
    let fits = device.len() <= BUNDLE_BYTES && server.as_ref().is_none_or(|bytes| bytes.len() <= BUNDLE_BYTES);
    assert_eq!(Programs::load(&device, server.as_deref()).is_ok(), fits);
});
