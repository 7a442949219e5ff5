//! The learner in f32: the core's walk on the host's fast loops, a small first layer in panels. Nothing is allocated after it
//! is made.

use super::{CHECKED, Weights, checked};
use crate::kernels::Fast;
use crate::kernels::aligned::Aligned;
use crate::learner::layout;
use crate::settings::options::Settings;
use openloop_core::{Checked, Error, Feedback, Layer, Layout, Memory, Plan, Targets, plan};
use std::borrow::Cow;

/// The share of inputs that is not 0, as long as nobody has seen a row.
const UNKNOWN: f64 = 1.0;

/// Weights, and the memory that a row needs beside them.
#[derive(Debug)]
pub(super) struct Float {
    weights: Weights,
    feedback: Vec<f32>,
    scratch: Aligned,
    layers: Vec<Layer>,
    /// How the weights of each lie.
    layouts: Vec<Layout>,
    /// Values that the optimizer keeps for each parameter.
    slots: usize,
}

/// Freshly drawn weights.
pub(super) fn fresh(network: &Checked<'_>, settings: &Settings) -> Result<Weights, Error> {
    let sizes = Plan::learning(network, &settings.training(), 1);
    let mut parameters = Aligned::zeros(plan::parameters(network.layers()));
    let mut readouts = Aligned::zeros(sizes.readouts);
    openloop_core::initialize(network, settings.seed, &mut parameters)?;
    openloop_core::draw_readouts(network, settings.rule, settings.seed, &mut readouts)?;
    Ok(Weights { parameters, readouts, optimizer: Aligned::zeros(sizes.optimizer), ..Weights::default() })
}

impl Float {
    /// A network with known weights.
    pub fn with(network: &Checked<'_>, settings: &Settings, weights: Weights) -> Result<Self, Error> {
        let sizes = Plan::learning(network, &settings.training(), 1);
        let mut feedback = vec![0.0; sizes.feedback];
        openloop_core::draw_feedback(network, settings.rule, settings.seed, &mut feedback)?;
        let scratch = Aligned::zeros(sizes.scratch().max(Plan::inference(network, 1)));
        let layouts = layout::choose(network.layers(), settings.rule, 1, UNKNOWN);
        let slots = settings.optimizer.slots();
        let mut float =
            Float { weights: Weights::default(), feedback, scratch, layers: network.layers().to_vec(), layouts, slots };
        float.set(weights);
        Ok(float)
    }

    /// What it learned, its weights in rows.
    pub fn weights(&self) -> Cow<'_, Weights> {
        let mut weights = Cow::Borrowed(&self.weights);
        if layout::has_panels(&self.layouts) {
            self.repack(Layout::Rows, weights.to_mut());
        }
        weights
    }

    pub fn set(&mut self, mut weights: Weights) {
        self.repack(Layout::Panels, &mut weights);
        self.weights = weights;
    }

    fn repack(&self, into: Layout, weights: &mut Weights) {
        let Weights { parameters, optimizer, .. } = weights;
        layout::repack(&self.layers, &self.layouts, into, self.slots, parameters, optimizer);
    }

    pub fn steps(&self) -> u64 {
        self.weights.steps
    }

    pub fn infer(&mut self, kernels: &Fast, (layers, settings): (&[Layer], &Settings), x: &[f32], answer: &mut [f32]) {
        let network = checked(layers, settings);
        let (parameters, scratch) = (&self.weights.parameters, &mut self.scratch);
        let y = openloop_core::infer_with_layouts(kernels, &network, &self.layouts, parameters, x, scratch);
        answer.copy_from_slice(y.expect(CHECKED));
    }

    pub fn learn(&mut self, kernels: &Fast, (layers, settings): (&[Layer], &Settings), x: &[f32], label: u32) {
        let steps = self.weights.steps;
        let memory = Memory {
            parameters: &mut self.weights.parameters,
            layouts: &self.layouts,
            readouts: &mut self.weights.readouts,
            optimizer: &mut self.weights.optimizer,
            feedback: Feedback::Stored(&self.feedback),
            scratch: &mut self.scratch,
        };
        let (training, clock) = (settings.training(), settings.clock(steps, steps));
        let targets = Targets::Labels(std::slice::from_ref(&label));
        openloop_core::learn(kernels, &checked(layers, settings), &training, memory, x, &targets, &clock)
            .expect(CHECKED);
        self.weights.steps += 1;
    }

    /// What the last step, by a local rule, answered before it changed anything.
    pub fn answered(&self, (layers, settings): (&[Layer], &Settings), answer: &mut [f32]) {
        let y = openloop_core::answers(&checked(layers, settings), settings.rule, 1, &self.scratch);
        answer.copy_from_slice(y.expect("a local rule keeps its answers"));
    }

    pub fn is_finite(&self) -> bool {
        let Weights { parameters, readouts, optimizer, .. } = &self.weights;
        [parameters, readouts, optimizer].into_iter().flat_map(|values| &**values).all(|value| value.is_finite())
    }
}
