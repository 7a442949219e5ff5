//! `cargo xtask arduino`: the Arduino library as one folder that the Arduino IDE takes: sources, header, and the static library
//! for every processor that Arduino has boards of.

use crate::firmware::toolchain::Toolchain;
use crate::shell::{copy, fresh_folder, root, target};
use std::path::{Path, PathBuf};

/// Rust's targets, and the folders in which Arduino looks for a precompiled library.
const PROCESSORS: [(&str, &str); 5] = [
    ("thumbv6m-none-eabi", "cortex-m0plus"),
    ("thumbv7m-none-eabi", "cortex-m3"),
    ("thumbv7em-none-eabi", "cortex-m4"),
    ("thumbv7em-none-eabihf", "cortex-m4/fpv4-sp-d16-hard"),
    ("thumbv8m.main-none-eabihf", "cortex-m33/fpv5-sp-d16-hard"),
];

/// Assembles `arduino/Openloop` in the target folder, in which it looks for what fits the board.
pub fn run() -> Result<(), String> {
    let folder = fresh_folder("arduino")?.join("Openloop");
    copy_all(&root().join("bindings/c/arduino/openloop"), &folder)?;
    copy(&root().join("bindings/c/include/openloop.h"), &folder.join("src/openloop.h"))?;
    for (processor, place) in PROCESSORS {
        Toolchain::of(processor)?.c_library(processor).run()?;
        let archive = target("")?.join(processor).join("release/libopenloop_c.a");
        copy(&archive, &folder.join("src").join(place).join("libopenloop_c.a"))?;
    }
    eprintln!("-- {} is ready to be zipped or put into Arduino's libraries", folder.display());
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
