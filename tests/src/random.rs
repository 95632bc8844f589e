//! Sources and questions nobody would write: what they are made of is drawn, so that two builds of the engine can be
//! asked about things that no test thought of.

use attune_engine::case::Case;
use attune_schema::source::Source;
use fastrand::Rng;
use serde_json::{Value, json};

/// Names that are long, short, empty of meaning, or not ASCII.
const WORDS: [&str; 8] = ["travel", "dining", "a", "카드", "say \"hi\"", "é\n", "cards", "x-y.z"];
const EVENTS: [&str; 5] = ["page_viewed", "item_viewed", "offer_exposed", "offer_dismissed", "order_placed"];
const FACETS: [&str; 6] = ["category", "item", "form", "campaign", "offer", "placement"];
const PLACEMENTS: [&str; 3] = ["hero", "side", "foot"];
const ATTRIBUTES: [&str; 3] = ["tier", "age", "member"];
const CONTEXTS: [&str; 4] = ["device", "path", "hour", "locale"];
const SPANS: [&str; 6] = ["1s", "5m", "1h", "2d", "1w", "30d"];
/// Some Sunday in November 2026; questions are asked within weeks of it.
const NOW: i64 = 1_795_348_800_000;
const HOUR: i64 = 3_600_000;

/// Draws sources and questions.
pub struct Draw(pub Rng);

impl Draw {
    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.0.usize(..list.len())]
    }

    fn sometimes(&mut self) -> bool {
        self.0.u8(..4) == 0
    }

    fn number(&mut self) -> f64 {
        match self.0.u8(..6) {
            0 => 0.0,
            1 => -1.5,
            2 => 1e-7,
            3 => 123_456_789.123,
            4 => self.0.f64() * 10.0,
            _ => f64::from(self.0.i8(..)),
        }
    }

    fn value(&mut self) -> Value {
        match self.0.u8(..3) {
            0 => json!(self.0.bool()),
            1 => json!(self.number()),
            _ => json!(self.of(&WORDS)),
        }
    }

    fn field(&mut self, names: &[&str]) -> Value {
        let name = self.of(names);
        let (op, operand) = match self.0.u8(..10) {
            0 => ("is", self.value()),
            1 => ("is_not", self.value()),
            2 => ("one_of", json!([self.value(), self.value(), self.value()])),
            3 => ("at_least", self.value()),
            4 => ("at_most", self.value()),
            5 => ("more_than", self.value()),
            6 => ("less_than", self.value()),
            7 => ("starts_with", json!(self.of(&["", "t", "카", "tra"]))),
            8 => ("contains", json!(self.of(&["", "a", "드", "in"]))),
            _ => ("known", json!(self.0.bool())),
        };
        json!({ "name": name, op: operand })
    }

    fn filter(&mut self) -> Value {
        if self.0.bool() { json!({}) } else { json!({ self.of(&FACETS): self.of(&WORDS) }) }
    }

    fn rule(&mut self, depth: usize, audiences: usize) -> Value {
        let kinds = if depth == 0 { 9 } else { 12 };
        match self.0.usize(..kinds) {
            0 => {
                let mut event = json!({ "name": self.of(&EVENTS), "where": self.filter() });
                if self.0.bool() {
                    event["within"] = json!(self.of(&SPANS[2..]));
                    if self.0.bool() {
                        event["older_than"] = json!(self.of(&SPANS[..2]));
                    }
                }
                let least = self.0.u32(..4);
                event["at_least"] = json!(least);
                if self.0.bool() {
                    event["at_most"] = json!(least + self.0.u32(..3));
                }
                json!({ "event": event })
            }
            1 => json!({ "attribute": self.field(&ATTRIBUTES) }),
            2 => json!({ "context": self.field(&CONTEXTS) }),
            3 => json!({ "affinity": { "category": self.of(&WORDS), "at_least": self.number() } }),
            4 if audiences > 0 => json!({ "audience": format!("aud-{}", self.0.usize(..audiences)) }),
            4 | 5 => json!({ "sample": { "name": self.of(&WORDS), "percent": self.0.u8(..=100) } }),
            6 => json!({ "sum": { "name": self.of(&EVENTS), "where": self.filter(),
                                  "within": self.of(&SPANS), "at_least": self.number() } }),
            7 => {
                let count = self.0.usize(2..5);
                let absent = self.0.bool();
                let steps: Vec<Value> = (1..=count)
                    .map(|step| {
                        json!({ "name": self.of(&EVENTS[..3]), "where": self.filter(), "absent": absent && step == count })
                    })
                    .collect();
                json!({ "sequence": { "steps": steps, "within": self.of(&SPANS) } })
            }
            8 => {
                let mut trend = json!({ "name": self.of(&EVENTS), "where": self.filter(),
                                        "within": self.of(&["1d", "2d", "7d"]), "before": self.of(&["1d", "14d"]) });
                trend[self.of(&["rising", "falling"])] = json!([1.0, 1.5, 4.0][self.0.usize(..3)]);
                json!({ "trend": trend })
            }
            kind => {
                let members: Vec<Value> =
                    (0..self.0.usize(..4)).map(|_| self.rule(depth - 1, audiences)).collect();
                json!({ ["all", "any", "none"][kind - 9]: members })
            }
        }
    }

    fn time(&mut self) -> i64 {
        NOW + self.0.i64(-800 * HOUR..100 * HOUR)
    }

    /// What a site's people could have written.
    pub fn source(&mut self) -> Source {
        let audiences: Vec<Value> = (0..self.0.usize(..4))
            .map(|index| json!({ "id": format!("aud-{index}"), "rule": self.rule(3, index) }))
            .collect();
        let offers: Vec<Value> = (0..self.0.usize(1..7))
            .map(|index| {
                let mut offer = json!({
                    "id": format!("offer-{index}"), "category": self.of(&WORDS), "weight": self.number(),
                    "content": { "en": { "title": "t" } },
                });
                if self.sometimes() {
                    offer["eligibility"] = self.rule(2, audiences.len());
                }
                if self.sometimes() {
                    let from = self.time();
                    offer["valid_from"] = json!(from);
                    offer["valid_until"] = json!(from + self.0.i64(1..400 * HOUR));
                }
                offer
            })
            .collect();
        let count = offers.len();
        let campaigns: Vec<Value> =
            (0..self.0.usize(1..6)).map(|index| self.campaign(index, count, audiences.len())).collect();
        let source = json!({
            "site": {
                "enabled": !(self.sometimes() && self.sometimes()),
                "holdout_percent": self.0.u8(..30),
                "salt": self.of(&WORDS),
                "personalise_basis": self.of(&["opt_in", "opt_out"]),
                "utc_offset_minutes": self.0.i32(-720..720),
                "session_timeout": self.of(&SPANS[1..3]),
                "affinity": { "half_life": self.of(&SPANS), "weights": { "page_viewed": self.number(), "item_viewed": 2 } },
            },
            "attributes": ATTRIBUTES.map(|id| json!({ "id": id })),
            "placements": PLACEMENTS.map(|id| json!({ "id": id })),
            "audiences": audiences, "offers": offers, "campaigns": campaigns,
        });
        serde_json::from_value(source).expect("what is drawn is of the form")
    }

    fn campaign(&mut self, index: usize, offers: usize, audiences: usize) -> Value {
        let some = |draw: &mut Self| -> Vec<String> {
            let first = draw.0.usize(..offers);
            (first..offers).map(|index| format!("offer-{index}")).collect()
        };
        let mut campaign = json!({
            "id": format!("campaign-{index}"), "status": "running", "placements": [self.of(&PLACEMENTS)],
            "offers": some(self), "priority": self.0.i32(-1..2), "holdout_percent": self.0.u8(..30),
            "rank": { "weight": self.number(), "affinity": self.number(), "per_category": self.0.u32(..3) },
        });
        if self.0.bool() {
            campaign["audience"] = self.rule(3, audiences);
        }
        if self.sometimes() {
            campaign["exclusion_group"] = json!(self.of(&["one", "two"]));
        }
        if self.sometimes() {
            let from = self.time();
            campaign["starts_at"] = json!(from);
            campaign["ends_at"] = json!(from + self.0.i64(1..800 * HOUR));
        }
        if self.0.bool() {
            let arms = self.0.usize(1..4);
            let arm = |draw: &mut Self, index: usize| {
                json!({ "id": format!("arm-{index}"), "weight": draw.0.u8(1..9), "offers": some(draw),
                        "control": index == 1, "dropped": index == 2 && draw.0.bool() })
            };
            campaign["variants"] = (0..arms).map(|index| arm(self, index)).collect();
        }
        if self.0.bool() {
            campaign["caps"] = json!([{ "scope": self.of(&["campaign", "offer", "placement"]),
                "per": self.of(&["session", "day", "week", "lifetime"]), "max": self.0.u8(1..4) }]);
        }
        if self.sometimes() {
            let evidence = |draw: &mut Self| {
                let trials = draw.0.u16(..900);
                json!({ "trials": trials, "successes": draw.0.u16(..=trials) })
            };
            let learned: Vec<(String, Value)> =
                some(self).into_iter().map(|offer| (offer, evidence(self))).collect();
            campaign["explore"] = json!({
                "floor_percent": self.0.u8(..30), "redraw": self.of(&["decision", "session", "day", "never"]),
                "local": self.0.u8(..5), "learned": learned.into_iter().collect::<serde_json::Map<_, _>>(),
            });
            if self.0.bool() {
                let mut rows = attune_schema::source::Evidence::default();
                for _ in 0..self.0.u8(..40) {
                    rows.learn(&[f64::from(self.0.u8(..2)), self.0.f64() * 4.0], self.0.bool(), 1.0);
                }
                campaign["explore"]["local"] = json!(0);
                campaign["explore"]["features"] =
                    json!([{ "context": "device", "is": "mobile" }, { "context": "hour", "scale": 0.2 }]);
                campaign["explore"]["learned"] = json!({ some(self)[0].clone(): rows });
            }
        }
        if self.sometimes() {
            campaign["dismissed_for"] = json!(self.of(&SPANS));
        }
        campaign
    }

    /// A visitor and a question about `source`.
    pub fn case(&mut self) -> Case {
        let now = self.time();
        let mut at = now - self.0.i64(..700 * HOUR);
        let events: Vec<Value> = (0..self.0.usize(..30))
            .map(|_| {
                at += self.0.i64(-HOUR..40 * HOUR);
                let mut properties = json!({});
                for _ in 0..self.0.usize(..4) {
                    let (name, value) = match self.0.u8(..4) {
                        0 => ("value", json!(self.number())),
                        1 => ("campaign", json!(format!("campaign-{}", self.0.u8(..4)))),
                        2 => ("offer", json!(format!("offer-{}", self.0.u8(..4)))),
                        _ => (self.of(&FACETS), json!(self.of(&WORDS))),
                    };
                    properties[name] = value;
                }
                json!({ "name": self.of(&EVENTS), "at": at, "times": self.0.u32(1..3), "properties": properties })
            })
            .collect();
        let grants = ["granted", "granted", "granted", "granted", "granted", "denied", "unknown"];
        let case = json!({
            "placement": if self.sometimes() && self.sometimes() { "nowhere" } else { self.of(&PLACEMENTS) },
            "now": now,
            "visitor": format!("visitor-{}", self.0.u64(..)),
            "events": events,
            "attributes": self.fields(&ATTRIBUTES),
            "context": self.fields(&CONTEXTS),
            "consent": { "personalise": self.of(&grants), "measure": self.of(&grants) },
            "reserved": if self.sometimes() { json!([["campaign", "campaign-0"], ["offer", "offer-1"]]) } else { json!([]) },
            "limit": self.0.usize(1..5),
            "force": if self.sometimes() { json!(format!("offer-{}", self.0.u8(..9))) } else { Value::Null },
            "draw": self.0.u64(..1 << 53),
        });
        serde_json::from_value(case).expect("what is drawn is of the form")
    }

    fn fields(&mut self, names: &[&str]) -> Value {
        let mut fields = json!({});
        for name in names {
            if self.0.bool() {
                fields[*name] = self.value();
            }
        }
        fields
    }
}
