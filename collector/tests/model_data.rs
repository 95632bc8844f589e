//! Item to item on real visits: one visit of each visitor is withheld, and looked for among the first five.

#![expect(clippy::print_stdout, reason = "the figures are what this test is for")]

#[path = "common/data.rs"]
mod data;

use attune_collector::model::ease::{Settings, Visits, train};
use attune_engine::model::score_items;
use attune_schema::model::Model;
use std::collections::BTreeMap;

/// Who visited what: `user_id,area_id`.
fn visits() -> Option<BTreeMap<u32, Vec<String>>> {
    let text = data::unpacked(&data::shared("msweb/visits_dev.csv.gz")?);
    let mut visits: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let (user, area) = line.split_once(',').unwrap();
        visits.entry(user.parse().unwrap()).or_default().push(area.to_owned());
    }
    Some(visits)
}

/// Share of the withheld items that are among the five best which the visitor is not known to have visited.
fn recall(model: &Model, tests: &[(Vec<String>, String)]) -> f64 {
    let mut scores = vec![0.0; model.items.len()];
    let mut found = 0_usize;
    for (known, withheld) in tests {
        let history: Vec<usize> =
            known.iter().filter_map(|id| attune_engine::model::item(model, id)).collect();
        score_items(model, &history, &[], &mut scores);
        let mut order: Vec<usize> = (0..scores.len()).filter(|item| !history.contains(item)).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        found += usize::from(order.iter().take(5).any(|item| model.items[*item] == *withheld));
    }
    found as f64 / tests.len() as f64
}

#[test]
fn item_to_item_finds_what_a_visitor_visits_as_well() {
    let Some(visits) = visits() else { return };
    // Every fifth visitor is not learnt from. Of each who has two visits or more one is withheld, by turns.
    let (mut pairs, mut tests) = (Vec::new(), Vec::new());
    for (user, areas) in &visits {
        if user % 5 != 0 {
            pairs.extend(areas.iter().map(|area| (user.to_string(), area.clone())));
        } else if areas.len() >= 2 {
            let mut known = areas.clone();
            let withheld = known.remove(*user as usize / 5 % areas.len());
            tests.push((known, withheld));
        }
    }
    let model = train(&Visits::of(&pairs), Settings::default()).unwrap();
    let (all, bytes) = (recall(&model, &tests), model.to_bytes().len());
    let longer: Vec<_> = tests.iter().filter(|(known, _)| known.len() >= 2).cloned().collect();
    println!("recall@5 {all:.4} of {} visitors, {bytes} bytes", tests.len());
    println!("recall@5 {:.4} of the {} with two known visits or more", recall(&model, &longer), longer.len());
    assert!(all >= 0.655, "recall@5 {all}");
    assert!(bytes <= 32_000, "{bytes} bytes");
}
