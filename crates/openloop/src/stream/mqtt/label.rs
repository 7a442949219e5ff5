//! What a message says of its target: a class by its name, or a number for each target of a model of values.

use super::message::{object, text, word};
use crate::data::{Cells, excerpt, is_missing, number};
use crate::stream::source::Row;
use serde_json::{Map, Value};

/// What a late label says too little of.
const INCOMPLETE: &str = "a label without an id, or without a class or value";

/// How many cells a target takes; `targets` are the names of values, none where it is a class.
pub(super) fn width(targets: &[String]) -> usize {
    targets.len().max(1)
}

/// Takes the target of a row from cells: `cell(k)` is that of target k. One that is missing is not known.
///
/// # Errors
/// A value that is no finite number.
pub(super) fn take_cells<'c>(
    targets: &[String],
    cell: impl Fn(usize) -> &'c [u8],
    row: &mut Row,
) -> Result<(), String> {
    if targets.is_empty() {
        row.label.push_str(text(cell(0))?);
        return Ok(());
    }
    if (0..targets.len()).any(|k| is_missing(cell(k))) {
        return Ok(());
    }
    for (k, name) in targets.iter().enumerate() {
        row.values.push(finite(number(cell(k)), name)?);
    }
    Ok(())
}

/// Takes the target of a row from JSON: under "label", under the label column's name `label`, or under the names of the `targets`; `part`
/// gives what there is under a name.
///
/// # Errors
/// What is no target, or two that differ.
pub(super) fn take_object<'v>(
    targets: &[String],
    label: &str,
    part: impl Fn(&str) -> Option<&'v Value>,
    row: &mut Row,
) -> Result<(), String> {
    if targets.is_empty() {
        let own = if label.is_empty() { None } else { part(label).map(word).transpose()? };
        match (part("label").map(word).transpose()?, own) {
            (Some(named), Some(own)) if named != own => return Err(differ(label)),
            (named, own) => row.label.push_str(&named.or(own).unwrap_or_default()),
        }
        return Ok(());
    }
    let own: Option<Vec<&Value>> = targets.iter().map(|name| part(name)).collect();
    let listed = match part("label") {
        Some(Value::Array(values)) if values.len() == targets.len() => Some(values.iter().collect()),
        Some(value) if targets.len() == 1 => Some(vec![value]),
        Some(_) => return Err(format!("\"label\" is not a list of {} numbers", targets.len())),
        None => None,
    };
    let read = |values: Vec<&Value>| -> Result<Option<Vec<f64>>, String> {
        if values.iter().any(|value| value.is_null()) {
            return Ok(None);
        }
        values.iter().zip(targets).map(|(value, name)| finite(value.as_f64(), name)).collect::<Result<_, _>>().map(Some)
    };
    match (listed.map(read).transpose()?.flatten(), own.map(read).transpose()?.flatten()) {
        (Some(listed), Some(own)) if listed != own => return Err(differ(&targets[0])),
        (listed, own) => row.values.extend(listed.or(own).unwrap_or_default()),
    }
    Ok(())
}

fn differ(name: &str) -> String {
    format!("\"label\" and \"{}\" of a message differ", excerpt(name))
}

fn finite(value: Option<f64>, name: &str) -> Result<f64, String> {
    let finite = value.filter(|value| value.is_finite());
    finite.ok_or_else(|| format!("target \"{}\" is no finite number", excerpt(name)))
}

/// Reads a late label into `row`: `targets` are the names of values, none where it is a class.
///
/// # Errors
/// What is wrong with it.
pub fn parse_label(payload: &[u8], targets: &[String], cells: &mut Cells, row: &mut Row) -> Result<(), String> {
    let what = if targets.is_empty() { "class" } else { "value" };
    if payload.trim_ascii().starts_with(b"{") {
        let object: Map<String, Value> = object(payload)?;
        row.id.push_str(&object.get("id").ok_or("a label without \"id\"").map_err(String::from).and_then(word)?);
        let part = |name: &str| object.get(name).filter(|value| name == "label" || !value.is_null());
        take_object(targets, "", part, row)?;
    } else {
        cells.parse(payload.trim_ascii());
        let width = width(targets);
        if cells.len() != 1 + width {
            return Err(format!(
                "a label of {} cells; an id and {} {what}{} expected",
                cells.len(),
                if width == 1 { "a".into() } else { width.to_string() },
                if width == 1 { " are" } else { "s are" }
            ));
        }
        row.id.push_str(text(cells.get(0))?);
        take_cells(targets, |k| cells.get(1 + k), row)?;
    }
    match row.id.is_empty() || (row.label.is_empty() && row.values.is_empty()) {
        true => Err(INCOMPLETE.into()),
        false => Ok(()),
    }
}
