//! Memory as the allocator sees it, beside the plan's formula: what a learning step needs does not grow with depth under
//! a local rule, and does under backpropagation; five convolutions under DRTP need less than two fifths of it.
//!
//! Not in the plan, and not counted here: what the kernels keep for themselves, a few megabytes a thread for packed
//! matrices and patches, whatever the network.
//!
//! One test alone in its process: the allocator counts everything.

use openloop::config::Options;
use openloop::core::Shape;
use openloop::data::{self, DataSet, Features, Preprocessing, Request, Split, Targets};
use openloop::kernels::Fast;
use openloop::train::Trainer;
use peak_alloc::PeakAlloc;
use std::ops::ControlFlow;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const BATCH: usize = 700;

/// Bytes allocated at most while a network learns its first steps, beside its data, and what the plan says: persistent
/// and transient.
fn measured(data: &DataSet, kernels: &Fast, options: &Options) -> (usize, usize, usize) {
    let before = MEMORY.current_usage();
    let mut trainer = Trainer::new(options.settle(data).unwrap(), data, kernels).unwrap();
    let mut peak = 0;
    // stop before the evaluation, which has a plan of its own
    let mut steps = 0;
    MEMORY.reset_peak_usage();
    let watch = &mut |_: &Trainer<'_>| {
        steps += 1;
        peak = MEMORY.peak_usage();
        if steps == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    trainer.train_epoch(watch).unwrap();
    let plan = trainer.plan();
    (peak - before, plan.persistent_bytes(), plan.transient_bytes())
}

/// Images like MNIST's, of noise: enough for one batch.
fn images(count: usize) -> DataSet {
    let shape = Shape { channels: 1, height: 28, width: 28 };
    let pixels = |seed: usize| (0..count * shape.size()).map(|i| ((i * 37 + seed) % 251) as u8).collect();
    let labels = (0..count as u32).map(|i| i % 10).collect();
    let split = |seed| {
        let (features, targets) = (Features::Bytes(pixels(seed)), Targets::Labels(Vec::clone(&labels)));
        Split::new(features, targets, shape.size(), 10).unwrap()
    };
    DataSet {
        name: "noise".into(),
        shape,
        outputs: 10,
        classes: (0..10).map(|c| c.to_string()).collect(),
        preprocessing: Preprocessing::scaled(1.0 / 255.0),
        columns: None,
        note: None,
        train: split(1),
        test: split(2),
    }
}

/// One test: the allocator counts the whole process.
#[test]
fn memory_is_what_the_plan_says() {
    convolutions_under_drtp_need_less_than_two_fifths_of_backpropagation();
    a_local_rule_keeps_no_earlier_activation();
}

fn convolutions_under_drtp_need_less_than_two_fifths_of_backpropagation() {
    let (data, kernels) = (images(100), Fast::new(1).unwrap());
    let net = ["conv32k3p1"; 5].join(" ");
    let beside_the_plan = 100 * data.shape.size() * 4 + 4 * 100 + 4 * 100;
    let transient = ["drtp", "local-error", "dfa", "fa", "bp"].map(|rule| {
        let options =
            Options { rule: Some(rule.into()), net: Some(net.clone()), batch: Some(100), ..Options::default() };
        measured(&data, &kernels, &options); // what the kernels keep for themselves is made once
        let (bytes, persistent, planned) = measured(&data, &kernels, &options);
        let found = bytes - persistent - beside_the_plan;
        let difference = found.abs_diff(planned) as f64 / planned as f64;
        assert!(difference < 0.05, "{rule}: {found} transient bytes, planned {planned}");
        found as f64
    });
    let share = transient[0] / transient[4];
    assert!(share < 0.4, "drtp needs {share} of bp's transient memory: {transient:?}");
}

fn a_local_rule_keeps_no_earlier_activation() {
    let data = data::load(&Request { name: "digits", ..Request::default() }).unwrap();
    let kernels = Fast::new(1).unwrap();
    let beside_the_plan = BATCH * 64 * 4 + 4 * data.train.len() + 4 * BATCH; // the batch's inputs, the order, its labels
    let mut transient = Vec::new();
    for rule in ["drtp", "local-error", "shallow", "bp", "fa", "dfa", "sdfa"] {
        for depth in [2, 12] {
            let net = Some(vec!["fc64"; depth].join(" "));
            let options = Options { rule: Some(rule.into()), net, batch: Some(BATCH), ..Options::default() };
            measured(&data, &kernels, &options); // what the kernels keep for themselves is made once
            let (bytes, persistent, planned) = measured(&data, &kernels, &options);
            let found = bytes - persistent - beside_the_plan;
            let difference = found.abs_diff(planned) as f64 / planned as f64;
            assert!(difference < 0.05, "{rule}, depth {depth}: {found} transient bytes, planned {planned}");
            transient.push(found as f64);
        }
    }
    let growth: Vec<f64> = transient.chunks_exact(2).map(|pair| pair[1] / pair[0]).collect();
    assert!(growth[..3].iter().all(|g| *g < 1.05), "local rules must not grow with depth: {growth:?}");
    assert!(growth[3..].iter().all(|g| *g > 2.5), "rules that wait for the error keep every layer: {growth:?}");
}
