//! C programs around an exported network: compiled strictly, run, and the samples that they learn from.

use super::Folder;
use std::io::Write;
use std::process::{Command, Stdio};

pub const WARNINGS: [&str; 7] =
    ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Werror"];
const LEARN: &str = include_str!("../c_source/learn.c");
const SAMPLES: usize = 300;

/// `cc`, and the others that there are.
pub fn compilers() -> Vec<&'static str> {
    let is_there =
        |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    ["cc"].into_iter().chain(["clang"].into_iter().filter(is_there)).collect()
}

/// Compiles a program of the folder, strictly; gives its path.
#[track_caller]
pub fn compile(folder: &Folder, compiler: &str, program: &str, more: &[&str]) -> String {
    let (source, out) = (folder.write("program.c", program), folder.at("program"));
    let mut command = Command::new(compiler);
    command.args(["-std=c99", "-O2"]).args(WARNINGS).args(more).args([&source, "-o", &out]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{compiler} {more:?}: {}", String::from_utf8_lossy(&output.stderr));
    out
}

/// Runs a program with this text as its input; gives its status and what it writes.
pub fn run_with(program: &str, input: &str) -> (Option<i32>, String) {
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// A target, one label or some values, and inputs.
pub type Sample = (Vec<f32>, Vec<f32>);

/// Made-up samples for so many inputs and outputs, as far from 0 as the standardisation has them.
pub fn samples(inputs: usize, outputs: usize, regression: bool) -> Vec<Sample> {
    let mut state = 1u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let mut one = |n: usize| {
        let target = match regression {
            true => (0..outputs).map(|_| random() - 0.5).collect(),
            false => vec![(n * 7 % 11 % outputs) as f32],
        };
        (target, (0..inputs).map(|_| 12.0 * random() - 3.0).collect())
    };
    (0..SAMPLES).map(&mut one).collect()
}

/// Learns from the samples by the C source `net.h` in the folder, with every compiler, and compares answers, word for word, and the save.
#[track_caller]
pub fn learns_so(folder: &Folder, samples: &[Sample], regression: bool, answers: &[u32], saved: &[u8]) {
    let bits = |values: &[f32]| values.iter().map(|value| format!("{:08x} ", value.to_bits())).collect::<String>();
    let input: String = samples.iter().map(|(target, x)| bits(target) + &bits(x)).collect();
    let targets = samples[0].0.len();
    let answers: String = answers.iter().map(|word| format!("{word:08x} ")).collect();
    let saved: String = saved.iter().map(|byte| format!("{byte:02x}")).collect();
    let program = format!("#define TARGETS {targets}u\n{}{LEARN}", if regression { "#define VALUES\n" } else { "" });
    let all = [("cc", &["-O2"][..]), ("cc", &["-O0", "-DNET_DRAW_FEEDBACK"]), ("clang", &["-O3", "-march=native"])];
    for (compiler, more) in all.into_iter().filter(|(compiler, _)| compilers().contains(compiler)) {
        let (status, written) = run_with(&compile(folder, compiler, &program, more), &input);
        assert_eq!(status, Some(0), "{compiler} {more:?}: {written}");
        let (found, blob) = written.split_once('\n').unwrap();
        assert!(found == answers, "{compiler} {more:?}: other answers");
        assert!(blob == saved, "{compiler} {more:?}: another save");
    }
}
