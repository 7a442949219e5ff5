//! Learning on emulated microcontrollers: builds the firmware, runs it, and holds it against the PC and against its limits.

pub mod archives;
pub mod c_library;
mod costs;
mod cycles;
mod image;
mod limits;
mod lines;
pub mod toolchain;

use crate::shell::{self, Step};
use lines::Line;
use std::path::PathBuf;
pub use toolchain::Toolchain;

/// A board: its target, its crate, and the programs that run on it.
struct Board {
    target: &'static str,
    package: &'static str,
    emulator: &'static [&'static str],
}

const CORTEX: Board = Board {
    target: "thumbv7em-none-eabihf",
    package: "firmware-cortex-m4f",
    emulator: &["qemu-system-arm", "-M", "mps2-an386", "-icount", "shift=6"],
};
const RISC_V: Board = Board {
    target: "riscv32imac-unknown-none-elf",
    package: "firmware-riscv32",
    emulator: &["qemu-system-riscv32", "-M", "virt", "-bios", "none", "-icount", "shift=0"],
};
const PROGRAMS: [&str; 9] =
    ["shapes", "digits", "digits-int8", "drift", "front", "power-cut", "single", "single-int8", "cost"];
/// Other processors that the core must compile for.
const TARGETS: [&str; 6] = [
    "thumbv6m-none-eabi",
    "thumbv7em-none-eabihf",
    "thumbv8m.main-none-eabihf",
    "riscv32imc-unknown-none-elf",
    "riscv32imac-unknown-none-elf",
    "wasm32-unknown-unknown",
];

/// Does it all; with `update`, the instruction counts are recorded rather than compared.
pub fn run(update: bool) -> Result<(), String> {
    toolchain::emulators()?;
    for target in TARGETS {
        let toolchain = Toolchain::of(target)?;
        toolchain.core(target).run()?;
    }
    let mut counts = Vec::new();
    for board in [CORTEX, RISC_V] {
        let toolchain = Toolchain::of(board.target)?;
        toolchain.firmware(board.target, board.package).run()?;
        for program in PROGRAMS {
            image::has_no_panic(&board.image(program)?)?;
            let printed = board.run(program)?;
            match program {
                "shapes" => shapes(&printed)?,
                "digits" | "digits-int8" => digits(&printed)?,
                "drift" => drift(&printed)?,
                "front" => front(&board, &printed)?,
                "power-cut" => power_cut(&printed)?,
                _ => counts.extend(cost(&board, &printed)?),
            }
        }
        if board.target == CORTEX.target {
            toolchain.convolutions(board.target, board.package).run()?;
            image::has_no_panic(&board.image("activity")?)?;
            counts.extend(activity(&board, &board.run("activity")?)?);
        }
        limits::compiler(&toolchain.version()?);
    }
    c_library::run()?;
    counts.extend(cycles::estimate(CORTEX.package, CORTEX.emulator, &CORTEX.image("cycles")?)?);
    code()?;
    limits::counts(&counts, &Toolchain::of(CORTEX.target)?.version()?, update)
}

/// The bytes of code are those of a program with nothing else, less one with nothing at all.
fn code() -> Result<(), String> {
    let bytes = |program: &str| image::bytes(&CORTEX.image(program)?);
    let startup = bytes("startup")?;
    let code = |program: &str| Ok::<_, String>(bytes(program)?.saturating_sub(startup));
    limits::code(code("runtime")?, code("runtime-any")?)?;
    costs::code("f32", code("runtime-any")?)?;
    costs::code_with_convolutions(code("runtime-convolutions")?)?;
    costs::code("int8", code("runtime-any-int8")?)
}

impl Board {
    fn image(&self, program: &str) -> Result<PathBuf, String> {
        Ok(shell::target("firmware")?.join(self.target).join("release").join(program))
    }

    /// What a program prints on the emulated board, within five minutes.
    fn run(&self, program: &str) -> Result<Vec<Line>, String> {
        const SWITCHES: [&str; 5] = ["-display", "none", "-semihosting-config", "enable=on,target=native", "-kernel"];
        let image = self.image(program)?;
        let image = image.to_string_lossy();
        eprintln!("-- {program} on {}", self.emulator[2]);
        let text = shell::output("timeout", &[&["300"][..], self.emulator, &SWITCHES, &[&image]].concat())?;
        eprint!("{text}");
        match text.is_empty() {
            true => Err(format!("{program} printed nothing")),
            false => Ok(lines::read(&text)),
        }
    }
}

/// A board must learn what a PC learns, to the bit, and be as good as the host's trainer in f32: to a point in f32, to two in
/// int8.
fn digits(printed: &[Line]) -> Result<(), String> {
    for line in printed {
        let (rule, samples) = (line.text("rule")?, line.number("samples")?);
        let here = on_this_machine(&[line.word(), rule, &samples.to_string()])?;
        if here != std::slice::from_ref(line) {
            return Err(format!("{rule}: the board says\n  {line}\nand this machine\n  {}", lines::join(&here)));
        }
        let accuracy = 100.0 * line.number("right")? as f64 / line.number("of")? as f64;
        let trained = 100.0 - host_error(rule, samples / 1437)?;
        eprintln!("-- {rule}: {accuracy:.2} % on the board, the same bits as here; {trained:.2} % by openloop train");
        if accuracy < trained - if line.word() == "digits" { 1.0 } else { 2.0 } {
            return Err(format!("{rule}: {accuracy:.2} % on the board, {trained:.2} % by openloop train"));
        }
    }
    Ok(())
}

/// The firmware's programs on this machine.
fn on_this_machine(arguments: &[&str]) -> Result<Vec<Line>, String> {
    let run =
        ["run", "--quiet", "--release", "--manifest-path", "firmware/Cargo.toml", "--package", "firmware-host", "--"];
    Ok(lines::read(&shell::output(env!("CARGO"), &[&run, arguments].concat())?))
}

/// The test error of the host's trainer after some epochs, a sample at a time, at the boards' learning rate.
fn host_error(rule: &str, epochs: u32) -> Result<f64, String> {
    let epochs = epochs.to_string();
    let run =
        ["run", "--quiet", "--release", "--package", "openloop-cli", "--", "train", "--net", "fc32", "--batch", "1"];
    let how = ["--optimizer", "sgd", "--lr", "0.05", "--seed", "1", "--json", "--rule", rule, "--epochs", &epochs];
    let json = shell::output(env!("CARGO"), &[&run[..], &how].concat())?;
    let value = json.split("\"test_error\":").nth(1).and_then(|rest| rest.split(',').next());
    value.and_then(|value| value.parse().ok()).ok_or_else(|| format!("no test error in {json}"))
}

/// What the loops over the weights make of every small shape must be the same bits here and on the board.
fn shapes(printed: &[Line]) -> Result<(), String> {
    let here = on_this_machine(&["shapes"])?;
    match here.iter().zip(printed).find(|(here, there)| here != there) {
        Some((here, there)) => Err(format!("shapes: the board says\n  {there}\nand this machine\n  {here}")),
        None if here.len() == printed.len() => Ok(()),
        None => Err("shapes: the board and this machine do not print the same lines".into()),
    }
}

/// The network that goes on learning must keep up with the drift, and the frozen one must not.
fn drift(printed: &[Line]) -> Result<(), String> {
    if on_this_machine(&["drift"])? != printed {
        return Err("drift: the board and this machine do not print the same".into());
    }
    let last = printed.last().ok_or("drift: nothing was printed")?;
    let (learning, frozen) = (last.number("learning")?, last.number("frozen")?);
    match learning >= 950 && frozen <= 800 {
        true => Ok(()),
        false => Err(format!("drift: {learning} of 1000 while learning and {frozen} frozen at the end")),
    }
}

/// Behind frozen convolutions the weights are those that this machine comes to, within the memory and the instructions that were wanted.
fn front(board: &Board, printed: &[Line]) -> Result<(), String> {
    const RAM: u32 = 51_500;
    const INSTRUCTIONS: u32 = 700_000;
    let here = on_this_machine(&["front"])?;
    if here.len() != printed.len() {
        return Err("front: the board and this machine do not print the same rules".into());
    }
    for (here, line) in here.iter().zip(printed) {
        if here.text("rule")? != line.text("rule")? || here.text("sum")? != line.text("sum")? {
            return Err(format!("front: the board says\n  {line}\nand this machine\n  {here}"));
        }
        let ram = line.number("weights")? + line.number("scratch")? + line.number("stack")?;
        let takes_too_long = board.target == CORTEX.target && line.number("learn")? > INSTRUCTIONS;
        if ram > RAM || takes_too_long {
            return Err(format!("front: not at most {RAM} bytes and {INSTRUCTIONS} instructions a step: {line}"));
        }
    }
    Ok(())
}

/// Convolutions that learn: this machine's weights, an error that falls, and the first network within 64 KB in all. Comes back with the counts.
fn activity(board: &Board, printed: &[Line]) -> Result<Vec<String>, String> {
    const RAM: u32 = 65_536;
    const INSTRUCTIONS: u32 = 2_800_000;
    let (here, mut counts) = (on_this_machine(&["activity"])?, Vec::new());
    if here.len() != printed.len() {
        return Err("activity: the board and this machine do not print the same networks".into());
    }
    for (k, (here, line)) in here.iter().zip(printed).enumerate() {
        if here.text("sum")? != line.text("sum")? || here.number("test_wrong")? != line.number("test_wrong")? {
            return Err(format!("activity: the board says\n  {line}\nand this machine\n  {here}"));
        }
        if line.number("wrong_last")? >= line.number("wrong_first")? || line.number("bad")? != 0 {
            return Err(format!("activity: the error does not fall, or something was no number: {line}"));
        }
        let ram = line.number("weights")? + line.number("scratch")? + line.number("stack")?;
        eprintln!("-- {}: {ram} bytes of RAM", board.package);
        if k == 0 && (ram > RAM || line.number("learn")? > INSTRUCTIONS) {
            return Err(format!("activity: not at most {RAM} bytes and {INSTRUCTIONS} instructions a step: {line}"));
        }
        costs::compare_activity(line)?;
        let key = [line.word(), line.text("net")?, line.text("rule")?, line.text("feedback")?].join(" ");
        counts.push(format!("{} {key} {} {}", board.package, line.number("learn")?, line.number("infer")?));
    }
    Ok(counts)
}

/// However often the power failed, the weights are those of a run that nothing disturbed, here and on the board.
fn power_cut(printed: &[Line]) -> Result<(), String> {
    if on_this_machine(&["power-cut"])? != printed {
        return Err("power-cut: the board and this machine do not print the same".into());
    }
    let [line] = printed else { return Err("power-cut: not one line".into()) };
    match line.number("cuts")? >= 10 && line.text("weights")? == line.text("undisturbed")? {
        true => Ok(()),
        false => Err(format!("power-cut: too few cuts, or other weights than undisturbed: {line}")),
    }
}

/// Memory within its limits, nothing that went wrong; comes back with the counts as they are recorded.
fn cost(board: &Board, printed: &[Line]) -> Result<Vec<String>, String> {
    let mut counts = Vec::new();
    for line in printed {
        if line.number("bad")? != 0 {
            return Err(format!("something was no number: {line}"));
        }
        if let Some(limits) = limits::of(line.word()) {
            limits.memory(board.package, line)?;
            if board.target == CORTEX.target {
                limits.instructions(line)?;
            }
        }
        costs::compare(line, board.target == CORTEX.target)?;
        let key = [line.word(), line.text("net")?, line.text("rule")?, line.text("feedback")?].join(" ");
        counts.push(format!("{} {key} {} {}", board.package, line.number("learn")?, line.number("infer")?));
    }
    Ok(counts)
}

/// Formatting and lints of the firmware's crates that run here.
pub fn lints() -> Result<(), String> {
    let manifest = "--manifest-path firmware/Cargo.toml";
    Step::cargo("formatting of the firmware", &format!("fmt --all --check {manifest}")).run()?;
    let here = "--package firmware-common --package firmware-host --all-targets";
    Step::cargo("lints of the firmware", &format!("clippy {manifest} {here} -- -D warnings")).run()
}
