//! Back-tests over the real engine: small histories, counted by hand.

mod common;

use attune_collector::backtest::report::{Report, report};
use attune_collector::backtest::{BacktestPlan, BacktestQuestion, Tally};
use attune_schema::bot::Class;
use attune_schema::consent::{Consent, Grant};
use attune_schema::value::Value as Property;
use attune_warehouse::row::EventRow;
use axum::http::StatusCode;
use common::history::{World, row};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// 2 November 2026, 00:00 UTC.
const BEGIN: i64 = 1_793_577_600_000;

fn view(site: u32, visitor: u128, at: i64) -> EventRow {
    row(site, visitor, "page_viewed", at, &[("category", "cards".into())])
}

impl World {
    /// The whole back-test, in so many parts.
    async fn backtest(&self, site: &str, question: &Value, parts: u32) -> Report {
        let (status, plan) = self.post(&format!("/api/sites/{site}/backtest/plan"), question).await;
        assert_eq!(status, StatusCode::OK, "{plan}");
        let mut tally = Tally::default();
        for part in 0..parts {
            let mut asked = question.clone();
            (asked["part"], asked["parts"]) = (part.into(), parts.into());
            let (status, counted) = self.post(&format!("/api/sites/{site}/backtest"), &asked).await;
            assert_eq!(status, StatusCode::OK, "{counted}");
            tally.merge(&serde_json::from_value(counted).unwrap());
        }
        let question: BacktestQuestion = serde_json::from_value(question.clone()).unwrap();
        let plan: BacktestPlan = serde_json::from_value(plan).unwrap();
        assert_eq!(plan.events, tally.events, "every event is replayed once");
        let report = report(&question, &plan, tally).unwrap();
        assert!(report.problems.iter().all(|problem| !problem.fatal), "{:?}", report.problems);
        report
    }
}

fn offer(id: &str) -> Value {
    json!({ "id": id, "content": { "en": { "title": id } } })
}

fn source(campaigns: &Value) -> Value {
    json!({
        "site": { "holdout_percent": 0.0, "personalise_basis": "opt_out" },
        "placements": [{ "id": "hero" }],
        "offers": [offer("gold"), offer("loan")],
        "campaigns": campaigns,
    })
}

fn question(source: &Value, days: i64) -> Value {
    json!({ "source": source, "from": BEGIN, "to": BEGIN + days * DAY_MS })
}

fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// Four visitors look at two pages on each of three days. `loans` runs, and the placement takes three exposures of a
/// visitor. The draft `cards` goes first and takes three exposures for itself: with the second day's first page it has
/// had them all, and the placement is used up as well, so that `loans` never shows.
async fn a_draft_that_uses_up_caps_on_day_two_and_starves_another_is_seen_before_launch(world: &World) {
    world
        .site("starved", |site| {
            let mut history = Vec::new();
            for visitor in 1..=4 {
                for view_of_day in 0..6 {
                    let at = BEGIN + view_of_day / 2 * DAY_MS + (9 + view_of_day % 2) * HOUR_MS;
                    history.push(view(site, visitor, at));
                }
            }
            // A bot, and what lies outside.
            history.push(EventRow { bot: Class::Bot, ..view(site, 9, BEGIN) });
            history.push(view(site, 1, BEGIN + 3 * DAY_MS));
            history.push(view(site + 1_000, 8, BEGIN));
            history
        })
        .await;
    let running = json!({ "id": "loans", "status": "running", "placements": ["hero"], "offers": ["loan"],
        "caps": [{ "scope": "placement", "per": "lifetime", "max": 3 }] });
    let draft = |status: &str| {
        json!({ "id": "cards", "status": status, "placements": ["hero"], "offers": ["gold"], "priority": 10,
            "caps": [{ "scope": "campaign", "per": "lifetime", "max": 3 }] })
    };
    let asked = question(&source(&json!([running, draft("draft")])), 3);
    let got = world.backtest("starved", &asked, 1).await;

    assert_eq!((got.events, got.visitors, got.opportunities), (24, 4, 24));
    assert_eq!(got.reasons, counts(&[("matched", 12), ("capped", 12)]));
    assert_eq!((got.reach, got.exposures), (4, 12));
    let days: Vec<(&str, u64, u64)> =
        got.days.iter().map(|(day, counts)| (day.as_str(), counts.reach, counts.exposures)).collect();
    assert_eq!(days, [("2026-11-02", 4, 8), ("2026-11-03", 4, 4), ("2026-11-04", 0, 0)]);

    let (cards, loans) = (&got.campaigns["cards"], &got.campaigns["loans"]);
    assert!(cards.draft && !loans.draft);
    assert_eq!((cards.reach, cards.exposures, cards.cap_hits), (4, 12, 12));
    assert_eq!(cards.first_cap_hit.as_deref(), Some("2026-11-03"));
    assert_eq!((&cards.offers, &cards.groups), (&counts(&[("gold", 12)]), &counts(&[("treated", 12)])));
    assert_eq!((loans.reach, loans.exposures, loans.cap_hits), (0, 0, 12));
    assert_eq!((loans.exposures_without_drafts, cards.exposures_without_drafts), (Some(12), None));
    assert_eq!(loans.lost_to, counts(&[("cards", 12)]));
    assert_eq!(
        got.warnings,
        [
            "there is no history before the period: profiles begin empty",
            "draft `cards` uses up caps from 2026-11-03 on, 12 decisions",
            "campaign `loans` starves: 0 exposures with the drafts, 12 without, outranked: 12 to `cards`",
        ]
    );

    // In however many parts, and again, it says the same.
    let bytes = serde_json::to_string(&got).unwrap();
    assert_eq!(serde_json::to_string(&world.backtest("starved", &asked, 3).await).unwrap(), bytes);

    // Mended: the draft takes one exposure a day and leaves the rest. What was tested is what ships.
    let mut mended = draft("draft");
    (mended["priority"], mended["caps"]) =
        (0.into(), json!([{ "scope": "campaign", "per": "day", "max": 1 }]));
    let got = world.backtest("starved", &question(&source(&json!([running, mended])), 3), 1).await;
    assert!(got.campaigns["loans"].exposures > 0 && got.exposures >= 12, "{:?}", got.campaigns);
    mended["status"] = "running".into();
    let launched = world.backtest("starved", &question(&source(&json!([running, mended])), 3), 1).await;
    assert_eq!(launched.bundle, got.bundle, "the same digest");
    assert_eq!(launched.campaigns["cards"].exposures, got.campaigns["cards"].exposures);
}

async fn history_before_the_period_fills_profiles_and_what_was_shown_then_is_not_what_would_be(
    world: &World,
) {
    let denied = Consent { personalise: Grant::Denied, ..Consent::default() };
    world
        .site("warm", |site| {
            let exposed = |visitor, at| {
                let shown =
                    [("campaign", "cards".into()), ("offer", "gold".into()), ("placement", "hero".into())];
                row(site, visitor, "offer_exposed", at, &shown)
            };
            vec![
                // Two views before: in the audience from the first page of the period on.
                view(site, 1, BEGIN - 2 * DAY_MS),
                view(site, 1, BEGIN - DAY_MS),
                view(site, 1, BEGIN + HOUR_MS),
                // What was recorded in the period uses up nothing.
                exposed(1, BEGIN + HOUR_MS + 1),
                view(site, 1, BEGIN + 2 * HOUR_MS),
                // Dismissed what would have been seen: quiet. Dismissed what would not: not.
                row(
                    site,
                    1,
                    "offer_dismissed",
                    BEGIN + 3 * HOUR_MS,
                    &[("campaign", "cards".into()), ("offer", "loan".into())],
                ),
                view(site, 1, BEGIN + 4 * HOUR_MS),
                row(
                    site,
                    1,
                    "offer_dismissed",
                    BEGIN + 5 * HOUR_MS,
                    &[("campaign", "cards".into()), ("offer", "gold".into())],
                ),
                view(site, 1, BEGIN + 6 * HOUR_MS),
                // One view before, and so in the audience with the second of the period; an exposure before counts.
                exposed(2, BEGIN - HOUR_MS),
                view(site, 2, BEGIN - DAY_MS),
                view(site, 2, BEGIN + HOUR_MS),
                view(site, 2, BEGIN + 2 * HOUR_MS),
                // Refused: nothing is learnt, nothing decided.
                EventRow { consent: denied.to_bits(), ..view(site, 3, BEGIN + HOUR_MS) },
                // Another page.
                EventRow { url: "https://bank.test/help".to_owned(), ..view(site, 1, BEGIN + 7 * HOUR_MS) },
            ]
        })
        .await;
    let campaign = json!([{ "id": "cards", "status": "running", "placements": ["hero"], "offers": ["gold"],
        "audience": { "event": { "name": "page_viewed", "where": { "category": "cards" }, "at_least": 3 } },
        "dismissed_for": "30d", "caps": [{ "scope": "campaign", "per": "lifetime", "max": 4 }] }]);
    let mut asked = question(&source(&campaign), 1);
    asked["pages"] = json!({ "hero": ["/cards"] });
    let got = world.backtest("warm", &asked, 1).await;
    assert_eq!((got.events, got.warm_up_events, got.visitors, got.opportunities), (15, 4, 3, 7));
    // Visitor 1: three exposures, then quiet. Visitor 2: outside with two views, then one exposure. Visitor 3: refused.
    assert_eq!(got.reasons, counts(&[("matched", 4), ("capped", 1), ("fallback", 1), ("no_consent", 1)]));
    assert_eq!((got.campaigns["cards"].reach, got.campaigns["cards"].cap_hits), (2, 1));
    assert!(got.warnings.is_empty(), "{:?}", got.warnings);
    assert!(got.conversions.is_none(), "no propensity was stored");

    // Without the history before, both begin anew.
    let mut cold = asked.clone();
    cold["warm_up"] = "1s".into();
    let got = world.backtest("warm", &cold, 1).await;
    assert_eq!(got.reasons, counts(&[("matched", 1), ("capped", 1), ("fallback", 4), ("no_consent", 1)]));

    // Everybody in the holdout: what would have been seen is counted, and nobody sees it.
    let mut kept = asked.clone();
    kept["source"]["campaigns"][0]["holdout_percent"] = json!(100.0);
    let got = world.backtest("warm", &kept, 1).await;
    assert_eq!(got.exposures, 0);
    let withheld = got.days["2026-11-02"].withheld;
    assert_eq!(got.campaigns["cards"].groups, counts(&[("holdout", withheld)]));
    // Never seen, and so never dismissed: four pages of visitor 1, and the second of visitor 2.
    assert_eq!(withheld, 5, "{got:?}");

    for (change, why) in [
        (json!({ "to": BEGIN }), "before it begins"),
        (json!({ "part": 2, "parts": 2 }), "part 2 of 2 does not exist"),
        (json!({ "pages": { "footer": ["/"] } }), "`footer` is no placement"),
    ] {
        let mut bad = asked.clone();
        for (key, value) in change.as_object().unwrap() {
            bad[key] = value.clone();
        }
        for path in ["/api/sites/warm/backtest", "/api/sites/warm/backtest/plan"] {
            let (status, body) = world.post(path, &bad).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            assert!(body["message"].as_str().unwrap().contains(why), "{body}");
        }
    }
}

/// 400 visitors were shown `gold` or `loan` with probability one half; 60 of 200 clicked the first, 20 the second. A
/// source that shows `gold` alone has weight 2 for one half: 60 × 2 / 400 = 0.3 a decision, and an effective sample of
/// 400² / (200 × 2²) = 200.
async fn recorded_propensities_say_what_would_have_been_clicked(world: &World) {
    world
        .site("logged", |site| {
            let mut history = Vec::new();
            for visitor in 1..=400_u128 {
                let at = BEGIN + visitor as i64 * 1_000;
                let (offer, clicks) = if visitor % 2 == 0 { ("gold", 120) } else { ("loan", 40) };
                let fields =
                    [("campaign", "cards".into()), ("offer", offer.into()), ("placement", "hero".into())];
                history.push(view(site, visitor, at));
                let mut shown = fields.to_vec();
                shown.push(("propensity", Property::Number(0.5)));
                history.push(row(site, visitor, "offer_exposed", at + 10, &shown));
                if visitor <= clicks {
                    history.push(row(site, visitor, "offer_clicked", at + 20, &fields));
                }
            }
            history
        })
        .await;
    let campaign =
        json!([{ "id": "cards", "status": "running", "placements": ["hero"], "offers": ["gold"] }]);
    let got = world.backtest("logged", &question(&source(&campaign), 1), 1).await;
    let conversions = got.conversions.unwrap();
    let estimate = &conversions.estimate;
    assert_eq!((estimate.rows, estimate.rewarded, got.exposures), (400, 80, 400));
    assert!((estimate.effective_sample_size - 200.0).abs() < 1e-9);
    let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-9, "{got}, not {want}");
    near(estimate.ips.unwrap().value, 0.3);
    near(estimate.snips.unwrap().value, 0.3);
    near(conversions.expected.unwrap(), 120.0);
    assert!(conversions.low.unwrap() < 120.0 && conversions.high.unwrap() > 120.0);
    let doubly = estimate.dr.unwrap();
    assert!(doubly.low < 0.3 && doubly.high > 0.3, "{doubly:?}");

    // A source that shows what was never recorded is refused an estimate.
    let campaign =
        json!([{ "id": "cards", "status": "running", "placements": ["hero"], "offers": ["silver"] }]);
    let mut other = source(&campaign);
    other["offers"] = json!([offer("silver")]);
    let got = world.backtest("logged", &question(&other, 1), 1).await;
    let conversions = got.conversions.unwrap();
    assert!(conversions.expected.is_none() && conversions.estimate.refused.unwrap().contains("0.0 of 400"));
}

/// What events were worth counts as on the device: of three visitors, one spent 60 and 50, one 60, and one bought something
/// of no stated value twice.
async fn what_was_spent_before_decides(world: &World) {
    world
        .site("spent", |site| {
            let bought =
                |visitor, at, worth: &[(&str, Property)]| row(site, visitor, "order_placed", at, worth);
            let worth = |amount: f64| [("value", Property::Number(amount))];
            let mut history: Vec<EventRow> =
                (1..=3).map(|visitor| view(site, visitor, BEGIN + HOUR_MS)).collect();
            history.push(bought(1, BEGIN + 1, &worth(60.0)));
            history.push(bought(1, BEGIN + 2, &worth(50.0)));
            history.push(bought(2, BEGIN + 1, &worth(60.0)));
            history.push(bought(3, BEGIN + 1, &[]));
            history.push(bought(3, BEGIN + 2, &[]));
            history
        })
        .await;
    let spenders = json!({ "id": "cards", "status": "running", "placements": ["hero"], "offers": ["gold"],
        "audience": { "sum": { "name": "order_placed", "within": "30d", "at_least": 100 } } });
    let got = world.backtest("spent", &question(&source(&json!([spenders])), 1), 2).await;
    assert_eq!((got.events, got.opportunities, got.exposures), (8, 3, 1));
}

/// One after the other, because the embedded engine is one a process.
#[tokio::test(flavor = "multi_thread")]
async fn back_tests() {
    let world = World::new().await;
    a_draft_that_uses_up_caps_on_day_two_and_starves_another_is_seen_before_launch(&world).await;
    history_before_the_period_fills_profiles_and_what_was_shown_then_is_not_what_would_be(&world).await;
    recorded_propensities_say_what_would_have_been_clicked(&world).await;
    what_was_spent_before_decides(&world).await;
    world.parts.app.store.close().await;
}
