//! Unpacks the digits that come with Openloop into bytes a program can hold: 64 pixels and a label a row, the rows in the
//! order in which the library splits them, 1,437 to train on and then 360 to test on.

use openloop_core::random::{Purpose, Stream};
use std::io::Read;
use std::path::Path;
use std::{env, fs};

const DIGITS: &str = "../../crates/openloop/data/digits/digits.csv.gz";

fn main() {
    println!("cargo::rerun-if-changed={DIGITS}");
    let mut text = String::new();
    let packed = fs::File::open(DIGITS).expect("the digits are in crates/openloop/data");
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).expect("the digits are gzipped text");
    let rows: Vec<Vec<u8>> = text.lines().skip(1).map(row).collect();
    assert!(rows.len() == 1797 && rows.iter().all(|row| row.len() == 65), "1,797 rows of 64 pixels and a label");
    let mut order: Vec<usize> = (0..rows.len()).collect();
    Stream::new(0, Purpose::Split, 0).shuffle(&mut order);
    let bytes: Vec<u8> = order.into_iter().flat_map(|i| rows[i].clone()).collect();
    let folder = env::var("OUT_DIR").expect("cargo names a folder for what is made");
    fs::write(Path::new(&folder).join("digits.bin"), bytes).expect("the folder can be written to");
}

fn row(line: &str) -> Vec<u8> {
    line.split(',').map(|cell| cell.parse().expect("a pixel from 0 to 16 or a label")).collect()
}
