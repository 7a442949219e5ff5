//! Finds the settings of a stream that learns: `cargo run --release --example tune_stream -- DATA RATE,... HIDDEN,... EPOCHS,...`
//! prints the accuracy on every segment, mean of five seeds.

use openloop::kernels::Fast;
use openloop::stream::{Baseline, BaselineChoice, StreamOptions, StreamRun};
use std::sync::atomic::AtomicBool;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let numbers = |k: usize| words[k].split(',').map(|word| word.parse::<f32>().expect("a number")).collect::<Vec<_>>();
    for &lr in &numbers(1) {
        for &hidden in &numbers(2) {
            for &epochs in &numbers(3) {
                let options = StreamOptions {
                    data: Some(words[0].clone()),
                    lr: Some(lr),
                    hidden_lr: Some(hidden),
                    warmup_epochs: Some(epochs as u32),
                    rule: words.get(4).map(|word| word.parse().expect("a rule")),
                    label_every: words.get(5).map(|word| word.parse().expect("a number")),
                    standardise: words.get(6).map(|word| word.parse().expect("online, warmup or off")),
                    optimizer: words.get(7).map(|word| word.parse().expect("an optimizer")),
                    activation: words.get(8).map(|word| word.parse().expect("an activation")),
                    baselines: vec![BaselineChoice::One(Baseline::Frozen)],
                    ..StreamOptions::default()
                };
                println!("lr {lr} hidden {hidden} epochs {epochs}: {}", mean(&options));
            }
        }
    }
}

/// The accuracy on every segment, and of the frozen network in brackets.
fn mean(options: &StreamOptions) -> String {
    let mut sums: Vec<(String, f64, f64)> = Vec::new();
    for seed in 0..5 {
        let options = StreamOptions { seed: Some(seed), ..options.clone() };
        let mut run = StreamRun::open(&options, Fast::new(1).expect("a thread")).expect("a stream");
        run.run(&mut (), &AtomicBool::new(false)).expect("an end");
        for (k, segment) in run.summary().expect("a summary").segments.into_iter().enumerate() {
            if k == sums.len() {
                sums.push((segment.segment, 0.0, 0.0));
            }
            sums[k].1 += segment.accuracy.unwrap_or_default() / 5.0;
            sums[k].2 += segment.frozen_accuracy.unwrap_or_default() / 5.0;
        }
    }
    sums.iter().map(|(name, own, frozen)| format!("{name}: {own:.1} ({frozen:.1})  ")).collect()
}
