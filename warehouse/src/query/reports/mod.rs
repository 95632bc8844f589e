//! Reports of what the SDK captures: forms, searches, offers, and processes of several steps.

mod forms;
mod process;
mod promotions;
mod searches;

use super::bots::Scope;
use super::sql;
use crate::Error;
use attune_schema::bot::Bots;
use attune_schema::question::{EventNames, FunnelQuestion, FunnelStep, PropertyFilter, Which};
use attune_schema::question::{Order, Per, Period};
use attune_schema::value::Value;

/// Rows of a site, a period, and of whom.
fn within(of: Scope<'_>, period: Option<Period>, bots: Bots) -> Result<String, Error> {
    Ok(format!("site = {}{}{}", of.site, sql::period(period, true)?, of.filter(bots)?))
}

/// A step of a funnel: an event whose property has a value.
fn step(event: &str, property: &str, value: &str) -> FunnelStep {
    let filter = PropertyFilter {
        property: property.to_owned(),
        one_of: vec![Value::Text(value.to_owned())],
        ..PropertyFilter::default()
    };
    FunnelStep { event: EventNames::from(event), filters: vec![filter], ..FunnelStep::default() }
}

/// A step of a funnel: events as they are asked for.
fn step_of(which: &Which) -> FunnelStep {
    FunnelStep { event: which.event.clone(), filters: which.filters.clone(), ..FunnelStep::default() }
}

fn funnel(steps: Vec<FunnelStep>, per: Per, period: Option<Period>, bots: Bots) -> FunnelQuestion {
    FunnelQuestion { steps, per, period, bots, order: Order::Ordered, ..FunnelQuestion::default() }
}
