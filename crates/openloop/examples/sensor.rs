//! A sensor that drifts: `cargo run --release --example sensor`. The network is asked about each row and then learns from it;
//! a copy that stays as it was after the warm-up shows what drift does to a network that does not learn.

use openloop::kernels::Fast;
use openloop::stream::{StreamOptions, StreamRun};
use std::sync::atomic::AtomicBool;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = StreamOptions { data: Some("drift".into()), net: Some("fc32".parse()?), ..StreamOptions::default() };
    let mut run = StreamRun::open(&options, Fast::new(1)?)?;
    run.run(&mut (), &AtomicBool::new(false))?;
    let Some(summary) = run.summary() else { return Err("the stream ended before its warm-up".into()) };
    let percent = |accuracy: Option<f64>| accuracy.map_or_else(|| "-".into(), |a| format!("{a:.1} %"));
    println!("{} rows: {} right", summary.rows, percent(summary.accuracy));
    println!("the copy that does not learn: {} right", percent(summary.frozen_accuracy));
    Ok(())
}
