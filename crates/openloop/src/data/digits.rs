//! The data that ship with Openloop: 1,797 handwritten digits of 8x8 pixels (see `data/README.md`).

use std::io::Cursor;
use std::path::Path;

use openloop_core::Shape;

use super::set::select;
use super::split::SplitChoice;
use super::table::{Table, TableRequest};
use super::{DataError, DataSet, Features, Place, Preprocessing, Split, Targets};

static SHIPPED: &[u8] = include_bytes!("../../data/digits/digits.csv.gz");
const SIZE: usize = 64;
const CLASSES: u32 = 10;

/// Unpacks the shipped digits: bytes from 0 to 16, 1437 to train on and 360 to test on.
///
/// # Errors
/// Only if the copy inside the program is damaged.
pub(super) fn load() -> Result<DataSet, DataError> {
    let path = Path::new("the digits shipped with Openloop");
    let damaged = || DataError::invalid(path, Place::Whole, "1,797 digits", "other contents", "install Openloop again");
    let mut table = Table::read(path, Cursor::new(SHIPPED), &TableRequest::default())?.ok_or_else(damaged)?;
    let (mut pixels, mut labels, mut row) = (Vec::new(), Vec::new(), Vec::new());
    while table.advance()? {
        row.clear();
        table.features(&mut row).map_err(|bad| bad.into_error(path))?;
        pixels.extend(row.iter().map(|&value| value as u8));
        let label = table.label().map_err(|bad| bad.into_error(path))?;
        let label = label.and_then(|label| label.parse().ok()).filter(|label| *label < CLASSES);
        labels.push(label.ok_or_else(damaged)?);
    }
    let part = |rows: &[u32]| {
        let targets = Targets::Labels(select(&labels, 1, rows));
        Split::new(Features::Bytes(select(&pixels, SIZE, rows)), targets, SIZE, CLASSES as usize)
    };
    if pixels.len() != labels.len() * SIZE {
        return Err(damaged());
    }
    let (train, test) = SplitChoice::default().draw(labels.len() as u32, None);
    Ok(DataSet {
        name: "digits".into(),
        units: None,
        shape: Shape { channels: 1, height: 8, width: 8 },
        outputs: CLASSES as usize,
        classes: (0..CLASSES).map(|digit| digit.to_string()).collect(),
        preprocessing: Preprocessing::scaled(1.0 / 16.0),
        columns: None,
        table: None,
        understood: None,
        note: None,
        train: part(&train).ok_or_else(damaged)?,
        test: part(&test).ok_or_else(damaged)?,
        validation: None,
    })
}
