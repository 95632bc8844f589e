use super::*;
use proptest::prelude::*;

fn features(names: &[&str]) -> Vec<Feature> {
    names.iter().map(|name| Feature { name: (*name).into(), levels: Vec::new() }).collect()
}

/// Two trees over two features: a number in thirds, and a category.
fn trees(threshold: f64, leaf: f64) -> Model {
    let mut nodes = vec![
        Node::split(0, threshold, true, false),
        Node::categories(1, 0, false),
        Node::leaf(leaf),
        Node::leaf(-leaf),
        Node::leaf(leaf / 2.0),
        Node::leaf(0.25),
    ];
    nodes[0].right = 4;
    nodes[1].right = 3;
    let words = category_set([1, 40].into_iter());
    let kind = Kind::Trees(Trees {
        divisor: 1.0,
        slope: 1.0,
        link: Link::Logistic,
        roots: vec![0, 5],
        nodes,
        sets: vec![(0, words.len() as u32)],
        words,
        ..Trees::default()
    });
    let mut features = features(&["spend", "tier"]);
    features[1].levels = vec!["basic".into(), "gold".into()];
    Model { features, items: vec![], kind }
}

fn items(kind: Kind) -> Model {
    Model { features: features(&["cohort"]), items: vec!["a".into(), "b".into(), "c".into()], kind }
}

fn neighbours() -> Kind {
    Kind::Neighbours(Neighbours { scale: 0.5, rows: vec![vec![(1, 127), (2, -3)], vec![], vec![(0, 9)]] })
}

fn popularity() -> Kind {
    Kind::Popularity(Popularity { feature: Some(0), counts: vec![vec![5, 0, 300], vec![1, 1, 1]] })
}

fn every_kind() -> Vec<Model> {
    let term = |offset, factor, weight| Term { offset, factor, weight };
    let linear = |terms| Linear { intercept: -0.5, terms, link: Link::Logistic };
    let bins = Bins { cuts: vec![0.0, 2.5], values: vec![-1.0, 0.25, 3.0], missing: 0.5 };
    let factors = |wanted| Factors { scale: 0.1, dimensions: 2, known: vec![1, -2, 3, 4, -5, 127], wanted };
    vec![
        trees(1.0 / 3.0, 0.1),
        trees(2.5, 0.25),
        Model {
            features: features(&["a", "b"]),
            items: vec![],
            kind: Kind::Linear(linear(vec![term(0.0, 1.0, 2.0); 2])),
        },
        Model {
            features: features(&["a"]),
            items: vec![],
            kind: Kind::Linear(linear(vec![term(3.0, 0.1, 2.0)])),
        },
        Model {
            features: features(&["a"]),
            items: vec![],
            kind: Kind::Scorecard(Scorecard { intercept: 1.0, features: vec![bins], link: Link::Logistic }),
        },
        items(neighbours()),
        items(Kind::Factors(factors(vec![]))),
        items(Kind::Factors(factors(vec![0, 1, 2, 3, 4, 5]))),
        items(popularity()),
        items(Kind::Switch(vec![(0, popularity()), (2, neighbours())])),
    ]
}

#[test]
fn every_kind_comes_back_and_no_part_of_it_does() {
    for model in every_kind() {
        let bytes = model.to_bytes();
        assert_eq!(Model::from_bytes(&bytes).as_ref(), Ok(&model), "{}", model.kind.code());
        for len in 0..bytes.len() {
            assert_eq!(
                Model::from_bytes(&bytes[..len]),
                Err(Malformed),
                "{} cut at {len}",
                model.kind.code()
            );
        }
    }
}

#[test]
fn what_reads_is_canonical_enough_to_be_read_again() {
    // One damaged byte at a time: refused, or a model that keeps its own form.
    for model in every_kind() {
        let bytes = model.to_bytes();
        for at in 0..bytes.len() {
            for change in [1, 0x40, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= change;
                if let Ok(read) = Model::from_bytes(&damaged) {
                    assert_eq!(Model::from_bytes(&read.to_bytes()), Ok(read));
                }
            }
        }
    }
}

#[test]
fn a_switch_begins_at_no_history_and_holds_no_switch() {
    let refused = |kind| Model::from_bytes(&items(kind).to_bytes()).is_err();
    assert!(refused(Kind::Switch(vec![])));
    assert!(refused(Kind::Switch(vec![(1, neighbours())])));
    assert!(refused(Kind::Switch(vec![(0, neighbours()), (0, popularity())])));
    assert!(refused(Kind::Switch(vec![(0, Kind::Switch(vec![(0, neighbours())]))])));
}

#[test]
fn items_are_sorted_and_belong_to_item_models_only() {
    let mut model = items(neighbours());
    model.items.swap(0, 1);
    assert!(Model::from_bytes(&model.to_bytes()).is_err());
    let mut model = trees(1.0, 1.0);
    model.items.push("a".into());
    assert!(Model::from_bytes(&model.to_bytes()).is_err());
}

#[test]
fn quantising_keeps_small_whole_thresholds_and_is_said_in_the_bytes() {
    let quantised = |model: &Model| match &model.kind {
        Kind::Trees(trees) => Model { kind: Kind::Trees(trees.quantised()), ..model.clone() },
        _ => unreachable!(),
    };
    for (threshold, kept) in
        [(2.5, 2.5), (4_095.0, 4_095.0), (-3.0, -3.0), (2.999_999_9, 2.999_023_437_5), (-2.999_999_9, -3.0)]
    {
        let lossy = quantised(&trees(threshold, 0.123_456));
        let Kind::Trees(trees) = &lossy.kind else { unreachable!() };
        assert_eq!(trees.nodes[0].value, kept);
        assert!((trees.nodes[2].value - 0.123_456).abs() <= trees.leaf_step);
        assert_eq!(Model::from_bytes(&lossy.to_bytes()), Ok(lossy));
    }
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(tail: Vec<u8>) {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(tail);
        if let Ok(model) = Model::from_bytes(&bytes) {
            prop_assert_eq!(Model::from_bytes(&model.to_bytes()), Ok(model));
        }
    }

    #[test]
    fn thresholds_of_any_precision_come_back(
        thresholds in proptest::collection::vec(-1e6..1e6_f64, 1..40),
        single: bool,
    ) {
        let mut nodes = Vec::new();
        for threshold in &thresholds {
            let threshold = if single { f64::from(*threshold as f32) } else { *threshold };
            let mut split = Node::split(0, threshold, false, false);
            split.right = nodes.len() as u32 + 2;
            nodes.push(split);
            nodes.push(Node::leaf(threshold));
        }
        nodes.push(Node::leaf(0.0));
        let kind = Kind::Trees(Trees { divisor: 1.0, slope: 1.0, roots: vec![0], nodes, ..Trees::default() });
        let model = Model { features: features(&["x"]), items: vec![], kind };
        prop_assert_eq!(Model::from_bytes(&model.to_bytes()), Ok(model));
    }
}
