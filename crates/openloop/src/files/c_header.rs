//! A blob as a C header: one constant array and the numbers that a program sizes its memory by.

use crate::data::{ColumnKind, Columns, TargetUnits};
use openloop_core::store;
use std::fmt::Write;
use std::path::Path;

/// What a header says of the table that a network was trained on.
pub struct TableNotes<'a> {
    /// What its columns become stands in a comment, if they are not numbers alone.
    pub columns: Option<&'a Columns>,
    /// The means of the inputs.
    pub means: Option<&'a [f64]>,
    /// The units of standardised targets.
    pub units: Option<&'a TargetUnits>,
}

/// The header's text; its names start with the name of the file.
///
/// # Errors
/// Bytes that are no blob.
pub fn header(mut blob: &[u8], path: &Path, table: &TableNotes<'_>) -> Result<String, store::Error> {
    let TableNotes { columns, means, units } = *table;
    let head = store::open(&mut blob)?;
    let first = store::read_layer(&mut blob, &head, 0)?;
    let last = store::read_layer(&mut blob, &head, head.layers - 1)?;
    let (name, rule) = (identifier(path), head.about.rule.name());
    let upper = name.to_uppercase();
    let encoding = columns_comment(columns, means);
    let mut text = format!(
        "/* A network of {} inputs and {} outputs that learns by {rule}, made by `openloop export`.\n   \
         Include it in one source file and give the array to openloop_open() of openloop.h. */\n\
         {encoding}#ifndef {upper}_H\n#define {upper}_H\n\n#include <stdint.h>\n\n\
         #define {upper}_INPUTS {}u\n#define {upper}_OUTPUTS {}u\n#define {upper}_LAYERS {}u\n#define {upper}_BLOB_BYTES {}u\n{}\n\
         static const uint8_t {name}_blob[{upper}_BLOB_BYTES] = {{\n",
        first.inputs(),
        last.outputs(),
        first.inputs(),
        last.outputs(),
        head.layers,
        blob.len(),
        units.map_or_else(String::new, |units| targets(units, &upper)),
    );
    for line in blob.chunks(20) {
        let bytes: Vec<String> = line.iter().map(|byte| format!("{byte}")).collect();
        let _ = writeln!(text, "    {},", bytes.join(","));
    }
    text += "};\n\n#endif\n";
    Ok(text)
}

/// A comment that says how the inputs are made of a table's columns; nothing where they are its numbers.
pub(super) fn columns_comment(columns: Option<&Columns>, means: Option<&[f64]>) -> String {
    match columns {
        Some(columns) if columns.windows().is_some() => windows(columns),
        Some(columns) if columns.are_encoded() => encoding(columns, means),
        _ => String::new(),
    }
}

/// How a program turns the outputs into values with a unit, and values into targets to learn.
fn targets(units: &TargetUnits, upper: &str) -> String {
    let mut text = format!(
        "\n/* Output k is standardised: value = output * {upper}_DEVIATION_k + {upper}_MEAN_k; what it learns from must be too. */\n"
    );
    for (k, (mean, deviation)) in units.mean.iter().zip(&units.deviation).enumerate() {
        let _ = writeln!(text, "#define {upper}_MEAN_{k} {mean:e}f\n#define {upper}_DEVIATION_{k} {deviation:e}f");
    }
    text
}

/// A comment that says how the inputs are made of windows of rows.
fn windows(columns: &Columns) -> String {
    let Some(windows) = columns.windows() else { return String::new() };
    let mut text =
        format!("\n/* The inputs are made of a window of {windows}, channel by channel, and standardised after.\n");
    text += "   docs/time-series.md has the formulas.\n";
    let (names, each) = (columns.input_names(), windows.values(1));
    for (channel, names) in names.chunks(each).enumerate() {
        let first = channel * each;
        if let [name, .., last] = names {
            let _ = writeln!(text, "   {first} to {}: {} to {}", first + each - 1, quoted(name), quoted(last));
        }
    }
    text + "*/\n\n"
}

/// A comment that says how the inputs are made of the columns.
fn encoding(columns: &Columns, means: Option<&[f64]>) -> String {
    let mut text = String::from("\n/* The inputs are made of the columns of a table so, and standardised after:\n");
    let mut first = 0;
    for (name, kind) in columns.each() {
        let end = first + kind.plain().inputs();
        let place = if end == first + 1 { format!("{first}") } else { format!("{first} to {}", end - 1) };
        let means: Vec<String> =
            means.and_then(|means| means.get(first..end)).unwrap_or_default().iter().map(f64::to_string).collect();
        let missing = if means.is_empty() { String::new() } else { format!("; a missing one: {}", means.join(", ")) };
        let _ = match kind.plain() {
            ColumnKind::Number => writeln!(text, "   {place}: {}, a number{missing}", quoted(name)),
            ColumnKind::Boolean => {
                writeln!(text, "   {place}: {}, 1 for true, yes and t, 0 for false, no and f{missing}", quoted(name))
            }
            ColumnKind::Categories(names) => {
                let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
                let each = "1 for its category and 0 for the others, 0 for all if it is missing or unknown";
                writeln!(text, "   {place}: {}, {each}: {}", quoted(name), names.join(", "))
            }
            ColumnKind::Date | ColumnKind::Indicated(_) => {
                let each = "a date: sine and cosine of 2 pi p for the share p of the year, of the week and of the day that has passed";
                writeln!(text, "   {place}: {}, {each}{missing}", quoted(name))
            }
        };
        if kind.is_indicated() {
            let _ = writeln!(text, "   {end}: {}, 1 if it is missing, else 0", quoted(name));
        }
        first += kind.inputs();
    }
    text + "*/\n\n"
}

/// A name in quotes that neither ends a comment nor begins one.
fn quoted(name: &str) -> String {
    format!("{name:?}").replace("*/", "*\\/").replace("/*", "/\\*")
}

/// The file's name as a C identifier.
pub(super) fn identifier(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("network_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_says_what_each_input_is_and_no_name_ends_it() {
        let text = r#"{"features":["a*/b","colour","open","day"],"label":"kind",
            "kinds":["number",{"categories":["re\"d","*/ x /*"]},{"indicated":"boolean"},"date"]}"#;
        let columns: Columns = serde_json::from_str(text).unwrap();
        let text = encoding(&columns, Some(&[1.5, 0.0, 0.0, 0.25]));
        assert!(
            text.matches("*/").count() == 1 && text.ends_with("*/\n\n") && text.matches("/*").count() == 1,
            "{text}"
        );
        for words in [
            "   0: \"a*\\/b\", a number; a missing one: 1.5\n",
            "   1 to 2: \"colour\", 1 for its category and 0 for the others, 0 for all if it is missing or unknown: \"re\\\"d\", ",
            "   3: \"open\", 1 for true, yes and t, 0 for false, no and f; a missing one: 0.25\n",
            "   4: \"open\", 1 if it is missing, else 0\n",
            "   5 to 10: \"day\", a date",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }

    #[test]
    fn any_file_name_gives_a_c_identifier() {
        for (path, name) in
            [("a/gas-drift.v2.h", "gas_drift_v2"), ("3.h", "network_3"), ("Ü.h", "network__"), ("", "network_")]
        {
            assert_eq!(identifier(Path::new(path)), name);
        }
    }
}
