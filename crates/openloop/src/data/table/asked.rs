//! Which columns a user named for a use other than that of a feature.

use super::super::error::excerpt;
use super::super::{Columns, DataError, Windows};
use super::names::Names;
use super::request::TableRequest;

/// The name of a segment column that needs no telling.
const SEGMENT: &str = "segment";

/// The columns that the user named.
pub(super) struct Asked {
    pub label: Option<usize>,
    pub further_labels: Vec<usize>,
    pub segment: Option<usize>,
    /// What its rows belong together by.
    pub group: Option<usize>,
    /// Whose learner a row is for.
    pub key: Option<usize>,
    /// How much a row counts.
    pub weight: Option<usize>,
    /// When a row was measured, for windows.
    pub time: Option<usize>,
    pub ignored: Vec<bool>,
}

impl Asked {
    pub fn of(names: &Names<'_>, request: &TableRequest<'_>) -> Result<Self, DataError> {
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
        let group = request.group.map(|name| names.asked(name)).transpose()?;
        let key = request.key.map(|name| names.asked(name)).transpose()?;
        let weight = request.weight.map(|name| names.asked(name)).transpose()?;
        let time = asked_time(names, request)?;
        let labels = label.iter().chain(&further_labels).map(|place| ("label", *place));
        let others = [("segment", segment), ("group", group), ("key", key), ("weight", weight), ("time", time)];
        let others = others.into_iter().filter_map(|(what, place)| Some((what, place?)));
        let mut uses: Vec<(&str, usize)> = Vec::new();
        for (what, place) in labels.chain(others) {
            // a segment may well be the group too
            let twice = uses.iter().find(|(other, at)| *at == place && (*other, what) != ("segment", "group"));
            let other = if ignored[place] { Some("ignored") } else { twice.map(|(other, _)| *other) };
            if let Some(other) = other {
                let name = excerpt(&names.list[place]);
                let problem = format!("{}: column \"{name}\" is the {what} and {other} too", names.path.display());
                return Err(DataError::Request { problem, remedy: "name it for one of the two".into() });
            }
            uses.push((what, place));
        }
        Ok(Asked { label, further_labels, segment, group, key, weight, time, ignored })
    }

    /// Finds the columns of a model's groups and times, which need not be there.
    pub fn with_own(self, columns: &Columns, find: impl Fn(&str) -> Option<usize>) -> Self {
        let group = self.group.or_else(|| columns.group().and_then(&find));
        let time = columns.windows().and_then(Windows::time).and_then(&find);
        Asked { group, time, ..self }
    }

    /// Whether a column has another use than that of a feature.
    pub fn has_other_use(&self, column: usize) -> bool {
        let named = [self.segment, self.group, self.key, self.weight, self.time];
        named.contains(&Some(column)) || self.ignored[column] || self.further_labels.contains(&column)
    }
}

/// The column of times: the only date of rows that become windows.
fn asked_time(names: &Names<'_>, request: &TableRequest<'_>) -> Result<Option<usize>, DataError> {
    match request.dates {
        [name] if request.windows.is_some() => Ok(Some(names.asked(name)?)),
        [_, _, ..] if request.windows.is_some() => Err(DataError::Request {
            problem: "--date names several columns, and with --window it is the time of a row".into(),
            remedy: "name one, and leave the others out with --ignore".into(),
        }),
        _ => Ok(None),
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
