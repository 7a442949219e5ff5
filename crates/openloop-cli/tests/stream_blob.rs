//! A stream and a device take each other's networks over: the same bits as if there had been one of them only, what a blob says
//! is kept, and no file becomes one of another kind.

mod common;

use common::{Folder, Outcome, rows, run, small_run, train};
use openloop::core::device::{DeviceSettings, Health, Learner, Lent};
use openloop::core::integer::{self, Int8Rate};
use openloop::core::store::{self, Arithmetic, Contents, Head, Section, SectionMut, Standardisation};
use openloop::core::{Feedback, Layer, Spec, Targets, plan};
use std::fs;

/// The classes of the rows, in the order of the outputs.
const CLASSES: [&str; 3] = ["blue", "green", "red"];

/// Some of the rows as a CSV file.
fn part(folder: &Folder, name: &str, from: usize, to: usize) -> String {
    let line = |([a, b, c], kind): &([f32; 3], &str)| format!("{a},{b},{c},{kind}\n");
    let lines: String = rows(to)[from..].iter().map(line).collect();
    folder.write(name, format!("a,b,c,kind\n{lines}"))
}

/// A stream without baselines whose standardisation stays with the warm-up, as a device's does.
fn stream(arithmetic: &str, data: &str, more: &[&str]) -> Outcome {
    let fixed = ["--standardise", "warmup", "--baselines", "none", "--predictions", "/dev/null"];
    run(&[&["stream", "--arithmetic", arithmetic, "--data", data][..], &fixed, more].concat()).done()
}

/// The blob of a model.
fn export(folder: &Folder, model: &str, name: &str) -> String {
    let blob = folder.at(name);
    run(&["export", model, "--to", "device", &blob]).done();
    blob
}

/// A device of dense layers that takes its blob over, learns from some rows, and saves.
fn on_the_device(blob: &str, from: usize, to: usize) {
    let bytes = fs::read(blob).unwrap();
    let mut source = &bytes[..];
    let head = store::open(&mut source).unwrap();
    let layers: Vec<Layer> = (0..head.layers).map(|k| store::read_layer(&mut source, &head, k).unwrap()).collect();
    let network = Spec { layers: &layers, loss: head.loss }.check().unwrap();
    let (mut offset, mut scale) = ([0.0; 3], [0.0; 3]);
    let room = Standardisation { offset: &mut offset, scale: &mut scale };
    let count = plan::parameters(&layers);
    let (mut floats, mut whole) = (vec![0.0; count], vec![0i8; count]);
    let is_whole = head.about.arithmetic == Arithmetic::Int8;
    let into = if is_whole { SectionMut::I8(&mut whole) } else { SectionMut::F32(&mut floats) };
    store::read_state(&mut source, &head, room, &mut [into]).unwrap();
    let mut whole_state = integer::Int8State { step: head.about.samples, saturated: 0 };
    for (row, kind) in &rows(to)[from..] {
        let x: Vec<f32> = (0..3).map(|k| (row[k] - offset[k]) * scale[k]).collect();
        let label = CLASSES.iter().position(|class| class == kind).unwrap() as u32;
        match is_whole {
            true => learn_whole(&head, network, &mut whole, &mut whole_state, label, &x),
            false => learn_float(&head, network, &mut floats, label, &x),
        }
    }
    let about = store::About { samples: head.about.samples + (to - from) as u64, ..head.about };
    let state = [if is_whole { Section::I8(&whole) } else { Section::F32(&floats) }];
    let contents = Contents { network, about, offset: &offset, scale: &scale, state: &state };
    let mut bytes = vec![0; contents.length()];
    contents.write_to(head.sequence + 1, &mut bytes).unwrap();
    fs::write(blob, bytes).unwrap();
}

fn learn_float(head: &Head, network: openloop::core::Checked<'_>, parameters: &mut [f32], label: u32, x: &[f32]) {
    let store::About { rule, hidden_rate, output_rate, seed, .. } = head.about;
    let settings = DeviceSettings { rule, hidden_rate, output_rate, feedback: Feedback::Seeded(seed) };
    let learner = Learner::new(network, settings).unwrap();
    let (mut scratch, mut health) = (vec![0.0; learner.sizes().scratch()], Health::NEW);
    let lent = Lent { parameters, scratch: &mut scratch, health: &mut health };
    learner.learn(lent, x, &Targets::Labels(&[label])).unwrap();
}

/// As [`learn_float`], in int8.
fn learn_whole(
    head: &Head,
    network: openloop::core::Checked<'_>,
    parameters: &mut [i8],
    state: &mut integer::Int8State,
    label: u32,
    x: &[f32],
) {
    let store::About { rule, hidden_rate, output_rate, seed, input_bits, half_after, .. } = head.about;
    let settings = integer::Int8Settings {
        rule,
        seed,
        hidden_rate: Int8Rate::new(hidden_rate),
        output_rate: Int8Rate::new(output_rate),
        half_after: if half_after == 0 { u32::MAX } else { half_after },
        input_bits,
        fractions: false,
    };
    let network = integer::Int8Network::new(network, settings).unwrap();
    let sizes = integer::Int8Plan::learning(&network);
    let one = (1u32 << input_bits) as f32;
    let x: Vec<i8> = x.iter().map(|x| (x * one).round().clamp(-127.0, 127.0) as i8).collect();
    let (activations, values) = (&mut vec![0; sizes.activations][..], &mut vec![0; sizes.values][..]);
    integer::learn(
        &network,
        integer::Int8Memory { parameters, state, activations, values, fine: integer::Int8Fine::default() },
        &x,
        label,
    )
    .unwrap();
}

/// A stream over 900 rows, once in one piece and once with those from `leaves` to 600 learned on the device; the blobs of
/// both.
fn whole_and_parts(folder: &Folder, arithmetic: &str, leaves: usize) -> (Vec<u8>, Vec<u8>) {
    let (whole, pc, back) = (folder.at("whole"), folder.at("pc"), folder.at("back"));
    let net = ["--rule", "drtp", "--net", "fc16", "--warmup", "200", "--seed", "3"];
    stream(arithmetic, &part(folder, "whole.csv", 0, 900), &[&net[..], &["--model", &whole]].concat());
    stream(arithmetic, &part(folder, "first.csv", 0, leaves), &[&net[..], &["--model", &pc]].concat());
    let blob = export(folder, &pc, "device.olnb");
    on_the_device(&blob, leaves, 600);
    let more = ["--from", &blob, "--classes", &CLASSES.join(","), "--model", &back];
    stream(arithmetic, &part(folder, "last.csv", 600, 900), &more);
    let bytes = |model: &str| fs::read(export(folder, model, "last.olnb")).unwrap();
    (bytes(&whole), bytes(&back))
}

#[test]
fn an_int8_stream_that_was_on_the_device_for_a_while_has_the_same_bits_as_one_that_never_left() {
    let (whole, parts) = whole_and_parts(&Folder::new(), "int8", 500);
    assert!(whole == parts, "other bytes");
}

#[test]
fn an_f32_stream_that_goes_through_a_blob_has_the_same_bits_as_one_that_never_left() {
    let (whole, parts) = whole_and_parts(&Folder::new(), "f32", 600);
    assert!(whole == parts, "other bytes");
}

/// The host adds the terms of an f32 sum in another order than a device, so that rows learned there leave other last bits.
#[test]
fn an_f32_stream_that_learned_on_the_device_for_a_while_is_as_close_as_rounding_lets_it_be() {
    let (whole, parts) = whole_and_parts(&Folder::new(), "f32", 500);
    assert_eq!(whole[..40], parts[..40], "the head: rule, seed, samples");
    let floats = |bytes: &[u8]| -> Vec<f32> {
        let words = bytes[64 + 2 * 24..bytes.len() - 4].chunks_exact(4);
        words.map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
    };
    for (k, (a, b)) in floats(&whole).into_iter().zip(floats(&parts)).enumerate() {
        assert!((a - b).abs() < 1e-4, "value {k}: {a} and {b}");
    }
}

/// A model in int8 after some rows, as a blob.
fn small_blob(folder: &Folder, more: &[&str]) -> String {
    let model = folder.at("model");
    let data = part(folder, "first.csv", 0, 300);
    stream("int8", &data, &[&["--net", "fc4", "--warmup", "100", "--model", &model], more].concat());
    export(folder, &model, "net.olnb")
}

#[test]
fn a_blob_stays_a_blob_with_a_later_number_and_goes_on_as_from_a_copy() {
    let folder = Folder::new();
    let blob = small_blob(&folder, &[]);
    let (data, classes, copy) = (part(&folder, "more.csv", 300, 400), CLASSES.join(","), folder.at("copy"));
    run(&["stream", "--data", &data, "--from", &blob, "--classes", &classes, "--model", &copy]).done();
    let before = fs::read(&blob).unwrap();
    let done = run(&["stream", "--data", &data, "--model", &blob, "--classes", &classes]).done();
    assert!(done.err.contains("stays a device's blob"), "{}", done.err);
    let after = fs::read(&blob).unwrap();
    let number = |bytes: &[u8]| store::open(&mut &bytes[..]).unwrap().sequence;
    assert_eq!((number(&after), after.len()), (number(&before) + 1, before.len()));
    let copied = fs::read(export(&folder, &copy, "copy.olnb")).unwrap();
    let content = |bytes: &[u8]| [&bytes[..20], &bytes[24..bytes.len() - 4]].concat();
    assert!(content(&after) == content(&copied) && content(&after) != content(&before), "all but number and checksum");
}

#[test]
fn what_is_started_from_is_only_read_and_the_model_goes_before_it_once_it_is_there() {
    let folder = Folder::new();
    let (blob, data, model) = (small_blob(&folder, &[]), part(&folder, "more.csv", 300, 500), folder.at("own"));
    let before = fs::read(&blob).unwrap();
    let line = ["stream", "--data", &data, "--from", &blob, "--classes", &CLASSES.join(","), "--model", &model];
    run(&line).done();
    let (own, again) = (fs::read(&model).unwrap(), run(&line).done());
    assert!(again.err.contains("going on after row 200"), "{}", again.err);
    assert!(fs::read(&model).unwrap() == own && fs::read(&blob).unwrap() == before);
}

#[test]
fn a_training_run_is_started_from_and_never_overwritten() {
    let folder = Folder::new();
    let (out, data) = small_run(&folder);
    let before = common::checkpoint(&out);
    run(&["stream", "--data", &data, "--model", &out]).refused(2, &["training run", "--from"]);
    run(&["stream", "--data", &data, "--from", &out, "--model", &folder.at("own"), "--json"]).json();
    assert!(common::checkpoint(&out) == before);
}

#[test]
fn the_rates_rule_and_net_of_a_blob_are_kept_unless_other_rates_are_asked_for() {
    let folder = Folder::new();
    let blob = small_blob(&folder, &["--lr", "0.0625", "--hidden-lr", "0.125", "--rule", "local-error"]);
    let data = part(&folder, "more.csv", 300, 400);
    let classes = CLASSES.join(",");
    let found = |more: &[&str]| {
        let found =
            run(&[&["stream", "--data", &data, "--from", &blob, "--classes", &classes, "--json"], more].concat());
        let found = found.json();
        [&found["lr"], &found["hidden_lr"]].map(|rate| rate.as_f64().unwrap()).to_vec()
    };
    assert_eq!(found(&[]), [0.0625, 0.125]);
    assert_eq!(found(&["--lr", "0.5"]), [0.5, 0.5]);
    assert_eq!(found(&["--hidden-lr", "0.5"]), [0.0625, 0.5]);
    assert_eq!(found(&["--rule", "local-error", "--net", "fc4", "--arithmetic", "int8"]), [0.0625, 0.125]);
}

#[test]
fn the_rates_of_a_network_that_train_made_fall_on_as_they_would_on_the_device() {
    let folder = Folder::new();
    let (data, out) = (part(&folder, "first.csv", 0, 300), folder.at("run"));
    let line = "--arithmetic int8 --net fc4 --epochs 2 --lr 0.1 --lr-decay 50 --seed 2";
    train(line, &["--data", &data, "--out", &out]).done();
    let (device, from) = (export(&folder, &out, "device.olnb"), export(&folder, &out, "from.olnb"));
    on_the_device(&device, 300, 500);
    let more = ["--model", &from, "--classes", &CLASSES.join(",")];
    stream("int8", &part(&folder, "more.csv", 300, 500), &more);
    assert!(fs::read(&device).unwrap() == fs::read(&from).unwrap(), "other bytes");
}

#[test]
fn what_contradicts_a_blob_is_refused_by_name_and_the_blob_stays() {
    let folder = Folder::new();
    let (blob, data) = (small_blob(&folder, &[]), part(&folder, "more.csv", 300, 400));
    let before = fs::read(&blob).unwrap();
    for (options, words) in [
        (&["--net", "fc5"][..], &["net fc4", "fc5"][..]),
        (&["--rule", "bp"], &["rule drtp", "bp"]),
        (&["--arithmetic", "f32"], &["arithmetic int8", "f32"]),
        (&["--optimizer", "adam"], &["optimizer sgd", "adam"]),
        (&["--activation", "relu"], &["activation tanh", "relu"]),
        (&["--seed", "9"], &["seed 0", "9"]),
        (&["--standardise", "off"], &["standardisation", "none"]),
        (&["--classes", "a,b"], &["2 classes (a, b)", "3 outputs"]),
        (&["--classes", "a,b,a"], &["\"a\" is empty or stands twice"]),
        (&["--ignore", "b,c"], &["1 features", "the model takes 3"]),
        (&["--data", "drift"], &["takes 3 features", "drift has 16"]),
    ] {
        let data = if options[0] == "--data" { &[][..] } else { &["--data", &data] };
        for place in ["--model", "--from"] {
            let line = [&["stream", place, &blob], data, options].concat();
            let refused = run(&line).refused(2, words);
            assert!(
                refused.contains("leave")
                    || refused.contains("choose")
                    || refused.contains("takes 3")
                    || refused.contains("give one"),
                "no remedy in {refused}"
            );
        }
    }
    run(&["stream", "--model", &blob, "--data", "mqtt://localhost/topic"]).refused(2, &["a broker needs", "--from"]);
    assert!(fs::read(&blob).unwrap() == before);
}

#[test]
fn classes_have_the_names_that_are_given_or_the_numbers_of_the_outputs() {
    let folder = Folder::new();
    let (blob, data) = (small_blob(&folder, &[]), part(&folder, "more.csv", 300, 400));
    let named = run(&["stream", "--from", &blob, "--data", &data, "--classes", "blue,green,red", "--json"]).json();
    assert!(named["accuracy"].as_f64() > Some(80.0) && named["bad_rows"] == 0, "{named}");
    let numbered = run(&["stream", "--from", &blob, "--data", &data, "--json"]);
    assert!(numbered.err.contains("0 to 2") && numbered.err.contains("--classes"), "{}", numbered.err);
    let numbered = numbered.json();
    assert_eq!((&numbered["bad_rows"], &numbered["unknown_class_rows"]), (&0.into(), &100.into()), "{numbered}");
    run(&["stream", "--data", &data, "--classes", "a,b"]).refused(2, &["--classes", "warm-up"]);
    let model = folder.at("model");
    run(&["stream", "--data", &data, "--model", &model, "--classes", "a,b,c"]).refused(2, &["blue,green,red", "a,b,c"]);
}

#[test]
fn rows_without_a_label_column_are_answered_by_a_blob() {
    let folder = Folder::new();
    let blob = small_blob(&folder, &[]);
    let bare: String = rows(50).iter().map(|([a, b, c], _)| format!("{a},{b},{c}\n")).collect();
    let data = folder.write("bare.csv", bare);
    let found = run(&["stream", "--from", &blob, "--data", &data, "--json"]).json();
    assert_eq!((&found["rows"], &found["judged"], &found["updates"]), (&50.into(), &0.into(), &0.into()));
}

#[test]
fn garbage_and_damaged_blobs_are_named_and_stay_as_they_are() {
    let folder = Folder::new();
    let (blob, data) = (small_blob(&folder, &[]), part(&folder, "more.csv", 300, 400));
    let whole = fs::read(&blob).unwrap();
    let flipped: Vec<u8> = whole.iter().enumerate().map(|(k, byte)| byte ^ u8::from(k == 150)).collect();
    for (name, bytes, word) in [
        ("text", &b"not a model"[..], "no whole safetensors file"),
        ("nothing", b"", "no whole safetensors file"),
        ("cut", &whole[..whole.len() - 2], "missing"),
        ("flipped", &flipped, "checksum"),
    ] {
        let bad = folder.write(name, bytes);
        for place in ["--model", "--from"] {
            run(&["stream", "--data", &data, place, &bad]).refused(1, &[name, word]);
        }
        assert!(fs::read(&bad).unwrap() == bytes);
    }
    run(&["stream", "--data", &data, "--from", &folder.at("missing")]).refused(1, &["missing", "cannot read"]);
}
