//! `cargo xtask c-source`: exported C source learns on emulated microcontrollers, and must come to what it comes to here, to the bit.
//! A processor whose compiler or emulator is missing is left out, and named.

use crate::shell::{self, Step, fresh_folder, output, root};
use std::path::{Path, PathBuf};

/// A processor: how a program is compiled for it and run.
struct Processor {
    name: &'static str,
    compiler: &'static str,
    /// Flags, and files of `firmware/c`.
    flags: &'static str,
    /// The command before the program's path; none where there is no emulator.
    emulator: &'static str,
}

const WARNINGS: &str = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror";
const HERE: Processor = Processor { name: "this machine", compiler: "cc", flags: "-std=c99 -O2 host.c", emulator: "" };
const PROCESSORS: [Processor; 6] = [
    Processor {
        name: "AVR (ATmega328P)",
        compiler: "avr-gcc",
        flags: "-std=c99 -Os -mmcu=atmega328p avr.c",
        emulator: "simavr -m atmega328p -f 16000000",
    },
    Processor {
        name: "Cortex-M0+",
        compiler: "arm-none-eabi-gcc",
        flags: "-std=gnu11 -Os -mthumb -mcpu=cortex-m0plus -nostartfiles -T arm.ld -Wl,--defsym=ram=0x4000 arm.c",
        emulator: "qemu-system-arm -M microbit -display none -semihosting-config enable=on,target=native -kernel",
    },
    Processor {
        name: "Cortex-M4F",
        compiler: "arm-none-eabi-gcc",
        flags: "-std=gnu11 -Os -mthumb -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16 -nostartfiles -T arm.ld \
                -Wl,--defsym=ram=0x400000 arm.c",
        emulator: "qemu-system-arm -M mps2-an386 -display none -semihosting-config enable=on,target=native -kernel",
    },
    Processor {
        name: "RISC-V (RV32IMAC)",
        compiler: "riscv64-unknown-elf-gcc",
        flags: "-std=gnu11 -Os -march=rv32imac -mabi=ilp32 -misa-spec=2.2 --specs=picolibc.specs -nostartfiles -T riscv.ld \
                -Wl,--no-warn-rwx-segments riscv.c",
        emulator: "qemu-system-riscv32 -M virt -bios none -display none -serial stdio -monitor none -kernel",
    },
    Processor {
        name: "RISC-V (RV32IMAFC)",
        compiler: "riscv64-unknown-elf-gcc",
        flags: "-std=gnu11 -Os -march=rv32imafc -mabi=ilp32f -misa-spec=2.2 --specs=picolibc.specs -nostartfiles -T riscv.ld \
                -Wl,--no-warn-rwx-segments riscv.c",
        emulator: "qemu-system-riscv32 -M virt -bios none -display none -serial stdio -monitor none -kernel",
    },
    Processor {
        name: "Xtensa (LX106)",
        compiler: "xtensa-lx106-elf-gcc",
        flags: "-std=gnu11 -Os -mlongcalls --specs=/usr/lib/xtensa-lx106-elf/picolibc.specs -c",
        emulator: "",
    },
];
const F32: [&str; 8] = ["bp", "fa", "dfa", "sdfa", "drtp", "shallow", "local-error", "local-hinge"];
const INT8: [&str; 8] = ["bp", "dfa", "sdfa", "drtp", "shallow", "local-error", "local-hinge", "drtp-gated"];

/// Exports a network of 8 inputs, 8 neurons and 3 classes for every rule in both arithmetics, and learns with it everywhere.
pub fn run() -> Result<(), String> {
    Step::cargo("the program", "build --release --package openloop-cli").run()?;
    let openloop = shell::target("")?.join("release/openloop");
    let folder = fresh_folder("c-source")?;
    let data = folder.join("table.csv");
    std::fs::write(&data, table()).map_err(|error| error.to_string())?;
    let networks = [("f32", F32), ("int8", INT8)];
    let networks = networks.into_iter().flat_map(|(arithmetic, rules)| rules.map(|rule| (arithmetic, rule)));
    for (arithmetic, rule) in networks {
        let own = folder.join(format!("{rule}-{arithmetic}"));
        export(&openloop, &data, &own, arithmetic, rule)?;
        let expected = HERE.result(&own)?.ok_or("a C compiler is needed, cc")?;
        eprintln!("-- {rule}, {arithmetic}: {expected}");
        if !expected.starts_with("self-test 1,") {
            return Err(format!("{rule}, {arithmetic}: this machine's compiler gives other bits than the core"));
        }
        for processor in &PROCESSORS {
            match processor.result(&own)? {
                Some(found) if !processor.emulator.is_empty() && found != expected => {
                    let name = processor.name;
                    return Err(format!(
                        "{rule}, {arithmetic}: {name} says\n  {found}\nand this machine\n  {expected}"
                    ));
                }
                _ => {}
            }
        }
    }
    PROCESSORS.iter().for_each(Processor::say);
    Ok(())
}

/// Trains a network and exports it as `net.h`.
fn export(openloop: &Path, data: &Path, own: &Path, arithmetic: &str, rule: &str) -> Result<(), String> {
    let (program, data) = (openloop.to_string_lossy(), data.to_string_lossy());
    let (run, header) = (own.join("run"), own.join("net.h"));
    let (run, header) = (run.to_string_lossy(), header.to_string_lossy());
    std::fs::create_dir_all(own).map_err(|error| error.to_string())?;
    let net = ["--net", "fc8", "--epochs", "3", "--arithmetic", arithmetic, "--rule", rule];
    output(&program, &[&["train", "--data", &data, "--out", &run], &net[..]].concat())?;
    output(&program, &["export", &run, "--to", "c-source", &header]).map(|_| ())
}

/// 300 rows of 8 features and one of 3 classes, the same every time.
fn table() -> String {
    let mut state = 1u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 16) / 65_536.0
    };
    let mut text = String::from("a,b,c,d,e,f,g,h,kind\n");
    for row in 0..300 {
        let kind = row % 3;
        let mut value = |k: usize| random() * 3.0 + if k % 3 == kind { 1.5 } else { 0.0 };
        let values: Vec<String> = (0..8).map(|k| format!("{:.3}", value(k))).collect();
        text += &format!("{},{}\n", values.join(","), ["red", "green", "blue"][kind]);
    }
    text
}

impl Processor {
    /// Whether its compiler and its emulator are there.
    fn is_there(&self) -> bool {
        let there = |program: &str| output("which", &[program]).is_ok();
        there(self.compiler) && self.emulator.split_whitespace().next().is_none_or(there)
    }

    /// Says what was checked, or why nothing was.
    fn say(&self) {
        let Processor { name, compiler, .. } = self;
        match (self.is_there(), self.emulator.split_whitespace().next()) {
            (true, Some(_)) => eprintln!("-- {name}: every network learned with this machine's bits"),
            (true, None) => eprintln!("-- {name}: compiled without a warning; there is no emulator to run it"),
            (false, Some(emulator)) => eprintln!("-- {name}: skipped, for want of {compiler} or {emulator}"),
            (false, None) => eprintln!("-- {name}: skipped, for want of {compiler}"),
        }
    }

    /// What the program prints with the network in this folder; none where the processor cannot be emulated here.
    fn result(&self, own: &Path) -> Result<Option<String>, String> {
        if !self.is_there() {
            return Ok(None);
        }
        let program = own.join("program.elf");
        let program = program.to_string_lossy();
        let parts = root().join("firmware/c");
        let in_parts = |flag: &str| match flag.ends_with(".c") || flag.ends_with(".ld") {
            true => parts.join(flag).to_string_lossy().into_owned(),
            false => flag.into(),
        };
        let include = |folder: &PathBuf| format!("-I{}", folder.display());
        let mut arguments: Vec<String> = WARNINGS.split_whitespace().map(String::from).collect();
        arguments.extend([include(&own.to_path_buf()), include(&parts), in_parts("program.c")]);
        arguments.extend(self.flags.split_whitespace().map(in_parts));
        arguments.extend(["-o".into(), program.to_string()]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        output(self.compiler, &arguments)?;
        let run: Vec<&str> = self.emulator.split_whitespace().chain([&*program]).collect();
        match self.compiler {
            "cc" => output("timeout", &["300", &program]),
            _ if self.emulator.is_empty() => return Ok(None),
            _ => shell::output_and_errors("timeout", &[&["300"], &run[..]].concat()),
        }
        .and_then(|text| found(&text).map(Some))
    }
}

/// The program's line among what an emulator prints.
fn found(text: &str) -> Result<String, String> {
    let line = text.lines().find_map(|line| line.find("self-test ").map(|start| &line[start..]));
    // simavr ends lines in a point, and colours them
    let line = line.map(|line| line.trim_end_matches(|c: char| !c.is_ascii_digit()));
    line.map(String::from).ok_or_else(|| format!("the program printed nothing of its own: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_line_is_found_in_what_an_emulator_prints() {
        let plain = "self-test 1, right 139, saved 576, checksum 558161692";
        assert_eq!(found(&format!("\u{1b}[32m{plain}.\n\u{1b}[0mLoaded 7796 .text")).unwrap(), plain);
        assert_eq!(found(&format!("{plain}\n")).unwrap(), plain);
        assert!(found("qemu: fatal").is_err());
    }
}
