//! Figures of a running stream in the text format of Prometheus, for who asks for them on a port of this machine.
//!
//! The stream never waits: it leaves its figures from time to time, and a thread of its own gives the last ones. Only this machine can ask.

use crate::failure::Failure;
use openloop::stream::{ErrorFigures, KeyTotals, Prequential};
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

/// The figures of a stream.
fn figures(stream: &Prequential) -> String {
    let (stats, mut text) = (stream.stats(), Text::default());
    text.counter("rows", "Rows answered after the warm-up.", stats.total.rows);
    text.counter("judged_rows", "Rows whose label came.", stats.total.judged);
    text.counter("bad_rows", "Rows that could not be used.", stats.bad);
    text.counter("learning_steps", "Learning steps after the warm-up.", stats.total.updates);
    text.counter("drifts", "Drifts that were signalled.", stats.drift_count);
    text.counter("unknown_class_rows", "Rows of a class without an output.", stats.unknown_class);
    text.counter("stray_labels", "Labels whose row was not waiting.", stats.unmatched_labels);
    text.counter("bounded_values", "Values beyond 8 deviations, taken as 8.", stats.bounded);
    text.gauge("waiting_rows", "Rows whose label is still to come.", Some(stream.waiting() as f64));
    text.quality(stats.total.accuracy(0), stats.total.errors(0, stream.target().units()));
    if let Some((state, setup)) = stream.anomaly().zip(stream.setup().anomaly.as_ref()) {
        text.counter("flagged_rows", "Rows that were flagged.", state.flagged);
        let threshold = f64::from(state.threshold.score(setup.deviations));
        text.gauge("score_threshold", "The score beyond which a row is flagged.", Some(threshold));
        text.gauge("auc_ratio", "Area under the ROC curve of the scores of labelled rows.", state.ranked.area());
    }
    text.0
}

/// The sums over the learners of all keys.
fn sums(totals: &KeyTotals) -> String {
    let (all, mut text) = (&totals.figures, Text::default());
    text.counter("rows", "Rows answered after the warm-ups.", all.rows);
    text.counter("judged_rows", "Rows whose label came.", all.judged);
    text.counter("bad_rows", "Rows that could not be used, those without a key too.", all.bad + totals.without_key);
    text.counter("rows_without_key", "Rows without a key.", totals.without_key);
    text.counter("unused_rows", "Rows of keys whose learner was given up.", totals.unused);
    text.counter("learning_steps", "Learning steps after the warm-ups.", all.updates);
    text.counter("drifts", "Drifts that were signalled.", all.drifts);
    text.counter("unknown_class_rows", "Rows of a class without an output.", all.unknown_class);
    text.counter("bounded_values", "Values beyond 8 deviations, taken as 8.", all.bounded);
    if totals.is_unlabelled {
        text.counter("flagged_rows", "Rows that were flagged.", all.flagged);
    }
    text.gauge("keys", "Keys that came.", Some(totals.keys as f64));
    text.gauge("keys_in_warmup", "Keys in their warm-up.", Some(totals.in_warmup as f64));
    text.gauge("keys_stopped", "Keys whose learner was given up.", Some(totals.stopped as f64));
    text.gauge("keys_in_memory", "Keys whose learner is in memory.", Some(totals.in_memory as f64));
    text.gauge("waiting_rows", "Rows whose label is still to come.", Some(all.waiting as f64));
    text.quality(all.accuracy(0), totals.errors(0));
    text.0
}

/// Figures as text: `# HELP`, `# TYPE` and a value each. Text cannot fail to be written.
#[derive(Default)]
struct Text(String);

impl Text {
    fn counter(&mut self, name: &str, help: &str, value: u64) {
        let _ = writeln!(self.0, "# HELP openloop_{name}_total {help}\n# TYPE openloop_{name}_total counter");
        let _ = writeln!(self.0, "openloop_{name}_total {value}");
    }

    /// One that may not be known.
    fn gauge(&mut self, name: &str, help: &str, value: Option<f64>) {
        let Some(value) = value else { return };
        let _ =
            writeln!(self.0, "# HELP openloop_{name} {help}\n# TYPE openloop_{name} gauge\nopenloop_{name} {value}");
    }

    /// How good the answers are: percent right, or the errors of values.
    fn quality(&mut self, accuracy: Option<f64>, errors: Option<ErrorFigures>) {
        self.gauge(
            "accuracy_ratio",
            "Share of right answers after the warm-up.",
            accuracy.map(|percent| percent / 100.0),
        );
        let mae = errors.map(|errors| errors.mae);
        self.gauge("mean_absolute_error", "Mean absolute error in the unit of the target.", mae);
    }
}
