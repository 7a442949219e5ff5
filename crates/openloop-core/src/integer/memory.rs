//! What a step works on, and what it gives back.

/// What is kept from step to step beside the weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Int8State {
    /// Steps taken. Rounding and rates are functions of it.
    pub step: u64,
    /// Changes that would have led a weight out of its byte, or were too large themselves.
    pub saturated: u32,
}

/// What the caller lends to [`learn`](super::learn); [`Int8Plan::learning`](super::Int8Plan::learning) tells the lengths.
#[derive(Debug)]
pub struct Int8Memory<'a> {
    /// Weights and biases of all layers: first layer first, in panels.
    pub parameters: &'a mut [i8],
    /// Kept from step to step.
    pub state: &'a mut Int8State,
    /// Room for outputs of hidden layers; its content means nothing between calls.
    pub activations: &'a mut [i8],
    /// Room for sums and signals; its content means nothing between calls.
    pub values: &'a mut [i32],
    /// What few networks have; empty for all others.
    pub fine: Int8Fine<'a>,
}

/// What makes learning in int8 finer, at the price of memory: kept from step to step. Without the feature `fine-int8` there is none of it.
#[derive(Debug, Default)]
pub struct Int8Fine<'a> {
    /// Weights and biases of the readouts that learn, first layer first, in panels; under a rule that has them.
    #[cfg(feature = "fine-int8")]
    pub readouts: &'a mut [i8],
    /// A second byte for every parameter, then for every readout's, where the settings have [`fractions`](super::Int8Settings::fractions):
    /// weight w and its byte f stand for w + f / 256. 0 where nothing was learned.
    #[cfg(feature = "fine-int8")]
    pub fractions: &'a mut [i8],
    #[cfg(not(feature = "fine-int8"))]
    nothing: core::marker::PhantomData<&'a mut [i8]>,
}

/// What the network answered in a step, before anything changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int8Outcome {
    /// The class of the largest output.
    pub class: u32,
    /// The probability given to the right class, in units of 2^-15: the loss is -ln of it.
    pub confidence: u16,
}
