//! Convolutional networks from the command line: training, freezing, mirroring, resuming, and what is refused.

mod common;

use common::{Folder, checkpoint, run, train};

const NET: [&str; 2] = ["--net", "conv4k3p1 pool2 fc20"];

#[test]
fn every_rule_trains_a_convolutional_network_to_a_useful_one() {
    for rule in ["bp", "fa", "dfa", "drtp", "local-error", "local-error-learned"] {
        for frozen in ["", "--freeze-conv"] {
            let net = ["--net", "conv4k3p1 pool2 fc100"];
            let result = train(&format!("--rule {rule} --epochs 8 --json {frozen}"), &net).json();
            let error = result["test_error"].as_f64().unwrap();
            assert!(error < 12.0, "{rule} {frozen}: {error} %");
        }
    }
}

#[test]
fn a_convolutional_run_has_the_same_bytes_on_any_number_of_threads_and_after_a_pause() {
    for options in [
        "",
        "--freeze-conv",
        "--flip",
        "--flip --freeze-conv --dropout 0.1",
        "--rule bp --freeze-conv",
        "--rule local-error-learned",
        "--rule local-error-learned --freeze-conv",
    ] {
        let folder = Folder::new();
        let [one, two, parts] = ["one", "two", "parts"].map(|name| folder.at(name));
        train(&format!("{options} --batch 64 --epochs 4 --threads 1 --out {one}"), &NET).done();
        train(&format!("{options} --batch 64 --epochs 4 --threads 2 --out {two}"), &NET).done();
        train(&format!("{options} --batch 64 --epochs 2 --out {parts}"), &NET).done();
        train(&format!("{options} --batch 64 --epochs 4 --resume --out {parts}"), &NET).done();
        assert!(checkpoint(&one) == checkpoint(&two), "{options}: the threads are seen");
        assert!(checkpoint(&one) == checkpoint(&parts), "{options}: the pause is seen");
    }
}

/// The filters of the first layer, as the checkpoint holds them.
fn filters(folder: &str) -> Vec<u8> {
    let bytes = checkpoint(folder);
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let tensor = tensors.tensor("layer0.weight").unwrap();
    assert_eq!(tensor.shape(), [4, 1, 3, 3]);
    tensor.data().to_vec()
}

#[test]
fn frozen_filters_stay_as_they_were_drawn_and_others_do_not() {
    let folder = Folder::new();
    let [frozen, longer, learned] = ["frozen", "longer", "learned"].map(|name| folder.at(name));
    train(&format!("--freeze-conv --epochs 1 --out {frozen}"), &NET).done();
    train(&format!("--freeze-conv --epochs 3 --out {longer}"), &NET).done();
    train(&format!("--epochs 1 --out {learned}"), &NET).done();
    assert!(filters(&frozen) == filters(&longer));
    assert!(filters(&frozen) != filters(&learned));
}

#[test]
fn a_frozen_network_answers_in_eval_as_it_did_in_training() {
    let folder = Folder::new();
    let out = folder.at("run");
    let trained = train(&format!("--freeze-conv --epochs 3 --json --out {out}"), &NET).json();
    let tested = run(&["eval", &out, "--json"]).json();
    assert_eq!(trained["test_error"], tested["test_error"]);
    assert_eq!(trained["train_error"], tested["train_error"]);
}

#[test]
fn the_papers_way_to_write_a_network_is_understood() {
    let papers = train("--epochs 1 --json", &["--net", "CONV_4_3_1_1_FC_20_FC_10"]).json();
    let ours = train("--epochs 1 --json", &NET).json();
    assert_eq!(papers["net"], ours["net"]);
    assert_eq!(papers["test_loss"], ours["test_loss"]);
}

#[test]
fn networks_that_cannot_be_are_refused_in_one_line() {
    let refused = |net: &str, words: &[&str]| drop(train("--epochs 1", &["--net", net]).refused(2, words));
    refused("conv4k9", &["conv4k9", "1 x 8 x 8"]);
    refused("conv4k3 pool7", &["pool7", "4 x 6 x 6"]);
    refused("fc20 conv4k3", &["conv4k3", "after a dense layer"]);
    refused("conv4", &["conv4", "not a layer"]);
    refused("conv4k3s0", &["conv4k3s0"]);
    train("--epochs 1 --freeze-conv --net fc20", &[]).refused(2, &["freeze-conv", "fc20"]);
    let table = Folder::new();
    let table = table.write("table.csv", common::table(50));
    train(&format!("--epochs 1 --flip --data {table}"), &[]).refused(2, &["flip", "no images"]);
}

/// The running loss of two epochs in which nothing changes, because the rate is next to nothing.
fn losses_without_learning(options: &str, net: &str) -> Vec<f64> {
    let folder = Folder::new();
    let out = folder.at("run");
    train(&format!("{options} --optimizer sgd --lr 1e-30 --epochs 2 --out {out}"), &["--net", net]).done();
    let log = std::fs::read_to_string(format!("{out}/metrics.jsonl")).unwrap();
    let loss = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["train_loss"].as_f64().unwrap();
    log.lines().map(loss).collect()
}

#[test]
fn an_image_is_mirrored_by_the_number_of_its_sample_whatever_the_batch() {
    let cases = [
        ("--rule bp", "fc20"),
        ("--rule drtp", "fc20 fc10"),
        ("--rule drtp --pipeline on --threads 2", "fc20 fc10"),
        ("--rule dfa", "conv4k3p1 pool2 fc20"),
        ("--rule drtp --freeze-conv", "conv4k3p1 pool2 fc20"),
    ];
    for (options, net) in cases {
        let plain = losses_without_learning(&format!("{options} --batch 10"), net);
        let mirrored = |batch: usize| losses_without_learning(&format!("{options} --flip --batch {batch}"), net);
        let expected = mirrored(1);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-5 * a.abs();
        assert!(near(plain[0], plain[1]), "{options}: the test needs weights that stay: {plain:?}");
        assert!(!near(expected[0], expected[1]) && !near(expected[0], plain[0]), "{options}: {expected:?} {plain:?}");
        for batch in [7, 100, 1437] {
            let found = mirrored(batch);
            let same = found.iter().zip(&expected).all(|(found, expected)| near(*found, *expected));
            assert!(same, "{options}, batch {batch}: {found:?}, batch 1: {expected:?}");
        }
    }
}

#[test]
fn rows_of_a_table_are_images_where_their_shape_is_said() {
    let folder = Folder::new();
    let digits = concat!(env!("CARGO_MANIFEST_DIR"), "/../openloop/data/digits/digits.csv.gz");
    let (out, more) = (folder.at("run"), folder.at("more"));
    let net = ["--net", "conv4k3p1 pool2 fc16", "--rule", "bp", "--lr", "0.003", "--epochs", "5", "--json"];
    let data = ["--data", digits, "--label", "label"];
    let asked = [&net[..], &data, &["--shape", "8x8", "--out", &out]].concat();
    let trained = train("", &asked).json();
    let tested = run(&["eval", &out, "--json"]).json();
    assert_eq!(trained["test_error"], tested["test_error"]);
    assert!(trained["test_error"].as_f64() < Some(20.0), "{trained}");
    train("", &[&data[..], &["--from", &out, "--epochs", "1", "--out", &more]].concat()).done();
    train("", &[&net[..], &data].concat()).refused(2, &["conv4k3p1"]);
    train("", &[&data[..], &["--shape", "3x8x8"]].concat()).refused(2, &["3x8x8 is 192 values", "has 64"]);
    train("--shape 8x8", &[]).refused(2, &["digits", "which has its own"]);
    train("--shape 8by8", &[]).refused(2, &["28x28"]);
}
