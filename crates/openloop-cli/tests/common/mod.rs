//! What the tests of the command line share: running the program, folders that vanish, small data made on the spot.
#![allow(dead_code)] // every test file uses a part of it

pub mod c_program;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How the program ended and what it said.
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Outcome { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Outcome {
    /// The outcome, if all went well.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// The one JSON object on standard output.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let done = self.done();
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}", done.out))
    }

    /// The one clear line of a failure that ends in `code`; it must hold all of `words`, and nothing may panic.
    #[track_caller]
    pub fn refused(self, code: i32, words: &[&str]) -> String {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        let lines: Vec<&str> = self.err.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(lines.len(), 1, "not one line of error: {}", self.err);
        for word in words {
            assert!(lines[0].contains(word), "\"{word}\" is missing in: {}", lines[0]);
        }
        lines[0].to_string()
    }
}

/// The program, not started yet, in an environment that names no data folder.
pub fn openloop(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openloop"));
    command.args(arguments).env_remove("OPENLOOP_DATA").stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Outcome {
    openloop(arguments).output().expect("the program can be started").into()
}

/// Runs the program with this text in a pipe as its standard input.
pub fn piped(line: &[&str], text: &str) -> Outcome {
    let mut child =
        openloop(line).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    let text = text.to_string();
    // a program that refuses its first row reads no further
    let writer = std::thread::spawn(move || drop(pipe.write_all(text.as_bytes())));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("rows go in");
    output.into()
}

/// Runs `openloop train` with the arguments of `line`, split at blanks, and more that may hold blanks.
pub fn train(line: &str, more: &[&str]) -> Outcome {
    run(&train_arguments(line, more))
}

pub fn train_arguments<'a>(line: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    ["train"].into_iter().chain(line.split_whitespace()).chain(more.iter().copied()).collect()
}

/// A folder that vanishes with the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    /// The path of `name` in it.
    pub fn at(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("a path of text").to_string()
    }

    /// Writes a file, and the folders above it, and gives its path.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.at(name);
        fs::create_dir_all(Path::new(&path).parent().expect("a folder")).expect("folders");
        fs::write(&path, contents).expect("a file");
        path
    }
}

/// The bytes of the checkpoint in the folder of a run.
#[track_caller]
pub fn checkpoint(run: &str) -> Vec<u8> {
    fs::read(checkpoint_path(run)).expect("a checkpoint")
}

pub fn checkpoint_path(run: &str) -> String {
    format!("{run}/checkpoint.safetensors")
}

/// The epochs in a run's log, in the order of its lines.
#[track_caller]
pub fn logged_epochs(run: &str) -> Vec<u64> {
    let text = fs::read_to_string(format!("{run}/metrics.jsonl")).expect("a log");
    let number = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?["epoch"].as_u64();
    text.lines().map(|line| number(line).unwrap_or_else(|| panic!("not a report: {line}"))).collect()
}

/// Every file under `folder` with its contents.
pub fn contents(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap_or_default()))
        .collect();
    files.sort();
    files
}

/// The names in `folder` that only a kill leaves: unfinished files and locks.
pub fn leftovers(folder: &str) -> Vec<String> {
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".partial") || name.ends_with(".lock")).collect()
}

/// Rows `[a, b, c]` with their kind, three clouds that a small network tells apart with few mistakes.
pub fn rows(count: usize) -> Vec<([f32; 3], &'static str)> {
    let mut state = 12345u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let kinds = [("red", 0.0), ("green", 1.0), ("blue", 2.0)];
    let row = |k: usize| {
        let (kind, centre) = kinds[k % 3];
        ([centre + random(), 2.0 - centre + random(), 10.0 * random()], kind)
    };
    (0..count).map(row).collect()
}

/// [`rows`] as a CSV file with a header.
pub fn table(count: usize) -> String {
    let lines = rows(count).into_iter().map(|([a, b, c], kind)| format!("{a},{b},{c},{kind}\n"));
    ["a,b,c,kind\n".to_string()].into_iter().chain(lines).collect()
}

/// A small network trained on [`table`]; gives the folder of the run and the CSV file.
#[track_caller]
pub fn small_run(folder: &Folder) -> (String, String) {
    let (data, out) = (folder.write("table.csv", table(90)), folder.at("run"));
    train("--net fc4 --optimizer sgd --lr 0.1 --epochs 5", &["--data", &data, "--out", &out]).done();
    (out, data)
}

/// A file in IDX format: magic number, sizes, bytes.
pub fn idx(magic: u32, sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let words = [magic].into_iter().chain(sizes.iter().copied());
    words.flat_map(u32::to_be_bytes).chain(bytes.iter().copied()).collect()
}

/// A data folder whose `mnist` has four images of 2x2 to train on and four to test on.
pub fn tiny_mnist(folder: &Folder) -> String {
    for part in ["train", "t10k"] {
        let images = idx(0x803, &[4, 2, 2], &[0, 50, 100, 150, 200, 250, 0, 50, 9, 8, 7, 6, 90, 80, 70, 60]);
        folder.write(&format!("data/mnist/{part}-images-idx3-ubyte"), images);
        folder.write(&format!("data/mnist/{part}-labels-idx1-ubyte"), idx(0x801, &[4], &[0, 1, 9, 1]));
    }
    folder.at("data")
}

/// The words of `line`, and where the model is.
pub fn stream_arguments<'a>(line: &'a str, model: &'a str) -> Vec<&'a str> {
    line.split_whitespace().chain(["--model", model]).collect()
}

/// A stream that runs on its own.
pub fn start_stream(line: &str, model: &str) -> Child {
    openloop(&stream_arguments(line, model)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// A stream that is killed so many times at random moments ends with the same bytes as one that is not.
#[track_caller]
pub fn killed_at_random(times: u32, line: &str) {
    let folder = Folder::new();
    let (whole, killed) = (folder.at("whole"), folder.at("killed"));
    let began = Instant::now();
    run(&stream_arguments(line, &whole)).done();
    let lasted = began.elapsed();
    let mut state = 20_261_124u64;
    let (mut kills, mut ended) = (0, 0);
    while kills < times {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = start_stream(line, &killed);
        // from before the first save to late in what is left
        std::thread::sleep(lasted.mul_f64((state >> 40) as f64 / (1 << 24) as f64 / 3.0) + Duration::from_millis(5));
        if child.try_wait().unwrap().is_some() {
            ended += 1;
            fs::remove_file(&killed).unwrap(); // it was faster: begin again, the kills count on
            assert!(ended < 100, "no kill ever meets a running stream");
            continue;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    run(&stream_arguments(line, &killed)).done();
    assert!(fs::read(&whole).unwrap() == fs::read(&killed).unwrap(), "other bytes");
    assert_eq!(leftovers(&folder.at("")), Vec::<String>::new());
}
