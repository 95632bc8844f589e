//! Trees whose nodes name their children → nodes in preorder.

use anyhow::{Context, ensure};
use attune_schema::model::{Node, Trees};

/// A node as a library has it.
pub(super) enum Grown {
    /// With its value.
    Leaf(f64),
    /// With its children, by the library's own numbers.
    Split {
        /// Without the place of its right child.
        node: Node,
        /// Where it goes if the test holds.
        left: usize,
        /// Where else.
        right: usize,
    },
}

/// Adds the tree below `root` to `trees`; `look` says what a node is. A tree has at most `most` nodes: with more of
/// them it goes in a circle.
pub(super) fn plant(
    trees: &mut Trees,
    root: usize,
    most: usize,
    mut look: impl FnMut(usize, &mut Trees) -> anyhow::Result<Grown>,
) -> anyhow::Result<()> {
    let first = trees.nodes.len();
    trees.roots.push(u32::try_from(first).context("more nodes than can be numbered")?);
    let mut waiting = vec![(root, None)];
    while let Some((number, parent)) = waiting.pop() {
        let at = trees.nodes.len();
        ensure!(at - first < most, "its nodes go in a circle");
        if let Some(parent) = parent {
            let parent: &mut Node = &mut trees.nodes[parent];
            parent.right = u32::try_from(at).context("more nodes than can be numbered")?;
        }
        match look(number, trees)? {
            Grown::Leaf(value) => {
                ensure!(value.is_finite(), "leaf {number} has the value {value}");
                trees.nodes.push(Node::leaf(value));
            }
            Grown::Split { node, left, right } => {
                ensure!(!node.value.is_nan(), "node {number} has the threshold {}", node.value);
                trees.nodes.push(node);
                waiting.push((right, Some(at)));
                waiting.push((left, None));
            }
        }
    }
    Ok(())
}

/// Adds a set of categories; its number.
pub(super) fn add_set(trees: &mut Trees, words: &[u32]) -> u32 {
    trees.sets.push((trees.words.len() as u32, words.len() as u32));
    trees.words.extend_from_slice(words);
    trees.sets.len() as u32 - 1
}
