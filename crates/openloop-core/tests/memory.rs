//! The plan is the truth about memory: enough, not too much, and without anything kept where nothing need be kept.

mod common;

use std::cell::RefCell;
use std::ops::Range;

use common::*;
use openloop_core::layer::dense as plain;
use openloop_core::memory::Trainable;
use openloop_core::optimizer::Step;
use openloop_core::*;

const LABELS: [u32; 3] = [1, 0, 2];
const LOCAL: [Rule; 3] = [Rule::Drtp, Rule::LocalError, Rule::Shallow];
const WAITING: [Rule; 4] = [Rule::Bp, Rule::Fa, Rule::Dfa, Rule::Sdfa];

/// Dense and dropout layers, narrow and wide in turn, the widest of them a dropout on the input.
fn mixed() -> Vec<Layer> {
    let tanh = Activation::Tanh;
    vec![
        dropout(12),
        dense(12, 4, tanh),
        dense(4, 8, tanh),
        dropout(8),
        dense(8, 5, Activation::Relu),
        dense(5, 3, Activation::Identity),
    ]
}

fn plan(layers: &[Layer], rule: Rule, batch: usize) -> Plan {
    let network = Spec { layers, loss: Loss::CrossEntropy }.check().unwrap();
    Plan::learning(&network, &plain_training(rule), batch)
}

#[test]
fn depth_costs_a_local_rule_no_scratch() {
    for rule in LOCAL {
        let [shallow, deep] = [2, 12].map(|depth| plan(&chain(7, 6, depth, 3), rule, 5).scratch());
        assert_eq!(shallow, deep, "{rule:?}");
    }
}

#[test]
fn depth_costs_a_rule_that_waits_one_output_a_layer() {
    for rule in WAITING {
        let scratch = |depth| plan(&chain(7, 6, depth, 3), rule, 5).scratch();
        for depth in 2..12 {
            assert_eq!(scratch(depth + 1) - scratch(depth), 5 * 6, "{rule:?}, depth {depth}");
        }
    }
}

#[test]
fn the_plan_of_a_small_network_is_what_one_counts_by_hand() {
    let counts = |rule| {
        let plan = plan(&mixed(), rule, 3);
        (plan.parameters, plan.feedback, [plan.activations, plan.signals, plan.coefficients, plan.row])
    };
    let parameters = (12 * 4 + 4) + (4 * 8 + 8) + (8 * 5 + 5) + (5 * 3 + 3);
    let (two_buffers, all_outputs) = (3 * (12 + 8), 3 * (12 + 4 + 8 + 8 + 5 + 3));
    let projections = 3 * (4 + 8 + 5);
    assert_eq!(counts(Rule::Drtp), (parameters, projections, [two_buffers, 3 * 8, 3 * 3, 12]));
    assert_eq!(counts(Rule::LocalError), counts(Rule::Drtp));
    assert_eq!(counts(Rule::Dfa), (parameters, projections, [all_outputs, 3 * 8, 3 * 3, 12]));
    assert_eq!(counts(Rule::Sdfa), counts(Rule::Dfa));
    assert_eq!(counts(Rule::Bp), (parameters, 0, [all_outputs, 2 * 3 * 8, 0, 12]));
    assert_eq!(counts(Rule::Fa), (parameters, 4 * 8 + 8 * 5 + 5 * 3, [all_outputs, 2 * 3 * 8, 0, 12]));
}

#[test]
fn the_regions_add_up_to_the_stated_bytes() {
    for rule in Rule::ALL {
        let plan = plan(&mixed(), rule, 3);
        let bytes = |persistent: bool| -> usize {
            let kept = |r: &plan::Region| (r.lifetime == plan::Lifetime::Persistent) == persistent;
            plan.regions().iter().filter(|r| kept(r)).map(|r| r.bytes()).sum()
        };
        assert_eq!((bytes(true), bytes(false)), (plan.persistent_bytes(), plan.transient_bytes()), "{rule:?}");
    }
}

/// Two students that differ in nothing.
fn twins(rule: Rule, optimizer: Optimizer, batch: usize) -> [Student; 2] {
    let training = Training { optimizer, ..plain_training(rule) };
    let student = Student::new(&mixed(), Loss::CrossEntropy, training, batch);
    [student.clone(), student]
}

fn input() -> Vec<f32> {
    uniform(4, 3 * 12, 1.0)
}

/// Ten steps on the same three samples; `prepare` is called before each.
fn ten_steps(student: &mut Student, mut prepare: impl FnMut(&mut Student)) {
    for step in 1..=10 {
        prepare(student);
        let clock = clock(step, 3 * (step - 1), 0.1);
        student.learn(&input(), &Targets::Labels(&LABELS), &clock).unwrap();
    }
    assert!(student.parameters.iter().all(|p| p.is_finite()));
}

#[test]
fn exactly_the_planned_scratch_is_enough_and_one_value_less_is_refused() {
    for rule in Rule::ALL {
        let [mut student, before] = twins(rule, Optimizer::ADAM, 3);
        let expected = plan(&mixed(), rule, 3).scratch();
        assert_eq!(student.scratch.len(), expected);
        student.scratch.pop();
        let found = student.learn(&input(), &Targets::Labels(&LABELS), &clock(1, 0, 0.1));
        assert_eq!(found, Err(Error::WrongLength { what: "the scratch", found: expected - 1, expected }), "{rule:?}");
        assert_eq!(bits(&student.parameters), bits(&before.parameters));
        student.scratch.push(0.0);
        assert!(student.learn(&input(), &Targets::Labels(&LABELS), &clock(1, 0, 0.1)).is_ok(), "{rule:?}");
    }
}

#[test]
fn every_planned_value_of_scratch_is_used_where_layers_are_equal() {
    for rule in Rule::ALL {
        let mut student = Student::new(&chain(6, 6, 5, 3), Loss::CrossEntropy, plain_training(rule), 3);
        let untouched = f32::from_bits(0x7fc0_1234);
        student.scratch.fill(untouched);
        student.learn(&input()[..3 * 6], &Targets::Labels(&LABELS), &clock(1, 0, 0.1)).unwrap();
        let idle = student.scratch.iter().filter(|v| v.to_bits() == untouched.to_bits()).count();
        assert_eq!(idle, 0, "{rule:?}: of {} planned", student.scratch.len());
    }
}

#[test]
fn inference_runs_in_exactly_its_planned_scratch() {
    let student = Student::new(&mixed(), Loss::CrossEntropy, plain_training(Rule::Drtp), 3);
    let network = student.network();
    let expected = Plan::inference(&network, 3);
    let mut scratch = vec![0.0; expected];
    assert_eq!(infer(&Plain, &network, &student.parameters, &input(), &mut scratch).unwrap().len(), 9);
    let found = infer(&Plain, &network, &student.parameters, &input(), &mut scratch[1..]).map(|y| y.len());
    assert_eq!(found, Err(Error::WrongLength { what: "the scratch", found: expected - 1, expected }));
}

#[test]
fn nothing_is_read_from_scratch_that_the_same_call_did_not_write() {
    for rule in Rule::ALL {
        let [mut clean, mut poisoned] = twins(rule, Optimizer::Sgd, 3);
        ten_steps(&mut clean, |student| student.scratch.fill(0.0));
        ten_steps(&mut poisoned, |student| student.scratch.fill(f32::NAN));
        assert_eq!(bits(&clean.parameters), bits(&poisoned.parameters), "{rule:?}");
    }
}

#[test]
fn longer_scratch_and_a_smaller_batch_than_planned_change_nothing() {
    for rule in Rule::ALL {
        let [mut exact, _] = twins(rule, Optimizer::NESTEROV, 3);
        let [mut roomy, _] = twins(rule, Optimizer::NESTEROV, 64);
        assert!(roomy.scratch.len() > exact.scratch.len());
        ten_steps(&mut exact, |_| {});
        ten_steps(&mut roomy, |_| {});
        assert_eq!(bits(&exact.parameters), bits(&roomy.parameters), "{rule:?}");
    }
}

/// The same step as [`Student::learn`], with feedback that is drawn when needed.
fn learn_seeded(student: &mut Student, clock: &Clock) {
    let network = Spec { layers: &student.layers, loss: student.loss }.check().unwrap();
    let memory = Memory {
        parameters: &mut student.parameters,
        optimizer: &mut student.optimizer,
        feedback: Feedback::Seeded(FEEDBACK_SEED),
        scratch: &mut student.scratch,
    };
    learn(&Plain, &network, &student.training, memory, &input(), &Targets::Labels(&LABELS), clock).unwrap();
}

#[test]
fn feedback_drawn_again_gives_the_bits_of_feedback_stored() {
    for rule in Rule::ALL {
        let [mut stored, mut seeded] = twins(rule, Optimizer::ADAM, 3);
        ten_steps(&mut stored, |_| {});
        (1..=10).for_each(|step| learn_seeded(&mut seeded, &clock(step, 3 * (step - 1), 0.1)));
        assert_eq!(bits(&stored.parameters), bits(&seeded.parameters), "{rule:?}");
        assert_eq!(bits(&stored.optimizer), bits(&seeded.optimizer), "{rule:?}");
    }
}

/// The learning step of a student whose memory was spoilt is refused, naming `slice`, and changes nothing.
#[track_caller]
fn assert_refused(slice: &str, rule: Rule, spoil: impl Fn(&mut Student, &mut Vec<f32>)) {
    let [mut student, _] = twins(rule, Optimizer::ADAM, 3);
    let mut x = input();
    spoil(&mut student, &mut x);
    let before = student.clone();
    let found = student.learn(&x, &Targets::Labels(&LABELS), &clock(1, 0, 0.1));
    let Err(Error::WrongLength { what, found, expected }) = found else { panic!("{slice}, {rule:?}: {found:?}") };
    assert!(what == slice && found != expected, "{what}, {found} of {expected} instead of {slice}");
    for (after, before) in [
        (&student.parameters, &before.parameters),
        (&student.optimizer, &before.optimizer),
        (&student.feedback, &before.feedback),
        (&student.scratch, &before.scratch),
    ] {
        assert_eq!(bits(after), bits(before));
    }
}

#[test]
fn memory_of_the_wrong_length_is_refused_by_name_and_left_alone() {
    for rule in Rule::ALL {
        assert_refused("the input", rule, |_, x| x.push(0.0));
        assert_refused("the input", rule, |_, x| x.truncate(2 * 12));
        assert_refused("the parameters", rule, |s, _| s.parameters.push(0.0));
        assert_refused("the parameters", rule, |s, _| s.parameters.truncate(1));
        assert_refused("the optimizer state", rule, |s, _| s.optimizer.push(0.0));
        assert_refused("the optimizer state", rule, |s, _| s.optimizer.clear());
        assert_refused("the feedback", rule, |s, _| s.feedback.push(0.0));
        assert_refused("the scratch", rule, |s, _| s.scratch.clear());
    }
    for rule in [Rule::Fa, Rule::Dfa, Rule::Sdfa, Rule::Drtp, Rule::LocalError] {
        assert_refused("the feedback", rule, |s, _| s.feedback.truncate(1));
    }
}

#[test]
fn drawing_and_initializing_refuse_what_does_not_fit() {
    let student = Student::new(&mixed(), Loss::CrossEntropy, plain_training(Rule::Drtp), 3);
    let network = student.network();
    let count = student.parameters.len();
    let refused = |what, found, expected| Err(Error::WrongLength { what, found, expected });
    assert_eq!(initialize(&network, 1, &mut vec![0.0; count + 1]), refused("the parameters", count + 1, count));
    let count = student.feedback.len();
    let drawn = draw_feedback(&network, Rule::Drtp, 1, &mut vec![0.0; count - 1]);
    assert_eq!(drawn, refused("the feedback", count - 1, count));
}

/// What a layer's arithmetic was asked for: where its input lies, and its output or its input again.
#[derive(Clone, Debug, PartialEq)]
enum Event {
    Forward { x: Range<usize>, a: Range<usize> },
    Update { x: Range<usize> },
}

/// The plain kernels, which also write down the addresses they were given.
#[derive(Default)]
struct Witness(RefCell<Vec<Event>>);

fn place(slice: &[f32]) -> Range<usize> {
    let addresses = slice.as_ptr_range();
    addresses.start as usize..addresses.end as usize
}

fn apart(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.end <= b.start || b.end <= a.start
}

impl Kernels for Witness {
    fn dense_forward(&self, layer: &Dense, parameters: &[f32], x: &[f32], a: &mut [f32]) {
        self.0.borrow_mut().push(Event::Forward { x: place(x), a: place(a) });
        plain::forward(layer, parameters, x, a);
    }

    fn dense_update(&self, layer: &Dense, own: Trainable<'_>, x: &[f32], delta: &[f32], step: &Step, row: &mut [f32]) {
        self.0.borrow_mut().push(Event::Update { x: place(x) });
        plain::update(layer, own, x, delta, step, row);
    }
}

/// The events of one step through six dense layers, and where the scratch lies.
fn witnessed(rule: Rule) -> (Vec<Event>, Range<usize>) {
    let layers = chain(12, 6, 5, 3);
    let mut student = Student::new(&layers, Loss::CrossEntropy, plain_training(rule), 3);
    let witness = Witness::default();
    student.learn_with(&witness, &input(), &Targets::Labels(&LABELS), &clock(1, 0, 0.1)).unwrap();
    (witness.0.into_inner(), place(&student.scratch))
}

#[test]
fn under_a_local_rule_each_layer_learns_before_the_next_one_sees_anything() {
    for rule in [Rule::Drtp, Rule::LocalError] {
        let (events, _) = witnessed(rule);
        assert_eq!(events.len(), 12, "{rule:?}");
        for pair in events.chunks(2) {
            let [Event::Forward { x, .. }, Event::Update { x: again }] = pair else { panic!("{rule:?}: {pair:?}") };
            assert_eq!(x, again, "{rule:?}: a layer learns from the input it just saw");
        }
    }
    let (events, _) = witnessed(Rule::Shallow);
    assert!(matches!(&events[..], [.., Event::Forward { .. }, Event::Update { .. }]) && events.len() == 7);
}

#[test]
fn a_local_rule_walks_through_two_buffers_whatever_the_depth() {
    for rule in LOCAL {
        let (events, scratch) = witnessed(rule);
        let outputs: Vec<Range<usize>> = events
            .iter()
            .filter_map(|event| if let Event::Forward { a, .. } = event { Some(a.clone()) } else { None })
            .collect();
        let room = scratch.start..scratch.start + plan(&chain(12, 6, 5, 3), rule, 3).activations * 4;
        assert!(apart(&outputs[0], &outputs[1]), "{rule:?}");
        for (k, a) in outputs.iter().enumerate() {
            assert!(room.start <= a.start && a.end <= room.end, "{rule:?}: layer {k} writes outside the activations");
            assert_eq!(a.start, outputs[k % 2].start, "{rule:?}: layer {k} overwrites what layer {k} - 2 left");
        }
        assert_eq!(room.len() / 4, 2 * 3 * 6, "{rule:?}: two buffers of one layer's output");
    }
}

#[test]
fn a_rule_that_waits_sees_every_layer_first_and_keeps_every_output() {
    for rule in WAITING {
        let (events, _) = witnessed(rule);
        let (forwards, updates) = events.split_at(6);
        let inputs: Vec<_> = updates
            .iter()
            .map(|event| if let Event::Update { x } = event { x } else { panic!("{rule:?}: {event:?}") })
            .collect();
        assert_eq!(inputs.len(), 6, "{rule:?}");
        for (k, event) in forwards.iter().enumerate() {
            let Event::Forward { x, a } = event else { panic!("{rule:?}: {event:?}") };
            assert_eq!(x, inputs[5 - k], "{rule:?}: layer {k} learns on the way back, from the input it saw");
            let later = forwards[k + 1..].iter();
            assert!(later.clone().all(|e| matches!(e, Event::Forward { a: next, .. } if apart(a, next))), "{rule:?}");
        }
    }
}

/// A device sizes its static arrays by the plan: all of this is evaluated by the compiler.
#[test]
fn the_plan_is_known_at_compile_time() {
    const LAYERS: [Layer; 2] = [
        Layer::Dense(Dense { inputs: 2, outputs: 8, activation: Activation::Tanh }),
        Layer::Dense(Dense { inputs: 8, outputs: 2, activation: Activation::Identity }),
    ];
    const NETWORK: Checked<'static> = match (Spec { layers: &LAYERS, loss: Loss::CrossEntropy }).check() {
        Ok(network) => network,
        Err(_) => panic!("the network does not fit together"),
    };
    const TRAINING: Training =
        Training { rule: Rule::LocalError, optimizer: Optimizer::Sgd, scaling: Scaling::Mean, seed: 1 };
    const PLAN: Plan = Plan::learning(&NETWORK, &TRAINING, 1);
    static SCRATCH: [f32; PLAN.scratch()] = [0.0; PLAN.scratch()];
    assert_eq!(SCRATCH.len(), 28);
}
