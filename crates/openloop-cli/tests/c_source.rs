//! The C source learns with the bits of the core's device, saves its blobs, and compiles without a warning.

mod common;

use common::c_program::{Sample, WARNINGS, compile, compilers, learns_so, run_with, samples};
use common::{Folder, run, train};
use openloop::core::device::{DeviceSettings, Health, Learner, Lent};
use openloop::core::standardise::standardise;
use openloop::core::store::{self, Contents, Head, Section, SectionMut, Standardisation};
use openloop::core::{Feedback, Layer, Spec, Targets};
use std::fs;
use std::process::Command;

const KEEP: &str = include_str!("c_source/keep.c");

/// A network as a blob says it.
struct Device {
    head: Head,
    layers: Vec<Layer>,
    offset: Vec<f32>,
    scale: Vec<f32>,
    parameters: Vec<f32>,
}

impl Device {
    fn new(mut blob: &[u8]) -> Self {
        let head = store::open(&mut blob).unwrap();
        let layers: Vec<_> = (0..head.layers).map(|k| store::read_layer(&mut blob, &head, k).unwrap()).collect();
        let (mut offset, mut scale) = (vec![0.0; head.offsets], vec![0.0; head.scales]);
        let mut parameters = vec![0.0; head.state / 4];
        let room = Standardisation { offset: &mut offset, scale: &mut scale };
        store::read_state(&mut blob, &head, room, &mut [SectionMut::F32(&mut parameters)]).unwrap();
        Device { head, layers, offset, scale, parameters }
    }

    /// Learns from samples; gives the bits of all answers, and the blob that is saved then.
    fn learn(mut self, samples: &[Sample], regression: bool) -> (Vec<u32>, Vec<u8>) {
        let network = Spec { layers: &self.layers, loss: self.head.loss }.check().unwrap();
        let mut about = self.head.about;
        let (rule, feedback) = (about.rule, Feedback::Seeded(about.seed));
        let how = DeviceSettings { rule, hidden_rate: about.hidden_rate, output_rate: about.output_rate, feedback };
        let mut learner = Learner::new(network, how).unwrap();
        let (mut scratch, mut health) = (vec![0.0; learner.sizes().scratch()], Health::NEW);
        let spread = |values: &[f32]| {
            let each = self.layers[0].inputs() / values.len();
            values.iter().flat_map(|value| vec![*value; each]).collect::<Vec<_>>()
        };
        let (offset, scale) = (spread(&self.offset), spread(&self.scale));
        let (mut answers, mut x) = (Vec::new(), vec![0.0; learner.inputs()]);
        for (target, sample) in samples {
            let decay = if about.half_after > 0 { 1.0 + about.samples as f32 / about.half_after as f32 } else { 1.0 };
            learner.set_rates(about.hidden_rate / decay, about.output_rate / decay);
            standardise(sample, &offset, &scale, &mut x);
            let lent = Lent { parameters: &mut self.parameters, scratch: &mut scratch, health: &mut health };
            let label = [target[0] as u32];
            let targets = if regression { Targets::Values(target) } else { Targets::Labels(&label) };
            answers.extend(learner.learn(lent, &x, &targets).unwrap().iter().map(|value| value.to_bits()));
            about.samples += 1;
        }
        assert!(health.is_good(), "{health:?}");
        let (offset, scale) = (&self.offset[..], &self.scale[..]);
        let contents = Contents { network, about, offset, scale, state: &[Section::F32(&self.parameters)] };
        let mut blob = vec![0; contents.length()];
        contents.write_to(1, &mut blob).unwrap();
        (answers, blob)
    }
}

/// Exports a run, learns from made-up samples with the core and in C, and compares all bits.
#[track_caller]
fn same_bits(folder: &Folder, out: &str, regression: bool) {
    let blob = folder.at("net.olnb");
    run(&["export", out, "--to", "device", &blob]).done();
    run(&["export", out, "--to", "c-source", &folder.at("net.h")]).done();
    let device = Device::new(&fs::read(&blob).unwrap());
    let samples = samples(device.layers[0].inputs(), device.layers.last().unwrap().outputs(), regression);
    let (answers, saved) = device.learn(&samples, regression);
    learns_so(folder, &samples, regression, &answers, &saved);
}

#[test]
fn every_rule_learns_in_c_with_the_bits_of_the_core() {
    let folder = Folder::new();
    for rule in ["bp", "fa", "dfa", "sdfa", "drtp", "shallow", "local-error", "local-hinge"] {
        let out = folder.at(rule);
        train("--epochs 1 --optimizer sgd --lr 0.03 --net", &["fc20 fc18", "--rule", rule, "--out", &out]).done();
        same_bits(&folder, &out, false);
    }
}

#[test]
fn every_activation_and_loss_learns_in_c_with_the_bits_of_the_core() {
    let folder = Folder::new();
    let cases = [
        "--rule local-error --activation relu --loss bce",
        "--rule dfa --activation lrelu --loss ce",
        "--rule local-error --activation sigmoid --loss mse",
        "--rule bp --activation relu --loss mse --lr-decay 0.5",
        "--rule dfa --activation sigmoid --loss bce",
        "--rule drtp --activation tanh --loss bce --lr-decay 2",
    ];
    for (k, case) in cases.into_iter().enumerate() {
        let out = folder.at(&k.to_string());
        train(case, &["--net", "fc12", "--epochs", "1", "--optimizer", "sgd", "--lr", "0.02", "--out", &out]).done();
        same_bits(&folder, &out, false);
    }
    for rule in ["bp", "sdfa", "drtp"] {
        let out = folder.at(&format!("readout-{rule}"));
        train("--net= --epochs 1 --optimizer sgd --lr 0.02", &["--rule", rule, "--out", &out]).done();
        same_bits(&folder, &out, false);
    }
}

#[test]
fn a_regression_learns_in_c_with_the_bits_of_the_core() {
    let folder = Folder::new();
    let row = |k: usize| format!("{},{},{}\n", k % 7, k % 5, (k % 7) as f32 * 0.5 - (k % 5) as f32);
    let data = folder.write("table.csv", "a,b,price\n".to_string() + &(0..70).map(row).collect::<String>());
    for rule in ["bp", "fa", "dfa", "local-error"] {
        let (out, plain) = (folder.at(rule), folder.at("plain.olnb"));
        let more = ["--data", &data, "--label", "price", "--rule", rule, "--out", &out];
        train("--loss mse --epochs 2 --net fc6 --optimizer sgd --lr 0.01", &more).done();
        // a blob has no units, so targets are taken as they come
        run(&["export", &out, "--to", "device", &plain]).done();
        same_bits(&folder, &plain, true);
    }
}

/// A table with names that C must not read otherwise, and a second network of the same size; gives the folder of headers.
fn two_networks() -> Folder {
    let folder = Folder::new();
    let kinds = ["\"a \"\"b\"\"\"", "two", "ü??/"];
    let row = |k: usize| format!("{},{},{},{}\n", k % 3, k % 4, (k * k) % 7, kinds[k % 3]);
    let data = folder.write("table.csv", "a,net_width,c,kind\n".to_string() + &(0..90).map(row).collect::<String>());
    for (name, seed) in [("net", "1"), ("other", "2")] {
        let (out, header) = (folder.at(name), folder.at(&format!("{name}.h")));
        train("--net fc5 --rule local-error --epochs 2", &["--data", &data, "--seed", seed, "--out", &out]).done();
        run(&["export", &out, "--to", "c-source", &header]).done();
    }
    folder
}

#[test]
fn the_source_saves_loads_forgets_and_refuses() {
    let folder = two_networks();
    for compiler in compilers() {
        let (status, _) = run_with(&compile(&folder, compiler, KEEP, &[]), "");
        assert_eq!(status, Some(0), "{compiler}: the claim of this number does not hold");
    }
}

#[test]
fn the_source_compiles_without_a_warning_as_c_and_cpp_for_programs_that_learn_and_that_do_not() {
    let folder = two_networks();
    let program = "#include \"net.h\"\nint main(void) { return net_self_test() == 1 ? 0 : 1; }\n";
    for compiler in compilers() {
        for more in ["-DNET_INFER_ONLY", "-DNET_DRAW_FEEDBACK", "-Os", "-std=c11", "-std=gnu17"] {
            let (status, _) = run_with(&compile(&folder, compiler, program, &[more]), "");
            assert_eq!(status, Some(0), "{compiler} {more}");
        }
        let source = folder.write("program.cpp", program);
        let mut command = Command::new(compiler);
        let warnings = WARNINGS.iter().filter(|warning| **warning != "-Wstrict-prototypes");
        command.args(["-x", "c++", "-std=c++11", "-fsyntax-only"]).args(warnings).arg(&source);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{compiler}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn liberties_that_a_compiler_takes_with_numbers_are_refused() {
    let folder = two_networks();
    let source = folder.write("program.c", "#include \"net.h\"\nint main(void) { return 0; }\n");
    for compiler in compilers() {
        let output = Command::new(compiler).args(["-ffast-math", "-fsyntax-only", &source]).output().unwrap();
        assert!(
            !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("-ffast-math"),
            "{compiler}"
        );
    }
}

#[test]
fn what_no_device_learns_is_refused_by_name() {
    let folder = Folder::new();
    let header = folder.at("net.h");
    for (k, (settings, word)) in [
        ("--net fc4 --rule local-error-learned", "local-error-learned"),
        ("--net fc4 --rule drtp-gated", "drtp-gated"),
        ("--net conv2k3 --rule drtp", "layer 0 is not for this device, which runs dense layers"),
        ("--net fc4 --rule bp --dropout 0.2", "layer 0 is not for this device"),
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.at(&k.to_string());
        train(settings, &["--epochs", "1", "--out", &out]).done();
        run(&["export", &out, "--to", "c-source", &header]).refused(2, &[word]);
        assert!(!fs::exists(&header).unwrap());
    }
}

#[test]
fn a_row_with_categories_becomes_the_inputs_that_predict_makes_of_it() {
    rows_are_encoded_alike(&[]);
    rows_are_encoded_alike(&["--missing-indicator"]);
}

fn rows_are_encoded_alike(settings: &[&str]) {
    let folder = Folder::new();
    let (colours, open) = (["red", "bl\"ue", "3"], ["true", "false"]);
    let row = |k: usize| {
        let (width, colour, open) = ((k * 37 % 23) as f32 * 0.5, colours[k * 5 % 3], open[k * 7 % 2]);
        let label = if (colour == "red") == (open == "true") {
            "yes"
        } else if width > 5.0 {
            "no"
        } else {
            "perhaps"
        };
        (width, colour, open, label)
    };
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |k: usize| {
        let (width, colour, open, label) = row(k);
        let width = if k % 9 == 4 { String::new() } else { width.to_string() };
        let colour = if k % 13 == 6 { String::new() } else { quoted(colour) };
        format!("{width},{colour},{open},{label}\n")
    };
    let header = "width,class,is open,answer\n";
    let data = folder.write("table.csv", header.to_string() + &(0..120).map(line).collect::<String>());
    let out = folder.at("out");
    let more = [&["--data", &data, "--out", &out], settings].concat();
    train("--net fc8 --rule bp --epochs 30 --label answer", &more).done();
    run(&["export", &out, "--to", "c-source", &folder.at("net.h")]).done();
    let rows = folder.write(
        "rows.csv",
        format!("width,class,is open\n{}", "1.5,red,true\n,\"bl\"\"ue\",false\n7,3,\n9.5,,true\n0,purple,false\n"),
    );
    let predicted = run(&["predict", &out, &rows]).done().out;
    let predicted: Vec<_> = predicted.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    let program = "#include \"net.h\"\n#include <math.h>\n#include <stdio.h>\nint main(void) {\n    \
        static const net_row_t rows[] = {{1.5f, \"red\", 1.0f}, {NAN, \"bl\\\"ue\", 0.0f}, {7.0f, \"3\", NAN}, \
        {9.5f, NULL, 1.0f}, {0.0f, \"purple\", 0.0f}};\n    float x[NET_INPUTS];\n    \
        for (int k = 0; k < 5; k++) {\n        net_encode(&rows[k], x);\n        \
        printf(\"%s\\n\", net_class_name(net_predict(x)));\n    }\n    return 0;\n}\n";
    for compiler in compilers() {
        let (status, written) = run_with(&compile(&folder, compiler, program, &[]), "");
        assert_eq!((status, written.lines().collect::<Vec<_>>()), (Some(0), predicted.clone()), "{compiler}");
    }
}
