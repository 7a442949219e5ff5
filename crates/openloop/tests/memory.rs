//! Memory as the allocator sees it, beside the plan's formula: what a learning step needs does not grow with depth under
//! a local rule, and does under backpropagation.
//!
//! One test alone in its process: the allocator counts everything.

use openloop::config::Options;
use openloop::data::{self, DataSet, Request};
use openloop::kernels::Fast;
use openloop::train::Trainer;
use peak_alloc::PeakAlloc;
use std::ops::ControlFlow;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const BATCH: usize = 700;

/// Bytes allocated at most while a network of `depth` hidden layers of 64 learns for an epoch, beside its data, and
/// what the plan says: persistent and transient.
fn measured(data: &DataSet, kernels: &Fast, rule: &str, depth: usize) -> (usize, usize, usize) {
    let options = Options {
        rule: Some(rule.into()),
        net: Some(vec!["fc64"; depth].join(" ")),
        batch: Some(BATCH),
        epochs: Some(1),
        ..Options::default()
    };
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

#[test]
fn a_local_rule_keeps_no_earlier_activation_and_the_plan_knows_every_byte() {
    let data = data::load(&Request { name: "digits", ..Request::default() }).unwrap();
    let kernels = Fast::new(1).unwrap();
    let beside_the_plan = BATCH * 64 * 4 + 4 * data.train.len() + 4 * BATCH; // the batch's inputs, the order, its labels
    let mut transient = Vec::new();
    for rule in ["drtp", "local-error", "shallow", "bp", "fa", "dfa", "sdfa"] {
        for depth in [2, 12] {
            measured(&data, &kernels, rule, depth); // the kernels' own room grows once
            let (bytes, persistent, planned) = measured(&data, &kernels, rule, depth);
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
