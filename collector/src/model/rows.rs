//! Rows of a CSV file, in the order of a model's features.

use anyhow::{Context, bail};
use attune_engine::model::level_of;
use attune_schema::model::{Feature, Model};
use std::path::Path;

/// Reads `path`, plain or gzip, row by row. Columns are found by name; a file whose names are none of the model's and
/// that has as many columns as the model has features is read by position (`true`).
///
/// # Errors
/// If it cannot be read, lacks a column, or a value is neither a number nor missing.
pub fn read(model: &Model, path: &Path) -> anyhow::Result<(Vec<Vec<f64>>, bool)> {
    let shown = path.display();
    let text = open(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_slice());
    let header = reader.headers().with_context(|| shown.to_string())?.clone();
    let place = |feature: &Feature| header.iter().position(|column| column == feature.name);
    let places: Vec<Option<usize>> = model.features.iter().map(place).collect();
    let by_position = places.iter().all(Option::is_none) && header.len() == model.features.len();
    let places: Vec<usize> = if by_position {
        (0..header.len()).collect()
    } else {
        let missing: Vec<&str> = model
            .features
            .iter()
            .zip(&places)
            .filter(|(_, at)| at.is_none())
            .map(|(f, _)| f.name.as_str())
            .collect();
        if !missing.is_empty() {
            bail!("{shown}: no column for `{}`", missing.join("`, `"));
        }
        places.into_iter().flatten().collect()
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.with_context(|| shown.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let values = model.features.iter().zip(&places).map(|(feature, at)| {
            let text = record.get(*at).unwrap_or_default();
            value(feature, text).with_context(|| {
                format!("{shown}, line {line}: `{}` is `{text}`, not a number", feature.name)
            })
        });
        rows.push(values.collect::<anyhow::Result<_>>()?);
    }
    Ok((rows, by_position))
}

/// The number that a field is; empty and `nan` are missing, a text that is no known level as well.
fn value(feature: &Feature, text: &str) -> Option<f64> {
    if text.is_empty()
        || ["nan", "na", "null", "none"].iter().any(|missing| text.eq_ignore_ascii_case(missing))
    {
        return Some(f64::NAN);
    }
    if !feature.levels.is_empty() {
        return Some(level_of(feature, text));
    }
    match text {
        "true" | "True" | "TRUE" => Some(1.0),
        "false" | "False" | "FALSE" => Some(0.0),
        _ => text.parse().ok(),
    }
}

/// The bytes of a file, unpacked if they are gzip.
#[expect(clippy::disallowed_types, reason = "a file of the operator's own")]
pub(super) fn open(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice()), &mut text)
        .with_context(|| path.display().to_string())?;
    Ok(text)
}
