//! Streams whose rows come through a pipe and do not come again.

mod common;

use common::{Folder, openloop, table};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn a_pipe_saves_its_model_right_after_the_warm_up() {
    let folder = Folder::new();
    let model = folder.at("sensor.model");
    let line = ["stream", "--data", "-", "--model", &model, "--warmup", "50", "--save-every", "100000"];
    let mut child = openloop(&line).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(table(60).as_bytes()).and_then(|()| pipe.flush()).expect("rows go in");
    let started = Instant::now();
    // the pipe stays open: nothing but the end of the warm-up is a reason to save
    while !Path::new(&model).exists() && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().and_then(|()| child.wait().map(drop)).expect("it is killed");
    assert!(Path::new(&model).exists(), "no model after the warm-up");
}
