//! A function of the user's takes the place of a rule's formula.

use openloop::core::{Rule, Targets};
use openloop::data::{DataRequest, load};
use openloop::kernels::Fast;
use openloop::learner::Trainer;
use openloop::settings::Options;
use openloop::settings::PipelineMode;
use std::ops::ControlFlow;
use std::sync::Arc;

/// The weights after an epoch on the digits under `rule`, by these kernels.
fn weights(rule: Rule, kernels: Fast) -> Vec<f32> {
    let data =
        load(&DataRequest { name: "digits", ..DataRequest::default() }).expect("the digits come with the library");
    let options = Options {
        rule: Some(rule),
        net: Some("fc20 fc10".parse().expect("a net")),
        pipeline: Some(PipelineMode::Off),
        ..Options::default()
    };
    let data = Arc::new(data);
    let settings = options.complete(&data).expect("settings");
    let mut trainer = Trainer::new(settings, data, Arc::new(kernels)).expect("a trainer");
    trainer.train_epoch(&mut |_| ControlFlow::Continue(())).expect("an epoch");
    trainer.model().weights().floats().to_vec()
}

fn fast() -> Fast {
    Fast::new(1).expect("a thread")
}

/// y - t
fn error(outputs: usize, targets: &Targets<'_>, values: &mut [f32]) {
    let Targets::Labels(labels) = targets else { panic!("the digits have labels") };
    for (row, label) in values.chunks_exact_mut(outputs).zip(*labels) {
        row[*label as usize] -= 1.0;
    }
}

#[test]
fn a_built_in_rule_written_as_a_function_has_the_same_bits() {
    let own = weights(Rule::Dfa, fast().with_own_rule(Box::new(error)));
    assert!(own == weights(Rule::Dfa, fast()));
    assert!(own != weights(Rule::Sdfa, fast()));
}

#[test]
fn a_function_that_gives_nothing_teaches_the_hidden_layers_nothing() {
    for rule in [Rule::Dfa, Rule::LocalError] {
        let none = fast().with_own_rule(Box::new(|_, _, values: &mut [f32]| values.fill(0.0)));
        assert!(weights(rule, none) == weights(Rule::Shallow, fast()), "{rule}");
    }
}
