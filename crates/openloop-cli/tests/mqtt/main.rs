//! Streams over MQTT, against a real Mosquitto on this machine: `cargo xtask mqtt` installs it where it can and runs these.

mod broker;
#[path = "../common/mod.rs"]
mod common;
mod hostile;
mod settings;
mod unlabelled;
mod values;

use broker::{Broker, end, judged, listen, wait, warmed_up};
use common::{Folder, Outcome};
use std::process::{Command, Stdio};

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn readings_are_answered_late_labels_learned_from_and_answers_published() {
    let folder = Folder::new();
    let (model, readings, labels) = warmed_up(&folder);
    let broker = Broker::start(&folder, "");
    let listener = broker.listen_for_predictions(300);
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
