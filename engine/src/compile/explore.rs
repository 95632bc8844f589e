//! Campaigns that try their offers: from what was seen to what is believed.

use super::{CONTEXT, Compiler, shown};
use attune_schema::bundle;
use attune_schema::event::name::OFFER_EXPOSED;
use attune_schema::model::{self, Arm, FEATURES};
use attune_schema::source::{Campaign, Evidence, Explore, ExploreFeature, Label, Redraw};
use attune_schema::stored::counter_key;

/// Most failures or successes of one device that may count at once.
const LOCAL: u32 = 100;

impl<'a> Compiler<'a> {
    /// Checks what `campaign` says of trying; `own` are the offers that it may show.
    pub(super) fn explore(
        &mut self,
        subject: &str,
        campaign: &'a Campaign,
        own: &[usize],
        offers: &[bundle::Offer],
    ) {
        let Some(explore) = &campaign.explore else { return };
        let before = self.problems.len();
        if explore.goal.is_empty() {
            self.problem(subject, true, "explore: `goal` names no event");
        }
        if explore.within.as_ms() <= 0 {
            self.problem(subject, true, "explore: `within` is no time");
        }
        let floor = explore.floor_percent;
        if !(0.0..=100.0).contains(&floor) {
            self.problem(
                subject,
                true,
                format!("explore: floor_percent {} is not within 0 to 100", shown(floor)),
            );
        }
        for (name, count) in [("successes", explore.prior.successes), ("failures", explore.prior.failures)] {
            if !(0.01..=1e9).contains(&count) {
                let count = shown(count);
                self.problem(
                    subject,
                    true,
                    format!("explore: prior {name} {count} is not within 0.01 to 1e9"),
                );
            }
        }
        if explore.local > LOCAL {
            let local = explore.local;
            self.problem(subject, true, format!("explore: local {local} is more than {LOCAL}"));
        }
        if explore.local > 0 && !explore.features.is_empty() {
            self.problem(subject, false, "explore: `local` is not used where there are features");
        }
        if own.len() < 2 {
            self.problem(subject, false, "explore: one offer leaves nothing to try");
        }
        if explore.features.len() > FEATURES {
            let count = explore.features.len();
            self.problem(subject, true, format!("explore: {count} features, at most {FEATURES}"));
        }
        let features: Vec<_> =
            explore.features.iter().filter_map(|feature| self.explore_feature(subject, feature)).collect();
        for id in explore.learned.keys() {
            if !own.iter().any(|index| offers.get(*index).is_some_and(|offer| offer.id == *id)) {
                self.problem(
                    subject,
                    false,
                    format!("explore: `learned` has offer `{id}`, which is not shown"),
                );
            }
        }
        let mut arms = Vec::new();
        let variance = noise(explore);
        for index in own {
            let Some(offer) = offers.get(*index) else { continue };
            let none = Evidence::default();
            let evidence = explore.learned.get(&offer.id).unwrap_or(&none);
            let key = |event: &str| counter_key(event, Some(("offer", &offer.id)));
            match belief(explore, evidence, variance) {
                Some((mean, factor)) => arms.push(Arm {
                    offer: *index,
                    shown: key(OFFER_EXPOSED),
                    won: key(&explore.goal),
                    mean,
                    factor,
                }),
                None => {
                    let id = &offer.id;
                    self.problem(
                        subject,
                        true,
                        format!("explore: what is `learned` of offer `{id}` cannot have been counted"),
                    );
                }
            }
        }
        if self.problems.get(before..).is_some_and(|new| new.iter().any(|problem| problem.fatal)) {
            return;
        }
        let redraw = match explore.redraw {
            Redraw::Decision => 0,
            Redraw::Session => 1,
            Redraw::Day => 2,
            Redraw::Never => 3,
        };
        let compiled = model::Explore {
            campaign: 0,
            floor_micros: (floor * 10_000.0) as u32,
            redraw,
            local: explore.local,
            features,
            arms,
        };
        self.explores.push((&campaign.id, compiled));
    }

    fn explore_feature(
        &mut self,
        subject: &str,
        feature: &'a ExploreFeature,
    ) -> Option<model::ExploreFeature> {
        if !feature.scale.is_finite() || feature.scale == 0.0 {
            self.problem(
                subject,
                true,
                format!("explore: a feature's scale is {}, not a factor", shown(feature.scale)),
            );
        }
        let of = match (&feature.attribute, &feature.context) {
            (Some(name), None) => {
                let index = self.source.attributes.iter().position(|attribute| attribute.id == *name);
                let label = index.and_then(|index| self.source.attributes.get(index)).map(|one| one.label);
                let problem = match label {
                    None => Some(format!("explore: refers to unknown attribute `{name}`")),
                    Some(Label::Public) => None,
                    Some(_) => Some(format!(
                        "explore: attribute `{name}` would leave the device with each exposure: only one labelled \
                         `public` may"
                    )),
                };
                match problem {
                    Some(problem) => {
                        self.problem(subject, true, problem);
                        None
                    }
                    None => index.map(Ok),
                }
            }
            (None, Some(name)) if CONTEXT.contains(&name.as_str()) => Some(Err(name.clone())),
            (None, Some(name)) => {
                let known = CONTEXT.join(", ");
                self.problem(
                    subject,
                    true,
                    format!("explore: refers to unknown context `{name}`; known are {known}"),
                );
                None
            }
            _ => {
                self.problem(subject, true, "explore: a feature is one of `attribute` and `context`");
                None
            }
        };
        Some(model::ExploreFeature { of: of?, is: feature.is.clone(), scale: feature.scale })
    }

    /// What goes into the bundle.
    pub(super) fn take_explores(&mut self, campaigns: &[bundle::Campaign]) -> Vec<model::Explore> {
        let explores = std::mem::take(&mut self.explores).into_iter();
        let mut explores: Vec<model::Explore> = explores
            .filter_map(|(id, explore)| {
                let campaign = campaigns.iter().position(|campaign| campaign.id == id)?;
                Some(model::Explore { campaign, ..explore })
            })
            .collect();
        explores.sort_by_key(|explore| explore.campaign);
        explores
    }
}

/// Variance of one reward, 0 or 1, over all offers.
fn noise(explore: &Explore) -> f64 {
    let sum = |of: fn(&Evidence) -> f64| explore.learned.values().map(of).sum::<f64>();
    let successes = explore.prior.successes + sum(|evidence| evidence.successes);
    let rate = successes / (explore.prior.successes + explore.prior.failures + sum(|e| e.trials));
    rate * (1.0 - rate)
}

/// What [`Arm`] holds of `evidence`; `None` if it is not the evidence of anything.
fn belief(explore: &Explore, evidence: &Evidence, noise: f64) -> Option<(Vec<f64>, Vec<f64>)> {
    let numbers = evidence.moments.iter().chain(&evidence.response);
    let counted = numbers.chain([&evidence.trials, &evidence.successes]).all(|number| number.is_finite());
    // What decays is rounded on its way.
    let fits = evidence.successes >= 0.0 && evidence.successes <= evidence.trials * (1.0 + 1e-9);
    if !counted || !fits {
        return None;
    }
    let prior = explore.prior;
    if explore.features.is_empty() {
        let failures = (evidence.trials - evidence.successes).max(0.0);
        return Some((vec![prior.successes + evidence.successes, prior.failures + failures], Vec::new()));
    }
    let width = explore.features.len() + 1;
    let cells = width * (width + 1) / 2;
    let fits = |list: &[f64], len: usize| list.is_empty() || list.len() == len;
    if !fits(&evidence.moments, cells) || !fits(&evidence.response, width) {
        return None;
    }
    // Ridge regression with unit penalty; of the intercept as many trials as the prior has.
    let at = |row: usize, column: usize| row * (row + 1) / 2 + column;
    let mut precision: Vec<f64> =
        (0..cells).map(|index| evidence.moments.get(index).copied().unwrap_or(0.0)).collect();
    for row in 0..width {
        *precision.get_mut(at(row, row))? += if row == 0 { prior.successes + prior.failures } else { 1.0 };
    }
    let mut response: Vec<f64> =
        (0..width).map(|index| evidence.response.get(index).copied().unwrap_or(0.0)).collect();
    *response.first_mut()? += prior.successes;
    // Cholesky: precision = C Cᵀ.
    let mut root = vec![0.0; cells];
    for row in 0..width {
        for column in 0..=row {
            let mut sum = *precision.get(at(row, column))?;
            for k in 0..column {
                sum -= root.get(at(row, k))? * root.get(at(column, k))?;
            }
            let value = if row == column {
                if sum <= 0.0 {
                    return None;
                }
                sum.sqrt()
            } else {
                sum / root.get(at(column, column))?
            };
            *root.get_mut(at(row, column))? = value;
        }
    }
    // F = σ C⁻¹, so that |F x|² is the variance of x·w.
    let mut factor = vec![0.0; cells];
    for column in 0..width {
        for row in column..width {
            let mut sum = if row == column { noise.sqrt() } else { 0.0 };
            for k in column..row {
                sum -= root.get(at(row, k))? * factor.get(at(k, column))?;
            }
            *factor.get_mut(at(row, column))? = sum / root.get(at(row, row))?;
        }
    }
    // The mean is C⁻ᵀ C⁻¹ b, and C⁻¹ is F/σ.
    let half: Vec<f64> = (0..width)
        .map(|row| {
            (0..=row).map(|k| factor.get(at(row, k)).zip(response.get(k)).map_or(0.0, |(f, b)| f * b)).sum()
        })
        .collect();
    let mean: Vec<f64> = (0..width)
        .map(|row| {
            let along =
                (row..width).map(|k| factor.get(at(k, row)).zip(half.get(k)).map_or(0.0, |(f, h)| f * h));
            along.sum::<f64>() / noise
        })
        .collect();
    mean.iter().chain(&factor).all(|number| number.is_finite()).then_some((mean, factor))
}
