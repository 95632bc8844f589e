//! Forms: how many start and end them, and at which field they leave.

use super::{funnel, step, within};
use crate::query::bots::Scope;
use crate::query::times::times;
use crate::query::{sql, words};
use crate::{Error, Warehouse};
use attune_schema::event::name;
use attune_schema::question::{FieldReport, FormReport, FormsAnswer, FormsQuestion, Per};
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most forms, and most fields of all of them.
const FORMS: usize = 50;
const FIELDS: usize = 5_000;

#[derive(Row, Deserialize)]
struct FormRow {
    form: String,
    started: u64,
    submitted: u64,
    abandoned: u64,
    sessions: u64,
    completed: u64,
    spent_ms: Vec<u64>,
}

#[derive(Row, Deserialize)]
struct FieldRow {
    form: String,
    field: String,
    sessions: u64,
    changes: u64,
    corrections: u64,
    refusals: u64,
    left_at: u64,
    median_ms: u64,
}

impl Warehouse {
    /// Answers how forms fare.
    ///
    /// # Errors
    /// A question that cannot be asked, or if the store does not answer.
    pub async fn forms(
        &self,
        scope: impl Into<Scope<'_>> + Send,
        question: &FormsQuestion,
    ) -> Result<FormsAnswer, Error> {
        let mut within = within(scope.into(), question.period, question.bots)?;
        if let Some(form) = &question.form {
            within.push_str(&format!(" AND texts['form'] = {}", sql::text(form)));
        }
        let (by_form, by_field) = (forms(&within), fields(&within));
        let found = self.ask::<FormRow>(&by_form).await?;
        let in_fields = self.ask::<FieldRow>(&by_field).await?;
        let mut of: BTreeMap<String, Vec<FieldReport>> = BTreeMap::new();
        for row in in_fields.rows {
            of.entry(row.form).or_default().push(FieldReport {
                field: row.field,
                sessions: row.sessions,
                changes: row.changes,
                corrections: row.corrections,
                refusals: row.refusals,
                left_at: row.left_at,
                median_ms: (row.changes > 0).then_some(row.median_ms),
            });
        }
        let report = |row: FormRow| FormReport {
            fields: of.remove(&row.form).unwrap_or_default(),
            funnel: funnel(
                vec![
                    step(name::FORM_STARTED, "form", &row.form),
                    step(name::FORM_SUBMITTED, "form", &row.form),
                ],
                Per::Session,
                question.period,
                question.bots,
            ),
            form: row.form,
            started: row.started,
            submitted: row.submitted,
            abandoned: row.abandoned,
            sessions: row.sessions,
            completed: row.completed,
            times: times(row.spent_ms),
        };
        Ok(FormsAnswer {
            forms: found.rows.into_iter().map(report).collect(),
            definition: definition(question),
            sql: format!("{by_form};\n\n{by_field}"),
            rows_read: found.rows_read + in_fields.rows_read,
            elapsed_ms: found.elapsed_ms + in_fields.elapsed_ms,
        })
    }
}

fn forms(within: &str) -> String {
    let [start, submit, abandon] = [name::FORM_STARTED, name::FORM_SUBMITTED, name::FORM_ABANDONED];
    format!(
        "SELECT form, sum(starts) AS started, sum(submits) AS submitted, sum(abandons) AS abandoned,\n  \
         countIf(starts > 0) AS sessions, countIf(starts > 0 AND submits > 0) AS completed,\n  \
         groupArrayArray(spent) AS spent_ms\nFROM (\n  \
         SELECT texts['form'] AS form, session, countIf(name = '{start}') AS starts, countIf(name = '{submit}') AS submits,\n    \
         countIf(name = '{abandon}') AS abandons,\n    \
         groupArrayIf(toUInt64(greatest(numbers['spent_ms'], 0)), name = '{submit}' AND mapContains(numbers, 'spent_ms')) AS spent\n  \
         FROM events WHERE {within} AND name IN ('{start}', '{submit}', '{abandon}')\n  GROUP BY form, session\n)\n\
         GROUP BY form ORDER BY started DESC, form LIMIT {FORMS}"
    )
}

fn fields(within: &str) -> String {
    let [change, refuse, abandon] =
        [name::FORM_FIELD_CHANGED, name::FORM_FIELD_REFUSED, name::FORM_ABANDONED];
    format!(
        "SELECT texts['form'] AS form, texts['field'] AS field, uniqExactIf(session, name = '{change}') AS sessions,\n  \
         countIf(name = '{change}') AS changes, countIf(name = '{change}' AND numbers['corrected'] > 0) AS corrections,\n  \
         countIf(name = '{refuse}') AS refusals, countIf(name = '{abandon}') AS left_at,\n  \
         arrayElement(arraySort(groupArrayIf(toUInt64(greatest(numbers['field_ms'], 0)), name = '{change}') AS durations), \
         toUInt64(intDiv(length(durations) + 1, 2))) AS median_ms\n\
         FROM events WHERE {within} AND name IN ('{change}', '{refuse}', '{abandon}')\n\
         GROUP BY form, field ORDER BY left_at DESC, changes DESC, form, field LIMIT {FIELDS}"
    )
}

fn definition(question: &FormsQuestion) -> String {
    let of = question.form.as_ref().map_or_else(
        || format!("The {FORMS} forms that were started most."),
        |form| format!("The form `{form}`."),
    );
    [
        of,
        "A form is started by the first interaction with it, submitted when the page does not refuse it, and abandoned \
         when the page is left before. A session completes it if it starts and submits it."
            .to_owned(),
        "A field was left at if it was the last one before the form was abandoned; a correction is a change after the \
         first. Values of fields are not known."
            .to_owned(),
        words::period(question.period),
        words::bots(question.bots),
    ]
    .join(" ")
}
