//! The best card for what somebody spends: rates, tiers, caps and minimum spend less the fee, in whole money; and the cards
//! that are most like another.

use attune_schema::cards::{Benefit, Card, Difference, Hint, Likeness, Reason, Spend, Worth};
use std::collections::{BTreeMap, BTreeSet};

/// What is taken to be spent in each category where nobody says.
const EACH: u64 = 100_000;
/// All spend that no card names; where nobody says what is spent.
const OTHER: &str = "other";

/// Parts of a whole that a rate of 1 % is: two decimals of a percent.
const PERCENT: f64 = 100.0;
/// Parts of the whole.
const WHOLE: u128 = 10_000;

/// What each card would bring, best first: by net benefit, then the lower fee, then id. A card that cannot be read is a
/// problem, named, and left out; one that is no longer given out is left out.
#[must_use]
pub fn best(cards: &[Card], spend: &Spend) -> (Vec<Worth>, Vec<String>) {
    let (cards, problems) = sound(cards);
    let offered = cards.into_iter().filter(|card| !card.discontinued);
    let mut worths: Vec<Worth> = offered.map(|card| worth(card, spend)).collect();
    worths.sort_by(|a, b| {
        let by_worth = b.net_monthly.cmp(&a.net_monthly);
        by_worth.then(a.monthly_fee.cmp(&b.monthly_fee)).then_with(|| a.card.cmp(&b.card))
    });
    (worths, problems)
}

/// The cards most like the one called `id`, and at least `least_percent` like it: by what both give of what either gives
/// (weighted Jaccard index, *Ruzicka 1958*), then the lower fee, then id. Each category by itself, at what `spend` says; where
/// it says nothing, at 100,000 each, with every minimum met. `None` if there is no such card.
#[must_use]
pub fn similar(
    cards: &[Card],
    id: &str,
    spend: Option<&Spend>,
    least_percent: u64,
) -> (Option<Vec<Likeness>>, Vec<String>) {
    let (cards, problems) = sound(cards);
    let Some(mine) = cards.iter().find(|card| card.id == id) else { return (None, problems) };
    let assumed = spend.is_none().then(|| assumed(&cards));
    let Some(spend) = spend.or(assumed.as_ref()) else { return (None, problems) };
    let given = |card: &Card, category: &String, amount: u64| -> u64 {
        let monthly = BTreeMap::from([(category.clone(), amount)]);
        let only = Spend { previous_month: spend.previous_month, monthly };
        card.benefits.iter().map(|benefit| reason(card, benefit, &only, only.previous_month).amount).sum()
    };
    let likeness = |card: &Card| {
        let differences = spend.monthly.iter().map(|(category, amount)| Difference {
            category: category.clone(),
            spend: *amount,
            before: given(mine, category, *amount),
            after: given(card, category, *amount),
        });
        let benefits: Vec<Difference> = differences.filter(|one| one.before > 0 || one.after > 0).collect();
        let sum = |of: fn(&Difference) -> u64| benefits.iter().map(|one| u128::from(of(one))).sum::<u128>();
        let (both, either) = (sum(|one| one.before.min(one.after)), sum(|one| one.before.max(one.after)));
        let percent = (both * 100).checked_div(either).unwrap_or(0) as u64;
        Likeness { card: card.id.clone(), percent, monthly_fee: card.annual_fee.div_ceil(12), benefits }
    };
    let others = cards.iter().filter(|card| card.id != id && !card.discontinued);
    let mut alike: Vec<Likeness> = others.map(|card| likeness(card)).collect();
    alike.retain(|one| one.percent >= least_percent.max(1));
    alike.sort_by(|a, b| {
        let by_percent = b.percent.cmp(&a.percent);
        by_percent.then(a.monthly_fee.cmp(&b.monthly_fee)).then_with(|| a.card.cmp(&b.card))
    });
    (Some(alike), problems)
}

/// As much in each category that a card names, and in one that none does, with every tier and minimum reached.
fn assumed(cards: &[&Card]) -> Spend {
    let benefits = || cards.iter().flat_map(|card| &card.benefits);
    let named =
        benefits().flat_map(|benefit| benefit.categories.iter().chain(&benefit.except)).map(String::as_str);
    let monthly = named.chain([OTHER]).map(|category| (category.to_owned(), EACH)).collect();
    let tiers = benefits().flat_map(|benefit| &benefit.tiers).map(|tier| tier.from);
    let previous_month = tiers.chain(cards.iter().map(|card| card.minimum_spend)).max().unwrap_or(0);
    Spend { previous_month, monthly }
}

/// The cards that can be compared, and what is wrong with the others.
fn sound(cards: &[Card]) -> (Vec<&Card>, Vec<String>) {
    let (mut sound, mut problems, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for card in cards {
        let mut found = faults(card);
        if !seen.insert(&card.id) {
            found.push(format!("card {}: defined twice; the first definition counts", card.id));
        }
        if found.is_empty() {
            sound.push(card);
        }
        problems.extend(found);
    }
    (sound, problems)
}

fn faults(card: &Card) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |message: String| faults.push(format!("card {}: {message}", card.id));
    if card.id.is_empty() {
        fault("has no id".to_owned());
    }
    for (number, benefit) in card.benefits.iter().enumerate() {
        let number = number + 1;
        if benefit.tiers.is_empty() {
            fault(format!("benefit {number} has no tier"));
        }
        if !benefit.tiers.is_sorted_by(|a, b| a.from < b.from) {
            fault(format!("benefit {number}: tiers do not ascend by `from`"));
        }
        for tier in &benefit.tiers {
            let parts = tier.rate_percent * PERCENT;
            // Two decimals of a percent are seldom whole as doubles.
            let whole = (parts - (parts + 0.5).floor()).abs() < 1e-6;
            if !(0.0..=PERCENT).contains(&tier.rate_percent) || !whole {
                fault(format!(
                    "benefit {number}: rate_percent {} is not within 0 to 100 with two decimals",
                    tier.rate_percent
                ));
            }
        }
    }
    faults
}

/// What `card` would bring in a month, and what more spend would.
fn worth(card: &Card, spend: &Spend) -> Worth {
    let monthly_fee = card.annual_fee.div_ceil(12);
    let net = |previous: u64| {
        let reasons: Vec<Reason> =
            card.benefits.iter().map(|benefit| reason(card, benefit, spend, previous)).collect();
        let amount: u128 = reasons.iter().map(|reason| u128::from(reason.amount)).sum();
        let net = i64::try_from(amount).unwrap_or(i64::MAX).saturating_sub_unsigned(monthly_fee);
        (net, reasons)
    };
    let (net_monthly, reasons) = net(spend.previous_month);
    // Only where something begins can more spend bring more.
    let begins =
        card.benefits.iter().flat_map(|benefit| &benefit.tiers).map(|tier| tier.from.max(card.minimum_spend));
    let begins: BTreeSet<u64> = begins.filter(|from| *from > spend.previous_month).collect();
    let mut most = net_monthly;
    let mut hints = Vec::new();
    for from in begins {
        let (then, _) = net(from);
        if then > most {
            most = then;
            hints.push(Hint { needs_more_spend: from - spend.previous_month, net_monthly: then });
        }
    }
    Worth { card: card.id.clone(), net_monthly, monthly_fee, reasons, hints }
}

fn reason(card: &Card, benefit: &Benefit, spend: &Spend, previous: u64) -> Reason {
    let counts = |category: &String| {
        (benefit.categories.is_empty() || benefit.categories.contains(category))
            && !benefit.except.contains(category)
    };
    let counted = spend.monthly.iter().filter(|(category, _)| counts(category)).map(|(_, amount)| *amount);
    let total = counted.fold(0_u64, u64::saturating_add);
    let tier = benefit.tiers.iter().rev().find(|tier| tier.from <= previous);
    let tier = tier.filter(|_| card.minimum_spend <= previous);
    let full = tier.map_or(0, |tier| {
        let parts = (tier.rate_percent * PERCENT + 0.5) as u128;
        u64::try_from(u128::from(total) * parts / WHOLE).unwrap_or(u64::MAX)
    });
    let amount = tier.and_then(|tier| tier.monthly_cap).map_or(full, |cap| full.min(cap));
    Reason { categories: benefit.categories.clone(), spend: total, amount, capped: amount < full }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json};

    fn cards() -> Vec<Card> {
        let ten = |category: &str, cap: u64| json!({ "categories": [category], "tiers": [{ "rate_percent": 10, "monthly_cap": cap }] });
        from_value(json!([
            { "id": "A", "annual_fee": 12_000, "minimum_spend": 300_000, "benefits": [ten("groceries", 20_000), ten("cafe", 5_000)] },
            { "id": "B", "benefits": [{ "tiers": [{ "rate_percent": 1 }] }] },
        ]))
        .unwrap()
    }

    fn spend(previous_month: u64) -> Spend {
        let monthly = json!({ "groceries": 400_000, "cafe": 50_000, "transport": 100_000 });
        Spend { previous_month, monthly: from_value(monthly).unwrap() }
    }

    fn nets(worths: &[Worth]) -> Vec<(&str, i64)> {
        worths.iter().map(|worth| (worth.card.as_str(), worth.net_monthly)).collect()
    }

    #[test]
    fn a_card_with_caps_and_a_fee_is_best_where_its_minimum_is_met() {
        let (worths, problems) = best(&cards(), &spend(450_000));
        assert_eq!((nets(&worths), problems), (vec![("A", 24_000), ("B", 5_500)], vec![]));
        let amounts: Vec<_> = worths[0].reasons.iter().map(|r| (r.spend, r.amount, r.capped)).collect();
        assert_eq!(amounts, [(400_000, 20_000, true), (50_000, 5_000, false)]);
        assert_eq!((worths[0].monthly_fee, worths[0].hints.len()), (1_000, 0));
    }

    #[test]
    fn below_the_minimum_only_the_fee_is_left_and_what_is_missing_is_said() {
        let (worths, _) = best(&cards(), &spend(250_000));
        assert_eq!(nets(&worths), [("B", 5_500), ("A", -1_000)]);
        assert_eq!(worths[1].hints, [Hint { needs_more_spend: 50_000, net_monthly: 24_000 }]);
    }

    #[test]
    fn tiers_exclusions_and_rounding() {
        let card: Card = from_value(json!({
            "id": "C", "annual_fee": 10_000,
            "benefits": [{ "except": ["transport"], "tiers": [
                { "rate_percent": 0.55 },
                { "from": 500_000, "rate_percent": 1.1, "monthly_cap": 4_000 },
                { "from": 600_000, "rate_percent": 0.1 },
            ] }],
        }))
        .unwrap();
        let at = |previous: u64| best(std::slice::from_ref(&card), &spend(previous)).0.remove(0);
        // 450,000 at 0.55 % are 2,475; a twelfth of 10,000 is 833.3, which counts as 834.
        assert_eq!(
            (at(0).net_monthly, at(500_000).net_monthly, at(600_000).net_monthly),
            (1_641, 3_166, -384)
        );
        assert_eq!(
            at(0).hints,
            [Hint { needs_more_spend: 500_000, net_monthly: 3_166 }],
            "the worse tier is no hint"
        );
    }

    #[test]
    fn the_most_similar_card_is_found_benefit_by_benefit() {
        let card = |id: &str, cafe: f64, travel: f64, fee: u64, discontinued: bool| {
            json!({ "id": id, "annual_fee": fee, "discontinued": discontinued, "benefits": [
                { "categories": ["cafe"], "tiers": [{ "rate_percent": cafe, "monthly_cap": 5_000 }] },
                { "categories": ["travel"], "tiers": [{ "from": 300_000, "rate_percent": travel }] },
            ] })
        };
        let cards: Vec<Card> = from_value(json!([
            card("old", 10.0, 2.0, 0, true),
            card("near", 5.0, 3.0, 12_000, false),
            card("far", 0.0, 9.0, 0, false),
            card("twin", 10.0, 2.0, 0, true),
            card("cheap", 5.0, 3.0, 0, false),
            card("none", 0.0, 0.0, 0, false),
        ]))
        .unwrap();
        // 5,000 (the cap) and 2,000 against 5,000 and 3,000: 7,000 of 8,000.
        let (alike, problems) = similar(&cards, "old", None, 30);
        let alike = alike.unwrap();
        assert_eq!(problems, Vec::<String>::new());
        let found: Vec<_> = alike.iter().map(|one| (one.card.as_str(), one.percent)).collect();
        assert_eq!(
            found,
            [("cheap", 87), ("near", 87)],
            "discontinued ones and those below 30 % are left out"
        );
        let [cafe, travel] = alike[0].benefits.as_slice() else { panic!("{alike:?}") };
        assert_eq!((cafe.before, cafe.after, travel.before, travel.after), (5_000, 5_000, 2_000, 3_000));
        // Who spends on travel alone, and too little for its tier, has nothing in common with anything.
        let spend = Spend { previous_month: 0, monthly: from_value(json!({ "travel": 50_000 })).unwrap() };
        assert_eq!(similar(&cards, "old", Some(&spend), 0).0, Some(vec![]));
        assert_eq!(similar(&cards, "moon", None, 0).0, None);
        assert!(best(&cards, &spend).0.iter().all(|worth| worth.card != "old" && worth.card != "twin"));
    }

    #[test]
    fn what_cannot_be_read_is_named_and_left_out() {
        let tier = |rate: Value| json!([{ "tiers": [{ "rate_percent": rate }] }]);
        let cards: Vec<Card> = from_value(json!([
            { "id": "x", "benefits": tier(json!(120)) },
            { "id": "y", "benefits": tier(json!(0.125)) },
            { "id": "z", "benefits": [{ "tiers": [] }] },
            { "id": "w", "benefits": tier(json!(0.29)) },
            { "id": "w", "benefits": tier(json!(1)) },
        ]))
        .unwrap();
        let (worths, problems) = best(&cards, &spend(0));
        assert_eq!(nets(&worths), [("w", 1_595)]);
        assert_eq!(
            problems,
            [
                "card x: benefit 1: rate_percent 120 is not within 0 to 100 with two decimals",
                "card y: benefit 1: rate_percent 0.125 is not within 0 to 100 with two decimals",
                "card z: benefit 1 has no tier",
                "card w: defined twice; the first definition counts",
            ]
        );
    }
}
