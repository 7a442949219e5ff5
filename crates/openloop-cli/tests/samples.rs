//! Samples of one's own that are no table: NumPy arrays and images as NumPy and Pillow wrote them (tests/golden/make_samples.py), IDX
//! files under any name.

mod common;

use common::{Folder, run, train};
use std::path::Path;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/samples");

fn sample(name: &str) -> String {
    format!("{SAMPLES}/{name}")
}

/// Trains on samples and tests again from the saved run: the figure must be the same, and small.
#[track_caller]
fn learns(line: &str, data: &str, more: &[&str]) -> String {
    let folder = Folder::new();
    let out = folder.at("run");
    let trained = train(line, &[&["--data", data, "--json", "--out", &out][..], more].concat()).done();
    let error = trained.err.clone();
    let summary = trained.json();
    let tested = run(&["eval", &out, "--json"]);
    assert!(tested.err.contains("the samples that the model was trained on"), "{}", tested.err);
    let tested = tested.json();
    for key in ["test_error", "test_rmse"] {
        assert_eq!(summary[key], tested[key], "{key}");
    }
    assert!(summary["test_error"].as_f64().unwrap_or(0.0) <= 15.0, "{summary}");
    error
}

#[test]
fn an_archive_of_training_and_test_images_is_learned_from_and_tested() {
    let said = learns("--net conv4k3 --epochs 20", &sample("train-and-test.npz"), &[]);
    assert!(said.contains("60 images of 1x6x5; 2 classes, 0 30, 1 30; 20 more to test on"), "{said}");
    assert!(said.contains("60 training and 20 test rows"), "{said}");
    train("--split ordered", &["--data", &sample("train-and-test.npz")])
        .refused(2, &["the test rows are known", "--split"]);
}

#[test]
fn arrays_with_names_of_classes_in_the_order_of_columns_are_learned_from() {
    let said = learns("--epochs 40", &sample("texts.npz"), &["--split", "stratified", "--split-seed", "3"]);
    assert!(
        said.contains("90 samples of 3 numbers; 2 classes, high ") && said.contains("arrays left out: extra"),
        "{said}"
    );
    // single precision in the order of columns, and classes as one-hot rows, of the same values
    let one_hot =
        learns("--epochs 40", &sample("values.npy"), &["--labels", &sample("one-hot.npy"), "--validation", "0.2"]);
    assert!(one_hot.contains("2 classes, 0 ") && one_hot.contains("validation"), "{one_hot}");
}

#[test]
fn measured_values_of_an_array_are_a_regression_in_their_own_unit() {
    let folder = Folder::new();
    let (out, values, measured) = (folder.at("run"), sample("values.npy"), sample("measured.npy"));
    let line = ["--data", &values, "--labels", &measured, "--json", "--out", &out];
    let trained = train("--epochs 100", &line);
    assert!(trained.err.contains("labels are measured values"), "{}", trained.err);
    let summary = trained.json();
    assert!(summary["test_r2"].as_f64().unwrap() > 0.9, "{summary}");
    let tested = run(&["eval", &out, "--data", &values, "--labels", &measured, "--json"]).json();
    assert_eq!(tested["rows"], 90);
    let answers = run(&["predict", &out, &values]).done().out;
    let first: f64 = answers.lines().nth(1).unwrap().parse().unwrap();
    assert!((first - 5_000_000.0).abs() < 20.0, "{answers}");
}

#[test]
fn images_in_folders_are_resized_learned_from_and_answered_by_their_names() {
    let folder = Folder::new();
    let (out, images) = (folder.at("run"), sample("images"));
    let trained =
        train("--epochs 30 --split stratified", &["--data", &images, "--shape", "3x8x8", "--out", &out]).done();
    assert!(
        trained.err.contains("12 images of 3x8x8; 2 classes, blue 6, red 6; 12 of 12 images resized to 8x8"),
        "{}",
        trained.err
    );
    assert!(trained.err.contains("1 other files left out"), "{}", trained.err);
    let answers = run(&["predict", &out, &images]).done().out;
    let mut lines = answers.lines();
    assert_eq!(lines.next(), Some("file,label,p_blue,p_red"));
    let right = lines.filter(|line| line.starts_with(&format!("{}/", line.split(',').nth(1).unwrap()))).count();
    assert_eq!(right, 12, "{answers}");
    let one = run(&["predict", &out, &format!("{images}/red/1.png")]).done().out;
    assert!(one.lines().nth(1).unwrap().contains(",red,"), "{one}");
    let info = run(&["data", "info", &images]).done().out;
    assert!(info.contains("12 images of 3x32x32") && info.contains("--shape takes another size"), "{info}");
    let grey = train("--epochs 1", &["--data", &images, "--shape", "8x8"]).done().err;
    assert!(grey.contains("12 images of 1x8x8") && grey.contains("colours made grey"), "{grey}");
}

#[test]
fn channels_that_stand_last_come_first_and_convolutions_learn_from_them() {
    let said = learns("--net conv4k3 --epochs 60 --lr 0.01", &sample("channels-last.npz"), &[]);
    assert!(said.contains("20 images of 3x5x6"), "{said}");
}

/// An IDX file of unsigned bytes.
fn idx(sides: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sides.len() as u8];
    sides.iter().for_each(|side| file.extend(side.to_be_bytes()));
    file.extend(bytes);
    file
}

#[test]
fn idx_files_under_any_name_find_their_labels_and_letters_are_counted_from_1() {
    let folder = Folder::new();
    let (count, classes) = (260u32, 26u32);
    let pixels: Vec<u8> =
        (0..count).flat_map(|n| (0..16).map(move |k| u8::from(k == n % classes % 16) * 200 + (n % 3) as u8)).collect();
    let labels: Vec<u8> = (0..count).map(|n| (1 + n % classes % 16) as u8).collect();
    let images = folder.write("letters-train-images-idx3-ubyte", idx(&[count, 4, 4], &pixels));
    folder.write("letters-train-labels-idx1-ubyte", idx(&[count], &labels));
    let said = learns("--epochs 10", &images, &[]);
    assert!(
        said.contains("260 images of 1x4x4; 16 classes, 1 ") && said.contains("letters-train-labels-idx1-ubyte"),
        "{said}"
    );
    let test = folder.write("other.idx", idx(&[16, 4, 4], &pixels[..256]));
    let test_labels = folder.write("names.idx", idx(&[16], &labels[..16]));
    let out = folder.at("run");
    let line = ["--data", &images, "--test", &test, "--test-labels", &test_labels, "--json", "--out", &out];
    let summary = train("--epochs 5", &line).json();
    assert_eq!(run(&["eval", &out, "--json"]).json()["test_error"], summary["test_error"]);
}

#[test]
fn samples_that_make_no_sense_are_refused_with_what_to_do() {
    let folder = Folder::new();
    let (values, archive) = (sample("values.npy"), sample("train-and-test.npz"));
    let refused = |line: &[&str], words: &[&str]| {
        train("--epochs 1", line).refused(2, words);
    };
    refused(&["--data", &values], &["has samples and no labels", "--labels"]);
    let short = folder.write("short.idx", idx(&[3], &[0, 1, 0]));
    refused(&["--data", &values, "--labels", &short], &["3 labels for 90 samples"]);
    refused(&["--data", &archive, "--labels", &short], &["--labels", "there already"]);
    refused(&["--data", "digits", "--labels", &short], &["digits", "--labels"]);
    refused(&["--data", &archive, "--label", "x"], &["no columns"]);
    refused(&["--data", &archive, "--test-labels", &short], &["--test-labels without --test"]);
    refused(&["--data", &archive, "--shape", "7x7"], &["49 values", "30"]);
    let broken = folder.write("pictures/a/broken.png", b"no image");
    let other = folder.write("pictures/b/other.png", std::fs::read(sample("images/red/1.png")).unwrap());
    refused(&["--data", &folder.at("pictures")], &["broken.png", "a PNG or JPEG image"]);
    std::fs::remove_file(broken).unwrap();
    refused(&["--data", &folder.at("pictures")], &["at least 5 samples"]);
    let _ = other;
    std::fs::create_dir(folder.at("empty")).unwrap();
    refused(&["--data", &folder.at("empty")], &["found none", "name the folder above the classes"]);
    let cut = folder.write("cut.npy", &std::fs::read(&values).unwrap()[..200]);
    train("", &["--data", &cut]).refused(1, &["cut.npy", "as many values as the shape says", "numpy.save"]);
    assert!(Path::new(&values).exists());
}
