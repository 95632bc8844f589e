//! The programs of a back-test.

use attune_engine::compile::compile;
use attune_engine::decide::Program;
use attune_schema::api::Problem;
use attune_schema::bundle::Bundle;
use attune_schema::source::{CampaignStatus, Source};
use attune_schema::wire::Malformed;

/// A source, compiled in the ways that a back-test asks.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// With its drafts running.
    pub program: Program,
    /// As it runs now; absent without drafts.
    pub baseline: Option<Program>,
    /// Each campaign of `program` as if it were the only one, to know whether it could have filled what it lost.
    pub alone: Vec<Program>,
    /// Ids of the drafts.
    pub drafts: Vec<String>,
    /// What the compiler found.
    pub problems: Vec<Problem>,
}

/// Compiles `source`.
///
/// # Errors
/// If what the compiler made does not read, such as a bundle that is too large.
pub fn prepare(source: &Source) -> Result<Prepared, Malformed> {
    let mut launched = source.clone();
    let mut drafts = Vec::new();
    for campaign in &mut launched.campaigns {
        if campaign.status == CampaignStatus::Draft {
            campaign.status = CampaignStatus::Running;
            drafts.push(campaign.id.clone());
        }
    }
    let (bundle, problems) = compile(&launched);
    let program = Program::load(&bundle.to_bytes())?;
    let baseline = if drafts.is_empty() { None } else { Some(Program::load(&compile(source).0.to_bytes())?) };
    let alone = bundle.campaigns.iter().map(|campaign| Program {
        bundle: Bundle { campaigns: vec![campaign.clone()], ..bundle.clone() },
        digest: program.digest,
    });
    let alone = alone.collect();
    Ok(Prepared { program, baseline, alone, drafts, problems })
}
