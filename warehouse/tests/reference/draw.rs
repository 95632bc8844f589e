//! Histories and questions, drawn.

use super::world::{Dice, NOON, row};
use attune_schema::bot::Class;
use attune_schema::id::SessionId;
use attune_schema::question::FunnelQuestion;
use attune_warehouse::row::EventRow;
use serde_json::{Value, json};

fn from(json: Value) -> FunnelQuestion {
    serde_json::from_value(json).unwrap()
}

/// Histories of a few events each on a few seconds: most have ties.
pub(super) fn histories(site: u32, visitors: u128, dice: &mut Dice) -> Vec<EventRow> {
    let mut rows = Vec::new();
    for visitor in 1..=visitors {
        for _ in 0..=dice.roll(7) {
            let name = dice.pick(&["a", "a", "b", "b", "c", "d", "x", "y"]);
            let mut event =
                row(site, rows.len() as u128 + 1, visitor, name, NOON + dice.roll(10) as i64 * 1_000);
            event.sequence = dice.roll(4) as u32;
            event.session = SessionId(visitor * 2 + u128::from(dice.roll(2)));
            event.device = dice.pick(&["desktop", "mobile", "tablet"]).to_owned();
            if visitor < visitors / 3 {
                event.user = format!("user-{}", visitor / 2);
            }
            if dice.one_in(10) {
                event.bot = Class::Bot;
            }
            if !dice.one_in(5) {
                event.properties.push(("kind".to_owned(), dice.pick(&["p", "q"]).into()));
            }
            if !dice.one_in(4) {
                event
                    .properties
                    .push(("n".to_owned(), attune_schema::value::Value::Number(dice.roll(4) as f64)));
            }
            rows.push(event);
        }
    }
    rows
}

fn filters(dice: &mut Dice) -> Value {
    match dice.roll(8) {
        0 => json!([{ "property": "kind", "one_of": ["p"] }]),
        1 => json!([{ "property": "n", "at_least": 1.0, "less_than": 3.0 }]),
        2 => {
            json!([{ "property": "n", "one_of": [0, 2], "at_most": 2 }, { "property": "kind", "one_of": ["q", true, 1] }])
        }
        3 => json!([{ "property": "n", "more_than": 0.5 }]),
        _ => json!([]),
    }
}

fn names(dice: &mut Dice, from: &[&str]) -> Value {
    let one = dice.pick(from);
    if dice.one_in(4) { json!([one, dice.pick(from)]) } else { json!(one) }
}

/// A question with any of the options there are, as JSON: so the published form is what is tested.
pub(super) fn any_question(dice: &mut Dice) -> FunnelQuestion {
    if dice.one_in(8) {
        // What the console asks: the quick way.
        return from(json!({
            "steps": [{ "event": ["c", "a"] }, { "event": dice.pick(&["b", "x"]), "where": filters(dice) }, { "event": "d" }],
            "window_seconds": dice.roll(9), "per": dice.pick(&["visitor", "session", "person"]), "breakdown": "device",
        }));
    }
    let order = dice.pick(&["ordered", "ordered", "strict", "any"]);
    let any = order == "any";
    let steps = 1 + dice.roll(4);
    let mut list = Vec::new();
    for step in 0..steps {
        let filters = if dice.one_in(2) { filters(dice) } else { json!([]) };
        let mut one = json!({ "event": names(dice, &["a", "b", "c", "d"]), "where": filters });
        if step > 0 && !any && dice.one_in(3) {
            one["optional"] = json!(true);
        }
        if step > 0 && !any && dice.one_in(4) {
            one["window_seconds"] = json!(dice.roll(6));
        }
        list.push(one);
    }
    let mut asked =
        json!({ "steps": list, "order": order, "per": dice.pick(&["visitor", "session", "person"]) });
    if !dice.one_in(3) {
        asked["window_seconds"] = json!(dice.roll(9));
    }
    if !any && dice.one_in(3) {
        asked["same_time"] = json!("later");
    }
    let mut exclude = Vec::new();
    while dice.one_in(2) && exclude.len() < 3 {
        let mut one = json!({ "event": names(dice, &["x", "y", "a", "c"]), "where": filters(dice) });
        if !any && steps > 1 && !dice.one_in(5) {
            let after = 1 + dice.roll(steps - 1);
            one["between"] = json!([after, after + 1 + dice.roll(steps - after)]);
        }
        exclude.push(one);
    }
    asked["exclude"] = json!(exclude);
    if dice.one_in(4) {
        asked["hold_constant"] = if dice.one_in(2) { json!(["kind"]) } else { json!(["n", "kind"]) };
    }
    if dice.one_in(2) {
        asked["period"] = json!({ "from": NOON + dice.roll(5) as i64 * 1_000, "to": NOON + 5_000 + dice.roll(6) as i64 * 1_000 });
        asked["first_time"] = json!(dice.one_in(2));
    }
    asked["bots"] = json!(dice.pick(&["exclude", "exclude", "include", "only"]));
    let split = !dice.one_in(3);
    if split {
        asked["breakdown"] = if dice.one_in(2) { json!("device") } else { json!({ "property": "kind" }) };
        if !any {
            asked["breakdown_at"] = json!(dice.pick(&["first", "last", "each"]));
        }
    }
    asked["times"] = json!(dice.one_in(2));
    if dice.one_in(2) {
        let step = 1 + dice.roll(steps);
        let outcome = if step == 1 { "converted" } else { dice.pick(&["converted", "dropped", "excluded"]) };
        asked["people"] = json!({ "step": step, "outcome": outcome, "limit": 1_000 });
        if split && outcome != "excluded" && dice.one_in(2) {
            asked["people"]["value"] = json!(dice.pick(&["desktop", "p", ""]));
        }
    }
    from(asked)
}
