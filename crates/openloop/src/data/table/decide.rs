//! What each feature column is, decided from rows that were read.
//!
//! | the cells of a column | it is |
//! |---|---|
//! | numbers, and some that are missing | a number |
//! | more numbers than texts | a number, and the texts are errors |
//! | words for true and false, both of them | true or false |
//! | at least as many texts as numbers, 50 different ones at most | one of as many categories |
//! | the same, more different ones, or another one in most rows | left out |
//! | all missing | left out |
//!
//! Where it is asked for, a column with missing values in the training rows gets an input more, which says where they are.
//! Categories are those of the training rows alone; what kind of column it is depends on all rows.

use super::super::error::excerpt;
use super::super::kinds::boolean;
use super::bad_row::BadRow;
use super::encoder::category;
use super::labels::distinct_classes;
use super::layout::TableLayout;
use super::raw::{MAX_TEXTS, RawCell, RawRows, TextColumn};
use crate::data::{ColumnKind, DataError, dates};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

/// Categories of a column at most.
pub const MAX_CATEGORIES: usize = 50;
/// Columns of which something is said one by one.
const MAX_NOTES: usize = 8;
/// Texts that are tried as dates.
const TRIED_DATES: usize = 20;

/// What a column is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::data) enum Verdict {
    /// A feature of this kind.
    Kept(ColumnKind),
    /// Numbers, but for a text.
    Text(BadRow),
    /// No feature.
    LeftOut(LeftOut),
    /// Categories that were asked for, but more than can be kept.
    TooMany,
}

/// Why a column is no feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum LeftOut {
    /// No row has a value.
    AllMissing,
    /// Its text is another one in most rows; whether they are dates.
    Different { dates: bool },
    /// It has more categories than may be.
    ManyCategories { count: usize, dates: bool },
}

/// What each feature column of `layout` is, whose kinds are as far known as they were asked for. `training` are the rows that categories
/// are taken from.
pub(in crate::data) fn decide(raw: &RawRows, layout: &TableLayout, training: &[u32]) -> Vec<Verdict> {
    let columns = &layout.columns;
    let count = columns.features.len();
    if raw.are_numbers() && !columns.are_encoded() {
        return vec![Verdict::Kept(ColumnKind::Number); count];
    }
    let all = raw.count_numbers(0..raw.len());
    let own = raw.count_numbers(training.iter().map(|row| *row as usize));
    let verdict = |k| {
        let cells = ColumnCells { raw, k, training, numbers: all[k], own: own[k] };
        match cells.verdict(columns.kind(k)) {
            Verdict::Kept(kind) if layout.indicates_missing && cells.has_missing() => {
                Verdict::Kept(kind.with_indicator())
            }
            verdict => verdict,
        }
    };
    (0..count).map(verdict).collect()
}

/// The kinds of the columns `names` that are kept, and what is to be said of the others; `rows` are those that were looked at.
///
/// # Errors
/// A text in a column of numbers, too many categories that were asked for, or no column that is kept.
pub(in crate::data) fn kinds_of(
    path: &Path,
    verdicts: Vec<Verdict>,
    names: &[String],
    rows: &str,
) -> Result<(Vec<Option<ColumnKind>>, Vec<String>), DataError> {
    let (mut kinds, mut notes) = (Vec::with_capacity(names.len()), Vec::new());
    for (verdict, name) in verdicts.into_iter().zip(names) {
        kinds.push(match verdict {
            Verdict::Kept(kind) => Some(kind),
            Verdict::Text(bad) => return Err(bad.into_text_error(path)),
            Verdict::LeftOut(why) => {
                notes.push(why.text(name, rows));
                None
            }
            Verdict::TooMany => {
                let (path, name) = (path.display(), excerpt(name));
                let problem =
                    format!("{path}: --category names column \"{name}\", which has more than {MAX_TEXTS} texts");
                return Err(DataError::Request { problem, remedy: "leave it out with --ignore".into() });
            }
        });
    }
    if kinds.iter().all(Option::is_none) {
        let problem = format!("{}: no column is left to learn from: {}", path.display(), shortened(notes).join("; "));
        return Err(DataError::Request { problem, remedy: "give columns of numbers, of few texts or of dates".into() });
    }
    Ok((kinds, shortened(notes)))
}

/// The first notes, and how many there are more.
pub(in crate::data) fn shortened(mut notes: Vec<String>) -> Vec<String> {
    let more = notes.len().saturating_sub(MAX_NOTES);
    if more > 0 {
        notes.truncate(MAX_NOTES);
        notes.push(format!("the same of {more} more columns"));
    }
    notes
}

/// The cells of a column.
struct ColumnCells<'r> {
    raw: &'r RawRows,
    k: usize,
    training: &'r [u32],
    /// Cells that hold a number: in all rows, and in the training rows.
    numbers: u64,
    own: u64,
}

/// How often each category stands in the training rows.
#[derive(Default)]
struct CategoryCounts<'r> {
    counts: HashMap<Cow<'r, str>, u64>,
    /// Rows with one of more texts than are kept.
    others: u64,
}

impl<'r> ColumnCells<'r> {
    fn verdict(&self, asked: &ColumnKind) -> Verdict {
        let texts = self.raw.texts(self.k);
        let kept = |kind| if self.is_empty() { Verdict::LeftOut(LeftOut::AllMissing) } else { Verdict::Kept(kind) };
        match (asked, texts) {
            (ColumnKind::Categories(_), _) => self.categories(true),
            (ColumnKind::Number, Some(texts)) if self.is_boolean(texts) => kept(ColumnKind::Boolean),
            (ColumnKind::Number, Some(texts)) if self.numbers > texts.count() => Verdict::Text(texts.first.clone()),
            (ColumnKind::Number, Some(texts)) if texts.count() > 0 => self.categories(false),
            (kind, _) => kept(kind.clone()),
        }
    }

    /// Whether no training row has a value.
    fn is_empty(&self) -> bool {
        self.own == 0 && self.texts().next().is_none()
    }

    /// Whether a training row has no value.
    fn has_missing(&self) -> bool {
        self.own + (self.texts().count() as u64) < self.training.len() as u64
    }

    /// The texts in the training rows.
    fn texts(&self) -> impl Iterator<Item = RawCell<'r>> {
        let cells = self.training.iter().map(|row| self.raw.cell(*row as usize, self.k));
        cells.filter(|cell| matches!(cell, RawCell::Text(_) | RawCell::OtherText))
    }

    /// Whether all texts are words for true and false, and both stand in the training rows.
    fn is_boolean(&self, texts: &TextColumn) -> bool {
        let are_words = texts.names().iter().all(|name| boolean(name.as_bytes()).is_some());
        let value = |cell: RawCell<'_>| match cell {
            RawCell::Text(text) => boolean(text.as_bytes()),
            _ => None,
        };
        let is_bit = |row| match self.raw.cell(row, self.k) {
            RawCell::Number(value) => value == 0.0 || value == 1.0,
            _ => true,
        };
        are_words
            && [0.0, 1.0].iter().all(|wanted| self.texts().any(|cell| value(cell) == Some(*wanted)))
            && (self.numbers == 0 || (0..self.raw.len()).all(is_bit))
    }

    fn counts(&self) -> CategoryCounts<'r> {
        let mut counts = CategoryCounts::default();
        for row in self.training {
            let name = match self.raw.cell(*row as usize, self.k) {
                RawCell::Number(value) => category("", Some(value)).into_owned().into(),
                RawCell::Text(text) => Cow::Borrowed(text),
                RawCell::OtherText => {
                    counts.others += 1;
                    continue;
                }
                RawCell::Missing => continue,
            };
            *counts.counts.entry(name).or_default() += 1;
        }
        counts
    }

    fn categories(&self, is_asked: bool) -> Verdict {
        let CategoryCounts { counts, others } = self.counts();
        let present = counts.values().sum::<u64>() + others;
        let count = if others > 0 { MAX_TEXTS + 1 } else { counts.len() };
        let once = counts.values().filter(|rows| **rows == 1).count() as u64 + others;
        match count {
            0 => Verdict::LeftOut(LeftOut::AllMissing),
            _ if is_asked && count > MAX_TEXTS => Verdict::TooMany,
            _ if !is_asked && 2 * once > present => Verdict::LeftOut(LeftOut::Different { dates: self.are_dates() }),
            _ if !is_asked && count > MAX_CATEGORIES => {
                Verdict::LeftOut(LeftOut::ManyCategories { count, dates: self.are_dates() })
            }
            _ => Verdict::Kept(ColumnKind::Categories(distinct_classes(counts.keys().map(|name| &**name)))),
        }
    }

    /// Whether its texts look like dates.
    fn are_dates(&self) -> bool {
        let names = self.raw.texts(self.k).map_or(&[][..], TextColumn::names);
        names.iter().take(TRIED_DATES).all(|name| dates::seconds(name.as_bytes(), None).is_some())
    }
}

impl LeftOut {
    /// In a few words.
    pub(in crate::data) fn reason(self) -> String {
        let dates = |are: bool| if are { "; dates? see --date" } else { "" };
        match self {
            LeftOut::AllMissing => "every value is missing".into(),
            LeftOut::Different { dates: are } => format!("most rows have a text of their own{}", dates(are)),
            LeftOut::ManyCategories { count, dates: are } => format!("{} different texts{}", many(count), dates(are)),
        }
    }

    /// What is said of the column `name`; `rows` are those that were looked at.
    pub(in crate::data) fn text(self, name: &str, rows: &str) -> String {
        let name = excerpt(name);
        let dates = |are: bool| match are {
            true => format!("; its texts look like dates: --date \"{name}\" makes numbers of them"),
            false => String::new(),
        };
        match self {
            LeftOut::AllMissing => format!("column \"{name}\" is left out: every value is missing in {rows}"),
            LeftOut::Different { dates: are } => {
                let end = dates(are);
                format!(
                    "column \"{name}\" is left out: most of {rows} have a text of their own there, as names and ids are{end}"
                )
            }
            LeftOut::ManyCategories { count, dates: are } => {
                let count = many(count);
                let end = if are { dates(true) } else { format!("; --category \"{name}\" takes it all the same") };
                format!(
                    "column \"{name}\" is left out: {count} different texts in {rows} are more than {MAX_CATEGORIES}{end}"
                )
            }
        }
    }
}

/// So many texts, which are not all kept.
fn many(count: usize) -> String {
    if count > MAX_TEXTS { format!("more than {MAX_TEXTS}") } else { count.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Table, TableRequest};
    use std::path::Path;

    /// What the first column of a table is whose rows are these cells, and which of them are training rows.
    fn decide_of(cells: &[&str], training: usize, asked: ColumnKind) -> Verdict {
        decide_with(cells, training, asked, false)
    }

    fn decide_with(cells: &[&str], training: usize, asked: ColumnKind, indicates_missing: bool) -> Verdict {
        let text: String =
            std::iter::once("x,label\n".into()).chain(cells.iter().map(|cell| format!("{cell},1\n"))).collect();
        let request = TableRequest { header: Some(crate::data::HeaderChoice::Yes), ..TableRequest::default() };
        let mut table = Table::read(Path::new("t"), std::io::Cursor::new(text), &request).unwrap().unwrap();
        let mut raw = RawRows::new(1);
        while table.advance().unwrap() {
            table.raw(&mut raw).unwrap();
        }
        let layout = table.layout().clone();
        let columns = layout.columns.clone().with_kinds(vec![asked]);
        let rows: Vec<u32> = (0..training as u32).collect();
        decide(&raw, &TableLayout { columns, indicates_missing, ..layout }, &rows).remove(0)
    }

    fn of(cells: &[&str]) -> Verdict {
        decide_of(cells, cells.len(), ColumnKind::Number)
    }

    fn categories(names: &[&str]) -> Verdict {
        Verdict::Kept(ColumnKind::Categories(names.iter().map(|name| name.to_string()).collect()))
    }

    #[test]
    fn numbers_stay_numbers_and_a_stray_text_among_them_is_named() {
        assert_eq!(of(&["1", "", "2.5", "NA"]), Verdict::Kept(ColumnKind::Number));
        let Verdict::Text(bad) = of(&["1", "2", "x", "y"][..3]) else { panic!("no text") };
        assert!(bad.to_string().contains("line 4, column 1 (\"x\") is \"x\""), "{bad}");
    }

    #[test]
    fn words_for_true_and_false_are_one_input_if_both_are_there() {
        assert_eq!(of(&["yes", "NO", "", "yes"]), Verdict::Kept(ColumnKind::Boolean));
        assert_eq!(of(&["true", "1", "0", "false"]), Verdict::Kept(ColumnKind::Boolean));
        assert_eq!(of(&["t", "t", "", "t"]), categories(&["t"]));
        assert_eq!(of(&["yes", "no", "no", "yes", "maybe", "maybe"]), categories(&["maybe", "no", "yes"]));
    }

    #[test]
    fn categories_are_sorted_and_those_of_the_training_rows() {
        assert_eq!(of(&["red", "blue", "red", "blue", ""]), categories(&["blue", "red"]));
        let cells = ["b", "a", "b", "a", "c"];
        assert_eq!(decide_of(&cells, 4, ColumnKind::Number), categories(&["a", "b"]));
        assert_eq!(of(&["10", "9.0", "x", "x", "9", "10.0", "x", "x"]), categories(&["10", "9", "x"]));
    }

    #[test]
    fn a_text_of_its_own_in_most_rows_or_more_than_50_is_left_out() {
        assert_eq!(of(&["a", "b", "c", "d", "d"]), Verdict::LeftOut(LeftOut::Different { dates: false }));
        assert_eq!(of(&["a", "b", "c", "c", ""]), categories(&["a", "b", "c"]), "in no more than half of the rows");
        assert_eq!(
            of(&["2024-01-01", "2024-01-02", "2024-01-03"]),
            Verdict::LeftOut(LeftOut::Different { dates: true })
        );
        let names: Vec<String> = (0..102).map(|k| format!("n{}", k / 2)).collect();
        let cells: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(of(&cells), Verdict::LeftOut(LeftOut::ManyCategories { count: 51, dates: false }));
        assert!(matches!(of(&cells[..100]), Verdict::Kept(ColumnKind::Categories(names)) if names.len() == 50));
        let many: Vec<String> = (0..4000).map(|k| format!("n{}", k / 2)).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(matches!(of(&many), Verdict::LeftOut(_)));
    }

    #[test]
    fn a_missing_indicator_stands_beside_columns_that_lack_a_training_value_and_no_others() {
        let of = |cells: &[&str], training| decide_with(cells, training, ColumnKind::Number, true);
        let indicated = |kind: ColumnKind| Verdict::Kept(kind.with_indicator());
        assert_eq!(of(&["1", "", "2"], 3), indicated(ColumnKind::Number));
        assert_eq!(of(&["yes", "no", "?"], 3), indicated(ColumnKind::Boolean));
        let Verdict::Kept(kind) = of(&["red", "red", "", "blue", "blue"], 5) else { panic!("left out") };
        assert!(kind.is_indicated() && kind.inputs() == 3, "{kind}");
        assert_eq!(of(&["1", "2", ""], 2), Verdict::Kept(ColumnKind::Number), "the test row alone lacks it");
        assert_eq!(of(&["red", "blue", "red", "blue"], 4), categories(&["blue", "red"]));
        assert_eq!(of(&["", ""], 2), Verdict::LeftOut(LeftOut::AllMissing));
    }

    #[test]
    fn a_column_without_values_is_left_out() {
        for (cells, training) in [(&["", "NA", "?"][..], 3), (&["", "", "1"], 2), (&["", "", "red"], 2)] {
            let found = decide_of(cells, training, ColumnKind::Number);
            assert_eq!(found, Verdict::LeftOut(LeftOut::AllMissing), "{cells:?}");
        }
        assert_eq!(decide_of(&["", ""], 2, ColumnKind::Date), Verdict::LeftOut(LeftOut::AllMissing));
    }

    #[test]
    fn categories_that_are_asked_for_may_be_numbers_and_each_once() {
        let asked = || ColumnKind::Categories(Vec::new());
        assert_eq!(decide_of(&["10", "9.0", "1"], 3, asked()), categories(&["1", "9", "10"]));
        let many: Vec<String> = (0..1001).map(|k| format!("n{k}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(matches!(decide_of(&many[..1000], 1000, asked()), Verdict::Kept(_)));
        assert_eq!(decide_of(&many, 1001, asked()), Verdict::TooMany);
    }
}
