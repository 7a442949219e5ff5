//! What a learner knows, as it is saved and as it goes on from: everything else follows from the settings.

use super::counters::Counters;
use super::network::Network;
use super::weights::NetworkWeights;
use std::borrow::Cow;

/// The state of a learner: borrowed from it to be saved, owned when it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot<'a> {
    /// The network.
    pub network: Cow<'a, Network>,
    /// Its weights and biases, neuron by neuron.
    pub weights: Cow<'a, NetworkWeights>,
    /// The hidden layers' own classifiers, under a rule whose readout learns.
    pub readouts: Cow<'a, [f32]>,
    /// The optimizer's state: the layers', then the readouts'.
    pub optimizer: Cow<'a, [f32]>,
    /// What was counted.
    pub counters: Counters,
}

impl Snapshot<'_> {
    /// A copy that borrows nothing.
    pub fn into_owned(self) -> Snapshot<'static> {
        Snapshot {
            network: Cow::Owned(self.network.into_owned()),
            weights: Cow::Owned(self.weights.into_owned()),
            readouts: Cow::Owned(self.readouts.into_owned()),
            optimizer: Cow::Owned(self.optimizer.into_owned()),
            counters: self.counters,
        }
    }
}
