//! Charts drawn as SVG from the geometry of [`crate::chart`], with the figures as a table beside.

use crate::browser;
use crate::chart::{Frame, band, line, points, thinned, ticks};
use crate::dom::{CollectView, NodeRef, View, on_window, view};
use crate::i18n::{Message, m};
use crate::session::{app, t};
use crate::state::{State, effect};
use crate::text::plain;
use attune_schema::time::Timestamp;

const HEIGHT: f64 = 220.0;

/// Room for the plot in a chart `width` pixels wide.
fn frame(width: f64) -> Frame {
    Frame { left: 44.0, top: 10.0, right: (width - 26.0).max(100.0), bottom: HEIGHT - 30.0 }
}

/// One value a day.
pub(crate) fn trend(label: Message, days: Vec<(Timestamp, u64)>) -> View {
    let lang = app().lang;
    let width = State::new(800.0);
    let node = NodeRef::new(None);
    let measure = move || {
        if let Some(now) =
            node.get_untracked().map(|div| f64::from(div.client_width())).filter(|width| *width > 0.0)
        {
            width.set(now);
        }
    };
    effect(move |_| {
        node.track();
        browser::later(0, measure);
    });
    on_window("resize", move |_| measure());
    let drawn = days.clone();
    let rows = days
        .into_iter()
        .map(|(at, value)| {
            view! {
                <tr><th scope="row">{move || browser::day(lang.get(), at)}</th><td class="num">{move || browser::count(lang.get(), value)}</td></tr>
            }
        })
        .collect_view();
    view! {
        <div class="plot" node_ref=node>
            {move || drawing(label, &drawn, width.get())}
        </div>
        <details>
            <summary>{t(m::AS_TABLE)}</summary>
            <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table">
                <thead><tr><th scope="col">{t(m::DAY)}</th><th scope="col" class="num">{t(label)}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </details>
    }
}

fn drawing(label: Message, days: &[(Timestamp, u64)], width: f64) -> View {
    let lang = app().lang;
    let frame = frame(width);
    let values: Vec<u64> = days.iter().map(|(_, value)| *value).collect();
    let scale = ticks(values.iter().copied().max().unwrap_or_default(), 4);
    let top = scale.last().copied().unwrap_or(1);
    let spots = points(&values, top, frame);
    let grid = scale
        .into_iter()
        .map(|tick| {
            let y = points(&[tick], top, frame).first().map_or(0.0, |point| point.y);
            view! {
                <line class="grid" x1=frame.left x2=frame.right y1=y y2=y></line>
                <text x={frame.left - 8.0} y={y + 4.0} text-anchor="end">{move || browser::count(lang.get(), tick)}</text>
            }
        })
        .collect_view();
    let labels = thinned(days.len(), (width / 90.0) as usize)
        .into_iter()
        .filter_map(|index| Some((spots.get(index)?.x, days.get(index)?.0)))
        .map(|(x, at)| view! { <text x=x y="212" text-anchor="middle">{move || browser::day(lang.get(), at)}</text> })
        .collect_view();
    let dots = spots
        .iter()
        .zip(days)
        .map(|(spot, (at, value))| {
            let (at, value) = (*at, *value);
            let words =
                move || format!("{}: {}", browser::day(lang.get(), at), browser::count(lang.get(), value));
            view! {
                <g><title>{words}</title><circle class="dot" cx=spot.x cy=spot.y r="3.5"></circle>
                <circle class="hit" cx=spot.x cy=spot.y r="18"></circle></g>
            }
        })
        .collect_view();
    view! {
        <svg class="chart" viewBox=format!("0 0 {} {}", plain(width), plain(HEIGHT)) role="img" aria-label=t(label)>
            {grid}
            <path class="band" d=band(&spots, frame.bottom)></path>
            <path class="line" d=line(&spots)></path>
            {dots}{labels}
        </svg>
    }
}
