//! Streams over MQTT, against a real Mosquitto on this machine: `cargo xtask mqtt` installs it where it can and runs these.

mod common;

use common::{Folder, Outcome, openloop, run};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A broker that is ended with the test.
struct Broker {
    child: Child,
    port: u16,
    configuration: String,
}

impl Broker {
    fn start(folder: &Folder, more: &str) -> Self {
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

    fn spawn(configuration: &str, port: u16) -> Child {
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

    fn stop(&mut self) {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap();
    }

    fn restart(&mut self) {
        self.stop();
        std::thread::sleep(Duration::from_millis(300));
        self.child = Self::spawn(&self.configuration, self.port);
    }

    fn address(&self) -> String {
        format!("mqtt://127.0.0.1:{}/sensor", self.port)
    }

    /// Sends each line as a message of its own, kept by the broker for whoever is away.
    fn send(&self, topic: &str, lines: &[String], more: &[&str]) {
        let mut child = Command::new("mosquitto_pub")
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-q", "1", "-t", topic, "-l"])
            .args(more)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        use std::io::Write;
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

/// A network for the rows of [`common::table`], and those rows as readings and labels.
fn warmed_up(folder: &Folder) -> (String, Vec<String>, Vec<String>) {
    let (file, model) = (folder.write("table.csv", common::table(600)), folder.at("model"));
    run(&["stream", "--data", &file, "--baselines", "none", "--model", &model]).done();
    let rows = common::rows(300);
    let readings = rows.iter().enumerate().map(|(k, ([a, b, c], _))| format!("r{k},{a},{b},{c}")).collect();
    let labels = rows.iter().enumerate().map(|(k, (_, kind))| format!("r{k},{kind}")).collect();
    (model, readings, labels)
}

fn listen(address: &str, model: &str, more: &[&str]) -> Child {
    let fixed = ["stream", "--data", address, "--model", model, "--json", "--baselines", "none"];
    let mut command = openloop(&[&fixed[..], more].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(child: Child) -> Outcome {
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    child.wait_with_output().unwrap().into()
}

/// How many labels the model has learned from or judged by, once it stops to grow.
fn judged(ended: &Outcome) -> u64 {
    let found: serde_json::Value =
        serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{} {}", ended.out, ended.err));
    found["judged"].as_u64().unwrap()
}

fn wait(seconds: f64) {
    std::thread::sleep(Duration::from_secs_f64(seconds));
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn readings_are_answered_late_labels_learned_from_and_answers_published() {
    let folder = Folder::new();
    let (model, readings, labels) = warmed_up(&folder);
    let broker = Broker::start(&folder, "");
    let port = broker.port.to_string();
    let listener = Command::new("mosquitto_sub")
        .args(["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", "sensor/predictions", "-C", "300", "-W", "20"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let child = listen(&broker.address(), &model, &[]);
    wait(1.0);
    broker.send("sensor", &readings, &[]);
    wait(1.0);
    broker.send("sensor/labels", &labels, &[]);
    broker.send("sensor/labels", &["nobody,red".into(), "{\"id\":".into()], &[]);
    wait(1.5);
    let ended = end(child);
    assert_eq!(ended.code, Some(130), "{}", ended.err);
    assert!(ended.err.contains("begins like JSON but is none"), "{}", ended.err);
    let found: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&found["rows"], &found["judged"], &found["updates"]), (&300.into(), &300.into(), &300.into()));
    assert_eq!((&found["stray_labels"], &found["bad_rows"]), (&1.into(), &1.into()));
    assert!(found["accuracy"].as_f64() > Some(80.0), "{}", found["accuracy"]);
    let heard: Outcome = listener.wait_with_output().unwrap().into();
    assert_eq!(heard.out.lines().count(), 300);
    assert!(heard.out.lines().all(|line| line.starts_with('{') && line.contains("\"confidence\"")));
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn neither_a_killed_process_nor_a_restarted_broker_loses_a_label() {
    let folder = Folder::new();
    let (model, readings, labels) = warmed_up(&folder);
    let mut broker = Broker::start(&folder, "");
    let child = listen(&broker.address(), &model, &[]);
    wait(1.0);
    broker.send("sensor", &readings, &[]);
    wait(1.5);
    // killed while labels come, then away while more come
    let mut child = child;
    broker.send("sensor/labels", &labels[..100], &[]);
    child.kill().unwrap();
    child.wait().unwrap();
    broker.send("sensor/labels", &labels[100..200], &[]);
    broker.restart();
    let child = listen(&broker.address(), &model, &[]);
    wait(1.5);
    broker.restart();
    broker.send("sensor/labels", &labels[200..], &[]);
    wait(3.0);
    let ended = end(child);
    assert!(ended.err.contains("connected again"), "{}", ended.err);
    assert_eq!(judged(&ended), 300, "{}", ended.err);
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn a_broker_that_is_away_is_one_line_and_found_when_it_comes() {
    let folder = Folder::new();
    let (model, readings, _) = warmed_up(&folder);
    let mut broker = Broker::start(&folder, "");
    broker.stop();
    let child = listen(&broker.address(), &model, &[]);
    wait(1.0);
    broker.child = Broker::spawn(&broker.configuration, broker.port);
    wait(2.0);
    broker.send("sensor", &readings[..5], &[]);
    wait(1.0);
    let ended = end(child);
    let lines = ended.err.lines().filter(|line| line.contains("trying again")).count();
    assert_eq!((lines, ended.out.contains("\"rows\":5,")), (1, true), "{}", ended.err);
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn credentials_come_from_the_environment_or_a_file_and_are_never_shown() {
    let folder = Folder::new();
    let (model, readings, _) = warmed_up(&folder);
    let passwords = folder.at("passwords");
    let made = Command::new("mosquitto_passwd").args(["-b", "-c", &passwords, "me", "geheim"]).status().unwrap();
    assert!(made.success());
    let broker = Broker::start(&folder, &format!("allow_anonymous false\npassword_file {passwords}"));
    let file = folder.write("mqtt.toml", "username = \"me\"\npassword = \"geheim\"\n");
    let child = listen(&broker.address(), &model, &["--mqtt", &file]);
    wait(1.0);
    broker.send("sensor", &readings[..5], &["-u", "me", "-P", "geheim"]);
    wait(1.0);
    let ended = end(child);
    assert!(ended.out.contains("\"rows\":5,") && !ended.err.contains("geheim"), "{}{}", ended.out, ended.err);
    let child = listen(&broker.address(), &model, &[]);
    wait(1.0);
    let ended = end(child);
    assert!(ended.err.contains("refuses the name or the password"), "{}", ended.err);
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn a_connection_may_be_encrypted_and_its_authority_is_checked() {
    let folder = Folder::new();
    let (model, readings, _) = warmed_up(&folder);
    let (key, certificate) = (folder.at("key.pem"), folder.at("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &key, "-out", &certificate])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    let broker = Broker::start(&folder, &format!("allow_anonymous true\ncertfile {certificate}\nkeyfile {key}"));
    let address = format!("mqtts://localhost:{}/sensor", broker.port);
    let file = folder.write("mqtt.toml", "ca = \"certificate.pem\"\n");
    let child = listen(&address, &model, &["--mqtt", &file]);
    wait(1.5);
    broker.send("sensor", &readings[..5], &["--cafile", &certificate, "--insecure"]);
    wait(1.0);
    let ended = end(child);
    assert!(ended.out.contains("\"rows\":5,"), "{}{}", ended.out, ended.err);
    let child = listen(&address, &model, &[]);
    wait(1.5);
    let ended = end(child);
    assert!(ended.err.contains("no encrypted connection"), "{}", ended.err);
}
