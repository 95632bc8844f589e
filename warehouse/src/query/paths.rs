//! Paths: what units do one after the other.
//!
//! The most frequent places get numbers, so that a path is a short list of them and there are not more different
//! paths than can be held; all others are one place. The store cuts and counts paths, and here they become a tree.

use super::bots::Scope;
use super::{sql, words};
use crate::people::events_by_person;
use crate::{Error, Warehouse};
use attune_schema::event::name;
use attune_schema::question::{
    Direction, EventNames, PathBy, PathNode, PathPosition, PathsAnswer, PathsQuestion, Per, Transition,
    Transitions,
};
use clickhouse::Row;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most places that are told apart.
const PLACES: usize = 200;
/// Most transitions of an answer.
const TRANSITIONS: usize = 100;
/// Most places of a path, and most that follow one.
const DEPTH: u32 = 10;
const TOP: u32 = 50;
/// What fewer paths than one in so many do is not shown by itself.
const RARE: u64 = 1_000;

#[derive(Row, Deserialize)]
struct PlaceRow {
    place: String,
}

#[derive(Row, Deserialize)]
struct RareRow {
    key: u64,
    place: String,
}

#[derive(Row, Deserialize)]
struct PathRow {
    path: Vec<u16>,
    units: u64,
}

#[derive(Row, Deserialize)]
struct TransitionRow {
    pair: (u64, u64),
    times: u64,
    total: u64,
    distinct: u64,
}

impl Warehouse {
    /// Answers what follows what.
    pub async fn paths(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &PathsQuestion,
    ) -> Result<PathsAnswer, Error> {
        let depth = limit("depth", question.depth, 5, DEPTH)?;
        let top = limit("top", question.top, 10, TOP)? as usize;
        let of = scope.into().sampled(question.sample, question.per, "paths")?;
        let parts = Parts::new(of, question)?;
        let places = self.ask::<PlaceRow>(&parts.places()).await?;
        let names: Vec<String> = places.rows.into_iter().map(|row| row.place).collect();
        let sql = parts.paths(&names, question, depth);
        let mut paths = self.ask::<PathRow>(&sql).await?;
        paths.rows.iter_mut().for_each(|row| row.units *= of.times());
        let mut tree = Tree::default();
        for row in &paths.rows {
            tree.add(&row.path, row.units);
        }
        let mut transitions =
            self.ask::<TransitionRow>(&parts.transitions(&names, question.collapse)).await?;
        for row in &mut transitions.rows {
            row.times *= of.times();
            row.total *= of.times();
        }
        let (total, distinct) = transitions.rows.first().map_or((0, 0), |row| (row.total, row.distinct));
        let most = self.named(&parts, &names, &transitions.rows).await?;
        let view = View { names: &names, top, least: tree.nodes[0].count / RARE };
        Ok(PathsAnswer {
            count: tree.nodes[0].count,
            tree: view.next(&tree, 0, depth),
            positions: view.positions(&paths.rows, depth),
            transitions: Transitions { total, distinct, top: most },
            sample: of.sample(),
            definition: of.said(definition(question, depth)),
            sql,
            rows_read: places.rows_read + paths.rows_read + transitions.rows_read,
            elapsed_ms: places.elapsed_ms + paths.elapsed_ms + transitions.elapsed_ms,
        })
    }
}

impl Warehouse {
    /// Transitions by the names of their places; of places that are not told apart they are looked up.
    async fn named(
        &self,
        parts: &Parts,
        names: &[String],
        rows: &[TransitionRow],
    ) -> Result<Vec<Transition>, Error> {
        let mut known: BTreeMap<u64, String> = (1..).zip(names.iter().cloned()).collect();
        let keys = rows.iter().flat_map(|row| [row.pair.0, row.pair.1]);
        let rare: BTreeSet<u64> = keys.filter(|key| !known.contains_key(key)).collect();
        if !rare.is_empty() {
            let found = self.ask::<RareRow>(&parts.rare(names, &rare)).await?;
            known.extend(found.rows.into_iter().map(|row| (row.key, row.place)));
        }
        let name = |key: u64| known.get(&key).cloned().unwrap_or_default();
        let transition = |row: &TransitionRow| Transition {
            from: name(row.pair.0),
            to: name(row.pair.1),
            count: row.times,
        };
        Ok(rows.iter().map(transition).collect())
    }
}

fn limit(name: &str, asked: Option<u32>, usual: u32, most: u32) -> Result<u32, Error> {
    let asked = asked.unwrap_or(usual);
    if (1..=most).contains(&asked) {
        return Ok(asked);
    }
    Err(Error::Question(format!("`{name}` is 1 to {most}, not {asked}")))
}

/// SQL fragments of a question.
struct Parts {
    from: String,
    unit: &'static str,
    place: String,
    begins: String,
}

impl Parts {
    fn new(of: Scope<'_>, question: &PathsQuestion) -> Result<Self, Error> {
        let pages = matches!(question.by, PathBy::Page | PathBy::PageLevel(_));
        let places = match &question.event {
            Some(event) => Some(event.clone()),
            None => pages.then(|| EventNames::from(name::PAGE_VIEWED)),
        };
        let mut scope = format!("site = {}", of.site);
        if let Some(places) = &places {
            let begin = question.from.as_ref().map(|from| &from.event);
            let names: Vec<&EventNames> = begin.into_iter().chain([places]).collect();
            scope.push_str(&format!(" AND {}", sql::names(&names)?));
        }
        let place = match &question.by {
            PathBy::Event => "toString(name)".to_owned(),
            PathBy::Page => "path(url)".to_owned(),
            PathBy::PageLevel(level) => {
                let level = limit("page_level", Some(*level), 1, DEPTH)?;
                format!("arrayStringConcat(arraySlice(splitByChar('/', path(url)), 1, {}), '/')", level + 1)
            }
            PathBy::Property(name) => {
                scope.push_str(&format!(" AND {}", sql::has_property(name)));
                sql::property_text(name)
            }
        };
        let begins = question.from.as_ref().map_or_else(|| Ok("1".to_owned()), sql::which)?;
        let narrow = question.by == PathBy::Event
            && question.per != Per::Person
            && question.from.as_ref().is_none_or(|from| from.filters.is_empty())
            && sql::is_narrow(of, question.bots, None);
        scope.push_str(&sql::period(question.period, !narrow)?);
        scope.push_str(&of.filter(question.bots)?);
        let table = match question.per {
            Per::Person => events_by_person(of.site, &scope),
            _ if narrow => "steps".to_owned(),
            _ => "events".to_owned(),
        };
        let unit = match question.per {
            Per::Visitor => "visitor",
            Per::Session => "session",
            Per::Person => "person",
        };
        Ok(Self { from: format!("{table}\n  WHERE {scope}"), unit, place, begins })
    }

    /// The most frequent places.
    fn places(&self) -> String {
        let Self { from, place, .. } = self;
        format!(
            "SELECT {place} AS place FROM {from}\nGROUP BY place ORDER BY count() DESC, place LIMIT {PLACES}"
        )
    }

    /// A place as a number: from 1 in the order of `names`, others by their hash, which has its highest bit set.
    fn key(&self, names: &[String]) -> String {
        let place = &self.place;
        let known: Vec<String> = names.iter().map(|name| sql::text(name)).collect();
        let hash = format!("bitOr(cityHash64({place}), bitShiftLeft(toUInt64(1), 63))");
        if known.is_empty() {
            return hash;
        }
        let numbers = format!("arrayMap(n -> toUInt64(n), range(1, {}))", known.len() + 1);
        let number = |other: &str| format!("transform({place}, [{}], {numbers}, {other})", known.join(", "));
        // As long as there is room, there are no others.
        if known.len() < PLACES { number("toUInt64(0)") } else { number(&hash) }
    }

    /// What histories are grouped by, and a number that parts the paths in them. A session is one visitor's, so that
    /// events are taken together by visitor, as they lie, and parted then; no visitor has two sessions of one hash.
    fn visit(&self) -> (&'static str, &'static str) {
        if self.unit == "session" { ("visitor", "cityHash64(session)") } else { (self.unit, "0") }
    }

    /// Paths by how many took them; places by their number in `names` from 1, others 0.
    fn paths(&self, names: &[String], question: &PathsQuestion, depth: u32) -> String {
        let Self { from, begins, .. } = self;
        let ((group, visit), key) = (self.visit(), self.key(names));
        let order = match question.direction {
            Direction::Forward => "",
            Direction::Back => "Reverse",
        };
        let events = format!(
            "array{order}Sort(groupArray(({visit}, at, sequence, {key}, {begins}))) AS events\n    FROM {from}"
        );
        let histories = match visit {
            "0" => format!("SELECT {events}\n    GROUP BY {group}"),
            _ => format!(
                "SELECT arrayJoin(arraySplit((e, before) -> e.1 != before, events,\n    \
                 arrayPushFront(arrayPopBack(events.1), events.1[1]))) AS events FROM (\n    \
                 SELECT {events}\n    GROUP BY {group}\n    )"
            ),
        };
        let places = "arrayMap(e -> e.4, arraySlice(events, begin))";
        let places = if question.collapse { format!("arrayCompact({places})") } else { places.to_owned() };
        // One more than is shown: whether somebody went on is known at the last place, too.
        format!(
            "SELECT arrayMap(k -> toUInt16(if(k > {PLACES}, 0, k)), arraySlice({places}, 1, {})) AS path, count() AS units\n\
             FROM (\n  SELECT events, arrayFirstIndex(e -> e.5, events) AS begin FROM (\n    {histories}\n  )\n)\n\
             WHERE begin > 0\nGROUP BY path\nORDER BY units DESC, path",
            depth + 1
        )
    }

    fn transitions(&self, names: &[String], collapse: bool) -> String {
        let Self { from, .. } = self;
        let ((group, visit), key) = (self.visit(), self.key(names));
        let moved = if collapse { " AND step.1.4 != step.2.4" } else { "" };
        format!(
            "SELECT (step.1.4, step.2.4) AS pair, count() AS times, sum(times) OVER () AS total, \
             count() OVER () AS distinct\nFROM (\n  \
             SELECT arrayJoin(arrayZip(arrayPopBack(events), arrayPopFront(events))) AS step FROM (\n  \
             SELECT arraySort(groupArray(({visit}, at, sequence, {key}))) AS events\n  FROM {from}\n  GROUP BY {group}\n  )\n)\n\
             WHERE step.1.1 = step.2.1{moved}\nGROUP BY pair\nORDER BY times DESC, pair\nLIMIT {TRANSITIONS}"
        )
    }

    /// The places of these keys.
    fn rare(&self, names: &[String], keys: &BTreeSet<u64>) -> String {
        let keys: Vec<String> = keys.iter().map(u64::to_string).collect();
        let Self { from, place, .. } = self;
        format!(
            "SELECT {} AS key, any({place}) AS place FROM {from}\n  AND key IN ({})\nGROUP BY key",
            self.key(names),
            keys.join(", ")
        )
    }
}

/// Paths with the same beginning share it.
struct Tree {
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    count: u64,
    next: BTreeMap<u16, usize>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl Tree {
    fn add(&mut self, path: &[u16], units: u64) {
        let mut at = 0;
        self.nodes[0].count += units;
        for place in path {
            let new = self.nodes.len();
            at = *self.nodes[at].next.entry(*place).or_insert(new);
            if at == new {
                self.nodes.push(Node::default());
            }
            self.nodes[at].count += units;
        }
    }

    fn ended(&self, node: usize) -> u64 {
        let node = &self.nodes[node];
        node.count - node.next.values().map(|next| self.nodes[*next].count).sum::<u64>()
    }
}

/// What of a tree is shown.
struct View<'a> {
    names: &'a [String],
    top: usize,
    least: u64,
}

impl View<'_> {
    fn name(&self, place: u16) -> Option<&String> {
        self.names.get(usize::from(place).checked_sub(1)?)
    }

    fn next(&self, tree: &Tree, node: usize, depth: u32) -> Vec<PathNode> {
        if depth == 0 {
            return Vec::new();
        }
        let mut next: Vec<(u16, usize)> = tree.nodes[node].next.iter().map(|(p, n)| (*p, *n)).collect();
        // Places are numbered by how frequent they are.
        next.sort_by_key(|(place, node)| (std::cmp::Reverse(tree.nodes[*node].count), *place));
        let mut shown = Vec::new();
        let mut rest = PathNode::default();
        for (place, node) in next {
            let (count, ended) = (tree.nodes[node].count, tree.ended(node));
            match self.name(place).filter(|_| shown.len() < self.top && count >= self.least) {
                Some(name) => shown.push(PathNode {
                    place: Some(name.clone()),
                    count,
                    ended,
                    next: self.next(tree, node, depth - 1),
                }),
                None => {
                    rest.count += count;
                    rest.ended += ended;
                }
            }
        }
        if rest.count > 0 {
            shown.push(rest);
        }
        shown
    }

    fn positions(&self, rows: &[PathRow], depth: u32) -> Vec<PathPosition> {
        let mut positions = Vec::new();
        for at in 0..depth {
            let mut counts: BTreeMap<u16, u64> = BTreeMap::new();
            for row in rows {
                if let Some(place) = row.path.get(at as usize) {
                    *counts.entry(*place).or_default() += row.units;
                }
            }
            let mut counts: Vec<(u16, u64)> = counts.into_iter().collect();
            counts.sort_by_key(|(place, count)| (std::cmp::Reverse(*count), *place));
            let mut rest = 0;
            let mut shown = 0;
            for (place, count) in counts {
                match self.name(place).filter(|_| shown < self.top) {
                    Some(name) => {
                        shown += 1;
                        positions.push(PathPosition { position: at + 1, place: Some(name.clone()), count });
                    }
                    None => rest += count,
                }
            }
            if rest > 0 {
                positions.push(PathPosition { position: at + 1, place: None, count: rest });
            }
        }
        positions
    }
}

fn definition(question: &PathsQuestion, depth: u32) -> String {
    let unit = words::unit(question.per);
    let place = match &question.by {
        PathBy::Event => "the name of an event".to_owned(),
        PathBy::Page => "the path of a page's address, without query".to_owned(),
        PathBy::PageLevel(level) => format!("the first {level} parts of a page's path"),
        PathBy::Property(name) => format!("the value of `{name}`"),
    };
    let events = match (&question.event, &question.by) {
        (Some(event), _) => format!("Only {} counts", words::events(event, &[])),
        (None, PathBy::Page | PathBy::PageLevel(_)) => format!("Only `{}` counts", name::PAGE_VIEWED),
        (None, _) => "All events count".to_owned(),
    };
    let begin = match (&question.from, question.direction) {
        (None, Direction::Forward) => format!("the first event of the {unit}"),
        (None, Direction::Back) => format!("the last event of the {unit}"),
        (Some(from), Direction::Forward) => {
            format!("the first {} of the {unit}", words::events(&from.event, &from.filters))
        }
        (Some(from), Direction::Back) => {
            format!("the last {} of the {unit}", words::events(&from.event, &from.filters))
        }
    };
    let way = match question.direction {
        Direction::Forward => "what followed",
        Direction::Back => "what led there, from the nearest",
    };
    let collapse = if question.collapse { " The same place several times in a row is one." } else { "" };
    format!(
        "A path is the events of one {unit}, by time and then sequence; a place on it is {place}. {events}.{collapse} \
         Paths begin with {begin} and show {way}, {depth} places in all. The {PLACES} most frequent places are told \
         apart. Transitions are all steps from one place to the next. {} {}",
        words::period(question.period),
        words::bots(question.bots)
    )
}
