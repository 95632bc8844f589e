//! The browser's half of Attune: a few exported functions over [`client::Client`] and nothing else.
//!
//! Listeners, storage and network live in `js/`, because there they cost half the bytes; this module holds
//! state and decides. Nothing here panics and nothing throws: a failure is an empty answer.
//!
//! Functions take and return plain numbers only, so that the module imports nothing and needs no generated
//! glue. JavaScript (`js/core.js`) writes texts or bytes to the place that [`room`] gives, names what it wants
//! in [`call`], and finds texts or bytes of the returned length at [`answer`].

#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

extern crate alloc;

pub mod client;
#[cfg(feature = "explain")]
pub mod explain;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use attune_schema::consent::Consent;
use attune_schema::id::{SessionId, VisitorId};
use attune_schema::time::Timestamp;
use attune_schema::value::{self, Value};
use client::{Ask, Client};
use core::mem::take;
use spin::Mutex;
use wasm_bindgen::prelude::wasm_bindgen;

/// A list of free blocks in order of address: a fifth of the standard one, and of ours there are few.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

/// Nothing here panics by design; if it did, this ends the module without carrying the text to say so.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// One visitor on one page, and what goes in and out. The lock is never contended: a page has one thread.
static PAGE: Mutex<Page> = Mutex::new(Page {
    client: None,
    fields: Vec::new(),
    numbers: Vec::new(),
    input: Vec::new(),
    output: Vec::new(),
    #[cfg(feature = "explain")]
    lang: String::new(),
});

/// Makes room for `size` bytes of input; returns its address.
#[wasm_bindgen]
pub fn room(size: usize) -> usize {
    let mut page = PAGE.lock();
    page.input.clear();
    page.input.resize(size, 0);
    page.input.as_ptr() as usize
}

/// Does what `operation` says (see the source of `Page::call`) with the input and up to four numbers.
/// Returns a number or the length of the output.
#[wasm_bindgen]
pub fn call(operation: u32, a: f64, b: f64, c: f64, d: f64) -> usize {
    PAGE.lock().call(operation, [a, b, c, d])
}

/// Address of the output.
#[wasm_bindgen]
pub fn answer() -> usize {
    PAGE.lock().output.as_ptr() as usize
}

/// The number that at most 16 bytes are, big-endian.
fn u128_of(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |value, byte| value << 8 | u128::from(*byte))
}

/// Texts in the input are separated by NUL; the last one takes the rest.
struct Texts<'a>(&'a [u8]);

impl<'a> Texts<'a> {
    fn next(&mut self) -> &'a str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest.get(1..).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }

    fn last(&self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }
}

struct Page {
    client: Option<Client>,
    /// Fields of an event, a context or traits are given and taken by the next operation that wants them.
    fields: Vec<(String, Value)>,
    /// What the next fields are that are no texts.
    numbers: Vec<f64>,
    input: Vec<u8>,
    output: Vec<u8>,
    /// What explanations are told in; empty for data.
    #[cfg(feature = "explain")]
    lang: String,
}

impl Page {
    /// Operations by number, in the order of `js/core.js`, which says what they mean.
    fn call(&mut self, operation: u32, [a, b, c, d]: [f64; 4]) -> usize {
        let input = take(&mut self.input);
        let mut texts = Texts(&input);
        let client = self.client.get_or_insert_default();
        let now = Timestamp(a as i64);
        let mut number = 0;
        let mut output = Vec::new();
        match operation {
            0 => number = client.open(&input).into(),
            1 => self.give(texts),
            2 => self.numbers.push(a),
            4 => client.set_page(take(&mut self.fields)),
            5 => number = client.install(&input).into(),
            6 => client.consent = Consent::from_bits(a as u8),
            7 => client.set_attributes(take(&mut self.fields)),
            8 => output = client.visitor().0.to_be_bytes().to_vec(),
            9 => client.touch(now, SessionId(u128_of(&input))),
            13 => client.reset(VisitorId(u128_of(&input))),
            10 => client.apply(texts.last(), now, &take(&mut self.fields)),
            11 => client.identify(texts.last()),
            12 => client.erase(),
            14 | 15 => {
                let placement = texts.next();
                let ask = Ask { placement, now, limit: b as usize, force: texts.last(), draw: c as u64 };
                output = if operation == 14 {
                    client.decide(ask, d != 0.0).into_bytes()
                } else {
                    client.question(ask)
                };
            }
            16 => output = client.words().as_bytes().to_owned(),
            17 => client.reserve(texts.next(), texts.last()),
            18 => client.release(),
            #[cfg(feature = "explain")]
            19 => output = client.explain(&input, &self.lang).unwrap_or_default().into_bytes(),
            #[cfg(feature = "explain")]
            24 => texts.last().clone_into(&mut self.lang),
            20 => output = client.profile(),
            22 => client.lend(take(&mut self.fields), now),
            23 => output = client.seen_profile(),
            21 => client.adopt(&input),
            _ => {}
        }
        self.input = input;
        self.output = output;
        number.max(self.output.len())
    }

    /// Takes over fields: names, each with `t` and its text or with its kind; numbers and truths have come before.
    fn give(&mut self, mut texts: Texts<'_>) {
        let mut numbers = self.numbers.iter().copied();
        while !texts.0.is_empty() {
            let (name, value) = (texts.next(), texts.next());
            let value = match value.as_bytes().first() {
                Some(b't') => Some(value.get(1..).unwrap_or_default().into()),
                Some(b'n') => numbers.next().and_then(Value::number),
                _ => numbers.next().map(|number| Value::Bool(number != 0.0)),
            };
            if let Some(value) = value {
                value::set(&mut self.fields, name, value);
            }
        }
        self.numbers.clear();
    }
}
