//! State that pages follow: Leptos' signals, erased.
//!
//! Leptos makes code for the whole reactive graph once for every type that is kept and every closure that is run:
//! this was a third of the module. Here one trigger or memo without a type stands for each piece of state; what is
//! made for a type is a cast and a borrow.

use reactive_graph::computed::ArcMemo;
use reactive_graph::effect::{Effect, RenderEffect};
use reactive_graph::owner::{LocalStorage, StoredValue, on_cleanup};
use reactive_graph::signal::ArcTrigger;
use reactive_graph::traits::{Get, GetUntracked, GetValue, Notify, Track, UpdateValue};
use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;

pub(crate) use reactive_graph::graph::untrack;

/// Something in the arena of Leptos: gone with the part of the page that made it.
type Kept<T> = StoredValue<T, LocalStorage>;

/// What is behind a signal of any type.
#[derive(Clone)]
struct Source {
    /// An `Option<T>`; empty until a computed value is first asked for.
    value: Rc<RefCell<dyn Any>>,
    change: Change,
}

/// How a change is noticed.
#[derive(Clone)]
enum Change {
    /// Somebody writes.
    Written(ArcTrigger),
    /// The version of what is computed.
    Computed(ArcMemo<u64>),
}

impl Change {
    fn follow(&self) {
        match self {
            Self::Written(trigger) => trigger.track(),
            Self::Computed(version) => {
                version.get();
            }
        }
    }

    fn settle(&self) {
        if let Self::Computed(version) = self {
            version.get_untracked();
        }
    }
}

/// A value that changes, to be read. Lives as long as the part of the page that made it.
pub(crate) struct Signal<T> {
    source: Kept<Source>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Signal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Signal<T> {}

impl<T: 'static> Signal<T> {
    fn new(value: Rc<RefCell<Option<T>>>, change: Change) -> Self {
        Self { source: Kept::new_local(Source { value, change }), of: PhantomData }
    }

    /// Looks at the value; whoever runs now runs again when it changes.
    pub(crate) fn with<U>(self, look: impl FnOnce(&T) -> U) -> U {
        let value = followed(self.source);
        look(cast(&*value.borrow()))
    }

    /// Looks at the value once.
    pub(crate) fn with_untracked<U>(self, look: impl FnOnce(&T) -> U) -> U {
        let value = settled(self.source);
        look(cast(&*value.borrow()))
    }

    /// A copy of the value; whoever runs now runs again when it changes.
    pub(crate) fn get(self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// A copy of the value.
    pub(crate) fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// Runs whoever runs now again when the value changes.
    pub(crate) fn track(self) {
        drop(followed(self.source));
    }
}

#[inline(never)]
fn followed(source: Kept<Source>) -> Rc<RefCell<dyn Any>> {
    let source = source.get_value();
    source.change.follow();
    source.value
}

#[inline(never)]
fn settled(source: Kept<Source>) -> Rc<RefCell<dyn Any>> {
    let source = source.get_value();
    source.change.settle();
    source.value
}

#[inline(never)]
fn cast<T: 'static>(value: &dyn Any) -> &T {
    value.downcast_ref::<Option<T>>().and_then(Option::as_ref).unwrap_or_else(|| nothing())
}

#[inline(never)]
fn cast_mut<T: 'static>(value: &mut dyn Any) -> &mut T {
    value.downcast_mut::<Option<T>>().and_then(Option::as_mut).unwrap_or_else(|| nothing())
}

#[cold]
fn nothing() -> ! {
    panic!("a computed value that asks for itself")
}

/// A value that is read and written.
pub(crate) struct State<T>(Signal<T>);

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for State<T> {}

impl<T> Deref for State<T> {
    type Target = Signal<T>;

    fn deref(&self) -> &Signal<T> {
        &self.0
    }
}

impl<T> From<State<T>> for Signal<T> {
    fn from(state: State<T>) -> Self {
        state.0
    }
}

impl<T: 'static> State<T> {
    /// Starts with `value`.
    pub(crate) fn new(value: T) -> Self {
        Self(Signal::new(Rc::new(RefCell::new(Some(value))), Change::Written(ArcTrigger::new())))
    }

    /// Replaces the value.
    pub(crate) fn set(self, value: T) {
        self.update(|kept| *kept = value);
    }

    /// Changes the value; nothing happens once the part of the page that made it is gone.
    pub(crate) fn update(self, change: impl FnOnce(&mut T)) {
        if let Some(source) = writable(self.0.source) {
            change(cast_mut(&mut *source.value.borrow_mut()));
            written(source);
        }
    }
}

#[inline(never)]
fn writable(source: Kept<Source>) -> Option<Source> {
    source.try_get_value()
}

#[inline(never)]
fn written(source: Source) {
    if let Change::Written(trigger) = source.change {
        trigger.notify();
    }
}

/// A closure that makes a value. Its table is half as long as that of `dyn Fn`, and there are hundreds.
pub(crate) trait Make<T> {
    /// Makes it.
    fn make(&self) -> T;
}

impl<T, F: Fn() -> T> Make<T> for F {
    fn make(&self) -> T {
        self()
    }
}

/// A value made of others; it changes when what `make` gives is no longer equal.
pub(crate) fn computed<T: PartialEq + 'static>(make: impl Fn() -> T + 'static) -> Signal<T> {
    computed_by(Box::new(make))
}

fn computed_by<T: PartialEq + 'static>(make: Box<dyn Make<T>>) -> Signal<T> {
    let value = Rc::new(RefCell::new(None));
    let kept = Rc::clone(&value);
    let renew = move || {
        let new = Some(make.make());
        let changed = *kept.borrow() != new;
        if changed {
            *kept.borrow_mut() = new;
        }
        changed
    };
    Signal::new(value, Change::Computed(version(Rc::new(renew))))
}

/// Counts how often `renew` said that something changed.
fn version(renew: Rc<dyn Make<bool>>) -> ArcMemo<u64> {
    let renew = Kept::new_local(renew);
    ArcMemo::new_owning(move |before: Option<u64>| {
        let changed = renew.try_get_value().is_some_and(|renew| renew.make());
        (before.unwrap_or(0) + u64::from(changed), changed)
    })
}

/// Runs `run` after the page was drawn, and whenever a signal changes that it reads; says whether it is the first time.
pub(crate) fn effect(run: impl FnMut(bool) + 'static) {
    effect_of(Box::new(run));
}

fn effect_of(mut run: Box<dyn FnMut(bool)>) {
    Effect::new(move |before: Option<()>| run(before.is_none()));
}

/// Runs `run` now, and whenever a signal changes that it reads.
pub(crate) fn follow(mut run: Box<dyn FnMut()>) {
    Kept::new_local(RenderEffect::new(move |_: Option<()>| run()));
}

/// Runs `last` when the part of the page that is made now goes.
pub(crate) fn cleanup(last: impl FnOnce() + 'static) {
    cleanup_by(Box::new(last));
}

fn cleanup_by(last: Box<dyn FnOnce()>) {
    let last = Kept::new_local(Some(last));
    on_cleanup(move || {
        if let Some(last) = last.try_update_value(Option::take).flatten() {
            last();
        }
    });
}

/// Something to do with a value. Lives as long as the part of the page that made it.
pub(crate) struct Callback<T> {
    /// An `Rc<dyn Fn(T)>`.
    run: Kept<Rc<dyn Any>>,
    with: PhantomData<fn(T)>,
}

impl<T> Clone for Callback<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Callback<T> {}

impl<T: 'static> Callback<T> {
    /// Does `run`.
    pub(crate) fn new(run: impl Fn(T) + 'static) -> Self {
        let run: Rc<dyn Fn(T)> = Rc::new(run);
        Self { run: Kept::new_local(Rc::new(run)), with: PhantomData }
    }

    /// Does it; nothing once the part of the page that made it is gone.
    pub(crate) fn run(self, value: T) {
        let run = self.run.try_get_value();
        if let Some(run) = run.as_ref().and_then(|run| run.downcast_ref::<Rc<dyn Fn(T)>>()) {
            run(value);
        }
    }
}
