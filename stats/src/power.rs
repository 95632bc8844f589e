//! How many units a test needs, what it can see, and how long it runs.

use crate::{Refusal, finite, normal, share};
use serde::Serialize;

/// A week, so that every weekday is in a test as often as any other.
const WEEK_DAYS: u64 = 7;

/// What a test is planned by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unit {
    /// Units convert with this probability in the control arm.
    Converts(f64),
    /// Values of units have this standard deviation in both arms.
    Varies(f64),
}

/// A plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Plan {
    /// Smallest difference to see, in the metric's unit.
    pub effect: f64,
    /// Units each arm needs.
    pub units_per_arm: u64,
    /// Days until all arms have them, in whole weeks; absent without `daily_units`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u64>,
}

impl Unit {
    fn check(self, effect: f64) -> Result<(), Refusal> {
        if finite("effect", effect)? == 0.0 {
            return Err(Refusal::Range { what: "effect".to_owned(), value: effect, range: "other than 0" });
        }
        match self {
            Self::Converts(baseline) => share("baseline", baseline)
                .and_then(|baseline| share("baseline + effect", baseline + effect))
                .map(|_| ()),
            Self::Varies(deviation) if finite("deviation", deviation)? > 0.0 => Ok(()),
            Self::Varies(value) => {
                Err(Refusal::Range { what: "deviation".to_owned(), value, range: "above 0" })
            }
        }
    }

    /// Standard deviations of the difference of two units: where there is no effect, and with it (Fleiss, Levin and
    /// Paik 2003, 4.14).
    fn deviations(self, effect: f64) -> (f64, f64) {
        match self {
            Self::Converts(p) => {
                let (q, middle) = (p + effect, p + effect / 2.0);
                ((2.0 * middle * (1.0 - middle)).sqrt(), (p * (1.0 - p) + q * (1.0 - q)).sqrt())
            }
            Self::Varies(deviation) => (deviation * 2f64.sqrt(), deviation * 2f64.sqrt()),
        }
    }
}

/// Probability that a two-sided test at α with `units_per_arm` sees the effect.
///
/// # Errors
/// A share, deviation or effect that cannot be.
pub fn power(unit: Unit, effect: f64, units_per_arm: f64, alpha: f64) -> Result<f64, Refusal> {
    unit.check(effect)?;
    let z = normal::quantile(1.0 - share("alpha", alpha)? / 2.0);
    let (none, with) = unit.deviations(effect);
    let root = units_per_arm.sqrt();
    let (reach, bar) = (effect.abs() * root / with, z * none / with);
    Ok(normal::cdf(reach - bar) + normal::cdf(-reach - bar))
}

/// Units each of `arms` needs so that the effect is seen with probability `power`, and how long that takes at
/// `daily_units` in all arms together.
///
/// # Errors
/// A number that cannot be.
pub fn plan(
    unit: Unit,
    effect: f64,
    alpha: f64,
    power: f64,
    arms: u64,
    daily_units: Option<f64>,
) -> Result<Plan, Refusal> {
    unit.check(effect)?;
    let z = normal::quantile(1.0 - share("alpha", alpha)? / 2.0);
    let reach = normal::quantile(share("power", power)?);
    let (none, with) = unit.deviations(effect);
    let units_per_arm = (((z * none + reach * with) / effect).powi(2)).ceil().max(2.0) as u64;
    let days = match daily_units {
        Some(daily) if finite("daily_units", daily)? > 0.0 => {
            let days = ((units_per_arm * arms) as f64 / daily).ceil() as u64;
            Some(days.max(1).div_ceil(WEEK_DAYS) * WEEK_DAYS)
        }
        Some(value) => {
            return Err(Refusal::Range { what: "daily_units".to_owned(), value, range: "above 0" });
        }
        None => None,
    };
    Ok(Plan { effect, units_per_arm, days })
}

/// Smallest difference that two arms with these variances of their estimates show with probability `power`.
#[must_use]
pub fn detectable(variance: f64, alpha: f64, power: f64) -> Option<f64> {
    let effect = (normal::quantile(1.0 - alpha / 2.0) + normal::quantile(power)) * variance.sqrt();
    (effect.is_finite() && effect > 0.0).then_some(effect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_planned_size_has_the_planned_power() {
        for unit in [Unit::Converts(0.05), Unit::Varies(0.2)] {
            let plan = plan(unit, 0.01, 0.05, 0.8, 2, Some(1_000.0)).unwrap();
            let got = power(unit, 0.01, plan.units_per_arm as f64, 0.05).unwrap();
            assert!((0.8..0.8005).contains(&got), "{plan:?} has {got}");
        }
        // Fleiss: (1.96 √(2·.055·.945) + .8416 √(.05·.95 + .06·.94))² / .01² = 8,158.
        assert_eq!(plan(Unit::Converts(0.05), 0.01, 0.05, 0.8, 2, None).unwrap().units_per_arm, 8_158);
    }

    #[test]
    fn run_time_is_in_whole_weeks() {
        let days = |daily| plan(Unit::Converts(0.05), 0.01, 0.05, 0.8, 2, Some(daily)).unwrap().days;
        assert_eq!((days(1e6), days(2_000.0), days(2_331.0)), (Some(7), Some(14), Some(7)));
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let refused = |unit, effect| plan(unit, effect, 0.05, 0.8, 2, None).unwrap_err().to_string();
        assert_eq!(refused(Unit::Converts(0.99), 0.02), "baseline + effect: 1.01 is not between 0 and 1");
        assert_eq!(refused(Unit::Converts(0.5), 0.0), "effect: 0 is not other than 0");
        assert_eq!(refused(Unit::Varies(0.0), 1.0), "deviation: 0 is not above 0");
    }
}
