//! A CSV file, gzipped or not: a data set whose parts fit each other, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::data::{self, DataRequest};

fuzz_target!(|data: &[u8]| {
    let path = openloop_fuzz::file("table.csv", data);
    let name = path.to_str().expect("text");
    if let Ok(set) = data::load(&DataRequest { name, ..DataRequest::default() }) {
        assert!(set.classes.len() == set.outputs && set.train.len() + set.test.len() >= 5);
    }
});
