//! Memory as the allocator sees it, beside the plan's formula: what a learning step needs does not grow with depth under
//! a local rule, and does under backpropagation; five convolutions under DRTP need less than two fifths of it.
//!
//! Not in the plan, and not counted here: what the kernels keep for themselves, a few megabytes a thread for packed
//! matrices and patches, whatever the network.
//!
//! One test alone in its process: the allocator counts everything.

use openloop::core::{Rule, Shape};
use openloop::data::{self, DataRequest, DataSet, Features, Preprocessing, Split, Targets};
use openloop::experiment::memory::{MeasuredMemory, measure};
use openloop::kernels::Fast;
use openloop::settings::Options;
use openloop::settings::net::Net;
use peak_alloc::PeakAlloc;
use std::sync::Arc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const BATCH: usize = 700;

/// Transient bytes, measured and planned, on kernels that have learned before: what they keep for themselves is made once.
#[track_caller]
fn assert_as_planned(data: &Arc<DataSet>, kernels: &Arc<Fast>, options: &Options) -> f64 {
    let MeasuredMemory { plan, transient_bytes } = measure(options, data, kernels).unwrap();
    let difference = transient_bytes.abs_diff(plan.transient_bytes()) as f64 / plan.transient_bytes() as f64;
    assert!(difference < 0.05, "{options:?}: {transient_bytes} transient bytes, planned {}", plan.transient_bytes());
    transient_bytes as f64
}

/// Images like MNIST's, of noise: enough for one batch.
fn images(count: usize) -> Arc<DataSet> {
    let shape = Shape { channels: 1, height: 28, width: 28 };
    let pixels = |seed: usize| (0..count * shape.size()).map(|i| ((i * 37 + seed) % 251) as u8).collect();
    let labels = (0..count as u32).map(|i| i % 10).collect();
    let split = |seed| {
        let (features, targets) = (Features::Bytes(pixels(seed)), Targets::Labels(Vec::clone(&labels)));
        Split::new(features, targets, shape.size(), 10).unwrap()
    };
    Arc::new(DataSet {
        name: "noise".into(),
        units: None,
        table: None,
        understood: None,
        shape,
        outputs: 10,
        classes: (0..10).map(|c| c.to_string()).collect(),
        preprocessing: Preprocessing::scaled(1.0 / 255.0),
        columns: None,
        note: None,
        train: split(1),
        test: split(2),
        validation: None,
    })
}

/// One test: the allocator counts the whole process.
#[test]
fn memory_is_what_the_plan_says() {
    convolutions_under_drtp_need_less_than_two_fifths_of_backpropagation();
    a_local_rule_keeps_no_earlier_activation();
}

fn convolutions_under_drtp_need_less_than_two_fifths_of_backpropagation() {
    let (data, kernels) = (images(100), Arc::new(Fast::new(1).unwrap()));
    let net: Net = ["conv32k3p1"; 5].join(" ").parse().unwrap();
    let ask = |rule: Rule| Options { rule: Some(rule), net: Some(net.clone()), batch: Some(100), ..Options::default() };
    for warm_up in [Rule::Drtp, Rule::Bp] {
        measure(&ask(warm_up), &data, &kernels).unwrap();
    }
    let transient = Rule::ALL.map(|rule| (rule, assert_as_planned(&data, &kernels, &ask(rule))));
    let of = |rule: Rule| transient.iter().find(|(r, _)| *r == rule).unwrap().1;
    for rule in Rule::ALL.into_iter().filter(|rule| rule.is_local()) {
        assert!(of(rule) < 0.4 * of(Rule::Bp), "{rule:?} needs too much beside bp: {transient:?}");
    }
}

fn a_local_rule_keeps_no_earlier_activation() {
    let data = Arc::new(data::load(&DataRequest { name: "digits", ..DataRequest::default() }).unwrap());
    let kernels = Arc::new(Fast::new(1).unwrap());
    for rule in Rule::ALL {
        let [shallow, deep] = [2, 12].map(|depth| {
            let net = Some(vec!["fc64"; depth].join(" ").parse().unwrap());
            let options = Options { rule: Some(rule), net, batch: Some(BATCH), ..Options::default() };
            measure(&options, &data, &kernels).unwrap();
            assert_as_planned(&data, &kernels, &options)
        });
        let growth = deep / shallow;
        if rule.is_local() {
            assert!(growth < 1.05, "{rule:?} must not grow with depth: {growth}");
        } else {
            assert!(growth > 2.5, "{rule:?} waits for the error and keeps every layer: {growth}");
        }
    }
}
