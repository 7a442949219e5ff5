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
    news: OddNews,
}

/// What is said of them, once for each column.
#[derive(Clone, Debug, Default)]
pub(crate) struct OddNews {
    /// Feature columns of which it was said, for missing and for unknown values.
    told: [HashSet<usize>; 2],
    /// What is to be said if the row can be used.
    of_row: Vec<(usize, usize, String)>,
    news: VecDeque<String>,
}

/// What stands in an odd cell.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OddCell<'c> {
    /// Nothing that is known.
    Missing,
    /// A text that is none of the categories.
    Unknown(&'c str),
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
        OddCells { missing, news: OddNews::default() }
    }

    /// A row begins.
    pub fn begin_row(&mut self) {
        self.news.begin_row();
    }

    /// Takes what was found in the cell of feature column `k`.
    ///
    /// # Errors
    /// A cell that cannot be used.
    pub fn take(&mut self, found: EncodedCell, k: usize, row: &FeatureCells<'_>) -> Result<(), BadRow> {
        let (column, kind) = (row.layout.features[k], row.layout.columns.kind(k).plain());
        match found {
            EncodedCell::Value => Ok(()),
            EncodedCell::Missing => {
                let is_refused = matches!(self.missing, Missing::Refused);
                if is_refused && !matches!(kind, ColumnKind::Categories(_)) {
                    return Err(row.bad_number(column));
                }
                self.tell(OddCell::Missing, k, row);
                Ok(())
            }
            EncodedCell::Unknown => {
                let text = row.text(column)?;
                self.tell(OddCell::Unknown(text), k, row);
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
        self.news.end_row();
    }

    /// What has to be said and was not yet.
    pub fn take_news(&mut self) -> Option<String> {
        self.news.take()
    }

    fn tell(&mut self, found: OddCell<'_>, k: usize, row: &FeatureCells<'_>) {
        let OddCells { missing, news } = self;
        let columns = &row.layout.columns;
        let mean = |means: &Vec<f64>| {
            let input: usize = columns.each().take(k).map(|(_, kind)| kind.inputs()).sum();
            means.get(input).copied()
        };
        let mean = if let Missing::Mean(means) = missing { mean(means) } else { None };
        news.tell(found, k, (&columns.features[k], columns.kind(k)), || (format!("line {}", row.line), mean));
    }
}

impl OddNews {
    /// A row begins.
    pub fn begin_row(&mut self) {
        self.of_row.clear();
    }

    /// Says what was found in feature column `k`, its name and kind given, unless that was said; `place` gives where, and the mean that a
    /// missing value is taken as, if it is known.
    pub fn tell(
        &mut self,
        found: OddCell<'_>,
        k: usize,
        (name, kind): (&str, &ColumnKind),
        place: impl FnOnce() -> (String, Option<f64>),
    ) {
        let (which, what) = match found {
            OddCell::Missing => (0, "a missing value".into()),
            OddCell::Unknown(text) => (1, format!("\"{}\", which is none of its categories,", excerpt(text))),
        };
        if self.told[which].len() > MAX_TOLD || self.told[which].contains(&k) {
            return;
        }
        let (place, mean) = place();
        let taken = match kind.plain() {
            ColumnKind::Categories(_) => "as no category".into(),
            ColumnKind::Date => "as the mean of its dates".into(),
            _ => match mean {
                Some(mean) if mean.is_nan() => "as no part of its window's statistics".into(),
                Some(mean) => format!("as the mean {}", shown_number(mean)),
                None => "as the mean".into(),
            },
        };
        let name = excerpt(name);
        self.of_row.push((
            which,
            k,
            format!("column \"{name}\": {what} in {place} is taken {taken}, and so are later ones"),
        ));
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
    pub fn take(&mut self) -> Option<String> {
        self.news.pop_front()
    }
}
