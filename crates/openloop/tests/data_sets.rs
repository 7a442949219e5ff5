//! The shipped and generated data sets, and how batches are gathered from any set.

use openloop::data::{DataRequest, DataSet, Features, Preprocessing, Split, Targets, load};

fn set(name: &str) -> DataSet {
    load(&DataRequest { name, ..DataRequest::default() }).expect("a data set")
}

fn labels(split: &Split) -> &[u32] {
    match &split.targets {
        Targets::Labels(labels) => labels,
        Targets::Values(_) => panic!("regression"),
    }
}

fn floats(features: &Features) -> &[f32] {
    match features {
        Features::Floats(floats) => floats,
        _ => panic!("no floats"),
    }
}

/// FNV-1a over the bits of some floats: enough to notice a changed value.
fn fingerprint(values: &[f32]) -> u64 {
    let bytes = values.iter().flat_map(|value| value.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn the_digits_are_all_there_once_in_a_fixed_split() {
    let digits = set("digits");
    assert_eq!((digits.train.len(), digits.test.len(), digits.shape.size(), digits.outputs), (1437, 360, 64, 10));
    let mut count = [0; 10];
    labels(&digits.train).iter().chain(labels(&digits.test)).for_each(|&label| count[label as usize] += 1);
    assert_eq!(count, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    let (Features::Bytes(train), Features::Bytes(test)) = (&digits.train.features, &digits.test.features) else {
        panic!("floats");
    };
    assert!(train.iter().chain(test).all(|&pixel| pixel <= 16));
    assert_eq!(train.iter().chain(test).map(|&pixel| u64::from(pixel)).sum::<u64>(), 561_718);
    assert_eq!(digits, set("digits"));
}

#[test]
fn regression_targets_are_the_shifted_cosines_of_the_mean() {
    let data = set("synthetic-regression");
    assert_eq!((data.train.len(), data.test.len(), data.shape.size(), data.outputs), (5000, 1000, 256, 10));
    assert!(data.classes.is_empty());
    for split in [&data.train, &data.test] {
        let Targets::Values(values) = &split.targets else { panic!("labels") };
        for (row, targets) in floats(&split.features).chunks(256).zip(values.chunks(10)) {
            let mean = row.iter().map(|&value| f64::from(value)).sum::<f64>() / 256.0;
            for (i, target) in targets.iter().enumerate() {
                let expected = (mean - std::f64::consts::FRAC_PI_2 + i as f64 * std::f64::consts::PI / 9.0).cos();
                assert!((f64::from(*target) - expected).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn regression_features_are_normal_about_a_uniform_mean() {
    let data = set("synthetic-regression");
    let (mut within, mut fourth, mut means) = (0.0, 0.0, Vec::new());
    for row in floats(&data.train.features).chunks(256) {
        let mean = row.iter().map(|&value| f64::from(value)).sum::<f64>() / 256.0;
        within += row.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>();
        fourth += row.iter().map(|&value| (f64::from(value) - mean).powi(4)).sum::<f64>();
        means.push(mean);
    }
    let count = data.train.len() as f64;
    assert!((within / (count * 255.0) - 1.0).abs() < 0.01);
    assert!((fourth / (count * 256.0) - 3.0).abs() < 0.05);
    let spread = means.iter().map(|mean| mean * mean).sum::<f64>() / count;
    assert!((spread - std::f64::consts::PI.powi(2) / 3.0).abs() < 0.15, "{spread}");
}

#[test]
fn classification_has_balanced_classes_in_both_splits_and_half_of_its_features_are_noise() {
    let data = set("synthetic-classification");
    assert_eq!((data.train.len(), data.test.len(), data.shape.size(), data.outputs), (25_000, 5000, 256, 10));
    for split in [&data.train, &data.test] {
        let mut count = [0usize; 10];
        labels(split).iter().for_each(|&label| count[label as usize] += 1);
        let expected = split.len() / 10;
        assert!(count.iter().all(|&count| count.abs_diff(expected) < expected / 5), "{count:?}");
    }
    // Noise has variance 1. An informative feature has 128/3 from the mixing and up to 4.5^2 from the corners.
    let rows = floats(&data.train.features);
    let variance = |column: usize| {
        let values = || rows.iter().skip(column).step_by(256).map(|&value| f64::from(value));
        let mean = values().sum::<f64>() / 25_000.0;
        values().map(|value| (value - mean).powi(2)).sum::<f64>() / 25_000.0
    };
    let variances: Vec<f64> = (0..256).map(variance).collect();
    let noise = variances.iter().filter(|&&variance| (variance - 1.0).abs() < 0.06).count();
    let informative = variances.iter().filter(|&&variance| (45.0..80.0).contains(&variance)).count();
    assert_eq!((noise, informative), (128, 128));
    assert!(variances[..128].iter().any(|&variance| variance < 2.0), "features are shuffled");
}

#[test]
fn generated_data_never_change() {
    let regression = set("synthetic-regression");
    let Targets::Values(values) = &regression.train.targets else { panic!("labels") };
    assert_eq!(fingerprint(floats(&regression.train.features)), REGRESSION_FEATURES);
    assert_eq!(fingerprint(values), REGRESSION_VALUES);
    let classification = set("synthetic-classification");
    assert_eq!(fingerprint(floats(&classification.test.features)), CLASSIFICATION_FEATURES);
    let labels: Vec<f32> = labels(&classification.test).iter().map(|&label| label as f32).collect();
    assert_eq!(fingerprint(&labels), CLASSIFICATION_LABELS);
}

const REGRESSION_FEATURES: u64 = 5_273_683_465_432_821_857;
const REGRESSION_VALUES: u64 = 10_567_320_639_839_275_240;
const CLASSIFICATION_FEATURES: u64 = 17_427_462_232_147_827_364;
const CLASSIFICATION_LABELS: u64 = 11_058_386_373_910_228_178;

#[test]
fn a_batch_is_the_same_from_bytes_and_from_floats_with_every_kind_of_preprocessing() {
    let bytes: Vec<u8> = (0..60).map(|i| (i * 37 % 251) as u8).collect();
    let raw: Vec<f32> = bytes.iter().map(|&byte| byte.into()).collect();
    let targets = || Targets::Labels(vec![0; 5]);
    let from_bytes = Split::new(Features::Bytes(bytes), targets(), 12, 1).expect("whole rows");
    let from_floats = Split::new(Features::Floats(raw.clone()), targets(), 12, 1).expect("whole rows");
    let values = |count: usize| (1..=count).map(|i| i as f32 * 0.37).collect::<Vec<f32>>();
    for (offsets, scales) in [(1, 1), (3, 3), (12, 12), (1, 3), (3, 1), (12, 1), (1, 12), (3, 12)] {
        let preprocessing = Preprocessing::new(values(offsets), values(scales));
        assert!(preprocessing.fits(12));
        let mut all = vec![0.0; 60];
        preprocessing.apply(12, &raw, &mut all);
        for (i, (&raw, &found)) in raw.iter().zip(&all).enumerate() {
            let offset = preprocessing.offset[i % 12 * offsets / 12];
            let scale = preprocessing.scale[i % 12 * scales / 12];
            assert_eq!(found, (raw - offset) * scale);
        }
        for split in [&from_bytes, &from_floats] {
            let mut out = vec![0.0; 36];
            split.gather(&preprocessing, 12, &[4, 0, 4], &mut out);
            assert_eq!(out, [&all[48..], &all[..12], &all[48..]].concat());
        }
    }
}

#[test]
fn preprocessing_that_cannot_divide_a_row_does_not_fit() {
    let preprocessing = |offset: &[f32], scale: &[f32]| Preprocessing::new(offset.into(), scale.into());
    assert!(!preprocessing(&[], &[1.0]).fits(12));
    assert!(!preprocessing(&[0.0; 5], &[1.0]).fits(12));
    assert!(!preprocessing(&[0.0; 2], &[1.0; 3]).fits(12));
    assert!(!preprocessing(&[f32::NAN], &[1.0]).fits(12));
    assert!(preprocessing(&[0.0; 2], &[1.0; 4]).fits(12));
}

#[test]
fn a_split_must_hold_whole_rows() {
    let split =
        |features: usize, targets| Split::new(Features::Bytes(vec![0; features]), targets, 4, 2).map(|s| s.len());
    assert_eq!(split(8, Targets::Labels(vec![0, 1])), Some(2));
    assert_eq!(split(7, Targets::Labels(vec![0, 1])), None);
    assert_eq!(split(8, Targets::Values(vec![0.0; 4])), Some(2));
    assert_eq!(split(8, Targets::Values(vec![0.0; 5])), None);
    assert_eq!(split(0, Targets::Values(vec![])), Some(0));
}
