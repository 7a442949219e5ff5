//! `cargo xtask c-library --archives`: the C library for every processor it is known to fit, in `target/c-archives`. Those for
//! processors that QEMU has are linked into a program in C and run.

use super::c_library::{self, Machine};
use super::toolchain::{self, Toolchain};
use crate::shell::{self, copy};
use std::path::Path;

/// An archive: its name, its Rust target, whose instructions it may use, and the machine that tries it out.
struct Archive {
    name: &'static str,
    target: &'static str,
    cpu: &'static str,
    machine: Option<Machine>,
}

const M4: &str = "-mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16";
const M7: &str = "-mcpu=cortex-m7 -mthumb -mfpu=fpv5-sp-d16";

const ARCHIVES: [Archive; 9] = [
    plain("cortex-m0plus", "thumbv6m-none-eabi", "cortex-m0plus"),
    plain("cortex-m3", "thumbv7m-none-eabi", "cortex-m3"),
    tried(
        "cortex-m4-soft",
        "thumbv7em-none-eabi",
        "",
        Machine::new("-mcpu=cortex-m4 -mthumb -mfloat-abi=soft", "", "mps2-an386"),
    ),
    tried(
        "cortex-m4f-softfp",
        "thumbv7em-none-eabi",
        "cortex-m4",
        Machine::new(M4, "-mfloat-abi=softfp", "mps2-an386"),
    ),
    tried("cortex-m4f-hard", "thumbv7em-none-eabihf", "", Machine::new(M4, "-mfloat-abi=hard", "mps2-an386")),
    tried("cortex-m7-softfp", "thumbv7em-none-eabi", "cortex-m7", Machine::new(M7, "-mfloat-abi=softfp", "mps2-an500")),
    tried("cortex-m7-hard", "thumbv7em-none-eabihf", "cortex-m7", Machine::new(M7, "-mfloat-abi=hard", "mps2-an500")),
    plain("cortex-m33-hard", "thumbv8m.main-none-eabihf", "cortex-m33"),
    plain("rv32imac", "riscv32imac-unknown-none-elf", ""),
];
/// Everything: what a program does not call, its linker leaves out.
const FEATURES: &str = "f32,int8,readout-rules,waiting-rules";

const fn plain(name: &'static str, target: &'static str, cpu: &'static str) -> Archive {
    Archive { name, target, cpu, machine: None }
}

const fn tried(name: &'static str, target: &'static str, cpu: &'static str, machine: Machine) -> Archive {
    Archive { name, target, cpu, machine: Some(machine) }
}

/// Builds all of them.
pub fn run() -> Result<(), String> {
    toolchain::c_compiler(c_library::COMPILER)?;
    toolchain::emulators()?;
    let (folder, trials) = (shell::fresh_folder("c-archives")?, shell::fresh_folder("c-library")?);
    let here = c_library::on_this_machine("f32", &trials)?;
    for Archive { name, target, cpu, machine } in &ARCHIVES {
        let library = Toolchain::of(target)?.c_library(target, FEATURES, cpu)?;
        let own = folder.join(name).join("libopenloop_c.a");
        copy(&library, &own)?;
        if let Some(machine) = machine {
            try_out(machine, &own, &trials, &here).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    copy(&shell::root().join("bindings/c/include/openloop.h"), &folder.join("include/openloop.h"))?;
    eprintln!("-- in {}", folder.display());
    Ok(())
}

/// The program must come to this machine's bytes under every rule.
fn try_out(machine: &Machine, library: &Path, folder: &Path, here: &str) -> Result<(), String> {
    let program = machine.program(library, &folder.join("trial.elf"), "f32", "-DCOUNT")?;
    let printed = machine.run(&program)?;
    let saved = |text: &str| -> Vec<String> {
        super::lines::read(text).iter().filter_map(|line| line.text("saved").ok().map(String::from)).collect()
    };
    match !printed.is_empty() && saved(&printed) == saved(here) {
        true => Ok(()),
        false => Err(format!("the program says\n{printed}and on this machine\n{here}")),
    }
}
