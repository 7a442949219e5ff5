//! Learns the rows of a CSV file, one after the other, from where a blob stands, and prints the checksum of all weights: what the
//! page shows after the same strokes. `cargo run --example replay --package openloop-web -- MODEL.olnb STROKES.csv`

use openloop_web::Model;
use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, rows] = &arguments[..] else {
        eprintln!("usage: replay MODEL.olnb STROKES.csv");
        return ExitCode::from(2);
    };
    match replay(model, rows) {
        Ok(checksum) => {
            println!("{checksum:08x}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The rows are features and, last, a class number; the first line is a header.
fn replay(model: &str, rows: &str) -> Result<u32, Box<dyn Error>> {
    let mut model = Model::load(&std::fs::read(model)?)?;
    for line in std::fs::read_to_string(rows)?.lines().skip(1) {
        let (features, label) = line.rsplit_once(',').ok_or("a row has no label")?;
        let x = features.split(',').map(str::parse).collect::<Result<Vec<f32>, _>>()?;
        model.learn(&x, label.parse()?)?;
    }
    Ok(model.checksum())
}
