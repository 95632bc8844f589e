//! Who is in a holdout and who gets which arm, for a thousand visitors, as an independent reading of the papers has it
//! (`spec/reference.py`).

use attune_engine::bucket::{bucket, choose};
use attune_schema::id::VisitorId;
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    salt: String,
    bucket_of: String,
    arm_of: String,
    arms: Vec<(String, f64)>,
    rows: Vec<(String, u32, String)>,
}

#[test]
fn a_thousand_visitors_are_assigned_as_in_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/assignment.json");
    let table: Table = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(table.rows.len(), 1_000);
    for (unit, expected, arm) in &table.rows {
        let unit = VisitorId(u128::from_str_radix(unit, 16).unwrap());
        assert_eq!(bucket(&table.salt, &table.bucket_of, unit), *expected, "{unit}");
        let mut arms = table.arms.iter().map(|(name, weight)| (name.as_str(), *weight));
        let chosen = choose(&table.salt, &table.arm_of, unit, &mut arms).unwrap();
        assert_eq!(table.arms[chosen].0, *arm, "{unit}");
    }
}
