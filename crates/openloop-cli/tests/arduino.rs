//! The sketches of the Arduino library compile, strictly, with the network that is exported for them.

mod common;

use common::{Folder, run, train};
use std::path::{Path, PathBuf};
use std::process::Command;

const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"];

fn library() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bindings/arduino")
}

/// The compilers of C++ that there are, with the flags of the boards' families.
fn compilers() -> Vec<Vec<&'static str>> {
    let all = [
        "c++ -std=gnu++11",
        "clang++ -std=gnu++17",
        "avr-g++ -std=gnu++11 -Os -mmcu=atmega328p",
        "avr-g++ -std=gnu++11 -Os -mmcu=atmega2560",
        "c++ -std=gnu++17 -DESP32",
    ];
    let split = all.into_iter().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let is_there = |line: &Vec<&str>| Command::new(line[0]).arg("--version").output().is_ok();
    split.enumerate().filter(|(k, line)| *k == 0 || is_there(line)).map(|(_, line)| line).collect()
}

#[test]
fn every_sketch_compiles_with_the_network_that_the_readme_exports() {
    let (folder, library) = (Folder::new(), library());
    let (data, out) = (library.join("extras/drift.csv"), folder.at("run"));
    let data = data.to_str().unwrap();
    train("--net fc8 --rule local-error --epochs 30", &["--data", data, "--out", &out]).done();
    run(&["export", &out, "--to", "c-source", &folder.at("drift.h")]).done();
    let readme = std::fs::read_to_string(library.join("README.md")).unwrap();
    assert!(readme.contains("--net fc8 --rule local-error --epochs 30 --out"), "other options in the README");
    for line in compilers() {
        for sketch in ["Drift", "DriftEeprom"] {
            let source = library.join("examples").join(sketch).join(format!("{sketch}.ino"));
            let mut command = Command::new(line[0]);
            command.args(&line[1..]).args(WARNINGS).args(["-fsyntax-only", "-x", "c++", "-include"]);
            command.arg(library.join("tests/arduino.h")).arg("-I").arg(library.join("tests"));
            command.arg("-I").arg(library.join("src")).args(["-I", &folder.at("")]).arg(source);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{line:?}, {sketch}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn the_library_says_the_same_of_itself_to_arduino_and_platformio() {
    let library = library();
    let properties = std::fs::read_to_string(library.join("library.properties")).unwrap();
    let json = std::fs::read_to_string(library.join("library.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    for (key, name) in [("name", "name"), ("version", "version"), ("headers", "includes")] {
        let line = format!("{name}={}\n", json[key].as_str().unwrap());
        assert!(properties.contains(&line), "{line}");
    }
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
}
