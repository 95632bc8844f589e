//! The decision specification: `spec/decisions/*.json`, readable by a marketer, run natively and in Wasm.

use anyhow::Context;
use attune_engine::case::Case;
use attune_schema::source::Source;
use serde::Deserialize;
use std::path::Path;

/// One file: a source and questions about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Specification {
    /// What it is about.
    pub title: String,
    /// What the site's people wrote.
    pub source: Source,
    /// The questions.
    pub cases: Vec<SpecifiedCase>,
}

/// A question with its answer.
#[derive(Debug, Deserialize)]
pub struct SpecifiedCase {
    /// What it shows, in a sentence.
    pub title: String,
    /// The answer.
    pub expect: Expected,
    /// The question.
    #[serde(flatten)]
    pub case: CaseFields,
}

/// A case's own fields, checked one by one after the title and the answer were taken out.
pub type CaseFields = serde_json::Map<String, serde_json::Value>;

/// What a decision must be.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Reason code.
    pub reason: String,
    /// Winning campaign.
    #[serde(default)]
    pub campaign: Option<String>,
    /// Arm.
    #[serde(default)]
    pub variant: Option<String>,
    /// Offers shown, best first.
    #[serde(default)]
    pub offers: Vec<String>,
    /// Offers withheld, best first.
    #[serde(default)]
    pub withheld: Vec<String>,
}

impl SpecifiedCase {
    /// The question, typed; a misspelt field is an error.
    pub fn question(&self) -> anyhow::Result<Case> {
        let fields = serde_json::Value::Object(self.case.clone());
        serde_json::from_value(fields).with_context(|| format!("case `{}`", self.title))
    }
}

/// All files in order of name, with their names.
pub fn load() -> anyhow::Result<Vec<(String, Specification)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/decisions");
    let mut paths: Vec<_> =
        std::fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// One file, with its name.
pub fn read(path: &Path) -> anyhow::Result<(String, Specification)> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path)?;
    Ok((name.clone(), serde_json::from_str(&text).with_context(|| name)?))
}
