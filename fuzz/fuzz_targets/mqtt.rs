//! What a broker sends: a reading of three features or a label, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::stream::Row;
use openloop::stream::mqtt::payload::{self, ExtraCell, Reader, ReadingFormat};

fuzz_target!(|data: &[u8]| {
    let columns = ["a", "b", "c"].map(String::from);
    let classes = ["0", "1", "x"].map(String::from);
    let mut reader = Reader::default();
    for extra_cell in [None, Some(ExtraCell::Id), Some(ExtraCell::Label)] {
        let base = ReadingFormat { features: 3, columns: &columns, label: "state", ..ReadingFormat::default() };
        let format = ReadingFormat { classes: &classes, extra_cell, ..base };
        let mut row = Row::default();
        if payload::parse_reading(data, &format, &mut reader, &mut row).is_ok() {
            assert!(row.features.len() == 3 && row.features.iter().all(|value| value.is_finite()));
        }
    }
    for targets in [&[][..], &columns[..1], &columns] {
        let _ = payload::parse_label(data, targets, &mut reader.cells, &mut Row::default());
    }
});
