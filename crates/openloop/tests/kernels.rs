//! Every fast kernel against the core's oracle, at sizes 0, 1, lane - 1, lane, lane + 1 and some beyond a block, and the
//! same bits on one and on three threads.

use openloop::kernels::{Fast, repack};
use openloop_core::kernels::{Pass, Projection};
use openloop_core::layer::{Along, Conv, Dense, Layer, Pool, Pooling, conv, dense, pool};
use openloop_core::matrix::Matrix;
use openloop_core::optimizer::{Optimizer, Slots};
use openloop_core::random::{Purpose, Stream};
use openloop_core::weights::{Layout, Trainable, Weights};
use openloop_core::{Activation, Kernels, Shape};
use proptest::prelude::*;

/// Sizes where vector code goes wrong: around 8 and 16 lanes, around a block of 32, and beyond it.
const SIZES: [usize; 14] = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 130];
const BATCHES: [usize; 9] = [0, 1, 2, 7, 8, 15, 16, 17, 40];

fn values(number: u32, length: usize) -> Vec<f32> {
    let mut out = vec![0.0; length];
    Stream::new(9, Purpose::Data, number).fill_uniform(0, 1.0, &mut out);
    out
}

fn close(what: &str, found: &[f32], expected: &[f32], terms: usize) {
    let allowed = 1e-6 * (1.0 + terms as f32).sqrt() * 4.0;
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= allowed * (1.0 + e.abs()), "{what}[{i}]: {f} against {e}");
    }
}

fn activations() -> impl Strategy<Value = Activation> {
    prop::sample::select(Activation::ALL.to_vec())
}

fn optimizers() -> impl Strategy<Value = Optimizer> {
    let all = [Optimizer::Sgd, Optimizer::MOMENTUM, Optimizer::NESTEROV, Optimizer::ADAM, Optimizer::RMSPROP];
    prop::sample::select(all.to_vec())
}

fn size() -> impl Strategy<Value = usize> {
    prop::sample::select(SIZES.to_vec())
}

fn batch() -> impl Strategy<Value = usize> {
    prop::sample::select(BATCHES.to_vec())
}

/// One thread and three; the work is repeated so that it is worth splitting at the larger sizes.
fn both() -> [Fast; 2] {
    [Fast::new(1).unwrap(), Fast::new(3).unwrap()]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn dense_forward_is_the_oracles(inputs in size(), outputs in size(), batch in batch(), activation in activations()) {
        let layer = Dense { inputs, outputs, activation };
        let (parameters, x) = (values(0, layer.parameters()), values(1, batch * inputs));
        let mut expected = vec![9.0; batch * outputs];
        dense::forward(&layer, &parameters, &x, &mut expected);
        let [one, three] = both().map(|kernels| {
            let mut a = vec![7.0; batch * outputs];
            kernels.dense_forward(&layer, Weights::in_rows(&parameters), &x, &mut a);
            a
        });
        close("a", &one, &expected, inputs);
        prop_assert_eq!(one, three);
    }

    #[test]
    fn dense_input_gradient_is_the_oracles(inputs in size(), outputs in size(), batch in batch()) {
        let layer = Dense { inputs, outputs, activation: Activation::Tanh };
        let (weights, delta) = (values(0, layer.weights()), values(1, batch * outputs));
        let mut expected = vec![9.0; batch * inputs];
        dense::input_gradient(&layer, Matrix::Stored(&weights), &delta, &mut expected);
        let [one, three] = both().map(|kernels| {
            let mut gradient = vec![7.0; batch * inputs];
            kernels.dense_input_gradient(&layer, Matrix::Stored(&weights), &delta, &mut gradient);
            gradient
        });
        close("gradient", &one, &expected, outputs);
        prop_assert_eq!(one, three);
    }

    #[test]
    fn dense_update_is_the_oracles(
        inputs in size(), outputs in size(), batch in batch(), optimizer in optimizers(),
    ) {
        let layer = Dense { inputs, outputs, activation: Activation::Tanh };
        let (x, delta) = (values(1, batch * inputs), values(2, batch * outputs));
        let step = optimizer.step(3, 0.01);
        // squares must not be negative, and not so small that a tiny gradient makes a full step
        let state: Vec<f32> = values(3, layer.parameters() * optimizer.slots()).iter().map(|v| v.abs() + 0.1).collect();
        let run = |update: &dyn Fn(Trainable<'_>, &mut [f32])| {
            let (mut parameters, mut state) = (values(0, layer.parameters()), state.clone());
            let slots = Slots::new(&mut state, layer.parameters());
            update(Trainable { parameters: &mut parameters, slots, layout: Layout::Rows }, &mut vec![5.0; inputs]);
            (parameters, state)
        };
        // some neurons only, as a local rule's block would
        let units = outputs / 3..outputs;
        let delta = &delta[..batch * units.len()];
        let expected = run(&|own, row| dense::update(&layer, own, units.clone(), &x, delta, &step, row));
        let pass = || Pass { units: units.clone(), x: &x, delta };
        let [one, three] = both().map(|fast| run(&|own, row| fast.dense_update(&layer, own, pass(), &step, row)));
        close("parameters", &one.0, &expected.0, batch);
        close("state", &one.1, &expected.1, batch);
        prop_assert_eq!(one, three);
    }

    #[test]
    fn projections_and_readouts_are_the_oracles(rows in size(), columns in size(), batch in batch()) {
        let (matrix, coefficients) = (values(0, rows * columns), values(1, batch * rows));
        let matrix = Matrix::Stored(&matrix);
        let projection = Projection { matrix, outputs: rows, columns, factor: 0.5 };
        let range = columns / 3..columns;
        let (mut expected, a) = (vec![9.0; batch * range.len()], values(2, batch * columns));
        matrix.product(rows, columns, range.clone(), &coefficients, 0.5, &mut expected);
        let mut expected_readout = vec![9.0; batch * rows];
        matrix.read_out(rows, columns, &a, &mut expected_readout);
        let [one, three] = both().map(|kernels| {
            let (mut out, mut readout) = (vec![7.0; batch * range.len()], vec![7.0; batch * rows]);
            kernels.project(&projection, range.clone(), &coefficients, &mut out);
            kernels.read_out(&projection, &a, &mut readout);
            (out, readout)
        });
        close("projection", &one.0, &expected, rows);
        close("readout", &one.1, &expected_readout, columns);
        prop_assert_eq!(one, three);
    }
}

/// A forward product and an update: what learns, its outputs, room for a gradient.
type Products<'p> = dyn Fn(Trainable<'_>, &mut [f32], &mut [f32]) + 'p;

/// Inputs of which most are 0, as a batch's pictures of digits.
fn mostly_zeros(count: usize) -> Vec<f32> {
    values(1, count).iter().enumerate().map(|(i, v)| if (i * 7919) % 11 < 2 { *v } else { 0.0 }).collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn products_with_sparse_inputs_are_the_oracles(
        inputs in size(), outputs in prop_oneof![1..10usize, 60..70usize, 120..200usize], batch in prop_oneof![Just(1usize), 14..40usize],
        activation in activations(), optimizer in optimizers(),
    ) {
        let layer = Dense { inputs, outputs, activation };
        let (x, delta) = (mostly_zeros(batch * inputs), values(2, batch * outputs));
        let step = optimizer.step(3, 0.01);
        let state: Vec<f32> = values(3, layer.parameters() * optimizer.slots()).iter().map(|v| v.abs() + 0.1).collect();
        let run = |kernels: &Products<'_>| {
            let (mut parameters, mut state) = (values(0, layer.parameters()), state.clone());
            let (mut a, mut row) = (vec![7.0; batch * outputs], vec![5.0; inputs]);
            let slots = Slots::new(&mut state, layer.parameters());
            kernels(Trainable { parameters: &mut parameters, slots, layout: Layout::Rows }, &mut a, &mut row);
            (a, parameters, state)
        };
        let units = outputs / 3..outputs;
        let delta = &delta[..batch * units.len()];
        let expected = run(&|own, a, row| {
            dense::forward(&layer, own.parameters, &x, a);
            dense::update(&layer, own, units.clone(), &x, delta, &step, row);
        });
        let [one, three] = both().map(|fast| run(&|own, a, row| {
            fast.dense_forward(&layer, own.weights(), &x, a);
            fast.dense_update(&layer, own, Pass { units: units.clone(), x: &x, delta }, &step, row);
        }));
        close("a", &one.0, &expected.0, inputs);
        close("parameters", &one.1, &expected.1, batch);
        close("state", &one.2, &expected.2, batch);
        prop_assert_eq!(one, three);
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn products_with_weights_in_panels_are_the_oracles(
        inputs in size(), outputs in prop_oneof![1..40usize, 60..70usize, 120..200usize, 510..530usize],
        batch in prop_oneof![Just(1usize), 2..40usize], sparse in any::<bool>(),
        activation in activations(), optimizer in optimizers(),
    ) {
        let layer = Dense { inputs, outputs, activation };
        let x = if sparse { mostly_zeros(batch * inputs) } else { values(1, batch * inputs) };
        let delta = values(2, batch * outputs);
        let step = optimizer.step(3, 0.01);
        let state: Vec<f32> = values(3, layer.parameters() * optimizer.slots()).iter().map(|v| v.abs() + 0.1).collect();
        let run = |layout: Layout, kernels: &Products<'_>| {
            let (mut parameters, mut state) = (values(0, layer.parameters()), state.clone());
            let (mut a, mut row) = (vec![7.0; batch * outputs], vec![5.0; inputs]);
            let repack_all = |into: Layout, parameters: &mut [f32], state: &mut [f32]| if layout == Layout::Panels {
                repack(&layer, into, parameters);
                state.chunks_mut(layer.parameters()).for_each(|state| repack(&layer, into, state));
            };
            repack_all(Layout::Panels, &mut parameters, &mut state);
            let slots = Slots::new(&mut state, layer.parameters());
            kernels(Trainable { parameters: &mut parameters, slots, layout }, &mut a, &mut row);
            repack_all(Layout::Rows, &mut parameters, &mut state);
            (a, parameters, state)
        };
        let expected = run(Layout::Rows, &|own, a, row| {
            dense::forward(&layer, own.parameters, &x, a);
            dense::update(&layer, own, 0..outputs, &x, &delta, &step, row);
        });
        let [one, three] = both().map(|fast| run(Layout::Panels, &|own, a, row| {
            fast.dense_forward(&layer, own.weights(), &x, a);
            fast.dense_update(&layer, own, Pass { units: 0..outputs, x: &x, delta: &delta }, &step, row);
        }));
        close("a", &one.0, &expected.0, inputs);
        close("parameters", &one.1, &expected.1, batch);
        close("state", &one.2, &expected.2, batch);
        prop_assert_eq!(one, three);
    }
}

/// Convolutions of all sorts whose filter fits.
fn convs() -> impl Strategy<Value = Conv> {
    let along = proptest::sample::select(vec![Along::Both, Along::Height, Along::Width]);
    // a window of moments has one column
    let widths = prop_oneof![3 => 1..20usize, 1 => Just(1)];
    let sizes = (1..4usize, 1..20usize, widths, 1..10usize, 1..6usize, 1..4usize, 0..3usize, along);
    let conv = sizes.prop_map(|(channels_in, height, width, channels, kernel, stride, padding, along)| Conv {
        input: Shape { channels: channels_in, height, width },
        channels,
        kernel,
        stride,
        padding,
        along,
        norm: false,
        pooled_readout: false,
        activation: Activation::Tanh,
    });
    conv.prop_filter("the filter must fit", |conv| conv.output().size() > 0)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn conv_forward_is_the_oracles(layer in convs(), batch in 0..20usize, activation in activations()) {
        let layer = Conv { activation, ..layer };
        let (parameters, x) = (values(0, layer.parameters()), values(1, batch * layer.input.size()));
        let mut expected = vec![9.0; batch * layer.output().size()];
        conv::forward(&layer, &parameters, &x, &mut expected);
        let [one, three] = both().map(|kernels| {
            let mut a = vec![7.0; expected.len()];
            kernels.conv_forward(&layer, &parameters, &x, &mut a);
            a
        });
        close("a", &one, &expected, layer.patch());
        prop_assert_eq!(one, three);
    }

    #[test]
    fn conv_input_gradient_is_the_oracles(layer in convs(), batch in 0..20usize) {
        let (weights, delta) = (values(0, layer.weights()), values(1, batch * layer.output().size()));
        let (matrix, mut row) = (Matrix::Stored(&weights), vec![0.0; layer.patch()]);
        let mut expected = vec![9.0; batch * layer.input.size()];
        conv::input_gradient(&layer, matrix, &delta, &mut expected, &mut row);
        let [one, three] = both().map(|kernels| {
            let mut gradient = vec![7.0; expected.len()];
            kernels.conv_input_gradient(&layer, matrix, &delta, &mut gradient, &mut vec![0.0; layer.patch()]);
            gradient
        });
        close("gradient", &one, &expected, layer.channels * layer.kernel * layer.kernel);
        prop_assert_eq!(one, three);
    }

    #[test]
    fn conv_accumulate_is_the_oracles(layer in convs(), batch in 0..20usize) {
        let (x, delta) = (values(0, batch * layer.input.size()), values(1, batch * layer.output().size()));
        let mut expected = values(2, layer.parameters());
        conv::accumulate(&layer, &x, &delta, &mut expected);
        let [one, three] = both().map(|kernels| {
            let mut gradient = values(2, layer.parameters());
            kernels.conv_accumulate(&layer, &x, &delta, &mut gradient);
            gradient
        });
        let out = layer.output();
        close("gradient", &one, &expected, batch * out.height * out.width);
        prop_assert_eq!(one, three);
    }

    #[test]
    fn pooling_is_the_oracles(
        (channels, height, width) in (1..4usize, 1..20usize, 1..20usize), window in 1..4usize, batch in 0..20usize,
        pooling in prop::sample::select(vec![Pooling::Max, Pooling::Average]),
    ) {
        let layer = Pool { input: Shape { channels, height, width }, window, pooling };
        prop_assume!(layer.output().size() > 0);
        let (x, signal) = (values(0, batch * layer.input.size()), values(1, batch * layer.output().size()));
        let (mut expected, mut expected_back) = (vec![9.0; signal.len()], vec![9.0; x.len()]);
        pool::forward(&layer, &x, &mut expected);
        pool::input_gradient(&layer, &x, &signal, &mut expected_back);
        for kernels in both() {
            let (mut out, mut back) = (vec![7.0; signal.len()], vec![7.0; x.len()]);
            kernels.pool_forward(&layer, &x, &mut out);
            kernels.pool_input_gradient(&layer, &x, &signal, &mut back);
            prop_assert_eq!(&out, &expected);
            prop_assert_eq!(&back, &expected_back);
        }
    }
}

/// A whole local step, fused on the host, against the core's plain one.
#[test]
fn the_fused_local_step_is_the_oracles() {
    let dense = |inputs, outputs, activation| Layer::Dense(Dense { inputs, outputs, activation });
    // with and without columns, where the instructions allow that
    for (height, width) in [(9, 8), (5, 15)] {
        let image = Shape { channels: 2, height, width };
        let conv = Conv {
            input: image,
            channels: 5,
            kernel: 3,
            stride: 1,
            padding: 1,
            along: Along::Both,
            norm: false,
            pooled_readout: false,
            activation: Activation::Tanh,
        };
        let pool = Pool { input: conv.output(), window: 2, pooling: Pooling::Max };
        let layers = [
            Layer::Conv(conv),
            Layer::Pool(pool),
            dense(pool.output().size(), 150, Activation::Tanh),
            dense(150, 4, Activation::Identity),
        ];
        assert_steps_are_the_oracles(&layers, &values(5, 33 * image.size()));
    }
    let layers = [dense(90, 150, Activation::Tanh), dense(150, 4, Activation::Identity)];
    assert_steps_are_the_oracles(&layers, &values(5, 33 * 90));
    assert_steps_are_the_oracles(&layers, &mostly_zeros(33 * 90));
    assert_steps_are_the_oracles(&layers, &mostly_zeros(90));
    assert_steps_are_the_oracles(&layers, &values(5, 90));
}

/// The first in panels and its twin in rows.
#[test]
fn two_layers_alike_may_have_two_layouts() {
    let dense = |outputs, activation| Layer::Dense(Dense { inputs: 90, outputs, activation });
    let layers = [dense(90, Activation::Tanh), dense(90, Activation::Tanh), dense(4, Activation::Identity)];
    assert_steps_are_the_oracles(&layers, &values(5, 33 * 90));
    assert_steps_are_the_oracles(&layers, &mostly_zeros(90));
}

/// Three steps of every rule, with weights in rows and the first layer's in panels.
fn assert_steps_are_the_oracles(layers: &[Layer], x: &[f32]) {
    for optimizer in [Optimizer::Sgd, Optimizer::NESTEROV] {
        assert_steps_with_an_optimizer_are_the_oracles(layers, x, optimizer);
    }
}

fn assert_steps_with_an_optimizer_are_the_oracles(layers: &[Layer], x: &[f32], optimizer: Optimizer) {
    use openloop_core::{Clock, Feedback, Loss, Memory, Plain, Plan, Rule, Scaling, Spec, Targets, Training};
    let network = Spec { layers, loss: Loss::CrossEntropy }.check().unwrap();
    let batch = x.len() / network.inputs();
    let labels: Vec<u32> = (0..batch as u32).map(|i| i % 4).collect();
    for rule in Rule::ALL {
        let training = Training { rule, optimizer, scaling: Scaling::Mean, seed: 3 };
        let plan = Plan::learning(&network, &training, batch);
        let mut feedback = vec![0.0; plan.feedback];
        openloop_core::draw_feedback(&network, rule, 3, &mut feedback).unwrap();
        let mut drawn = vec![0.0; plan.readouts];
        openloop_core::draw_readouts(&network, rule, 3, &mut drawn).unwrap();
        let run = |layout: Layout, kernels: &dyn Fn(Memory<'_>, &Clock)| {
            let mut layouts = vec![Layout::Rows; layers.len()];
            layouts[0] = layout;
            let (mut parameters, mut optimizer) = (vec![0.0; plan.parameters], vec![0.0; plan.optimizer]);
            openloop_core::initialize(&network, 3, &mut parameters).unwrap();
            if let (Layer::Dense(first), Layout::Panels) = (layers[0], layout) {
                repack(&first, Layout::Panels, &mut parameters);
            }
            let mut readouts = drawn.clone();
            for step in 1..=3 {
                let mut scratch = vec![f32::NAN; plan.scratch() + 3 * plan.signals];
                let (parameters, optimizer, scratch) = (&mut parameters[..], &mut optimizer[..], &mut scratch[..]);
                let (readouts, feedback) = (&mut readouts[..], Feedback::Stored(&feedback));
                let memory = Memory { parameters, layouts: &layouts, readouts, optimizer, feedback, scratch };
                kernels(memory, &Clock { step, samples: 0, hidden_rate: 0.1, output_rate: 0.2 });
            }
            if let (Layer::Dense(first), Layout::Panels) = (layers[0], layout) {
                repack(&first, Layout::Rows, &mut parameters);
            }
            [parameters, readouts].concat()
        };
        let weights: Vec<f32> = (0..batch).map(|n| [0.5, 2.0, 0.0, 1.25][n % 4]).collect();
        for targets in [Targets::Labels(&labels), Targets::WeightedLabels(&labels, &weights)] {
            macro_rules! with {
                ($kernels:expr) => {
                    |memory, clock| {
                        openloop_core::learn($kernels, &network, &training, memory, x, &targets, clock).unwrap();
                    }
                };
            }
            let expected = run(Layout::Rows, &with!(&Plain));
            let [one, three] = both().map(|fast| run(Layout::Rows, &with!(&fast)));
            close(rule.name(), &one, &expected, 100);
            assert_eq!(one, three, "{}", rule.name());
            if let Layer::Dense(_) = layers[0] {
                let [one, three] = both().map(|fast| run(Layout::Panels, &with!(&fast)));
                close(rule.name(), &one, &expected, 100);
                assert_eq!(one, three, "{}, in panels", rule.name());
            }
        }
    }
}

/// Fewer in the processes below.
fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(if std::env::var_os(EXPECTED).is_some() { 60 } else { 250 })
}

/// What the processes below are told.
const HELD_BACK: &str = "OPENLOOP_INSTRUCTIONS";
const EXPECTED: &str = "OPENLOOP_TEST_EXPECTED_BITS";

/// The tests of this file once more, in a process of its own for each smaller set of instructions.
#[test]
fn the_oracle_agrees_with_every_instruction_set_of_the_machine_and_so_do_the_bits_of_single_samples() {
    if let Some(expected) = std::env::var_os(EXPECTED) {
        return assert_eq!(*bits(), *expected);
    }
    for instructions in ["avx2", "portable"] {
        let mut tests = std::process::Command::new(std::env::current_exe().unwrap());
        let tests = tests.env(HELD_BACK, instructions).env(EXPECTED, bits()).output().unwrap();
        assert!(tests.status.success(), "{instructions}: {}", String::from_utf8_lossy(&tests.stdout));
    }
}

/// A checksum over what the kernels make of single samples that are mostly zeros, and of single samples without any.
fn bits() -> String {
    let layer = Dense { inputs: 90, outputs: 70, activation: Activation::Tanh };
    let (x, delta) = ([mostly_zeros(20 * 90), values(1, 20 * 90)].concat(), values(2, 40 * 70));
    let mut parameters = values(0, layer.parameters());
    let (fast, mut row, mut a) = (Fast::new(1).unwrap(), [0.0; 90], [0.0; 70]);
    let step = Optimizer::Sgd.step(1, 0.01);
    let mut bits = 0u64;
    for (x, delta) in x.chunks_exact(90).zip(delta.chunks_exact(70)) {
        for layout in [Layout::Panels, Layout::Rows] {
            let own = Trainable { parameters: &mut parameters, slots: Slots::default(), layout };
            fast.dense_forward(&layer, own.weights(), x, &mut a);
            fast.dense_update(&layer, own, Pass { units: 0..layer.outputs, x, delta }, &step, &mut row);
            let values = a.iter().chain(&parameters).map(|value| u64::from(value.to_bits()));
            bits = values.fold(bits, |sum, bits| sum.wrapping_mul(31).wrapping_add(bits));
        }
    }
    bits.to_string()
}

/// What a local rule learns from several batches layer by layer, and every rule batch by batch.
#[test]
fn batches_learned_from_together_give_the_bits_of_one_after_the_other() {
    let image = Shape { channels: 1, height: 6, width: 15 };
    let conv = Conv {
        input: image,
        channels: 3,
        kernel: 3,
        stride: 1,
        padding: 1,
        along: Along::Both,
        norm: false,
        pooled_readout: false,
        activation: Activation::Tanh,
    };
    let dense = |inputs, outputs| Dense { inputs, outputs, activation: Activation::Tanh };
    let last = Dense { activation: Activation::Identity, ..dense(70, 4) };
    let chain = [dense(90, 150), dense(150, 70), last];
    let behind_conv = [dense(conv.output().size(), 70), last];
    let with_dropout = |first: Layer, rest: &[Dense]| {
        let half = openloop_core::layer::Dropout { units: first.outputs(), probability: 0.5 };
        let rest = rest.iter().map(|layer| Layer::Dense(*layer));
        [first, Layer::Dropout(half)].into_iter().chain(rest).collect::<Vec<_>>()
    };
    for x in [values(5, 67 * 90), mostly_zeros(67 * 90)] {
        assert_together_is_one_by_one(&with_dropout(Layer::Dense(chain[0]), &chain[1..]), &chain, &x);
        assert_together_is_one_by_one(&with_dropout(Layer::Conv(conv), &behind_conv), &behind_conv[..1], &x);
    }
}

fn assert_together_is_one_by_one(layers: &[Layer], panels: &[Dense], x: &[f32]) {
    use openloop_core::{Plain, Rule};
    let kinds = [(1, Optimizer::Sgd), (1, Optimizer::ADAM), (8, Optimizer::NESTEROV), (32, Optimizer::Sgd)].into_iter();
    for (rule, (size, optimizer)) in Rule::ALL.into_iter().flat_map(|rule| kinds.clone().map(move |kind| (rule, kind)))
    {
        let learn = |together, panels| Learned { layers, x, rule, size, optimizer, together, panels };
        let what = format!("{}, batches of {size}", rule.name());
        assert_eq!(learn(true, &[]).by(&Plain), learn(false, &[]).by(&Plain), "{what}");
        for fast in both() {
            assert_eq!(learn(true, &[]).by(&fast), learn(false, &[]).by(&fast), "{what}, {} threads", fast.threads());
            // layers that hand no signal down
            let panels = if rule == Rule::Bp { &[] } else { panels };
            assert_eq!(learn(true, panels).by(&fast), learn(false, panels).by(&fast), "{what}, in panels");
        }
    }
}

/// Some batches to learn from, together or one after the other.
struct Learned<'l> {
    layers: &'l [Layer],
    x: &'l [f32],
    rule: openloop_core::Rule,
    size: usize,
    optimizer: Optimizer,
    together: bool,
    /// The layers whose weights lie in panels.
    panels: &'l [Dense],
}

impl Learned<'_> {
    /// What the network is afterwards, and what each batch's outcome was.
    fn by(&self, kernels: &impl Kernels) -> Vec<f32> {
        use openloop_core::{Batches, Clock, Feedback, Loss, Memory, Plan, Scaling, Spec, Targets, Training};
        let network = Spec { layers: self.layers, loss: Loss::CrossEntropy }.check().unwrap();
        let training = Training { rule: self.rule, optimizer: self.optimizer, scaling: Scaling::Mean, seed: 3 };
        let samples = self.x.len() / network.inputs();
        let labels: Vec<u32> = (0..samples as u32).map(|i| i % 4).collect();
        let plan = Plan::learning_batches(&network, &training, self.size, samples);
        let in_panels = |layer: &Layer| self.panels.iter().any(|dense| *layer == Layer::Dense(*dense));
        let layout = |layer| if in_panels(layer) { Layout::Panels } else { Layout::Rows };
        let layouts: Vec<Layout> = self.layers.iter().map(layout).collect();
        let [mut parameters, mut feedback, mut readouts, mut optimizer] =
            [plan.parameters, plan.feedback, plan.readouts, plan.optimizer].map(|count| vec![0.0; count]);
        openloop_core::initialize(&network, 3, &mut parameters).unwrap();
        openloop_core::draw_feedback(&network, self.rule, 3, &mut feedback).unwrap();
        openloop_core::draw_readouts(&network, self.rule, 3, &mut readouts).unwrap();
        let mut outcomes = Vec::new();
        let clock = |b: usize| Clock {
            step: b as u64 + 1,
            samples: (b * self.size) as u64,
            hidden_rate: 0.1 / (b + 1) as f32,
            output_rate: 0.2 / (b + 2) as f32,
        };
        let clocks: Vec<Clock> = (0..samples.div_ceil(self.size)).map(clock).collect();
        let each = if self.together { samples } else { self.size };
        let parts = self.x.chunks(each * network.inputs()).zip(labels.chunks(each));
        for ((x, labels), clocks) in parts.zip(clocks.chunks(each.div_ceil(self.size))) {
            let mut scratch = vec![f32::NAN; plan.scratch() + 3 * plan.signals];
            let memory = Memory {
                parameters: &mut parameters,
                layouts: &layouts,
                readouts: &mut readouts,
                optimizer: &mut optimizer,
                feedback: Feedback::Stored(&feedback),
                scratch: &mut scratch,
            };
            let batches = Batches { targets: Targets::Labels(labels), size: self.size, clocks };
            let mut on_batch = |outcome: openloop_core::Outcome| outcomes.extend([outcome.loss, outcome.wrong as f32]);
            openloop_core::learn_batches(kernels, &network, &training, memory, &batches, x, &mut on_batch).unwrap();
        }
        [parameters, readouts, optimizer, outcomes].concat()
    }
}

#[test]
fn a_layer_in_panels_that_hands_a_signal_down_is_refused_and_so_is_a_convolution_in_panels() {
    use openloop_core::{Clock, Error, Feedback, Loss, Memory, Plan, Rule, Scaling, Spec, Targets, Training};
    let image = Shape { channels: 1, height: 4, width: 4 };
    let conv = Conv {
        input: image,
        channels: 3,
        kernel: 3,
        stride: 1,
        padding: 1,
        along: Along::Both,
        norm: false,
        pooled_readout: false,
        activation: Activation::Tanh,
    };
    let dense = Dense { inputs: 48, outputs: 4, activation: Activation::Identity };
    let layers = [Layer::Conv(conv), Layer::Dense(dense)];
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().unwrap();
    let fast = Fast::new(1).unwrap();
    let learn = |rule: Rule, layouts: &[Layout]| {
        let training = Training { rule, optimizer: Optimizer::Sgd, scaling: Scaling::Mean, seed: 3 };
        let plan = Plan::learning(&network, &training, 1);
        let memory = Memory {
            parameters: &mut vec![0.0; plan.parameters],
            layouts,
            readouts: &mut [],
            optimizer: &mut [],
            feedback: Feedback::Stored(&vec![0.0; plan.feedback]),
            scratch: &mut vec![0.0; plan.scratch()],
        };
        let clock = Clock { step: 1, samples: 0, hidden_rate: 0.1, output_rate: 0.1 };
        openloop_core::learn(&fast, &network, &training, memory, &[0.5; 16], &Targets::Labels(&[1]), &clock).map(drop)
    };
    let last = [Layout::Rows, Layout::Panels];
    assert_eq!(learn(Rule::Drtp, &last), Ok(()));
    assert_eq!(learn(Rule::Fa, &last), Ok(()), "the signal goes through a matrix of its own");
    assert_eq!(learn(Rule::Bp, &last), Err(Error::UnsupportedLayout { layer: 1 }));
    assert_eq!(learn(Rule::Drtp, &[Layout::Panels, Layout::Rows]), Err(Error::UnsupportedLayout { layer: 0 }));
}

/// Large enough that the work really is split over threads.
#[test]
fn a_large_layer_has_the_same_bits_on_any_number_of_threads() {
    let layer = Dense { inputs: 300, outputs: 200, activation: Activation::Tanh };
    let batch = 64;
    let (x, delta) = (values(1, batch * layer.inputs), values(2, batch * layer.outputs));
    let step = Optimizer::ADAM.step(1, 0.01);
    let results = [1, 2, 3, 5].map(|threads| {
        let kernels = Fast::new(threads).unwrap();
        let mut parameters = values(0, layer.parameters());
        let mut state = vec![0.0; 2 * layer.parameters()];
        let (mut a, mut gradient) = (vec![0.0; batch * layer.outputs], vec![0.0; batch * layer.inputs]);
        kernels.dense_forward(&layer, Weights::in_rows(&parameters), &x, &mut a);
        let weights = Matrix::Stored(&parameters[..layer.weights()]);
        kernels.dense_input_gradient(&layer, weights, &delta, &mut gradient);
        for layout in [Layout::Rows, Layout::Panels] {
            let slots = Slots::new(&mut state, layer.parameters());
            let own = Trainable { parameters: &mut parameters, slots, layout };
            let pass = Pass { units: 0..layer.outputs, x: &x, delta: &delta };
            kernels.dense_update(&layer, own, pass, &step, &mut vec![0.0; layer.inputs]);
        }
        let weights = Weights { values: &parameters, layout: Layout::Panels };
        kernels.dense_forward(&layer, weights, &x, &mut a);
        (a, gradient, parameters, state)
    });
    assert!(results.iter().all(|result| *result == results[0]));
}
