//! Readings whose targets are values: answered in their unit, learned late, and what is missing in them is said.

use crate::broker::{Broker, end, listen, wait};
use crate::common::{Folder, Outcome, rows, run};
use serde_json::Value;

/// A model of `a + 10 b` with the missing cells as they come, readings and late targets.
fn warmed_up(folder: &Folder) -> (String, Vec<String>, Vec<String>) {
    let target = |[a, b, _]: [f32; 3]| a + 10.0 * b;
    let lines = rows(600).into_iter().map(|(x, _)| format!("{},{},{},{}\n", x[0], x[1], x[2], target(x)));
    let file = folder.write("table.csv", "a,b,c,level\n".to_string() + &lines.collect::<String>());
    let model = folder.at("model");
    run(&["stream", "--data", &file, "--baselines", "none", "--model", &model, "--predictions", "/dev/null"]).done();
    let rows = rows(200);
    let readings = rows.iter().enumerate().map(|(k, ([a, b, c], _))| format!("r{k},{a},{b},{c}")).collect();
    let labels = rows.iter().enumerate().map(|(k, (x, _))| format!("r{k},{}", target(*x))).collect();
    (model, readings, labels)
}

#[test]
#[ignore = "needs mosquitto: cargo xtask mqtt"]
fn values_are_answered_and_learned_and_a_missing_cell_is_said_once() {
    let folder = Folder::new();
    let (model, readings, labels) = warmed_up(&folder);
    let broker = Broker::start(&folder, "");
    let listener = broker.listen_for_predictions(203);
    let child = listen(&broker.address(), &model, &[]);
    wait(1.0);
    broker.send("sensor", &readings, &[]);
    let odd = ["m1,,1.5,2", "m2,NA,1.5,2", "{\"id\":\"j\",\"a\":0.5,\"b\":1,\"c\":1,\"level\":10.5}", "1,2,3,4"];
    broker.send("sensor", &odd.map(String::from), &[]);
    wait(1.0);
    broker.send("sensor/labels", &labels, &[]);
    let late = ["{\"id\":\"m1\",\"label\":15.5}", "m2,inf", "m2,warm"];
    broker.send("sensor/labels", &late.map(String::from), &[]);
    wait(1.5);
    let ended = end(child);
    assert_eq!(ended.code, Some(130), "{}", ended.err);
    let told = "column \"a\": a missing value in a reading is taken as the mean, and so are later ones";
    assert_eq!(ended.err.matches(told).count(), 1, "{}", ended.err);
    assert!(ended.err.contains("extra-cell") && ended.err.contains("\"level\" is no finite number"), "{}", ended.err);
    let found: Value = serde_json::from_str(&ended.out).unwrap();
    let counts = ["rows", "judged", "bad_rows"].map(|key| found[key].as_u64().unwrap());
    assert_eq!((counts, &found["task"]), ([203, 202, 3], &"regression".into()), "{found}");
    assert!(found["mae"].as_f64() < Some(1.0), "{found}");
    let heard: Outcome = listener.wait_with_output().unwrap().into();
    let first: Value = serde_json::from_str(heard.out.lines().next().unwrap()).unwrap();
    assert!(first["id"] == "r0" && first["values"]["level"].is_f64() && first["label"].is_null(), "{first}");
}
