//! Readings without labels: scored and flagged; a late label judges and teaches nothing.

use crate::broker::{Broker, end, listen, wait};
use crate::common::{Folder, Outcome, rows, run};
use serde_json::Value;

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn readings_are_scored_and_flagged_and_late_labels_judge() {
    let folder = Folder::new();
    let lines = rows(600).into_iter().map(|([a, b, _], _)| format!("{a},{b},{},{}\n", a + b, a - b));
    let file = folder.write("table.csv", "a,b,c,d\n".to_string() + &lines.collect::<String>());
    let model = folder.at("model");
    let line = ["stream", "--data", &file, "--task", "anomaly", "--model", &model, "--predictions", "/dev/null"];
    run(&line).done();
    let broker = Broker::start(&folder, "");
    let listener = broker.listen_for_predictions(103);
    let child = listen(&broker.address(), &model, &["--normal", "ok"]);
    wait(1.0);
    let reading = |(k, ([a, b, _], _)): (usize, ([f32; 3], &str))| format!("r{k},{a},{b},{},{}", a + b, a - b);
    broker.send("sensor", &rows(100).into_iter().enumerate().map(reading).collect::<Vec<_>>(), &[]);
    let odd = ["w,5,5,-5,5", "{\"id\":\"j\",\"a\":0.5,\"b\":null,\"c\":0.5,\"d\":0.5}", "1,1,2,0", "x,y", "1e999,,"];
    broker.send("sensor", &odd.map(String::from), &[]);
    wait(1.0);
    broker.send("sensor/labels", &["r1,ok", "w,worn", "{\"id\":\"j\",\"label\":\"ok\"}"].map(String::from), &[]);
    wait(1.5);
    let ended = end(child);
    assert_eq!(ended.code, Some(130), "{}", ended.err);
    let found: Value = serde_json::from_str(&ended.out).unwrap();
    let counts = ["judged", "bad_rows", "anomalies", "stretches_found"].map(|key| found[key].as_u64().unwrap());
    assert_eq!((counts, &found["auc"], &found["task"]), ([3, 2, 1, 1], &1.0.into(), &"anomaly".into()), "{found}");
    let heard: Outcome = listener.wait_with_output().unwrap().into();
    let answers: Vec<Value> = heard.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let worn = answers.iter().find(|answer| answer["id"] == "w").unwrap();
    assert!(worn["flagged"] == true && worn["score"].as_f64() > worn["threshold"].as_f64(), "{worn}");
}
