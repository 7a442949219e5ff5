//! Names of classes and inputs, and a row of a table whose columns are more than numbers.

use super::text::{Text, float, string};
use crate::data::{ColumnKind, Columns};
use crate::learner::DataDescription;
use std::collections::HashSet;
use std::fmt::Write;

/// Words that are no names of fields in C or C++.
const KEYWORDS: [&str; 36] = [
    "and", "auto", "bool", "break", "case", "char", "class", "const", "continue", "default", "delete", "do", "double",
    "else", "enum", "extern", "float", "for", "goto", "if", "int", "long", "new", "not", "or", "register", "return",
    "short", "signed", "static", "struct", "switch", "this", "union", "void", "while",
];

/// Functions that give the names of classes and inputs, where they have names.
pub(super) fn names(text: &mut Text, about: &DataDescription) {
    if !about.classes.is_empty() {
        function(text, "class", &about.classes);
    }
    if let Some(names) = about.columns.as_ref().map(Columns::input_names) {
        function(text, "feature", &names);
    }
    if let Some(units) = &about.units {
        function(text, "target", &units.names);
    }
}

/// `net_class_name(number)`: strings that no program pays for which does not ask.
fn function(text: &mut Text, what: &str, names: &[String]) {
    text.code_alone(&format!("NET_API const char *net_{what}_name(int32_t number)\n{{\n    switch (number) {{\n"));
    for (k, name) in names.iter().enumerate() {
        let mut line = String::new();
        let _ = writeln!(line, "    case {k}: return {};", string(name));
        text.literally(&line);
    }
    text.code("    default: return \"\";\n    }\n}\n");
}

/// `net_row_t`, a row as the table has it, and `net_encode`, which makes the inputs of it: where columns are more than numbers, and
/// each row is a sample.
pub(super) fn rows(text: &mut Text, columns: Option<&Columns>, means: Option<&[f64]>) {
    let Some(columns) = columns.filter(|columns| columns.are_encoded() && columns.windows().is_none()) else { return };
    let (mut taken, mut first) = (HashSet::new(), 0);
    let (mut fields, mut lines) = (String::new(), Vec::new());
    for (name, kind) in columns.each() {
        let field = field(name, &mut taken);
        let means: Vec<f32> = (first..first + kind.inputs())
            .map(|k| means.and_then(|means| means.get(k)).map_or(0.0, |mean| *mean as f32))
            .collect();
        fields += &declaration(kind, &field);
        lines.extend(assignments(kind, &field, first, &means));
        first += kind.inputs();
    }
    text.code_alone(
        "/* A row of the table. A number that is missing is NAN, a text that is missing NULL. */\ntypedef struct {\n",
    );
    text.literally(&fields);
    text.code("} net_row_t;\n");
    text.code(IS_CATEGORY);
    text.code_alone("/* The inputs of a row. */\nNET_API void net_encode(const net_row_t *row, float *x)\n{\n");
    for Assignment { input, before, value } in &lines {
        text.code_alone(&format!("    x[{input}] = {before}"));
        text.literally(&format!("{value};\n"));
    }
    text.code("}\n");
}

const IS_CATEGORY: &str = "/* 1 where the text is this category, else 0. */
NET_PART float net_is(const char *text, const char *category)
{
    return text != NULL && strcmp(text, category) == 0 ? 1.0f : 0.0f;
}
";

/// The field of a column.
fn declaration(kind: &ColumnKind, field: &str) -> String {
    match kind.plain() {
        ColumnKind::Number => format!("    float {field};\n"),
        ColumnKind::Boolean => format!("    float {field}; /* 1 for true, 0 for false */\n"),
        ColumnKind::Categories(_) => format!("    const char *{field};\n"),
        ColumnKind::Date | ColumnKind::Indicated(_) => {
            format!("    float {field}[{}]; /* sines and cosines, see above */\n", kind.plain().inputs())
        }
    }
}

/// What an input is made of: code, and then text that holds names of the user's.
struct Assignment {
    input: usize,
    before: &'static str,
    value: String,
}

/// How the inputs from `first` on are made of a column.
fn assignments(kind: &ColumnKind, field: &str, first: usize, means: &[f32]) -> Vec<Assignment> {
    let or_mean = |(input, (value, mean)): (usize, (String, &f32))| {
        let value = format!("{value} == {value} ? {value} : {}", float(*mean));
        Assignment { input, before: "", value }
    };
    let numbers = |values: Vec<String>| (first..).zip(values.into_iter().zip(means)).map(or_mean).collect();
    match kind {
        ColumnKind::Indicated(kind) => {
            let input = first + kind.inputs();
            let is_there = match **kind {
                ColumnKind::Categories(_) => format!("row->{field} != NULL"),
                ColumnKind::Date => format!("row->{field}[0] == row->{field}[0]"),
                _ => format!("row->{field} == row->{field}"),
            };
            let mut all = assignments(kind, field, first, means);
            all.push(Assignment { input, before: "", value: format!("{is_there} ? 0.0f : 1.0f") });
            all
        }
        ColumnKind::Number | ColumnKind::Boolean => numbers(vec![format!("row->{field}")]),
        ColumnKind::Date => numbers((0..kind.inputs()).map(|k| format!("row->{field}[{k}]")).collect()),
        ColumnKind::Categories(names) => {
            let is_category = |(input, name): (usize, &String)| {
                let value = format!("(row->{field}, {})", string(name));
                Assignment { input, before: "net_is", value }
            };
            (first..).zip(names).map(is_category).collect()
        }
    }
}

/// A column's name as that of a field.
fn field(name: &str, taken: &mut HashSet<String>) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let starts_well = plain.starts_with(|c: char| c.is_ascii_alphabetic());
    let mut field = if starts_well { plain } else { format!("column_{plain}") };
    while KEYWORDS.contains(&field.as_str()) || !taken.insert(field.clone()) {
        field.push('_');
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_column_is_a_field_of_its_own() {
        let mut taken = HashSet::new();
        let names = ["width (mm)", "width [mm]", "class", "3", "\u{fc}", "class_"];
        let fields = names.map(|name| field(name, &mut taken));
        assert_eq!(fields, ["width__mm_", "width__mm__", "class_", "column_3", "column__", "class__"]);
    }
}
