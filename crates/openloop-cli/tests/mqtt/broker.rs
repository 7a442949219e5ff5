//! A real broker, a warmed-up model, and the program that listens.

use crate::common::{Folder, Outcome, openloop, rows, run, table};
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A broker that is ended with the test.
pub struct Broker {
    pub child: Child,
    pub port: u16,
    pub configuration: String,
}

impl Broker {
    pub fn start(folder: &Folder, more: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // one line of "more" per setting; {port} is the listener's
        let text = format!(
            "listener {port} 127.0.0.1\n{}\npersistence true\npersistence_location {}/\nautosave_interval 1\n",
            if more.is_empty() { "allow_anonymous true" } else { more },
            folder.at("")
        );
        let configuration = folder.write("mosquitto.conf", text);
        // as root it would become another user, who may not write there
        fs::write(&configuration, fs::read_to_string(&configuration).unwrap() + "user root\n").unwrap();
        Broker { child: Self::spawn(&configuration, port), port, configuration }
    }

    /// A listener that ends after so many predictions.
    pub fn listen_for_predictions(&self, count: usize) -> Child {
        let (port, count) = (self.port.to_string(), count.to_string());
        Command::new("mosquitto_sub")
            .args(["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", "sensor/predictions", "-C", &count, "-W", "20"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    pub fn spawn(configuration: &str, port: u16) -> Child {
        let mut command = Command::new("mosquitto");
        command.args(["-c", configuration]).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("mosquitto is installed: see cargo xtask mqtt");
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "the broker does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
        child
    }

    pub fn stop(&mut self) {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap();
    }

    pub fn restart(&mut self) {
        self.stop();
        std::thread::sleep(Duration::from_millis(300));
        self.child = Self::spawn(&self.configuration, self.port);
    }

    pub fn address(&self) -> String {
        format!("mqtt://127.0.0.1:{}/sensor", self.port)
    }

    /// Sends each line as a message of its own, kept by the broker for whoever is away.
    pub fn send(&self, topic: &str, lines: &[String], more: &[&str]) {
        let mut child = Command::new("mosquitto_pub")
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-q", "1", "-t", topic, "-l"])
            .args(more)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A network for the rows of [`table`], and those rows as readings and labels.
pub fn warmed_up(folder: &Folder) -> (String, Vec<String>, Vec<String>) {
    let (file, model) = (folder.write("table.csv", table(600)), folder.at("model"));
    run(&["stream", "--data", &file, "--baselines", "none", "--model", &model]).done();
    let rows = rows(300);
    let readings = rows.iter().enumerate().map(|(k, ([a, b, c], _))| format!("r{k},{a},{b},{c}")).collect();
    let labels = rows.iter().enumerate().map(|(k, (_, kind))| format!("r{k},{kind}")).collect();
    (model, readings, labels)
}

pub fn listen(address: &str, model: &str, more: &[&str]) -> Child {
    let fixed = ["stream", "--data", address, "--model", model, "--json", "--baselines", "none"];
    let mut command = openloop(&[&fixed[..], more].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub fn end(child: Child) -> Outcome {
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    child.wait_with_output().unwrap().into()
}

/// How many labels the model has learned from or judged by, once it stops to grow.
pub fn judged(ended: &Outcome) -> u64 {
    let found: serde_json::Value =
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{} {}", ended.out, ended.err));
    found["judged"].as_u64().unwrap()
}

pub fn wait(seconds: f64) {
    std::thread::sleep(Duration::from_secs_f64(seconds));
}

impl Broker {
    /// Sends the bytes as one message.
    pub fn send_bytes(&self, topic: &str, bytes: &[u8], more: &[&str]) {
        let mut child = Command::new("mosquitto_pub")
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-q", "1", "-t", topic, "-s"])
            .args(more)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

/// A number of the JSON summary.
pub fn number(ended: &Outcome, name: &str) -> u64 {
    let found: serde_json::Value =
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{} {}", ended.out, ended.err));
    found[name].as_u64().unwrap_or_else(|| panic!("no {name} in {found}"))
}
