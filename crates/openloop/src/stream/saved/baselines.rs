//! The baselines of a stream that goes on.

use crate::files::StreamRecord;
use crate::learner::{Counters, Int8Weights, Learner, Network, NetworkWeights, Snapshot};
use crate::settings::ConfigError;
use crate::stream::answer::TargetKind;
use crate::stream::baseline::Baseline;
use crate::stream::baselines::Baselines;
use crate::stream::row_learner::{self, RowSizes};
use crate::stream::scaling::Standardisation;
use crate::stream::state::{SavedState, saved_linear};
use std::borrow::Cow;

/// The baselines with the weights that they had.
///
/// # Errors
/// Weights that do not fit the network.
pub(super) fn restored(
    state: &SavedState,
    extra: &mut StreamRecord,
    learner: &Learner,
    kind: TargetKind,
) -> Result<Baselines, ConfigError> {
    let mut list = Vec::new();
    for &(which, steps) in &state.baselines {
        let bytes = extra.take_bytes(&format!("{}.bytes", which.name()));
        let int8 =
            bytes.zip(learner.input_bits()).map(|(parameters, bits)| Int8Weights::without_front(parameters, bits));
        let mut part = |what: &str| extra.take(&format!("{}.{what}", which.name())).unwrap_or_default();
        let snapshot = steps.map(|steps| baseline_snapshot(learner.network(), steps, int8, &mut part));
        list.push((which, snapshot.transpose().map_err(row_learner::network_error(learner.settings()))?));
    }
    let sizes = RowSizes::of(learner.network(), kind);
    let offset = extra.doubles("frozen.offset").unwrap_or_default();
    let scaling = Standardisation::new(offset, extra.take("frozen.scale").unwrap_or_default());
    let has_linear = state.baselines.iter().any(|(which, _)| *which == Baseline::Linear);
    let history = (state.targets.clone(), saved_linear(extra).filter(|_| has_linear));
    Baselines::from_saved(list, history, scaling, learner.settings(), sizes)
}

/// The state of a baseline's learner, whose tensors `part` takes.
fn baseline_snapshot(
    network: &Network,
    steps: u64,
    int8: Option<Int8Weights>,
    part: &mut dyn FnMut(&str) -> Vec<f32>,
) -> Result<Snapshot<'static>, openloop_core::Error> {
    let weights = NetworkWeights::new(network, part("parameters").into(), int8)?;
    Ok(Snapshot {
        network: Cow::Owned(network.clone()),
        weights: Cow::Owned(weights),
        readouts: Cow::Owned(part("readouts")),
        optimizer: Cow::Owned(part("optimizer")),
        // the saturated changes of a baseline are not counted
        counters: Counters { steps, samples: steps, saturated: 0 },
    })
}
