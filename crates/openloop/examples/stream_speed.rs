//! How fast a stream is learned from: `cargo run --release --example stream_speed [FILE.csv]`, for 128-64-6 by DRTP, without
//! baselines. Rows come from memory, then from the CSV file (made if it is not there), whose parsing counts.

use openloop::kernels::Fast;
use openloop::stream::{
    BaselineChoice, InMemorySource, SourceDescription, StreamOptions, StreamRun, StreamSummary, TargetKind,
};
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const FEATURES: usize = 128;
const CLASSES: u32 = 6;
const ROWS: usize = 300_000;

fn main() {
    let path = std::env::args().nth(1).unwrap_or_else(|| "target/stream_speed.csv".into());
    if !Path::new(&path).exists() {
        std::fs::write(&path, table()).expect("a file");
    }
    let options =
        StreamOptions { baselines: vec![BaselineChoice::None], warmup: Some(1000), ..StreamOptions::default() };
    for _ in 0..3 {
        show(
            "from memory",
            &finish(
                StreamRun::over(
                    Box::new(memory()),
                    options.setup(TargetKind::Classes).expect("a setup"),
                    options.settings(TargetKind::Classes, FEATURES).expect("settings"),
                    Fast::new(1).expect("a thread"),
                )
                .expect("a stream"),
            ),
        );
        let options = StreamOptions { data: Some(path.clone()), ..options.clone() };
        show("from CSV", &finish(StreamRun::open(&options, Fast::new(1).expect("a thread")).expect("a stream")));
    }
}

fn finish(mut run: StreamRun) -> StreamSummary {
    run.run(&mut (), &AtomicBool::new(false)).expect("an end");
    run.summary().expect("a summary")
}

fn show(what: &str, summary: &StreamSummary) {
    let StreamSummary { rows, rows_per_second, accuracy, peak_bytes, .. } = summary;
    let accuracy = accuracy.unwrap_or_default();
    println!(
        "{what}: {rows_per_second:.0} rows a second ({rows} rows, {accuracy:.1} % right, peak {peak_bytes} bytes)"
    );
}

/// A feature with the digits of a sensor's reading.
fn feature(row: usize, column: usize) -> f32 {
    let mixed = (row as u32).wrapping_mul(2_654_435_761).wrapping_add(column as u32).wrapping_mul(2_246_822_519);
    let class = row as u32 % CLASSES;
    let centre = ((class + 1) * (column as u32 + 3)).wrapping_mul(40_503) % 1000;
    centre as f32 + (mixed >> 16) as f32 / 327.68
}

fn memory() -> InMemorySource {
    let features = (0..ROWS).flat_map(|row| (0..FEATURES).map(move |column| feature(row, column))).collect();
    let labels = (0..ROWS).map(|row| row as u32 % CLASSES).collect();
    let classes = (0..CLASSES).map(|class| class.to_string()).collect();
    let description =
        SourceDescription { name: "memory".into(), features: FEATURES, classes, ..SourceDescription::default() };
    InMemorySource::new(description, features, labels, (Vec::new(), Vec::new()))
}

fn table() -> String {
    let mut text: String = (0..FEATURES).map(|column| format!("s{column},")).collect();
    text += "label\n";
    for row in 0..ROWS {
        for column in 0..FEATURES {
            write!(text, "{:.6},", feature(row, column)).expect("text");
        }
        writeln!(text, "{}", row as u32 % CLASSES).expect("text");
    }
    text
}
