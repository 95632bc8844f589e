//! The arithmetic of off-policy estimates on a public log (`../shared/data/open_bandit_small`, Open Bandit Dataset):
//! equal to figures worked out elsewhere, to 1e-9.
#![expect(clippy::print_stdout, reason = "a test says that it was skipped, and what it found")]

use attune_stats::offpolicy::{Expected, Log, Policy, Report, Row, Shrunk};
use std::io::Read as _;
use std::path::{Path, PathBuf};

struct Shown {
    item: String,
    position: String,
    click: f64,
    propensity: f64,
}

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/open_bandit_small");
    if folder.exists() {
        return Some(folder);
    }
    println!("!! SKIPPED: {} is not here", folder.display());
    None
}

fn read(path: &Path) -> Vec<Shown> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    let heads: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| heads.iter().position(|head| *head == name).unwrap();
    let (item, position) = (column("item_id"), column("position"));
    let (click, propensity) = (column("click"), column("propensity_score"));
    let shown = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        Shown {
            item: fields[item].to_owned(),
            position: fields[position].to_owned(),
            click: fields[click].parse().unwrap(),
            propensity: fields[propensity].parse().unwrap(),
        }
    };
    lines.map(shown).collect()
}

fn evaluate(log: &[Shown], policy: &Policy) -> Report {
    let mut model = Shrunk::new(100.0);
    for shown in log {
        model.learn(&shown.item, shown.click);
    }
    let mut sums = Log::new(None).unwrap();
    for shown in log {
        sums.push(Row {
            reward: shown.click,
            propensity: shown.propensity,
            target: policy.probability(&shown.position, &shown.item).unwrap(),
            expected: Some(Expected {
                shown: model.expect(&shown.item),
                target: policy.expect(&model, &shown.position),
            }),
        })
        .unwrap();
    }
    sums.report(0.05).unwrap()
}

#[test]
fn equals_the_figures_worked_out_elsewhere() {
    let Some(folder) = folder() else { return };
    let (random, bandit) = (read(&folder.join("men_random.csv.gz")), read(&folder.join("men_bts.csv.gz")));
    let text = std::fs::read_to_string(folder.join("expected_men.json")).unwrap();
    let wanted: serde_json::Value = serde_json::from_str(&text).unwrap();
    let near = |name: &str, got: f64| {
        let want = wanted[name].as_f64().unwrap();
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{name}: {got}, not {want}");
    };

    let mut policy = Policy::unseen();
    for shown in &bandit {
        policy.see(&shown.position, &shown.item);
    }
    let report = evaluate(&random, &policy);
    let (ips, snips, dr) = (report.ips.unwrap(), report.snips.unwrap(), report.dr.unwrap());
    near("ctr_random_log", report.logged.unwrap());
    near("ips", ips.value);
    near("snips", snips.value);
    near("dm_shrunk_m100", report.direct.unwrap());
    near("dr_shrunk_m100", dr.value);
    near("effective_sample_size", report.effective_sample_size);
    // Those intervals are of resampled logs: ours, by the normal law, are as wide but for a tenth.
    for (name, value) in [("ips", ips), ("snips", snips), ("dr", dr)] {
        let end = |index: usize| wanted["ci95"][name][index].as_f64().unwrap();
        let (ours, theirs) = (value.high - value.low, end(1) - end(0));
        assert!((ours / theirs - 1.0).abs() < 0.1, "{name}: {ours} wide, not {theirs}");
    }

    let items = random.iter().chain(&bandit).map(|shown| shown.item.clone()).collect();
    let uniform = evaluate(&bandit, &Policy::Uniform(items));
    near("ips_of_uniform_from_bts_log", uniform.ips.unwrap().value);
    near("snips_of_uniform_from_bts_log", uniform.snips.unwrap().value);
    near("ess_uniform_from_bts", uniform.effective_sample_size);
    near("max_weight_uniform_from_bts", uniform.largest_weight);
    println!("{report:#?}");
}
