//! Figures of a running stream in the text format of Prometheus, for who asks for them on a port of this machine.
//!
//! The stream never waits: it leaves its figures from time to time, and a thread of its own gives the last ones. Only this machine can ask.

use crate::failure::Failure;
use openloop::stream::{KeyTotals, Prequential};
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long one who asks may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest request that is read.
const MAX_REQUEST: usize = 8192;

/// The figures, and the thread that gives them.
pub struct Metrics {
    text: Arc<Mutex<String>>,
}

impl Metrics {
    /// Listens on a port of this machine alone.
    ///
    /// # Errors
    /// A port that is taken or may not be used.
    pub fn listen(port: u16) -> Result<Self, Failure> {
        let refused = |error: io::Error| {
            Failure::run(format!(
                "--metrics {port}: cannot listen there: {error}; name another port or end what uses it"
            ))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(refused)?;
        let text = Arc::new(Mutex::new(String::new()));
        let given = Arc::clone(&text);
        let serve = move || listener.incoming().flatten().for_each(|client| drop(answer(client, &given)));
        std::thread::Builder::new().name("metrics".into()).spawn(serve).map_err(refused)?;
        Ok(Metrics { text })
    }

    /// Leaves the figures of a stream.
    pub fn leave(&self, stream: &Prequential) {
        self.leave_text(figures(stream));
    }

    /// Leaves the figures of a stream with a learner for each key: the sums over all of them.
    pub fn leave_keys(&self, totals: &KeyTotals) {
        self.leave_text(sums(totals));
    }

    fn leave_text(&self, text: String) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

/// Answers one who asks; one that is too slow, or gone, gets nothing.
fn answer(mut client: TcpStream, text: &Mutex<String>) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let (status, body) = match request_line(&mut client)?.split(' ').collect::<Vec<_>>()[..] {
        ["GET", "/metrics", ..] => ("200 OK", text.lock().unwrap_or_else(PoisonError::into_inner).clone()),
        ["GET", ..] => ("404 Not Found", "the figures are at /metrics\n".into()),
        _ => ("405 Method Not Allowed", "the figures are at /metrics, for GET\n".into()),
    };
    let length = body.len();
    write!(
        client,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

/// The first line of a request, of which the head is read to its end.
fn request_line(client: &mut TcpStream) -> io::Result<String> {
    let (mut head, mut part) = (Vec::new(), [0; 512]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < MAX_REQUEST {
        match client.read(&mut part)? {
            0 => break,
            count => head.extend_from_slice(&part[..count]),
        }
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

/// A figure: its name, what it is, and its value, which may not be known.
type Figure = (&'static str, &'static str, Option<f64>);

/// The figures of a stream.
fn figures(stream: &Prequential) -> String {
    let stats = stream.stats();
    let counters = [
        ("rows", "Rows answered after the warm-up.", stats.total.rows),
        ("judged_rows", "Rows whose label came.", stats.total.judged),
        ("bad_rows", "Rows that could not be used.", stats.bad),
        ("learning_steps", "Learning steps after the warm-up.", stats.total.updates),
        ("drifts", "Drifts that were signalled.", stats.drift_count),
        ("unknown_class_rows", "Rows of a class without an output.", stats.unknown_class),
        ("stray_labels", "Labels whose row was not waiting.", stats.unmatched_labels),
        ("bounded_values", "Values beyond 8 deviations, taken as 8.", stats.bounded),
    ];
    let errors = stats.total.errors(0, stream.target().units());
    let gauges = [
        ("waiting_rows", "Rows whose label is still to come.", Some(stream.waiting() as f64)),
        ("accuracy_ratio", "Share of right answers after the warm-up.", stats.total.accuracy(0).map(|p| p / 100.0)),
        ("mean_absolute_error", "Mean absolute error in the unit of the target.", errors.map(|errors| errors.mae)),
    ];
    text(&counters, &gauges)
}

/// The sums over the learners of all keys.
fn sums(totals: &KeyTotals) -> String {
    let all = &totals.figures;
    let counters = [
        ("rows", "Rows answered after the warm-ups.", all.rows),
        ("judged_rows", "Rows whose label came.", all.judged),
        ("bad_rows", "Rows that could not be used, those without a key too.", all.bad + totals.without_key),
        ("rows_without_key", "Rows without a key.", totals.without_key),
        ("unused_rows", "Rows of keys whose learner was given up.", totals.unused),
        ("learning_steps", "Learning steps after the warm-ups.", all.updates),
        ("drifts", "Drifts that were signalled.", all.drifts),
        ("unknown_class_rows", "Rows of a class without an output.", all.unknown_class),
        ("bounded_values", "Values beyond 8 deviations, taken as 8.", all.bounded),
    ];
    let gauges = [
        ("keys", "Keys that came.", Some(totals.keys as f64)),
        ("keys_in_warmup", "Keys in their warm-up.", Some(totals.in_warmup as f64)),
        ("keys_stopped", "Keys whose learner was given up.", Some(totals.stopped as f64)),
        ("keys_in_memory", "Keys whose learner is in memory.", Some(totals.in_memory as f64)),
        ("waiting_rows", "Rows whose label is still to come.", Some(all.waiting as f64)),
        ("accuracy_ratio", "Share of right answers after the warm-ups.", all.accuracy(0).map(|p| p / 100.0)),
        (
            "mean_absolute_error",
            "Mean absolute error in the unit of the target.",
            totals.errors(0).map(|errors| errors.mae),
        ),
    ];
    text(&counters, &gauges)
}

/// The figures as text: `# HELP`, `# TYPE` and a value each.
fn text(counters: &[(&str, &str, u64)], gauges: &[Figure]) -> String {
    let mut text = String::new();
    for (name, help, value) in counters {
        let _ = writeln!(text, "# HELP openloop_{name}_total {help}\n# TYPE openloop_{name}_total counter");
        let _ = writeln!(text, "openloop_{name}_total {value}");
    }
    for (name, help, value) in gauges.iter().filter_map(|(name, help, value)| Some((name, help, (*value)?))) {
        let _ = writeln!(text, "# HELP openloop_{name} {help}\n# TYPE openloop_{name} gauge\nopenloop_{name} {value}");
    }
    text
}
