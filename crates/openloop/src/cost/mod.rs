//! What a network costs on a device, before it is flashed: memory, arithmetic and traffic, for each rule.
//!
//! Memory comes from the functions that size the device's own arrays ([`openloop_core::device::Sizes`],
//! [`openloop_core::integer::Int8Plan`]); networks they do not cover (normalised convolutions, batches, readouts that learn) from the plan
//! of the plain network, [`openloop_core::Plan`]. Convolutions do not learn on a device by rules that wait for the error: what is said of
//! those is what its arrays would take, every output kept. A device learns by plain gradient steps, so no optimizer state is counted.
//!
//! A weight is read once for every multiply-add it takes part in, and read and written once when it changes. Counts are per
//! learning step, which is one sample unless a larger batch is asked for. Biases count as weights in memory and in changes,
//! as in the layers.

mod c_library;
mod counts;
pub mod multiply_adds;
pub mod time;

pub use c_library::CLibrary;
pub use counts::OperationCounts;

use crate::cost::multiply_adds::MultiplyAdds;
use crate::cost::time::Board;
use crate::settings::net::{LayerStyle, Net};
use crate::settings::{ConfigError, ReadoutMaps};
use openloop_core::device::{Health, Sizes};
use openloop_core::integer;
use openloop_core::store::Arithmetic;
use openloop_core::{
    Activation, Checked, Feedback, Layer, Loss, Optimizer, Plan, Rule, Scaling, Shape, Spec, Training, device, plan,
    store,
};
use serde::Serialize;

/// The rules that are shown when none are named: those that a device learns by in either arithmetic.
pub const RULES: [Rule; 5] = [Rule::Bp, Rule::Dfa, Rule::Drtp, Rule::LocalError, Rule::Shallow];

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct CostRequest {
    /// Hidden layers.
    pub net: Net,
    /// Shape of a sample.
    pub input: Shape,
    /// Outputs.
    pub classes: usize,
    /// Rules, in the order of the table.
    pub rules: Vec<Rule>,
    /// Samples in a learning step.
    pub batch: usize,
    /// How the network calculates.
    pub arithmetic: Arithmetic,
}

/// The answer: bytes and counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkCosts {
    /// Hidden layers.
    pub net: String,
    /// Values of a sample, `[channels, height, width]`.
    pub input: [usize; 3],
    /// Outputs.
    pub classes: usize,
    /// Samples in a learning step.
    pub batch: usize,
    /// `f32` or `int8`.
    pub arithmetic: &'static str,
    /// Weights and biases.
    pub parameters: usize,
    /// The device's blob of the trained network: what a constant in flash, or one of two slots, takes.
    pub blob_bytes: usize,
    /// One inference, the same under every rule.
    pub inference: OperationCounts,
    /// Cycles that it takes on a Cortex-M4F, [estimated](time); none where the device's learner does not have the network.
    pub answer_cycles: Option<u64>,
    /// One entry a rule.
    pub rules: Vec<RuleCost>,
    /// The boards whose time and energy are cycles by their clock and current; none where no cycles are estimated.
    pub boards: Vec<Board>,
    /// What a program in C takes; none for a network or a batch that it does not have.
    pub c_library: Option<CLibrary>,
}

/// What a rule costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleCost {
    /// The rule.
    pub rule: &'static str,
    /// Bytes in flash.
    pub flash: FlashBytes,
    /// Bytes in RAM.
    pub ram: RamBytes,
    /// One learning step.
    pub learning: OperationCounts,
    /// Cycles that it takes on a Cortex-M4F with feedback drawn from the seed, [estimated](time); none where the device's learner does not
    /// have the network.
    pub cycles: Option<u64>,
    /// How much less than under bp this is, in percent.
    pub saves: Savings,
}

/// Bytes in flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FlashBytes {
    /// At most, the code that learns and answers on a Cortex-M4F; none where none was measured.
    pub code: Option<usize>,
    /// The fixed random matrices, if they are to be stored; else they are drawn from the seed, and this is 0 bytes.
    pub feedback_if_stored: usize,
}

/// Bytes in RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RamBytes {
    /// From step to step.
    pub persistent: usize,
    /// For a step; other work may use it between steps.
    pub transient: usize,
    /// At most, the stack of a call on a Cortex-M4F; none where it was not measured.
    pub stack: Option<usize>,
    /// Both kinds of memory and the stack, where it is known.
    pub total: usize,
}

/// Percent less than under bp; negative where it is more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Savings {
    /// RAM in all.
    pub ram: f64,
    /// RAM for a step.
    pub transient: f64,
    /// Multiply-adds.
    pub multiply_adds: f64,
    /// Weights read.
    pub weight_reads: f64,
    /// Weights written.
    pub weight_writes: f64,
}

/// Classes and samples of a batch, at most.
const MAX_COUNT: usize = 1_000_000;

/// Counts the costs.
///
/// # Errors
/// A network that does not fit its input, or that the arithmetic does not have.
pub fn costs(request: &CostRequest) -> Result<NetworkCosts, ConfigError> {
    check_counts(request)?;
    let CostRequest { net, input, classes, rules, batch, arithmetic } = request;
    let style = LayerStyle::new(Activation::Tanh, 0.0, Loss::CrossEntropy, false);
    let style = style.with_readouts_of(ReadoutMaps::Pooled);
    let layers = net.layers(*input, *classes, &style)?;
    let data = format!("{}x{}x{} to {classes}", input.channels, input.height, input.width);
    let named = |error| ConfigError::Network { net: net.to_string(), data: data.clone(), error };
    let network = Spec { layers: &layers, loss: Loss::CrossEntropy }.check().map_err(named)?;
    let count = |rule| one(&network, rule, *batch, *arithmetic).map_err(named);
    let bp = count(Rule::Bp)?;
    let rules = rules.iter().map(|&rule| Ok(RuleCost { saves: bp.saved_by(&count(rule)?), ..count(rule)? }));
    let rules = rules.collect::<Result<Vec<_>, ConfigError>>()?;
    let is_on_device = rules.iter().any(|rule| rule.cycles.is_some());
    Ok(NetworkCosts {
        net: net.to_string(),
        input: [input.channels, input.height, input.width],
        classes: *classes,
        batch: *batch,
        arithmetic: arithmetic.name(),
        parameters: plan::parameters(network.layers()),
        blob_bytes: blob_bytes(&network, *arithmetic),
        inference: inference(&network),
        answer_cycles: is_on_device.then(|| answer_cycles(&network, *arithmetic)),
        rules,
        boards: if is_on_device { time::BOARDS.to_vec() } else { Vec::new() },
        c_library: is_on_device.then(|| CLibrary::of(&network, *arithmetic)),
    })
}

fn check_counts(request: &CostRequest) -> Result<(), ConfigError> {
    let out_of_range = |what, value: usize, range| Err(ConfigError::Range { what, value: value.to_string(), range });
    let CostRequest { classes, batch, arithmetic, .. } = *request;
    if !(1..=MAX_COUNT).contains(&classes) {
        return out_of_range("classes", classes, "from 1 to 1,000,000");
    }
    if !(1..=MAX_COUNT).contains(&batch) {
        return out_of_range("batch", batch, "from 1 to 1,000,000");
    }
    if batch > 1 && arithmetic == Arithmetic::Int8 {
        return out_of_range("batch", batch, "1 in int8, which learns sample by sample");
    }
    Ok(())
}

fn one(
    network: &Checked<'_>,
    rule: Rule,
    batch: usize,
    arithmetic: Arithmetic,
) -> Result<RuleCost, openloop_core::Error> {
    let DeviceMemory { persistent, transient, runtime } = match arithmetic {
        Arithmetic::F32 => in_f32(network, rule, batch),
        Arithmetic::Int8 => in_int8(network, rule)?,
    };
    let (code, stack) = (runtime.map(|runtime| runtime.code), runtime.map(|runtime| runtime.stack));
    let total = persistent + transient + stack.unwrap_or(0);
    let feedback = match arithmetic {
        Arithmetic::F32 => plan_of(network, rule, batch).feedback * size_of::<f32>(),
        Arithmetic::Int8 => 0,
    };
    let learning = learning(network, rule, batch);
    Ok(RuleCost {
        rule: rule.name(),
        flash: FlashBytes { code, feedback_if_stored: feedback },
        ram: RamBytes { persistent, transient, stack, total },
        cycles: runtime.filter(|_| is_dense(network)).map(|_| step_cycles(network, rule, arithmetic, &learning)),
        learning,
        saves: Savings { ram: 0.0, transient: 0.0, multiply_adds: 0.0, weight_reads: 0.0, weight_writes: 0.0 },
    })
}

/// The program for a device: what its code takes, and the most stack.
#[derive(Clone, Copy)]
struct Runtime {
    code: usize,
    stack: usize,
}

/// At most, for any network and rule on a Cortex-M4F: the code as linked, the stack as painted. `cargo xtask firmware` holds both
/// against the firmware; in f32 a program of one network and rule takes a third less code.
const F32: Runtime = Runtime { code: 8_192, stack: 640 };
const INT8: Runtime = Runtime { code: 12_288, stack: 936 };
/// The same of a network with convolutions, under the rules that it learns by there.
const F32_WINDOWS: Runtime = Runtime { code: 14_336, stack: 1_088 };

struct DeviceMemory {
    persistent: usize,
    transient: usize,
    runtime: Option<Runtime>,
}

fn plan_of(network: &Checked<'_>, rule: Rule, batch: usize) -> Plan {
    let training = Training { rule, optimizer: Optimizer::Sgd, scaling: Scaling::Mean, seed: 0 };
    Plan::learning(network, &training, batch)
}

/// The device's learner for single samples, else the plain network.
fn in_f32(network: &Checked<'_>, rule: Rule, batch: usize) -> DeviceMemory {
    let settings = device::DeviceSettings { rule, hidden_rate: 0.0, output_rate: 0.0, feedback: Feedback::Seeded(0) };
    let runtime = match device::Learner::new(*network, settings) {
        Ok(_) if is_dense(network) => Some(F32),
        Ok(_) => Some(F32_WINDOWS),
        Err(openloop_core::Error::RuleNotLocal) => None,
        Err(_) => return in_plain_f32(network, rule, batch),
    };
    if batch > 1 {
        return in_plain_f32(network, rule, batch);
    }
    let sizes = Sizes::of(network, rule);
    let persistent = sizes.persistent_bytes() + size_of::<Health>();
    DeviceMemory { persistent, transient: sizes.transient_bytes(), runtime }
}

fn in_plain_f32(network: &Checked<'_>, rule: Rule, batch: usize) -> DeviceMemory {
    let plan = plan_of(network, rule, batch);
    let persistent = (plan.parameters + plan.readouts) * size_of::<f32>();
    DeviceMemory { persistent, transient: plan.transient_bytes(), runtime: None }
}

fn is_dense(network: &Checked<'_>) -> bool {
    network.layers().iter().all(|layer| matches!(layer, Layer::Dense(_)))
}

fn in_int8(network: &Checked<'_>, rule: Rule) -> Result<DeviceMemory, openloop_core::Error> {
    let rate = integer::Int8Rate::new(0.0);
    let settings = integer::Int8Settings {
        rule,
        seed: 0,
        hidden_rate: rate,
        output_rate: rate,
        half_after: 0,
        input_bits: 7,
        fractions: false,
    };
    let network = integer::Int8Network::new(*network, settings)?;
    let plan = integer::Int8Plan::learning(&network);
    let runtime = rule.is_on_int8_device().then_some(INT8);
    Ok(DeviceMemory { persistent: plan.persistent_bytes(), transient: plan.transient_bytes(), runtime })
}

/// From the sizes alone: a network that no memory holds has costs too.
fn blob_bytes(network: &Checked<'_>, arithmetic: Arithmetic) -> usize {
    let value = match arithmetic {
        Arithmetic::F32 => size_of::<f32>(),
        Arithmetic::Int8 => size_of::<i8>(),
    };
    // one offset and one scale: the inputs are taken as they come
    // normalisation is folded
    let stored = |layer: &Layer| layer.weights() + layer.weight_shape().0;
    store::length(network.layers().len(), 2, value * network.layers().iter().map(stored).sum::<usize>())
}

fn inference(network: &Checked<'_>) -> OperationCounts {
    let forward = MultiplyAdds::of(network, &[], Rule::Shallow).forward;
    OperationCounts { multiply_adds: forward, weight_reads: forward, ..OperationCounts::default() }
}

fn answer_cycles(network: &Checked<'_>, arithmetic: Arithmetic) -> u64 {
    time::answer(arithmetic, &inference(network), neurons(network))
}

fn step_cycles(network: &Checked<'_>, rule: Rule, arithmetic: Arithmetic, learning: &OperationCounts) -> u64 {
    let through_weights = MultiplyAdds::of(network, &[], rule).signal - learning.feedback_values;
    let learn = if rule.teaches_hidden_layers() { neurons(network) } else { network.outputs() };
    time::step(arithmetic, answer_cycles(network, arithmetic), learning, through_weights, learn)
}

fn neurons(network: &Checked<'_>) -> usize {
    network.layers().iter().map(Layer::outputs).sum()
}

fn learning(network: &Checked<'_>, rule: Rule, batch: usize) -> OperationCounts {
    let MultiplyAdds { forward, signal, total, .. } = MultiplyAdds::of(network, &[], rule);
    let (layers, batch) = (network.layers(), batch as u64);
    let last = layers.len() - 1;
    let stays = |k: usize| k < last && !rule.teaches_hidden_layers();
    let changed = layers.iter().enumerate().filter(|(k, _)| !stays(*k)).map(|(_, layer)| layer.parameters() as u64);
    let readouts = plan_of(network, rule, 1).readouts as u64;
    let changed = changed.sum::<u64>() + readouts;
    let through_weights = if rule.signal_matrix_learns() { signal } else { 0 };
    let fixed = signal - through_weights;
    OperationCounts {
        multiply_adds: batch * total,
        weight_reads: batch * (forward + through_weights) + changed,
        weight_writes: changed,
        feedback_values: batch * fixed,
    }
}

impl RuleCost {
    /// How much less `other` takes.
    fn saved_by(&self, other: &RuleCost) -> Savings {
        let percent = |own: u64, others: u64| match own {
            0 => 0.0,
            own => 100.0 * (1.0 - others as f64 / own as f64),
        };
        let bytes = |own: usize, others: usize| percent(own as u64, others as u64);
        let (own, others) = (&self.learning, &other.learning);
        Savings {
            ram: bytes(self.ram.total, other.ram.total),
            transient: bytes(self.ram.transient, other.ram.transient),
            multiply_adds: percent(own.multiply_adds, others.multiply_adds),
            weight_reads: percent(own.weight_reads, others.weight_reads),
            weight_writes: percent(own.weight_writes, others.weight_writes),
        }
    }
}
