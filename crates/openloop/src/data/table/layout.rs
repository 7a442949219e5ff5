//! Which column of a table means what: matched by name wherever names are known, else by the order of the training data, else by
//! position.

use super::super::did_you_mean;
use super::super::error::excerpt;
use super::super::{ColumnKind, Columns, DataError, Place};
use super::bad_row::{BadRow, Found};
use super::cells::Cells;
use super::header::is_label_name;
use super::request::{ExpectedColumns, TableRequest};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

/// The name of a segment column that needs no telling.
const SEGMENT: &str = "segment";

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
    /// What the columns are called.
    pub columns: Columns,
    /// By what they were matched.
    pub matched: MatchedBy,
    /// The names of all columns: the header's, or `column_1`, `column_2`, ...
    pub names: Vec<String>,
}

/// The names of a table's columns, each with its place.
struct Names<'a> {
    path: &'a Path,
    line: u64,
    list: Vec<String>,
    /// None for a name that stands twice.
    places: HashMap<String, Option<usize>>,
    has_header: bool,
    /// Whether they are those of the training data, for a table without a header.
    are_trained: bool,
}

impl<'a> Names<'a> {
    fn of(path: &'a Path, line: u64, first: &Cells, has_header: bool) -> Self {
        let width = first.len();
        let mut list = if has_header { first.texts() } else { vec![String::new(); width] };
        let nameless = list.iter_mut().enumerate().filter(|(_, name)| name.is_empty());
        nameless.for_each(|(column, name)| *name = generated_name(column));
        Names { path, line, places: places(&list), list, has_header, are_trained: false }
    }

    /// The same columns under the names that they have in the training data.
    fn trained(&self, order: &[&str]) -> Names<'a> {
        let list: Vec<String> = order.iter().map(|name| (*name).to_string()).collect();
        Names { path: self.path, line: self.line, places: places(&list), list, has_header: false, are_trained: true }
    }

    /// The only column called `name`.
    fn find(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied().flatten()
    }

    /// The column that a user means: by its name, or by its number where there is no header.
    fn asked(&self, name: &str) -> Result<usize, DataError> {
        let number = name.parse::<usize>().ok().filter(|_| !self.has_header);
        let numbered = number.and_then(|number| number.checked_sub(1)).filter(|column| *column < self.list.len());
        self.find(name).or(numbered).ok_or_else(|| {
            let what = if self.places.contains_key(name) { "has more than one column" } else { "has no column" };
            DataError::Request {
                problem: format!("{} {what} \"{}\"", self.path.display(), excerpt(name)),
                remedy: did_you_mean(name, self.list.iter().map(String::as_str))
                    + &match (self.has_header, self.are_trained) {
                        (true, _) => format!("its columns are {}", list(&self.list)),
                        (_, true) => {
                            format!("it has no header, so its columns are those of the model, {}", list(&self.list))
                        }
                        (_, false) => format!("it has no header, so its columns are {}", list(&self.list)),
                    },
            }
        })
    }

    /// Not as many columns as the model takes.
    fn other(&self, expected: String, found: String, remedy: &str) -> DataError {
        let (expected, found, remedy) = (expected.into(), found.into(), remedy.into());
        DataError::OtherColumns { file: self.path.to_path_buf(), line: self.line, expected, found, remedy }
    }

    /// The kinds of the columns `features` as far as they were asked for: no categories are known yet.
    fn asked_kinds(&self, features: &[usize], request: &TableRequest<'_>) -> Result<Vec<ColumnKind>, DataError> {
        let mut kinds = vec![ColumnKind::Number; features.len()];
        let places: HashMap<usize, usize> = features.iter().copied().zip(0..).collect();
        let dates = request.dates.iter().map(|name| (name, ColumnKind::Date, "--date"));
        let categories = request.categories.iter().map(|name| (name, ColumnKind::Categories(Vec::new()), "--category"));
        for (name, kind, option) in dates.chain(categories) {
            let kept = places.get(&self.asked(name)?).map(|k| &mut kinds[*k]);
            let Some(kept) = kept.filter(|kept| **kept == ColumnKind::Number || **kept == kind) else {
                let (path, name) = (self.path.display(), excerpt(name));
                return Err(DataError::Request {
                    problem: format!(
                        "{path}: {option} names column \"{name}\", which is no feature or named otherwise too"
                    ),
                    remedy: "name it for one purpose".into(),
                });
            };
            *kept = kind;
        }
        Ok(kinds)
    }

    /// Refuses to take a column otherwise than a model does.
    fn check_asked(&self, layout: &[usize], columns: &Columns, request: &TableRequest<'_>) -> Result<(), DataError> {
        for (k, asked) in self.asked_kinds(layout, request)?.iter().enumerate() {
            let (is_asked, known) = (*asked != ColumnKind::Number, columns.kind(k));
            if is_asked && std::mem::discriminant(asked) != std::mem::discriminant(known) {
                let name = excerpt(&columns.features[k]);
                return Err(DataError::Request {
                    problem: format!("{}: the model takes column \"{name}\" as: {known}", self.path.display()),
                    remedy: "leave --date and --category of this column out".into(),
                });
            }
        }
        Ok(())
    }

    fn wrong(&self, expected: String, found: String, remedy: &str) -> DataError {
        DataError::invalid(self.path, Place::Line(self.line), expected, found, remedy)
    }
}

/// The columns that the user named.
struct Asked {
    label: Option<usize>,
    further_labels: Vec<usize>,
    segment: Option<usize>,
    ignored: Vec<bool>,
}

impl Asked {
    fn of(names: &Names<'_>, request: &TableRequest<'_>) -> Result<Self, DataError> {
        let mut ignored = vec![false; names.list.len()];
        for name in request.ignored {
            // a name that stands twice is ignored twice
            let twice = names.places.get(name) == Some(&None);
            let all = (0..ignored.len()).filter(|k| twice && names.list[*k] == *name);
            let places = if twice { all.collect() } else { vec![names.asked(name)?] };
            places.into_iter().for_each(|place| ignored[place] = true);
        }
        let mut labels = asked_labels(names, request)?.into_iter();
        let (label, further_labels) = (labels.next(), labels.collect::<Vec<_>>());
        let segment = match request.segment {
            Some(name) => Some(names.asked(name)?),
            None if request.has_segments => names.find(SEGMENT).filter(|_| names.has_header || names.are_trained),
            None => None,
        };
        let labels = label.iter().chain(&further_labels).map(|place| ("label", *place));
        for (what, place) in labels.chain(segment.map(|place| ("segment", place))) {
            if ignored[place] {
                let name = excerpt(&names.list[place]);
                let problem = format!("{}: column \"{name}\" is the {what} and ignored too", names.path.display());
                return Err(DataError::Request { problem, remedy: "name it for one of the two".into() });
            }
        }
        Ok(Asked { label, further_labels, segment, ignored })
    }

    /// Whether a column has another use than that of a feature.
    fn has_other_use(&self, column: usize) -> bool {
        Some(column) == self.segment || self.ignored[column] || self.further_labels.contains(&column)
    }
}

/// The label columns that the user named: a whole name, or names separated by commas.
fn asked_labels(names: &Names<'_>, request: &TableRequest<'_>) -> Result<Vec<usize>, DataError> {
    let Some(asked) = request.label else { return Ok(Vec::new()) };
    if names.places.contains_key(asked) || !asked.contains(',') {
        return Ok(vec![names.asked(asked)?]);
    }
    let places: Vec<usize> = asked.split(',').map(|name| names.asked(name.trim())).collect::<Result<_, _>>()?;
    match places.iter().enumerate().find(|(k, place)| places[..*k].contains(place)) {
        Some((_, twice)) => Err(DataError::Request {
            problem: format!("--label names column \"{}\" more than once", excerpt(&names.list[*twice])),
            remedy: "name each target once".into(),
        }),
        None => Ok(places),
    }
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
        let (label, segment, further_labels) = (asked.label, asked.segment, asked.further_labels.clone());
        let width = list.len();
        TableLayout { has_header, line, width, features, label, further_labels, segment, columns, matched, names: list }
    }

    /// A table that no model expects anything of.
    fn fresh(names: Names<'_>, request: &TableRequest<'_>) -> Result<Self, DataError> {
        let width = names.list.len();
        if width < 2 {
            let remedy = "check that the file is a table of cells separated by commas, semicolons or tabs";
            return Err(names.wrong("at least two columns, separated by commas".into(), "one column".into(), remedy));
        }
        let asked = Asked::of(&names, request)?;
        let mut others: Vec<usize> = (0..width).filter(|k| !asked.has_other_use(*k)).collect();
        let named = others.iter().copied().find(|k| names.has_header && is_label_name(&names.list[*k]));
        let label = asked.label.or(named).or(others.last().copied());
        others.retain(|k| Some(*k) != label);
        let (Some(label), false) = (label, others.is_empty()) else {
            let problem = format!("{}: a row has no feature beside its label", names.path.display());
            return Err(DataError::Request { problem, remedy: "at least 1 is needed".into() });
        };
        let twice = others.iter().chain([&label]).find(|k| names.find(&names.list[**k]).is_none());
        if let Some(twice) = twice {
            let found = format!("\"{}\" more than once", excerpt(&names.list[*twice]));
            let remedy = "rename the columns, or leave them out with --ignore";
            return Err(names.wrong("a different name for each column".into(), found, remedy));
        }
        let features = others.iter().map(|k| names.list[*k].clone()).collect();
        let mut columns = Columns::new(features, names.list[label].clone());
        columns.further_labels = asked.further_labels.iter().map(|k| names.list[*k].clone()).collect();
        let columns = columns.in_file(&names.list);
        let asked = Asked { label: Some(label), ..asked };
        let columns = columns.with_kinds(names.asked_kinds(&others, request)?);
        Ok(Self::new(names, others, &asked, columns, MatchedBy::Nothing))
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
        let asked = Asked::of(&names, request)?;
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
        let is_asked = asked.label.is_some() || asked.segment.is_some() || asked.ignored.contains(&true);
        let is_plain = !names_label && !is_asked;
        let order = match is_plain {
            true if width == trained.len() => trained,
            true if width == used.len() => used,
            _ => return Self::take_features(names, columns.features.len(), columns.clone(), asked),
        };
        let places: HashMap<&str, usize> = order.iter().enumerate().map(|(place, name)| (*name, place)).collect();
        let features = columns.features.iter().filter_map(|name| places.get(name.as_str()).copied()).collect();
        (asked.label, asked.further_labels) = own_labels(columns, |name| places.get(name).copied());
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
            let is_in = |name: &&str| is_feature.contains(name) || with_label && *name == columns.label;
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
        let mut asked = Asked::of(&names, &TableRequest { label, segment, ignored: &ignored, ..*request })?;
        let features: Option<Vec<usize>> = columns.features.iter().map(|name| names.find(name)).collect();
        let is_free = |place: &usize| !asked.ignored[*place] && ![asked.label, asked.segment].contains(&Some(*place));
        let Some(features) = features.filter(|places| places.iter().all(is_free)) else { return Ok(None) };
        asked.label = asked.label.or_else(|| names.find(&columns.label));
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
        let with_label = left.len() == count + 1;
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

/// Where each name stands; none for one that stands twice.
fn places(names: &[String]) -> HashMap<String, Option<usize>> {
    let mut places = HashMap::with_capacity(names.len());
    for (column, name) in names.iter().enumerate() {
        places.entry(name.clone()).and_modify(|place| *place = None).or_insert(Some(column));
    }
    places
}

/// The name of a column in a file without a header.
fn generated_name(column: usize) -> String {
    format!("column_{}", column + 1)
}

/// Column names for a message: the first twelve.
pub(crate) fn list(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(12).map(|name| format!("\"{}\"", excerpt(name))).collect();
    if names.len() > shown.len() {
        shown.push(format!("... ({} in all)", names.len()));
    }
    shown.join(", ")
}
