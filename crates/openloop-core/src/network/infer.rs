//! The forward pass: what the network answers, and what its first layers make of their input.

use super::lent::check_layouts;
use crate::error::{Error, expect_length};
use crate::kernels::Kernels;
use crate::layer::Layer;
use crate::plan::{self, walking_buffers};
use crate::rule::Rule;
use crate::spec::Checked;
use crate::weights::{Layout, Weights, layout_of};

/// Computes the network's answers; all weights lie in rows.
///
/// `x: [batch, inputs]`; the answers `[batch, outputs]` come back as a part of `scratch`, whose length is at least
/// [`Plan::inference`](crate::plan::Plan::inference). Dropout layers pass everything on.
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
    infer_with_layouts(kernels, network, &[], parameters, x, scratch)
}

/// As [`infer`], for weights that lie as `layouts` say, one for each layer.
///
/// # Errors
/// As for [`infer`]; and [`Error::UnsupportedLayout`] when the kernels do not support a layer's layout.
pub fn infer_with_layouts<'s, K: Kernels>(
    kernels: &K,
    network: &Checked<'_>,
    layouts: &[Layout],
    parameters: &[f32],
    x: &[f32],
    scratch: &'s mut [f32],
) -> Result<&'s mut [f32], Error> {
    check_layouts(kernels, network.layers(), layouts)?;
    let y = forward(kernels, network.layers(), layouts, parameters, x, scratch)?;
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
    let layers = network.layers().get(..count).filter(|layers| !layers.is_empty()).ok_or(Error::NoLayers)?;
    forward(kernels, layers, &[], parameters, x, scratch)
}

/// The output of some layers, whose weights lie as `layouts` say; none are given where all lie in rows.
fn forward<'s, K: Kernels>(
    kernels: &K,
    layers: &[Layer],
    layouts: &[Layout],
    parameters: &[f32],
    x: &[f32],
    scratch: &'s mut [f32],
) -> Result<&'s mut [f32], Error> {
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
        let values = &parameters[used..used + layer.parameters()];
        let weights = Weights { values, layout: layout_of(layouts, k) };
        kernels.forward(layer, weights, x, &mut out[..batch * layer.outputs()]);
        used += layer.parameters();
        core::mem::swap(&mut out, &mut input);
    }
    Ok(&mut input[..batch * last.outputs()])
}

/// The answers `[batch, outputs]` that the last [`learn`](crate::learn) gave before it changed anything, as they still stand in its
/// `scratch`: a stream that tests, then trains, need not ask twice. None under a rule that waits for the error, which
/// uses their place.
pub fn answers<'s>(network: &Checked<'_>, rule: Rule, batch: usize, scratch: &'s [f32]) -> Option<&'s [f32]> {
    let (even, _) = walking_buffers(network.layers());
    let first = if network.layers().len() % 2 == 1 { 0 } else { batch * even };
    let y = scratch.get(first..first + batch * network.outputs());
    y.filter(|_| rule.is_local())
}
