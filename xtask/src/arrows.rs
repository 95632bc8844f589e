//! Which member may use which: the map of ARCHITECTURE.md, enforced.

use crate::run::{cargo, output};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;

/// A member and the members it may use.
const ARROWS: [(&str, &[&str]); 13] = [
    ("attune-schema", &[]),
    ("attune-engine", &["attune-schema"]),
    ("attune-redact", &[]),
    ("attune-stats", &[]),
    ("attune-chdb", &[]),
    ("attune-warehouse", &["attune-chdb", "attune-schema"]),
    ("attune-control", &["attune-schema"]),
    ("attune-sdk-wasm", &["attune-engine", "attune-schema"]),
    (
        "attune-collector",
        &[
            "attune-engine",
            "attune-redact",
            "attune-stats",
            "attune-warehouse",
            "attune-control",
            "attune-schema",
        ],
    ),
    ("attune-console", &["attune-engine", "attune-schema", "attune-markup"]),
    ("attune-markup", &[]),
    (
        "attune-tests",
        &[
            "attune-schema",
            "attune-engine",
            "attune-redact",
            "attune-stats",
            "attune-warehouse",
            "attune-control",
            "attune-sdk-wasm",
            "attune-collector",
            "attune-console",
        ],
    ),
    ("xtask", &[]),
];

/// Crates that only these members may use: who talks to browsers, who writes SQL.
const RESERVED: [(&str, &[&str]); 5] = [
    ("web-sys", &["attune-sdk-wasm", "attune-console"]),
    ("reactive_graph", &["attune-console"]),
    ("clickhouse", &["attune-warehouse"]),
    ("sqlx", &["attune-control"]),
    ("libloading", &["attune-chdb"]),
];

/// Fails on the first list of arrows that are not on the map.
pub(crate) fn check() -> Result<()> {
    let text = output(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let wrong = violations(&members(&serde_json::from_str(&text)?)?);
    if !wrong.is_empty() {
        bail!("dependency arrows that the architecture forbids:\n  {}", wrong.join("\n  "));
    }
    println!("· dependency arrows: as drawn");
    Ok(())
}

/// Direct dependencies by member; development dependencies too, except that tests may lean on anything.
fn members(metadata: &Value) -> Result<BTreeMap<String, Vec<String>>> {
    let mut members = BTreeMap::new();
    for package in metadata["packages"].as_array().context("cargo metadata: no packages")? {
        let name = package["name"].as_str().context("cargo metadata: no name")?;
        let used = package["dependencies"]
            .as_array()
            .context("cargo metadata: no dependencies")?
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
            .collect();
        members.insert(name.to_owned(), used);
    }
    Ok(members)
}

fn violations(members: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (member, used) in members {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| name == member) else {
            wrong.push(format!("{member} is not on the map (xtask/src/arrows.rs)"));
            continue;
        };
        for dependency in used {
            let ours = ARROWS.iter().any(|(name, _)| name == dependency);
            let reserved =
                RESERVED.iter().any(|(name, by)| name == dependency && !by.contains(&member.as_str()));
            if (ours && !allowed.contains(&dependency.as_str())) || reserved {
                wrong.push(format!("{member} → {dependency}"));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_arrow_that_is_not_drawn() {
        let members = BTreeMap::from([
            ("attune-engine".to_owned(), vec!["attune-schema".to_owned(), "libm".to_owned()]),
            ("attune-schema".to_owned(), vec!["attune-engine".to_owned()]),
            ("attune-collector".to_owned(), vec!["sqlx".to_owned()]),
            ("surprise".to_owned(), vec![]),
        ]);
        assert_eq!(
            violations(&members),
            [
                "attune-collector → sqlx",
                "attune-schema → attune-engine",
                "surprise is not on the map (xtask/src/arrows.rs)",
            ]
        );
    }
}
