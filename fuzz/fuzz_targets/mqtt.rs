//! What a broker sends: a reading of three features or a label, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::data::Cells;
use openloop::stream::mqtt::payload;
use openloop::stream::Row;

fuzz_target!(|data: &[u8]| {
    let columns = ["a", "b", "c"].map(String::from);
    let (mut cells, mut row) = (Cells::default(), Row::default());
    if payload::parse_reading(data, &columns, 3, &mut cells, &mut row).is_ok() {
        assert!(row.features.len() == 3 && row.features.iter().all(|value| value.is_finite()));
    }
    let _ = payload::parse_label(data, &mut cells, &mut Row::default());
});
