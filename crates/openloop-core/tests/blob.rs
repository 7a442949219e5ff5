//! The device blob: the bytes of the documented table, and nothing else is taken for one.

use openloop_core::store::{self, About, Arithmetic, Contents, Error, Head, Section, SectionMut, Standardisation};
use openloop_core::{
    Activation, Along, Checked, Conv, Dense, Dropout, Layer, Loss, Pool, Pooling, Rule, Scaling, Shape, Spec,
};
use proptest::prelude::*;
use std::path::Path;

const GOLDEN: &[u8] = include_bytes!("golden/blob.olnb");

/// The network of `make_blob.py`.
fn layers() -> [Layer; 5] {
    let input = Shape { channels: 1, height: 6, width: 6 };
    let conv = Conv {
        input,
        channels: 2,
        kernel: 3,
        stride: 1,
        padding: 1,
        along: Along::Both,
        norm: false,
        pooled_readout: false,
        activation: Activation::Tanh,
    };
    [
        Layer::Conv(conv),
        Layer::Pool(Pool { input: conv.output(), window: 2, pooling: Pooling::Max }),
        Layer::Dropout(Dropout { units: 18, probability: 0.25 }),
        Layer::Dense(Dense { inputs: 18, outputs: 4, activation: Activation::Relu }),
        Layer::Dense(Dense { inputs: 4, outputs: 3, activation: Activation::Identity }),
    ]
}

fn checked(layers: &[Layer]) -> Checked<'_> {
    Spec { layers, loss: Loss::CrossEntropy }.check().unwrap()
}

fn about() -> About {
    About {
        arithmetic: Arithmetic::F32,
        rule: Rule::LocalErrorLearned,
        scaling: Scaling::Reference,
        regression: false,
        frozen: 2,
        seed: 0x0123_4567_89AB_CDEF,
        samples: 1437,
        hidden_rate: 0.25,
        output_rate: 0.125,
        half_after: 5000,
        input_bits: 0,
        front_bits: None,
    }
}

/// Parameters and readouts as `make_blob.py` counts them.
fn state() -> (Vec<f32>, Vec<f32>) {
    ((0..111).map(|n| n as f32 / 8.0).collect(), (1..235).map(|n| n as f32 / -8.0).collect())
}

fn written(sequence: u32) -> Vec<u8> {
    let (layers, (parameters, readouts)) = (layers(), state());
    let sections = [Section::F32(&parameters), Section::F32(&readouts)];
    let network = checked(&layers);
    let contents = Contents { network, about: about(), offset: &[0.5], scale: &[2.0], state: &sections };
    let mut bytes = vec![0; contents.length()];
    assert_eq!(contents.write_to(sequence, &mut bytes).unwrap(), bytes.len());
    bytes
}

fn loaded(mut bytes: &[u8], parameters: &mut [f32], readouts: &mut [f32], scale: &mut [f32]) -> Result<Head, Error> {
    let mut offset = vec![9.0; scale.len()];
    let standardisation = Standardisation { offset: &mut offset, scale };
    let mut state = [SectionMut::F32(parameters), SectionMut::F32(readouts)];
    let layers = layers();
    store::load(&mut bytes, &checked(&layers), Arithmetic::F32, Rule::LocalErrorLearned, standardisation, &mut state)
}

#[test]
fn a_blob_has_the_bytes_of_the_documented_table() {
    assert!(written(7) == GOLDEN, "compare with golden/make_blob.py");
}

#[test]
fn everything_written_comes_back() {
    let (expected, (mut parameters, mut readouts)) = (state(), (vec![9.0; 111], vec![9.0; 234]));
    let mut scale = [9.0; 36];
    let head = loaded(GOLDEN, &mut parameters, &mut readouts, &mut scale).unwrap();
    assert_eq!((head.about, head.sequence, head.length), (about(), 7, GOLDEN.len()));
    assert!((parameters, readouts) == expected);
    assert_eq!(scale, [2.0; 36], "one scale is spread over all inputs");
    let read = |k| store::read_layer(&mut &GOLDEN[..], &head, k);
    assert!(layers().iter().enumerate().all(|(k, layer)| read(k) == Ok(*layer)));
    assert_eq!(read(5), Err(Error::TooLarge { layer: 5 }));
}

/// Loads and asserts that it fails and that nothing was written.
#[track_caller]
fn refused(bytes: &[u8]) -> Error {
    let (mut parameters, mut readouts, mut scale) = (vec![9.0; 111], vec![9.0; 234], [9.0]);
    let error = loaded(bytes, &mut parameters, &mut readouts, &mut scale).unwrap_err();
    assert!(
        parameters.iter().chain(&readouts).chain(&scale).all(|value| *value == 9.0),
        "{error}: written all the same"
    );
    error
}

#[test]
fn a_blob_cut_anywhere_is_refused_and_nothing_written() {
    for length in 0..GOLDEN.len() {
        assert!(matches!(refused(&GOLDEN[..length]), Error::TooShort { found, .. } if found == length));
    }
}

#[test]
fn a_blob_that_states_another_length_than_it_has_is_refused_though_its_checksum_fits() {
    let stating = |mut bytes: Vec<u8>, length: usize| {
        bytes[16..20].copy_from_slice(&(length as u32).to_le_bytes());
        bytes
    };
    // shorter than a head and a checksum, with the checksum where a reader that believed it would look
    for length in 0..store::HEAD_BYTES + 4 {
        let mut bytes = stating(GOLDEN.to_vec(), length);
        seal(&mut bytes[..store::HEAD_BYTES + 4]);
        let expected = store::HEAD_BYTES + 4;
        assert_eq!(refused(&bytes), Error::WrongLength { what: "the blob", found: length, expected }, "{length}");
    }
    // longer than its parts, in whole words and not
    for more in 1..40 {
        let mut bytes = stating([GOLDEN, &[0; 40][..more]].concat(), GOLDEN.len() + more);
        seal(&mut bytes);
        let (found, expected) = (GOLDEN.len() + more, GOLDEN.len());
        assert_eq!(refused(&bytes), Error::WrongLength { what: "the blob", found, expected }, "{more} more");
    }
    // longer than there are bytes, up to the largest number
    for length in [GOLDEN.len() + 1, GOLDEN.len() + 4, 1 << 31, u32::MAX as usize] {
        let mut bytes = stating(GOLDEN.to_vec(), length);
        seal(&mut bytes);
        assert_eq!(refused(&bytes), Error::TooShort { found: GOLDEN.len(), expected: length });
    }
    // and shorter than its parts, sealed at its stated end
    for less in (1..GOLDEN.len() - store::HEAD_BYTES - 4).step_by(3) {
        let length = GOLDEN.len() - less;
        let mut bytes = stating(GOLDEN.to_vec(), length);
        seal(&mut bytes[..length]);
        let expected = GOLDEN.len();
        assert_eq!(refused(&bytes), Error::WrongLength { what: "the blob", found: length, expected }, "{less} less");
    }
}

#[test]
fn a_blob_with_any_bit_flipped_is_refused_and_nothing_written() {
    let mut bytes = GOLDEN.to_vec();
    for bit in 0..8 * bytes.len() {
        bytes[bit / 8] ^= 1 << (bit % 8);
        refused(&bytes);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn a_blob_of_another_network_is_refused_and_nothing_written() {
    let load = |layers: &[Layer], loss, arithmetic, rule, room: usize| {
        let (mut parameters, mut offset, mut scale) = (vec![9.0; 345], vec![9.0; room], vec![9.0; room]);
        let standardisation = Standardisation { offset: &mut offset, scale: &mut scale };
        let network = Spec { layers, loss }.check().unwrap();
        let mut state = [SectionMut::F32(&mut parameters)];
        let error = store::load(&mut &GOLDEN[..], &network, arithmetic, rule, standardisation, &mut state).unwrap_err();
        assert!(parameters.iter().chain(&offset).chain(&scale).all(|value| *value == 9.0), "{error}");
        error
    };
    let (own, rule) = (layers(), Rule::LocalErrorLearned);
    let (mut relu, mut longer) = (own, own.to_vec());
    relu[3] = Layer::Dense(Dense { inputs: 18, outputs: 4, activation: Activation::Tanh });
    longer.push(Layer::Dense(Dense { inputs: 3, outputs: 3, activation: Activation::Identity }));
    let (loss, f32, int8) = (Loss::CrossEntropy, Arithmetic::F32, Arithmetic::Int8);
    assert_eq!(load(&relu, loss, f32, rule, 1), Error::OtherNetwork { layer: 3 });
    assert_eq!(load(&own[3..], loss, f32, rule, 1), Error::OtherNetwork { layer: 0 });
    assert_eq!(load(&longer, loss, f32, rule, 1), Error::OtherNetwork { layer: 5 });
    assert_eq!(load(&own, Loss::BinaryCrossEntropy, f32, rule, 1), Error::OtherNetwork { layer: 5 });
    assert_eq!(load(&own, loss, int8, rule, 1), Error::OtherArithmetic);
    assert_eq!(load(&own, loss, f32, Rule::Bp, 1), Error::OtherRule);
    assert_eq!(load(&own, loss, f32, rule, 0), Error::Standardised);
    let (layers, mut less) = (layers(), [9.0; 344]);
    let standardisation = Standardisation { offset: &mut [9.0], scale: &mut [9.0] };
    let state = &mut [SectionMut::F32(&mut less)];
    let result = store::load(&mut &GOLDEN[..], &checked(&layers), f32, rule, standardisation, state);
    let what = "the memory for the state";
    assert_eq!(result.unwrap_err(), Error::WrongLength { what, found: 4 * 344, expected: 4 * 345 });
}

#[test]
fn what_a_reader_would_refuse_is_not_written() {
    let (layers, (parameters, readouts)) = (layers(), state());
    let network = checked(&layers);
    let write = |about: About, offset: &[f32], parameters: &[f32]| {
        let sections = [Section::F32(parameters), Section::F32(&readouts)];
        let mut bytes = [9; 2000];
        let error = Contents { network, about, offset, scale: &[1.0], state: &sections }.write_to(0, &mut bytes);
        assert!(bytes == [9; 2000]);
        error.unwrap_err()
    };
    let mut strange = parameters.clone();
    strange[40] = f32::INFINITY;
    assert_eq!(write(about(), &[0.0], &strange), Error::NotFinite { what: "the state" });
    assert_eq!(write(about(), &[f32::NAN], &parameters), Error::NotFinite { what: "the standardisation" });
    let rate = About { output_rate: -1.0, ..about() };
    assert_eq!(write(rate, &[0.0], &parameters), Error::NotFinite { what: "a learning rate" });
    assert!(matches!(write(about(), &[0.0; 5], &parameters), Error::WrongLength { what: "the standardisation", .. }));
    assert!(matches!(write(about(), &[0.0], &parameters[1..]), Error::WrongLength { what: "the state", .. }));
    assert!(matches!(write(About { frozen: 5, ..about() }, &[0.0], &parameters), Error::Unknown { code: 5, .. }));
    let sections = [Section::F32(&parameters), Section::F32(&readouts)];
    let contents = Contents { network, about: about(), offset: &[0.0], scale: &[1.0], state: &sections };
    let mut small = vec![9; contents.length() - 1];
    let expected = Error::BufferTooSmall { found: small.len(), expected: small.len() + 1 };
    assert_eq!(contents.write_to(0, &mut small), Err(expected));
    assert!(small.iter().all(|byte| *byte == 9));
}

#[test]
fn every_malformed_blob_of_the_corpus_gives_the_error_in_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/blob");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let (bytes, name) = (std::fs::read(&path).unwrap(), path.file_stem().unwrap().to_str().unwrap().to_string());
        let expected = name.split('-').next().unwrap();
        let found = match store::open(&mut &bytes[..]) {
            Ok(_) => "Ok".into(),
            Err(error) => format!("{error:?}"),
        };
        let named = found.split(|c: char| !c.is_alphanumeric()).next().unwrap();
        assert_eq!(named, expected, "{name}: {found}");
        seen += 1;
    }
    assert!(seen > 40, "{seen} files");
}

#[test]
fn every_error_has_a_sentence() {
    let errors = [Error::NotABlob, Error::ByteOrder, Error::Checksum, Error::OtherRule, Error::Flash, Error::Region];
    for error in errors {
        assert!(error.to_string().len() > 20, "{error:?}");
    }
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(store::open(&mut &bytes[..]).is_err());
    }

    #[test]
    fn a_blob_with_any_four_bytes_changed_and_sealed_again_is_read_as_it_is_or_refused(
        at in 0usize..GOLDEN.len() - 8, change: [u8; 4],
    ) {
        let mut bytes = GOLDEN.to_vec();
        bytes[at..at + 4].copy_from_slice(&change);
        seal(&mut bytes);
        if let Ok(head) = store::open(&mut &bytes[..]) {
            prop_assert!(head.layers <= store::MAX_LAYERS && head.length == bytes.len());
        }
    }
}

/// Puts the right checksum at the end, computed bit by bit.
fn seal(bytes: &mut [u8]) {
    let end = bytes.len() - 4;
    let mut crc = !0u32;
    for byte in &bytes[..end] {
        crc ^= u32::from(*byte);
        (0..8).for_each(|_| crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 });
    }
    bytes[end..].copy_from_slice(&(!crc).to_le_bytes());
}

#[test]
fn only_one_offset_of_0_and_one_scale_of_1_leave_inputs_as_they_come() {
    let layers = layers();
    let (parameters, readouts) = state();
    let sections = [Section::F32(&parameters), Section::F32(&readouts)];
    for (offset, scale, as_they_come) in
        [(&[0.0][..], &[1.0][..], true), (&[0.5], &[1.0], false), (&[0.0], &[2.0], false), (&[0.0; 36], &[1.0], false)]
    {
        let contents = Contents { network: checked(&layers), about: about(), offset, scale, state: &sections };
        let mut bytes = vec![0; contents.length()];
        contents.write_to(1, &mut bytes).unwrap();
        let head = store::open(&mut &bytes[..]).unwrap();
        assert_eq!(store::takes_inputs_as_they_come(&mut &bytes[..], &head), Ok(as_they_come));
    }
}
