//! Campaigns that try their offers, over the real engine: what they saw, counted by hand, and what they show then.

mod common;

use attune_engine::case::Case;
use attune_schema::bot::Class;
use attune_schema::value::Value as Property;
use attune_warehouse::row::EventRow;
use axum::http::StatusCode;
use common::NOW;
use common::history::{World, row};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn shown(site: u32, visitor: u128, offer: &str, at: i64, more: &[(&str, Property)]) -> EventRow {
    let mut fields =
        vec![("campaign", "cards".into()), ("offer", offer.into()), ("propensity", Property::Number(0.5))];
    fields.extend_from_slice(more);
    row(site, visitor, "offer_exposed", at, &fields)
}

fn clicked(site: u32, visitor: u128, offer: &str, at: i64) -> EventRow {
    row(site, visitor, "offer_clicked", at, &[("campaign", "cards".into()), ("offer", offer.into())])
}

impl World {
    /// Makes the placement, two offers and a campaign of `name` that tries them.
    async fn campaign(&self, name: &str, explore: Value) {
        let offer = |id: &str| json!({ "id": id, "content": { "en": { "title": id } } });
        let campaign = json!({ "id": "cards", "status": "running", "placements": ["hero"], "offers": ["gold", "sky"],
                               "explore": explore });
        let settings =
            [("placements", json!({ "id": "hero" })), ("offers", offer("gold")), ("offers", offer("sky"))];
        for (kind, body) in settings.into_iter().chain([("campaigns", campaign)]) {
            let (status, answer) = self.post(&format!("/api/sites/{name}/{kind}"), &body).await;
            assert_eq!(status, StatusCode::CREATED, "{answer}");
        }
    }

    async fn learn(&self, name: &str) -> Value {
        let (status, answer) = self.post(&format!("/api/sites/{name}/learned"), &Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// The probability of `gold` for somebody on this device, in millionths, and the site's revision.
    fn chance_of_gold(&self, name: &str, device: &str) -> (u32, u64) {
        let site = self.parts.app.sites.by_name(name).unwrap();
        let program = &site.deciding.programs.device;
        let gold = (0..500).find_map(|visitor| {
            let case = json!({ "placement": "hero", "visitor": format!("visitor-{visitor}"), "now": NOW,
                               "context": { "device": device }, "consent": { "personalise": "granted" } });
            let (decision, _) = serde_json::from_value::<Case>(case).unwrap().decide(program);
            decision.offers.into_iter().find(|choice| choice.offer == "gold")
        });
        (gold.map_or(0, |choice| choice.propensity_micros), site.bundle.revision)
    }
}

/// Of 200 exposures of each, 40 and 10 were clicked within the day.
async fn what_was_seen_is_counted_and_changes_what_is_shown(world: &World) {
    world
        .site("plain", |site| {
            let mut history = Vec::new();
            for visitor in 1..=400_u128 {
                let at = NOW - 3 * DAY + visitor as i64 * 1_000;
                let (offer, clicks) = if visitor % 2 == 0 { ("gold", 80) } else { ("sky", 20) };
                history.push(shown(site, visitor, offer, at, &[]));
                if visitor <= clicks {
                    // Twice: one exposure is one success.
                    history.extend([
                        clicked(site, visitor, offer, at + HOUR),
                        clicked(site, visitor, offer, at + 2 * HOUR),
                    ]);
                }
            }
            // None of these counts: too late, of another offer, of another campaign, a bot's, not tried, too young.
            history.push(clicked(site, 100, "gold", NOW - DAY - HOUR));
            history.push(clicked(site, 102, "sky", NOW - 3 * DAY + 200_000));
            let other = [("campaign", "loans".into()), ("offer", "gold".into())];
            history.push(row(site, 104, "offer_clicked", NOW - 3 * DAY + 200_000, &other));
            let mut bot = shown(site, 1_001, "gold", NOW - 3 * DAY, &[]);
            bot.bot = Class::Bot;
            history.push(bot);
            let untried = [("campaign", "cards".into()), ("offer", "gold".into())];
            history.push(row(site, 1_002, "offer_exposed", NOW - 3 * DAY, &untried));
            history.push(shown(site, 1_003, "gold", NOW - DAY / 2, &[]));
            history.push(clicked(site, 1_003, "gold", NOW - DAY / 4));
            history
        })
        .await;
    world.campaign("plain", json!({ "floor_percent": 0 })).await;
    let (before, first) = world.chance_of_gold("plain", "mobile");
    assert!(before.abs_diff(500_000) <= 1, "{before}");
    let learned = world.learn("plain").await;
    let offers = json!({ "gold": { "trials": 200.0, "successes": 40.0 }, "sky": { "trials": 200.0, "successes": 10.0 } });
    assert_eq!(
        learned,
        json!([{ "campaign": "cards", "counted_at": NOW, "frozen": false, "offers": offers }])
    );
    let (after, second) = world.chance_of_gold("plain", "mobile");
    assert!(after > 999_000 && second > first, "{after}");
    world.learn("plain").await;
    assert_eq!(world.chance_of_gold("plain", "mobile").1, second, "nothing new, nothing published");
}

/// A goal that names no offer belongs to the visitor's last exposure.
async fn a_goal_of_the_site_belongs_to_the_last_exposure(world: &World) {
    world
        .site("goal", |site| {
            let at = NOW - 5 * DAY;
            vec![
                shown(site, 1, "gold", at, &[]),
                shown(site, 1, "sky", at + HOUR, &[]),
                row(site, 1, "card_applied", at + 2 * HOUR, &[]),
                shown(site, 2, "gold", at, &[]),
                row(site, 2, "card_applied", at + 49 * HOUR, &[]),
                shown(site, 3, "gold", at, &[]),
                row(site, 3, "card_applied", at, &[]),
                row(site, 4, "card_applied", at, &[]),
            ]
        })
        .await;
    let learned = json!({ "gold": { "trials": 10, "successes": 5 } });
    world.campaign("goal", json!({ "goal": "card_applied", "within": "2d", "learned": learned })).await;
    let offers = &world.learn("goal").await[0]["offers"];
    assert_eq!(offers["gold"], json!({ "trials": 13.0, "successes": 6.0 }), "beside what it was given");
    assert_eq!(offers["sky"], json!({ "trials": 1.0, "successes": 1.0 }));
}

/// On phones gold works, elsewhere sky.
async fn what_works_is_learned_by_context(world: &World) {
    world
        .site("context", |site| {
            let mut history = Vec::new();
            for visitor in 1..=800_u128 {
                let at = NOW - 3 * DAY + visitor as i64 * 1_000;
                let (mobile, gold) = (visitor % 2 == 0, visitor % 4 < 2);
                let (offer, x) = (if gold { "gold" } else { "sky" }, if mobile { "1000000" } else { "0" });
                history.push(shown(site, visitor, offer, at, &[("features", x.into())]));
                if mobile == gold && visitor <= 400 {
                    history.push(clicked(site, visitor, offer, at + HOUR));
                }
            }
            history
        })
        .await;
    let features = json!([{ "context": "device", "is": "mobile" }]);
    world.campaign("context", json!({ "features": features, "floor_percent": 2 })).await;
    let learned = world.learn("context").await;
    assert_eq!(
        learned[0]["offers"]["gold"],
        json!({ "trials": 400.0, "successes": 100.0, "moments": [400.0, 200.0, 200.0], "response": [100.0, 100.0] })
    );
    let (mobile, desktop) =
        (world.chance_of_gold("context", "mobile").0, world.chance_of_gold("context", "desktop").0);
    assert!(mobile > 980_000 && (10_000..20_000).contains(&desktop), "{mobile} {desktop}");
}

async fn evidence_halves_and_frozen_campaigns_learn_nothing(world: &World) {
    for name in ["halves", "frozen"] {
        world
            .site(name, |site| {
                let exposed = |visitor, at| shown(site, visitor, "gold", at, &[]);
                vec![
                    exposed(1, NOW - 2 * DAY),
                    exposed(2, NOW - 3 * DAY),
                    clicked(site, 2, "gold", NOW - 3 * DAY + 1),
                ]
            })
            .await;
        let explore = json!({ "half_life": "1d", "frozen": name == "frozen" });
        world.campaign(name, explore).await;
    }
    let halves = world.learn("halves").await;
    assert_eq!(halves[0]["offers"]["gold"], json!({ "trials": 0.375, "successes": 0.125 }));
    let frozen = world.learn("frozen").await;
    assert_eq!(frozen, json!([{ "campaign": "cards", "frozen": true, "offers": {} }]));
}

/// One after the other, because the embedded engine is one a process.
#[tokio::test(flavor = "multi_thread")]
async fn campaigns_learn_from_what_is_stored() {
    let world = World::new().await;
    what_was_seen_is_counted_and_changes_what_is_shown(&world).await;
    a_goal_of_the_site_belongs_to_the_last_exposure(&world).await;
    what_works_is_learned_by_context(&world).await;
    evidence_halves_and_frozen_campaigns_learn_nothing(&world).await;
    world.parts.app.store.close().await;
}
