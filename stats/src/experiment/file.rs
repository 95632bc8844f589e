//! An experiment as people write it, in one JSON document.

use super::{Arm, Goal, Known, Settings};
use crate::Refusal;
use crate::arm::Sums;
use serde::Deserialize;

/// An experiment: settings, and what is known of its arms.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Arm that others are compared with; the first if absent.
    pub control: Option<String>,
    /// Level of intervals and tests; 0.05 if absent.
    pub alpha: Option<f64>,
    /// Power of plans; 0.8 if absent.
    pub power: Option<f64>,
    /// Which way is good; higher if absent.
    #[serde(default)]
    pub goal: Goal,
    /// Smallest difference worth seeing, in the metric's unit.
    pub effect: Option<f64>,
    /// Loss a guard-rail tolerates, in the metric's unit.
    pub margin: Option<f64>,
    /// Units a day that enter the experiment.
    pub daily_units: Option<f64>,
    /// At least one.
    pub arms: Vec<ArmFile>,
}

/// An arm: `units` and `conversions`; or `exposures`, `clicks` and `conversions`; or `values` of units, with or without
/// `denominators` and `covariates`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmFile {
    /// Its name.
    #[serde(alias = "name", alias = "arm")]
    pub id: String,
    /// Share of units it was to have, relative to the other arms; 1 if absent.
    pub weight: Option<f64>,
    /// How many units.
    pub units: Option<f64>,
    /// How many conversions.
    pub conversions: Option<f64>,
    /// How many exposures.
    pub exposures: Option<f64>,
    /// How many clicks.
    pub clicks: Option<f64>,
    /// One number a unit.
    pub values: Option<Vec<f64>>,
    /// One number a unit.
    pub denominators: Option<Vec<f64>>,
    /// One number a unit, of before the experiment.
    pub covariates: Option<Vec<f64>>,
}

impl File {
    /// What to analyse.
    ///
    /// # Errors
    /// An arm with a count that is none, with too few or too many of the fields, or with lists of different lengths.
    pub fn into_parts(self) -> Result<(Vec<Arm>, Settings), Refusal> {
        let arms = self.arms.iter().map(ArmFile::arm).collect::<Result<_, _>>()?;
        let preset = Settings::default();
        let settings = Settings {
            control: self.control,
            alpha: self.alpha.unwrap_or(preset.alpha),
            power: self.power.unwrap_or(preset.power),
            goal: self.goal,
            effect: self.effect,
            margin: self.margin,
            daily_units: self.daily_units,
        };
        Ok((arms, settings))
    }
}

impl ArmFile {
    fn arm(&self) -> Result<Arm, Refusal> {
        let whole = |what: &str, value: f64| {
            if value >= 0.0 && value <= 2f64.powi(53) && value.fract() == 0.0 {
                Ok(value as u64)
            } else {
                let what = format!("arm `{}`: {what}", self.id);
                Err(Refusal::Range { what, value, range: "a whole number of 0 or more" })
            }
        };
        let listed = self.denominators.is_some() || self.covariates.is_some();
        let known = match (self.units, self.conversions, self.exposures, self.clicks, &self.values) {
            (Some(units), Some(conversions), None, None, None) if !listed => Known::Counts {
                units: whole("units", units)?,
                conversions: whole("conversions", conversions)?,
            },
            (None, Some(conversions), Some(exposures), Some(clicks), None) if !listed => Known::Campaign {
                exposures: whole("exposures", exposures)?,
                clicks: whole("clicks", clicks)?,
                conversions: whole("conversions", conversions)?,
            },
            (None, None, None, None, Some(values)) => self.sums(values)?,
            _ => {
                return Err(Refusal::Shape(format!(
                    "arm `{}` needs `units` and `conversions`, or `exposures`, `clicks` and `conversions`, or \
                     `values`, and nothing of another of them",
                    self.id
                )));
            }
        };
        Ok(Arm { id: self.id.clone(), weight: self.weight.unwrap_or(1.0), known })
    }

    fn sums(&self, values: &[f64]) -> Result<Known, Refusal> {
        for (what, list) in [("denominators", &self.denominators), ("covariates", &self.covariates)] {
            if let Some(list) = list.as_ref().filter(|list| list.len() != values.len()) {
                let (id, have, want) = (&self.id, list.len(), values.len());
                return Err(Refusal::Shape(format!("arm `{id}`: {have} {what} for {want} values")));
            }
        }
        let mut sums = Sums::default();
        let of = |list: &Option<Vec<f64>>, index: usize, otherwise: f64| {
            list.as_ref().and_then(|list| list.get(index).copied()).unwrap_or(otherwise)
        };
        for (index, value) in values.iter().enumerate() {
            sums.push(*value, of(&self.denominators, index, 1.0), of(&self.covariates, index, 0.0)).map_err(
                |refusal| Refusal::Shape(format!("arm `{}`, unit {}: {refusal}", self.id, index + 1)),
            )?;
        }
        Ok(Known::Units { sums, ratio: self.denominators.is_some(), covariate: self.covariates.is_some() })
    }
}
