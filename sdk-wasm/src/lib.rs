//! The browser's half of Attune: exported functions over [`client::Client`] and nothing else.
//!
//! Listeners, storage and network live in `js/`, because there they cost half the bytes; this module holds
//! state and decides. Nothing here panics and nothing throws: a failure is an empty answer.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

extern crate alloc;

pub mod client;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use attune_schema::consent::Consent;
use attune_schema::time::Timestamp;
use attune_schema::value::Value;
use client::Client;
use wasm_bindgen::prelude::wasm_bindgen;

/// Smaller than the standard one.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Nothing here panics by design; if it did, this ends the module without carrying the text to say so.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[wasm_bindgen]
extern "C" {
    /// The browser's source of randomness.
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_random(bytes: &mut [u8]);
}

fn random() -> u128 {
    let mut bytes = [0u8; 16];
    fill_random(&mut bytes);
    u128::from_be_bytes(bytes)
}

/// Milliseconds as JavaScript has them.
fn time(ms: f64) -> Timestamp {
    Timestamp(ms as i64)
}

/// One visitor on one page. Fields of an event, a context or traits are given one by one with `text`,
/// `number` and `flag`, and taken by the next call that wants them.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Attune {
    client: Client,
    fields: Vec<(String, Value)>,
}

#[wasm_bindgen]
impl Attune {
    /// A client for `site`; `profile` is what was stored, or empty for a new visitor.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(site: &str, profile: &[u8], device: &str, locale: &str) -> Self {
        let mut client = Client::new(site, profile, random());
        client.context.device = device.to_owned();
        client.context.locale = locale.to_owned();
        client.context.library = concat!("attune-web/", env!("CARGO_PKG_VERSION")).to_owned();
        Self { client, fields: Vec::new() }
    }

    /// Adds a text field.
    pub fn text(&mut self, name: &str, value: &str) {
        self.field(name, value.into());
    }

    /// Adds a number field; NaN and infinities are left out.
    pub fn number(&mut self, name: &str, value: f64) {
        if let Some(value) = Value::number(value) {
            self.field(name, value);
        }
    }

    /// Adds a true or false field.
    pub fn flag(&mut self, name: &str, value: bool) {
        self.field(name, Value::Bool(value));
    }

    fn take(&mut self) -> Vec<(String, Value)> {
        core::mem::take(&mut self.fields)
    }

    /// Keeps fields sorted by name; the last value of a name counts.
    fn field(&mut self, name: &str, value: Value) {
        match self.fields.binary_search_by(|(known, _)| known.as_str().cmp(name)) {
            Ok(index) => {
                if let Some(slot) = self.fields.get_mut(index) {
                    slot.1 = value;
                }
            }
            Err(index) => self.fields.insert(index, (name.to_owned(), value)),
        }
    }

    /// Screen size and clock zone.
    pub fn screen(&mut self, width: u32, height: u32, utc_offset_minutes: i32) {
        let context = &mut self.client.context;
        (context.screen_width, context.screen_height, context.utc_offset_minutes) =
            (width, height, utc_offset_minutes);
    }

    /// The page from now on; fields become the context of decisions.
    pub fn page(&mut self, url: &str, title: &str, referrer: &str) {
        let fields = self.take();
        self.client.set_page(url, title, referrer, fields);
    }

    /// Installs the payload of a verified bundle; false if it does not read (the old one stays).
    pub fn install(&mut self, payload: &[u8]) -> bool {
        self.client.install(payload)
    }

    /// Sets the visitor's answers ([`Consent::to_bits`]).
    pub fn consent(&mut self, bits: u8) {
        self.client.consent = Consent::from_bits(bits);
    }

    /// Whether measuring is allowed.
    #[must_use]
    pub fn may_measure(&self) -> bool {
        self.client.may_measure()
    }

    /// Whether personalising is allowed.
    #[must_use]
    pub fn may_personalise(&self) -> bool {
        self.client.may_personalise()
    }

    /// Records an event with the fields given; true if it was kept.
    pub fn record(&mut self, name: &str, at: f64) -> bool {
        let fields = self.take();
        self.client.record(name, time(at), fields, random())
    }

    /// Links the visitor to a user; fields become attributes. True if it is another user than before.
    pub fn identify(&mut self, user: &str) -> bool {
        let fields = self.take();
        self.client.identify(user, fields)
    }

    /// Erases behaviour and attributes, keeps the visitor: permission to personalise was withdrawn.
    pub fn erase(&mut self) {
        self.client.erase();
    }

    /// Forgets the visitor and starts a new one.
    pub fn reset(&mut self) {
        self.client.reset(random());
    }

    /// Decides `placement`: canonical JSON, empty without a bundle. `peek` reserves nothing.
    pub fn decide(
        &mut self,
        placement: &str,
        now: f64,
        limit: u32,
        force: &str,
        draw: u32,
        peek: bool,
    ) -> String {
        self.client.decide(placement, time(now), limit as usize, force, u64::from(draw), peek)
    }

    /// The same decision with every step on the way, as JSON.
    #[must_use]
    pub fn explain(&self, placement: &str, now: f64, limit: u32, force: &str, draw: u32) -> String {
        self.client.explain(placement, time(now), limit as usize, force, u64::from(draw))
    }

    /// Milliseconds that `placement` may wait.
    #[must_use]
    pub fn budget(&self, placement: &str) -> u32 {
        self.client.budget(placement)
    }

    /// A field of an offer's content in the best matching language; empty if there is none.
    #[must_use]
    pub fn content(&self, offer: &str, locale: &str, field: &str) -> String {
        self.client.content(offer, locale, field).to_owned()
    }

    /// Why the visitor sees a campaign's offer, in the visitor's words; empty if the campaign says nothing.
    #[must_use]
    pub fn reason(&self, campaign: &str, locale: &str) -> String {
        self.client.reason(campaign, locale).to_owned()
    }

    /// Counts a decision made elsewhere (printed by a server) against caps until exposed or released.
    pub fn reserve(&mut self, facet: &str, value: &str) {
        self.client.reserve(facet, value);
    }

    /// Gives back what decisions of this page reserved and never showed.
    pub fn release(&mut self) {
        self.client.release();
    }

    /// The first events waiting, at most `most`, as a batch; empty if none wait.
    #[must_use]
    pub fn batch(&self, now: f64, most: u32) -> Vec<u8> {
        self.client.batch(time(now), most as usize)
    }

    /// The first `count` events have arrived, or never will.
    pub fn done(&mut self, count: u32) {
        self.client.done(count as usize);
    }

    /// Events waiting.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.client.waiting() as u32
    }

    /// Puts the events of a stored batch back in front of the queue.
    pub fn restore(&mut self, batch: &[u8]) {
        self.client.restore(batch);
    }

    /// The profile's bytes, to be stored.
    #[must_use]
    pub fn profile(&self) -> Vec<u8> {
        self.client.profile()
    }

    /// Takes over a profile that another tab stored.
    pub fn adopt(&mut self, profile: &[u8]) {
        self.client.adopt(profile);
    }
}
