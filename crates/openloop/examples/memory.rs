//! What a learning step takes beside the weights, as the allocator counts it and as the plan says, for every rule.
//!
//! ```text
//! cargo run --release -p openloop --example memory -- "conv32k3p1 conv32k3p1 conv32k3p1 conv32k3p1 conv32k3p1" 1x28x28 100
//! ```
//!
//! Backpropagation has remedies of its own. It forms its deltas in the place of the activations already. It can also take
//! a batch in parts and add up their gradients: then it needs the memory of a part, and one value for each parameter.

use openloop::core::{Plan, Rule, Shape};
use openloop::data::{DataSet, Features, Preprocessing, Split, Targets};
use openloop::experiment::memory::measure;
use openloop::kernels::Fast;
use openloop::settings::Options;
use openloop::settings::net::Net;
use std::error::Error;
use std::sync::Arc;

#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

const CLASSES: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [net, shape, batch] = &arguments[..] else {
        return Err("give a net, a shape such as 1x28x28 and a batch".into());
    };
    let sides: Vec<usize> = shape.split('x').map(str::parse).collect::<Result<_, _>>()?;
    let [channels, height, width] = sides[..] else { return Err("the shape is CHANNELSxHEIGHTxWIDTH".into()) };
    let net: Net = net.parse()?;
    let batch: usize = batch.parse()?;
    let data = Arc::new(noise(Shape { channels, height, width }, batch));
    let kernels = Arc::new(Fast::new(1)?);
    let ask = |rule: Rule, batch: usize| Options {
        rule: Some(rule),
        net: Some(net.clone()),
        batch: Some(batch),
        ..Options::default()
    };
    println!("| rule | lasting bytes | bytes of a step, planned | measured | share of bp's |");
    println!("|---|---|---|---|---|");
    // what the kernels keep for themselves is made in a first run
    let look = |rule: Rule, batch| {
        measure(&ask(rule, batch), &data, &kernels)?;
        measure(&ask(rule, batch), &data, &kernels)
    };
    let bp = look(Rule::Bp, batch)?.transient_bytes;
    let line = |name: &str, plan: Plan, measured: usize| {
        let (lasting, planned) = (plan.persistent_bytes(), plan.transient_bytes());
        println!("| {name} | {lasting} | {planned} | {measured} | {:.1} % |", 100.0 * measured as f64 / bp as f64);
    };
    for rule in Rule::ALL {
        let measured = look(rule, batch)?;
        line(rule.name(), measured.plan, measured.transient_bytes);
    }
    let parts = (batch / 10).max(1);
    let part = look(Rule::Bp, parts)?;
    let summed = part.plan.parameters * size_of::<f32>();
    let mut plan = part.plan;
    plan.gradient += plan.parameters;
    line(&format!("bp in parts of {parts}, gradients added up"), plan, part.transient_bytes + summed);
    Ok(())
}

/// Images of noise, one batch of them.
fn noise(shape: Shape, count: usize) -> DataSet {
    let pixels = (0..count * shape.size()).map(|i| (i * 37 % 251) as u8).collect();
    let labels = (0..count as u32).map(|i| i % CLASSES as u32).collect();
    let split = Split::new(Features::Bytes(pixels), Targets::Labels(labels), shape.size(), CLASSES);
    let split = split.expect("as many images as labels");
    DataSet {
        name: "noise".into(),
        units: None,
        table: None,
        understood: None,
        shape,
        outputs: CLASSES,
        classes: (0..CLASSES).map(|class| class.to_string()).collect(),
        preprocessing: Preprocessing::scaled(1.0 / 255.0),
        columns: None,
        note: None,
        train: split.clone(),
        test: split,
        validation: None,
    }
}
