//! Messages and neighbours that could stop a stream, or make it learn what is wrong.

use crate::broker::{Broker, end, listen, number, wait, warmed_up};
use crate::common::{Folder, rows, run};
use std::fs;

/// Where the message over the limit begins for a model of three features.
const LIMIT: usize = (1 << 20) + 3 * 64;

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn a_message_over_the_limit_is_dropped_counted_and_acknowledged() {
    let folder = Folder::new();
    let (model, readings, _) = warmed_up(&folder);
    let broker = Broker::start(&folder, "");
    let child = listen(&broker.address(), &model, &[]);
    wait(1.0);
    for bytes in [LIMIT + 1, 2 << 20, 40 << 20] {
        broker.send_bytes("sensor", &vec![b'1'; bytes], &[]);
        broker.send("sensor", &readings[..1], &[]);
    }
    broker.send_bytes("sensor", &vec![b'1'; LIMIT], &[]);
    broker.send_bytes("sensor/labels", &vec![b'1'; 17 << 20], &[]);
    broker.send("sensor", &readings[..5], &[]);
    wait(1.5);
    let ended = end(child);
    assert_eq!(
        (number(&ended, "rows"), number(&ended, "too_large"), number(&ended, "bad_rows")),
        (8, 4, 5),
        "{}",
        ended.err
    );
    assert!(!ended.err.contains("trying again"), "the connection stays: {}", ended.err);
    assert!(ended.err.contains("a message on sensor of more than 1048768 bytes"), "{}", ended.err);
    // it was acknowledged: the next start does not see it again
    let child = listen(&broker.address(), &model, &[]);
    wait(1.0);
    let ended = end(child);
    assert_eq!((number(&ended, "rows"), number(&ended, "too_large")), (8, 4), "{}", ended.err);
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn two_models_on_one_topic_and_two_topics_that_look_alike_disturb_nobody() {
    let folder = Folder::new();
    let (model, readings, labels) = warmed_up(&folder);
    let broker = Broker::start(&folder, "");
    let topics = ["sensor", "sensor", "sen-sor", "sen/sor"];
    let children: Vec<_> = topics
        .into_iter()
        .enumerate()
        .map(|(k, topic)| {
            let own = folder.at(&format!("own{k}"));
            fs::copy(&model, &own).unwrap();
            listen(&format!("mqtt://127.0.0.1:{}/{topic}", broker.port), &own, &[])
        })
        .collect();
    wait(1.5);
    broker.send("sensor", &readings[..50], &[]);
    wait(0.5);
    broker.send("sensor/labels", &labels[..50], &[]);
    wait(1.5);
    let counts: Vec<(u64, u64)> = children
        .into_iter()
        .map(|child| {
            let ended = end(child);
            assert!(!ended.err.contains("trying again"), "{}", ended.err);
            (number(&ended, "rows"), number(&ended, "judged"))
        })
        .collect();
    assert_eq!(counts, [(50, 50), (50, 50), (0, 0), (0, 0)]);
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn a_client_that_takes_the_connection_over_is_told_of_with_growing_pauses() {
    let folder = Folder::new();
    let (model, _, _) = warmed_up(&folder);
    let other = folder.at("other");
    fs::copy(&model, &other).unwrap();
    let broker = Broker::start(&folder, "");
    let file = folder.write("mqtt.toml", "client-id = \"same\"\n");
    let children = [&model, &other].map(|model| listen(&broker.address(), model, &["--mqtt", &file]));
    wait(8.0);
    for child in children {
        let ended = end(child);
        let told = ended.err.lines().filter(|line| line.contains("another program may use the client id same")).count();
        assert!((2..=8).contains(&told), "{told} times in 8 seconds: {}", ended.err);
    }
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn a_retained_reading_is_learned_from_once_however_often_the_stream_starts() {
    let folder = Folder::new();
    let (model, _, _) = warmed_up(&folder);
    let broker = Broker::start(&folder, "");
    let retained = |topic: &str, line: &str| broker.send(topic, &[line.to_string()], &["-r"]);
    let lines = ["r1,0.5,1.5,3,red", "0.5,1.5,4,red", r#"{"a":0.5,"b":1.5,"c":5,"kind":"red"}"#];
    for (k, line) in (1..).zip(lines) {
        retained("sensor", line);
        for _ in 0..3 {
            let child = listen(&broker.address(), &model, &[]);
            wait(1.0);
            let ended = end(child);
            assert_eq!(number(&ended, "updates"), k, "{line}: {} {}", ended.out, ended.err);
        }
    }
    let child = listen(&broker.address(), &model, &[]);
    wait(1.0);
    let ended = end(child);
    assert_eq!((number(&ended, "updates"), number(&ended, "rows")), (3, 3), "{}", ended.out);
    assert!(number(&ended, "repeated") >= 7, "{}", ended.out);
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn a_reading_that_is_sent_twice_is_learned_from_once_and_equal_readings_without_an_id_each_time() {
    let folder = Folder::new();
    let (model, _, _) = warmed_up(&folder);
    let broker = Broker::start(&folder, "");
    let child = listen(&broker.address(), &model, &[]);
    wait(1.0);
    for line in ["r1,0.5,1.5,3,red", "r1,0.5,1.5,3,red", "0.5,1.5,3,red", "0.5,1.5,3,red", "r2,0.5,1.5,3,red"] {
        broker.send("sensor", &[line.into()], &[]);
    }
    wait(1.0);
    let ended = end(child);
    assert_eq!((number(&ended, "updates"), number(&ended, "repeated")), (4, 1), "{}", ended.out);
    assert!(ended.err.contains("came again"), "{}", ended.err);
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn without_a_model_file_messages_are_acknowledged_and_the_stream_goes_on() {
    let folder = Folder::new();
    let (model, readings, _) = warmed_up(&folder);
    let broker = Broker::start(&folder, "");
    let address = broker.address();
    let arguments = ["stream", "--data", &address, "--from", &model, "--json", "--baselines", "none"];
    let mut command = crate::common::openloop(&arguments);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    wait(1.0);
    broker.send("sensor", &readings, &[]);
    wait(1.5);
    let ended = end(child);
    assert_eq!(number(&ended, "rows"), 300, "{}", ended.err);
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn a_line_with_a_label_and_no_id_is_learned_from_as_in_a_file_or_refused() {
    let folder = Folder::new();
    let numbers = |kind: &str| match kind {
        "red" => "0",
        "green" => "1",
        _ => "2",
    };
    let lines = rows(600).into_iter().map(|([a, b, c], kind)| format!("{a},{b},{c},{}\n", numbers(kind)));
    let text: String = ["a,b,c,kind\n".to_string()].into_iter().chain(lines).collect();
    let (file, model) = (folder.write("numbers.csv", text), folder.at("numbers"));
    run(&["stream", "--data", &file, "--baselines", "none", "--model", &model]).done();
    let broker = Broker::start(&folder, "");
    let lines = ["0.5,1.5,3.5,0", "1.5,0.5,3.5,1", r#"{"a":0.5,"b":1.5,"c":3.5,"kind":0}"#].map(String::from);
    let child = listen(&broker.address(), &model, &[]);
    wait(1.0);
    broker.send("sensor", &lines, &[]);
    wait(1.0);
    let ended = end(child);
    let counts = ["rows", "bad_rows", "updates"].map(|name| number(&ended, name));
    assert_eq!(counts, [1, 2, 1], "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("could be an id"), "{}", ended.err);
    // and where it is said what the cell is
    let settings = folder.write("mqtt.toml", "extra-cell = \"label\"\n");
    let child = listen(&broker.address(), &model, &["--mqtt", &settings]);
    wait(1.0);
    broker.send("sensor", &lines[..2], &[]);
    wait(1.0);
    let ended = end(child);
    assert_eq!(["rows", "updates"].map(|name| number(&ended, name)), [3, 3], "{}{}", ended.out, ended.err);
}
