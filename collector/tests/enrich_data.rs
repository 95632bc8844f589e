//! Enrichment against public cases: user agents, referrers, crawlers.
//!
//! The data lies beside the project (`../shared/data`) and is not part of it; without it these tests say so.

#![expect(clippy::print_stdout, reason = "the figures are what these tests are for")]

use attune_collector::enrich::rules::Rules;
#[path = "common/data.rs"]
mod data;

use attune_collector::enrich::{bot, referrer};
use data::{shared, unpacked};
use serde_json::Value;
use std::fs::File;

/// The JSON objects of a packed file, one a line.
fn cases(name: &str) -> Option<Vec<Value>> {
    let text = unpacked(&shared(&format!("user_agents/{name}.jsonl.gz"))?);
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// `right of all`; fails below `least` percent.
fn share(what: &str, right: usize, all: usize, least: f64) {
    let percent = 100.0 * right as f64 / all as f64;
    println!("{what}: {right} of {all} = {percent:.2} %");
    assert!(percent >= least, "{what}: {percent:.2} %, at least {least} expected");
}

fn text(case: &Value, field: &str) -> Option<String> {
    case[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[test]
fn browsers_systems_and_devices_are_those_of_the_public_cases() {
    const VERSION: [&str; 4] = ["major", "minor", "patch", "patch_minor"];
    let mut rules = Rules::shipped().unwrap();
    for (name, system) in [
        ("test_ua", false),
        ("firefox", false),
        ("opera_mini", false),
        ("podcasting", false),
        ("test_os", true),
        ("additional_os", true),
    ] {
        let Some(cases) = cases(name) else { return };
        let mut right = 0;
        for case in &cases {
            let agent = case["user_agent_string"].as_str().unwrap();
            let found = if system { rules.system(agent) } else { rules.browser(agent) }.unwrap_or_default();
            let family = if found.family.is_empty() { "Other" } else { &found.family };
            // What comes after the patch is not part of the browsers' cases.
            let told = |part: &&str| case.get(*part).is_some();
            let parts = VERSION.iter().zip(&found.version).filter(|(part, _)| told(part));
            let same = Some(family) == case["family"].as_str()
                && parts.into_iter().all(|(part, version)| *version == text(case, part));
            right += usize::from(same);
            if !same {
                println!("{agent}\n  found {found:?}\n  not {case}");
            }
        }
        share(name, right, cases.len(), 99.5);
    }
    let Some(cases) = cases("test_device") else { return };
    let mut right = 0;
    for case in &cases {
        let agent = case["user_agent_string"].as_str().unwrap();
        let found = rules.device(agent).unwrap_or_default();
        let family = if found.family.is_empty() { "Other" } else { &found.family };
        let same = Some(family) == case["family"].as_str()
            && found.brand == text(case, "brand")
            && found.model == text(case, "model");
        right += usize::from(same);
        if !same {
            println!("{agent}\n  found {found:?}\n  not {case}");
        }
    }
    share("test_device", right, cases.len(), 99.5);
}

/// The words were chosen by looking at one half of the patterns; the other half says how well they do on crawlers
/// that nobody looked at.
#[test]
fn crawlers_that_nobody_listed_are_known_by_how_they_speak() {
    let Some(file) = shared("user_agents/crawlers_dev.json.gz") else { return };
    let patterns: Vec<Value> = serde_json::from_str(&unpacked(&file)).unwrap();
    let mut rules = Rules::shipped().unwrap();
    let mut flagged = |agent: &str| {
        let device = rules.device(agent).unwrap_or_default();
        bot::by_agent(agent, &device.family)
    };
    for (half, least) in [("chosen on", 98.0), ("never looked at", 98.0)] {
        let (mut right, mut all, mut certain) = (0, 0, 0);
        for pattern in &patterns {
            let name = pattern["pattern"].as_str().unwrap();
            let looked_at = name.bytes().map(u32::from).sum::<u32>() % 2 == 0;
            if looked_at != (half == "chosen on") {
                continue;
            }
            for agent in pattern["instances"].as_array().unwrap() {
                let found = flagged(agent.as_str().unwrap());
                all += 1;
                right += usize::from(found.is_some());
                certain +=
                    usize::from(found.is_some_and(|(class, _)| class != attune_schema::bot::Class::Likely));
                if found.is_none() && looked_at {
                    println!("  missed {agent}");
                }
            }
        }
        println!("crawlers {half}: {certain} of them without `likely`");
        share(&format!("crawlers {half}"), right, all, least);
    }
    let (mut right, mut all) = (0, 0);
    for name in ["test_device", "firefox", "opera_mini", "additional_os"] {
        let Some(cases) = cases(name) else { return };
        for case in cases {
            let agent = case["user_agent_string"].as_str().unwrap();
            // Every device but a spider's, by the public cases themselves or by the rules.
            let device = rules.device(agent).unwrap_or_default();
            if case["family"] == "Spider" || device.family == "Spider" {
                continue;
            }
            all += 1;
            match bot::by_agent(agent, &device.family) {
                None => right += 1,
                Some((class, reason)) => println!("  {class:?} {reason:?}: {agent}"),
            }
        }
    }
    share("people not taken for crawlers", right, all, 99.5);
}

#[test]
fn referrers_are_those_of_the_public_cases() {
    let Some(file) = shared("referrers/referrer_cases_dev.json") else { return };
    let cases: Vec<Value> = serde_json::from_reader(File::open(file).unwrap()).unwrap();
    let (mut right, mut media) = (0, 0);
    for case in &cases {
        let found = referrer::read(case["uri"].as_str().unwrap(), "https://www.site.example/");
        let term = text(case, "term").unwrap_or_default();
        let medium = Some(found.medium.code()) == case["medium"].as_str();
        let same = medium && Some(&*found.source) == case["source"].as_str() && found.term == term;
        right += usize::from(same);
        media += usize::from(medium);
        if !same {
            println!("  found {found:?}\n  not {case}");
        }
    }
    share("referrers: medium", media, cases.len(), 98.0);
    share("referrers: medium, source and term", right, cases.len(), 98.0);
}
