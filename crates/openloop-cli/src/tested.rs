//! What `openloop eval` tests, and the names of classes that have none.

use crate::evaluated::Quality;
use crate::failure::Failure;
use openloop::data::{ModelTable, Split};
use openloop::kernels::Fast;
use openloop::learner::{Evaluation, Model};

/// What was tested.
pub struct Tested {
    pub train: Option<Evaluation>,
    pub test: Evaluation,
    pub quality: Quality,
    pub note: Option<String>,
    /// The rows.
    pub rows: Split,
}

impl Tested {
    pub fn new(model: &Model, kernels: &Fast, train: Option<&Split>, rows: Split) -> Result<Self, Failure> {
        let train = train.map(|train| model.evaluate(kernels, train)).transpose()?;
        let quality = Quality::of(model, kernels, &rows)?;
        Ok(Tested { train, test: model.evaluate(kernels, &rows)?, quality, note: None, rows })
    }
}

/// The model with the names that the user gave to classes without names.
pub fn named<'a>(own: ModelTable<'a>, names: &'a [String]) -> Result<ModelTable<'a>, Failure> {
    if names.is_empty() {
        return Ok(own);
    }
    if own.are_named {
        return Err(Failure::request("--classes: the model knows the names of its classes; leave the option out"));
    }
    if names.len() != own.classes.len() {
        let (found, outputs) = (names.len(), own.classes.len());
        return Err(Failure::request(format!("--classes: {found} names for {outputs} outputs; give one for each")));
    }
    Ok(ModelTable { classes: names, are_named: true, ..own })
}
