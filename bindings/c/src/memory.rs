//! What lies where in the memory the caller gives: the model's head, its layers, and the values it works on.

use crate::config::{Config, Plan};
use crate::status::Status;
use openloop_core::device::{DeviceSettings, Health, Learner};
use openloop_core::integer;
use openloop_core::store::{self, Arithmetic, Head};
use openloop_core::{Activation, Checked, Dense, Feedback, Layer, Loss, Spec, plan};

/// More layers than this, output layer included, are no network for this library.
pub(crate) const MOST_LAYERS: usize = 64;
/// More weights than this in a layer.
const MOST_WEIGHTS: u64 = 1 << 28;
/// At the start of every model.
pub(crate) const MAGIC: u32 = 0x4F4C_4E4D;

/// A network and everything it works on: an opaque head, followed in the same memory by what it needs.
#[repr(C, align(8))]
#[derive(Debug)]
pub struct Model {
    pub(crate) magic: u32,
    pub(crate) sequence: u32,
    pub(crate) counts: Counts,
    pub(crate) plan: Plan,
    pub(crate) health: Health,
    /// Of int8 arithmetic.
    pub(crate) state: integer::Int8State,
}

/// How much of each kind follows the head, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) layers: usize,
    pub(crate) inputs: usize,
    pub(crate) parameters: usize,
    pub(crate) floats: usize,
    pub(crate) words: usize,
    pub(crate) bytes: usize,
}

/// A model's memory as Rust sees it.
pub(crate) struct Parts<'m> {
    pub(crate) model: &'m mut Model,
    pub(crate) layers: &'m mut [Layer],
    /// Offsets and scales of the standardisation, a standardised sample; in f32 then parameters, feedback and scratch.
    pub(crate) floats: &'m mut [f32],
    /// In int8: sums.
    pub(crate) words: &'m mut [i32],
    /// In int8: parameters, a sample, activations.
    pub(crate) bytes: &'m mut [i8],
}

impl Counts {
    /// Bytes of head and all that follows.
    pub(crate) fn total(&self) -> Option<usize> {
        let values = self.floats.checked_add(self.words)?.checked_mul(4)?;
        let layers = self.layers.checked_mul(size_of::<Layer>())?;
        let whole = size_of::<Model>().checked_add(layers)?.checked_add(values)?.checked_add(self.bytes)?;
        whole.checked_next_multiple_of(8).filter(|whole| *whole <= i32::MAX as usize)
    }

    /// For a network and how it learns.
    pub(crate) fn of(network: Checked<'_>, how: &Plan) -> Result<Counts, Status> {
        let (inputs, parameters) = (network.inputs(), plan::parameters(network.layers()));
        let base = Counts {
            layers: network.layers().len(),
            inputs,
            parameters,
            floats: inputs.saturating_mul(3),
            words: 0,
            bytes: 0,
        };
        match how.about.arithmetic {
            Arithmetic::F32 => {
                let sizes = Learner::new(network, settings(how, &[]))?.sizes();
                let feedback = if how.store_feedback { sizes.feedback } else { 0 };
                let own = parameters.saturating_add(feedback).saturating_add(sizes.scratch());
                Ok(Counts { floats: base.floats.saturating_add(own), ..base })
            }
            Arithmetic::Int8 => {
                let sizes = integer::Int8Plan::learning(&integer(network, how)?);
                let bytes = parameters.saturating_add(inputs).saturating_add(sizes.activations);
                Ok(Counts { words: sizes.values, bytes, ..base })
            }
        }
    }
}

/// How the f32 network learns; rates come later, with each sample.
pub(crate) fn settings<'f>(how: &Plan, feedback: &'f [f32]) -> DeviceSettings<'f> {
    let feedback = if feedback.is_empty() { Feedback::Seeded(how.about.seed) } else { Feedback::Stored(feedback) };
    let (hidden_rate, output_rate) = (how.about.hidden_rate, how.about.output_rate);
    DeviceSettings { rule: how.about.rule, hidden_rate, output_rate, feedback }
}

/// The int8 network.
pub(crate) fn integer<'a>(network: Checked<'a>, how: &Plan) -> Result<integer::Int8Network<'a>, Status> {
    let about = &how.about;
    let settings = integer::Int8Settings {
        rule: about.rule,
        seed: about.seed,
        hidden_rate: integer::Int8Rate::new(about.hidden_rate),
        output_rate: integer::Int8Rate::new(about.output_rate),
        half_after: if about.half_after == 0 { u32::MAX } else { about.half_after },
        input_bits: about.input_bits,
    };
    Ok(integer::Int8Network::new(network, settings)?)
}

/// Where a network's layers come from: a configuration or a blob, so that they need no room before their size is known.
pub(crate) trait Chain {
    /// The number of layers.
    fn count(&self) -> usize;
    /// Layer `k`.
    fn layer(&self, k: usize) -> Result<Dense, Status>;
    /// How it learns.
    fn plan(&self) -> &Plan;
}

/// Layers of a configuration.
pub(crate) struct FromConfig<'a> {
    sizes: &'a [u32],
    plan: Plan,
}

impl<'a> FromConfig<'a> {
    pub(crate) fn new(config: &Config, sizes: &'a [u32]) -> Result<Self, Status> {
        Ok(FromConfig { sizes, plan: config.check()? })
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
        let activation = if hidden { self.plan.activation } else { Activation::Identity };
        Ok(Dense { inputs: inputs as usize, outputs: outputs as usize, activation })
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// Layers of a blob.
pub(crate) struct FromBlob<'a> {
    bytes: &'a [u8],
    pub(crate) head: Head,
    plan: Plan,
}

impl<'a> FromBlob<'a> {
    pub(crate) fn new(mut bytes: &'a [u8], store_feedback: bool) -> Result<Self, Status> {
        let head = store::open(&mut bytes)?;
        if head.about.frozen > 0 {
            return Err(Status::NotOnDevice);
        }
        let plan = Plan { about: head.about, activation: Activation::Identity, loss: head.loss, store_feedback };
        Ok(FromBlob { bytes, head, plan })
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

    fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// Lets `with` see the checked network of a chain, whose layers lie on the stack a few at a time.
pub(crate) fn counts(chain: &impl Chain) -> Result<Counts, Status> {
    let count = chain.count();
    if count == 0 {
        return Err(Status::BadNetwork);
    }
    if count > MOST_LAYERS {
        return Err(Status::TooLarge);
    }
    for k in 0..count {
        let Dense { inputs, outputs, .. } = chain.layer(k)?;
        if inputs as u64 * outputs as u64 > MOST_WEIGHTS || inputs as u64 + outputs as u64 > MOST_WEIGHTS {
            return Err(Status::TooLarge);
        }
    }
    match count {
        1..=2 => counts_of::<2>(chain),
        3..=4 => counts_of::<4>(chain),
        5..=8 => counts_of::<8>(chain),
        _ => counts_of::<MOST_LAYERS>(chain),
    }
}

#[inline(never)]
fn counts_of<const N: usize>(chain: &impl Chain) -> Result<Counts, Status> {
    let mut layers = [Layer::Dense(Dense { inputs: 0, outputs: 0, activation: Activation::Identity }); N];
    let layers = layers.get_mut(..chain.count()).unwrap_or_default();
    for (k, layer) in layers.iter_mut().enumerate() {
        *layer = Layer::Dense(chain.layer(k)?);
    }
    let network = check(layers, chain.plan().loss)?;
    let counts = Counts::of(network, chain.plan())?;
    counts.total().map(|_| counts).ok_or(Status::TooLarge)
}

/// The checked network over these layers.
pub(crate) fn check(layers: &[Layer], loss: Loss) -> Result<Checked<'_>, Status> {
    Ok(Spec { layers, loss }.check()?)
}
