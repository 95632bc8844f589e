//! Receipts: what a decision was made of and what came out, so that it can be made again and compared.

use super::{Authority, Deciding, Question, Unfit};
use attune_engine::label::Programs;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One decision with its inputs, and the link to the one before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Version of the engine that decided.
    pub engine: String,
    /// Digest of the bundle that decided, as the decision names it.
    pub bundle: String,
    /// SHA-256 of `input`, in hexadecimal digits. It stays when the input is erased.
    pub input_digest: String,
    /// What was asked; null once the person was erased.
    pub input: Option<Question>,
    /// SHA-256 of `output`.
    pub output_digest: String,
    /// What came out; null once the person was erased.
    pub output: Option<String>,
    /// Digest of the receipt before, empty for the first.
    pub previous: String,
    /// SHA-256 of engine, bundle, both digests and `previous`, each followed by a line feed.
    pub digest: String,
}

/// What is wrong with a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The chain is broken: this receipt, or one before it, was changed, added or taken away.
    #[error("it does not follow the receipt before it")]
    Chain,
    /// Its parts do not belong together.
    #[error("its {0} is not the one its digest is of")]
    Altered(&'static str),
    /// No bundle with this digest was given.
    #[error("no bundle with digest {0} was given")]
    NoBundle(String),
    /// The input does not read.
    #[error("its input: {0}")]
    Input(Unfit),
    /// Decided again, it comes out otherwise.
    #[error("decided again: {again}\n     receipt: {was}")]
    Differs {
        /// Now.
        again: String,
        /// Then.
        was: String,
    },
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An input's bytes: its JSON, whose fields have one order.
fn bytes_of(question: &Question) -> String {
    serde_json::to_string(question).unwrap_or_default()
}

impl Receipt {
    /// The receipt of `output`, which `question` led to by a bundle of `programs`; `previous` is the digest of the
    /// one before.
    #[must_use]
    pub fn new(question: &Question, programs: &Programs, output: &str, previous: &str) -> Self {
        let bundle = question.wanted().next().map_or(0, |placement| programs.of(placement).digest);
        let mut receipt = Self {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            bundle: format!("{bundle:032x}"),
            input_digest: sha256(&bytes_of(question)),
            input: Some(question.clone()),
            output_digest: sha256(output),
            output: Some(output.to_owned()),
            previous: previous.to_owned(),
            digest: String::new(),
        };
        receipt.digest = receipt.own_digest();
        receipt
    }

    fn own_digest(&self) -> String {
        let parts = [&self.engine, &self.bundle, &self.input_digest, &self.output_digest, &self.previous];
        sha256(&parts.map(|part| format!("{part}\n")).concat())
    }

    /// Takes out what is about a person; the chain still holds.
    pub fn erase(&mut self) {
        (self.input, self.output) = (None, None);
    }

    /// Checks that it follows `previous`, belongs together and, where its input is still there, comes out the same.
    /// True if it was decided again.
    ///
    /// # Errors
    /// What is wrong.
    pub fn verify(&self, previous: &str, bundles: &BTreeMap<String, Arc<Deciding>>) -> Result<bool, Fault> {
        if self.previous != previous || self.digest != self.own_digest() {
            return Err(Fault::Chain);
        }
        let (Some(input), Some(output)) = (&self.input, &self.output) else { return Ok(false) };
        if sha256(&bytes_of(input)) != self.input_digest {
            return Err(Fault::Altered("input"));
        }
        if sha256(output) != self.output_digest {
            return Err(Fault::Altered("output"));
        }
        input.check().map_err(Fault::Input)?;
        let deciding = bundles.get(&self.bundle).ok_or_else(|| Fault::NoBundle(self.bundle.clone()))?;
        let again = deciding.answer(input, Authority::Server, &BTreeMap::new()).map_err(Fault::Input)?;
        if again == *output { Ok(true) } else { Err(Fault::Differs { again, was: output.clone() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_engine::label::publish;
    use serde_json::json;

    fn deciding() -> Deciding {
        let source = serde_json::from_value(json!({
            "site": { "holdout_percent": 0, "personalise_basis": "opt_out" },
            "placements": [{ "id": "hero" }],
            "offers": [{ "id": "card", "content": { "en": { "title": "A card" } } }],
            "campaigns": [{ "id": "cards", "status": "running", "placements": ["hero"], "offers": ["card"] }],
        }))
        .unwrap();
        let device = publish(&source).device.to_bytes();
        Deciding::of_bundles(Programs::load(&device, None).unwrap(), Vec::new())
    }

    fn chain(deciding: &Deciding) -> Vec<Receipt> {
        let mut previous = String::new();
        let mut receipts = Vec::new();
        for visitor in ["a", "b", "c"] {
            let question =
                Question { placement: Some("hero".into()), visitor: visitor.into(), ..Question::default() };
            let output = deciding.answer(&question, Authority::Server, &BTreeMap::new()).unwrap();
            assert!(output.contains("\"card\""), "{output}");
            let receipt = Receipt::new(&question, &deciding.programs, &output, &previous);
            previous.clone_from(&receipt.digest);
            receipts.push(receipt);
        }
        receipts
    }

    fn verify(receipts: &[Receipt], bundles: &BTreeMap<String, Arc<Deciding>>) -> Vec<Result<bool, Fault>> {
        let before = |index: usize| if index == 0 { "" } else { receipts[index - 1].digest.as_str() };
        (0..receipts.len()).map(|index| receipts[index].verify(before(index), bundles)).collect()
    }

    #[test]
    fn decisions_are_made_again_and_erased_ones_leave_the_chain_whole() {
        let deciding = deciding();
        let mut receipts = chain(&deciding);
        let bundles = BTreeMap::from([(receipts[0].bundle.clone(), Arc::new(deciding))]);
        assert_eq!(verify(&receipts, &bundles), [Ok(true), Ok(true), Ok(true)]);
        receipts[1].erase();
        assert_eq!(verify(&receipts, &bundles), [Ok(true), Ok(false), Ok(true)]);
        receipts.remove(1);
        assert_eq!(verify(&receipts, &bundles), [Ok(true), Err(Fault::Chain)], "nothing goes unnoticed");
    }

    #[test]
    fn what_was_changed_is_named() {
        let deciding = deciding();
        let receipts = chain(&deciding);
        let bundles = BTreeMap::from([(receipts[0].bundle.clone(), Arc::new(deciding))]);
        let with = |change: fn(&mut Receipt)| {
            let mut receipt = receipts[0].clone();
            change(&mut receipt);
            receipt.verify("", &bundles)
        };
        assert_eq!(with(|r| r.input.as_mut().unwrap().visitor = "z".into()), Err(Fault::Altered("input")));
        assert_eq!(with(|r| r.output = Some("{}".into())), Err(Fault::Altered("output")));
        assert_eq!(with(|r| r.engine = "9.9.9".into()), Err(Fault::Chain));
        let forged = with(|r| {
            r.output = Some(r.output.as_ref().unwrap().replace("matched", "ranked"));
            r.output_digest = sha256(r.output.as_ref().unwrap());
            r.digest = r.own_digest();
        });
        assert!(matches!(forged, Err(Fault::Differs { .. })), "{forged:?}");
        let missing = receipts[0].verify("", &BTreeMap::new());
        assert_eq!(missing, Err(Fault::NoBundle(receipts[0].bundle.clone())));
    }
}
