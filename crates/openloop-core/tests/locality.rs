//! Who sees what, when: the recorded slices of a step show that a local rule keeps no earlier activation, and that a rule
//! that waits keeps them all.

mod common;

use std::cell::RefCell;
use std::ops::Range;

use common::*;
use openloop_core::kernels::Pass;
use openloop_core::layer::{conv as plain_conv, dense as plain_dense, pool as plain_pool};
use openloop_core::optimizer::Step;
use openloop_core::weights::{Trainable, Weights};
use openloop_core::*;

const BATCH: usize = 3;
const LABELS: [u32; BATCH] = [1, 0, 2];
/// `local-error-learned` has layers beside the chain, its readouts, and a test of its own.
const LOCAL: [Rule; 6] = [Rule::Drtp, Rule::DrtpGated, Rule::LocalError, Rule::Lls, Rule::LocalHinge, Rule::Shallow];
const WAITING: [Rule; 4] = [Rule::Bp, Rule::Fa, Rule::Dfa, Rule::Sdfa];

/// What a layer's arithmetic was asked for: where its input lies, and its output or the delta it learns from.
#[derive(Clone, Debug, PartialEq)]
enum Event {
    Forward { x: Range<usize>, a: Range<usize> },
    Learn { x: Range<usize>, delta: Range<usize> },
}

/// The plain kernels, which also write down the addresses they were given.
#[derive(Default)]
struct Witness(RefCell<Vec<Event>>);

impl Witness {
    fn forward(&self, x: &[f32], a: &[f32]) {
        self.0.borrow_mut().push(Event::Forward { x: place(x), a: place(a) });
    }

    fn learn(&self, x: &[f32], delta: &[f32]) {
        self.0.borrow_mut().push(Event::Learn { x: place(x), delta: place(delta) });
    }
}

fn place(slice: &[f32]) -> Range<usize> {
    let addresses = slice.as_ptr_range();
    addresses.start as usize..addresses.end as usize
}

fn apart(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.end <= b.start || b.end <= a.start
}

fn inside(part: &Range<usize>, whole: &Range<usize>) -> bool {
    whole.start <= part.start && part.end <= whole.end
}

impl Kernels for Witness {
    fn dense_forward(&self, layer: &Dense, weights: Weights<'_>, x: &[f32], a: &mut [f32]) {
        self.forward(x, a);
        plain_dense::forward(layer, weights.values, x, a);
    }

    fn dense_update(&self, layer: &Dense, own: Trainable<'_>, pass: Pass<'_>, step: &Step, row: &mut [f32]) {
        self.learn(pass.x, pass.delta);
        plain_dense::update(layer, own, pass.units, pass.x, pass.delta, step, row);
    }

    fn conv_forward(&self, layer: &Conv, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        self.forward(x, a);
        plain_conv::forward(layer, parameters, x, a);
    }

    fn conv_accumulate(&self, layer: &Conv, x: &[f32], delta: &[f32], gradient: &mut [f32]) {
        self.learn(x, delta);
        plain_conv::accumulate(layer, x, delta, gradient);
    }

    fn pool_forward(&self, layer: &Pool, x: &[f32], out: &mut [f32]) {
        self.forward(x, out);
        plain_pool::forward(layer, x, out);
    }
}

/// Six dense layers; dense layers of two blocks; five convolutions of one size; convolutions with pooling between them.
fn networks() -> [Vec<Layer>; 4] {
    let with_pooling = pictures().into_iter().filter(|layer| !matches!(layer, Layer::Dropout(_))).collect();
    [chain(12, 6, 5, 3), chain(12, 40, 4, 3), conv_chain(shape(1, 6, 5), 4, 5, 3), with_pooling]
}

fn runs(rules: &[Rule]) -> impl Iterator<Item = (Rule, Vec<Layer>)> {
    rules.iter().flat_map(|rule| networks().map(|layers| (*rule, layers)))
}

/// The events of one step, the plan, and where the scratch lies.
fn witnessed(rule: Rule, layers: &[Layer]) -> (Vec<Event>, Plan, Range<usize>) {
    let mut student = Student::new(layers, Loss::CrossEntropy, plain_training(rule), BATCH);
    let (witness, x) = (Witness::default(), uniform(4, BATCH * layers[0].inputs(), 1.0));
    student.learn_with(&witness, &x, &Targets::Labels(&LABELS), &clock(1, 0, 0.1)).unwrap();
    let plan = Plan::learning(&student.network(), &student.training, BATCH);
    (witness.0.into_inner(), plan, place(&student.scratch))
}

/// What was learnt after each forward pass and before the next: `(x, a, [(x, delta)])`.
type Visit = (Range<usize>, Range<usize>, Vec<(Range<usize>, Range<usize>)>);

fn visits(events: Vec<Event>) -> Vec<Visit> {
    let mut visits: Vec<Visit> = Vec::new();
    for event in events {
        match event {
            Event::Forward { x, a } => visits.push((x, a, Vec::new())),
            Event::Learn { x, delta } => visits.last_mut().expect("nothing was seen yet").2.push((x, delta)),
        }
    }
    visits
}

/// How often a layer learns within one step under a local rule.
fn lessons(layer: &Layer) -> usize {
    match layer {
        Layer::Dense(dense) => dense.blocks().count(),
        Layer::Conv(_) => BATCH,
        _ => 0,
    }
}

#[test]
fn under_a_local_rule_each_layer_learns_before_the_next_one_sees_anything() {
    for (rule, layers) in runs(&LOCAL) {
        let visits = visits(witnessed(rule, &layers).0);
        assert_eq!(visits.len(), layers.len(), "{rule:?}");
        for (k, (layer, (x, _, learnt))) in layers.iter().zip(&visits).enumerate() {
            let is_output = k + 1 == layers.len();
            let expected = if is_output { 1 } else { lessons(layer) * usize::from(rule != Rule::Shallow) };
            assert_eq!(learnt.len(), expected, "{rule:?}, layer {k}");
            for (n, (again, _)) in learnt.iter().enumerate() {
                let size = x.len() / BATCH;
                let own = x.start + n * size..x.start + (n + 1) * size;
                let seen = if matches!(layer, Layer::Conv(_)) { &own } else { x };
                assert_eq!(again, seen, "{rule:?}: layer {k} learns from the input it just saw");
            }
        }
    }
}

#[test]
fn a_local_rule_walks_through_two_buffers_whatever_the_depth() {
    for (rule, layers) in runs(&LOCAL) {
        let (events, plan, scratch) = witnessed(rule, &layers);
        let visits = visits(events);
        let room = scratch.start..scratch.start + plan.activations * 4;
        let widest = |parity| layers.iter().skip(parity).step_by(2).map(Layer::outputs).max().unwrap();
        assert_eq!(plan.activations, BATCH * (widest(0) + widest(1)), "{rule:?}: two buffers");
        for (k, (x, a, _)) in visits.iter().enumerate() {
            assert!(inside(a, &room), "{rule:?}: layer {k} writes outside the activations");
            assert_eq!(a.start, visits[k % 2].1.start, "{rule:?}: layer {k} overwrites what layer {k} - 2 left");
            assert!(k == 0 || *x == visits[k - 1].1, "{rule:?}: layer {k} reads what the layer before it wrote");
            assert!(apart(x, a) && (k == 0 || apart(&visits[k - 1].1, a)), "{rule:?}, layer {k}");
        }
    }
}

#[test]
fn a_local_rule_makes_every_signal_in_the_same_small_room() {
    for (rule, layers) in runs(&LOCAL) {
        let (events, plan, scratch) = witnessed(rule, &layers);
        let deltas: Vec<_> = visits(events).into_iter().flat_map(|visit| visit.2).map(|(_, delta)| delta).collect();
        let room = scratch.end - plan.signals * 4..scratch.end;
        assert!(deltas.iter().all(|delta| inside(delta, &room)), "{rule:?}");
        assert!(deltas.iter().all(|delta| delta.start == room.start), "{rule:?}: each signal replaces the one before");
        assert_eq!(
            deltas.iter().map(|delta| delta.len() / 4).max(),
            Some(plan.signals),
            "{rule:?}: and no room to spare"
        );
    }
}

#[test]
fn a_rule_that_waits_sees_every_layer_first_and_keeps_every_output() {
    for (rule, layers) in runs(&WAITING) {
        let (events, ..) = witnessed(rule, &layers);
        let visits = visits(events);
        let (last, before) = visits.split_last().unwrap();
        assert!(visits.len() == layers.len() && before.iter().all(|visit| visit.2.is_empty()), "{rule:?}");
        let learning = (0..layers.len()).rev().filter(|&k| layers[k].learns());
        let expected: Vec<_> = learning.map(|k| visits[k].0.clone()).collect();
        let inputs: Vec<_> = last.2.iter().map(|(x, _)| x.clone()).collect();
        assert_eq!(inputs, expected, "{rule:?}: each layer learns on the way back, from the input it saw");
        for (k, (_, a, _)) in visits.iter().enumerate() {
            assert!(visits[k + 1..].iter().all(|later| apart(a, &later.1)), "{rule:?}: layer {k} is kept");
        }
    }
}

#[test]
fn a_learned_readout_is_asked_and_taught_before_the_next_layer_sees_anything() {
    let (events, ..) = witnessed(Rule::LocalErrorLearned, &chain(12, 6, 3, 3));
    let mut events = events.into_iter();
    let mut next = || events.next().unwrap();
    for layer in 0..3 {
        let Event::Forward { a, .. } = next() else { panic!("layer {layer} does not look first") };
        let Event::Forward { x: asked, .. } = next() else { panic!("layer {layer} asks no readout") };
        let Event::Learn { .. } = next() else { panic!("layer {layer} does not learn") };
        let Event::Learn { x: taught, .. } = next() else { panic!("the readout of layer {layer} does not learn") };
        assert_eq!((&asked, &taught), (&a, &a), "layer {layer}");
    }
    assert!(matches!([next(), next()], [Event::Forward { .. }, Event::Learn { .. }]));
    assert!(events.next().is_none());
}
