//! What is said of the missing values of a table that was read as a whole.

use super::table::shortened;
use super::{ColumnKind, Columns};

/// How many values are missing in each column, or none of its categories.
pub(super) struct MissingValues(Vec<u64>);

impl MissingValues {
    /// Those in `inputs: [rows, columns.inputs()]`.
    pub fn of(columns: &Columns, inputs: &[f64]) -> Self {
        if !columns.are_encoded() && !inputs.iter().any(|value| value.is_nan()) {
            return MissingValues(Vec::new());
        }
        let mut counts = vec![0; columns.features.len()];
        for row in inputs.chunks_exact(columns.inputs().max(1)) {
            let mut start = 0;
            for (count, (_, kind)) in counts.iter_mut().zip(columns.each()) {
                let cell = &row[start..start + kind.inputs()];
                let is_missing = match kind.plain() {
                    ColumnKind::Categories(_) => cell[..kind.plain().inputs()].iter().all(|input| *input == 0.0),
                    _ => cell[0].is_nan(),
                };
                *count += u64::from(is_missing);
                start += kind.inputs();
            }
        }
        MissingValues(counts)
    }

    /// What they were taken as, a line for each column: `means`, one for each input of a sample.
    pub fn texts(self, columns: &Columns, means: &[f64]) -> Vec<String> {
        let (mut notes, mut start) = (Vec::new(), 0);
        let of_channels = columns.windows().map(|windows| windows.channel_means(means, columns.inputs()));
        let means = of_channels.as_deref().unwrap_or(means);
        for (count, (name, kind)) in self.0.into_iter().zip(columns.each()) {
            if count > 0 {
                notes.push(note(name, kind, count, means.get(start).copied()));
            }
            start += kind.inputs();
        }
        shortened(notes)
    }
}

fn note(name: &str, kind: &ColumnKind, count: u64, mean: Option<f64>) -> String {
    let (name, values) = (super::excerpt(name), if count == 1 { "value" } else { "values" });
    match (kind.plain(), mean) {
        (ColumnKind::Categories(_), _) => {
            format!("column \"{name}\": {count} missing or unknown {values}, taken as no category")
        }
        (ColumnKind::Number | ColumnKind::Boolean, Some(mean)) if mean.is_nan() => {
            format!("column \"{name}\": {count} missing {values}, left out of the statistics of their windows")
        }
        (ColumnKind::Number | ColumnKind::Boolean, Some(mean)) => {
            format!("column \"{name}\": {count} missing {values}, taken as the mean {}", shown_number(mean))
        }
        _ => format!("column \"{name}\": {count} missing {values}, taken as the mean"),
    }
}

/// A number with five digits that count, for people.
pub(crate) fn shown_number(value: f64) -> String {
    let rounded: f64 = format!("{value:.4e}").parse().unwrap_or(value);
    match rounded.abs() {
        0.0 => "0".into(),
        1e-4..1e9 => rounded.to_string(),
        _ => format!("{rounded:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_lose_no_digit_that_counts() {
        for (value, text) in [
            (3.4, "3.4"),
            (29.69911764, "29.699"),
            (123_456.7, "123460"),
            (0.0, "0"),
            (-1.5e12, "-1.5e12"),
            (2.5e-7, "2.5e-7"),
        ] {
            assert_eq!(shown_number(value), text);
        }
    }

    #[test]
    fn missing_values_are_counted_by_column() {
        let kinds = vec![ColumnKind::Number, ColumnKind::Categories(vec!["a".into(), "b".into()])];
        let columns = Columns::new(vec!["x".into(), "c".into()], "label").with_kinds(kinds);
        let inputs = [1.0, 0.0, 1.0, f64::NAN, 0.0, 0.0, f64::NAN, 1.0, 0.0];
        let notes = MissingValues::of(&columns, &inputs).texts(&columns, &[3.4, 0.5, 0.5]);
        let expected = [
            "column \"x\": 2 missing values, taken as the mean 3.4",
            "column \"c\": 1 missing or unknown value, taken as no category",
        ];
        assert_eq!(notes, expected);
    }
}
