//! The forward pass of some panels' neurons on a batch, and their optimizer step by it. The functions of this file
//! run on one thread; [`panels`](super::panels) cuts a layer into blocks of panels for them.

use super::blocks::{ParameterBlocks, step_by};
use super::dense::project_block;
use super::instructions::{Instructions, instructions};
use super::loops;
use super::panel_batches;
use super::panel_loops::{self, SampleInputs, WIDTH};
use super::product::Operand;
use super::sparse::Sparse;
use crate::kernels::aligned::Aligned;
use openloop_core::kernels::{Projection, add_own};
use openloop_core::layer::Dense;
use openloop_core::optimizer::Step;
use std::cell::RefCell;
use std::ops::Range;

thread_local! {
    /// The sums or deltas of the neurons a thread is working on, panel by panel `[batch, neurons]`, and after them the gradient
    /// of their biases.
    static ROOM: RefCell<Aligned> = const { RefCell::new(Aligned::new()) };
}

/// A batch of inputs, as a panel is multiplied with it.
#[derive(Clone, Copy)]
pub enum Batch<'b> {
    /// What is not 0 of it, and all of it.
    Listed(&'b Sparse, &'b [f32]),
    /// All of it.
    Whole(&'b [f32]),
}

impl<'b> Batch<'b> {
    /// A batch as it is multiplied fastest; `list` has room for what is not 0, by sample and, if asked for and there are several
    /// samples, by input.
    pub fn classify(x: &'b [f32], inputs: usize, by_input: bool, list: &'b mut Sparse) -> Self {
        if x.len() > inputs && takes_whole_batches() && loops::share_not_zero(x, inputs) > 0.5 {
            return Batch::Whole(x);
        }
        list.list(x, inputs);
        if by_input && x.len() > inputs {
            list.sort_by_input();
        }
        Batch::Listed(list, x)
    }

    /// Values that a panel is multiplied with.
    pub fn values(&self) -> usize {
        match self {
            Batch::Listed(list, _) => list.len(),
            Batch::Whole(x) => x.len(),
        }
    }
}

/// Whether batches that are not sparse are taken as a whole: by an instruction set whose registers hold a tile's sums.
pub fn takes_whole_batches() -> bool {
    instructions() == Instructions::Avx512
}

/// Calls `work` with room for values of some neurons, panel by panel `[batch, neurons]`, and for one value of each.
pub fn with_room(batch: usize, units: &Range<usize>, work: impl FnOnce(&mut [f32], &mut [f32])) {
    ROOM.with_borrow_mut(|room| {
        let (values, one) = room.room_for((batch + 1) * units.len()).split_at_mut(batch * units.len());
        work(values, one);
    });
}

/// Calls `work` with each panel's neurons and their part of `values`, which are laid out panel by panel.
pub fn for_panels(units: &Range<usize>, values: &mut [f32], mut work: impl FnMut(Range<usize>, &mut [f32])) {
    let (each, mut rest) = (values.len() / units.len(), values);
    for panel in step_by(units.clone(), WIDTH) {
        let (own, others) = std::mem::take(&mut rest).split_at_mut(each * panel.len());
        work(panel, own);
        rest = others;
    }
}

/// a = act(W x + b) for the neurons `units` of some panels; those to a sample are written to `row`.
pub fn forward_block<'a>(
    layer: &Dense,
    (panels, bias): (&[f32], &[f32]),
    batch: Batch<'_>,
    units: Range<usize>,
    row: impl Fn(usize, Range<usize>) -> &'a mut [f32],
) {
    let finish = |some: &Range<usize>, z: &mut [f32]| {
        loops::bias_and_activation(layer.activation, &bias[some.start - units.start..some.end - units.start], z);
    };
    let panel = |some: &Range<usize>, columns: Range<usize>| {
        let first = (some.start - units.start) * layer.inputs;
        &panels[first + columns.start * some.len()..first + columns.end * some.len()]
    };
    match batch {
        Batch::Listed(list, _) if list.batch() == 1 => {
            for some in step_by(units.clone(), WIDTH) {
                let z = row(0, some.clone());
                panel_loops::sparse_sums(list.sample(0), panel(&some, 0..layer.inputs), z);
                finish(&some, z);
            }
        }
        Batch::Listed(list, x) => with_room(x.len() / layer.inputs, &units, |z, _| {
            for_panels(&units, z, |some, z| {
                panel_loops::listed_sums(list, panel(&some, 0..layer.inputs), some.len(), z);
                for (sample, z) in z.chunks_exact(some.len()).enumerate() {
                    let a = row(sample, some.clone());
                    a.copy_from_slice(z);
                    finish(&some, a);
                }
            });
        }),
        Batch::Whole(x) => with_room(x.len() / layer.inputs, &units, |z, _| {
            z.fill(0.0);
            for columns in panel_batches::stretches(layer.inputs) {
                let stretch = panel_batches::Stretch::new(x, layer.inputs, columns.clone());
                for_panels(&units, z, |some, z| {
                    panel_batches::add_sums(panel(&some, columns.clone()), some.len(), stretch, z);
                });
            }
            for_panels(&units, z, |some, z| {
                for (sample, z) in z.chunks_exact(some.len()).enumerate() {
                    let a = row(sample, some.clone());
                    a.copy_from_slice(z);
                    finish(&some, a);
                }
            });
        }),
    }
}

/// Where a layer's signal comes from.
#[derive(Clone, Copy)]
pub struct Signal<'s> {
    /// The fixed matrix.
    pub projection: &'s Projection<'s>,
    /// What goes through it, `[batch, C]`.
    pub coefficients: &'s [f32],
    /// See [`LocalStep::own`](openloop_core::kernels::LocalStep::own).
    pub own: &'s [f32],
}

/// The second half of a local step for the neurons of some panels; `row` gives their outputs for a sample.
///
/// # Safety
/// No other thread may touch these neurons' parameters and state.
pub unsafe fn step_by_signal<'a>(
    layer: &Dense,
    parts: &ParameterBlocks<'_>,
    units: Range<usize>,
    batch: Batch<'_>,
    signal: Signal<'_>,
    row: impl Fn(usize, Range<usize>) -> &'a [f32],
    step: &Step,
) {
    let Signal { projection, coefficients, own } = signal;
    with_room(coefficients.len() / projection.outputs, &units, |deltas, bias| {
        for_panels(&units, deltas, |units, deltas| {
            project_block(projection, units.clone(), coefficients, deltas);
            for (sample, delta) in deltas.chunks_exact_mut(units.len()).enumerate() {
                let a = row(sample, units.clone());
                add_own(own, sample, a, delta);
                loops::gate(layer.activation, a, delta);
            }
        });
        // SAFETY: the caller's promise
        unsafe { step_block(layer, parts, units.clone(), batch, deltas, bias, step) };
    });
}

/// One optimizer step on the neurons of some panels by their `deltas`, panel by panel `[batch, neurons]`; with room for the
/// gradient of their biases.
///
/// # Safety
/// No other thread may touch these neurons' parameters and state.
pub unsafe fn step_block(
    layer: &Dense,
    parts: &ParameterBlocks<'_>,
    units: Range<usize>,
    batch: Batch<'_>,
    deltas: &mut [f32],
    bias: &mut [f32],
    step: &Step,
) {
    for_panels(&units, deltas, |some, deltas| {
        let bias = &mut bias[some.start - units.start..some.end - units.start];
        Operand::new(deltas, some.len()).column_sums(bias);
    });
    // SAFETY: the caller's promise, here and below
    let change = |some: &Range<usize>, columns: Range<usize>| unsafe {
        let first = some.start * layer.inputs;
        parts.change(first + columns.start * some.len()..first + columns.end * some.len())
    };
    match batch {
        Batch::Listed(list, x) => for_panels(&units, deltas, |some, deltas| {
            let (panel, mut slots) = change(&some, 0..layer.inputs);
            match (list.batch(), step.plain_rate()) {
                (1, Some(rate)) => {
                    panel_loops::step_panel_by_sample(rate, SampleInputs::Listed(list.sample(0)), deltas, panel);
                }
                (1, None) => panel_loops::step_panel_with_state(step, x, deltas, panel, &mut slots),
                _ => panel_loops::step_panel(step, &list.by_input, deltas, panel, some.len(), &mut slots),
            }
        }),
        Batch::Whole(x) => {
            for columns in panel_batches::stretches(layer.inputs) {
                let stretch = panel_batches::Stretch::new(x, layer.inputs, columns.clone());
                for_panels(&units, deltas, |some, deltas| {
                    let (panel, mut slots) = change(&some, columns.clone());
                    panel_batches::step_panel_by_batch(step, stretch, deltas, panel, some.len(), &mut slots);
                });
            }
        }
    }
    // SAFETY: the caller's promise; weights and biases lie apart
    unsafe { parts.step(step, layer.weights() + units.start, bias) };
}
