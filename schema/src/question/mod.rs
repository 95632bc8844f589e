//! Questions put to the warehouse, and their answers; one JSON form for the command line, the API and the console.

/// Makes a type whose fields may all be absent refuse a JSON array, which a derived reader takes as the fields in order.
/// The type derives both ways with `#[serde(remote = "Self")]`.
macro_rules! object {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object;

                impl<'de> serde::de::Visitor<'de> for Object {
                    type Value = $name;

                    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $name::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    }
                }

                deserializer.deserialize_map(Object)
            }
        }
    };
}

/// An answer that says in words what was counted.
pub trait Defined {
    /// The words.
    fn definition_mut(&mut self) -> &mut String;
}

macro_rules! defined {
    ($($answer:ident),*) => {
        $(impl Defined for $answer {
            fn definition_mut(&mut self) -> &mut String {
                &mut self.definition
            }
        })*
    };
}

defined!(
    AttributionAnswer,
    FactsAnswer,
    FormsAnswer,
    FunnelAnswer,
    GoalsAnswer,
    PathsAnswer,
    PersonAnswer,
    PopularAnswer,
    PredictorsAnswer,
    ProcessAnswer,
    PromotionsAnswer,
    RetentionAnswer,
    RfmAnswer,
    SearchesAnswer,
    SensingAnswer,
    SqlAnswer,
    TrendAnswer
);

mod attribution;
mod forms;
mod funnel;
mod goals;
mod paths;
mod person;
mod popular;
mod predictors;
mod process;
mod retention;
mod rfm;
mod sensing;
mod statement;

pub use attribution::{AttributionAnswer, AttributionQuestion, Credit, Direct, Model};
pub use forms::{
    FieldReport, FormReport, FormsAnswer, FormsQuestion, SearchesAnswer, SearchesQuestion, TermReport,
};
pub use funnel::{
    Against, Bar, BreakdownAt, Compared, Exclusion, FunnelAnswer, FunnelPeople, FunnelQuestion, FunnelSlice,
    FunnelStep, FunnelTimes, Order, Outcome, PeopleIds, SameTime, StepCount, Times,
};
pub use goals::{Goal, GoalCount, GoalsAnswer, GoalsQuestion, Money, Once, Reached, TimeOnTask};
pub use paths::{
    Direction, PathBy, PathNode, PathPosition, PathsAnswer, PathsQuestion, Transition, Transitions,
};
pub use person::{
    Cart, Did, Fact, FactsAnswer, FactsQuestion, HourOfWeek, Month, Often, PersonAnswer, PersonQuestion,
    Response, Transaction, WhoIs,
};
pub use popular::{Peer, Popular, PopularAnswer, PopularQuestion};
pub use predictors::{Predictor, PredictorsAnswer, PredictorsQuestion, Trait};
pub use process::{
    Group, ProcessAnswer, ProcessQuestion, ProcessStep, ProcessStepReport, PromotionBy, PromotionReport,
    PromotionsAnswer, PromotionsQuestion,
};
pub use retention::{Cohort, CohortOf, RetentionAnswer, RetentionQuestion, Returned};
pub use rfm::{RfmAnswer, RfmBand, RfmBounds, RfmCell, RfmPeople, RfmQuestion};
pub use sensing::{
    Alert, AlertRule, Sensed, SensingAnswer, SensingPoint, SensingQuestion, SensingSeries, Side,
};
pub use statement::{Cell, RunStatement, SqlAnswer, SqlColumn, SqlQuestion};

use crate::bot::Bots;
use crate::time::Timestamp;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One event name, or any of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum EventNames {
    /// Exactly this event.
    One(String),
    /// Any of these.
    Any(Vec<String>),
}

impl Default for EventNames {
    fn default() -> Self {
        Self::Any(Vec::new())
    }
}

impl From<&str> for EventNames {
    fn from(name: &str) -> Self {
        Self::One(name.into())
    }
}

impl EventNames {
    /// The names, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => core::slice::from_ref(name),
            Self::Any(names) => names,
        }
    }
}

/// A test on a property of an event, evaluated in the warehouse: all that it says must hold. An event without the
/// property, or with a text where a number is asked for, fails it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PropertyFilter {
    /// Property name.
    pub property: String,
    /// Any of these values; anything if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Value>,
    /// A number not below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// A number not above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// A number above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_than: Option<f64>,
    /// A number below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less_than: Option<f64>,
}

/// Events of a name, perhaps only some.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The names.
    pub event: EventNames,
    /// All must hold.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<PropertyFilter>,
}

/// Whose events are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Browser profiles.
    #[default]
    Visitor,
    /// Sessions.
    Session,
    /// Visitors stitched by user id.
    Person,
}

/// What an answer is split by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Breakdown {
    /// Desktop, mobile or tablet.
    Device,
    /// Language of the browser.
    Locale,
    /// Campaign tag `utm_source`.
    UtmSource,
    /// Host of the referrer.
    ReferrerHost,
    /// Where the visit came from: search, social, email …
    Channel,
    /// Name of the search engine, network or page it came from.
    Source,
    /// Browser.
    Browser,
    /// Operating system.
    Os,
    /// Country, if a country file is configured.
    Country,
    /// Person, likely a bot, bot, monitoring.
    Bot,
    /// A property of the event, as text.
    Property(String),
}

/// A half-open period of event time, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First instant.
    pub from: Timestamp,
    /// First instant after.
    pub to: Timestamp,
}

/// Size of a bar in a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One day, UTC.
    #[default]
    Day,
    /// One week from Monday, UTC.
    Week,
    /// One month, UTC.
    Month,
}

/// What an answer is a sample of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sampled {
    /// Share of the visitors that was looked at.
    pub share: f64,
    /// Half the width of the interval of 95 % around a count of visitors is this times the count's square root. Around
    /// counts of what visitors do several times, it is wider.
    pub error: f64,
}

/// What a trend counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Events.
    #[default]
    Events,
    /// Distinct visitors.
    Visitors,
    /// Distinct sessions.
    Sessions,
}

/// How often something happened over time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrendQuestion {
    /// Which events; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventNames>,
    /// All must hold.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<PropertyFilter>,
    /// What is counted.
    #[serde(default)]
    pub measure: Measure,
    /// Size of a bar.
    #[serde(default)]
    pub interval: Interval,
    /// Event time; everything if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Split by this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Breakdown>,
    /// Whose events count.
    #[serde(default, skip_serializing_if = "Bots::is_default")]
    pub bots: Bots,
    /// Share of the visitors to take, one in a whole number, such as 0.1: a preview; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0.001, maximum = 0.5))]
    pub sample: Option<f64>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrendPoint {
    /// Start of the interval.
    pub at: Timestamp,
    /// Value of the breakdown; empty without one.
    pub value: String,
    /// The count.
    pub count: u64,
}

/// The answer to a [`TrendQuestion`], by time and then value; empty intervals are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrendAnswer {
    /// The bars.
    pub points: Vec<TrendPoint>,
    /// Of which visitors, if not of all; every count is already multiplied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sampled>,
    /// What was counted, in words.
    #[serde(default)]
    pub definition: String,
    /// The query that was run.
    pub sql: String,
    /// Rows the store read.
    pub rows_read: u64,
    /// Time the store took, in milliseconds.
    pub elapsed_ms: u64,
}
