//! [`Fast`] as the core's [`Kernels`]: which function does what.

use super::fast::Fast;
use super::{blocks, conv, dense, loops, norm, panels};
use openloop_core::kernels::{Kernels, LocalStep, LocalSteps, Pass, Projection, Room};
use openloop_core::layer::{Conv, Dense, Layer, Pool};
use openloop_core::matrix::Matrix;
use openloop_core::optimizer::Step;
use openloop_core::rule::Coefficients;
use openloop_core::share::Share;
use openloop_core::weights::{Layout, Trainable, Weights};
use openloop_core::{Loss, Targets};
use std::ops::Range;

impl Kernels for Fast {
    fn supports(&self, layer: &Layer, layout: Layout) -> bool {
        layout == Layout::Rows || matches!(layer, Layer::Dense(_))
    }

    fn dense_forward(&self, layer: &Dense, weights: Weights<'_>, x: &[f32], a: &mut [f32]) {
        match weights.layout {
            Layout::Rows => dense::forward(self, layer, weights.values, x, a),
            Layout::Panels => panels::forward(self, layer, weights.values, x, a),
        }
    }

    fn dense_input_gradient(&self, layer: &Dense, matrix: Matrix<'_>, delta: &[f32], gradient: &mut [f32]) {
        match matrix {
            Matrix::Stored(weights) => dense::input_gradient(self, layer, weights, delta, gradient),
            _ => openloop_core::layer::dense::input_gradient(layer, matrix, delta, gradient),
        }
    }

    fn dense_update(&self, layer: &Dense, own: Trainable<'_>, pass: Pass<'_>, step: &Step, _row: &mut [f32]) {
        match own.layout {
            Layout::Rows => dense::update(self, layer, own, pass, step),
            Layout::Panels => panels::update(self, layer, own, pass, step),
        }
    }

    fn conv_forward(&self, layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        match layer.norm {
            true => norm::answer(self, layer, parameters, x, a),
            false => conv::forward(self, layer, parameters, x, a),
        }
    }

    fn norm_forward(
        &self,
        layer: &Conv,
        parameters: &mut [f32],
        moves: bool,
        (x, a): (&[f32], &mut [f32]),
        kept: &mut [f32],
    ) {
        norm::forward(self, layer, parameters, moves, (x, a), kept);
    }

    fn norm_gradient(&self, layer: &Conv, parameters: &[f32], kept: &[f32], delta: &mut [f32], gradient: &mut [f32]) {
        norm::gradient(self, layer, parameters, kept, delta, gradient);
    }

    fn conv_input_gradient(&self, layer: &Conv, matrix: Matrix<'_>, delta: &[f32], out: &mut [f32], row: &mut [f32]) {
        match matrix {
            Matrix::Stored(weights) => conv::input_gradient(self, layer, weights, delta, out),
            _ => openloop_core::layer::conv::input_gradient(layer, matrix, delta, out, row),
        }
    }

    fn conv_accumulate(&self, layer: &Conv, x: &[f32], delta: &[f32], gradient: &mut [f32]) {
        conv::accumulate(self, layer, x, delta, gradient);
    }

    fn pool_forward(&self, layer: &Pool, x: &[f32], out: &mut [f32]) {
        let (inputs, outputs) = (layer.input.size(), layer.output().size());
        let samples = blocks::Slices::new(out);
        self.for_blocks(x.len() / inputs, 4, x.len(), |range| {
            // SAFETY: blocks are disjoint ranges of samples
            let out = unsafe { samples.range(range.start * outputs..range.end * outputs) };
            loops::pool_forward(layer, &x[range.start * inputs..range.end * inputs], out);
        });
    }

    fn pool_input_gradient(&self, layer: &Pool, x: &[f32], signal: &[f32], gradient: &mut [f32]) {
        let (inputs, outputs) = (layer.input.size(), layer.output().size());
        let samples = blocks::Slices::new(gradient);
        self.for_blocks(x.len() / inputs, 4, x.len(), |range| {
            // SAFETY: blocks are disjoint ranges of samples
            let gradient = unsafe { samples.range(range.start * inputs..range.end * inputs) };
            let signal = &signal[range.start * outputs..range.end * outputs];
            openloop_core::layer::pool::input_gradient(
                layer,
                &x[range.start * inputs..range.end * inputs],
                signal,
                gradient,
            );
        });
    }

    fn fill_coefficients(
        &self,
        of: Coefficients,
        loss: Loss,
        outputs: usize,
        targets: &Targets<'_>,
        values: &mut [f32],
    ) {
        match &self.own_rule {
            Some(make) => make(outputs, targets, values),
            None => of.fill(loss, outputs, targets, values),
        }
    }

    fn project(&self, projection: &Projection<'_>, range: Range<usize>, coefficients: &[f32], out: &mut [f32]) {
        dense::project(self, projection, range, coefficients, out);
    }

    fn see<'a>(&self, step: &LocalStep<'_>, a: &'a [f32], means: &'a mut [f32]) -> &'a [f32] {
        let Some(grid) = step.grid() else { return a };
        let (cells, places) = (grid.cells(), step.layer.outputs());
        let samples = blocks::Slices::new(means);
        self.for_blocks(a.len() / places, 1, a.len(), |sample| {
            let sample = sample.start;
            // SAFETY: samples are disjoint
            let means = unsafe { samples.range(sample * cells..(sample + 1) * cells) };
            loops::average(&grid, &a[sample * places..][..places], means);
        });
        means
    }

    fn read_out(&self, projection: &Projection<'_>, a: &[f32], out: &mut [f32]) {
        dense::read_out(self, projection, a, out);
    }

    fn local_steps(&self, steps: &LocalSteps<'_>, mut share: Share<'_>, x: &[f32], a: &mut [f32], mut room: Room<'_>) {
        match (steps.layer, share.own.layout) {
            (Layer::Dense(layer), Layout::Panels) if steps.training.rule.knows_its_signal() => {
                panels::local_steps(self, layer, steps, share.own, (x, a), room.coefficients);
            }
            _ => self.local_steps_in_order(steps, &mut share, x, a, &mut room),
        }
    }

    fn local_step_by_known_signal(
        &self,
        step: &LocalStep<'_>,
        own: Trainable<'_>,
        x: &[f32],
        a: &mut [f32],
        room: Room<'_>,
    ) {
        match (step.layer, own.layout) {
            (Layer::Dense(layer), Layout::Rows) => dense::local_step(self, layer, step, own, (x, a), room),
            (Layer::Conv(layer), _) if !layer.norm => conv::local_step(self, layer, step, own, (x, a), room),
            _ => {
                let mut own = own;
                self.forward_and_keep(step.layer, own.reborrow(), x, a, room.kept);
                self.learn_locally(step, own, x, a, room);
            }
        }
    }

    fn learn_by_blocks(
        &self,
        layer: &Dense,
        step: &LocalStep<'_>,
        own: Trainable<'_>,
        x: &[f32],
        a: &[f32],
        room: Room<'_>,
    ) {
        match own.layout {
            Layout::Rows => dense::learn(self, layer, step, own, (x, a), room),
            Layout::Panels => panels::learn(self, layer, step, own, (x, a), room),
        }
    }

    fn learn_by_samples(
        &self,
        layer: &Conv,
        step: &LocalStep<'_>,
        own: Trainable<'_>,
        x: &[f32],
        a: &[f32],
        room: Room<'_>,
    ) {
        match layer.norm {
            true => norm::learn(self, layer, step, own, (x, a), room),
            false => conv::learn(self, layer, step, own, (x, a), room),
        }
    }
}
