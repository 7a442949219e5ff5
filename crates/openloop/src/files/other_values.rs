//! The same run with other weights, such as the mean of those of several devices.

use super::checkpoint::Checkpoint;
use super::tensors::{Tensor, TensorValues};
use crate::data::Preprocessing;
use crate::kernels::aligned::Aligned;
use openloop_core::Error;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Why a run cannot take other values.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OtherValuesError {
    /// A tensor that there is not, or that is no weight.
    #[error("\"{name}\" is none of its weights, biases, offset and scale")]
    Unknown {
        /// The tensor.
        name: String,
    },
    /// Another number of values than there are.
    #[error("\"{name}\" has {expected} values, found {found}")]
    Length {
        /// The tensor.
        name: String,
        /// Values given.
        found: usize,
        /// Values there are.
        expected: usize,
    },
    /// Weights in whole numbers.
    #[error("its weights are 8-bit integers, and other values are taken by networks in f32 alone")]
    Integers,
    /// Values that do not fit the network.
    #[error(transparent)]
    Network(#[from] Error),
}

impl Checkpoint<'_> {
    /// The same run, after its best epoch, with other values of weights, biases, `preprocessing.offset` and `preprocessing.scale`, by
    /// the tensors' names in the file. What is not named stays, the optimizer's state too.
    ///
    /// # Errors
    /// Names that there are not, other numbers of values, an int8 network.
    pub fn with_values(self, mut named: BTreeMap<String, Vec<f32>>) -> Result<Checkpoint<'static>, OtherValuesError> {
        let mut run = self.into_owned().at_best()?;
        let (mut weights, mut readouts) = (Vec::new(), Vec::new());
        let mut preprocessing = Preprocessing::clone(&run.preprocessing);
        for Tensor { name, values, .. } in run.tensors() {
            let TensorValues::Floats(own) = values else { return Err(OtherValuesError::Integers) };
            if name.ends_with(".optimizer") {
                continue;
            }
            let (expected, values) = (own.len(), named.remove(&name).unwrap_or_else(|| own.into_owned()));
            if values.len() != expected {
                return Err(OtherValuesError::Length { found: values.len(), name, expected });
            }
            match &name[..] {
                "preprocessing.offset" => preprocessing.offset = values,
                "preprocessing.scale" => preprocessing.scale = values,
                name if name.contains(".readout.") => readouts.extend(values),
                _ => weights.extend(values),
            }
        }
        if let Some(name) = named.into_keys().next() {
            return Err(OtherValuesError::Unknown { name });
        }
        let (found, expected) = (weights.len(), run.snapshot.weights.floats().len());
        let weights = run.snapshot.weights.with_values(Aligned::from(weights), None);
        let weights = weights.ok_or(Error::WrongLength { what: "the parameters", found, expected })?;
        (run.snapshot.weights, run.snapshot.readouts) = (Cow::Owned(weights), Cow::Owned(readouts));
        run.preprocessing = Cow::Owned(preprocessing);
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DataSet;
    use crate::learner::Trainer;
    use crate::run;
    use crate::settings::Options;
    use openloop_core::Rule;
    use std::sync::Arc;

    fn checkpoint() -> Checkpoint<'static> {
        let data = Arc::new(DataSet::from_arrays(&[0.0, 1.0, 2.0, 5.0], &[0, 1]).unwrap());
        let options =
            Options { net: Some("fc3".parse().unwrap()), rule: Some(Rule::LocalErrorLearned), ..Options::default() };
        let (settings, kernels) = (options.complete(&data).unwrap(), run::kernels(&options).unwrap());
        run::checkpoint(&Trainer::new(settings, data, kernels).unwrap()).into_owned()
    }

    #[test]
    fn named_tensors_have_the_values_given_and_all_others_stay() {
        let before = checkpoint();
        let named = [
            ("layer1.bias", vec![7.0, 8.0]),
            ("layer0.readout.bias", vec![5.0, 6.0]),
            ("preprocessing.scale", vec![3.0, 4.0]),
        ];
        let named = named.map(|(name, values)| (name.to_owned(), values));
        let after = before.clone().with_values(named.clone().into()).unwrap();
        let after = Checkpoint::from_bytes(&after.to_bytes().unwrap()).unwrap();
        for (old, new) in before.tensors().into_iter().zip(after.tensors()) {
            let expected = named.iter().find(|(name, _)| *name == old.name);
            let expected = expected.map_or(old.values, |(_, values)| TensorValues::Floats(values.into()));
            assert_eq!(new.values.bytes(), expected.bytes(), "{}", old.name);
        }
    }

    #[test]
    fn names_and_lengths_that_do_not_fit_are_refused() {
        let with =
            |name: &str, count| checkpoint().with_values([(name.to_owned(), vec![0.0; count])].into()).unwrap_err();
        assert_eq!(
            with("layer2.bias", 2).to_string(),
            "\"layer2.bias\" is none of its weights, biases, offset and scale"
        );
        assert_eq!(
            with("layer0.readout.optimizer", 2),
            OtherValuesError::Unknown { name: "layer0.readout.optimizer".into() }
        );
        assert_eq!(
            with("layer1.bias", 3),
            OtherValuesError::Length { name: "layer1.bias".into(), found: 3, expected: 2 }
        );
    }
}
