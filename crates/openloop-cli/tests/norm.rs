//! Normalised convolutions and readouts of averaged maps from the command line: bits, resuming, exports, and what is refused.

mod common;

use common::{Folder, checkpoint, run, train};

const NET: [&str; 2] = ["--net", "conv16k3p1 norm pool2 conv16k3p1 norm fc20"];

#[test]
fn a_normalised_run_has_the_same_bytes_on_any_number_of_threads_and_after_a_pause() {
    for options in [
        "--rule bp",
        "--rule drtp",
        "--rule local-error --readout-maps whole --activation lrelu",
        "--rule local-error-learned --dropout 0.1",
        "--rule lls",
        "--rule dfa --batch 1",
    ] {
        let folder = Folder::new();
        let [one, two, parts] = ["one", "two", "parts"].map(|name| folder.at(name));
        // a batch of 359 leaves one row over in each epoch of 1,437 rows
        let options = if options.contains("--batch") { options.into() } else { format!("{options} --batch 359") };
        train(&format!("{options} --epochs 2 --threads 1 --out {one}"), &NET).done();
        train(&format!("{options} --epochs 2 --threads 2 --out {two}"), &NET).done();
        train(&format!("{options} --epochs 1 --out {parts}"), &NET).done();
        train(&format!("{options} --epochs 2 --resume --out {parts}"), &NET).done();
        assert!(checkpoint(&one) == checkpoint(&two), "{options}: the threads are seen");
        assert!(checkpoint(&one) == checkpoint(&parts), "{options}: the pause is seen");
    }
}

#[test]
fn a_normalised_network_learns_well_under_every_kind_of_rule_and_sample_by_sample() {
    for (rule, most) in [("bp", 3.0), ("local-error-learned", 3.0), ("local-error", 5.0), ("lls", 5.0), ("drtp", 15.0)]
    {
        let net = ["--net", "conv16k3p1 norm pool2 conv16k3p1 norm fc50", "--activation", "lrelu"];
        let result = train(&format!("--rule {rule} --epochs 6 --json"), &net).json();
        let error = result["test_error"].as_f64().unwrap();
        assert!(error < most, "{rule}: {error} %");
    }
    for rule in ["bp", "local-error-learned"] {
        let result = train(&format!("--rule {rule} --epochs 3 --batch 1 --lr 0.0005 --json"), &NET).json();
        let error = result["test_error"].as_f64().unwrap();
        assert!(error < 8.0, "{rule}, one sample at a time: {error} %");
    }
}

#[test]
fn a_normalised_network_has_defaults_of_its_own_and_an_option_goes_before_them() {
    let rate = |options: &str, net: &str| {
        let result = train(&format!("--rule local-error-learned --epochs 1 --json {options}"), &["--net", net]).json();
        result["lr"].as_f64().unwrap() as f32
    };
    let net = "conv4k3p1 norm fc20";
    assert_eq!([rate("", net), rate("", "conv4k3p1 fc20"), rate("--lr 0.0007", net)], [0.001, 0.003, 0.0007]);
}

#[test]
fn what_is_exported_of_a_normalised_network_answers_as_it_does() {
    for rule in ["local-error-learned", "bp"] {
        let folder = Folder::new();
        let (out, blob) = (folder.at("run"), folder.at("network.olp"));
        let trained = train(&format!("--rule {rule} --epochs 2 --json --out {out}"), &NET).json();
        run(&["export", &out, "--to", "device", &blob]).done();
        let tested = run(&["eval", &blob, "--data", "digits", "--json"]).json();
        assert_eq!(trained["test_error"], tested["test_error"], "{rule}");
        assert_eq!(trained["train_error"], tested["train_error"], "{rule}");
        // what was folded goes on as an ordinary network
        let on = train(&format!("--from {blob} --rule {rule} --epochs 1 --json"), &["--data", "digits"]).json();
        assert_eq!(on["net"], "conv16k3p1 pool2 conv16k3p1 fc20", "{rule}");
    }
}

#[test]
fn readouts_of_averaged_maps_are_the_default_and_make_checkpoints_smaller() {
    let folder = Folder::new();
    let [pooled, whole] = ["pooled", "whole"].map(|name| folder.at(name));
    let net = ["--net", "conv16k3p1 fc20", "--rule", "local-error-learned"];
    train(&format!("--epochs 1 --out {pooled}"), &net).done();
    train(&format!("--epochs 1 --readout-maps whole --out {whole}"), &net).done();
    let weights = |out: &str| {
        let bytes = checkpoint(out);
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        tensors.tensor("layer0.readout.weight").unwrap().shape().to_vec()
    };
    assert_eq!((weights(&pooled), weights(&whole)), (vec![10, 16 * 16], vec![10, 16 * 64]));
    // a run goes on from either with what it has
    for out in [&pooled, &whole] {
        train(&format!("--from {out} --epochs 1"), &["--data", "digits"]).done();
    }
}

#[test]
fn the_memory_of_normalised_sums_and_averaged_maps_is_counted() {
    let cost = |net: &str| {
        let asked = ["cost", "--net", net, "--input", "3x32x32", "--classes", "10", "--rules", "local-error-learned"];
        run(&[&asked[..], &["--batch", "10", "--json"]].concat()).json()
    };
    let transient = |cost: &serde_json::Value| cost["rules"][0]["ram"]["transient"].as_u64().unwrap();
    let (plain, norm) = (cost("conv8k3p1 fc10"), cost("conv8k3p1 norm fc10"));
    // u of a batch of 10, and 8 deviations
    assert_eq!(transient(&norm) - transient(&plain), 4 * (10 * 8 * 1024 + 8));
    assert_eq!(norm["parameters"].as_u64().unwrap() - plain["parameters"].as_u64().unwrap(), 3 * 8);
    assert_eq!(norm["blob_bytes"], plain["blob_bytes"]);
}

#[test]
fn normalisation_where_nothing_can_learn_it_is_refused_with_what_to_do() {
    train("--epochs 1 --freeze-conv", &NET).refused(2, &["freeze-conv", "norm", "leave out"]);
    train("--epochs 1 --arithmetic int8", &NET).refused(2, &["int8", "norm", "left out"]);
    train("--epochs 1 --arithmetic int8 --freeze-conv", &NET).refused(2, &["norm"]);
    train("--epochs 1", &["--net", "fc20 norm"]).refused(2, &["norm belongs to the convolution", "fc20"]);
    train("--epochs 1", &["--net", "norm conv4k3"]).refused(2, &["norm", "no layer stands before it"]);
    train("--epochs 1", &["--net", "conv4k3p1 pool2 globalpool norm"]).refused(2, &["norm", "globalpool"]);
    train("--epochs 1 --readout-maps half", &NET).refused(2, &["pooled", "whole"]);
}
