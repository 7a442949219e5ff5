//! `cargo xtask arduino`: the Arduino and PlatformIO library as one folder: sketches, each with its exported network, and licences.
//! All of it is source. Where avr-gcc is installed, the networks are compiled for an Uno.

use crate::shell::{Step, copy, fresh_folder, output, root, target};
use std::path::{Path, PathBuf};

/// Sketches that include the network of `extras/drift.csv`.
const SKETCHES: [&str; 2] = ["Drift", "DriftEeprom"];
const TRAIN: &str = "train --net fc8 --rule local-error --epochs 30 --data extras/drift.csv --out";

/// Assembles `arduino/Openloop` in the target folder.
pub fn run() -> Result<(), String> {
    Step::cargo("the program", "build --release --package openloop-cli").run()?;
    let openloop = target("")?.join("release/openloop");
    let above = fresh_folder("arduino")?;
    let folder = above.join("Openloop");
    copy_all(&root().join("bindings/arduino"), &folder)?;
    std::fs::remove_dir_all(folder.join("tests")).map_err(|error| error.to_string())?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&root().join(licence), &folder.join(licence))?;
    }
    let (program, run, header) = (openloop.to_string_lossy(), above.join("run"), above.join("drift.h"));
    let (data, run) = (folder.join("extras/drift.csv"), run.to_string_lossy());
    let data = data.to_string_lossy();
    let words: Vec<&str> = TRAIN
        .split_whitespace()
        .map(|word| if word.ends_with(".csv") { &*data } else { word })
        .chain([&*run])
        .collect();
    output(&program, &words)?;
    output(&program, &["export", &run, "--to", "c-source", &header.to_string_lossy()])?;
    for sketch in SKETCHES {
        copy(&header, &folder.join("examples").join(sketch).join("drift.h"))?;
    }
    for_an_uno(&above)?;
    eprintln!("-- {} is ready to be zipped or put into Arduino's libraries", folder.display());
    Ok(())
}

/// Compiles the network for an Uno and says what it takes there.
fn for_an_uno(folder: &Path) -> Result<(), String> {
    if output("which", &["avr-gcc"]).is_err() {
        eprintln!("-- not compiled for an Uno: avr-gcc is not installed");
        return Ok(());
    }
    let (source, object) = (folder.join("size.c"), folder.join("size.elf"));
    let text = "#include \"drift.h\"\nint main(void) { float x[DRIFT_INPUTS] = {0}; return (int)drift_learn(x, 1); }\n";
    std::fs::write(&source, text).map_err(|error| error.to_string())?;
    let (source, object) = (source.to_string_lossy(), object.to_string_lossy());
    output(
        "avr-gcc",
        &["-std=gnu11", "-Os", "-mmcu=atmega328p", "-Wall", "-Wextra", "-Werror", &source, "-o", &object],
    )?;
    eprint!("-- on an Uno:\n{}", output("avr-size", &[&object])?);
    Ok(())
}

fn copy_all(from: &Path, to: &Path) -> Result<(), String> {
    let entries = std::fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))?;
    for entry in entries {
        let path: PathBuf = entry.map_err(|error| error.to_string())?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() { copy_all(&path, &target)? } else { copy(&path, &target)? }
    }
    Ok(())
}
