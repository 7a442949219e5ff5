//! Which column of a table means what: matched by name wherever names are known, else by the order of the training data, else by
//! position.

use super::super::error::excerpt;
use super::super::{ColumnKind, Columns, DataError};
use super::asked::Asked;
use super::bad_row::{BadRow, Found};
use super::cells::Cells;
use super::header::is_label_name;
use super::names::{Names, list};
use super::request::{ExpectedColumns, TableRequest};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

/// By what columns were matched with those of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// There was no model.
    Nothing,
    /// Their names.
    Name,
    /// Their order in the training data.
    TrainedOrder,
    /// Their positions alone.
    Position,
}

/// Where everything stands in a row.
#[derive(Clone, Debug)]
pub struct TableLayout {
    /// Whether the first row is a header.
    pub has_header: bool,
    /// The line of the first row.
    pub line: u64,
    /// Cells in a row.
    pub width: usize,
    /// Where each feature stands.
    pub features: Vec<usize>,
    /// Where the label stands, if there is one.
    pub label: Option<usize>,
    /// Where the other targets of a regression stand.
    pub further_labels: Vec<usize>,
    /// Where the segment stands, if there is one.
    pub segment: Option<usize>,
    /// Where what its rows belong together by stands, if the table names it.
    pub group: Option<usize>,
    /// Where the name of its learner stands, if each has one of its own.
    pub key: Option<usize>,
    /// Where the weight of a row stands, if the table has any.
    pub weight: Option<usize>,
    /// Where the time of a row stands, for windows.
    pub time: Option<usize>,
    /// Whether columns with missing values get an indicator of them, where it is decided what each column is.
    pub indicates_missing: bool,
    /// What the columns are called.
    pub columns: Columns,
    /// By what they were matched.
    pub matched: MatchedBy,
    /// The names of all columns: the header's, or `column_1`, `column_2`, ...
    pub names: Vec<String>,
}

impl TableLayout {
    /// The layout of a table whose first row, in line `line`, is `first`.
    ///
    /// # Errors
    /// Columns that were asked for or are expected, and are not there.
    pub(super) fn find(
        path: &Path,
        line: u64,
        first: &Cells,
        has_header: bool,
        request: &TableRequest<'_>,
    ) -> Result<Self, DataError> {
        let no_text = (0..first.len()).find(|k| has_header && str::from_utf8(first.get(*k)).is_err());
        if let Some(column) = no_text {
            return Err(BadRow::cell(line, column, "", "the name of a column", Found::NoText).into_error(path));
        }
        let names = Names::of(path, line, first, has_header);
        if let ExpectedColumns::Columns(columns) = request.expected {
            request.windows.check_same(columns.windows())?;
        }
        match request.expected {
            ExpectedColumns::Any => Self::fresh(names, request),
            ExpectedColumns::Columns(columns) if has_header && !columns.are_generated() => {
                Self::by_name(names, columns, request)
            }
            ExpectedColumns::Columns(columns) => Self::in_trained_order(names, columns, request),
            ExpectedColumns::Count(count) => Self::by_position(names, count, request),
        }
    }

    fn new(names: Names<'_>, features: Vec<usize>, asked: &Asked, columns: Columns, matched: MatchedBy) -> Self {
        let Names { list, has_header, line, .. } = names;
        let &Asked { label, segment, group, key, weight, time, .. } = asked;
        let (further_labels, width) = (asked.further_labels.clone(), list.len());
        TableLayout {
            has_header,
            line,
            width,
            features,
            label,
            further_labels,
            segment,
            group,
            key,
            weight,
            time,
            indicates_missing: false,
            columns,
            matched,
            names: list,
        }
    }

    /// A table that no model expects anything of.
    fn fresh(names: Names<'_>, request: &TableRequest<'_>) -> Result<Self, DataError> {
        let width = names.list.len();
        if width < 2 && !request.may_lack_label {
            let remedy = "check that the file is a table of cells separated by commas, semicolons or tabs";
            return Err(names.wrong("at least two columns, separated by commas".into(), "one column".into(), remedy));
        }
        let asked = Asked::of(&names, request)?;
        let mut others: Vec<usize> = (0..width).filter(|k| !asked.has_other_use(*k)).collect();
        let named = others.iter().copied().find(|k| names.has_header && is_label_name(&names.list[*k]));
        let last = others.last().copied().filter(|_| !request.may_lack_label);
        let label = asked.label.or(named).or(last);
        others.retain(|k| Some(*k) != label);
        if others.is_empty() || (label.is_none() && !request.may_lack_label) {
            let beside = if label.is_some() { " beside its label" } else { "" };
            let problem = format!("{}: a row has no feature{beside}", names.path.display());
            return Err(DataError::Request { problem, remedy: "at least 1 is needed".into() });
        }
        let twice = others.iter().chain(&label).find(|k| names.find(&names.list[**k]).is_none());
        if let Some(twice) = twice {
            let found = format!("\"{}\" more than once", excerpt(&names.list[*twice]));
            let remedy = "rename the columns, or leave them out with --ignore";
            return Err(names.wrong("a different name for each column".into(), found, remedy));
        }
        let features = others.iter().map(|k| names.list[*k].clone()).collect();
        let mut columns = match label {
            Some(label) => Columns::new(features, names.list[label].clone()),
            None => Columns::without_label(features),
        };
        columns.further_labels = asked.further_labels.iter().map(|k| names.list[*k].clone()).collect();
        let name = |place: Option<usize>| place.map(|k| names.list[k].clone());
        let windows = request.windows.checked()?.map(|windows| windows.with_time(name(asked.time)));
        let columns = columns.in_file(&names.list).with_windows(name(asked.group), windows);
        let asked = Asked { label, ..asked };
        let columns = columns.with_kinds(names.asked_kinds(&others, request)?);
        let layout = Self::new(names, others, &asked, columns, MatchedBy::Nothing);
        Ok(TableLayout { indicates_missing: request.indicates_missing, ..layout })
    }

    /// The same with those feature columns alone that have a kind.
    pub(super) fn with_kept(mut self, kinds: Vec<Option<ColumnKind>>) -> Self {
        let kept = self.features.iter().zip(&kinds).filter(|(_, kind)| kind.is_some());
        self.features = kept.map(|(column, _)| *column).collect();
        self.columns = self.columns.with_kept(kinds);
        self
    }

    /// A table with a header, for a model that knows its columns' names.
    fn by_name(names: Names<'_>, columns: &Columns, request: &TableRequest<'_>) -> Result<Self, DataError> {
        let asked = Asked::of(&names, request)?.with_own(columns, |name| names.find(name));
        let features: Result<Vec<usize>, &String> =
            columns.features.iter().map(|name| names.find(name).ok_or(name)).collect();
        let features = features.map_err(|name| {
            let expected = format!("the model's columns, among them \"{}\" once", excerpt(name));
            let found = format!("the columns {}", list(&names.list));
            names.wrong(expected, found, "name the columns as in the training data")
        })?;
        let (label, further_labels) = match asked.label {
            Some(label) => (Some(label), asked.further_labels.clone()),
            None => own_labels(columns, |name| names.find(name)),
        };
        let asked = Asked { label, further_labels, ..asked };
        names.check_asked(&features, columns, request)?;
        Ok(Self::new(names, features, &asked, columns.clone(), MatchedBy::Name))
    }

    /// A table without names that the model knows: all columns of the training data, those that were not ignored, or the features
    /// alone.
    fn in_trained_order(names: Names<'_>, columns: &Columns, request: &TableRequest<'_>) -> Result<Self, DataError> {
        if let Some(layout) = Self::under_trained_names(&names, columns, request)? {
            return Ok(layout);
        }
        let mut asked = Asked::of(&names, request)?;
        let trained = columns.file_order();
        let features: HashSet<&str> = columns.features.iter().map(String::as_str).collect();
        let is_used = |name: &&str| columns.labels().any(|label| label == *name) || features.contains(name);
        let used: Vec<&str> = trained.iter().copied().filter(is_used).collect();
        let width = names.list.len();
        let names_label = names.has_header && names.list.iter().any(|name| is_label_name(name));
        let is_named = [asked.label, asked.segment, asked.group, asked.key].iter().any(Option::is_some);
        let is_asked = is_named || asked.ignored.contains(&true);
        let is_plain = !names_label && !is_asked;
        let order = match is_plain {
            true if width == trained.len() => trained,
            true if width == used.len() => used,
            _ => return Self::take_features(names, columns.features.len(), columns.clone(), asked),
        };
        let places: HashMap<&str, usize> = order.iter().enumerate().map(|(place, name)| (*name, place)).collect();
        let features = columns.features.iter().filter_map(|name| places.get(name.as_str()).copied()).collect();
        (asked.label, asked.further_labels) = own_labels(columns, |name| places.get(name).copied());
        let asked = asked.with_own(columns, |name| places.get(name).copied());
        Ok(Self::new(names, features, &asked, columns.clone(), MatchedBy::TrainedOrder))
    }

    /// A table without a header whose columns are all of the training data, or those that were not ignored, or the features alone:
    /// they go under the names of the training data, so that the options that a model was made with mean the same columns. None if it
    /// has other columns, or what is asked for is a feature there.
    fn under_trained_names(
        names: &Names<'_>,
        columns: &Columns,
        request: &TableRequest<'_>,
    ) -> Result<Option<Self>, DataError> {
        let trained = columns.file_order();
        let is_feature: HashSet<&str> = columns.features.iter().map(String::as_str).collect();
        let part = |with_label: bool| -> Vec<&str> {
            let is_label = |name: &&str| with_label && columns.labels().any(|label| label == *name);
            let is_in = |name: &&str| is_feature.contains(name) || is_label(name);
            trained.iter().copied().filter(is_in).collect()
        };
        let orders = [trained.clone(), part(true), part(false)];
        let fitting = orders.into_iter().find(|order| order.len() == names.list.len());
        let Some(order) = fitting.filter(|_| !names.has_header) else { return Ok(None) };
        // a column of the training data that is not among these need not be left out again
        let is_gone = |name: &str| trained.contains(&name) && !order.contains(&name);
        let ignored: Vec<String> = request.ignored.iter().filter(|name| !is_gone(name)).cloned().collect();
        let (label, segment) =
            (request.label.filter(|name| !is_gone(name)), request.segment.filter(|name| !is_gone(name)));
        let names = names.trained(&order);
        let asked = Asked::of(&names, &TableRequest { label, segment, ignored: &ignored, ..*request })?;
        let mut asked = asked.with_own(columns, |name| names.find(name));
        let features: Option<Vec<usize>> = columns.features.iter().map(|name| names.find(name)).collect();
        let named = [asked.label, asked.segment, asked.group, asked.key];
        let is_free = |place: &usize| !asked.ignored[*place] && !named.contains(&Some(*place));
        let Some(features) = features.filter(|places| places.iter().all(is_free)) else { return Ok(None) };
        if asked.label.is_none() {
            (asked.label, asked.further_labels) = own_labels(columns, |name| names.find(name));
        }
        Ok(Some(Self::new(names, features, &asked, columns.clone(), MatchedBy::TrainedOrder)))
    }

    /// A table for a model that knows how many features it takes and nothing else.
    fn by_position(names: Names<'_>, count: usize, request: &TableRequest<'_>) -> Result<Self, DataError> {
        let asked = Asked::of(&names, request)?;
        let mut layout = Self::take_features(names, count, Columns::default(), asked)?;
        let name = |k: &usize| layout.names[*k].clone();
        let label = layout.label.as_ref().map_or_else(|| "label".into(), name);
        layout.columns = Columns::new(layout.features.iter().map(name).collect(), label);
        layout.matched = MatchedBy::Position;
        Ok(layout)
    }

    /// The columns that are left are `count` features in their order, or as many and a label, the last one unless it is named.
    fn take_features(names: Names<'_>, count: usize, columns: Columns, asked: Asked) -> Result<Self, DataError> {
        let width = names.list.len();
        let mut left: Vec<usize> = (0..width).filter(|k| !asked.has_other_use(*k)).collect();
        let named = left.iter().copied().find(|k| names.has_header && is_label_name(&names.list[*k]));
        let with_label = left.len() == count + 1 && columns.labels().next().is_some();
        let label = asked.label.or(named.filter(|_| with_label)).or(left.last().copied().filter(|_| with_label));
        left.retain(|k| Some(*k) != label);
        if left.len() != count {
            let features = if label.is_some() { left.len() } else { left.len().saturating_sub(1) };
            let expected = format!("{count} features with or without a label, as the model takes {count}");
            let found = format!("{width} cells, among them {features} features and a label");
            return Err(names.other(expected, found, "give the rows the columns of the training data"));
        }
        let asked = Asked { label, ..asked };
        Ok(Self::new(names, left, &asked, columns, MatchedBy::TrainedOrder))
    }

    /// What is to be said of columns that windows of a model go by and that the table lacks.
    pub(super) fn absent(&self) -> Vec<String> {
        let Some(windows) = self.columns.windows() else { return Vec::new() };
        let group = self.columns.group().filter(|_| self.group.is_none());
        let group = group.map(|name| format!("no column \"{}\": all rows are taken for one recording", excerpt(name)));
        let time = windows.time().filter(|_| self.time.is_none());
        let time = time.map(|name| format!("no column \"{}\": gaps in time are not looked for", excerpt(name)));
        group.into_iter().chain(time).collect()
    }

    /// The name of a column, for messages; none where the file has no header.
    pub(super) fn shown_name(&self, column: usize) -> &str {
        if self.has_header { self.names.get(column).map_or("", String::as_str) } else { "" }
    }
}

/// Where a model's label and its further targets stand: all of them, or none.
fn own_labels(columns: &Columns, find: impl Fn(&str) -> Option<usize>) -> (Option<usize>, Vec<usize>) {
    match columns.labels().map(find).collect::<Option<Vec<usize>>>() {
        Some(places) => (places.first().copied(), places.iter().skip(1).copied().collect()),
        None => (None, Vec::new()),
    }
}

/// What was taken for what, where nobody can know it by name; else empty.
impl fmt::Display for MatchedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MatchedBy::Nothing | MatchedBy::Name => "",
            MatchedBy::TrainedOrder => "columns taken in the order of the training data",
            MatchedBy::Position => "the model knows no names of columns: they are taken by their positions",
        })
    }
}
