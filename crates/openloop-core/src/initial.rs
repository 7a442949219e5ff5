//! How everything random in a network starts: weights, biases, feedback matrices, readouts.

use crate::error::{Error, expect_length};
use crate::layer::{Layer, norm};
use crate::math::root;
use crate::memory::{feedback_matrix, feedback_stream};
use crate::plan;
use crate::random::{Purpose, Stream};
use crate::rule::Rule;
use crate::share::split_front;
use crate::spec::Checked;

/// Draws the initial weights and biases: uniform within 1 / sqrt(weights of a unit), as PyTorch does by default. A normalised
/// convolution starts with the shift 0, the scale 1, the running mean 0 and the running variance 1.
///
/// # Errors
/// [`Error::WrongLength`] when `parameters` does not fit the network.
pub fn initialize(network: &Checked<'_>, seed: u64, parameters: &mut [f32]) -> Result<(), Error> {
    expect_length("the parameters", parameters.len(), plan::parameters(network.layers()))?;
    let mut rest = parameters;
    for (k, layer) in network.layers().iter().enumerate().filter(|(_, layer)| layer.learns()) {
        let (units, columns) = layer.weight_shape();
        let weights = rest.split_off_mut(..units * columns).unwrap_or_default();
        let others = rest.split_off_mut(..layer.parameters() - units * columns).unwrap_or_default();
        match layer {
            Layer::Conv(conv) if conv.norm => {
                draw(seed, network.stream_number(k), columns, weights, &mut []);
                norm::start(units, others);
            }
            _ => draw(seed, network.stream_number(k), columns, weights, others),
        }
    }
    Ok(())
}

/// Draws the weights and biases of the layer whose random streams go by `number`; a unit has `columns` weights.
pub(crate) fn draw(seed: u64, number: usize, columns: usize, weights: &mut [f32], biases: &mut [f32]) {
    let (number, bound) = (number as u32, 1.0 / root(columns as f32));
    Stream::new(seed, Purpose::Weights, number).fill_uniform(0, bound, weights);
    Stream::new(seed, Purpose::Biases, number).fill_uniform(0, bound, biases);
}

/// Draws the hidden layers' own classifiers, under a rule whose readout learns: weights as the fixed readout would have
/// them, biases 0.
///
/// # Errors
/// [`Error::WrongLength`] when `readouts` does not have the length of [`Plan::learning`](crate::Plan::learning).
pub fn draw_readouts(network: &Checked<'_>, rule: Rule, seed: u64, readouts: &mut [f32]) -> Result<(), Error> {
    let layers = || (0..network.layers().len()).filter_map(|k| Some((k, network.readout(rule, k)?)));
    expect_length("the readouts", readouts.len(), layers().map(|(_, readout)| readout.parameters()).sum())?;
    let mut rest = readouts;
    for (k, readout) in layers() {
        let (stream, bound) = feedback_stream(seed, network.stream_number(k), readout.inputs);
        let (weights, biases) = split_front(&mut rest, readout.parameters()).split_at_mut(readout.weights());
        stream.fill_uniform(0, bound, weights);
        biases.fill(0.0);
    }
    Ok(())
}

/// Fills the fixed matrices of a rule, as [`crate::memory::Feedback::Seeded`] would on the fly.
///
/// # Errors
/// [`Error::WrongLength`] when `feedback` does not have the length of [`Plan::learning`](crate::Plan::learning).
pub fn draw_feedback(network: &Checked<'_>, rule: Rule, seed: u64, feedback: &mut [f32]) -> Result<(), Error> {
    let needed = (0..network.layers().len()).map(|k| network.feedback_shape(rule, k)).map(|(r, c)| r * c).sum();
    expect_length("the feedback", feedback.len(), needed)?;
    let mut rest = feedback;
    for k in 0..network.layers().len() {
        let (rows, columns) = network.feedback_shape(rule, k);
        if rows * columns > 0 {
            let matrix = feedback_matrix(rule, seed, network.stream_number(k), rows, columns);
            let values = rest.split_off_mut(..rows * columns).unwrap_or_default();
            values.chunks_exact_mut(columns.max(1)).enumerate().for_each(|(row, out)| matrix.copy_row(row, out));
        }
    }
    Ok(())
}
