//! A classifier on arrays: `cargo run --release --example classifier`. Three kinds of rows are learned from, new ones predicted,
//! and the model is saved where `openloop eval` and `openloop export` can read it.

use openloop::Classifier;
use openloop::core::Rule;
use openloop::core::random::{Purpose, Stream};

/// Rows `[count, 4]` around the middles of three classes, and their classes.
fn rows(count: u32, seed: u64) -> (Vec<f32>, Vec<u32>) {
    let noise = Stream::new(seed, Purpose::Noise, 0);
    let labels: Vec<u32> = (0..count).map(|row| row % 3).collect();
    let value = |row: u32, column: u32| {
        let middle = ((row % 3 + column) % 3) as f32;
        middle + 1.5 * (noise.unit(u64::from(4 * row + column)) - 0.5)
    };
    let x = (0..count).flat_map(|row| (0..4).map(move |column| (row, column))).map(|(row, column)| value(row, column));
    (x.collect(), labels)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (x, labels) = rows(300, 1);
    let classifier = Classifier::builder().rule(Rule::LocalError).net("fc32".parse()?).epochs(20).fit(&x, &labels)?;

    let (x, labels) = rows(99, 2);
    let right = classifier.predict(&x)?.iter().zip(&labels).filter(|(answer, label)| answer == label).count();
    println!("{right} of {} new rows are predicted right", labels.len());

    let path = std::env::temp_dir().join("openloop-classifier.safetensors");
    classifier.save(&path)?;
    let again = Classifier::load(&path)?;
    println!("saved and loaded: {:?} for the first row", again.probabilities(&x[..4])?);
    Ok(())
}
