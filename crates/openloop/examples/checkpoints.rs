//! A run as the command does it, with checkpoints: `cargo run --release --example checkpoints`. It trains for five epochs, stops,
//! and continues to ten from the checkpoint; the weights have the same bits as without the stop.

use openloop::core::Rule;
use openloop::run::{self, Finished, Run};
use openloop::settings::Options;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("openloop-checkpoints-{}", std::process::id()));
    let first = Options {
        rule: Some(Rule::Drtp),
        net: Some("fc64".parse()?),
        epochs: Some(5),
        out: Some(folder.clone()),
        ..Options::default()
    };
    let then = Options { epochs: Some(10), resume: true, ..first.clone() };
    let (data, kernels) = (run::load(&first)?, run::kernels(&first)?);
    let stop = Default::default(); // set it from another thread to save and stop
    for options in [first, then] {
        if let Finished::Done(summary) = Run::open(&options, &data, &kernels)?.train(&mut (), &stop)? {
            println!(
                "after {} epochs: {:.2} % of the test rows wrong",
                summary.epochs,
                summary.test_error.unwrap_or(100.0)
            );
        }
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
