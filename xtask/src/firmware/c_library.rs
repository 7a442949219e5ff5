//! The C library on the Cortex-M4F: a program in C is linked against each build of it, and its size, its stack and its bits are held
//! against their limits, `openloop cost` and this machine.

use super::toolchain::{self, Toolchain};
use super::{image, lines};
use crate::shell::{self, output, root};
use lines::Line;
use std::path::{Path, PathBuf};

const TARGET: &str = "thumbv7em-none-eabihf";
const COMPILER: &str = "arm-none-eabi-gcc";
const WARNINGS: &str = "-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror";
/// Loops stay loops, so that the program itself asks for no memset.
const FLAGS: &str = "-mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard -Os -ffunction-sections -fdata-sections \
                     -fno-tree-loop-distribute-patterns -nostartfiles --specs=nano.specs -Wl,--gc-sections,--no-warn-execstack \
                     -Wl,--defsym=ram=0x400000";
const EMULATOR: &str = "300 qemu-system-arm -M mps2-an386 -icount shift=6 -display none -semihosting-config \
                        enable=on,target=native -kernel";

/// A build of the library, and what a program of one network and rule may take of flash: alone, with a state in a buffer, and with
/// a state in two slots of a flash.
struct Build {
    features: &'static str,
    arithmetic: &'static str,
    flash: [u32; 3],
}

const BUILDS: [Build; 5] = [
    Build { features: "f32", arithmetic: "f32", flash: [10_240, 19_456, 21_504] },
    Build { features: "f32,readout-rules", arithmetic: "f32", flash: [11_264, 20_480, 22_528] },
    Build { features: "f32,readout-rules,waiting-rules", arithmetic: "f32", flash: [12_288, 21_504, 23_552] },
    Build { features: "int8,readout-rules", arithmetic: "int8", flash: [13_312, 22_528, 24_576] },
    Build { features: "int8,readout-rules,waiting-rules", arithmetic: "int8", flash: [15_360, 24_576, 26_624] },
];
const PROGRAMS: [&str; 3] = ["", "-DSAVE", "-DSTORE"];

/// Bytes of stack that a call may take, as `openloop cost` says it of the C library.
const STACK: u32 = 896;

/// Builds, links, measures and runs all of it.
pub fn run() -> Result<(), String> {
    toolchain::c_compiler(COMPILER)?;
    let folder = shell::fresh_folder("c-library")?;
    let toolchain = Toolchain::of(TARGET)?;
    for build in &BUILDS {
        let library = toolchain.c_library(TARGET, build.features)?;
        let program = |define: &str| build.program(&library, &folder, define);
        let empty = image::bytes(&program("-DEMPTY")?)?;
        for (define, most) in PROGRAMS.into_iter().zip(build.flash) {
            let path = program(define)?;
            image::has_no_panic(&path)?;
            let bytes = image::bytes(&path)?.saturating_sub(empty);
            eprintln!("-- C, {}{}: {bytes} bytes of flash", build.features, define.replace("-D", ", "));
            if bytes > most {
                return Err(format!(
                    "the C library with {} {define} takes {bytes} bytes, not at most {most}",
                    build.features
                ));
            }
        }
        if build.features.contains("waiting") {
            build.count(&program("-DCOUNT")?, &folder)?;
        }
    }
    Ok(())
}

impl Build {
    /// The program with this define, linked for the board.
    fn program(&self, library: &Path, folder: &Path, define: &str) -> Result<PathBuf, String> {
        let path = folder.join(format!("{}{define}.elf", self.features));
        let parts = root().join("firmware/c");
        let script = parts.join("arm.ld").display().to_string();
        let mut words: Vec<String> = self.sources(define);
        words.extend(FLAGS.split_whitespace().map(String::from));
        words.extend([parts.join("arm.c"), library.to_path_buf()].map(|file| file.display().to_string()));
        words.extend(["-T".into(), script, "-o".into(), path.display().to_string()]);
        compile(COMPILER, &words)?;
        Ok(path)
    }

    /// The flags and the file that every machine's compiler gets.
    fn sources(&self, define: &str) -> Vec<String> {
        let parts = root().join("firmware/c");
        let int8 = if self.arithmetic == "int8" { "-DINT8" } else { "" };
        let words = WARNINGS.split_whitespace().chain([define, int8]).filter(|word| !word.is_empty());
        let folders =
            [root().join("bindings/c/include"), parts.clone()].map(|folder| format!("-I{}", folder.display()));
        let file = parts.join("library.c").display().to_string();
        words.map(String::from).chain(folders).chain([file]).collect()
    }

    /// Every rule on the board and on this machine: the same bytes, and no more stack than is said.
    fn count(&self, program: &Path, folder: &Path) -> Result<(), String> {
        let emulator: Vec<&str> = EMULATOR.split_whitespace().collect();
        let printed = shell::output_and_errors("timeout", &[&emulator[..], &[&program.to_string_lossy()]].concat())?;
        eprint!("{printed}");
        let (board, here) = (lines::read(&printed), lines::read(&self.on_this_machine(folder)?));
        if board.is_empty() || board.len() != here.len() {
            return Err(format!("the C library on the board printed\n{printed}"));
        }
        board.iter().zip(&here).try_for_each(|(board, here)| compare(board, here))
    }

    /// What the program prints when it is compiled for this machine.
    fn on_this_machine(&self, folder: &Path) -> Result<String, String> {
        let (library, path) = (toolchain::c_library_here()?, folder.join(format!("{}-here", self.arithmetic)));
        let host = root().join("firmware/c/host.c").display().to_string();
        let mut words = self.sources("-DCOUNT");
        words.extend([host, library.display().to_string()]);
        words.extend(["-lpthread", "-ldl", "-lm", "-o"].map(String::from));
        words.push(path.display().to_string());
        compile("cc", &words)?;
        output(&path.to_string_lossy(), &[])
    }
}

fn compile(compiler: &str, words: &[String]) -> Result<(), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    output(compiler, &words).map(|_| ())
}

fn compare(board: &Line, here: &Line) -> Result<(), String> {
    if (board.text("rule")?, board.text("saved")?) != (here.text("rule")?, here.text("saved")?) {
        return Err(format!("the board says\n  {board}\nand this machine\n  {here}"));
    }
    match board.number("stack")? <= STACK {
        true => Ok(()),
        false => Err(format!("more than {STACK} bytes of stack: {board}")),
    }
}
