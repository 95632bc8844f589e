//! What the browser gives: storage, numbers and dates by `Intl`, clock, clipboard.

use crate::i18n::Lang;
use crate::state::cleanup;
use attune_schema::time::Timestamp;
use js_sys::{Date, Object, Reflect};
use std::pin::Pin;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Window};

/// The window.
///
/// # Panics
///
/// Outside a page, where there is nothing to do.
pub(crate) fn window() -> Window {
    web_sys::window().expect("the console runs in a page")
}

/// The document.
///
/// # Panics
///
/// Outside a page, where there is nothing to do.
pub(crate) fn document() -> Document {
    window().document().expect("the console runs in a page")
}

/// Now.
pub(crate) fn now() -> Timestamp {
    Timestamp(Date::now() as i64)
}

/// A kept choice; nothing if storage is closed to us.
pub(crate) fn kept(name: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(name).ok().flatten()
}

/// Keeps a choice; without storage it lasts as long as the page.
pub(crate) fn keep(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        drop(storage.set_item(name, value));
    }
}

/// Sets or removes an attribute of `<html>`.
pub(crate) fn set_root(name: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    drop(match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    });
}

/// Puts `text` on the clipboard.
pub(crate) async fn copy(text: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    // Without a secure context there is no clipboard, whatever its type says.
    if JsValue::from(clipboard.clone()).is_undefined() {
        return false;
    }
    wasm_bindgen_futures::JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// Moves the focus to the element with this id.
pub(crate) fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        drop(element.focus());
    }
}

/// Runs `work` beside everything else.
pub(crate) fn spawn(work: impl Future<Output = ()> + 'static) {
    spawn_boxed(Box::pin(work));
}

fn spawn_boxed(work: Pin<Box<dyn Future<Output = ()>>>) {
    wasm_bindgen_futures::spawn_local(work);
}

/// Does `act` in `ms` milliseconds.
pub(crate) fn later(ms: u32, act: impl FnOnce() + 'static) {
    later_boxed(ms, Box::new(act));
}

fn later_boxed(ms: u32, act: Box<dyn FnOnce()>) {
    let act = Closure::once_into_js(act);
    drop(window().set_timeout_with_callback_and_timeout_and_arguments_0(act.unchecked_ref(), ms as i32));
}

/// Does `act` every `ms` milliseconds while this part of the page is there.
pub(crate) fn every(ms: u32, act: impl FnMut() + 'static) {
    let act = Closure::wrap(Box::new(act) as Box<dyn FnMut()>).into_js_value();
    let handle =
        window().set_interval_with_callback_and_timeout_and_arguments_0(act.unchecked_ref(), ms as i32);
    cleanup(move || handle.into_iter().for_each(|handle| window().clear_interval_with_handle(handle)));
}

fn options(pairs: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in pairs {
        drop(Reflect::set(&object, &JsValue::from_str(name), value));
    }
    object
}

/// `value.toLocaleString(lang, options)`: the binding of dates fits numbers too, as both spell it alike.
fn localised(value: &JsValue, lang: Lang, options: &Object) -> String {
    value.unchecked_ref::<Date>().to_locale_string(lang.tag(), options).into()
}

/// `12,345.6`
pub(crate) fn number(lang: Lang, value: f64) -> String {
    localised(&value.into(), lang, &options(&[("maximumFractionDigits", 1.into())]))
}

/// A count.
pub(crate) fn count(lang: Lang, value: u64) -> String {
    number(lang, value as f64)
}

/// `12.3 %` of a share; a dash for none.
pub(crate) fn percent(lang: Lang, share: Option<f64>) -> String {
    share.map_or_else(
        || "–".to_owned(),
        |share| {
            let digits = options(&[("style", "percent".into()), ("maximumFractionDigits", 1.into())]);
            localised(&share.into(), lang, &digits)
        },
    )
}

/// `+12 %`
pub(crate) fn signed_percent(lang: Lang, share: f64) -> String {
    let digits = options(&[
        ("style", "percent".into()),
        ("maximumFractionDigits", 1.into()),
        ("signDisplay", "exceptZero".into()),
    ]);
    localised(&share.into(), lang, &digits)
}

/// Kilobytes.
pub(crate) fn kilobytes(lang: Lang, bytes: u64) -> String {
    format!("{} kB", number(lang, bytes as f64 / 1_000.0))
}

fn date(at: Timestamp, lang: Lang, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<(&str, JsValue)> =
        pairs.iter().map(|(name, value)| (*name, JsValue::from_str(value))).collect();
    localised(&Date::new(&(at.0 as f64).into()), lang, &options(&pairs))
}

/// Date and time to the minute, in the reader's zone.
pub(crate) fn moment(lang: Lang, at: Timestamp) -> String {
    date(at, lang, &[("dateStyle", "medium"), ("timeStyle", "short")])
}

/// `14:03:59`
pub(crate) fn clock(lang: Lang, at: Timestamp) -> String {
    let style = [("hour", "2-digit"), ("minute", "2-digit"), ("second", "2-digit"), ("hourCycle", "h23")];
    date(at, lang, &style)
}

/// Day and month, of a day in UTC.
pub(crate) fn day(lang: Lang, at: Timestamp) -> String {
    date(at, lang, &[("month", "short"), ("day", "numeric"), ("timeZone", "UTC")])
}

/// `5 minutes ago`
pub(crate) fn ago(lang: Lang, at: Timestamp) -> String {
    let seconds = now().since(at).max(0) / 1_000;
    let (value, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let style = options(&[("style", "unit".into()), ("unit", unit.into()), ("unitDisplay", "long".into())]);
    let amount = localised(&(value as f64).into(), lang, &style);
    crate::text::fill(crate::i18n::m::AGO.text(lang), &[("amount", &amount)])
}
