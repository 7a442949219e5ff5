//! `stream --metrics`: what who asks on this machine is told while the stream runs, and that nobody who asks can stop it.

mod common;

use common::{Folder, openloop, run};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

/// A stream that waits for rows on standard input, and its port.
fn begin() -> (Child, ChildStdin, u16) {
    // a port that was free a moment ago
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let port_word = port.to_string();
    let line = ["stream", "--data", "-", "--warmup", "20", "--baselines", "none", "--metrics", &port_word];
    let mut child = openloop(&line).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let input = child.stdin.take().unwrap();
    (child, input, port)
}

fn rows(from: usize, to: usize) -> String {
    (from..to).map(|k| format!("{}.5,{},{}\n", k % 7, k % 3, ["a", "b"][k % 2])).collect()
}

/// What comes back for a request; nothing where none listens yet.
fn ask(port: u16, request: &str) -> Option<String> {
    let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    client.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).ok().map(|_| answer)
}

/// Gives row after row and asks until the answer tells of more than this many rows after the warm-up of 20; of `given` rows so far.
fn figures_beyond(rows_told: u64, input: &mut ChildStdin, mut given: usize, port: u16) -> String {
    let begin = Instant::now();
    loop {
        input.write_all(rows(given, given + 1).as_bytes()).unwrap();
        given += 1;
        let answer = ask(port, "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n").unwrap_or_default();
        let told = answer.lines().find_map(|line| line.strip_prefix("openloop_rows_total ")?.parse::<u64>().ok());
        if told.is_some_and(|told| told > rows_told) {
            assert!(told <= Some(given as u64 - 20), "{answer}");
            return answer;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{answer}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_figures_follow_the_stream_and_have_the_format_of_prometheus() {
    let (mut child, mut input, port) = begin();
    write!(input, "x,y,kind\n{}", rows(0, 50)).unwrap();
    let answer = figures_beyond(30, &mut input, 50, port);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"), "{head}");
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
    for line in body.lines().filter(|line| !line.starts_with("# ")) {
        let (name, value) = line.split_once(' ').unwrap();
        assert!(name.starts_with("openloop_") && value.parse::<f64>().is_ok(), "{line}");
        assert!(body.contains(&format!("# TYPE {name} ")) && body.contains(&format!("# HELP {name} ")), "{line}");
    }
    assert!(body.contains("openloop_accuracy_ratio ") && !body.contains("mean_absolute_error"), "{body}");
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn who_asks_for_something_else_or_says_nothing_does_not_stop_it() {
    let (mut child, mut input, port) = begin();
    write!(input, "x,y,kind\n{}", rows(0, 60)).unwrap();
    input.flush().unwrap();
    let begin = Instant::now();
    let first = loop {
        if let Some(answer) = ask(port, "GET / HTTP/1.1\r\n\r\n") {
            break answer;
        }
        assert!(begin.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(first.starts_with("HTTP/1.1 404 "), "{first}");
    assert!(ask(port, "POST /metrics HTTP/1.1\r\n\r\n").unwrap().starts_with("HTTP/1.1 405 "));
    let silent = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let _ = ask(port, &format!("\u{ff}{}", "x".repeat(20_000)));
    figures_beyond(0, &mut input, 60, port);
    drop((silent, input));
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_port_that_is_taken_is_said_before_a_row_is_read() {
    let folder = Folder::new();
    let data = folder.write("a.csv", format!("x,y,kind\n{}", rows(0, 60)));
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    run(&["stream", "--data", &data, "--metrics", &port]).refused(1, &["--metrics", &port, "another port"]);
    run(&["stream", "--data", &data, "--metrics", "70000"]).refused(2, &["70000", "--metrics"]);
}
