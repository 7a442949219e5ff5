//! Which columns a user named for a use other than that of a feature.

use super::super::DataError;
use super::super::error::excerpt;
use super::names::Names;
use super::request::TableRequest;

/// The name of a segment column that needs no telling.
const SEGMENT: &str = "segment";

/// The columns that the user named.
pub(super) struct Asked {
    pub label: Option<usize>,
    pub further_labels: Vec<usize>,
    pub segment: Option<usize>,
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
    pub fn has_other_use(&self, column: usize) -> bool {
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
