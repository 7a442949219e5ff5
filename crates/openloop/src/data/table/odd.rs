//! Cells that have no value of their own: which of them may stay, and what is said of the first in each column.

use super::super::error::excerpt;
use super::bad_row::BadRow;
use super::encoder::EncodedCell;
use super::features::FeatureCells;
use super::request::MissingFeatures;
use crate::data::{ColumnKind, shown_number};
use std::collections::{HashSet, VecDeque};

/// Columns of which something is said.
const MAX_TOLD: usize = 16;

/// What is done with them, and what was said of them.
#[derive(Clone, Debug)]
pub(super) struct OddCells {
    missing: Missing,
    /// Feature columns of which it was said, for missing and for unknown values.
    told: [HashSet<usize>; 2],
    /// What is to be said if the row can be used.
    of_row: Vec<(usize, usize, String)>,
    news: VecDeque<String>,
}

/// What becomes of a missing value.
#[derive(Clone, Debug)]
enum Missing {
    Refused,
    Mean(Vec<f64>),
    RunningMean,
}

impl OddCells {
    pub fn new(missing: MissingFeatures<'_>) -> Self {
        let missing = match missing {
            MissingFeatures::Refused => Missing::Refused,
            MissingFeatures::Mean(means) => Missing::Mean(means.to_vec()),
            MissingFeatures::RunningMean => Missing::RunningMean,
        };
        OddCells { missing, told: Default::default(), of_row: Vec::new(), news: VecDeque::new() }
    }

    /// A row begins.
    pub fn begin_row(&mut self) {
        self.of_row.clear();
    }

    /// Takes what was found in the cell of feature column `k`.
    ///
    /// # Errors
    /// A cell that cannot be used.
    pub fn take(&mut self, found: EncodedCell, k: usize, row: &FeatureCells<'_>) -> Result<(), BadRow> {
        let (column, kind) = (row.layout.features[k], row.layout.columns.kind(k));
        match found {
            EncodedCell::Value => Ok(()),
            EncodedCell::Missing => {
                let is_refused = matches!(self.missing, Missing::Refused);
                if is_refused && !matches!(kind, ColumnKind::Categories(_)) {
                    return Err(row.bad_number(column));
                }
                self.tell(0, k, row, || "a missing value".into());
                Ok(())
            }
            EncodedCell::Unknown => {
                let text = row.text(column)?;
                self.tell(1, k, row, || format!("\"{}\", which is none of its categories,", excerpt(text)));
                Ok(())
            }
            EncodedCell::Bad(_) if *kind == ColumnKind::Number => Err(row.bad_number(column)),
            EncodedCell::Bad(expected) => Err(row.bad_value(column, expected)),
        }
    }

    /// Takes a cell that holds no number in feature column `k`, which is one of numbers.
    ///
    /// # Errors
    /// A text, or a missing value where that is refused.
    #[cold]
    pub fn take_no_number(&mut self, k: usize, row: &FeatureCells<'_>) -> Result<(), BadRow> {
        let column = row.layout.features[k];
        let is_missing = row.is_missing(column);
        self.take(if is_missing { EncodedCell::Missing } else { EncodedCell::Bad("a number") }, k, row)
    }

    /// The row can be used: what was found in it is to be said.
    pub fn end_row(&mut self) {
        for (which, k, text) in self.of_row.drain(..) {
            self.told[which].insert(k);
            match self.told[which].len() {
                ..=MAX_TOLD => self.news.push_back(text),
                count if count == MAX_TOLD + 1 => self.news.push_back("it is the same in more columns".into()),
                _ => {}
            }
        }
    }

    /// What has to be said and was not yet.
    pub fn take_news(&mut self) -> Option<String> {
        self.news.pop_front()
    }

    fn tell(&mut self, which: usize, k: usize, row: &FeatureCells<'_>, what: impl FnOnce() -> String) {
        if self.told[which].len() > MAX_TOLD || self.told[which].contains(&k) {
            return;
        }
        let columns = &row.layout.columns;
        let taken = match columns.kind(k) {
            ColumnKind::Categories(_) => "as no category".into(),
            ColumnKind::Date => "as the mean of its dates".into(),
            ColumnKind::Number | ColumnKind::Boolean => match &self.missing {
                Missing::Mean(means) => {
                    let input: usize = columns.each().take(k).map(|(_, kind)| kind.inputs()).sum();
                    match means.get(input) {
                        Some(mean) if mean.is_nan() => "as no part of its window's statistics".into(),
                        Some(mean) => format!("as the mean {}", shown_number(*mean)),
                        None => "as the mean".into(),
                    }
                }
                _ => "as the mean".into(),
            },
        };
        let (name, line) = (excerpt(&columns.features[k]), row.line);
        let text = format!("column \"{name}\": {} in line {line} is taken {taken}, and so are later ones", what());
        self.of_row.push((which, k, text));
    }
}
