//! The forward pass: what the network answers, and what its first layers make of their input.

use crate::error::{Error, expect_length};
use crate::kernels::Kernels;
use crate::plan::{self, walking_buffers};
use crate::rule::Rule;
use crate::spec::Checked;

/// Computes the network's answers.
///
/// `x: [batch, inputs]`; the answers `[batch, outputs]` come back as a part of `scratch`, whose length is at least
/// [`Plan::inference`]. Dropout layers pass everything on.
///
/// # Errors
/// [`Error::WrongLength`] when a slice does not fit the network.
pub fn infer<'s, K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    parameters: &[f32],
    x: &[f32],
    scratch: &'s mut [f32],
) -> Result<&'s mut [f32], Error> {
    let y = features(kernels, network, network.layers().len(), parameters, x, scratch)?;
    network.loss().activate(network.outputs(), y);
    Ok(y)
}

/// The output of the first `count` layers: what a frozen front end makes of its input.
///
/// Slices as for [`infer`]; `parameters` are those of these layers alone.
///
/// # Errors
/// [`Error::WrongLength`] when a slice does not fit the layers, [`Error::NoLayers`] when the network has not so many, or
/// none is asked for.
pub fn features<'s, K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    count: usize,
    parameters: &[f32],
    x: &[f32],
    scratch: &'s mut [f32],
) -> Result<&'s mut [f32], Error> {
    let layers = network.layers().get(..count).unwrap_or_default();
    let (Some(first), Some(last)) = (layers.first(), layers.last()) else { return Err(Error::NoLayers) };
    let batch = x.len() / first.inputs();
    expect_length("the input", x.len(), batch * first.inputs())?;
    expect_length("the parameters", parameters.len(), plan::parameters(layers))?;
    let (even, odd) = walking_buffers(layers);
    if scratch.len() < batch * (even + odd) {
        let expected = batch * (even + odd);
        return Err(Error::WrongLength { what: "the scratch", found: scratch.len(), expected });
    }
    let (mut out, mut input) = scratch.split_at_mut(batch * even);
    let mut used = 0;
    for (k, layer) in layers.iter().enumerate() {
        let x = if k == 0 { x } else { &input[..batch * layer.inputs()] };
        let own = &parameters[used..used + layer.parameters()];
        kernels.forward(layer, own, x, &mut out[..batch * layer.outputs()]);
        used += layer.parameters();
        core::mem::swap(&mut out, &mut input);
    }
    Ok(&mut input[..batch * last.outputs()])
}

/// The answers `[batch, outputs]` that the last [`learn`] gave before it changed anything, as they still stand in its
/// `scratch`: a stream that tests, then trains, need not ask twice. None under a rule that waits for the error, which
/// uses their place.
pub fn answers<'s>(network: &Checked<'_>, rule: Rule, batch: usize, scratch: &'s [f32]) -> Option<&'s [f32]> {
    let (even, _) = walking_buffers(network.layers());
    let first = if network.layers().len() % 2 == 1 { 0 } else { batch * even };
    let y = scratch.get(first..first + batch * network.outputs());
    y.filter(|_| rule.is_local())
}
