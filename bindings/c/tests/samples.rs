//! What a model answers and learns, from each kind of input, whole and part by part.

mod common;

use common::*;
use openloop_c::*;
use openloop_core::integer::{self, Int8Fine, Int8Memory, Int8Network, Int8Rate, Int8Settings, Int8State};
use openloop_core::{Activation as CoreActivation, Dense, Layer, Loss as CoreLoss, Rule as CoreRule, Spec};
use std::ptr::null_mut;

fn learn(model: *mut Model, n: u32) -> Outcome {
    let mut outcome = Outcome::default();
    // SAFETY: a model, and 6 values.
    assert_eq!(unsafe { openloop_learn(model, sample(n).as_ptr(), 6, n % 4, &mut outcome) }, Status::Ok);
    outcome
}

fn predict(model: *mut Model, n: u32) -> ([f32; 4], Answer) {
    let (mut y, mut answer) = ([0.0; 4], Answer::default());
    // SAFETY: a model, 6 values, and room for 4.
    let status = unsafe { openloop_predict(model, sample(n).as_ptr(), 6, y.as_mut_ptr(), 4, &mut answer) };
    assert_eq!(status, Status::Ok);
    (y, answer)
}

const BOTH: [Arithmetic; 2] = [Arithmetic::F32, Arithmetic::Int8];

#[test]
fn a_learning_step_gives_the_answer_from_before_it() {
    for arithmetic in BOTH {
        for rule in [Rule::Drtp, Rule::LocalError, Rule::Bp, Rule::Sdfa] {
            let config = config(&SIZES, rule, arithmetic);
            let mut memory = memory(size(&config).unwrap());
            let model = init(&mut memory, &config);
            for n in 0..60 {
                let (y, answer) = predict(model, n);
                let outcome = learn(model, n);
                assert_eq!(
                    (outcome.label, outcome.right),
                    (answer.label, y[n as usize % 4]),
                    "{arithmetic:?} {rule:?}"
                );
                assert_eq!(answer.confidence, y[answer.label as usize]);
                assert!(y.iter().all(|y| *y <= answer.confidence));
            }
        }
    }
}

#[test]
fn int8_in_c_has_the_bytes_of_the_core_from_its_own_inputs_without_a_copy() {
    let config = config(&SIZES, Rule::Drtp, Arithmetic::Int8);
    let mut memory = memory(size(&config).unwrap());
    let model = init(&mut memory, &config);
    let layers = [
        Layer::Dense(Dense { inputs: 6, outputs: 12, activation: CoreActivation::Tanh }),
        Layer::Dense(Dense { inputs: 12, outputs: 4, activation: CoreActivation::Identity }),
    ];
    let chain = Spec { layers: &layers, loss: CoreLoss::CrossEntropy }.check().unwrap();
    let rate = Int8Rate::new(0.05);
    let (hidden_rate, output_rate, half_after) = (rate, rate, u32::MAX);
    let settings = Int8Settings {
        rule: CoreRule::Drtp,
        seed: 3,
        hidden_rate,
        output_rate,
        half_after,
        input_bits: 7,
        fractions: false,
    };
    let network = Int8Network::new(chain, settings).unwrap();
    let (mut parameters, mut state) = ([0; 136], Int8State::default());
    integer::initialize(&network, &mut parameters).unwrap();
    for n in 0..100 {
        let x: [i8; 6] = std::array::from_fn(|i| ((n as usize * 37 + i * 11) % 255) as i8);
        let (mut activations, mut values) = ([0; 24], [0; 4]);
        let memory = Int8Memory {
            parameters: &mut parameters,
            state: &mut state,
            activations: &mut activations,
            values: &mut values,
            fine: Int8Fine::default(),
        };
        let expected = integer::learn(&network, memory, &x, n % 4).unwrap();
        let mut outcome = Outcome::default();
        // SAFETY: a model, and 6 values.
        assert_eq!(unsafe { openloop_learn_i8(model, x.as_ptr(), 6, n % 4, &mut outcome) }, Status::Ok);
        assert_eq!((outcome.label, outcome.right), (expected.class, f32::from(expected.confidence) / 32_768.0));
    }
    let blob = save(model);
    let bytes: Vec<u8> = parameters.iter().map(|w| *w as u8).collect();
    assert!(blob[64 + 48 + 8..][..bytes.len()] == bytes);
}

#[test]
fn whole_numbers_are_taken_as_these_numbers_and_standardised() {
    for arithmetic in BOTH {
        let config = Config { standardise: 1, ..config(&SIZES, Rule::LocalError, arithmetic) };
        let bytes = size(&config).unwrap();
        let (mut here, mut there) = (memory(bytes), memory(bytes));
        let (floats, numbers) = (init(&mut here, &config), init(&mut there, &config));
        for model in [floats, numbers] {
            // SAFETY: a model, and 6 values each.
            let status = unsafe { openloop_standardise(model, [100.0; 6].as_ptr(), [0.02; 6].as_ptr(), 6) };
            assert_eq!(status, Status::Ok);
        }
        for n in 0..60u32 {
            let x: [u8; 6] = std::array::from_fn(|i| (n * 29 + i as u32 * 71) as u8);
            let (mut a, mut b) = (Outcome::default(), Outcome::default());
            let (mut c, mut d) = (Answer::default(), Answer::default());
            // SAFETY: models, and 6 values each.
            unsafe {
                assert_eq!(openloop_learn(floats, x.map(f32::from).as_ptr(), 6, n % 4, &mut a), Status::Ok);
                assert_eq!(openloop_learn_u8(numbers, x.as_ptr(), 6, n % 4, &mut b), Status::Ok);
                let nowhere = null_mut();
                assert_eq!(openloop_predict(floats, x.map(f32::from).as_ptr(), 6, nowhere, 0, &mut c), Status::Ok);
                assert_eq!(openloop_predict_u8(numbers, x.as_ptr(), 6, nowhere, 0, &mut d), Status::Ok);
            }
            assert_eq!((a, c), (b, d));
        }
        assert!(save(floats) == save(numbers), "{arithmetic:?}");
    }
}

#[test]
fn a_step_in_parts_has_the_bits_of_a_whole_one_and_may_be_given_up() {
    for (arithmetic, rule, parts) in [
        (Arithmetic::F32, Rule::Drtp, 2),
        (Arithmetic::F32, Rule::LocalError, 2),
        (Arithmetic::F32, Rule::Bp, 4),
        (Arithmetic::Int8, Rule::Drtp, 1),
        (Arithmetic::Int8, Rule::Bp, 1),
    ] {
        let config = config(&SIZES, rule, arithmetic);
        let bytes = size(&config).unwrap();
        let (mut here, mut there) = (memory(bytes), memory(bytes));
        let (whole, parted) = (init(&mut here, &config), init(&mut there, &config));
        for n in 0..40 {
            let expected = learn(whole, n);
            let (mut more, mut count, mut outcome) = (1, 0, Outcome::default());
            // SAFETY: a model, and 6 values, which are gone before the first part.
            assert_eq!(unsafe { openloop_begin(parted, sample(n).as_ptr(), 6, n % 4) }, Status::Ok);
            while more == 1 {
                // SAFETY: a model.
                assert_eq!(unsafe { openloop_advance(parted, &mut more, &mut outcome) }, Status::Ok);
                count += 1;
            }
            assert_eq!((count, outcome), (parts, expected), "{arithmetic:?} {rule:?}");
        }
        let (mut more, before) = (7, save(parted));
        assert!(save(whole) == before);
        // SAFETY: a model, and 6 values.
        unsafe {
            assert_eq!(openloop_advance(parted, &mut more, null_mut()), Status::NothingBegun);
            assert_eq!(openloop_begin(parted, sample(0).as_ptr(), 6, 0), Status::Ok);
            predict(parted, 1);
            assert_eq!(openloop_advance(parted, &mut more, null_mut()), Status::NothingBegun);
        }
        assert!(more == 7);
        assert!(save(parted)[64..][..48 + 8] == before[64..][..48 + 8]);
        assert!(save(parted)[120..before.len() - 4] == before[120..before.len() - 4], "nothing was learned");
    }
}

#[test]
fn answers_below_the_threshold_are_not_sure() {
    for arithmetic in BOTH {
        let config = config(&SIZES, Rule::Drtp, arithmetic);
        let mut memory = memory(size(&config).unwrap());
        let model = init(&mut memory, &config);
        let (_, answer) = predict(model, 3);
        assert_eq!(answer.sure, 1, "at the start every answer is");
        for (threshold, sure) in [(answer.confidence, 1), (answer.confidence + 1e-4, 0), (1.0, 0), (0.0, 1)] {
            // SAFETY: a model.
            assert_eq!(unsafe { openloop_set_threshold(model, threshold) }, Status::Ok);
            assert_eq!(predict(model, 3).1, Answer { sure, ..answer });
        }
        for wrong in [-0.1, 1.1, f32::NAN] {
            // SAFETY: a model.
            assert_eq!(unsafe { openloop_set_threshold(model, wrong) }, Status::BadConfig);
        }
    }
}

#[test]
fn rates_can_be_set_and_a_reset_model_starts_again() {
    for arithmetic in BOTH {
        let own = Config { half_after: 512, store_feedback: 1, ..config(&SIZES, Rule::Drtp, arithmetic) };
        let bytes = size(&own).unwrap();
        let (mut here, mut there) = (memory(bytes), memory(bytes));
        let other = Config { hidden_rate: 0.2, output_rate: 0.01, ..own };
        let (set, made) = (init(&mut here, &own), init(&mut there, &other));
        learn(set, 1);
        // SAFETY: a model.
        unsafe {
            assert_eq!(openloop_set_rates(set, f32::NAN, 0.1), Status::BadConfig);
            assert_eq!(openloop_set_rates(set, 0.1, -1.0), Status::BadConfig);
            assert_eq!(openloop_set_rates(set, 0.2, 0.01), Status::Ok);
            assert_eq!(openloop_reset(set), Status::Ok);
        }
        for n in 0..40 {
            assert_eq!(learn(set, n), learn(made, n), "{arithmetic:?}");
        }
        assert!(save(set) == save(made), "{arithmetic:?}");
    }
}

#[test]
fn a_model_without_room_for_a_standardisation_refuses_one() {
    let own = config(&SIZES, Rule::Drtp, Arithmetic::F32);
    let standardised = Config { standardise: 1, ..own };
    let bytes = size(&standardised).unwrap();
    assert_eq!(bytes - size(&own).unwrap(), 48);
    let (mut here, mut there, mut opened) = (memory(bytes), memory(bytes), memory(bytes));
    let (with, without) = (init(&mut here, &standardised), init(&mut there, &own));
    let values = [0.5; 6];
    // SAFETY: models, blobs and values as long as is said.
    unsafe {
        assert_eq!(openloop_standardise(without, values.as_ptr(), values.as_ptr(), 6), Status::NoStandardisation);
        assert_eq!(openloop_standardise(with, values.as_ptr(), values.as_ptr(), 6), Status::Ok);
        let blob = save(with);
        assert_eq!(openloop_load(without, blob.as_ptr(), blob.len() as u32), Status::OtherNetwork);
        let plain = save(without);
        let mut needed = 0;
        for (blob, expected) in [(&blob, bytes), (&plain, size(&own).unwrap())] {
            let length = blob.len() as u32;
            assert_eq!(openloop_open_size(blob.as_ptr(), length, 0, &mut needed), Status::Ok);
            assert_eq!(needed, expected);
            let mut model = null_mut();
            let place = opened.as_mut_ptr().cast();
            assert_eq!(openloop_open(place, needed, blob.as_ptr(), length, 0, &mut model), Status::Ok);
            assert!(save(model)[64..blob.len() - 4] == blob[64..blob.len() - 4]);
        }
    }
}
