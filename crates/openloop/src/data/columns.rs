//! The names of a table's columns, as a model keeps them.

use serde::{Deserialize, Serialize};

/// The column names of a CSV file. A file without a header gets `column_1`, `column_2`, ...
///
/// Two are equal if their features and their label are; in which order the file had them does not count.
#[derive(Clone, Debug, Default, Eq, Serialize, Deserialize)]
pub struct Columns {
    /// The feature columns, in the order of the features.
    pub features: Vec<String>,
    /// The label column: the first target of a regression.
    pub label: String,
    /// The other targets of a regression.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_labels: Vec<String>,
    /// All columns of the file in its order; empty where that is the features, then the label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    order: Vec<String>,
}

impl PartialEq for Columns {
    fn eq(&self, other: &Self) -> bool {
        self.features == other.features && self.labels().eq(other.labels())
    }
}

impl Columns {
    /// Columns of a file that has the features first, then the label.
    pub fn new(features: Vec<String>, label: impl Into<String>) -> Self {
        Columns { features, label: label.into(), further_labels: Vec::new(), order: Vec::new() }
    }

    /// All label columns, of which only a regression has more than one.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.label).chain(&self.further_labels).map(String::as_str)
    }

    /// The same columns of a file that has `all` of these, in this order.
    pub fn in_file(self, all: &[String]) -> Self {
        let usual = self.features.iter().map(String::as_str).chain(self.labels());
        let is_usual = usual.eq(all.iter().map(String::as_str));
        let order = if is_usual { Vec::new() } else { all.to_vec() };
        Columns { order, ..self }
    }

    /// The names of all columns of the file, in its order.
    pub fn file_order(&self) -> Vec<&str> {
        if !self.order.is_empty() {
            return self.order.iter().map(String::as_str).collect();
        }
        let mut order: Vec<&str> = self.features.iter().map(String::as_str).collect();
        // older models tell the place of the label by its name alone
        let number = if self.are_generated() { generated_number(&self.label) } else { None };
        let place = number.map_or(order.len(), |number| order.len().min(number - 1));
        order.insert(place, &self.label);
        order.extend(self.further_labels.iter().map(String::as_str));
        order
    }

    /// Whether the names are those of a file without a header.
    pub fn are_generated(&self) -> bool {
        self.features.iter().all(|name| generated_number(name).is_some())
    }
}

/// The number in a name that a column of a file without a header has.
fn generated_number(name: &str) -> Option<usize> {
    name.strip_prefix("column_")?.parse().ok().filter(|number| *number > 0)
}
