//! What the persona would see, by the engine itself, at every edit; and the review before a launch.

use super::persona;
use crate::browser;
use crate::dom::{CollectView, View, view};
use crate::i18n::{m, outcome, reason, step};
use crate::page::offer::card;
use crate::preview::{Persona, preview};
use crate::session::{app, t};
use crate::state::{Signal, State, computed};
use crate::text::plain;
use crate::ui::icon::icon;
use crate::ui::part::problems;
use crate::ui::rule::in_words;
use attune_engine::case::Answer;
use attune_engine::explain::{Line, Step};
use attune_schema::api::Problem;
use attune_schema::source::{Campaign, Source};
use attune_schema::time::MINUTE_MS;

/// The preview beside the editor.
pub(super) fn live(draft: State<Campaign>, source: Signal<Source>) -> View {
    let locale = app().lang.get_untracked().tag().to_owned();
    let persona = State::new(Persona { locale, ..Persona::default() });
    let ahead = State::new(0.0f64);
    let locale = computed(move || persona.with(|persona| persona.locale.clone()));
    // Read aloud when it changes, so drawn again only then.
    let answer = computed(move || {
        let now = browser::now().plus_ms(ahead.get() as i64 * MINUTE_MS);
        source.with(|source| draft.with(|draft| persona.with(|persona| preview(source, draft, persona, now))))
    });
    let shown = move || match answer.get() {
        Some(answer) => decision(&answer, &source.get(), &locale.get()),
        None => view! { <p class="notice bad" role="alert">{icon("alert")}{t(m::PREVIEW_FAILED)}</p> },
    };
    view! {
        <section class="card">
            <header><h2 class="row">{icon("eye")}{t(m::PREVIEW)}</h2><p class="small">{t(m::PREVIEW_ABOUT)}</p></header>
            <div class="body">
                <div class="stack tight" aria-live="polite">{shown}</div>
                <details open><summary>{t(m::PERSONA)}</summary><div class="stack tight">{persona::form(persona, source, ahead)}</div></details>
            </div>
        </section>
    }
}

fn decision(answer: &Answer, source: &Source, locale: &str) -> View {
    let decision = &answer.decision;
    let offers = decision
        .offers
        .iter()
        .filter_map(|choice| source.offers.iter().find(|offer| offer.id == choice.offer))
        .map(|offer| card::card(offer, locale))
        .collect_view();
    let withheld = decision.withheld.iter().map(|choice| choice.offer.clone()).collect::<Vec<_>>().join(", ");
    let shows = !decision.offers.is_empty();
    let (class, badge) = if shows { ("decision shown", "badge accent") } else { ("decision", "badge") };
    let verdict = if shows { m::SHOWS_OFFER } else { m::SHOWS_DEFAULT };
    let who = [decision.campaign.clone(), decision.variant.clone()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ");
    let lines = answer.explanation.iter().map(trace_line).collect_view();
    view! {
        <div class=class>
            <div class="row between"><strong>{t(verdict)}</strong><span class=badge>{t(reason(decision.reason))}</span></div>
            <p class="small muted">{decision.placement.clone()}{(!who.is_empty()).then(|| format!(" · {who}"))}</p>
            {offers}
            {(!withheld.is_empty()).then(|| view! { <p class="small">{t(m::WOULD_SHOW)}" "<strong>{withheld}</strong></p> })}
        </div>
        {problems(answer.problems.clone())}
        <details><summary>{t(m::EXPLANATION)}</summary><ol class="trace">{lines}</ol></details>
    }
}

fn trace_line(line: &Line) -> View {
    let (class, name) = match line.outcome {
        "on" | "allowed" | "known" | "open" | "true" | "won" | "forced" | "assigned" => ("ok", "check"),
        "off" | "not_allowed" | "unknown" | "false" | "used_up" | "dismissed" | "outranked" | "dropped"
        | "early" | "over" => ("no", "cross"),
        _ => ("what", "dot"),
    };
    let score = line
        .score_micros
        .map(|micros| format!(" {}", browser::number(app().lang.get_untracked(), micros as f64 / 1e6)));
    // A rule about something that is not known is neither true nor false.
    let undecided = line.outcome == "unknown" && matches!(line.step, Step::Audience | Step::Eligibility);
    let message = if undecided { Some(m::OUT_UNDECIDED) } else { outcome(line.outcome) };
    let fate = message.map_or_else(|| line.outcome.to_owned(), |message| t(message).now().to_owned());
    view! {
        <li><span class=class>{icon(name)}</span><span>{t(step(line.step))}" "<span class="mono">{line.subject.clone()}</span><span class="what">" — "{fate}{score}</span></span></li>
    }
}

/// The review: everything in words, and what the compiler says.
pub(super) fn review(draft: State<Campaign>, source: Signal<Source>) -> View {
    let found = computed(move || {
        let compiled = source.with(|source| draft.with(|draft| crate::preview::with_campaign(source, draft)));
        attune_engine::compile::compile(&compiled).1
    });
    let lines = move || {
        let draft = draft.get();
        let lang = app().lang.get();
        let none = || t(m::NONE).now().to_owned();
        let list = |items: &[String]| if items.is_empty() { none() } else { items.join(", ") };
        let when =
            |at: Option<attune_schema::time::Timestamp>| at.map_or_else(none, |at| browser::moment(lang, at));
        let arms = draft
            .variants
            .iter()
            .map(|arm| format!("{} ({})", arm.id, plain(arm.weight)))
            .collect::<Vec<_>>();
        let caps = draft
            .caps
            .iter()
            .map(|cap| format!("≤ {} · {:?} / {:?}", cap.max, cap.scope, cap.per).to_ascii_lowercase())
            .collect::<Vec<_>>();
        let audience = draft.audience.as_ref().map_or_else(|| t(m::EVERYBODY).now().to_owned(), in_words);
        [
            (m::PLACEMENTS, list(&draft.placements)),
            (m::OFFERS, list(&draft.offers)),
            (m::TAB_AUDIENCE, audience),
            (m::STARTS, when(draft.starts_at)),
            (m::ENDS, when(draft.ends_at)),
            (m::VARIANTS, list(&arms)),
            (m::HOLDOUT, browser::percent(lang, Some(draft.holdout_percent / 100.0))),
            (m::CAPS, list(&caps)),
        ]
        .into_iter()
        .map(
            |(label, value)| view! { <tr><th scope="row">{t(label)}</th><td class="break">{value}</td></tr> },
        )
        .collect_view()
    };
    let clean = move || {
        found
            .with(Vec::is_empty)
            .then(|| view! { <p class="notice good">{icon("check")}{t(m::NO_PROBLEMS)}</p> })
    };
    let mine = move |list: Vec<Problem>| problems(list);
    view! {
        {clean}
        {move || mine(found.get())}
        <div class="table-box" tabindex="0" role="group" aria-label=t(m::TABLE)><table class="table"><tbody>{lines}</tbody></table></div>
    }
}
