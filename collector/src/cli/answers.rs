//! Answers as tables.

use super::output;
use attune_schema::api::WatchAlert;
use attune_schema::question::{
    AttributionAnswer, Cell, Did, FactsAnswer, FormsAnswer, FunnelAnswer, GoalsAnswer, Often, PathNode,
    PathsAnswer, PersonAnswer, Popular, PopularAnswer, PredictorsAnswer, ProcessAnswer, PromotionsAnswer,
    RetentionAnswer, RfmAnswer, SearchesAnswer, Sensed, SensingAnswer, SqlAnswer, Trait, TrendAnswer,
};
use attune_schema::time::Timestamp;

pub(super) fn funnel(answer: &FunnelAnswer) -> anyhow::Result<()> {
    let first = answer.steps.first().map_or(0, |step| step.count);
    for (index, step) in (1..).zip(&answer.steps) {
        let share = if first == 0 {
            "-".to_owned()
        } else {
            format!("{:.1} %", step.count as f64 * 100.0 / first as f64)
        };
        output::line(&format!(
            "{index:>2}  {:<40}{:>12}{share:>10}",
            step.event.names().join(" or "),
            step.count
        ))?;
    }
    if answer.excluded > 0 {
        output::line(&format!("    {:<40}{:>12}", "left by an exclusion", answer.excluded))?;
    }
    for slice in &answer.slices {
        let value = if slice.value.is_empty() { "(unknown)" } else { &slice.value };
        output::line(&format!("    {value:<40}{:>12}", joined(&slice.counts)))?;
    }
    for other in &answer.compared {
        let period = other.against.period.map(|p| format!("{} to {}", instant(p.from), instant(p.to)));
        let list = other.against.list.as_ref().map(|list| format!("list {list}"));
        let what = period.into_iter().chain(list).collect::<Vec<_>>().join(", ");
        output::line(&format!("    {what:<52}  {}", joined(&other.counts)))?;
    }
    if let Some(total) = answer.times.as_ref().and_then(|times| times.total.as_ref()) {
        let (median, p90) = (total.median_ms as f64 / 1_000.0, total.p90_ms as f64 / 1_000.0);
        output::line(&format!("    half within {median} s, nine in ten within {p90} s"))?;
    }
    if let Some(people) = &answer.people {
        people.ids.iter().try_for_each(|id| output::line(id))?;
        if let Some(next) = &people.next {
            output::line(&format!("    more after {next}"))?;
        }
    }
    output::line(&format!("\n{}", answer.definition))
}

fn joined(counts: &[u64]) -> String {
    counts.iter().map(u64::to_string).collect::<Vec<_>>().join(" → ")
}

fn instant(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

pub(super) fn trend(answer: &TrendAnswer) -> anyhow::Result<()> {
    for point in &answer.points {
        output::line(&format!("{}  {:<24}{:>12}", instant(point.at), point.value, point.count))?;
    }
    Ok(())
}

pub(super) fn retention(answer: &RetentionAnswer) -> anyhow::Result<()> {
    for cohort in &answer.cohorts {
        let shares = (0..).zip(&cohort.returned).map(|(index, count)| {
            let share = *count as f64 * 100.0 / cohort.size.max(1) as f64;
            // What may still rise is marked.
            let mark = if index < cohort.complete { " " } else { "*" };
            format!("{share:>6.1} %{mark}")
        });
        let at = instant(cohort.at);
        let day = at.split('T').next().unwrap_or_default();
        let shares: String = shares.collect();
        output::line(&format!("{day}  {:<24}{:>10}{shares}", cohort.value, cohort.size))?;
    }
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn paths(answer: &PathsAnswer) -> anyhow::Result<()> {
    fn level(nodes: &[PathNode], indent: usize, all: u64) -> anyhow::Result<()> {
        for node in nodes {
            let share = node.count as f64 * 100.0 / all.max(1) as f64;
            let place = node.place.as_deref().unwrap_or("(others)");
            let name = format!("{:indent$}{place}", "");
            output::line(&format!("{name:<50}{:>12}{share:>8.1} %{:>12} ended", node.count, node.ended))?;
            level(&node.next, indent + 2, all)?;
        }
        Ok(())
    }
    level(&answer.tree, 0, answer.count)?;
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn attribution(answer: &AttributionAnswer) -> anyhow::Result<()> {
    let heads = ["first", "last", "linear", "time decay", "position"];
    let heads: String = heads.iter().map(|head| format!("{head:>14}")).collect();
    output::line(&format!("{:<30}{heads}", ""))?;
    for credit in &answer.credits {
        let value = match credit.value.as_deref() {
            None => "(nothing led there)",
            Some("") => "(unknown)",
            Some(value) => value,
        };
        let models = [credit.first, credit.last, credit.linear, credit.time_decay, credit.position];
        let goals: String =
            models.iter().map(|model| format!("{:>14.2}", model.goals_millionths as f64 / 1e6)).collect();
        output::line(&format!("{value:<30}{goals}"))?;
    }
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn rfm(answer: &RfmAnswer) -> anyhow::Result<()> {
    output::line(&format!("{} have scores", answer.count))?;
    for (name, bands) in
        [("recency (days)", &answer.recency), ("frequency", &answer.frequency), ("value", &answer.value)]
    {
        for band in bands {
            let range = format!("{:.1} to {:.1}", band.from, band.to);
            output::line(&format!("{name:<16}{:>3}{:>12}   {range}", band.score, band.count))?;
        }
    }
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn popular(answer: &PopularAnswer) -> anyhow::Result<()> {
    let common = if answer.common.is_empty() { "nothing".to_owned() } else { answer.common.join(", ") };
    output::line(&format!("{} people with {common} in common", answer.group))?;
    if !answer.widened.is_empty() {
        output::line(&format!("too few for: {}", answer.widened.join(", ")))?;
    }
    output::line(&format!("{:<30}{:>10}{:>9}{:>7}", "", "people", "share", "lift"))?;
    for Popular { item, people, share, lift } in &answer.items {
        output::line(&format!("{item:<30}{people:>10}{:>8.1}%{lift:>7.2}", share * 100.0))?;
    }
    if answer.untold > 0 {
        output::line(&format!("and {} that too few chose", answer.untold))?;
    }
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn sql(answer: &SqlAnswer) -> anyhow::Result<()> {
    let names: Vec<&str> = answer.columns.iter().map(|column| column.name.as_str()).collect();
    output::line(&names.join("\t"))?;
    for row in &answer.rows {
        let cells: Vec<String> = row.iter().map(cell).collect::<Result<_, _>>()?;
        output::line(&cells.join("\t"))?;
    }
    if answer.truncated {
        output::line("(there are more rows)")?;
    }
    output::line(&format!("\n{}", answer.definition))
}

/// A value on one line, as tab-separated files have it.
fn cell(cell: &Cell) -> anyhow::Result<String> {
    Ok(match cell {
        Cell::Text(text) => text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n"),
        other => serde_json::to_string(other)?,
    })
}

pub(super) fn predictors(answer: &PredictorsAnswer) -> anyhow::Result<()> {
    output::line(&format!("{} reached the step, {} dropped out", answer.converted, answer.dropped))?;
    for found in &answer.predictors {
        let of = match &found.of {
            Trait::Event(name) => name.clone(),
            Trait::Value { property, value } => format!("{property} = {value}"),
        };
        let mark = if found.significant { "*" } else { " " };
        output::line(&format!(
            "{of:<40}{:>7.1} %{:>7.1} %   {:>8.2} ({:.2} to {:.2}){:>10.4}{mark}",
            found.share_converted * 100.0,
            found.share_dropped * 100.0,
            found.odds_ratio,
            found.low,
            found.high,
            found.p_adjusted
        ))?;
    }
    output::line(&format!("\n{} {}", answer.caveat, answer.definition))
}

pub(super) fn goals(answer: &GoalsAnswer) -> anyhow::Result<()> {
    for goal in &answer.goals {
        let share = goal.session_share * 100.0;
        let reached = &goal.reached;
        let money: String =
            reached.money.iter().map(|money| format!("   {:.2} {}", money.total, money.currency)).collect();
        output::line(&format!("{:<40}{:>12}{share:>8.1} % of sessions{money}", goal.name, reached.count))?;
        for slice in &goal.slices {
            let value = if slice.value.is_empty() { "(unknown)" } else { &slice.value };
            output::line(&format!("    {value:<36}{:>12}", slice.count))?;
        }
    }
    output::line(&format!("\n{}", answer.definition))
}

fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}

pub(super) fn forms(answer: &FormsAnswer) -> anyhow::Result<()> {
    for form in &answer.forms {
        let share = percent(form.completed, form.sessions);
        output::line(&format!("{:<40}{:>10} sessions{share:>10} completed", form.form, form.sessions))?;
        for field in &form.fields {
            output::line(&format!(
                "    {:<36}{:>10} left{:>10} changed{:>10} corrected{:>10} refused",
                field.field, field.left_at, field.changes, field.corrections, field.refusals
            ))?;
        }
    }
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn searches(answer: &SearchesAnswer) -> anyhow::Result<()> {
    for term in answer.terms.iter().chain([&answer.all]) {
        let name = if term.term.is_empty() { "(all)" } else { &term.term };
        let (none, on) =
            (percent(term.without_results, term.counted), percent(term.continued, term.searches));
        output::line(&format!("{name:<40}{:>10}{none:>10} without results{on:>10} went on", term.searches))?;
    }
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn promotions(answer: &PromotionsAnswer) -> anyhow::Result<()> {
    for offer in &answer.promotions {
        let (clicked, converted) = (
            percent(offer.clicked, offer.exposed.visitors),
            percent(offer.exposed.converted, offer.exposed.visitors),
        );
        let without = percent(offer.withheld.converted, offer.withheld.visitors);
        output::line(&format!(
            "{:<40}{:>10} saw it{clicked:>10} clicked{converted:>10} reached the goal{without:>10} of those kept out",
            offer.id, offer.exposed.visitors
        ))?;
    }
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn process(answer: &ProcessAnswer) -> anyhow::Result<()> {
    for step in &answer.steps {
        output::line(&format!(
            "{:<40}{:>10} sessions{:>10} forward{:>10} back{:>10} left",
            step.name, step.sessions, step.forward, step.back, step.left
        ))?;
    }
    output::line(&format!("{} of {} sessions completed it", answer.completed, answer.sessions))?;
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn alerts(alerts: &[WatchAlert]) -> anyhow::Result<()> {
    for WatchAlert { watch, alert, .. } in alerts {
        let until =
            alert.until.map_or_else(|| "lasts".to_owned(), |until| format!("until {}", instant(until)));
        let value = if alert.value.is_empty() { String::new() } else { format!("  {}", alert.value) };
        output::line(&format!("{watch}  {}{value}  since {}  {until}", alert.rule, instant(alert.since)))?;
    }
    Ok(())
}

pub(super) fn sensing(answer: &SensingAnswer) -> anyhow::Result<()> {
    for series in &answer.series {
        for point in &series.points {
            let band = match (point.low, point.high) {
                (Some(low), Some(high)) => format!("{low:.1} to {high:.1}"),
                _ => "-".to_owned(),
            };
            let mark = match point.state {
                Sensed::Expected => "",
                Sensed::Above => "above",
                Sensed::Below => "below",
                Sensed::Gap => "gap",
                Sensed::Unknown => "unknown",
            };
            let line =
                format!("{}  {:<24}{:>12}   {band:<24}{mark}", instant(point.at), series.value, point.count);
            output::line(line.trim_end())?;
        }
    }
    for alert in &answer.alerts {
        let until =
            alert.until.map_or_else(|| "lasts".to_owned(), |until| format!("until {}", instant(until)));
        output::line(&format!("ALERT {} {} at {} ({until})", alert.rule, alert.value, instant(alert.at)))?;
    }
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn person_row(answer: &PersonAnswer) -> anyhow::Result<()> {
    let often = |of: &Option<Often>| of.as_ref().map_or_else(|| "-".to_owned(), |of| of.value.clone());
    let lines = [
        ("id", answer.id.clone()),
        ("seen", format!("{} to {}", instant(answer.first_at), instant(answer.last_at))),
        (
            "sessions",
            format!("{} in {} browsers, {} events", answer.sessions, answer.visitors, answer.events),
        ),
        ("purchases", answer.purchases.to_string()),
        (
            "average basket",
            answer.average_basket.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}")),
        ),
        ("claims", answer.claims.map_or_else(|| "-".to_owned(), |claims| claims.to_string())),
        ("channel", often(&answer.main_channel)),
        ("referrer", often(&answer.main_referrer)),
        ("device", often(&answer.device)),
        ("interest", often(&answer.last_week_interest)),
        (
            "offers",
            format!(
                "{} seen, {} clicked, {} closed",
                answer.response.exposed, answer.response.clicked, answer.response.dismissed
            ),
        ),
        (
            "cart",
            answer
                .cart
                .as_ref()
                .map_or_else(|| "-".to_owned(), |cart| format!("{} worth {:.2}", cart.items, cart.value)),
        ),
        (
            "best time",
            answer.best_time.map_or_else(
                || "-".to_owned(),
                |time| format!("weekday {} at {}:00 UTC", time.weekday, time.hour),
            ),
        ),
    ];
    lines.iter().try_for_each(|(name, value)| output::line(&format!("{name:<16}{value}")))?;
    for month in &answer.monthly {
        output::line(&format!("{:<16}{} purchases, {:.2}", month.month, month.purchases, month.value))?;
    }
    output::line(&format!("\n{}", answer.definition))
}

pub(super) fn facts(answer: &FactsAnswer) -> anyhow::Result<()> {
    for fact in &answer.facts {
        let did = match &fact.did {
            Did::Entered { channel, source, campaign } => format!("entered by {channel} {source} {campaign}"),
            Did::FormAbandoned { form, field } => format!("left the form {form} at {field}"),
            Did::ItemReviewed { item, views } => format!("reviewed {item} ({views})"),
            Did::OfferAnswered { offer, clicked: true, .. } => format!("clicked the offer {offer}"),
            Did::OfferAnswered { offer, .. } => format!("closed the offer {offer}"),
            Did::TransactionAbandoned { name } => format!("left {name}"),
            Did::GoalReached { name, value: Some(value) } => format!("reached {name}, worth {value}"),
            Did::GoalReached { name, value: None } => format!("reached {name}"),
        };
        output::line(&format!("{}  {}", instant(fact.at), did.trim_end()))?;
    }
    output::line(&format!("\n{}", answer.definition))
}
