use super::*;
use attune_schema::model::{Factors, Neighbours, Node, Popularity, Term, Trees, category_set};

fn feature(levels: &[&str]) -> Feature {
    Feature { name: "x".into(), levels: levels.iter().map(|level| (*level).into()).collect() }
}

fn of_trees(nodes: Vec<Node>, more: Trees) -> Model {
    let kind = Kind::Trees(Trees { nodes, roots: vec![0], divisor: 1.0, slope: 1.0, ..more });
    Model { features: vec![feature(&[])], items: vec![], kind }
}

fn fork(mut split: Node, more: Trees) -> Model {
    split.right = 2;
    of_trees(vec![split, Node::leaf(-1.0), Node::leaf(1.0)], more)
}

fn at(model: &Model, x: f64) -> f64 {
    score(model, &mut [x])
}

#[test]
fn a_split_sends_what_is_not_above_it_left_and_missing_where_it_says() {
    for missing_left in [false, true] {
        let model = fork(Node::split(0, 2.5, missing_left, false), Trees::default());
        assert_eq!((at(&model, 2.5), at(&model, 2.500_000_1)), (-1.0, 1.0));
        assert_eq!(at(&model, f64::NAN), if missing_left { -1.0 } else { 1.0 });
        assert_eq!((at(&model, f64::NEG_INFINITY), at(&model, f64::INFINITY)), (-1.0, 1.0));
    }
}

#[test]
fn zero_may_be_missing() {
    let model = fork(Node::split(0, -2.0, true, true), Trees::default());
    assert_eq!((at(&model, 0.0), at(&model, -1e-36), at(&model, 1e-30)), (-1.0, -1.0, 1.0));
}

#[test]
fn categories_of_the_set_go_left() {
    let words = category_set([0, 33].into_iter());
    let more = Trees { sets: vec![(0, 2)], words, ..Trees::default() };
    let model = fork(Node::categories(0, 0, false), more);
    for (x, left) in
        [(0.0, true), (33.0, true), (33.9, true), (1.0, false), (64.0, false), (-1.0, false), (1e300, false)]
    {
        assert_eq!(at(&model, x), if left { -1.0 } else { 1.0 }, "category {x}");
    }
    assert_eq!(at(&model, f64::NAN), 1.0);
}

#[test]
fn single_precision_rounds_inputs_and_the_sum() {
    let third = 1.0 / 3.0;
    let more = Trees { single_inputs: true, ..Trees::default() };
    let model = fork(Node::split(0, f64::from(third as f32), false, false), more);
    assert_eq!(at(&model, third), -1.0, "a third rounds up to the threshold");
    let more = Trees { single_sum: true, base: 0.1_f32.into(), ..Trees::default() };
    let model = of_trees(vec![Node::leaf(0.2_f32.into())], more);
    assert_eq!(at(&model, 0.0), f64::from(0.1_f32 + 0.2_f32));
}

#[test]
fn the_mean_of_trees_and_a_slope() {
    let mut model = of_trees(vec![Node::leaf(1.0), Node::leaf(3.0)], Trees::default());
    let Kind::Trees(trees) = &mut model.kind else { unreachable!() };
    (trees.roots, trees.divisor, trees.slope) = (vec![0, 1], 2.0, 0.5);
    assert_eq!(at(&model, 0.0), 1.0);
}

#[test]
fn a_linear_sum_goes_by_four_lanes() {
    let weights = [1e16, 1.0, -1e16, 3.0, 2.0];
    let terms = weights.map(|weight| Term { offset: 0.0, factor: 1.0, weight }).to_vec();
    let kind = Kind::Linear(Linear { intercept: 0.5, terms, link: Link::Identity });
    let model = Model { features: vec![feature(&[]); 5], items: vec![], kind };
    // ((1e16 + 2) + 1) + (-1e16 + 3), where 1e16 + 2 + 1 rounds to even.
    let expected = 0.5 + (((1e16 + 2.0) + 1.0) + (-1e16 + 3.0));
    assert_eq!(score(&model, &mut [1.0; 5]), expected);
    assert_eq!(score(&model, &mut [f64::NAN, 1.0, f64::NAN, 1.0, f64::NAN]), 4.5, "missing adds nothing");
}

#[test]
fn a_scorecard_is_a_sum_of_bins() {
    let bins = Bins { cuts: vec![0.0, 10.0], values: vec![-1.0, 2.0, 5.0], missing: 0.25 };
    let kind = Kind::Scorecard(Scorecard { intercept: 1.0, features: vec![bins], link: Link::Identity });
    let model = Model { features: vec![feature(&[])], items: vec![], kind };
    let scores = [-5.0, 0.0, 0.1, 10.0, 11.0, f64::NAN].map(|x| at(&model, x));
    assert_eq!(scores, [0.0, 0.0, 3.0, 3.0, 6.0, 1.25]);
}

#[test]
fn links() {
    assert_eq!(link(Link::Logistic, 0.0), 0.5);
    assert_eq!((link(Link::Logistic, -800.0), link(Link::Logistic, 800.0)), (0.0, 1.0));
    assert_eq!((link(Link::SignedSquare, -3.0), link(Link::SignedSquare, 2.0)), (-9.0, 4.0));
    assert!((link(Link::Softplus, 1.0) - 1.313_261_687_518_222_9).abs() < 1e-15);
    assert_eq!((link(Link::Softplus, 1e3), link(Link::Step, 1e-9), link(Link::Step, 0.0)), (1e3, 1.0, 0.0));
}

#[test]
fn texts_are_levels() {
    let tier = feature(&["basic", "gold"]);
    assert_eq!(level_of(&tier, "gold"), 1.0);
    assert!(level_of(&tier, "platinum").is_nan());
}

fn of_items(kind: Kind) -> Model {
    let items = ["a", "b", "c"].map(String::from).to_vec();
    Model { features: vec![feature(&[])], items, kind }
}

fn items_at(model: &Model, history: &[usize], cohort: f64) -> Vec<f64> {
    let mut scores = vec![9.0; 3];
    score_items(model, history, &[cohort], &mut scores);
    scores
}

fn neighbours() -> Kind {
    Kind::Neighbours(Neighbours { scale: 0.5, rows: vec![vec![(1, 127), (2, -4)], vec![(2, 10)], vec![]] })
}

fn popularity() -> Kind {
    Kind::Popularity(Popularity {
        feature: Some(0),
        counts: vec![vec![3, 1, 0], vec![0, 0, 0], vec![1, 1, 2]],
    })
}

#[test]
fn neighbours_add_up_over_the_history() {
    let model = of_items(neighbours());
    assert_eq!(items_at(&model, &[0, 1], f64::NAN), [0.0, 63.5, 3.0]);
    assert_eq!(items_at(&model, &[], f64::NAN), [0.0; 3]);
    assert_eq!((item(&model, "b"), item(&model, "z")), (Some(1), None));
}

#[test]
fn factors_are_dot_products_with_the_sum() {
    let known = vec![1, 2, 3, 4, -5, 127];
    let model = of_items(Kind::Factors(Factors { scale: 0.5, dimensions: 2, known, wanted: vec![] }));
    assert_eq!(
        items_at(&model, &[0, 1], 0.0),
        [(4 + 12) as f64 / 2.0, (12 + 24) as f64 / 2.0, (-20 + 762) as f64 / 2.0]
    );
    // A sum beyond 16 bits stays at the greatest.
    let many = vec![2; 400];
    assert_eq!(items_at(&model, &many, 0.0)[0], f64::from(-2_000 + 2 * 32_767) / 2.0);
}

#[test]
fn popularity_is_a_share_within_the_cohort() {
    let model = of_items(popularity());
    assert_eq!(items_at(&model, &[], 0.0), [0.75, 0.25, 0.0]);
    assert_eq!(items_at(&model, &[], 1.0), [0.0; 3], "nobody chose anything");
    for unknown in [f64::NAN, -1.0, 7.0] {
        assert_eq!(items_at(&model, &[], unknown), [0.25, 0.25, 0.5]);
    }
}

#[test]
fn the_length_of_history_switches() {
    let model = of_items(Kind::Switch(vec![(0, popularity()), (2, neighbours())]));
    assert_eq!(items_at(&model, &[0], 0.0), [0.75, 0.25, 0.0]);
    assert_eq!(items_at(&model, &[0, 1], 0.0), [0.0, 63.5, 3.0]);
}
