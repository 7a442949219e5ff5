//! The images and the labels of MNIST: a data set, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::data::{self, DataRequest};

fuzz_target!(|data: &[u8]| {
    let (images, labels) = openloop_fuzz::two(data);
    let folder = openloop_fuzz::folder(&[
        ("mnist/train-images-idx3-ubyte", images),
        ("mnist/train-labels-idx1-ubyte", labels),
        ("mnist/t10k-images-idx3-ubyte", images),
        ("mnist/t10k-labels-idx1-ubyte", labels),
    ]);
    if let Ok(set) = data::load(&DataRequest { name: "mnist", folder: Some(&folder), ..DataRequest::default() }) {
        assert_eq!(set.train.len(), set.test.len());
    }
});
