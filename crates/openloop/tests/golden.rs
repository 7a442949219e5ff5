//! The PyTorch twin's numbers (`golden/make_dense.py`, `golden/make_conv.py`, `golden/make_series.py`) against the core and the fast kernels: outputs, losses, every
//! gradient, and the weights after two steps, within 1e-5 relative (of the tensor's largest value, where one is small).

use openloop::kernels::Fast;
use openloop_core::*;
use safetensors::SafeTensors;

const BATCH: usize = 3;
const OUTPUTS: usize = 4;
const RELATIVE: f32 = 1e-5;

struct Golden {
    bytes: Vec<u8>,
    /// Stands before the names of a network's own tensors.
    net: &'static str,
}

impl Golden {
    fn open(file: &str, net: &'static str) -> Self {
        let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
        Golden { bytes: std::fs::read(path).unwrap(), net }
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap()
    }

    fn has(&self, name: &str) -> bool {
        self.tensors().tensor(&format!("{}{name}", self.net)).is_ok()
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let (tensors, name) = (self.tensors(), format!("{}{name}", self.net));
        let tensor = tensors.tensor(&name).unwrap_or_else(|_| panic!("{name} is missing"));
        tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }

    fn labels(&self, batch: usize) -> Vec<u32> {
        let tensors = self.tensors();
        let tensor = tensors.tensor(&format!("labels{batch}")).unwrap();
        tensor.data().as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
    }

    /// Weights and biases from layer `first` on in the core's order; `prefix` is empty for the initial ones, ends in `g`
    /// for gradients.
    fn parameters(&self, prefix: &str, first: usize) -> Vec<f32> {
        let layers = (first..).take_while(|k| self.has(&format!("w{k}")));
        layers
            .flat_map(|k| [self.floats(&format!("{prefix}w{k}")), self.floats(&format!("{prefix}b{k}"))])
            .flatten()
            .collect()
    }

    /// The hidden layers' own classifiers, weights and biases. They start as the fixed matrices with biases of 0; after
    /// steps, and as gradients, they stand in the file under `prefix`.
    fn readouts(&self, prefix: &str, first: usize) -> Vec<f32> {
        let layers = (first..).take_while(|k| self.has(&format!("feedback{k}")));
        let of_layer = |k: usize| match prefix {
            "" => [self.floats(&format!("feedback{k}")), vec![0.0; OUTPUTS]],
            _ => [self.floats(&format!("{prefix}readout{k}")), self.floats(&format!("{prefix}readout_bias{k}"))],
        };
        layers.flat_map(of_layer).flatten().collect()
    }

    fn feedback(&self, rule: Rule, first: usize) -> Vec<f32> {
        let (name, first) = match rule {
            Rule::Bp | Rule::Shallow => return Vec::new(),
            Rule::Fa => ("fa", first + 1),
            _ => ("feedback", first),
        };
        let matrices = (first..).take_while(|k| self.has(&format!("{name}{k}")));
        matrices.flat_map(|k| self.floats(&format!("{name}{k}"))).collect()
    }
}

#[derive(Clone, Copy)]
struct Case {
    activation: Activation,
    loss: Loss,
    rule: Rule,
    frozen: bool,
}

impl Case {
    fn new(activation: Activation, loss: Loss, rule: Rule) -> Self {
        Case { activation, loss, rule, frozen: false }
    }

    /// The path of its tensors: `tanh/bce/drtp/`, or `A/bce/drtp-frozen/` behind the network's name.
    fn prefix(&self, dense: bool) -> String {
        use openloop::settings::names::Named;
        let activation = if dense { format!("{}/", Named::name(self.activation)) } else { String::new() };
        let frozen = if self.frozen { "-frozen" } else { "" };
        format!("{activation}{}/{}{frozen}/", Named::name(self.loss), self.rule.name())
    }
}

/// 7-6-5-4.
fn dense_layers(case: Case) -> Vec<Layer> {
    let last = if case.loss == Loss::MeanSquaredError { Activation::Tanh } else { Activation::Identity };
    let dense = |inputs, outputs, activation| Layer::Dense(Dense { inputs, outputs, activation });
    vec![dense(7, 6, case.activation), dense(6, 5, case.activation), dense(5, 4, last)]
}

/// The three convolutional networks of `golden/make_conv.py`, and the two of `golden/make_series.py`.
fn conv_layers(net: &str) -> Vec<Layer> {
    let (image, text) = match net {
        "A/" => (Shape { channels: 2, height: 7, width: 6 }, "conv3k3p1 pool2 fc5"),
        "B/" => (Shape { channels: 2, height: 8, width: 8 }, "conv3k3p1 pool2 conv4k3s2p1 avgpool2 fc5"),
        "S/" => (Shape { channels: 3, height: 12, width: 1 }, "conv4x5p2 pool2 conv3x3s2p1 avgpool2 fc5"),
        "T/" => (Shape { channels: 2, height: 9, width: 1 }, "conv3x4 pool2"),
        _ => (Shape { channels: 1, height: 6, width: 6 }, "conv2k5p2 conv3k3"),
    };
    let style = openloop::settings::net::LayerStyle::new(Activation::Tanh, 0.0, Loss::CrossEntropy, false);
    text.parse::<openloop::settings::net::Net>().unwrap().layers(image, OUTPUTS, &style).unwrap()
}

fn close(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        let allowed = RELATIVE * e.abs().max(0.1 * largest);
        assert!((f - e).abs() <= allowed, "{what}[{i}]: {f} against {e}");
    }
}

/// A network at the golden file's initial weights.
struct Twin<'g> {
    golden: &'g Golden,
    case: Case,
    optimizer: Optimizer,
    layers: &'g [Layer],
    parameters: Vec<f32>,
    readouts: Vec<f32>,
    state: Vec<f32>,
    feedback: Vec<f32>,
}

impl<'g> Twin<'g> {
    fn new(golden: &'g Golden, case: Case, layers: &'g [Layer], optimizer: Optimizer) -> Self {
        let first = usize::from(case.frozen);
        let parameters = golden.parameters("", 0);
        let feedback = golden.feedback(case.rule, first);
        let (readouts, feedback) =
            if case.rule.learns_readout() { (golden.readouts("", first), Vec::new()) } else { (Vec::new(), feedback) };
        let state = vec![0.0; (golden.parameters("", first).len() + readouts.len()) * optimizer.slots()];
        Twin { golden, case, optimizer, layers, parameters, readouts, state, feedback }
    }

    fn network(&self) -> Checked<'g> {
        Spec { layers: self.layers, loss: self.case.loss }.check().unwrap()
    }

    /// Layers of the frozen front end: a convolution and its pool.
    fn front(&self) -> usize {
        if self.case.frozen { 2 } else { 0 }
    }

    fn outputs(&self, kernels: &impl Kernels, batch: usize) -> Vec<f32> {
        let x = self.golden.floats(&format!("x{batch}"));
        let mut scratch = vec![0.0; Plan::inference(&self.network(), BATCH)];
        infer(kernels, &self.network(), &self.parameters, &x, &mut scratch).unwrap().to_vec()
    }

    /// One learning step on golden batch `batch`; returns the reported loss.
    fn step(&mut self, kernels: &impl Kernels, batch: usize, rate: f32) -> f32 {
        let Case { loss, rule, .. } = self.case;
        let front = &self.layers[..self.front()];
        let frozen = plan::parameters(front);
        let network = self.network().without_front(front.len()).unwrap();
        let training = Training { rule, optimizer: self.optimizer, scaling: Scaling::Reference, seed: 0 };
        let mut scratch = vec![0.0; Plan::learning(&network, &training, BATCH).scratch()];
        let mut x = self.golden.floats(&format!("x{batch}"));
        if !front.is_empty() {
            let mut room = vec![0.0; Plan::inference(&self.network(), BATCH)];
            let own = &self.parameters[..frozen];
            x = features(kernels, &self.network(), front.len(), own, &x, &mut room).unwrap().to_vec();
        }
        let (labels, values) = (self.golden.labels(batch), self.values(batch));
        let targets = if loss == Loss::MeanSquaredError { Targets::Values(&values) } else { Targets::Labels(&labels) };
        let memory = Memory {
            parameters: &mut self.parameters[frozen..],
            layouts: &[],
            readouts: &mut self.readouts,
            optimizer: &mut self.state,
            feedback: Feedback::Stored(&self.feedback),
            scratch: &mut scratch,
        };
        let clock = Clock { step: batch as u64 + 1, samples: 0, hidden_rate: rate, output_rate: rate };
        learn(kernels, &network, &training, memory, &x, &targets, &clock).unwrap().loss / BATCH as f32
    }

    fn values(&self, batch: usize) -> Vec<f32> {
        let name = format!("values{batch}");
        if self.golden.has(&name) { self.golden.floats(&name) } else { Vec::new() }
    }
}

fn check(kernels: &impl Kernels, golden: &Golden, case: Case, layers: &[Layer]) {
    let prefix = case.prefix(golden.net.is_empty());
    // a velocity that forgets at once is the gradient itself
    let mut twin = Twin::new(golden, case, layers, Optimizer::Momentum { momentum: 0.0 });
    close(&format!("{prefix}y0"), &twin.outputs(kernels, 0), &golden.floats(&format!("{prefix}y0")));
    let loss = twin.step(kernels, 0, 0.1);
    close(&format!("{prefix}loss0"), &[loss], &golden.floats(&format!("{prefix}loss0")));
    let gradients = golden.parameters(&format!("{prefix}g"), usize::from(case.frozen));
    let (of_layers, of_readouts) = twin.state.split_at(gradients.len());
    close(&format!("{prefix}gradients"), of_layers, &gradients);
    if case.rule.learns_readout() {
        let gradients = golden.readouts(&format!("{prefix}g"), usize::from(case.frozen));
        close(&format!("{prefix}readout gradients"), of_readouts, &gradients);
    }
    let optimizers = [
        ("sgd", Optimizer::Sgd, 0.1),
        ("momentum", Optimizer::MOMENTUM, 0.1),
        ("nesterov", Optimizer::NESTEROV, 0.1),
        ("adam", Optimizer::ADAM, 0.01),
        ("rmsprop", Optimizer::RMSPROP, 0.01),
    ];
    for (name, optimizer, rate) in optimizers {
        let prefix = format!("{prefix}{name}/");
        if !golden.has(&format!("{prefix}w0")) {
            continue;
        }
        let mut twin = Twin::new(golden, case, layers, optimizer);
        twin.step(kernels, 0, rate);
        close(&format!("{prefix}y1"), &twin.outputs(kernels, 1), &golden.floats(&format!("{prefix}y1")));
        let loss = twin.step(kernels, 1, rate);
        close(&format!("{prefix}loss1"), &[loss], &golden.floats(&format!("{prefix}loss1")));
        close(&format!("{prefix}weights"), &twin.parameters, &golden.parameters(&prefix, 0));
        if case.rule.learns_readout() {
            close(&format!("{prefix}readouts"), &twin.readouts, &golden.readouts(&prefix, usize::from(case.frozen)));
        }
    }
}

fn check_dense(kernels: &impl Kernels) {
    let golden = Golden::open("dense.safetensors", "");
    let check = |case: Case| check(kernels, &golden, case, &dense_layers(case));
    for loss in [Loss::BinaryCrossEntropy, Loss::CrossEntropy, Loss::MeanSquaredError] {
        for rule in Rule::ALL {
            if !(rule.needs_labels() && loss == Loss::MeanSquaredError) {
                check(Case::new(Activation::Tanh, loss, rule));
            }
        }
    }
    for activation in [Activation::Sigmoid, Activation::Relu, Activation::Identity] {
        for rule in [Rule::Bp, Rule::Drtp] {
            check(Case::new(activation, Loss::BinaryCrossEntropy, rule));
        }
    }
}

fn check_conv(kernels: &impl Kernels) {
    let case = |loss, rule| Case::new(Activation::Tanh, loss, rule);
    for net in ["A/", "B/"] {
        let (golden, layers) = (Golden::open("conv.safetensors", net), conv_layers(net));
        for rule in Rule::ALL.into_iter().filter(|rule| net == "A/" || *rule != Rule::Lls) {
            check(kernels, &golden, case(Loss::BinaryCrossEntropy, rule), &layers);
            if net == "A/" {
                check(kernels, &golden, case(Loss::CrossEntropy, rule), &layers);
            }
        }
        if net == "A/" {
            for rule in [Rule::Bp, Rule::Drtp] {
                check(kernels, &golden, Case { frozen: true, ..case(Loss::BinaryCrossEntropy, rule) }, &layers);
            }
        }
    }
    let (golden, layers) = (Golden::open("conv.safetensors", "C/"), conv_layers("C/"));
    for rule in [Rule::Bp, Rule::Fa, Rule::Drtp] {
        check(kernels, &golden, case(Loss::BinaryCrossEntropy, rule), &layers);
    }
}

/// Filters along time.
fn check_series(kernels: &impl Kernels) {
    let case = |loss, rule| Case::new(Activation::Tanh, loss, rule);
    let (golden, layers) = (Golden::open("series.safetensors", "S/"), conv_layers("S/"));
    for rule in Rule::ALL.into_iter().filter(|rule| *rule != Rule::Lls) {
        check(kernels, &golden, case(Loss::BinaryCrossEntropy, rule), &layers);
    }
    check(kernels, &golden, case(Loss::CrossEntropy, Rule::Drtp), &layers);
    let (golden, layers) = (Golden::open("series.safetensors", "T/"), conv_layers("T/"));
    for rule in [Rule::Bp, Rule::Fa, Rule::Drtp] {
        check(kernels, &golden, case(Loss::BinaryCrossEntropy, rule), &layers);
    }
    check(kernels, &golden, Case { frozen: true, ..case(Loss::BinaryCrossEntropy, Rule::Bp) }, &layers);
}

#[test]
fn the_core_agrees_with_the_pytorch_twin_of_a_series() {
    check_series(&Plain);
}

#[test]
fn the_fast_kernels_agree_with_the_pytorch_twin_of_a_series() {
    check_series(&Fast::new(2).unwrap());
}

#[test]
fn the_core_agrees_with_the_pytorch_twin() {
    check_dense(&Plain);
}

#[test]
fn the_fast_kernels_agree_with_the_pytorch_twin() {
    check_dense(&Fast::new(2).unwrap());
}

#[test]
fn the_core_agrees_with_the_convolutional_pytorch_twin() {
    check_conv(&Plain);
}

#[test]
fn the_fast_kernels_agree_with_the_convolutional_pytorch_twin() {
    check_conv(&Fast::new(2).unwrap());
}
