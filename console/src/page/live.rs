//! Live: events as they arrive.

use crate::api::Request;
use crate::browser;
use crate::dom::{CollectView, View, keyed, opened, view};
use crate::i18n::m;
use crate::json;
use crate::session::{app, filled, t};
use crate::state::{State, cleanup, computed, effect};
use crate::stream::{SHOWN, Stream, back_off_ms, passes};
use crate::text::shown;
use crate::ui::form::{Look, bind, text_field};
use crate::ui::icon::icon;
use crate::ui::part::{empty, event_list, head};
use attune_schema::api::{LiveEvent, Session};
use std::cell::Cell;
use std::rc::Rc;
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
pub(crate) fn view() -> View {
    let stream = State::new(Stream::default());
    let line = State::new(Line::Opening);
    let name = State::new(String::new());
    let visitor = State::new(String::new());
    connect(stream, line);
    let held = computed(move || stream.with(|stream| stream.held));
    let hold = move |_| stream.update(|stream| stream.hold(!stream.held));
    let visible = computed(move || {
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
            {move || icon(if held.get() { "play" } else { "pause" })}
            {move || t(if held.get() { m::RESUME } else { m::PAUSE }).now()}
        </button>
        <button type="button" class="button" on:click=move |_| stream.update(Stream::clear)>{t(m::CLEAR)}</button>
    };
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
                {keyed(move || visible.get(), |event| event.id, move |event| row(event, stream))}
            </div>
            {move || visible.with(Vec::is_empty).then(|| empty("live", m::NO_EVENTS, m::NO_EVENTS_NEXT, View::default()))}
        </section>
    }
}

fn status(line: State<Line>, stream: State<Stream>) -> View {
    let lang = app().lang;
    let dot = move || match line.get() {
        Line::Open if !stream.with(|stream| stream.held) => "pulse on",
        Line::Waiting(_) => "pulse wait",
        _ => "pulse",
    };
    let words = move || match line.get() {
        Line::Opening => t(m::CONNECTING).now().to_owned(),
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
    view! { <p class="status" role="status"><span class=dot></span>{words}</p> }
}

/// One event. A row that is opened holds the list still, so that nothing moves under the reader's eyes.
fn row(event: LiveEvent, stream: State<Stream>) -> View {
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
    let toggled = move |event| {
        if opened(&event) {
            stream.update(|stream| stream.hold(true));
        }
    };
    view! {
        <details class="live-row" on:toggle=toggled>
            <summary>
                <span class="mono muted">{move || browser::clock(lang.get(), at)}</span>
                <span class="event cut">{event.name}</span>
                <span class="cut page-of">{page}</span>
                <span class="muted wide">{event.device}</span>
                <span class="mono muted wide">{short}</span>
            </summary>
            <dl>
                {properties}
                <dt>{t(m::RECEIVED)}</dt><dd>{move || browser::clock(lang.get(), event.received_at)}</dd>
                {details}
            </dl>
        </details>
    }
}

/// Connects, and again after every loss, waiting longer each time.
fn connect(stream: State<Stream>, line: State<Line>) {
    let attempt = Rc::new(Cell::new(0u32));
    let again = State::new(0u32);
    let path = crate::api::site_path(&app().site(), "live");
    let open = Rc::new(Cell::new(None::<Connection>));
    let last = Rc::clone(&open);
    effect(move |_| {
        again.track();
        line.set(Line::Opening);
        let Ok(source) = EventSource::new(&path) else { return };
        let received = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let event = message.data().as_string().and_then(|text| json::read::<LiveEvent>(&text).ok());
            if let Some(event) = event {
                stream.update(|stream| stream.push(event));
            }
        });
        let (fresh, tried) = (Rc::clone(&attempt), Rc::clone(&attempt));
        let opened = Closure::<dyn FnMut()>::new(move || {
            fresh.set(0);
            line.set(Line::Open);
        });
        let failing = source.clone();
        let failed = Closure::<dyn FnMut()>::new(move || {
            failing.close();
            tried.set(tried.get() + 1);
            let wait = back_off_ms(tried.get());
            line.set(Line::Waiting(wait / 1_000));
            // The page may be gone by then; then nothing is left to connect.
            browser::later(wait, move || again.update(|n| *n += 1));
            // A lost session ends the stream like a lost connection does; asking tells which.
            browser::spawn(async {
                if let Err(failure) = Request::get("/api/session").answer::<Session>().await {
                    app().note(&failure);
                }
            });
        });
        source.set_onmessage(Some(received.as_ref().unchecked_ref()));
        drop(source.add_event_listener_with_callback("event", received.as_ref().unchecked_ref()));
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        open.set(Some(Connection { source, _received: received, _opened: opened, _failed: failed }));
    });
    cleanup(move || last.set(None));
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
