//! The answer of a funnel: a real table with bars, its slices, its definition and its SQL.

use crate::browser;
use crate::dom::{CollectView, View, view};
use crate::funnel::{Answer, Funnel, Row, rows};
use crate::i18n::m;
use crate::json::pretty;
use crate::session::{app, filled, t};
use crate::state::State;
use crate::text::{fixed, share};
use crate::ui::part::code;
use attune_schema::question::EventNames;

/// The answer.
pub(super) fn table(answer: Answer, funnel: State<Funnel>) -> View {
    let lang = app().lang;
    let counts: Vec<u64> = answer.steps.iter().map(|step| step.count).collect();
    let (first, last) = (counts.first().copied().unwrap_or(0), counts.last().copied().unwrap_or(0));
    let body = rows(&counts)
        .into_iter()
        .zip(&answer.steps)
        .enumerate()
        .map(|(index, (row, step))| line(index, row, names(&step.event)))
        .collect_view();
    let question = funnel.get_untracked().question(browser::now());
    let definition = pretty(&question);
    let elapsed = answer.elapsed_ms;
    let read = answer.rows_read;
    let cost = move || {
        filled(
            m::QUERY_COST,
            &[("rows", &browser::count(lang.get(), read)), ("ms", &browser::count(lang.get(), elapsed))],
        )
    };
    let slices = slices(&answer);
    view! {
        <header>
            <dl class="big-figures">
                <div><dt>{t(m::OVERALL_CONVERSION)}</dt><dd>{move || browser::percent(lang.get(), share(last, first))}</dd></div>
                <div><dt>{t(m::STARTED)}</dt><dd>{move || browser::count(lang.get(), first)}</dd></div>
                <div><dt>{t(m::FINISHED)}</dt><dd>{move || browser::count(lang.get(), last)}</dd></div>
            </dl>
            <p class="small">{cost}</p>
        </header>
        <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table funnel">
            <caption class="sr">{t(m::RESULT)}</caption>
            <thead><tr>
                <th scope="col">{t(m::STEP)}</th><th scope="col">{t(m::SHARE_OF_START)}</th><th scope="col" class="num">{t(m::COUNT)}</th>
                <th scope="col" class="num">{t(m::STEP_CONVERSION)}</th><th scope="col" class="num">{t(m::DROP_OFF)}</th>
            </tr></thead>
            <tbody>{body}</tbody>
        </table></div>
        {slices}
        <div class="body stack tight">
            <details><summary>{t(m::DEFINITION)}</summary><p class="muted small">{t(m::FUNNEL_MEANING)}</p>{code(definition)}</details>
            <details><summary>"SQL"</summary>{code(answer.sql)}</details>
        </div>
    }
}

fn names(event: &EventNames) -> String {
    event.names().join(" / ")
}

fn line(index: usize, row: Row, name: String) -> View {
    let lang = app().lang;
    let width = format!("{}%", fixed(row.overall.unwrap_or(0.0) * 100.0, 2));
    let dropped = move || {
        if index == 0 {
            return "–".to_owned();
        }
        let left = row.from_previous.map(|kept| 1.0 - kept);
        format!("{} ({})", browser::count(lang.get(), row.lost), browser::percent(lang.get(), left))
    };
    view! {
        <tr>
            <th scope="row"><span class="row"><span class="step-no">{index + 1}</span><span class="break">{name}</span></span></th>
            <td class="bar-cell"><div class="bar"><i style:width=width></i></div><span class="sub">{move || browser::percent(lang.get(), row.overall)}</span></td>
            <td class="num strong">{move || browser::count(lang.get(), row.count)}</td>
            <td class="num">{move || browser::percent(lang.get(), row.from_previous)}</td>
            <td class="num muted nowrap">{dropped}</td>
        </tr>
    }
}

fn slices(answer: &Answer) -> View {
    if answer.slices.is_empty() {
        return View::default();
    }
    let lang = app().lang;
    let heads = answer
        .steps
        .iter()
        .map(|step| view! { <th scope="col" class="num">{names(&step.event)}</th> })
        .collect_view();
    let lines = answer
        .slices
        .iter()
        .map(|slice| {
            let value = slice.value.clone();
            let label = move || if value.is_empty() { t(m::UNKNOWN).now().to_owned() } else { value.clone() };
            let (first, last) = (slice.counts.first().copied().unwrap_or(0), slice.counts.last().copied().unwrap_or(0));
            let cells = slice.counts.iter().copied().map(|count| view! { <td class="num">{move || browser::count(lang.get(), count)}</td> }).collect_view();
            view! {
                <tr><th scope="row">{label}</th>{cells}<td class="num strong">{move || browser::percent(lang.get(), share(last, first))}</td></tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table">
            <caption class="sr">{t(m::BREAKDOWN)}</caption>
            <thead><tr><th scope="col">{t(m::BREAKDOWN)}</th>{heads}<th scope="col" class="num">{t(m::OVERALL_CONVERSION)}</th></tr></thead>
            <tbody>{lines}</tbody>
        </table></div>
    }
}
