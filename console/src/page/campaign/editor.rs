//! The campaign editor: tabs over one definition, and beside them what a visitor would see.

use super::list::status;
use super::{json, limits, offers, preview, test};
use crate::dom::{View, view};
use crate::i18n::m;
use crate::page::kept::{edit, source_signal};
use crate::route::Screen;
use crate::session::t;
use crate::state::{Callback, Signal, State, computed, effect};
use crate::text::slug;
use crate::ui::dialog::confirm;
use crate::ui::edit::Editing;
use crate::ui::form::{Bind, Look, bind, number_field, text_field};
use crate::ui::icon::icon;
use crate::ui::load::Load;
use crate::ui::part::{crumb, event_list};
use crate::ui::rule::{lists, optional_rule};
use crate::ui::tabs::tabs;
use attune_schema::source::{Campaign, CampaignStatus, Rank, Source};
use attune_schema::span::Span;
use attune_schema::time::Timestamp;

/// The page of campaign `id`, or of a new one.
pub(crate) fn view(id: String) -> View {
    edit::<Campaign>(id, blank, editor)
}

fn blank(source: &Source) -> Campaign {
    Campaign {
        id: String::new(),
        name: String::new(),
        status: CampaignStatus::Draft,
        placements: source.placements.first().map(|placement| placement.id.clone()).into_iter().collect(),
        priority: 0,
        audience: None,
        holdout_percent: 0.0,
        exclusion_group: None,
        starts_at: None,
        ends_at: None,
        offers: Vec::new(),
        variants: Vec::new(),
        rank: Rank { weight: 1.0, affinity: 1.0, per_category: 0 },
        rank_scores: Default::default(),
        explore: None,
        caps: Vec::new(),
        dismissed_for: Some(Span::from_days(7)),
        reason: std::collections::BTreeMap::new(),
    }
}

fn editor(editing: Editing<Campaign>, source: Load<Source>) -> View {
    let draft = editing.draft;
    let all = source_signal(source);
    let is_new = editing.is_new();
    if is_new {
        // The id follows the name until the campaign is saved for the first time.
        effect(move |_| {
            let name = draft.with(|draft| draft.name.clone());
            let taken: Vec<String> = all.get().campaigns.into_iter().map(|campaign| campaign.id).collect();
            let id = slug(&name, "campaign", &taken);
            if draft.with_untracked(|draft| draft.id != id) {
                draft.update(|draft| draft.id = id);
            }
        });
    }
    let title = move || {
        draft.with(|draft| {
            if draft.name.is_empty() { t(m::NEW_CAMPAIGN).now().to_owned() } else { draft.name.clone() }
        })
    };
    let chosen = State::new(0usize);
    let names = vec![
        ("goal", m::TAB_GOAL),
        ("audience", m::TAB_AUDIENCE),
        ("offers", m::TAB_OFFERS),
        ("limits", m::TAB_LIMITS),
        ("test", m::TAB_TEST),
        ("review", m::TAB_REVIEW),
        ("json", m::TAB_JSON),
    ];
    let panel = move |name: &'static str| match name {
        "goal" => goal(draft, all),
        "audience" => audience(draft, all),
        "offers" => offers::tab(draft, source),
        "limits" => limits::tab(draft),
        "test" => test::tab(draft, all),
        "review" => preview::review(draft, all),
        _ => json::tab(draft),
    };
    let state = computed(move || draft.with(|draft| draft.status));
    view! {
        {event_list()}
        {lists(all)}
        <header class="page-head">
            <div class="words">
                {crumb(&Screen::Campaigns, m::CAMPAIGNS)}
                <h1 class="row">{title}{move || status(state.get())}</h1>
                <p class="mono small">{move || draft.with(|draft| draft.id.clone())}</p>
            </div>
            <div class="actions">{launch(editing)}</div>
        </header>
        <div class="cols editor">
            <div class="stack">
                <section class="card"><div class="body">{tabs(m::CAMPAIGN, names, chosen, panel)}</div></section>
                {editing.bar()}
            </div>
            <aside class="sticky" aria-label=t(m::PREVIEW)>{preview::live(draft, all)}</aside>
        </div>
    }
}

/// Launch, pause and delete; each says first what it does.
fn launch(editing: Editing<Campaign>) -> View {
    let launching = State::new(false);
    let pausing = State::new(false);
    let deleting = State::new(false);
    let set = move |status: CampaignStatus| {
        editing.draft.update(|draft| draft.status = status);
        editing.save();
    };
    let running = computed(move || editing.draft.with(|draft| draft.status == CampaignStatus::Running));
    let saved = computed(move || !editing.is_new());
    view! {
        {move || (saved.get() && !running.get()).then(|| view! {
            <button type="button" class="button danger quiet" on:click=move |_| deleting.set(true)>{icon("bin")}{t(m::DELETE)}</button>
        })}
        {move || if running.get() {
            view! { <button type="button" class="button" on:click=move |_| pausing.set(true)>{icon("pause")}{t(m::PAUSE_CAMPAIGN)}</button> }
        } else {
            view! { <button type="button" class="button primary" on:click=move |_| launching.set(true)>{icon("play")}{t(m::LAUNCH)}</button> }
        }}
        {confirm(launching, m::LAUNCH_TITLE, m::LAUNCH_TEXT, m::LAUNCH, false, move || set(CampaignStatus::Running))}
        {confirm(pausing, m::PAUSE_TITLE, m::PAUSE_TEXT, m::PAUSE_CAMPAIGN, false, move || set(CampaignStatus::Paused))}
        {confirm(deleting, m::DELETE_TITLE, m::DELETE_TEXT, m::DELETE, true, move || editing.remove())}
    }
}

fn goal(draft: State<Campaign>, source: Signal<Source>) -> View {
    let offset = move || source.with(|source| source.site.utc_offset_minutes);
    let reason = move |lang: &'static str| {
        bind(
            draft,
            move |d: &Campaign| d.reason.get(lang).cloned().unwrap_or_default(),
            move |d: &mut Campaign, v: String| {
                if v.is_empty() {
                    d.reason.remove(lang);
                } else {
                    d.reason.insert(lang.to_owned(), v);
                }
            },
        )
    };
    let date = Look { kind: "datetime-local", hint: Some(m::SITE_TIME), ..Look::default() };
    view! {
        {text_field(m::NAME, bind(draft, |d| d.name.clone(), |d, v| d.name = v), Look { hint: Some(m::NAME_HINT), ..Look::default() })}
        <div class="fields">
            {text_field(m::STARTS, instant(bind(draft, |d| d.starts_at, |d, v| d.starts_at = v), offset), date)}
            {text_field(m::ENDS, instant(bind(draft, |d| d.ends_at, |d, v| d.ends_at = v), offset), date)}
            {number_field(m::PRIORITY, bind(draft, |d| f64::from(d.priority), |d, v| d.priority = v as i32), (-1e6, 1e6), Look { hint: Some(m::PRIORITY_HINT), ..Look::default() })}
        </div>
        <fieldset class="stack tight"><legend class="label">{t(m::REASON)}</legend>
            <p class="small muted">{t(m::REASON_HINT)}</p>
            <div class="fields">
                {text_field(m::ENGLISH, reason("en"), Look::default())}
                {text_field(m::KOREAN, reason("ko"), Look::default())}
            </div>
        </fieldset>
    }
}

/// An optional instant as the text of a date field in the site's zone.
pub(crate) fn instant(
    at: Bind<Option<Timestamp>>,
    offset: impl Fn() -> i32 + Copy + 'static,
) -> Bind<String> {
    Bind {
        get: computed(move || {
            at.get.get().map_or_else(String::new, |at| crate::text::local_input(at.0, offset()))
        }),
        set: Callback::new(move |text: String| {
            at.set.run(crate::text::from_local_input(&text, offset()).map(Timestamp))
        }),
    }
}

fn audience(draft: State<Campaign>, source: Signal<Source>) -> View {
    let rule = bind(draft, |d| d.audience.clone(), |d, v| d.audience = v);
    view! {
        {optional_rule(m::LIMIT_AUDIENCE, m::LIMIT_AUDIENCE_HINT, rule, source)}
        {move || draft.with(|d| d.audience.is_none()).then(|| view! { <p class="notice">{icon("audience")}{t(m::EVERYBODY)}</p> })}
    }
}
