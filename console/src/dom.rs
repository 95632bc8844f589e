//! The page: what `view!` is written in terms of.
//!
//! A view is made at once, of plain nodes. What may change later is a closure, which is run again by itself when a
//! signal changes that it read: it writes one attribute, one text, or the nodes between two markers.
//!
//! Leptos' own renderer makes code for each type of element, attribute and closure, and a screen has hundreds: more
//! than a third of the module. Here a closure is boxed where it enters, and markup is data (see `attune_markup`).

use crate::browser::{self, document};
use crate::session::Words;
use crate::state::{Make, State, cleanup, follow, untrack};
use any_spawner::Executor;
use js_sys::{Function, Reflect};
use reactive_graph::owner::Owner;
use std::borrow::Cow;
use std::str::Lines;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, EventTarget, HtmlElement, KeyboardEvent, Node};

pub(crate) use attune_markup::view;

/// A part of a page; none or several nodes are a fragment.
#[derive(Clone)]
#[must_use]
pub(crate) struct View(Node);

impl Default for View {
    /// Shows nothing.
    fn default() -> Self {
        Self(fragment())
    }
}

/// An element of a view, once it is there: `<div node_ref=here>`.
pub(crate) type NodeRef = State<Option<Element>>;

/// What an attribute or property is set to.
pub(crate) enum Value {
    /// Left out.
    None,
    /// Present or left out; a boolean property.
    Flag(bool),
    /// A text.
    Text(Cow<'static, str>),
    /// Follows signals.
    Following(Box<dyn Make<Self>>),
}

/// What is done at an event; leaner than `dyn FnMut`, like [`Make`].
pub(crate) trait Act {
    /// Does it.
    fn act(&mut self, event: Event);
}

impl<F: FnMut(Event)> Act for F {
    fn act(&mut self, event: Event) {
        self(event);
    }
}

/// Plays a template of `view!` back, up to the next value each time; see `attune_markup` for what its lines mean.
pub(crate) struct Page {
    lines: Lines<'static>,
    /// The fragment, and the elements that are open.
    open: Vec<Node>,
}

impl Page {
    pub(crate) fn new(template: &'static str) -> Self {
        Self { lines: template.lines(), open: vec![fragment()] }
    }

    /// Goes on to the next value: the element it belongs to, and what it is there.
    fn next(&mut self) -> (Node, &'static str) {
        for line in self.lines.by_ref() {
            let (kind, rest) = line.split_at(1);
            let here = self.open.last().cloned().unwrap_or_else(fragment);
            match kind {
                "<" => {
                    let element = element(rest, &here);
                    append(&here, &element);
                    self.open.push(element);
                }
                ">" => drop(self.open.pop()),
                "\"" => append(&here, &text(rest)),
                "=" => {
                    let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
                    drop(here.unchecked_ref::<Element>().set_attribute(name, value));
                }
                _ => return (here, rest),
            }
        }
        (self.open.swap_remove(0), "")
    }

    fn add(&mut self, View(view): View) {
        append(&self.next().0, &view);
    }

    fn set(&mut self, value: Value) {
        let (element, name) = self.next();
        set(element.unchecked_into(), name, value);
    }

    fn listen(&mut self, act: Box<dyn Act>) {
        let (element, name) = self.next();
        listen(&element, name.strip_prefix("on:").unwrap_or(name), act);
    }

    pub(crate) fn child(&mut self, view: impl IntoView) {
        self.add(view.into_view());
    }

    pub(crate) fn value(&mut self, value: impl IntoValue) {
        self.set(value.into_value());
    }

    pub(crate) fn event(&mut self, act: impl FnMut(Event) + 'static) {
        self.listen(Box::new(act));
    }

    pub(crate) fn keys(&mut self, mut act: impl FnMut(KeyboardEvent) + 'static) {
        self.event(move |event| act(event.unchecked_into()));
    }

    pub(crate) fn node(&mut self, node: NodeRef) {
        node.set(Some(self.next().0.unchecked_into()));
    }

    pub(crate) fn done(mut self) -> View {
        View(self.next().0)
    }
}

fn fragment() -> Node {
    document().create_document_fragment().into()
}

fn text(words: &str) -> Node {
    document().create_text_node(words).into()
}

fn append(parent: &Node, child: &Node) {
    drop(parent.append_child(child));
}

/// An element of the language of its parent, or of the one its name belongs to.
fn element(name: &str, parent: &Node) -> Node {
    const SVG: &str = "http://www.w3.org/2000/svg";
    let drawn = matches!(name, "svg" | "g" | "path" | "line" | "rect" | "circle" | "text")
        || parent.dyn_ref::<Element>().is_some_and(|parent| parent.namespace_uri().as_deref() == Some(SVG));
    let made =
        if drawn { document().create_element_ns(Some(SVG), name) } else { document().create_element(name) };
    made.map_or_else(|_| text(""), Into::into)
}

fn set(element: Element, name: &'static str, value: Value) {
    match value {
        Value::Following(make) => follow(Box::new(move || write(&element, name, make.make()))),
        value => write(&element, name, value),
    }
}

fn write(element: &Element, name: &str, value: Value) {
    match (name.split_once(':'), value) {
        (_, Value::Following(make)) => write(element, name, make.make()),
        (Some(("prop", name)), value) => drop(Reflect::set(element, &name.into(), &value.into_js())),
        (Some(("class", name)), value) => {
            drop(element.class_list().toggle_with_force(name, matches!(value, Value::Flag(true))));
        }
        (Some(("style", name)), Value::Text(text)) => {
            drop(element.unchecked_ref::<HtmlElement>().style().set_property(name, &text));
        }
        (_, Value::Text(text)) => drop(element.set_attribute(name, &text)),
        (_, Value::Flag(true)) => drop(element.set_attribute(name, "")),
        _ => drop(element.remove_attribute(name)),
    }
}

impl Value {
    fn into_js(self) -> JsValue {
        match self {
            Self::Flag(yes) => yes.into(),
            Self::Text(text) => JsValue::from_str(&text),
            _ => JsValue::UNDEFINED,
        }
    }
}

/// Calls `act` at every event `name`; the browser forgets it with its target.
fn listen(target: &EventTarget, name: &str, mut act: Box<dyn Act>) -> Function {
    let act: Box<dyn FnMut(Event)> = Box::new(move |event| act.act(event));
    let act: Function = Closure::wrap(act).into_js_value().unchecked_into();
    drop(target.add_event_listener_with_callback(name, &act));
    act
}

/// Calls `act` at every event `name` of the window while this part of the page is there.
pub(crate) fn on_window(name: &'static str, act: impl FnMut(Event) + 'static) {
    let window = browser::window();
    let act = listen(&window, name, Box::new(act));
    cleanup(move || drop(window.remove_event_listener_with_callback(name, &act)));
}

/// What somebody typed or chose.
pub(crate) fn value_of(event: &Event) -> String {
    property(event, "value").as_string().unwrap_or_default()
}

/// Whether somebody ticked it.
pub(crate) fn checked(event: &Event) -> bool {
    property(event, "checked").is_truthy()
}

/// Whether somebody opened details.
pub(crate) fn opened(event: &Event) -> bool {
    property(event, "open").is_truthy()
}

fn property(event: &Event, name: &str) -> JsValue {
    event.target().and_then(|target| Reflect::get(&target, &name.into()).ok()).unwrap_or_default()
}

/// Puts a page into the body; it stays.
pub(crate) fn mount(page: fn() -> View) {
    // Only a second start could fail, and its executor would be the same.
    drop(Executor::init_wasm_bindgen());
    let owner = Owner::new();
    let View(page) = owner.with(page);
    if let Some(body) = document().body() {
        append(&body, &page);
    }
    std::mem::forget(owner);
}

/// What can be a part of a page.
pub(crate) trait IntoView {
    /// As a view.
    fn into_view(self) -> View;

    /// As a view that is made again whenever a signal changes that `make` read.
    fn following(make: impl Fn() -> Self + 'static) -> View
    where
        Self: Sized,
    {
        following(Box::new(move || make().into_view()))
    }
}

impl IntoView for View {
    fn into_view(self) -> View {
        self
    }
}

impl<V: IntoView> IntoView for Option<V> {
    fn into_view(self) -> View {
        self.map_or_else(View::default, V::into_view)
    }
}

impl IntoView for Words {
    fn into_view(self) -> View {
        words(Box::new(move || self.now().into()))
    }
}

impl IntoView for &'static str {
    fn into_view(self) -> View {
        View(text(self))
    }

    fn following(make: impl Fn() -> Self + 'static) -> View {
        words(Box::new(move || make().into()))
    }
}

impl IntoView for String {
    fn into_view(self) -> View {
        View(text(&self))
    }

    fn following(make: impl Fn() -> Self + 'static) -> View {
        words(Box::new(move || make().into()))
    }
}

impl IntoView for usize {
    fn into_view(self) -> View {
        self.to_string().into_view()
    }
}

impl<V: IntoView, F: Fn() -> V + 'static> IntoView for F {
    fn into_view(self) -> View {
        V::following(self)
    }
}

/// A text that follows signals.
fn words(make: Box<dyn Make<Cow<'static, str>>>) -> View {
    let node = text("");
    let view = View(node.clone());
    follow(Box::new(move || node.set_text_content(Some(&make.make()))));
    view
}

/// Where nodes come and go: two texts without letters, and the fragment they wait in.
struct Gap {
    start: Node,
    end: Node,
}

impl Gap {
    fn new() -> (Self, View) {
        let (gap, both) = (Self { start: text(""), end: text("") }, fragment());
        append(&both, &gap.start);
        append(&both, &gap.end);
        (gap, View(both))
    }

    fn put(&self, node: &Node, before: Option<&Node>) {
        if let Some(parent) = self.end.parent_node() {
            drop(parent.insert_before(node, before));
        }
    }

    fn clear(&self) {
        while let Some(node) = self.start.next_sibling().filter(|node| *node != self.end) {
            take(&node);
        }
    }

    /// Everything that opens, with what it is called.
    fn details(&self) -> Vec<(Option<String>, Element)> {
        let mut all = Vec::new();
        let mut next = self.start.next_sibling();
        while let Some(node) = next.filter(|node| *node != self.end) {
            if let Some(element) = node.dyn_ref::<Element>() {
                if element.tag_name() == "DETAILS" {
                    all.push(element.clone());
                }
                if let Ok(found) = element.query_selector_all("details") {
                    all.extend((0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()));
                }
            }
            next = node.next_sibling();
        }
        let name = |details: &Element| details.first_child().and_then(|summary| summary.text_content());
        all.into_iter().map(|details| (name(&details), details)).collect()
    }

    /// The element with the focus, and the way to it: places among siblings, the last one first.
    fn focused(&self) -> Option<(Element, Vec<u32>)> {
        let focused = document().active_element()?;
        let parent = self.end.parent_node()?;
        let mut way = Vec::new();
        let mut node = Node::from(focused.clone());
        loop {
            let (above, mut place) = (node.parent_node()?, 0);
            while let Some(before) = node.previous_sibling().filter(|before| *before != self.start) {
                if before == self.end {
                    return None;
                }
                (node, place) = (before, place + 1);
            }
            way.push(place);
            if above == parent {
                let inside = node.previous_sibling().is_some();
                return inside.then_some((focused, way));
            }
            node = above;
        }
    }

    /// Gives the focus to what stands where an element like it was taken away.
    fn refocus(&self, focused: &Element, way: Vec<u32>) -> Option<()> {
        let mut node = self.start.clone();
        for (depth, place) in way.into_iter().rev().enumerate() {
            node = if depth == 0 { node.next_sibling()? } else { node.first_child()? };
            for _ in 0..place {
                node = node.next_sibling()?;
            }
        }
        let alike =
            node.dyn_ref::<HtmlElement>().filter(|element| element.class_name() == focused.class_name())?;
        alike.focus().ok()
    }
}

fn take(node: &Node) {
    if let Some(parent) = node.parent_node() {
        drop(parent.remove_child(node));
    }
}

/// A part that is made again whenever a signal changes that `make` read.
pub(crate) fn dynamic<V: IntoView>(make: impl Fn() -> V + 'static) -> View {
    V::following(make)
}

fn following(make: Box<dyn Make<View>>) -> View {
    let (gap, view) = Gap::new();
    follow(Box::new(move || {
        let View(made) = make.make();
        let (focused, before) = (gap.focused(), gap.details());
        gap.clear();
        gap.put(&made, Some(&gap.end));
        // Made anew, but for whoever works with it still the same.
        if let Some((focused, way)) = focused {
            gap.refocus(&focused, way);
        }
        for (name, details) in gap.details() {
            if let Some((_, old)) = before.iter().find(|(known, _)| *known == name) {
                write(&details, "open", Value::Flag(old.has_attribute("open")));
            }
        }
    }));
    view
}

/// Several views one after the other.
pub(crate) trait CollectView {
    /// As one view.
    fn collect_view(self) -> View;
}

impl<I: IntoIterator<Item = V>, V: IntoView> CollectView for I {
    fn collect_view(self) -> View {
        let all = fragment();
        for view in self {
            append(&all, &view.into_view().0);
        }
        View(all)
    }
}

/// A list whose rows, one element each, stay what they are while their key is in it.
pub(crate) fn keyed<T: 'static, K: PartialEq + 'static>(
    items: impl Fn() -> Vec<T> + 'static,
    key: fn(&T) -> K,
    row: impl Fn(T) -> View + 'static,
) -> View {
    let (gap, view) = Gap::new();
    let owner = Owner::current().unwrap_or_default();
    let mut rows: Vec<(K, Node, Owner)> = Vec::new();
    follow(Box::new(move || {
        let mut known = std::mem::take(&mut rows);
        let mut last = gap.start.clone();
        for item in items() {
            let key = key(&item);
            let line = match known.iter().position(|(known, ..)| *known == key) {
                Some(at) => known.remove(at),
                None => {
                    let owner = owner.with(Owner::new);
                    let View(made) = owner.with(|| untrack(|| row(item)));
                    (key, made.first_child().unwrap_or(made), owner)
                }
            };
            let next = last.next_sibling();
            if next.as_ref() != Some(&line.1) {
                gap.put(&line.1, next.as_ref());
            }
            last = line.1.clone();
            rows.push(line);
        }
        known.iter().for_each(|(_, node, _)| take(node));
    }));
    view
}

impl<V: IntoValue> IntoValue for Option<V> {
    fn into_value(self) -> Value {
        self.map_or(Value::None, V::into_value)
    }
}

/// What an attribute or property can be set to.
pub(crate) trait IntoValue {
    /// As a value.
    fn into_value(self) -> Value;
}

impl IntoValue for Words {
    fn into_value(self) -> Value {
        Value::Following(Box::new(move || self.now().into_value()))
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Flag(self)
    }
}

impl IntoValue for &'static str {
    fn into_value(self) -> Value {
        Value::Text(self.into())
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Text(self.into())
    }
}

impl IntoValue for f64 {
    fn into_value(self) -> Value {
        crate::text::plain(self).into_value()
    }
}

impl<V: IntoValue, F: Fn() -> V + 'static> IntoValue for F {
    fn into_value(self) -> Value {
        Value::Following(Box::new(move || self().into_value()))
    }
}
