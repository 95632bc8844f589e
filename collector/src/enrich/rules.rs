//! The rules of uap-core: what a user agent says of browser, system and device.
//!
//! There are more than a thousand patterns, and compiled they would weigh more than the rest of the process. So none
//! is compiled before a user agent holds the texts without which it cannot match (which `regex-filtered` finds out),
//! and few enough are kept: real traffic needs some dozens.

use regex_automata::nfa::thompson::backtrack::{self, BoundedBacktracker, Cache};
use regex_automata::nfa::thompson::{self, BuildError};
use regex_automata::util::{captures, syntax};
use regex_automata::{Anchored, Input};
use regex_filtered::mapper::{Builder, Mapper};
use regex_filtered::model::Model;
use serde::Deserialize;
use std::borrow::Cow;

/// As shipped; see `data/uap/README.md`.
const SHIPPED: &str = include_str!("../../data/uap/rules.json");
/// Patterns of one kind that are kept compiled: bounds what hostile user agents can make us remember.
const COMPILED: usize = 128;
/// Most bytes of a compiled pattern.
const PATTERN_BYTES: usize = 1 << 20;
/// Most bytes of notes while one is tried, shared by all: enough for the longest pattern and user agent.
const NOTES_BYTES: usize = 4 << 20;

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadRules {
    /// Not of the form of `data/uap/rules.json`.
    #[error("the user-agent rules are not of the form: {0}")]
    Form(#[from] serde_json::Error),
    /// A pattern that is not one.
    #[error("user-agent rule `{0}`: {1}")]
    Pattern(String, String),
}

/// A family and its version, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versioned {
    /// Such as `Firefox` or `Mac OS X`.
    pub family: String,
    /// Major, minor, patch and what comes after it.
    pub version: [Option<String>; 4],
}

/// What somebody holds in the hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// Such as `iPhone`, or `Spider`.
    pub family: String,
    /// Such as `Apple`.
    pub brand: Option<String>,
    /// Such as `iPhone`.
    pub model: Option<String>,
}

type Row<'a> = Vec<Option<Cow<'a, str>>>;

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    browsers: Vec<Row<'a>>,
    #[serde(borrow)]
    systems: Vec<Row<'a>>,
    #[serde(borrow)]
    devices: Vec<Row<'a>>,
}

/// All three kinds.
pub struct Rules {
    browsers: Kind,
    systems: Kind,
    devices: Kind,
}

impl Rules {
    /// The rules of this program.
    ///
    /// # Errors
    /// None that a test does not find.
    pub fn shipped() -> Result<Self, BadRules> {
        Self::parse(SHIPPED)
    }

    fn parse(text: &'static str) -> Result<Self, BadRules> {
        let File { browsers, systems, devices } = serde_json::from_str(text)?;
        Ok(Self {
            browsers: Kind::new(browsers, 3, false)?,
            systems: Kind::new(systems, 3, false)?,
            devices: Kind::new(devices, 2, true)?,
        })
    }

    /// The browser, or whatever program it is.
    pub fn browser(&mut self, agent: &str) -> Option<Versioned> {
        let (replace, found) = self.browsers.first(agent)?;
        let part = |at: usize| replace.get(at).and_then(Option::as_deref).filter(|text| !text.is_empty());
        let family = match part(0) {
            Some(template) => template.replace("$1", &group(&found, 1)),
            None => group(&found, 1).into_owned(),
        };
        let version = std::array::from_fn(|at| {
            let text = part(at + 1).map_or_else(|| group(&found, at + 2), Cow::Borrowed);
            (!text.is_empty()).then(|| text.into_owned())
        });
        Some(Versioned { family, version })
    }

    /// The operating system.
    pub fn system(&mut self, agent: &str) -> Option<Versioned> {
        let (replace, found) = self.systems.first(agent)?;
        let family = expand(replace, 0, &found, Some(1)).unwrap_or_default();
        let version = std::array::from_fn(|at| expand(replace, at + 1, &found, Some(at + 2)));
        Some(Versioned { family, version })
    }

    /// The device.
    pub fn device(&mut self, agent: &str) -> Option<Device> {
        let (replace, found) = self.devices.first(agent)?;
        Some(Device {
            family: expand(replace, 0, &found, Some(1)).unwrap_or_default(),
            brand: expand(replace, 1, &found, None),
            model: expand(replace, 2, &found, Some(1)),
        })
    }
}

/// The rules of one kind, in the order in which they are tried.
struct Kind {
    rules: Vec<Rule>,
    /// Finds the texts that patterns need; `mapper` tells which patterns then have all of theirs.
    atoms: aho_corasick::AhoCorasick,
    mapper: Mapper,
    compiled: usize,
    notes: Option<Cache>,
}

struct Rule {
    pattern: Cow<'static, str>,
    any_case: bool,
    replace: Vec<Option<Cow<'static, str>>>,
    regex: Option<BoundedBacktracker>,
}

impl Kind {
    fn new(rows: Vec<Row<'static>>, shortest: usize, flags: bool) -> Result<Self, BadRules> {
        let mut mapper = Builder::new(shortest);
        let mut rules = Vec::with_capacity(rows.len());
        for row in rows {
            let mut parts = row.into_iter();
            let pattern = parts.next().flatten().unwrap_or_default();
            let any_case = flags && parts.next().flatten().is_some_and(|flag| flag == "i");
            let bad = |error: String| BadRules::Pattern(pattern.clone().into_owned(), error);
            let mut parser = regex_syntax::ParserBuilder::new().case_insensitive(any_case).build();
            let tree = parser.parse(&pattern).map_err(|error| bad(error.to_string()))?;
            mapper.push(Model::new(&tree).map_err(|error| bad(error.to_string()))?);
            rules.push(Rule { pattern, any_case, replace: parts.collect(), regex: None });
        }
        let (mapper, atoms) = mapper.build();
        let atoms = aho_corasick::AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(aho_corasick::AhoCorasickKind::ContiguousNFA))
            .build(atoms)
            .map_err(|error| BadRules::Pattern("all of them".to_owned(), error.to_string()))?;
        Ok(Self { rules, atoms, mapper, compiled: 0, notes: None })
    }

    /// The first rule that matches, and what it found.
    fn first<'r, 't>(&'r mut self, agent: &'t str) -> Option<(&'r [Option<Cow<'static, str>>], Found<'t>)> {
        if self.compiled > COMPILED {
            self.rules.iter_mut().for_each(|rule| rule.regex = None);
            (self.compiled, self.notes) = (0, None);
        }
        let atoms = self.atoms.find_overlapping_iter(agent).map(|found| found.pattern().as_usize());
        for index in self.mapper.atom_to_re(atoms) {
            let rule = self.rules.get_mut(index)?;
            if rule.regex.is_none() {
                rule.regex = compile(&rule.pattern, rule.any_case).ok();
                self.compiled += 1;
            }
            let Some(regex) = &rule.regex else { continue };
            let notes = self.notes.get_or_insert_with(|| regex.create_cache());
            notes.reset(regex);
            let mut groups = captures::Captures::all(regex.get_nfa().group_info().clone());
            let input = Input::new(agent).anchored(Anchored::No);
            let searched = regex.try_search_slots(notes, &input, groups.slots_mut());
            if let Ok(Some(pattern)) = searched {
                groups.set_pattern(Some(pattern));
                return self.rules.get(index).map(|rule| (rule.replace.as_slice(), Found { agent, groups }));
            }
        }
        None
    }
}

/// User agents are ASCII: classes such as `\d` are meant so, and many times smaller. One small automaton a pattern,
/// and notes that all share, take a fifth of what `regex` would keep for speed on long texts.
fn compile(pattern: &str, any_case: bool) -> Result<BoundedBacktracker, Box<BuildError>> {
    BoundedBacktracker::builder()
        .syntax(syntax::Config::new().unicode(false).utf8(false).case_insensitive(any_case))
        .thompson(thompson::Config::new().utf8(false).nfa_size_limit(Some(PATTERN_BYTES)))
        .configure(backtrack::Config::new().visited_capacity(NOTES_BYTES))
        .build(pattern)
        .map_err(Box::new)
}

/// A match in a user agent.
struct Found<'t> {
    agent: &'t str,
    groups: captures::Captures,
}

/// A matched part; empty if it took no part in the match.
fn group<'t>(found: &Found<'t>, number: usize) -> Cow<'t, str> {
    let bytes = found.groups.get_group(number).and_then(|span| found.agent.as_bytes().get(span.range()));
    bytes.map_or(Cow::Borrowed(""), String::from_utf8_lossy)
}

/// What stands at `at`, with `$1` to `$9` replaced; the part `otherwise` if nothing does.
fn expand(
    replace: &[Option<Cow<'_, str>>],
    at: usize,
    found: &Found<'_>,
    otherwise: Option<usize>,
) -> Option<String> {
    let template = replace.get(at).and_then(Option::as_deref).filter(|text| !text.trim().is_empty());
    let text = match template {
        None => group(found, otherwise?).into_owned(),
        Some(template) if !template.contains('$') => template.to_owned(),
        Some(template) => {
            let mut text = String::with_capacity(template.len() + 16);
            let mut rest = template.split('$');
            text.push_str(rest.next().unwrap_or_default());
            for piece in rest {
                match piece.chars().next().and_then(|digit| digit.to_digit(10)) {
                    Some(number) => {
                        text.push_str(&group(found, number as usize));
                        text.push_str(piece.get(1..).unwrap_or_default());
                    }
                    None => {
                        text.push('$');
                        text.push_str(piece);
                    }
                }
            }
            text
        }
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one() {
        let rules = Rules::shipped().unwrap();
        let mut count = 0;
        for rule in [&rules.browsers, &rules.systems, &rules.devices].into_iter().flat_map(|kind| &kind.rules)
        {
            let compiled = compile(&rule.pattern, rule.any_case);
            let compiled = compiled.unwrap_or_else(|error| panic!("{}: {error}", rule.pattern));
            assert!(compiled.max_haystack_len() >= 512, "{}: {}", rule.pattern, compiled.max_haystack_len());
            count += 1;
        }
        assert!(count > 1_200, "{count}");
    }

    #[test]
    fn what_is_compiled_is_bounded() {
        let mut rules = Rules::shipped().unwrap();
        for number in 0..2_000 {
            let word = rules.browsers.rules[number % rules.browsers.rules.len()].pattern.clone();
            let _found = rules.browser(&word.replace(['\\', '(', ')', '?', '|', '^'], ""));
        }
        let kept = rules.browsers.rules.iter().filter(|rule| rule.regex.is_some()).count();
        // One user agent can need more than its share once.
        assert!(kept <= 2 * COMPILED, "{kept}");
    }
}
