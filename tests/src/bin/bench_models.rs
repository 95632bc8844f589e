//! Times of models, one thread: the least of many rounds, which is what the machine can do when nothing else runs.
#![expect(clippy::print_stdout, reason = "a command line tool talks on standard output")]

use attune_engine::model::{score, score_items};
use attune_schema::model::{Factors, Feature, Kind, Linear, Link, Model, Node, Term, Trees};
use std::hint::black_box;
use std::time::Instant;

/// Numbers that look random and are the same every time: xorshift64*.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// In `-1..1`.
    fn number(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

fn features(count: usize) -> Vec<Feature> {
    (0..count).map(|n| Feature { name: format!("x{n}"), levels: Vec::new() }).collect()
}

/// A full tree: every row walks its whole depth.
fn grow(nodes: &mut Vec<Node>, draw: &mut Draw, depth: u32, columns: u64) {
    if depth == 0 {
        return nodes.push(Node::leaf(f64::from(draw.number() as f32)));
    }
    let at = nodes.len();
    let feature = (draw.next() % columns) as u16;
    nodes.push(Node::split(feature, f64::from(draw.number() as f32), draw.next() & 1 == 1, false));
    grow(nodes, draw, depth - 1, columns);
    nodes[at].right = nodes.len() as u32;
    grow(nodes, draw, depth - 1, columns);
}

fn trees(draw: &mut Draw, count: usize, depth: u32, columns: usize) -> Model {
    let mut all =
        Trees { divisor: 1.0, slope: 1.0, link: Link::Logistic, single_inputs: true, ..Trees::default() };
    for _ in 0..count {
        all.roots.push(all.nodes.len() as u32);
        grow(&mut all.nodes, draw, depth, columns as u64);
    }
    Model { features: features(columns), items: Vec::new(), kind: Kind::Trees(all) }
}

fn linear(draw: &mut Draw, columns: usize) -> Model {
    let term = |_| Term { offset: draw.number(), factor: 1.5, weight: draw.number() };
    let terms = (0..columns).map(term).collect();
    let kind = Kind::Linear(Linear { intercept: 0.1, terms, link: Link::Logistic });
    Model { features: features(columns), items: Vec::new(), kind }
}

fn factors(draw: &mut Draw, items: usize, dimensions: usize) -> Model {
    let known = (0..items * dimensions).map(|_| draw.next() as i8).collect();
    let kind = Kind::Factors(Factors { scale: 1e-4, dimensions, known, wanted: Vec::new() });
    Model { features: Vec::new(), items: (0..items).map(|n| format!("{n:04}")).collect(), kind }
}

/// Least microseconds of one call.
fn least(mut work: impl FnMut() -> f64) -> f64 {
    const CALLS: u32 = 200;
    let mut least = f64::INFINITY;
    for _ in 0..200 {
        let began = Instant::now();
        for _ in 0..CALLS {
            black_box(work());
        }
        least = least.min(began.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS));
    }
    least
}

fn main() {
    let draw = &mut Draw(7);
    // Many rows, so that no branch can be learnt by heart.
    let rows: Vec<Vec<f64>> = (0..256).map(|_| (0..20).map(|_| draw.number()).collect()).collect();
    let mut turn = 0;
    let mut row = |rows: &[Vec<f64>]| {
        turn = (turn + 1) % rows.len();
        rows[turn].clone()
    };
    let (forest, logistic, recommender) =
        (trees(draw, 100, 6, 20), linear(draw, 20), factors(draw, 1_000, 32));
    let mut scores = vec![0.0; 1_000];
    let mut total = 0.0;
    for (name, bytes, took) in [
        (
            "100 trees of depth 6, 20 features",
            forest.to_bytes().len(),
            least(|| score(&forest, &mut row(&rows))),
        ),
        ("logistic, 20 features", logistic.to_bytes().len(), least(|| score(&logistic, &mut row(&rows)))),
        (
            "dot products, 1,000 items of 32",
            recommender.to_bytes().len(),
            least(|| {
                score_items(black_box(&recommender), &[1, 20, 300, 999], &[], &mut scores);
                scores.iter().sum()
            }),
        ),
    ] {
        println!("{name:<36}{took:>8.2} µs{bytes:>8} bytes");
        total += took;
    }
    println!("{:<36}{total:>8.2} µs", "all three");
}
