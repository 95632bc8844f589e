//! Live: events as they arrive.

use crate::browser;
use crate::i18n::m;
use crate::session::{app, filled, t};
use crate::stream::{SHOWN, Stream, back_off_ms, passes};
use crate::text::shown;
use crate::ui::dy;
use crate::ui::form::{Look, bind, text_field};
use crate::ui::icon::icon;
use crate::ui::part::{empty, event_list, head};
use attune_schema::api::{LiveEvent, Session};
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

/// State of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Opening,
    Open,
    /// Trying again after this many seconds.
    Waiting(u32),
}

/// The page.
pub(crate) fn view() -> AnyView {
    let stream = RwSignal::new(Stream::default());
    let line = RwSignal::new(Line::Opening);
    let name = RwSignal::new(String::new());
    let visitor = RwSignal::new(String::new());
    connect(stream, line);
    let held = Memo::new(move |_| stream.with(|stream| stream.held));
    let hold = move |_| stream.update(|stream| stream.hold(!stream.held));
    let visible = Memo::new(move |_| {
        let (name, visitor) = (name.get(), visitor.get());
        stream.with(|stream| {
            stream
                .shown
                .iter()
                .filter(|event| passes(event, name.trim(), &visitor))
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    let actions = view! {
        <button type="button" class="button" aria-pressed=move || held.get().to_string() on:click=hold>
            {dy(move || if held.get() { (icon("play"), t(m::RESUME)()) } else { (icon("pause"), t(m::PAUSE)()) })}
        </button>
        <button type="button" class="button" on:click=move |_| stream.update(Stream::clear)>{t(m::CLEAR)}</button>
    }
    .into_any();
    view! {
        {head(m::LIVE, m::LIVE_ABOUT, actions)}
        {event_list()}
        <section class="card">
            <header>
                {status(line, stream)}
                <div class="row">
                    {text_field(m::EVENT, bind(name, String::clone, |s, v| *s = v), Look { list: "event-names", ..Look::default() })}
                    {text_field(m::VISITOR, bind(visitor, String::clone, |s, v| *s = v), Look::default())}
                </div>
            </header>
            <div class="live-list">
                <For each=move || visible.get() key=|event| event.id children=move |event| row(event, stream) />
            </div>
            {dy(move || visible.with(Vec::is_empty).then(|| empty("live", m::NO_EVENTS, m::NO_EVENTS_NEXT, ().into_any())))}
        </section>
    }
    .into_any()
}

fn status(line: RwSignal<Line>, stream: RwSignal<Stream>) -> AnyView {
    let lang = app().lang;
    let dot = move || match line.get() {
        Line::Open if !stream.with(|stream| stream.held) => "pulse on",
        Line::Waiting(_) => "pulse wait",
        _ => "pulse",
    };
    let words = move || match line.get() {
        Line::Opening => t(m::CONNECTING)().to_owned(),
        Line::Waiting(seconds) => filled(m::RECONNECTING, &[("seconds", &seconds.to_string())]),
        Line::Open => stream.with(|stream| {
            if stream.held {
                filled(m::HELD, &[("count", &browser::count(lang.get(), stream.waiting.len() as u64))])
            } else {
                filled(
                    m::LISTENING,
                    &[("count", &browser::count(lang.get(), stream.total)), ("most", &SHOWN.to_string())],
                )
            }
        }),
    };
    view! { <p class="status" role="status"><span class=dot></span>{words}</p> }.into_any()
}

/// One event. A row that is opened holds the list still, so that nothing moves under the reader's eyes.
fn row(event: LiveEvent, stream: RwSignal<Stream>) -> AnyView {
    let lang = app().lang;
    let at = event.at;
    let page = if event.title.is_empty() { event.url.clone() } else { event.title.clone() };
    let visitor = event.visitor.to_string();
    let short = visitor.chars().take(8).collect::<String>();
    let details = [
        (m::EVENT_ID, event.id.to_string()),
        (m::VISITOR, visitor),
        (m::SESSION, event.session.to_string()),
        (m::PAGE, event.url.clone()),
    ]
    .into_iter()
    .map(|(label, value)| view! { <dt>{t(label)}</dt><dd class="mono">{value}</dd> })
    .collect_view();
    let properties = event
        .properties
        .into_iter()
        .map(|(name, value)| view! { <dt>{name}</dt><dd>{shown(&value)}</dd> })
        .collect_view();
    let opened = move |event: web_sys::Event| {
        let open = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if open.is_some_and(|details| details.has_attribute("open")) {
            stream.update(|stream| stream.hold(true));
        }
    };
    view! {
        <details class="live-row" on:toggle=opened>
            <summary>
                <span class="mono muted">{dy(move || browser::clock(lang.get(), at))}</span>
                <span class="event cut">{event.name}</span>
                <span class="cut page-of">{page}</span>
                <span class="muted wide">{event.device}</span>
                <span class="mono muted wide">{short}</span>
            </summary>
            <dl>
                {properties}
                <dt>{t(m::RECEIVED)}</dt><dd>{dy(move || browser::clock(lang.get(), event.received_at))}</dd>
                {details}
            </dl>
        </details>
    }
    .into_any()
}

/// Connects, and again after every loss, waiting longer each time.
fn connect(stream: RwSignal<Stream>, line: RwSignal<Line>) {
    let attempt = StoredValue::new(0u32);
    let again = RwSignal::new(0u32);
    let path = crate::api::site_path(&app().site(), "live");
    let open = StoredValue::new_local(None::<Connection>);
    Effect::new(move |_| {
        again.track();
        line.set(Line::Opening);
        let Ok(source) = EventSource::new(&path) else { return };
        let received = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let event =
                message.data().as_string().and_then(|text| serde_json::from_str::<LiveEvent>(&text).ok());
            if let Some(event) = event {
                stream.update(|stream| stream.push(event));
            }
        });
        let opened = Closure::<dyn FnMut()>::new(move || {
            attempt.set_value(0);
            line.set(Line::Open);
        });
        let failing = source.clone();
        let failed = Closure::<dyn FnMut()>::new(move || {
            failing.close();
            attempt.update_value(|n| *n += 1);
            let wait = back_off_ms(attempt.get_value());
            line.set(Line::Waiting(wait / 1_000));
            // The page may be gone by then; then nothing is left to connect.
            let retry = move || again.try_update(|n| *n += 1).unwrap_or_default();
            set_timeout(retry, Duration::from_millis(u64::from(wait)));
            // A lost session ends the stream like a lost connection does; asking tells which.
            wasm_bindgen_futures::spawn_local(async {
                if let Err(failure) = crate::api::get::<Session>("/api/session".to_owned()).await {
                    app().note(&failure);
                }
            });
        });
        source.set_onmessage(Some(received.as_ref().unchecked_ref()));
        drop(source.add_event_listener_with_callback("event", received.as_ref().unchecked_ref()));
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        open.set_value(Some(Connection { source, _received: received, _opened: opened, _failed: failed }));
    });
    on_cleanup(move || open.set_value(None));
}

/// An open stream and what listens to it.
struct Connection {
    source: EventSource,
    _received: Closure<dyn FnMut(MessageEvent)>,
    _opened: Closure<dyn FnMut()>,
    _failed: Closure<dyn FnMut()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.source.set_onmessage(None);
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}
