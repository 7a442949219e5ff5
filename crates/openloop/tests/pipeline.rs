//! Layers spread over threads learn to the bit what they learn one after the other.

use openloop::core::{OptimizerKind, Rule};
use openloop::data::{self, DataRequest, DataSet};
use openloop::kernels::Fast;
use openloop::learner::{EpochEnd, Snapshot, Trainer};
use openloop::settings::{Options, PipelineMode};
use std::ops::ControlFlow;
use std::sync::Arc;

fn digits() -> Arc<DataSet> {
    Arc::new(data::load(&DataRequest { name: "digits", ..DataRequest::default() }).unwrap())
}

/// Two epochs, the first of which is left once on the way and gone on with.
fn train(data: &Arc<DataSet>, threads: usize, options: &Options) -> (Snapshot<'static>, String) {
    let kernels = Arc::new(Fast::new(threads).unwrap());
    let mut trainer = Trainer::new(options.complete(data).unwrap(), Arc::clone(data), kernels).unwrap();
    let mut times = 0;
    while trainer.progress().epoch < 2 {
        let ended = trainer.train_epoch(&mut |trainer| {
            times += 1;
            if times == 1 && trainer.progress().seen > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(matches!(ended.unwrap(), EpochEnd::Epoch(_) | EpochEnd::Stopped));
    }
    let history = format!("{:?}", trainer.progress().history);
    (trainer.learner().snapshot().into_owned(), history)
}

#[test]
fn a_pipeline_gives_the_bits_of_the_layers_one_after_the_other_under_every_local_rule() {
    let data = digits();
    for rule in Rule::ALL.into_iter().filter(|rule| rule.is_local()) {
        for (batch, optimizer, net) in [
            (1, OptimizerKind::Sgd, "fc40 fc30 fc20"),
            (32, OptimizerKind::Adam, "fc40 fc30 fc20"),
            (100, OptimizerKind::Nesterov, "conv4k3p1 pool2 fc30 fc20"),
        ] {
            let options = |pipeline: PipelineMode| Options {
                rule: Some(rule),
                batch: Some(batch),
                optimizer: Some(optimizer),
                net: Some(net.parse().unwrap()),
                dropout: Some(0.1),
                pipeline: Some(pipeline),
                ..Options::default()
            };
            let expected = train(&data, 1, &options(PipelineMode::Off));
            for threads in [2, 3, 8] {
                let found = train(&data, threads, &options(PipelineMode::On));
                assert!(found == expected, "{} batch {batch}, {threads} threads", rule.name());
            }
        }
    }
}

#[test]
fn a_pipeline_is_refused_where_a_layer_waits_for_the_error() {
    let options = Options { rule: Some(Rule::Dfa), pipeline: Some(PipelineMode::On), ..Options::default() };
    let error = options.complete(&digits()).unwrap_err().to_string();
    assert!(error.contains("pipeline") && error.contains("dfa"), "{error}");
}
