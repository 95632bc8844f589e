//! The condition builder: groups and leaves over a value, addressed by path.

use super::form::{Bind, Look, number_field, options, select_field, span_field, text_field, unique};
use super::icon::icon;
use crate::browser;
use crate::dom::{CollectView, View, dynamic, value_of, view};
use crate::i18n::{Message, m};
use crate::rule::{self, Kind};
use crate::session::{app, t};
use crate::state::{Callback, Signal, computed};
use crate::text::distinct;
use attune_engine::compile::CONTEXT;
use attune_schema::event::FACETS;
use attune_schema::source::{Condition, FieldCondition, Source};
use attune_schema::span::Span;

const KINDS: [(&str, Message); 8] = [
    ("event", m::RULE_EVENT),
    ("attribute", m::RULE_ATTRIBUTE),
    ("context", m::RULE_CONTEXT),
    ("affinity", m::RULE_AFFINITY),
    ("audience", m::RULE_AUDIENCE),
    ("all", m::RULE_ALL),
    ("any", m::RULE_ANY),
    ("none", m::RULE_NONE),
];

const OPERATORS: [(&str, Message); 10] = [
    ("is", m::OP_IS),
    ("is_not", m::OP_IS_NOT),
    ("one_of", m::OP_ONE_OF),
    ("at_least", m::OP_AT_LEAST),
    ("at_most", m::OP_AT_MOST),
    ("more_than", m::OP_MORE_THAN),
    ("less_than", m::OP_LESS_THAN),
    ("starts_with", m::OP_STARTS_WITH),
    ("contains", m::OP_CONTAINS),
    ("known", m::OP_KNOWN),
];

/// What a node of the builder needs.
#[derive(Clone)]
struct Builder {
    rule: Bind<Condition>,
    source: Signal<Source>,
    base: String,
}

/// A rule that is always there.
pub(crate) fn rule_editor(rule: Bind<Condition>, source: Signal<Source>) -> View {
    let rooted = Bind { get: computed(move || rule::rooted(rule.get.get())), set: rule.set };
    let builder = Builder { rule: rooted, source, base: unique() };
    view! {
        <div class="rule">
            {builder.node(Vec::new())}
            <p class="words-of-rule break"><span class="sr">{t(m::RULE_IN_WORDS)}</span>{move || in_words(&rule.get.get())}</p>
        </div>
    }
}

/// A rule that may be absent; `label` turns it on.
pub(crate) fn optional_rule(
    label: Message,
    hint: Message,
    rule: Bind<Option<Condition>>,
    source: Signal<Source>,
) -> View {
    let present = computed(move || rule.get.get().is_some());
    let ticked = Bind {
        get: present,
        set: Callback::new(move |on: bool| {
            rule.set.run(on.then(|| Condition::All(vec![Kind::Event.blank()])))
        }),
    };
    let inner = Bind {
        get: computed(move || rule.get.get().unwrap_or(Condition::All(Vec::new()))),
        set: Callback::new(move |condition| rule.set.run(Some(condition))),
    };
    view! {
        {super::form::check(label, ticked, Some(hint))}
        {move || present.get().then(|| rule_editor(inner, source))}
    }
}

/// The rule in words.
pub(crate) fn in_words(condition: &Condition) -> String {
    let lang = app().lang.get();
    let words = rule::Words {
        and: m::WORD_AND.text(lang),
        or: m::WORD_OR.text(lang),
        not: m::WORD_NOT.text(lang),
        everybody: m::WORD_EVERYBODY.text(lang),
        nobody: m::WORD_NOBODY.text(lang),
    };
    rule::summary(condition, words)
}

/// Suggestions of rules and personas, once a page: categories, attributes, context names, facets.
pub(crate) fn lists(source: Signal<Source>) -> View {
    let attributes = computed(move || source.get().attributes.into_iter().map(|a| a.id).collect());
    let categories = computed(move || distinct(source.get().offers.into_iter().map(|offer| offer.category)));
    let context = computed(|| CONTEXT.map(str::to_owned).to_vec());
    let facets = computed(|| FACETS.map(str::to_owned).to_vec());
    view! {
        {super::part::data_list("attribute-names", attributes)}
        {super::part::data_list("categories", categories)}
        {super::part::data_list("context-names", context)}
        {super::part::data_list("facets", facets)}
    }
}

impl Builder {
    fn edit(&self, change: impl FnOnce(&mut Condition)) {
        let mut root = self.rule.get.get_untracked();
        change(&mut root);
        self.rule.set.run(root);
    }

    /// A part of the node at `path`.
    fn part<T>(
        &self,
        path: &[usize],
        get: impl Fn(&Condition) -> Option<T> + 'static,
        set: impl Fn(&mut Condition, T) + 'static,
    ) -> Bind<T>
    where
        T: Default + Clone + PartialEq + 'static,
    {
        let (builder, at) = (self.clone(), path.to_vec());
        let rule = self.rule;
        let path = path.to_vec();
        Bind {
            get: computed(move || {
                rule.get.with(|root| rule::at(root, &path).and_then(&get)).unwrap_or_default()
            }),
            set: Callback::new(move |value| {
                builder.edit(|root| {
                    if let Some(node) = rule::at_mut(root, &at) {
                        set(node, value);
                    }
                });
            }),
        }
    }

    fn id(&self, path: &[usize]) -> String {
        path.iter().fold(self.base.clone(), |id, index| format!("{id}-{index}"))
    }

    /// The node at `path`; made anew only when its shape changes, so that typing keeps the focus.
    fn node(&self, path: Vec<usize>) -> View {
        let (builder, rule, at) = (self.clone(), self.rule, path.clone());
        let shape = computed(move || {
            rule.get.with(|root| {
                rule::at(root, &at)
                    .map(|node| (Kind::of(node), rule::members(node).map_or(0, Vec::len), operator(node)))
            })
        });
        dynamic(move || {
            let (kind, members, operator) = shape.get()?;
            Some(match kind {
                Kind::All | Kind::Any | Kind::None => builder.group(&path, kind, members),
                _ => builder.leaf(&path, kind, operator),
            })
        })
    }

    fn kind_select(&self, path: &[usize], kind: Kind) -> View {
        let (builder, at) = (self.clone(), path.to_vec());
        let only_groups = path.is_empty();
        let choices = move || {
            KINDS
                .into_iter()
                .filter(|(code, _)| !only_groups || matches!(*code, "all" | "any" | "none"))
                .map(|(code, label)| {
                    let selected = code == kind.code();
                    view! { <option value=code selected=selected prop:selected=selected>{t(label)}</option> }
                })
                .collect_view()
        };
        view! {
            <select id=self.id(path) class="input" aria-label=t(m::RULE_KIND)
                on:change=move |event| {
                    if let Some(kind) = Kind::parse(&value_of(&event)) {
                        builder.edit(|root| rule::turn_into(root, &at, kind));
                    }
                }>{choices}</select>
        }
    }

    fn bin(&self, path: &[usize]) -> View {
        if path.is_empty() {
            return View::default();
        }
        let (builder, at) = (self.clone(), path.to_vec());
        view! {
            <button type="button" class="button quiet icon" aria-label=t(m::RULE_REMOVE) title=t(m::RULE_REMOVE)
                on:click=move |_| builder.edit(|root| rule::remove(root, &at))>{icon("bin")}</button>
        }
    }

    fn group(&self, path: &[usize], kind: Kind, members: usize) -> View {
        let add = |kind: Kind, label: Message| {
            let (builder, at) = (self.clone(), path.to_vec());
            let mut child = path.to_vec();
            child.push(members);
            let id = self.id(&child);
            view! {
                <button type="button" class="button small" on:click=move |_| {
                    builder.edit(|root| rule::add(root, &at, kind.blank()));
                    let id = id.clone();
                    browser::later(30, move || browser::focus(&id));
                }>{icon("plus")}{t(label)}</button>
            }
        };
        let children = (0..members)
            .map(|index| {
                let mut child = path.to_vec();
                child.push(index);
                self.node(child)
            })
            .collect_view();
        let class = format!("group {}", kind.code());
        let nestable = path.len() < 4;
        view! {
            <div class=class role="group" aria-label=t(m::RULE_GROUP)>
                <div class="row between"><div class="grow">{self.kind_select(path, kind)}</div>{self.bin(path)}</div>
                {children}
                <div class="row">{add(Kind::Event, m::RULE_ADD)}{nestable.then(|| add(Kind::Any, m::RULE_ADD_GROUP))}</div>
            </div>
        }
    }

    /// What has no fields here: the rule in short, to be kept or taken out.
    fn written(&self, path: &[usize]) -> View {
        let (rule, at) = (self.rule, path.to_vec());
        let short = move || rule.get.with(|root| rule::at(root, &at).map(in_words));
        view! { <div class="leaf"><code class="grow">{short}</code>{self.bin(path)}</div> }
    }

    fn leaf(&self, path: &[usize], kind: Kind, operator: &'static str) -> View {
        if kind == Kind::Written {
            return self.written(path);
        }
        let fields = match kind {
            Kind::Event => self.event(path),
            Kind::Attribute | Kind::Context => self.field(path, kind, operator),
            Kind::Affinity => self.affinity(path),
            _ => self.audience(path),
        };
        view! {
            <div class="leaf">
                <div class="field kind"><label for=self.id(path)>{t(m::RULE_KIND)}</label>{self.kind_select(path, kind)}</div>
                {fields}
                {self.bin(path)}
            </div>
        }
    }

    fn event(&self, path: &[usize]) -> View {
        let name =
            self.part(path, |c| event(c).map(|e| e.name.clone()), |c, v| with_event(c, |e| e.name = v));
        let property = self.part(
            path,
            |c| event(c).and_then(|e| e.filter.keys().next().cloned()),
            |c, property: String| {
                with_event(c, |e| {
                    let value = e.filter.values().next().cloned().unwrap_or_default();
                    e.filter.clear();
                    if !property.is_empty() {
                        e.filter.insert(property, value);
                    }
                });
            },
        );
        let value = self.part(
            path,
            |c| event(c).and_then(|e| e.filter.values().next().cloned()),
            |c, value: String| {
                with_event(c, |e| e.filter.values_mut().for_each(|kept| kept.clone_from(&value)))
            },
        );
        let bound = |text: &str| text.trim().parse::<u32>().ok();
        let least = self.part(
            path,
            |c| event(c).and_then(|e| e.at_least).map(|n| n.to_string()),
            move |c, v: String| with_event(c, |e| e.at_least = bound(&v)),
        );
        let most = self.part(
            path,
            |c| event(c).and_then(|e| e.at_most).map(|n| n.to_string()),
            move |c, v: String| with_event(c, |e| e.at_most = bound(&v)),
        );
        let within: Bind<Option<Span>> =
            self.part(path, |c| event(c).map(|e| e.within), |c, v| with_event(c, |e| e.within = v));
        let short = Look { class: "short", kind: "number", ..Look::default() };
        let facets = computed(|| {
            let lang = app().lang.get();
            let any = (String::new(), m::ANY_PROPERTY.text(lang).to_owned());
            core::iter::once(any).chain(FACETS.iter().map(|f| ((*f).to_owned(), (*f).to_owned()))).collect()
        });
        let filtered = move || !property.get.get().is_empty();
        view! {
            {text_field(m::EVENT, name, Look { list: "event-names", ..Look::default() })}
            {select_field(m::PROPERTY, property, facets, "")}
            {move || filtered().then(|| text_field(m::VALUE, value, Look { list: "categories", ..Look::default() }))}
            {text_field(m::AT_LEAST, least, short)}
            {text_field(m::AT_MOST, most, short)}
            {span_field(m::WITHIN, within, true, Look { class: "short", hint: Some(m::WITHIN_HINT), placeholder: "7d", ..Look::default() })}
        }
    }

    fn field(&self, path: &[usize], kind: Kind, operator: &'static str) -> View {
        let name =
            self.part(path, |c| field(c).map(|f| f.name.clone()), |c, v| with_field(c, |f| f.name = v));
        let chosen = self.part(
            path,
            |c| field(c).map(|f| rule::parts(&f.test).0.to_owned()),
            |c, code: String| with_field(c, |f| f.test = rule::test(&code, &rule::parts(&f.test).1)),
        );
        let operand = self.part(
            path,
            |c| field(c).map(|f| rule::parts(&f.test).1),
            move |c, text: String| with_field(c, |f| f.test = rule::test(operator, &text)),
        );
        let list = if kind == Kind::Context { "context-names" } else { "attribute-names" };
        let value = if operator == "known" {
            select_field(m::VALUE, operand, options(&[("true", m::YES), ("false", m::NO)]), "")
        } else {
            let hint = (operator == "one_of").then_some(m::COMMA_HINT);
            text_field(m::VALUE, operand, Look { hint, ..Look::default() })
        };
        view! {
            {text_field(m::FIELD_NAME, name, Look { list, ..Look::default() })}
            {select_field(m::OPERATOR, chosen, options(&OPERATORS), "")}
            {value}
        }
    }

    fn affinity(&self, path: &[usize]) -> View {
        let category = self.part(
            path,
            |c| if let Condition::Affinity(a) = c { Some(a.category.clone()) } else { None },
            |c, v| {
                if let Condition::Affinity(a) = c {
                    a.category = v
                }
            },
        );
        let least = self.part(
            path,
            |c| if let Condition::Affinity(a) = c { Some(a.at_least) } else { None },
            |c, v| {
                if let Condition::Affinity(a) = c {
                    a.at_least = v
                }
            },
        );
        view! {
            {text_field(m::CATEGORY, category, Look { list: "categories", ..Look::default() })}
            {number_field(m::POINTS, least, (0.0, 1e6), Look::default())}
        }
    }

    fn audience(&self, path: &[usize]) -> View {
        let chosen = self.part(
            path,
            |c| if let Condition::Audience(id) = c { Some(id.clone()) } else { None },
            |c, v| *c = Condition::Audience(v),
        );
        let source = self.source;
        let audiences = computed(move || {
            let name = |name: String, id: &str| if name.is_empty() { id.to_owned() } else { name };
            source.get().audiences.into_iter().map(|a| (a.id.clone(), name(a.name, &a.id))).collect()
        });
        select_field(m::AUDIENCE, chosen, audiences, "")
    }
}

fn operator(node: &Condition) -> &'static str {
    field(node).map_or("", |field| rule::parts(&field.test).0)
}

const fn event(node: &Condition) -> Option<&attune_schema::source::EventCondition> {
    if let Condition::Event(event) = node { Some(event) } else { None }
}

fn with_event(node: &mut Condition, change: impl FnOnce(&mut attune_schema::source::EventCondition)) {
    if let Condition::Event(event) = node {
        change(event);
    }
}

const fn field(node: &Condition) -> Option<&FieldCondition> {
    match node {
        Condition::Attribute(field) | Condition::Context(field) => Some(field),
        _ => None,
    }
}

fn with_field(node: &mut Condition, change: impl FnOnce(&mut FieldCondition)) {
    if let Condition::Attribute(field) | Condition::Context(field) = node {
        change(field);
    }
}
