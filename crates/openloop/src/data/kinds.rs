//! What the cells of a feature column are, and how many inputs of a network they become.

use super::dates;
use super::error::excerpt;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a cell of a feature column becomes inputs.
///
/// | kind | inputs | a missing value |
/// |---|---|---|
/// | number | the number | the mean of the training rows |
/// | boolean | 1 for true, yes and t, 0 for false, no and f, in any case | the mean of the training rows |
/// | categories | one for each category: 1 for that of the cell, 0 for the others | 0 for all of them, as of an unknown category |
/// | date | six: sine and cosine of its place in the year, in the week and in the day | the means of the training rows |
/// | indicated | those of the kind it has besides, then the missing indicator: 0 | the same as of that kind, then 1 |
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// A finite number.
    Number,
    /// True or false, yes or no, t or f, 1 or 0.
    Boolean,
    /// A text that is one of these, which are sorted: as numbers if all are numbers, else as text. A number stands here as Rust writes
    /// it, whatever its cell looks like: `1.0` and `01` are `1`.
    Categories(Vec<String>),
    /// A date, with the time of day or without it.
    Date,
    /// One of the kinds above, and whether the value is missing.
    Indicated(Box<ColumnKind>),
}

impl ColumnKind {
    /// How many inputs a cell becomes.
    pub fn inputs(&self) -> usize {
        match self {
            ColumnKind::Number | ColumnKind::Boolean => 1,
            ColumnKind::Categories(names) => names.len(),
            ColumnKind::Date => dates::INPUTS,
            ColumnKind::Indicated(kind) => kind.inputs() + 1,
        }
    }

    /// The kind without the missing indicator.
    pub fn plain(&self) -> &ColumnKind {
        match self {
            ColumnKind::Indicated(kind) => kind.plain(),
            kind => kind,
        }
    }

    /// Whether the last input is the missing indicator.
    pub fn is_indicated(&self) -> bool {
        matches!(self, ColumnKind::Indicated(_))
    }

    /// The same kind with a missing indicator.
    pub(super) fn with_indicator(self) -> Self {
        if self.is_indicated() { self } else { ColumnKind::Indicated(Box::new(self)) }
    }

    /// What each input stands for, after the column's name; empty where the name says it.
    pub(super) fn input_names(&self) -> Vec<String> {
        match self {
            ColumnKind::Number | ColumnKind::Boolean => vec![String::new()],
            ColumnKind::Categories(names) => names.iter().map(|name| format!("={name}")).collect(),
            ColumnKind::Date => dates::INPUT_NAMES.iter().map(|name| format!(": {name}")).collect(),
            ColumnKind::Indicated(kind) => {
                let mut names = kind.input_names();
                names.push(": missing".into());
                names
            }
        }
    }
}

/// In words: `number`, `true or false`, `3 categories`, `date`, `number and missing indicator`.
impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnKind::Number => f.write_str("number"),
            ColumnKind::Boolean => f.write_str("true or false"),
            ColumnKind::Categories(names) if names.len() == 1 => write!(f, "1 category \"{}\"", excerpt(&names[0])),
            ColumnKind::Categories(names) => write!(f, "{} categories", names.len()),
            ColumnKind::Date => f.write_str("date"),
            ColumnKind::Indicated(kind) => write!(f, "{kind} and missing indicator"),
        }
    }
}

/// 1 or 0 for the words that stand for true and false, in any case.
pub(super) fn boolean(word: &[u8]) -> Option<f64> {
    const TRUE: [&[u8]; 3] = [b"true", b"yes", b"t"];
    const FALSE: [&[u8]; 3] = [b"false", b"no", b"f"];
    let is_one_of = |words: [&[u8]; 3]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
    if is_one_of(TRUE) { Some(1.0) } else { is_one_of(FALSE).then_some(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_true_and_false_are_known_in_any_case_and_no_others() {
        for word in ["true", "TRUE", "True", "yes", "Yes", "t", "T"] {
            assert_eq!(boolean(word.as_bytes()), Some(1.0), "{word}");
        }
        for word in ["false", "FALSE", "no", "No", "f", "F"] {
            assert_eq!(boolean(word.as_bytes()), Some(0.0), "{word}");
        }
        for word in ["", "1", "0", "y", "n", "truly", "on"] {
            assert_eq!(boolean(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn a_kind_has_a_name_for_each_of_its_inputs() {
        let categories = ColumnKind::Categories(vec!["a".into(), "b".into()]);
        for kind in [ColumnKind::Number, ColumnKind::Boolean, categories, ColumnKind::Date] {
            assert_eq!(kind.input_names().len(), kind.inputs(), "{kind}");
            let kind = kind.with_indicator();
            assert_eq!(kind.input_names().len(), kind.inputs(), "{kind}");
        }
    }
}
