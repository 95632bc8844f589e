//! Whatever bytes are taken for a bundle or a profile are refused, or decide without harm.

#![no_main]

use attune_engine::case::Case;
use attune_engine::decide::Program;
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

fuzz_target!(|bytes: (&[u8], &[u8], i64)| {
    let (bundle, profile, now) = bytes;
    let profile = Profile::from_bytes(profile).unwrap_or_default();
    let Ok(program) = Program::load(bundle) else { return };
    for placement in &program.bundle.placements {
        let case = Case {
            placement: placement.clone(),
            now: Timestamp(now),
            visitor: String::new(),
            events: Vec::new(),
            attributes: BTreeMap::new(),
            context: BTreeMap::new(),
            consent: attune_schema::consent::Consent::ALL,
            reserved: Vec::new(),
            limit: 3,
            force: None,
            draw: 0,
        };
        let decision = case.decide_for(&program, &profile, &mut ());
        assert!(decision.offers.len() <= 3);
    }
});
