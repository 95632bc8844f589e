//! Every step of a decision: in a module of its own, because visitors' pages never ask.

use crate::client::Client;
use alloc::string::String;
use alloc::vec::Vec;
use attune_engine::decide::decide;
use attune_engine::json;
use attune_engine::question::Asked;
use attune_engine::words::Lang;
use attune_schema::wire::Malformed;

impl Client {
    /// Explains the decision that `question` asks for (see [`mod@attune_engine::question`]), by the bundle and the
    /// profile that this client holds; empty without a bundle. With a language, for people.
    pub fn explain(&self, question: &[u8], lang: &str) -> Result<String, Malformed> {
        let Some(program) = &self.program else { return Ok(String::new()) };
        let asked = Asked::read(question)?;
        let mut lines = Vec::new();
        decide(program, asked.input(&self.profile), &mut lines);
        Ok(if lang.is_empty() { json::explanation(&lines) } else { json::told(&lines, Lang::of(lang)) })
    }
}
