//! `cargo xtask size`: what a browser downloads, against budgets.

use crate::compress::{Effort, brotli, gzip};
use crate::web::{manifest, web};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Add;

/// Budgets, in bytes of brotli.
const BUDGETS: [(&str, usize); 5] =
    [("loader", 600), ("always", 12_100), ("small", 12_100), ("deciding", 33_100), ("console", 256_300)];

/// What every page loads, what it loads with the small tag, and what one loads in all that has placements.
const SUMS: [(&str, &[&str]); 3] = [
    ("always", &["whole"]),
    ("small", &["loader", "script"]),
    ("deciding", &["always", "wasm", "placement", "vault"]),
];

/// Compressed sizes of the browser's parts, against their budgets.
#[derive(Args)]
pub(crate) struct Size {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Bytes of one part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Bytes {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl Add for Bytes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

impl Size {
    /// Prints; an error names what is over its budget.
    pub(crate) fn run(&self) -> Result<()> {
        let sizes = measure()?;
        if self.json {
            println!("{}", serde_json::to_string(&sizes)?);
        } else {
            println!("{:<10}{:>10}{:>10}{:>10}{:>10}", "part", "raw", "gzip", "brotli", "budget");
            for (name, size) in &sizes {
                let budget = budget(name).map_or_else(String::new, |most| most.to_string());
                println!("{name:<10}{:>10}{:>10}{:>10}{budget:>10}", size.raw, size.gzip, size.brotli);
            }
        }
        let over = over(&sizes);
        if !over.is_empty() {
            bail!("over budget: {}", over.join(", "));
        }
        Ok(())
    }
}

/// Growth beyond the recorded sizes that is let pass, in percent: compilers differ a little.
const TOLERANCE_PERCENT: usize = 2;

/// Fails if a part is over its budget, or has grown past `sizes.json`, which moves only on purpose.
pub(crate) fn check_growth() -> Result<()> {
    let recorded: BTreeMap<String, usize> = serde_json::from_str(include_str!("../sizes.json"))?;
    let sizes = measure()?;
    let mut grown = over(&sizes);
    for (part, most) in &recorded {
        let size = sizes.get(part.as_str()).with_context(|| format!("{part} was not built"))?.brotli;
        println!("{part}: {size} bytes brotli, recorded {most}");
        if size > most + most * TOLERANCE_PERCENT / 100 {
            grown.push(format!("{part} grew from {most} to {size} bytes"));
        }
    }
    if !grown.is_empty() {
        bail!(
            "{}: make it smaller, or record the new size in xtask/sizes.json and say why",
            grown.join(", ")
        );
    }
    Ok(())
}

fn budget(part: &str) -> Option<usize> {
    BUDGETS.iter().find(|(name, _)| *name == part).map(|(_, most)| *most)
}

/// Parts that are too big.
fn over(sizes: &BTreeMap<&'static str, Bytes>) -> Vec<String> {
    BUDGETS
        .iter()
        .filter_map(|(name, most)| {
            let size = sizes.get(name)?;
            (size.brotli > *most).then(|| format!("{name} is {} bytes, budget {most}", size.brotli))
        })
        .collect()
}

/// Sizes of what was built; a part that was not built is left out.
fn measure() -> Result<BTreeMap<&'static str, Bytes>> {
    let manifest = manifest()?;
    let mut sizes = BTreeMap::new();
    for (part, folder, keys) in [
        ("loader", "tag", &["/loader"][..]),
        ("script", "sdk", &["/script"]),
        ("whole", "sdk", &["/whole"]),
        ("wasm", "sdk", &["/wasm"]),
        ("models", "sdk", &["/models_wasm"]),
        ("placement", "sdk", &["/lazy/placement"]),
        ("banner", "sdk", &["/lazy/banner"]),
        ("form", "sdk", &["/lazy/form"]),
        ("pattern", "sdk", &["/lazy/pattern"]),
        ("redact", "sdk", &["/lazy/redact"]),
        ("server", "sdk", &["/lazy/server"]),
        ("token", "sdk", &["/lazy/token"]),
        ("vault", "sdk", &["/lazy/vault"]),
        ("receipt", "sdk", &["/lazy/receipt"]),
        ("privacy", "sdk", &["/lazy/privacy"]),
        ("debug", "sdk", &["/lazy/debug"]),
        ("explain", "sdk", &["/lazy/explain", "/explain_wasm"]),
        ("console", "console", &["/page", "/script", "/wasm", "/style"]),
    ] {
        let Some(entry) = manifest.get(folder) else { continue };
        if entry.get("dev").and_then(Value::as_bool) == Some(true) {
            bail!("{folder} was built with --dev: run `cargo xtask web`");
        }
        let mut total = Bytes::default();
        for key in keys {
            let name = entry.pointer(key).and_then(Value::as_str).context("manifest.json is damaged")?;
            let bytes = fs::read(web().join(folder).join(name))?;
            total = total
                + Bytes {
                    raw: bytes.len(),
                    gzip: gzip(&bytes, Effort::Best)?.len(),
                    brotli: brotli(&bytes, Effort::Best)?.len(),
                };
        }
        sizes.insert(part, total);
    }
    for (sum, parts) in SUMS {
        let sizes_of = parts.iter().map(|part| sizes.get(part).copied());
        if let Some(total) = sizes_of.reduce(|a, b| Some(a? + b?)).flatten() {
            sizes.insert(sum, total);
        }
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_over_its_budget() {
        let bytes = |brotli| Bytes { raw: 0, gzip: 0, brotli };
        let (part, budget) = BUDGETS[0];
        let other = (BUDGETS[1].0, bytes(BUDGETS[1].1));
        let sizes = BTreeMap::from([(part, bytes(budget + 1)), other]);
        assert_eq!(over(&sizes), [format!("{part} is {} bytes, budget {budget}", budget + 1)]);
    }
}
