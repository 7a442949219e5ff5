//! A network goes to the device and comes back: the same answers, the same bytes, and a run that goes on from it.

mod common;

use common::{Folder, checkpoint, run, small_run, table, train};
use std::fs;

/// A run and its blob; gives the folder of the run, the CSV file and the blob.
#[track_caller]
fn exported(folder: &Folder) -> (String, String, String) {
    let (out, data) = small_run(folder);
    let blob = folder.at("net.olnb");
    run(&["export", &out, "--to", "device", &blob]).done();
    (out, data, blob)
}

/// The rows of a table in another order: a run tests all rows of it, as a blob does, and not only those held back.
fn in_other_order(data: &str) -> String {
    let text = fs::read_to_string(data).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    lines.join("\n") + "\n"
}

#[test]
fn a_blob_gives_the_answers_of_the_run_it_came_from() {
    let folder = Folder::new();
    let (out, data, blob) = exported(&folder);
    let other = folder.write("other.csv", in_other_order(&data));
    let from_run = run(&["eval", &out, "--data", &other, "--json"]).json();
    let from_blob = run(&["eval", &blob, "--data", &other, "--json"]).json();
    for figure in ["test_error", "train_error", "test_loss", "parameters", "rows", "net", "rule"] {
        assert_eq!(from_run[figure], from_blob[figure], "{figure}");
    }
    let rows = folder.write("rows.csv", "a,b,c\n0.5,1.5,3\n1.5,0.5,9\n");
    let probabilities = |model: &str| {
        let lines = run(&["predict", model, &rows]).done().out;
        let numbers = |line: &str| line.split(',').skip(1).map(str::to_string).collect::<Vec<_>>();
        lines.lines().skip(1).map(numbers).collect::<Vec<_>>()
    };
    assert_eq!(probabilities(&out), probabilities(&blob));
}

#[test]
fn a_blob_read_and_exported_again_has_the_same_bytes() {
    let folder = Folder::new();
    let (_, data, blob) = exported(&folder);
    let again = folder.at("again.olnb");
    run(&["export", &blob, "--to", "device", &again]).done();
    assert!(fs::read(&blob).unwrap() == fs::read(&again).unwrap());
    for settings in [
        "--net fc4 --rule local-error-learned --optimizer adam --preset paper --seed 18446744073709551615",
        "--net= --loss mse --optimizer sgd --lr 0.125 --hidden-lr 0.25 --lr-decay 0.06",
        "--net fc3 --dropout 0.1 --activation relu --optimizer momentum",
    ] {
        let (out, first) = (folder.at("out"), folder.at("first.olnb"));
        train(settings, &["--data", &data, "--epochs", "1", "--out", &out]).done();
        run(&["export", &out, "--to", "device", &first]).done();
        run(&["export", &first, "--to", "device", &again]).done();
        assert!(fs::read(&first).unwrap() == fs::read(&again).unwrap(), "{settings}");
        fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn a_frozen_convolution_on_images_travels_too() {
    let folder = Folder::new();
    let (out, blob, again) = (folder.at("out"), folder.at("net.olnb"), folder.at("again.olnb"));
    train("--net", &["conv2k3p1 pool2 fc8", "--freeze-conv", "--epochs", "1", "--out", &out]).done();
    run(&["export", &out, "--to", "device", &blob]).done();
    run(&["export", &blob, "--to", "device", &again]).done();
    assert!(fs::read(&blob).unwrap() == fs::read(&again).unwrap());
    let error = |model: &str| run(&["eval", model, "--data", "digits", "--json"]).json()["test_error"].clone();
    assert_eq!(error(&out), error(&blob));
}

#[test]
fn a_run_goes_on_from_a_blob_as_it_would_have_from_its_checkpoint() {
    let folder = Folder::new();
    let (out, data, blob) = exported(&folder);
    let (from_blob, from_run) = (folder.at("from-blob"), folder.at("from-run"));
    let more = "--optimizer sgd --batch 10 --epochs 2 --lr 0.1 --lr-decay 0";
    train(more, &["--data", &data, "--from", &blob, "--out", &from_blob]).done();
    train(more, &["--data", &data, "--from", &out, "--out", &from_run]).done();
    assert!(checkpoint(&from_blob) == checkpoint(&from_run), "net, rule, seed and weights are those of the start");
    let fresh = folder.at("fresh");
    train(more, &["--data", &data, "--net", "fc4", "--out", &fresh]).done();
    assert!(checkpoint(&fresh) != checkpoint(&from_run));
    train(
        "--optimizer sgd --batch 10 --epochs 3 --lr 0.1 --lr-decay 0 --resume",
        &["--data", &data, "--from", &blob, "--out", &from_blob],
    )
    .done();
}

#[test]
fn a_c_header_holds_the_blob() {
    let folder = Folder::new();
    let (out, _, blob) = exported(&folder);
    let header = folder.at("my net.h");
    run(&["export", &out, "--to", "c", &header]).done();
    let text = fs::read_to_string(&header).unwrap();
    let bytes = fs::read(&blob).unwrap();
    let array = text.split_once("= {").unwrap().1.split_once('}').unwrap().0;
    let found: Vec<u8> = array.split(',').filter_map(|byte| byte.trim().parse().ok()).collect();
    assert!(found == bytes);
    for line in ["#define MY_NET_INPUTS 3u", "#define MY_NET_OUTPUTS 3u"] {
        assert!(text.contains(line), "{text}");
    }
    assert!(text.contains(&format!("#define MY_NET_BLOB_BYTES {}u", bytes.len())));
}

#[test]
fn wrong_requests_are_named() {
    let folder = Folder::new();
    let (out, data, blob) = exported(&folder);
    let file = folder.at("file");
    run(&["export", &out, "--to", "elf", &file]).refused(2, &["\"elf\"", "device, c"]);
    run(&["export", &out, "--to", "device", &file, "--lr", "nan"]).refused(2, &["rate"]);
    run(&["export", &out, "--to", "device", &folder.at("no/such/folder")]).refused(1, &["cannot write"]);
    run(&["eval", &blob]).refused(2, &["--data"]);
    train("--net fc5", &["--data", &data, "--from", &blob]).refused(2, &["\"fc4\"", "\"fc5\""]);
    assert!(!fs::exists(&file).unwrap());
}

#[test]
fn a_damaged_blob_is_named_and_nothing_is_written() {
    let folder = Folder::new();
    let (_, data, blob) = exported(&folder);
    let whole = fs::read(&blob).unwrap();
    let mut flipped = whole.clone();
    flipped[100] ^= 1;
    let longer = [&whole[..], b"x"].concat();
    let cases =
        [("cut", &whole[..whole.len() - 3], "missing"), ("flipped", &flipped, "checksum"), ("longer", &longer, "file")];
    for (name, bytes, word) in cases {
        let (bad, out) = (folder.write(name, bytes), folder.at("out"));
        run(&["eval", &bad, "--data", &data]).refused(1, &[word, name]);
        run(&["export", &bad, "--to", "c", &out]).refused(1, &[word]);
        train("--epochs 1", &["--data", &data, "--from", &bad, "--out", &out]).refused(1, &[word]);
        assert!(!fs::exists(&out).unwrap());
    }
}

#[test]
fn an_int8_network_travels_to_the_byte_and_goes_on_with_the_same_bits() {
    let folder = Folder::new();
    let at = |name: &str| folder.at(name);
    let data = folder.write("table.csv", table(90));
    let other = folder.write("other.csv", in_other_order(&data));
    for (name, more) in [
        ("dense", ["--data", &data, "--net", "fc4"]),
        ("conv", ["--freeze-conv", "--net", "conv2k3p1 pool2 fc8", "--threads=1"]),
    ] {
        let (out, blob, again) = (at(name), at("net.olnb"), at("again.olnb"));
        let options = [&more[..], &["--arithmetic", "int8", "--seed", "5"]].concat();
        train("--epochs 2 --out", &[&[out.as_str()], &options[..]].concat()).done();
        run(&["export", &out, "--to", "device", &blob]).done();
        run(&["export", &blob, "--to", "device", &again]).done();
        assert!(fs::read(&blob).unwrap() == fs::read(&again).unwrap(), "{name}");
        let data = if name == "dense" { data.as_str() } else { "digits" };
        let tested = if name == "dense" { other.as_str() } else { "digits" };
        let error = |model: &str| run(&["eval", model, "--data", tested, "--json"]).json()["test_loss"].clone();
        assert_eq!(error(&out), error(&blob), "{name}");
        let further = |from: &str, to: &str| {
            train("--epochs 1", &["--data", data, "--from", from, "--out", to, "--lr-decay", "0.06"]).done();
            fs::read(common::checkpoint_path(to)).unwrap()
        };
        assert!(further(&blob, &at(&format!("{name}1"))) == further(&out, &at(&format!("{name}2"))), "{name}");
    }
}

#[test]
fn an_onnx_model_holds_the_weights_and_the_operators_and_does_not_learn() {
    let folder = Folder::new();
    let (out, _) = small_run(&folder);
    let model = folder.at("net.onnx");
    let done = run(&["export", &out, "--to", "onnx", &model]).done();
    assert!(done.out.contains("opset 17"), "{}", done.out);
    let bytes = fs::read(&model).unwrap();
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    for name in ["features", "probabilities", "label", "Gemm", "Relu", "IsNaN"] {
        assert!(holds(name.as_bytes()), "{name}");
    }
    let saved = checkpoint(&out);
    let tensors = safetensors::SafeTensors::deserialize(&saved).unwrap();
    for name in ["layer0.weight", "layer1.bias", "preprocessing.scale"] {
        assert!(holds(tensors.tensor(name).unwrap().data()), "{name}");
    }
    run(&["export", &out, "--to", "onnx", &folder.at("other.onnx"), "--lr", "0.1"]).refused(2, &["does not learn"]);
}
