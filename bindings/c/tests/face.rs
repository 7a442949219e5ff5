//! What the functions promise of memory and pointers, and that C, Rust and PC agree on the bytes.

mod common;

use common::*;
use openloop_c::*;
use openloop_core::device::{Arena, DeviceSettings, Learner};
use openloop_core::{Dense, Feedback, Layer, Loss as CoreLoss, Rule as CoreRule, Spec, Targets};
use std::ptr::{null, null_mut};

const LAYERS: [Layer; 2] = [
    Layer::Dense(Dense { inputs: 6, outputs: 12, activation: openloop_core::Activation::Tanh }),
    Layer::Dense(Dense { inputs: 12, outputs: 4, activation: openloop_core::Activation::Identity }),
];

#[test]
fn a_model_in_c_has_the_bits_of_the_device_api_in_rust_with_stored_feedback_and_without() {
    const LEARNER: Learner<'static> = Learner::fixed(
        Spec { layers: &LAYERS, loss: CoreLoss::CrossEntropy },
        DeviceSettings {
            rule: CoreRule::LocalError,
            hidden_rate: 0.05,
            output_rate: 0.05,
            feedback: Feedback::Seeded(3),
        },
    );
    let mut arena: Arena<{ LEARNER.sizes().parameters }, { LEARNER.sizes().scratch() }> = Arena::new();
    LEARNER.init(3, &mut arena.parameters).unwrap();
    (0..200).for_each(|n| {
        LEARNER.learn(arena.lend(), &sample(n), &Targets::Labels(&[n % 4])).unwrap();
    });
    for store_feedback in [0, 1] {
        let config = Config { store_feedback, ..config(&SIZES, Rule::LocalError, Arithmetic::F32) };
        let mut memory = memory(size(&config).unwrap());
        let model = init(&mut memory, &config);
        for n in 0..200 {
            // SAFETY: a model, and 6 values.
            assert_eq!(unsafe { openloop_learn(model, sample(n).as_ptr(), 6, n % 4, null_mut()) }, Status::Ok);
        }
        let blob = save(model);
        let weights = arena.parameters.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<_>>();
        assert!(blob[64 + 48 + 8..][..weights.len()] == weights, "stored: {store_feedback}");
    }
}

#[test]
fn memory_one_byte_smaller_is_refused_and_as_large_as_said_is_enough() {
    for arithmetic in [Arithmetic::F32, Arithmetic::Int8] {
        for rule in [Rule::Bp, Rule::Dfa, Rule::Drtp, Rule::LocalError, Rule::Shallow] {
            let config = config(&SIZES, rule, arithmetic);
            let bytes = size(&config).unwrap();
            let mut memory = memory(bytes + 64);
            let mut model = null_mut();
            // SAFETY: the memory is longer than is said.
            let status = unsafe { openloop_init(memory.as_mut_ptr().cast(), bytes - 1, &config, &mut model) };
            assert_eq!((status, model.is_null()), (Status::TooSmall, true));
            assert!(memory.iter().all(|word| *word == 0x5555_5555_5555_5555));
            // SAFETY: as long as is said.
            let status = unsafe { openloop_init(memory.as_mut_ptr().cast(), bytes, &config, &mut model) };
            assert_eq!(status, Status::Ok);
            for n in 0..50 {
                // SAFETY: a model, and 6 values.
                assert_eq!(unsafe { openloop_learn(model, sample(n).as_ptr(), 6, n % 4, null_mut()) }, Status::Ok);
            }
            save(model);
            assert!(memory[bytes as usize / 8..].iter().all(|word| *word == 0x5555_5555_5555_5555), "written beyond");
        }
    }
}

/// `OPENLOOP_MEMORY_F32` and its like of the header.
fn macro_bytes(sizes: &[u32], arithmetic: Arithmetic, waits: bool) -> u32 {
    let (layers, inputs) = (sizes.len() as u32 - 1, sizes[0]);
    let weights: u32 = sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum();
    let (units, widest): (u32, u32) = (sizes[1..].iter().sum(), *sizes[1..].iter().max().unwrap());
    let outputs = sizes[sizes.len() - 1];
    let head = 96 + (14 + 8 * layers) * size_of::<usize>() as u32;
    head + match (arithmetic, waits) {
        (Arithmetic::F32, false) => 4 * (inputs + weights + 2 * widest + 16 + outputs),
        (Arithmetic::F32, true) => 4 * (inputs + weights + 2 * units + outputs),
        (Arithmetic::Int8, false) => inputs + weights + 2 * widest + 4 * outputs,
        (Arithmetic::Int8, true) => inputs + weights + 9 * units + 4 * outputs,
    }
}

#[test]
fn the_headers_constants_are_enough_for_every_rule_and_shape_and_little_more() {
    let shapes = [&[6, 12, 4][..], &[1, 1], &[784, 100, 10], &[64, 32, 10], &[3, 50, 2, 40, 7], &[5, 2, 90]];
    let local = [Rule::Drtp, Rule::LocalError, Rule::LocalHinge, Rule::Shallow].map(|rule| (rule, false));
    let waiting = [Rule::Bp, Rule::Dfa, Rule::Sdfa].map(|rule| (rule, true));
    for (arithmetic, own) in [(Arithmetic::F32, (Rule::Fa, true)), (Arithmetic::Int8, (Rule::DrtpGated, false))] {
        for (rule, waits) in local.into_iter().chain(waiting).chain([own]) {
            for sizes in shapes {
                let plain = config(sizes, rule, arithmetic);
                let (needed, given) = (size(&plain).unwrap(), macro_bytes(sizes, arithmetic, waits));
                assert!(needed <= given, "{sizes:?} {rule:?} {arithmetic:?}: {needed} of {given}");
                let units: u32 = sizes[1..].iter().sum();
                assert!(given - needed <= 80 + 10 * units, "{sizes:?} {rule:?} {arithmetic:?}: {needed} of {given}");
                let standardised = size(&Config { standardise: 1, ..plain }).unwrap();
                assert!(standardised <= given + 8 * sizes[0]);
            }
        }
    }
}

#[test]
fn an_int8_model_takes_what_the_core_plans_for_it() {
    use openloop_core::integer::{Int8Network, Int8Plan, Int8Rate, Int8Settings};
    let rate = Int8Rate::new(0.05);
    for sizes in [&[6, 12, 4][..], &[1, 1], &[9, 3, 40, 7, 2], &[5, 2, 90], &[4, 30, 20, 10, 50, 3]] {
        for rule in [Rule::Bp, Rule::Dfa, Rule::Sdfa, Rule::Drtp, Rule::LocalError, Rule::DrtpGated, Rule::Shallow] {
            let layers: Vec<Layer> = (1..sizes.len())
                .map(|k| {
                    let hidden = k + 1 < sizes.len();
                    let activation =
                        if hidden { openloop_core::Activation::Tanh } else { openloop_core::Activation::Identity };
                    Layer::Dense(Dense { inputs: sizes[k - 1] as usize, outputs: sizes[k] as usize, activation })
                })
                .collect();
            let chain = Spec { layers: &layers, loss: CoreLoss::CrossEntropy }.check().unwrap();
            let rule_of_core = CoreRule::from_code(rule as u8).unwrap();
            let (hidden_rate, output_rate) = (rate, rate);
            let settings = Int8Settings {
                rule: rule_of_core,
                seed: 1,
                hidden_rate,
                output_rate,
                half_after: 9,
                input_bits: 7,
                fractions: false,
            };
            let plan = Int8Plan::learning(&Int8Network::new(chain, settings).unwrap());
            let head = size_of::<Model>() + layers.len() * size_of::<Layer>();
            let own = sizes[0] as usize + plan.parameters + plan.activations + 4 * plan.values;
            let needed = size(&config(sizes, rule, Arithmetic::Int8)).unwrap() as usize;
            assert_eq!(needed, (head + own).next_multiple_of(8), "{sizes:?} {rule:?}");
        }
    }
}

#[test]
fn int8_goes_on_from_a_blob_with_the_same_bytes() {
    let config = config(&SIZES, Rule::Drtp, Arithmetic::Int8);
    let bytes = size(&config).unwrap();
    let (mut here, mut there) = (memory(bytes), memory(bytes));
    let model = init(&mut here, &config);
    let learn = |model, from, to| {
        for n in from..to {
            // SAFETY: a model, and 6 values.
            assert_eq!(unsafe { openloop_learn(model, sample(n).as_ptr(), 6, n % 4, null_mut()) }, Status::Ok);
        }
    };
    learn(model, 0, 100);
    let blob = save(model);
    let mut again = null_mut();
    // SAFETY: memory and blob are as long as is said.
    let status =
        unsafe { openloop_open(there.as_mut_ptr().cast(), bytes, blob.as_ptr(), blob.len() as u32, 0, &mut again) };
    assert_eq!(status, Status::Ok);
    learn(model, 100, 200);
    learn(again, 100, 200);
    assert!(save(model) == save(again));
}

/// A model of the plainest network in memory of its own, and what it has learned.
fn trained(memory: &mut [u64], config: &Config) -> (*mut Model, Vec<u8>) {
    let model = init(memory, config);
    for n in 0..20 {
        // SAFETY: a model, and 6 values.
        assert_eq!(unsafe { openloop_learn(model, sample(n).as_ptr(), 6, n % 4, null_mut()) }, Status::Ok);
    }
    (model, save(model))
}

#[test]
fn pointers_into_the_models_memory_are_refused_and_nothing_is_written() {
    for arithmetic in [Arithmetic::F32, Arithmetic::Int8] {
        let config = config(&SIZES, Rule::Drtp, arithmetic);
        let bytes = size(&config).unwrap();
        let mut memory = memory(bytes + 64);
        let (model, _) = trained(&mut memory, &config);
        let before = memory.clone();
        let (x, mut y, mut answer, mut word) = (sample(1), [0.0; 4], Answer::default(), 0);
        let first: *mut u8 = memory.as_mut_ptr().cast();
        let last_word = |back: usize| first.wrapping_add(bytes as usize - back);
        for inside in [first, first.wrapping_add(64), last_word(4)] {
            // SAFETY: a model, and pointers to as much as is said, in its memory or apart from it.
            let refused = unsafe {
                [
                    openloop_learn(model, inside.cast(), 6, 1, null_mut()),
                    openloop_predict(model, inside.cast(), 6, y.as_mut_ptr(), 4, &mut answer),
                    openloop_predict(model, x.as_ptr(), 6, inside.cast(), 4, &mut answer),
                    openloop_predict(model, x.as_ptr(), 6, y.as_mut_ptr(), 4, inside.cast()),
                    openloop_standardise(model, inside.cast(), x.as_ptr(), 6),
                    openloop_standardise(model, x.as_ptr(), inside.cast(), 6),
                    openloop_saved_size(model, inside.cast()),
                    openloop_save(model, inside, 64, &mut word),
                    openloop_save(model, [0; 4096].as_mut_ptr(), 4096, inside.cast()),
                    openloop_load(model, inside, 64),
                    openloop_count(model, inside.cast()),
                ]
            };
            assert_eq!(refused, [Status::Overlap; 11], "{arithmetic:?}");
            assert!(memory == before, "{arithmetic:?}: written all the same");
        }
        assert_eq!((y, answer, word), ([0.0; 4], Answer::default(), 0));
        // the first byte behind the model is not the model's
        let behind: *mut f32 = last_word(0).cast();
        // SAFETY: a model, and 6 values behind it.
        let status = unsafe { openloop_predict(model, behind, 6, y.as_mut_ptr(), 4, &mut answer) };
        assert_eq!(status, Status::Ok);
    }
}

#[test]
fn arguments_that_share_bytes_with_one_that_is_written_are_refused_and_others_may_share() {
    let config = Config { standardise: 1, ..config(&SIZES, Rule::Drtp, Arithmetic::F32) };
    let bytes = size(&config).unwrap();
    let mut memory = memory(bytes);
    let (model, blob) = trained(&mut memory, &config);
    let mut both: [f32; 9] = std::array::from_fn(|i| i as f32 / 9.0);
    let shared = both.as_mut_ptr();
    let mut answer = Answer::default();
    // SAFETY: a model; 6 values are read and 4 written, of the 9 there are.
    unsafe {
        assert_eq!(openloop_predict(model, shared, 6, shared, 4, &mut answer), Status::Overlap);
        assert_eq!(openloop_predict(model, shared, 6, shared.add(5), 4, &mut answer), Status::Overlap);
        assert_eq!(openloop_predict(model, shared.add(3), 6, shared, 4, &mut answer), Status::Overlap);
        assert_eq!(openloop_predict(model, shared, 6, null_mut(), 0, shared.add(5).cast()), Status::Overlap);
        assert_eq!(openloop_predict(model, shared, 6, null_mut(), 0, shared.add(6).cast()), Status::Ok);
        assert_eq!(openloop_standardise(model, shared, shared, 6), Status::Ok, "both are only read");
    }
    assert_eq!(both[..6], std::array::from_fn::<f32, 6, _>(|i| i as f32 / 9.0));
    let (mut slot, length) = (blob.clone(), blob.len() as u32);
    let start = slot.as_mut_ptr();
    let mut which = 9;
    // SAFETY: as many bytes as is said; what would be written is in them.
    unsafe {
        assert_eq!(openloop_save(model, start, length, start.cast()), Status::Overlap);
        assert_eq!(openloop_open_size(start, length, 0, start.cast()), Status::Overlap);
        assert_eq!(openloop_newer(start, length, start, length, start.wrapping_add(8).cast()), Status::Overlap);
        assert_eq!(openloop_newer(start, length, start, length, &mut which), Status::Ok);
    }
    assert!(slot == blob && which == 0);
}

#[test]
fn a_model_is_not_made_over_what_it_is_made_from() {
    let own = config(&SIZES, Rule::Drtp, Arithmetic::F32);
    let bytes = size(&own).unwrap();
    let mut room = memory(bytes);
    let blob = trained(&mut room, &own).1;
    let mut room = memory(8 * 4096);
    let place: *mut u64 = room.as_mut_ptr();
    let mut model = null_mut();
    // SAFETY: the room is longer than the network, the configuration and the blob need together.
    unsafe {
        let start = place.cast::<std::ffi::c_void>();
        assert_eq!(openloop_init(start, bytes, &own, place.cast()), Status::Overlap, "where the model is written");
        place.cast::<Config>().write(own);
        assert_eq!(openloop_init(start, bytes, place.cast(), &mut model), Status::Overlap, "the configuration");
        assert_eq!(openloop_size(place.cast(), place.add(1).cast()), Status::Overlap, "the size in the configuration");
        place.add(4).cast::<[u32; 3]>().write(SIZES);
        let inside = Config { sizes: place.add(4).cast(), ..own };
        assert_eq!(openloop_init(start, bytes, &inside, &mut model), Status::Overlap, "its sizes");
        place.cast::<u8>().copy_from(blob.as_ptr(), blob.len());
        let length = blob.len() as u32;
        assert_eq!(openloop_open(start, bytes, place.cast(), length, 0, &mut model), Status::Overlap, "the blob");
        assert!(model.is_null());
        let beside = place.add(2048).cast();
        assert_eq!(openloop_open(beside, bytes, place.cast(), length, 0, &mut model), Status::Ok);
        assert!(save(model).len() == blob.len());
    }
}

#[test]
fn configurations_that_make_no_network_are_refused() {
    let good = config(&SIZES, Rule::Drtp, Arithmetic::F32);
    let refused = |config: Config| size(&config).unwrap_err();
    assert_eq!(refused(Config { sizes: null(), ..good }), Status::NullPointer);
    assert_eq!(refused(Config { size_count: 1, ..good }), Status::BadNetwork);
    assert_eq!(refused(Config { rule: 7, ..good }), Status::BadConfig);
    assert_eq!(refused(Config { arithmetic: 2, ..good }), Status::BadConfig);
    assert_eq!(refused(Config { activation: 0, ..good }), Status::BadConfig);
    assert_eq!(refused(Config { loss: 2, ..good }), Status::BadConfig);
    assert_eq!(refused(Config { input_bits: 1, ..good }), Status::BadConfig);
    assert_eq!(refused(Config { hidden_rate: f32::NAN, ..good }), Status::BadConfig);
    let int8 = config(&SIZES, Rule::Fa, Arithmetic::Int8);
    assert_eq!(refused(int8), Status::NotOnDevice);
    let int8 = config(&SIZES, Rule::Drtp, Arithmetic::Int8);
    assert_eq!(refused(Config { activation: Activation::Relu as u32, ..int8 }), Status::NotOnDevice);
    assert_eq!(refused(Config { loss: Loss::BinaryCrossEntropy as u32, ..int8 }), Status::NotOnDevice);
    assert_eq!(refused(config(&SIZES, Rule::DrtpGated, Arithmetic::F32)), Status::NotOnDevice);
    assert_eq!(refused(Config { rule: 10, ..good }), Status::BadConfig);
    assert_eq!(refused(config(&[6, 0, 4], Rule::Drtp, Arithmetic::F32)), Status::BadNetwork);
    let sizes = [u32::MAX, u32::MAX];
    assert_eq!(refused(config(&sizes, Rule::Drtp, Arithmetic::F32)), Status::TooLarge);
    let sizes = [1 << 14, 1 << 14, 1 << 14, 1 << 14];
    assert_eq!(refused(config(&sizes, Rule::Drtp, Arithmetic::F32)), Status::TooLarge);
    let sizes = [1; 67];
    assert_eq!(refused(config(&sizes, Rule::Drtp, Arithmetic::F32)), Status::TooLarge);
}
