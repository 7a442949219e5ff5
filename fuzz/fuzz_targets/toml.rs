//! A file of settings: options that fit a data set, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::data::{self, DataRequest, DataSet};
use openloop::settings::Options;
use std::sync::LazyLock;

fuzz_target!(|data: &[u8]| {
    static DIGITS: LazyLock<DataSet> =
        LazyLock::new(|| data::load(&DataRequest { name: "digits", ..DataRequest::default() }).expect("they ship"));
    let path = openloop_fuzz::file("settings.toml", data);
    if let Ok(options) = Options::from_toml(&path) {
        let _ = options.complete(&DIGITS);
    }
});
