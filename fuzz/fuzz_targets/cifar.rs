//! Batches of CIFAR-10: a data set, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::data::{self, DataRequest};

fuzz_target!(|data: &[u8]| {
    let folder = openloop_fuzz::folder(&[("cifar10/data_batch_1.bin", data), ("cifar10/test_batch.bin", data)]);
    if let Ok(set) = data::load(&DataRequest { name: "cifar10", folder: Some(&folder), ..DataRequest::default() }) {
        assert_eq!(set.train.len(), set.test.len());
    }
});
