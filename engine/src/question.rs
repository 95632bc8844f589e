//! A question as bytes: what decision ids are the digest of, and what goes from the module that decides to the one that
//! explains and to the collector, which decides again.

use crate::decide::{Input, Program};
use alloc::string::String;
use alloc::vec::Vec;
use attune_schema::consent::Consent;
use attune_schema::id::VisitorId;
use attune_schema::stored::Profile;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use attune_schema::wire::{Malformed, Reader, Writer};

/// What is asked, as bytes: everything the decision depends on, of bundle and profile only which ones.
#[must_use]
pub fn question(program: &Program, input: Input<'_>) -> Vec<u8> {
    let mut w = Writer::new();
    w.u128(program.digest);
    w.text(input.placement);
    w.int(input.now.0);
    w.u128(input.unit.0);
    w.u128(input.profile.visitor.0);
    w.uint(input.profile.revision);
    w.u8(input.consent.to_bits());
    w.len(input.context.len());
    for (name, value) in input.context {
        w.text(name);
        w.value(value);
    }
    w.len(input.reserved.len());
    for (facet, value) in input.reserved {
        w.text(facet);
        w.text(value);
    }
    w.len(input.limit);
    w.option(input.force, Writer::text);
    w.uint(input.draw);
    w.into_bytes()
}

/// What [`question`] wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<'a> {
    /// Digest of the bundle.
    pub bundle: u128,
    /// Name of the placement.
    pub placement: &'a str,
    /// Decision time.
    pub now: Timestamp,
    /// Who is assigned.
    pub unit: VisitorId,
    /// Whose profile it is, and its revision.
    pub profile: (VisitorId, u64),
    /// The visitor's answers.
    pub consent: Consent,
    /// Context, by name.
    pub context: Vec<(String, Value)>,
    /// `(facet, value)` of what was decided and neither exposed nor released.
    pub reserved: Vec<(String, String)>,
    /// Most offers wanted.
    pub limit: usize,
    /// Preview.
    pub force: Option<&'a str>,
    /// Random draw for exploration.
    pub draw: u64,
}

impl<'a> Asked<'a> {
    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not a question.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(bytes);
        let asked = Self {
            bundle: r.u128(),
            placement: r.text(),
            now: Timestamp(r.int()),
            unit: VisitorId(r.u128()),
            profile: (VisitorId(r.u128()), r.uint()),
            consent: Consent::from_bits(r.u8()),
            context: r.list(|r| (r.owned(), r.value(Reader::owned))),
            reserved: r.list(|r| (r.owned(), r.owned())),
            limit: r.u32() as usize,
            force: r.option(Reader::text),
            draw: r.uint(),
        };
        r.finish()?;
        Ok(asked)
    }

    /// What [`mod@crate::decide`] takes, about `profile`.
    #[must_use]
    pub fn input<'b>(&'b self, profile: &'b Profile) -> Input<'b> {
        Input {
            placement: self.placement,
            now: self.now,
            unit: self.unit,
            profile,
            consent: self.consent,
            context: &self.context,
            reserved: &self.reserved,
            limit: self.limit,
            force: self.force,
            draw: self.draw,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_schema::bundle::Bundle;

    #[test]
    fn what_is_written_is_read() {
        let program = Program { bundle: Bundle::default(), digest: 7 };
        let profile = Profile { visitor: VisitorId(3), revision: 9, ..Profile::default() };
        let context = [("path".into(), "/a".into()), ("width".into(), Value::Bool(true))];
        let reserved = [("offer".into(), "gold".into())];
        for force in [None, Some("gold")] {
            let input = Input {
                placement: "hero",
                now: Timestamp(-5),
                unit: VisitorId(u128::MAX),
                profile: &profile,
                consent: Consent::from_bits(0b10_01_10),
                context: &context,
                reserved: &reserved,
                limit: 4,
                force,
                draw: u64::MAX,
            };
            let bytes = question(&program, input);
            let asked = Asked::read(&bytes).unwrap();
            assert_eq!((asked.bundle, asked.profile, asked.force), (7, (VisitorId(3), 9), force));
            assert_eq!(question(&program, asked.input(&profile)), bytes);
            for end in 0..bytes.len() {
                assert!(Asked::read(&bytes[..end]).is_err(), "cut at {end}");
            }
        }
    }
}
