//! A small network in C's own words, for all tests.
#![allow(dead_code, reason = "not every test uses all of it")]

use openloop_c::*;
use std::ptr::null_mut;

pub const SIZES: [u32; 3] = [6, 12, 4];

pub fn config(sizes: &[u32], rule: Rule, arithmetic: Arithmetic) -> Config {
    let int8 = arithmetic == Arithmetic::Int8;
    Config {
        sizes: sizes.as_ptr(),
        size_count: sizes.len() as u32,
        arithmetic: arithmetic as u32,
        rule: rule as u32,
        activation: Activation::Tanh as u32,
        loss: Loss::CrossEntropy as u32,
        input_bits: if int8 { 7 } else { 0 },
        hidden_rate: 0.05,
        output_rate: 0.05,
        half_after: 0,
        standardise: 0,
        store_feedback: 0,
        seed: 3,
    }
}

/// Memory at a multiple of 8.
pub fn memory(bytes: u32) -> Vec<u64> {
    vec![0x5555_5555_5555_5555; bytes.div_ceil(8) as usize]
}

pub fn size(config: &Config) -> Result<u32, Status> {
    let mut bytes = 0;
    // SAFETY: both are there.
    match unsafe { openloop_size(config, &mut bytes) } {
        Status::Ok => Ok(bytes),
        status => Err(status),
    }
}

pub fn init(memory: &mut [u64], config: &Config) -> *mut Model {
    let mut model = null_mut();
    // SAFETY: the memory is as long as is said.
    let status = unsafe { openloop_init(memory.as_mut_ptr().cast(), 8 * memory.len() as u32, config, &mut model) };
    assert_eq!(status, Status::Ok);
    model
}

pub fn sample(n: u32) -> [f32; 6] {
    std::array::from_fn(|i| ((n as usize * 7 + i * 13) % 11) as f32 / 11.0 - 0.5)
}

pub fn save(model: *mut Model) -> Vec<u8> {
    let (mut bytes, mut written) = (vec![0; 4096], 0);
    // SAFETY: a model, and as many bytes as is said.
    assert_eq!(unsafe { openloop_save(model, bytes.as_mut_ptr(), 4096, &mut written) }, Status::Ok);
    let mut size = 0;
    // SAFETY: a model.
    assert_eq!(unsafe { openloop_saved_size(model, &mut size) }, Status::Ok);
    assert_eq!(size, written);
    bytes.truncate(written as usize);
    bytes
}
