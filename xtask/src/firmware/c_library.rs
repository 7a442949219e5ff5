//! The C library on the Cortex-M4F: a program in C is linked against each build of it, and its size, its stack and its bits are held
//! against their limits, `openloop cost` and this machine.

use super::toolchain::{self, Toolchain};
use super::{costs, image, lines};
use crate::shell::{self, output, root};
use lines::Line;
use std::path::{Path, PathBuf};

const TARGET: &str = "thumbv7em-none-eabihf";
/// The boards' compiler.
pub const COMPILER: &str = "arm-none-eabi-gcc";
const WARNINGS: &str = "-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror";
/// Loops stay loops, so that the program itself asks for no memset.
const FLAGS: &str = "-Os -ffunction-sections -fdata-sections -fno-tree-loop-distribute-patterns -nostartfiles --specs=nano.specs \
                     -Wl,--gc-sections,--no-warn-execstack -Wl,--defsym=ram=0x400000";
const SWITCHES: &str = "-icount shift=6 -display none -semihosting-config enable=on,target=native -kernel";

/// A processor: what its compiler is told, and QEMU's board.
pub struct Machine {
    processor: &'static str,
    abi: &'static str,
    board: &'static str,
}

const CORTEX_M4F: Machine = Machine::new("-mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "mps2-an386");

/// A build of the library, and what a program of one network and rule may take of flash by it.
struct Build {
    features: &'static str,
    arithmetic: &'static str,
    flash: u32,
    /// What `openloop cost` calls that number, where it says it.
    said: Option<&'static str>,
}

const BUILDS: [Build; 6] = [
    Build { features: "f32", arithmetic: "f32", flash: 10_240, said: Some("fewest_rules_code") },
    Build { features: "f32,readout-rules", arithmetic: "f32", flash: 11_264, said: None },
    Build {
        features: "f32,readout-rules,waiting-rules",
        arithmetic: "f32",
        flash: 12_288,
        said: Some("all_rules_code"),
    },
    Build {
        features: "int8,readout-rules,compact",
        arithmetic: "int8",
        flash: 13_568,
        said: Some("fewest_rules_code"),
    },
    Build { features: "int8,readout-rules", arithmetic: "int8", flash: 14_848, said: None },
    Build {
        features: "int8,readout-rules,waiting-rules",
        arithmetic: "int8",
        flash: 16_384,
        said: Some("all_rules_code"),
    },
];
/// Programs that save too, in a buffer and in two slots of a flash: what that may take more, and what `openloop cost` calls it.
const SAVING: [(&str, u32, &str); 2] = [("-DSAVE", 9_216, "buffer_code"), ("-DSTORE", 11_264, "slots_code")];

/// Builds, links, measures and runs all of it.
pub fn run() -> Result<(), String> {
    toolchain::c_compiler(COMPILER)?;
    let folder = shell::fresh_folder("c-library")?;
    let toolchain = Toolchain::of(TARGET)?;
    for build in &BUILDS {
        let library = toolchain.c_library(TARGET, build.features, "")?;
        build.measure(&library, &folder)?;
        if build.features.contains("waiting") {
            build.count(&build.program(&library, &folder, "-DCOUNT")?, &folder)?;
        }
    }
    Ok(())
}

impl Build {
    /// The flash of its programs, less what a program with nothing in it takes.
    fn measure(&self, library: &Path, folder: &Path) -> Result<(), String> {
        let bytes = |define| {
            let path = self.program(library, folder, define)?;
            image::has_no_panic(&path)?;
            image::bytes(&path)
        };
        let (empty, alone) = (bytes("-DEMPTY")?, bytes("")?);
        let said = costs::said("fc32", "64", "10", "drtp", self.arithmetic)?;
        self.hold("alone", alone.saturating_sub(empty), self.flash)?;
        if let Some(name) = self.said {
            expect_said(&said, name, self.flash)?;
        }
        for (define, most, name) in SAVING {
            self.hold(name, bytes(define)?.saturating_sub(alone), most)?;
            expect_said(&said, name, most)?;
        }
        Ok(())
    }

    fn hold(&self, what: &str, bytes: u32, most: u32) -> Result<(), String> {
        eprintln!("-- C library with {}, {what}: {bytes} bytes of flash", self.features);
        match bytes <= most {
            true => Ok(()),
            false => {
                Err(format!("the C library with {}, {what}, takes {bytes} bytes, not at most {most}", self.features))
            }
        }
    }

    /// The program with this define, linked for the board.
    fn program(&self, library: &Path, folder: &Path, define: &str) -> Result<PathBuf, String> {
        let path = folder.join(format!("{}{define}.elf", self.features));
        CORTEX_M4F.program(library, &path, self.arithmetic, define)
    }

    /// Every rule on the board and on this machine: the same bytes, and no more stack than is said.
    fn count(&self, program: &Path, folder: &Path) -> Result<(), String> {
        let printed = CORTEX_M4F.run(program)?;
        let (board, here) = (lines::read(&printed), lines::read(&on_this_machine(self.arithmetic, folder)?));
        if board.is_empty() || board.len() != here.len() {
            return Err(format!("the C library on the board printed\n{printed}"));
        }
        board.iter().zip(&here).try_for_each(|(board, here)| compare(board, here, self.arithmetic))
    }
}

impl Machine {
    /// With the processor's flags, those of the ABI, and a board of QEMU's.
    pub const fn new(processor: &'static str, abi: &'static str, board: &'static str) -> Self {
        Machine { processor, abi, board }
    }

    /// The program of an arithmetic with this define, linked against an archive.
    pub fn program(&self, library: &Path, path: &Path, arithmetic: &str, define: &str) -> Result<PathBuf, String> {
        let parts = root().join("firmware/c");
        let mut words: Vec<String> = sources(arithmetic, define);
        words.extend([self.processor, self.abi, FLAGS].join(" ").split_whitespace().map(String::from));
        words.extend([parts.join("arm.c"), library.to_path_buf()].map(|file| file.display().to_string()));
        words.extend([
            "-T".into(),
            parts.join("arm.ld").display().to_string(),
            "-o".into(),
            path.display().to_string(),
        ]);
        compile(COMPILER, &words)?;
        Ok(path.to_path_buf())
    }

    /// What it prints.
    pub fn run(&self, program: &Path) -> Result<String, String> {
        let words = ["300", "qemu-system-arm", "-M", self.board].into_iter().chain(SWITCHES.split_whitespace());
        let program = program.to_string_lossy();
        let printed = shell::output_and_errors("timeout", &words.chain([&*program]).collect::<Vec<_>>())?;
        eprint!("{printed}");
        Ok(printed)
    }
}

/// The flags and the file that every machine's compiler gets.
fn sources(arithmetic: &str, define: &str) -> Vec<String> {
    let parts = root().join("firmware/c");
    let int8 = if arithmetic == "int8" { "-DINT8" } else { "" };
    let words = WARNINGS.split_whitespace().chain([define, int8]).filter(|word| !word.is_empty());
    let folders = [root().join("bindings/c/include"), parts.clone()].map(|folder| format!("-I{}", folder.display()));
    let file = parts.join("library.c").display().to_string();
    words.map(String::from).chain(folders).chain([file]).collect()
}

/// What the program prints when it is compiled for this machine.
pub fn on_this_machine(arithmetic: &str, folder: &Path) -> Result<String, String> {
    let (library, path) = (toolchain::c_library_here()?, folder.join(format!("{arithmetic}-here")));
    let host = root().join("firmware/c/host.c").display().to_string();
    let mut words = sources(arithmetic, "-DCOUNT");
    words.extend([host, library.display().to_string()]);
    words.extend(["-lpthread", "-ldl", "-lm", "-o"].map(String::from));
    words.push(path.display().to_string());
    compile("cc", &words)?;
    output(&path.to_string_lossy(), &[])
}

fn compile(compiler: &str, words: &[String]) -> Result<(), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    output(compiler, &words).map(|_| ())
}

fn expect_said(said: &str, name: &str, bytes: u32) -> Result<(), String> {
    match costs::number(said, name)? == bytes {
        true => Ok(()),
        false => Err(format!("openloop cost says another {name} than {bytes}: {said}")),
    }
}

/// The board has this machine's bits, the memory that `openloop cost` says, and no more stack.
fn compare(board: &Line, here: &Line, arithmetic: &str) -> Result<(), String> {
    let rule = board.text("rule")?;
    if (rule, board.text("saved")?) != (here.text("rule")?, here.text("saved")?) {
        return Err(format!("the board says\n  {board}\nand this machine\n  {here}"));
    }
    let said = costs::said("fc32", "64", "10", rule, arithmetic)?;
    let number = |name| costs::number(&said, name);
    let memory = number("persistent")? + number("transient")? + number("model_ram")?;
    match board.number("memory")? == memory.next_multiple_of(8) && board.number("stack")? <= number("call_stack")? {
        true => Ok(()),
        false => Err(format!("openloop cost says\n  {said}\nbut the C library\n  {board}")),
    }
}
