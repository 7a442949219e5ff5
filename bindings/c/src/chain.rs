//! Where a network's layers come from, and the memory they need. They are asked for one by one, so that they take no room before
//! their size is known.

use crate::config::{Config, How, is_f32};
use crate::memory::Counts;
use crate::status::Status;
use openloop_core::device::Sizes;
use openloop_core::rule::Teacher;
use openloop_core::store::{self, Head, Source};
use openloop_core::{Activation, Dense, Layer};

/// More layers than this, output layer included, are no network for this library.
const MOST_LAYERS: usize = 64;
/// More weights than this in a network.
const MOST_WEIGHTS: u64 = 1 << 28;

/// A network's layers, one after the other.
pub(crate) trait Chain {
    /// The number of layers.
    fn count(&self) -> usize;
    /// Layer `k`.
    fn layer(&self, k: usize) -> Result<Dense, Status>;
    /// How it learns.
    fn how(&self) -> &How;
}

/// Layers of a configuration.
pub(crate) struct FromConfig<'a> {
    sizes: &'a [u32],
    how: How,
    activation: Activation,
}

impl<'a> FromConfig<'a> {
    pub(crate) fn new(config: &Config, sizes: &'a [u32]) -> Result<Self, Status> {
        let (how, activation) = config.check()?;
        Ok(FromConfig { sizes, how, activation })
    }
}

impl Chain for FromConfig<'_> {
    fn count(&self) -> usize {
        self.sizes.len().saturating_sub(1)
    }

    fn layer(&self, k: usize) -> Result<Dense, Status> {
        let (Some(&inputs), Some(&outputs)) = (self.sizes.get(k), self.sizes.get(k + 1)) else {
            return Err(Status::BadNetwork);
        };
        let hidden = k + 1 < self.count();
        let activation = if hidden { self.activation } else { Activation::Identity };
        Ok(Dense { inputs: inputs as usize, outputs: outputs as usize, activation })
    }

    fn how(&self) -> &How {
        &self.how
    }
}

/// Layers of a blob.
pub(crate) struct FromBlob<'a> {
    bytes: &'a [u8],
    head: Head,
    how: How,
}

impl<'a> FromBlob<'a> {
    pub(crate) fn new(bytes: &'a [u8], store_feedback: bool) -> Result<Self, Status> {
        let head = opened(&mut &*bytes)?;
        let standardise = !store::takes_inputs_as_they_come(&mut &*bytes, &head)?;
        if head.about.frozen > 0 {
            return Err(Status::NotOnDevice);
        }
        Ok(FromBlob { bytes, head, how: How { about: head.about, loss: head.loss, standardise, store_feedback } })
    }
}

impl Chain for FromBlob<'_> {
    fn count(&self) -> usize {
        self.head.layers
    }

    fn layer(&self, k: usize) -> Result<Dense, Status> {
        match store::read_layer(&mut &*self.bytes, &self.head, k)? {
            Layer::Dense(dense) => Ok(dense),
            _ => Err(Status::NotOnDevice),
        }
    }

    fn how(&self) -> &How {
        &self.how
    }
}

/// The head of a whole blob. A copy for all who ask.
#[inline(never)]
pub(crate) fn opened(blob: &mut impl Source) -> Result<Head, Status> {
    Ok(store::open(blob)?)
}

/// Counts what the network of a chain needs. Into a place of the caller's: a result would be copied.
#[inline(never)]
pub(crate) fn count(chain: &impl Chain, counts: &mut Counts) -> Result<(), Status> {
    let (count, how) = (chain.count(), chain.how());
    how.expect_built()?;
    if count == 0 {
        return Err(Status::BadNetwork);
    }
    if count > MOST_LAYERS {
        return Err(Status::TooLarge);
    }
    let is_f32 = is_f32(how.about.arithmetic);
    let (rule, outputs) = (how.about.rule, chain.layer(count - 1)?.outputs);
    let (mut sizes, mut weights) = (Sizes::start(outputs), 0);
    let (mut inputs, mut parameters, mut widest_hidden) = (0, 0, 0);
    for k in 0..count {
        let dense = chain.layer(k)?;
        let Dense { inputs: from, outputs: to, .. } = dense;
        if from == 0 || to == 0 {
            return Err(Status::BadNetwork);
        }
        // before anything is multiplied in words of 32 bits: a row of inputs and a row of classes a neuron
        let sides = [from, to, outputs].iter().all(|side| *side as u64 <= MOST_WEIGHTS);
        weights = if sides { weights + (from as u64 + outputs as u64 + 4) * to as u64 } else { u64::MAX };
        if weights > MOST_WEIGHTS {
            return Err(Status::TooLarge);
        }
        if is_f32 {
            sizes = sizes.with(&dense, rule, k, count);
        }
        parameters += dense.parameters();
        inputs = if k == 0 { from } else { inputs };
        widest_hidden = if k + 1 < count { to.max(widest_hidden) } else { widest_hidden };
    }
    // in int8 the output layer's sums are words, and so are both signals that bp hands down
    let next_layer = matches!(rule.teacher(), Teacher::NextLayer { .. });
    counts.layers = count;
    counts.inputs = inputs;
    counts.outputs = outputs;
    counts.standardised = if how.standardise { inputs } else { 0 };
    counts.parameters = parameters;
    if is_f32 {
        counts.feedback = if how.store_feedback { sizes.feedback } else { 0 };
        counts.scratch = sizes.scratch();
    } else {
        counts.words = outputs + if next_layer { 2 * widest_hidden } else { 0 };
        counts.activations = hidden(chain)?;
    }
    counts.find_total()
}

/// Hidden outputs that an int8 step keeps: all, or the widest of every other layer where each learns at once.
fn hidden(chain: &impl Chain) -> Result<usize, Status> {
    let (mut sum, mut walking) = (0, [0; 2]);
    for k in 0..chain.count().saturating_sub(1) {
        let outputs = chain.layer(k)?.outputs;
        let [even, odd] = &mut walking;
        let own = if k.is_multiple_of(2) { even } else { odd };
        *own = outputs.max(*own);
        sum += outputs;
    }
    let [even, odd] = walking;
    Ok(if chain.how().about.rule.is_local() { even + odd } else { sum })
}
