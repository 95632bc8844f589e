//! Every step of a decision: in a module of its own, because visitors' pages never ask.

use crate::client::Client;
use alloc::string::String;
use alloc::vec::Vec;
use attune_engine::decide::{Input, decide};
use attune_engine::json;
use attune_engine::words::Lang;
use attune_schema::consent::Consent;
use attune_schema::id::VisitorId;
use attune_schema::time::Timestamp;
use attune_schema::wire::{Malformed, Reader};

impl Client {
    /// Explains the decision that `question` asks for (see [`attune_engine::decide::question`]), by the bundle
    /// and the profile that this client holds; empty without a bundle. With a language, for people.
    pub fn explain(&self, question: &[u8], lang: &str) -> Result<String, Malformed> {
        let Some(program) = &self.program else { return Ok(String::new()) };
        let mut r = Reader::new(question);
        let _bundle = r.u128();
        let placement = r.text();
        let now = Timestamp(r.int());
        let unit = VisitorId(r.u128());
        let _owner = r.u128();
        let _revision = r.uint();
        let consent = Consent::from_bits(r.u8());
        let context = r.list(|r| (r.owned(), r.value(Reader::owned)));
        let reserved = r.list(|r| (r.owned(), r.owned()));
        let limit = r.u32() as usize;
        let force = r.option(Reader::text);
        let draw = r.uint();
        r.finish()?;
        let (context, reserved) = (context.as_slice(), reserved.as_slice());
        let profile = &self.profile;
        let input = Input { placement, now, unit, profile, consent, context, reserved, limit, force, draw };
        let mut lines = Vec::new();
        decide(program, input, &mut lines);
        Ok(if lang.is_empty() { json::explanation(&lines) } else { json::told(&lines, Lang::of(lang)) })
    }
}
