//! Charts drawn as SVG from the geometry of [`crate::chart`], with the figures as a table beside.

use crate::browser;
use crate::chart::{Frame, band, line, points, thinned, ticks};
use crate::i18n::{Message, m};
use crate::session::{app, t};
use attune_schema::time::Timestamp;
use leptos::prelude::*;

const FRAME: Frame = Frame { left: 44.0, top: 10.0, right: 790.0, bottom: 190.0 };

/// One value a day.
pub(crate) fn trend(label: Message, days: Vec<(Timestamp, u64)>) -> AnyView {
    let lang = app().lang;
    let values: Vec<u64> = days.iter().map(|(_, value)| *value).collect();
    let scale = ticks(values.iter().copied().max().unwrap_or_default(), 4);
    let top = scale.last().copied().unwrap_or(1);
    let spots = points(&values, top, FRAME);
    let grid = scale
        .into_iter()
        .map(|tick| {
            let y = points(&[tick], top, FRAME).first().map_or(0.0, |point| point.y);
            view! {
                <line class="grid" x1=FRAME.left x2=FRAME.right y1=y y2=y></line>
                <text x={FRAME.left - 8.0} y={y + 4.0} text-anchor="end">{move || browser::count(lang.get(), tick)}</text>
            }
        })
        .collect_view();
    let labels = thinned(days.len(), 7)
        .into_iter()
        .filter_map(|index| Some((spots.get(index)?.x, days.get(index)?.0)))
        .map(|(x, at)| view! { <text x=x y="212" text-anchor="middle">{move || browser::day(lang.get(), at)}</text> })
        .collect_view();
    let dots = spots
        .iter()
        .zip(days.clone())
        .map(|(spot, (at, value))| {
            let words =
                move || format!("{}: {}", browser::day(lang.get(), at), browser::count(lang.get(), value));
            view! {
                <g><title>{words}</title><circle class="dot" cx=spot.x cy=spot.y r="3.5"></circle>
                <circle class="hit" cx=spot.x cy=spot.y r="18"></circle></g>
            }
        })
        .collect_view();
    let rows = days
        .into_iter()
        .map(|(at, value)| {
            view! {
                <tr><th scope="row">{move || browser::day(lang.get(), at)}</th><td class="num">{move || browser::count(lang.get(), value)}</td></tr>
            }
        })
        .collect_view();
    view! {
        <div class="plot">
            <svg class="chart" viewBox="0 0 800 220" role="img" aria-label=t(label)>
                {grid}
                <path class="band" d=band(&spots, FRAME.bottom)></path>
                <path class="line" d=line(&spots)></path>
                {dots}{labels}
            </svg>
        </div>
        <details>
            <summary>{t(m::AS_TABLE)}</summary>
            <div class="table-box"><table class="table">
                <thead><tr><th scope="col">{t(m::DAY)}</th><th scope="col" class="num">{t(label)}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        </details>
    }
    .into_any()
}
