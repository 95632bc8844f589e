//! What a campaign that tries its offers knows of them, in a bundle.

use super::demand;
use crate::value::Value;
use crate::wire::{Reader, Writer};
use alloc::string::String;
use alloc::vec::Vec;

/// Most features of a choice.
pub const FEATURES: usize = 15;
/// Features count from minus this to this.
pub const FEATURE_BOUND: f64 = 10.0;

/// How a campaign chooses among its offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Explore {
    /// Index of the campaign.
    pub campaign: usize,
    /// Millionths of the choices that are spread evenly.
    pub floor_micros: u32,
    /// 0 each decision draws, 1 for the session, 2 for the day, 3 for good.
    pub redraw: u8,
    /// Most successes and failures of this device that count at once.
    pub local: u32,
    /// What the choice depends on, besides the offer.
    pub features: Vec<ExploreFeature>,
    /// What is believed of the offers.
    pub arms: Vec<Arm>,
}

/// A number that the choice depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct ExploreFeature {
    /// Index into the bundle's attributes, or a name in the context.
    pub of: Result<usize, String>,
    /// 1 where it has this value.
    pub is: Option<Value>,
    /// What a number is multiplied with.
    pub scale: f64,
}

/// What is believed of an offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Index of the offer.
    pub offer: usize,
    /// Counter of its exposures on this device.
    pub shown: u64,
    /// Counter of its successes on this device.
    pub won: u64,
    /// Without features: successes and failures, both above 0. With features, intercept first: the expected weights.
    pub mean: Vec<f64>,
    /// With features: the lower triangle F, row by row, with which `|F x|²` is the variance of the weighted sum of x.
    pub factor: Vec<f64>,
}

impl Explore {
    pub(crate) fn write(&self, w: &mut Writer) {
        w.len(self.campaign);
        w.uint(self.floor_micros.into());
        w.u8(self.redraw);
        w.uint(self.local.into());
        w.len(self.features.len());
        for feature in &self.features {
            match &feature.of {
                Ok(index) => {
                    w.u8(0);
                    w.len(*index);
                }
                Err(name) => {
                    w.u8(1);
                    w.text(name);
                }
            }
            w.option(feature.is.as_ref(), |w, value| w.value(value));
            w.f64(feature.scale);
        }
        w.len(self.arms.len());
        for arm in &self.arms {
            w.len(arm.offer);
            w.raw(&arm.shown.to_le_bytes());
            w.raw(&arm.won.to_le_bytes());
            for number in arm.mean.iter().chain(&arm.factor) {
                w.f64(*number);
            }
        }
    }

    /// Reads what may refer to so many campaigns, attributes and offers.
    pub(crate) fn read(s: &mut Reader<'_>, campaigns: usize, attributes: usize, offers: usize) -> Self {
        let campaign = s.index(campaigns);
        let floor_micros = s.u32();
        demand(s, floor_micros <= 1_000_000);
        let redraw = s.u8();
        demand(s, redraw < 4);
        let local = s.u32();
        let features = s.list(|s| ExploreFeature {
            of: if s.bool() { Err(s.owned()) } else { Ok(s.index(attributes)) },
            is: s.option(|s| s.value(Reader::owned)),
            scale: s.f64(),
        });
        demand(s, features.len() <= FEATURES);
        let width = features.len().min(FEATURES) + 1;
        let (means, factors) = if features.is_empty() { (2, 0) } else { (width, width * (width + 1) / 2) };
        let arms = s.list(|s| {
            let (offer, shown, won) = (s.index(offers), s.u64(), s.u64());
            let mean: Vec<f64> = (0..means).map(|_| s.f64()).collect();
            let factor: Vec<f64> = (0..factors).map(|_| s.f64()).collect();
            demand(s, factors > 0 || mean.iter().all(|count| *count > 0.0));
            Arm { offer, shown, won, mean, factor }
        });
        Self { campaign, floor_micros, redraw, local, features, arms }
    }
}
