//! The trend that Home shows: of the warehouse's question and answer what it needs, and no more, since each field that
//! could be written or read weighs.

use attune_schema::question::Period;
use attune_schema::time::{DAY_MS, HOUR_MS, Timestamp};
use serde::{Deserialize, Serialize};

/// Events by day, which is what a `TrendQuestion` asks unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Question {
    event: &'static str,
    period: Period,
}

/// Of a `TrendAnswer`, the bars.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Answer {
    /// By time; days without events are left out.
    pub points: Vec<Point>,
}

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Point {
    /// Its beginning.
    pub at: Timestamp,
    /// Events.
    pub count: u64,
}

/// Events named `event` of so many days, today among them.
#[must_use]
pub fn of_days(event: &'static str, days: i64, now: Timestamp) -> Question {
    let from = Timestamp((now.0.div_euclid(DAY_MS) - days + 1) * DAY_MS);
    Question { event, period: Period { from, to: now.plus_ms(HOUR_MS) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_schema::bot::Bots;
    use attune_schema::question::{EventNames, Interval, Measure, TrendAnswer, TrendPoint, TrendQuestion};

    #[test]
    fn it_is_the_warehouses_question_and_answer() {
        let json = serde_json::to_string(&of_days("page_viewed", 14, Timestamp(20 * DAY_MS + 5))).unwrap();
        let expected = TrendQuestion {
            event: Some(EventNames::One("page_viewed".to_owned())),
            filters: Vec::new(),
            measure: Measure::Events,
            interval: Interval::Day,
            period: Some(Period { from: Timestamp(7 * DAY_MS), to: Timestamp(20 * DAY_MS + 5 + HOUR_MS) }),
            breakdown: None,
            bots: Bots::Exclude,
            sample: None,
        };
        assert_eq!(serde_json::from_str::<TrendQuestion>(&json).unwrap(), expected);
        let answer = TrendAnswer {
            points: vec![TrendPoint { at: Timestamp(DAY_MS), value: String::new(), count: 3 }],
            sample: None,
            definition: String::new(),
            sql: String::new(),
            rows_read: 0,
            elapsed_ms: 0,
        };
        let answer: Answer = crate::json::read(&serde_json::to_string(&answer).unwrap()).unwrap();
        assert_eq!(answer.points, [Point { at: Timestamp(DAY_MS), count: 3 }]);
    }
}
