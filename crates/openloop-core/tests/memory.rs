//! The plan is the truth about memory: enough, not too much, and without anything kept where nothing need be kept.

mod common;

use common::*;
use openloop_core::*;

const LABELS: [u32; 3] = [1, 0, 2];
const LOCAL: [Rule; 7] = [
    Rule::Drtp,
    Rule::DrtpGated,
    Rule::LocalError,
    Rule::LocalErrorLearned,
    Rule::Lls,
    Rule::LocalHinge,
    Rule::Shallow,
];
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

/// A layer that learns in three blocks of neurons, and one of two.
fn wide_layers() -> Vec<Layer> {
    vec![dense(12, 70, Activation::Tanh), dense(70, 33, Activation::Relu), dense(33, 3, Activation::Identity)]
}

/// Networks of every kind of layer, with three classes.
fn networks() -> [Vec<Layer>; 3] {
    [mixed(), wide_layers(), pictures()]
}

fn rules_and_networks() -> impl Iterator<Item = (Rule, Vec<Layer>)> {
    Rule::ALL.into_iter().flat_map(|rule| networks().map(|layers| (rule, layers)))
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
        let [shallow, deep] = [2, 12].map(|depth| plan(&conv_chain(shape(1, 4, 5), 3, depth, 3), rule, 5).scratch());
        assert_eq!(shallow, deep, "{rule:?}, convolutions");
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
        (plan.parameters, plan.feedback, [plan.activations, plan.signals, plan.coefficients, plan.gradient])
    };
    let parameters = (12 * 4 + 4) + (4 * 8 + 8) + (8 * 5 + 5) + (5 * 3 + 3);
    let (two_buffers, all_outputs) = (3 * (12 + 8), 3 * (12 + 4 + 8 + 8 + 5 + 3));
    let projections = 3 * (4 + 8 + 5);
    assert_eq!(counts(Rule::Drtp), (parameters, projections, [two_buffers, 3 * 8, 3 * 3, 12]));
    for rule in [Rule::LocalError, Rule::LocalHinge, Rule::DrtpGated] {
        assert_eq!(counts(rule), counts(Rule::Drtp));
    }
    // what was read at length 1 is kept beside its coefficients
    assert_eq!(counts(Rule::Lls).2, [two_buffers, 3 * 8, 2 * 3 * 3, 12]);
    // a classifier of the layer's own takes the place of the fixed matrix
    let learned = plan(&mixed(), Rule::LocalErrorLearned, 3);
    let (readouts, slots) = (projections + 3 * 3, learned.optimizer / (parameters + projections + 3 * 3));
    assert_eq!((learned.readouts, learned.feedback), (readouts, 0));
    assert_eq!(learned.optimizer, slots * (parameters + readouts));
    assert_eq!(counts(Rule::LocalErrorLearned).2, counts(Rule::LocalError).2);
    assert_eq!(counts(Rule::Dfa), (parameters, projections, [all_outputs, 3 * 8, 3 * 3, 12]));
    assert_eq!(counts(Rule::Sdfa), counts(Rule::Dfa));
    assert_eq!(counts(Rule::Bp), (parameters, 0, [all_outputs, 3 * 8, 0, 12]));
    assert_eq!(counts(Rule::Fa), (parameters, 4 * 8 + 8 * 5 + 5 * 3, [all_outputs, 3 * 8, 0, 12]));
}

#[test]
fn the_plan_of_a_small_network_with_convolutions_is_what_one_counts_by_hand() {
    let counts = |rule| {
        let plan = plan(&pictures(), rule, 3);
        (plan.parameters, plan.feedback, [plan.activations, plan.signals, plan.coefficients, plan.gradient])
    };
    let filters = [3 * 9, 4 * 3 * 4];
    let parameters = (filters[0] + 3) + (filters[1] + 4) + (4 * 5 + 5) + (5 * 3 + 3);
    let outputs = [3 * 42, 3 * 9, 4 * 16, 4, 4, 5, 5, 3];
    let (two_buffers, all_outputs) = (3 * (outputs[0] + outputs[1]), 3 * outputs.iter().sum::<usize>());
    let projections = 3 * (3 * 42 + 4 * 16 + 5); // before pooling
    let gradient = filters[1] + 4;
    assert_eq!(counts(Rule::Drtp), (parameters, projections, [two_buffers, 3 * 42, 9, gradient]));
    assert_eq!(counts(Rule::LocalError), counts(Rule::Drtp));
    assert_eq!(counts(Rule::Shallow), (parameters, 0, [two_buffers, 9, 0, gradient]));
    assert_eq!(counts(Rule::Dfa), (parameters, projections, [all_outputs, 3 * 126, 9, gradient]));
    assert_eq!(counts(Rule::Sdfa), counts(Rule::Dfa));
    assert_eq!(counts(Rule::Bp), (parameters, 0, [all_outputs, 3 * 126, 0, gradient]));
    assert_eq!(counts(Rule::Fa), (parameters, filters[1] + 4 * 5 + 5 * 3, [all_outputs, 3 * 126, 0, gradient]));
}

#[test]
fn a_local_rule_makes_its_signal_for_a_block_of_neurons_or_for_one_sample() {
    for (neurons, block) in [(5, 5), (31, 31), (32, 32), (33, 32), (100, 32), (257, 48), (500, 64), (1000, 128)] {
        let layers = [dense(4, neurons, Activation::Tanh), dense(neurons, 3, Activation::Identity)];
        for rule in [Rule::Drtp, Rule::LocalError, Rule::LocalErrorLearned] {
            assert_eq!(plan(&layers, rule, 10).signals, 10 * block, "{rule:?}, {neurons} neurons");
        }
        let Layer::Dense(layer) = layers[0] else { panic!("the first layer is dense") };
        assert!(layer.blocks().flatten().eq(0..neurons) && layer.blocks().all(|units| units.len() <= block));
        let outputs_alone = [dense(4, 2, Activation::Tanh), dense(2, neurons, Activation::Identity)];
        assert_eq!(plan(&outputs_alone, Rule::Drtp, 10).signals, 10 * neurons);
    }
    let filters = conv_chain(shape(1, 6, 5), 4, 2, 3);
    assert_eq!([1, 10, 100].map(|batch| plan(&filters, Rule::Drtp, batch).signals), [120, 120, 300]);
}

#[test]
fn on_five_unpooled_convolutions_drtp_needs_less_than_two_fifths_of_the_transient_bytes_of_bp() {
    let layers = conv_chain(shape(1, 28, 28), 32, 5, 10);
    let transient = |rule| plan(&layers, rule, 100).transient_bytes() as f64;
    for rule in LOCAL {
        assert!(
            transient(rule) <= 0.4 * transient(Rule::Bp),
            "{rule:?}: {} of {}",
            transient(rule),
            transient(Rule::Bp)
        );
    }
}

#[test]
fn the_regions_add_up_to_the_stated_bytes() {
    for (rule, layers) in rules_and_networks() {
        let plan = plan(&layers, rule, 3);
        let bytes = |persistent: bool| -> usize {
            let kept = |r: &plan::Region| (r.lifetime == plan::Lifetime::Persistent) == persistent;
            plan.regions().iter().filter(|r| kept(r)).map(|r| r.bytes()).sum()
        };
        assert_eq!((bytes(true), bytes(false)), (plan.persistent_bytes(), plan.transient_bytes()), "{rule:?}");
    }
}

/// Two students that differ in nothing.
fn twins(layers: &[Layer], rule: Rule, optimizer: Optimizer, batch: usize) -> [Student; 2] {
    let training = Training { optimizer, ..plain_training(rule) };
    let student = Student::new(layers, Loss::CrossEntropy, training, batch);
    [student.clone(), student]
}

fn input(layers: &[Layer]) -> Vec<f32> {
    uniform(4, 3 * layers[0].inputs(), 1.0)
}

/// Ten steps on the same three samples; `prepare` is called before each.
fn ten_steps(student: &mut Student, mut prepare: impl FnMut(&mut Student)) {
    for step in 1..=10 {
        prepare(student);
        let clock = clock(step, 3 * (step - 1), 0.1);
        student.learn(&input(&student.layers), &Targets::Labels(&LABELS), &clock).unwrap();
    }
    assert!(student.parameters.iter().all(|p| p.is_finite()));
}

#[test]
fn exactly_the_planned_scratch_is_enough_and_one_value_less_is_refused() {
    for (rule, layers) in rules_and_networks() {
        let [mut student, before] = twins(&layers, rule, Optimizer::ADAM, 3);
        let (x, expected) = (input(&layers), plan(&layers, rule, 3).scratch());
        assert_eq!(student.scratch.len(), expected);
        student.scratch.pop();
        let found = student.learn(&x, &Targets::Labels(&LABELS), &clock(1, 0, 0.1));
        assert_eq!(found, Err(Error::WrongLength { what: "the scratch", found: expected - 1, expected }), "{rule:?}");
        assert_eq!(bits(&student.parameters), bits(&before.parameters));
        student.scratch.push(0.0);
        assert!(student.learn(&x, &Targets::Labels(&LABELS), &clock(1, 0, 0.1)).is_ok(), "{rule:?}");
    }
}

#[test]
fn every_planned_value_of_scratch_is_used_where_layers_are_equal() {
    // 1x1 filters, so that the output layer's neurons have more weights than a convolution
    let filters = Conv { kernel: 1, padding: 0, ..as_conv(&conv(shape(2, 3, 3), 2, Activation::Tanh)) };
    let pixels = [vec![Layer::Conv(filters); 4], vec![dense(18, 3, Activation::Identity)]].concat();
    let networks = [chain(6, 6, 5, 3), chain(64, 64, 5, 3), pixels];
    for (rule, layers) in Rule::ALL.into_iter().flat_map(|rule| networks.iter().map(move |layers| (rule, layers))) {
        let mut student = Student::new(layers, Loss::CrossEntropy, plain_training(rule), 3);
        let untouched = f32::from_bits(0x7fc0_1234);
        student.scratch.fill(untouched);
        student.learn(&input(layers), &Targets::Labels(&LABELS), &clock(1, 0, 0.1)).unwrap();
        let idle = student.scratch.iter().filter(|v| v.to_bits() == untouched.to_bits()).count();
        assert_eq!(idle, 0, "{rule:?}: of {} planned for {layers:?}", student.scratch.len());
    }
}

fn as_conv(layer: &Layer) -> Conv {
    if let Layer::Conv(conv) = layer { *conv } else { panic!("{layer:?} is no convolution") }
}

#[test]
fn inference_runs_in_exactly_its_planned_scratch() {
    for layers in networks() {
        let student = Student::new(&layers, Loss::CrossEntropy, plain_training(Rule::Drtp), 3);
        let (network, x) = (student.network(), input(&layers));
        let expected = Plan::inference(&network, 3);
        let mut scratch = vec![0.0; expected];
        assert_eq!(infer(&Plain, &network, &student.parameters, &x, &mut scratch).unwrap().len(), 9);
        let found = infer(&Plain, &network, &student.parameters, &x, &mut scratch[1..]).map(|y| y.len());
        assert_eq!(found, Err(Error::WrongLength { what: "the scratch", found: expected - 1, expected }));
    }
}

#[test]
fn nothing_is_read_from_scratch_that_the_same_call_did_not_write() {
    for (rule, layers) in rules_and_networks() {
        let [mut clean, mut poisoned] = twins(&layers, rule, Optimizer::Sgd, 3);
        ten_steps(&mut clean, |student| student.scratch.fill(0.0));
        ten_steps(&mut poisoned, |student| student.scratch.fill(f32::NAN));
        assert_eq!(bits(&clean.parameters), bits(&poisoned.parameters), "{rule:?}");
    }
}

#[test]
fn longer_scratch_and_a_smaller_batch_than_planned_change_nothing() {
    for (rule, layers) in rules_and_networks() {
        let [mut exact, _] = twins(&layers, rule, Optimizer::NESTEROV, 3);
        let [mut roomy, _] = twins(&layers, rule, Optimizer::NESTEROV, 64);
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
        layouts: &[],
        readouts: &mut student.readouts,
        optimizer: &mut student.optimizer,
        feedback: Feedback::Seeded(FEEDBACK_SEED),
        scratch: &mut student.scratch,
    };
    learn(&Plain, &network, &student.training, memory, &input(&student.layers), &Targets::Labels(&LABELS), clock)
        .unwrap();
}

#[test]
fn feedback_drawn_again_gives_the_bits_of_feedback_stored() {
    for (rule, layers) in rules_and_networks() {
        let [mut stored, mut seeded] = twins(&layers, rule, Optimizer::ADAM, 3);
        ten_steps(&mut stored, |_| {});
        (1..=10).for_each(|step| learn_seeded(&mut seeded, &clock(step, 3 * (step - 1), 0.1)));
        assert_eq!(bits(&stored.parameters), bits(&seeded.parameters), "{rule:?}");
        assert_eq!(bits(&stored.optimizer), bits(&seeded.optimizer), "{rule:?}");
    }
}

/// The learning step of a student whose memory was spoilt is refused, naming `slice`, and changes nothing.
#[track_caller]
fn assert_refused(slice: &str, rule: Rule, spoil: impl Fn(&mut Student, &mut Vec<f32>)) {
    let [mut student, _] = twins(&mixed(), rule, Optimizer::ADAM, 3);
    let mut x = input(&mixed());
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
        assert_refused("the readouts", rule, |s, _| s.readouts.push(0.0));
        assert_refused("the feedback", rule, |s, _| s.feedback.push(0.0));
        assert_refused("the scratch", rule, |s, _| s.scratch.clear());
    }
    for rule in [Rule::Fa, Rule::Dfa, Rule::Sdfa, Rule::Drtp, Rule::LocalError, Rule::LocalHinge, Rule::DrtpGated] {
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
    let drawn = draw_readouts(&network, Rule::Drtp, 1, &mut [0.0]);
    assert_eq!(drawn, refused("the readouts", 1, 0));
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

#[test]
fn a_layout_that_the_kernels_do_not_know_is_refused_and_so_is_one_too_few() {
    let [mut student, _] = twins(&mixed(), Rule::Drtp, Optimizer::Sgd, 3);
    let (x, count) = (input(&mixed()), mixed().len());
    let mut learn_with_layouts = |layouts: &[Layout]| {
        let network = Spec { layers: &student.layers, loss: student.loss }.check().unwrap();
        let memory = Memory {
            parameters: &mut student.parameters,
            layouts,
            readouts: &mut student.readouts,
            optimizer: &mut student.optimizer,
            feedback: Feedback::Stored(&student.feedback),
            scratch: &mut student.scratch,
        };
        let targets = Targets::Labels(&LABELS);
        learn(&Plain, &network, &student.training, memory, &x, &targets, &clock(1, 0, 0.1)).map(drop)
    };
    let mut layouts = vec![Layout::Rows; count];
    assert_eq!(learn_with_layouts(&layouts), Ok(()));
    let expected = Error::WrongLength { what: "the layouts", found: count - 1, expected: count };
    assert_eq!(learn_with_layouts(&layouts[1..]), Err(expected));
    layouts[count - 1] = Layout::Panels;
    assert_eq!(learn_with_layouts(&layouts), Err(Error::UnsupportedLayout { layer: count - 1 }));
}
