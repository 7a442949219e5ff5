//! `cargo xtask arduino`: the Arduino library as one folder that the Arduino IDE takes: sources, header, and the static library
//! for every processor whose Rust target is installed.

use crate::shell::{Step, fresh_folder, output, root};
use std::path::{Path, PathBuf};

/// Rust's targets, and the folders in which Arduino looks for a precompiled library.
const PROCESSORS: [(&str, &str); 5] = [
    ("thumbv6m-none-eabi", "cortex-m0plus"),
    ("thumbv7m-none-eabi", "cortex-m3"),
    ("thumbv7em-none-eabi", "cortex-m4"),
    ("thumbv7em-none-eabihf", "cortex-m4/fpv4-sp-d16-hard"),
    ("thumbv8m.main-none-eabihf", "cortex-m33/fpv5-sp-d16-hard"),
];

/// Assembles `target/arduino/Openloop`.
pub fn run() -> Result<(), String> {
    let installed = output("rustup", &["target", "list", "--installed"])?;
    let processors: Vec<_> =
        PROCESSORS.iter().filter(|(target, _)| installed.lines().any(|line| line == *target)).collect();
    if processors.is_empty() {
        let known: Vec<&str> = PROCESSORS.iter().map(|(target, _)| *target).collect();
        return Err(format!("no target is installed to build for; rustup target add one of {}", known.join(", ")));
    }
    let folder = fresh_folder("arduino")?.join("Openloop");
    copy_all(&root().join("bindings/c/arduino/openloop"), &folder)?;
    copy(&root().join("bindings/c/include/openloop.h"), &folder.join("src/openloop.h"))?;
    for (target, place) in processors {
        let build = format!("build --release --package openloop-c --no-default-features --target {target}");
        Step::cargo(&format!("the library for {target}"), &build).run()?;
        let archive = root().join("target").join(target).join("release/libopenloop_c.a");
        copy(&archive, &folder.join("src").join(place).join("libopenloop_c.a"))?;
    }
    eprintln!("-- {} is ready to be zipped or put into Arduino's libraries", folder.display());
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let folder = to.parent().unwrap_or(to);
    let copied = std::fs::create_dir_all(folder).and_then(|()| std::fs::copy(from, to));
    copied.map(|_| ()).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
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
