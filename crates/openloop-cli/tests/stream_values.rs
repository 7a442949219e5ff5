//! Streams whose targets are real values: answered in the targets' own unit before they are learned, judged by their errors, and
//! continued with the same bits.

mod common;

use common::{Folder, Outcome, killed_at_random, run, stream_arguments, train};
use serde_json::Value;
use std::fmt::Write;
use std::fs;

/// Three features and a temperature from 0 to 50 that follows from them; from row `change` on by another rule.
fn rows(count: usize, change: usize) -> Vec<([f64; 3], f64)> {
    let mut state = 4321u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1u32 << 24)
    };
    let row = |k: usize| {
        let [a, b, c] = [random(), random(), random()];
        let noise = 0.5 * random();
        let target = match k < change {
            true => 20.0 + 12.0 * a - 10.0 * b + 6.0 * (5.0 * c).sin() * a + noise,
            false => 40.0 - 25.0 * a + 10.0 * b + 6.0 * (5.0 * c).cos() * b + noise,
        };
        ([a, b, c], target)
    };
    (0..count).map(row).collect()
}

fn table(count: usize, change: usize) -> String {
    let mut text = String::from("a,b,c,temperature\n");
    for ([a, b, c], target) in rows(count, change) {
        writeln!(text, "{a:.6},{b:.6},{c:.6},{target:.4}").unwrap();
    }
    text
}

/// A stream over `data`, and what more is asked, split at blanks.
fn stream(data: &str, more: &str) -> Outcome {
    run(&["stream", "--data", data, "--net", "fc16"].into_iter().chain(more.split_whitespace()).collect::<Vec<_>>())
}

fn mae(value: &Value) -> f64 {
    value["mae"].as_f64().unwrap_or_else(|| panic!("no mae in {value}"))
}

#[test]
fn many_different_numbers_are_learned_as_values_and_that_is_said() {
    let folder = Folder::new();
    let data = folder.write("sensor.csv", table(4000, 4000));
    let done = stream(&data, "--label temperature --json --predictions /dev/null").done();
    assert!(done.err.contains("warm-up: target: \"temperature\" from "), "{}", done.err);
    assert!(done.err.contains(", regression, 500 rows; --task classes makes it a class label"), "{}", done.err);
    let found = done.json();
    assert_eq!((&found["task"], &found["rule"]), (&"regression".into(), &"local-error-learned".into()));
    assert_eq!((&found["accuracy"], &found["targets"]), (&Value::Null, &serde_json::json!(["temperature"])));
    let baselines = &found["baseline_errors"];
    for worse in ["mean", "last-value", "frozen"] {
        assert!(mae(&found) < mae(&baselines[worse]), "{worse}: {} and {baselines}", mae(&found));
    }
    let (rmse, r2) = (found["rmse"].as_f64().unwrap(), found["r2"].as_f64().unwrap());
    // a spread of about 5 degrees, and noise of 0.14
    assert!(mae(&found) <= rmse && rmse < 1.0 && r2 > 0.95, "{found}");
    assert!(mae(&found["recent"]) < mae(&found["segments"][0]) * 2.0, "{found}");
    assert_eq!(found["segments"].as_array().unwrap().len(), 1 + 4);
    assert!(found["curve"].as_array().unwrap().iter().all(|point| point["baseline_errors"]["linear"]["rmse"].is_f64()));
}

#[test]
fn the_task_can_be_said() {
    let folder = Folder::new();
    let whole = "x,y,level\n".to_string()
        + &(0..800).map(|k| format!("{},{},{}\n", k % 7, k % 11, k % 7 + k % 3)).collect::<String>();
    let data = folder.write("whole.csv", whole);
    let classes = stream(&data, "--json --warmup 300 --baselines none").done();
    assert!(classes.err.contains("warm-up: 9 classes"), "{}", classes.err);
    let values = stream(&data, "--json --warmup 300 --task regression --baselines none").done();
    assert!(values.err.contains("target: \"level\" from 0 to 8, regression, 300 rows"), "{}", values.err);
    assert!(!values.err.contains("--task classes"), "{}", values.err);
    assert!(mae(&values.json()) < 1.0);
    let sensor = folder.write("sensor.csv", table(700, 700));
    let classes = stream(&sensor, "--task classes --warmup 100 --json --baselines none").json();
    assert_eq!((&classes["task"], classes["classes"].as_array().unwrap().len()), (&"classes".into(), 100));
}

#[test]
fn predictions_are_values_in_the_targets_unit_for_every_row_with_a_target_or_without() {
    let folder = Folder::new();
    let known = table(900, 900);
    let without = known.lines().map(|line| line.rsplit_once(',').unwrap().0.to_string() + ",\n");
    let (header, body) = known.split_once('\n').unwrap();
    let later: String = without.skip(1).take(50).collect();
    let data = folder.write("sensor.csv", format!("{header}\n{body}{later}"));
    let found = stream(&data, "--label temperature").done();
    let mut lines = found.out.lines();
    assert_eq!(lines.next(), Some("row,temperature"));
    let answers: Vec<(usize, f64)> = lines
        .map(|line| line.split_once(',').map(|(row, value)| (row.parse().unwrap(), value.parse().unwrap())).unwrap())
        .collect();
    assert_eq!((answers[0].0, answers.len()), (501, 450));
    // the last 50 rows are the first ones again, of which the target was not told this time
    let truths = rows(50, 50);
    let error: f64 = answers[400..].iter().zip(&truths).map(|((_, y), (_, t))| (y - t).abs()).sum::<f64>() / 50.0;
    assert!(error < 1.5, "{error}");
    let judged = stream(&data, "--label temperature --json").json();
    assert_eq!((&judged["rows"], &judged["judged"], &judged["updates"]), (&450.into(), &400.into(), &400.into()));
}

#[test]
fn a_target_that_is_no_number_or_absurd_is_a_bad_row_and_a_glitch_does_no_harm() {
    let folder = Folder::new();
    let mut lines: Vec<String> = table(1500, 1500).lines().map(String::from).collect();
    let mut put = |line: usize, target: &str| {
        let features = lines[line].rsplit_once(',').unwrap().0.to_string();
        lines[line] = format!("{features},{target}");
    };
    let targets = [(601, "inf"), (602, "warm"), (603, "1e300"), (604, ""), (605, "NA"), (700, "1e8")];
    targets.into_iter().for_each(|(line, text)| put(line, text));
    let data = folder.write("sensor.csv", lines.join("\n") + "\n");
    for task in ["", " --task regression"] {
        let done = stream(&data, &format!("--label temperature --json{task}")).done();
        let found: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!((&found["bad_rows"], &found["rows"], &found["judged"]), (&3.into(), &997.into(), &995.into()));
        for words in ["row 601: ", "row 602: ", "row 603: target \"temperature\" is 1e300, more than a billion"] {
            assert!(done.err.contains(words), "{words}: {}", done.err);
        }
        let after = found["recent"]["mae"].as_f64().unwrap();
        assert!(after < 1.5, "a glitch threw the network off its course: {after}");
    }
    stream(&data, "--label temperature --task regression --on-bad-row stop").refused(1, &["row 601"]);
}

#[test]
fn what_makes_no_sense_of_values_is_refused_with_what_does() {
    let folder = Folder::new();
    let data = folder.write("sensor.csv", table(700, 700));
    let others = "take one of bp, fa, dfa, sdfa, shallow, local-error";
    for task in ["--task regression ", "--task auto "] {
        for (more, words) in [
            ("--rule drtp", others),
            ("--rule drtp-gated", others),
            ("--rule local-hinge", others),
            (
                "--learn low-confidence",
                "learn low-confidence makes no sense of real values; take always, on-drift or on-error",
            ),
            ("--label-noise 0.1", "label-noise 0.1 makes no sense of real values"),
            ("--reserve 2", "reserve 2 makes no sense of real values"),
            (
                "--baselines majority,bp",
                "baselines majority makes no sense of real values; take frozen, last-value, mean, linear",
            ),
            ("--arithmetic int8", "a regression"),
            ("--classes a,b", "--classes"),
        ] {
            stream(&data, &format!("{task}{more}")).refused(2, &[words]);
        }
    }
    let classes = folder.write("table.csv", common::table(700));
    stream(&classes, "--baselines linear").refused(2, &["baselines linear makes no sense of classes"]);
    stream("drift", "--task regression").refused(2, &["--task regression, but drift has classes"]);
    stream(&data, "--task classes --label a,temperature").refused(2, &["several label columns"]);
    let same = folder.write("same.csv", "x,y\n".to_string() + &"1,2.5\n2,2.5\n".repeat(400));
    stream(&same, "--task regression").refused(2, &["target \"y\" is 2.5 in all 500 rows of the warm-up"]);
    let none = folder.write("none.csv", "x,y\n".to_string() + &"1,\n2,\n".repeat(400));
    stream(&none, "--task regression").refused(1, &["0 targets", "at least 2"]);
    let model = folder.at("classes.model");
    stream(&classes, &format!("--model {model} --predictions /dev/null")).done();
    stream(&classes, &format!("--model {model} --task regression")).refused(2, &["has task classes"]);
}

#[test]
fn an_answer_is_given_before_the_target_is_learned_from_under_every_rule() {
    let folder = Folder::new();
    let text = table(130, 130);
    let (rest, last) = text.trim_end().rsplit_once('\n').unwrap();
    let features = last.rsplit_once(',').unwrap().0;
    let files = ["20", "1000", ""]
        .map(|target| folder.write(&format!("t{target}.csv"), format!("{rest}\n{features},{target}\n")));
    for rule in ["bp", "fa", "dfa", "sdfa", "local-error", "local-error-learned", "shallow"] {
        let answers = files
            .each_ref()
            .map(|file| stream(file, &format!("--task regression --warmup 100 --rule {rule} --lr 0.02")).done().out);
        assert_eq!(answers[0].lines().count(), 1 + 30);
        assert!(answers[0] == answers[1] && answers[0] == answers[2], "{rule}: {answers:?}");
    }
}

#[test]
fn a_change_of_the_rule_is_signalled_and_learned_and_a_steady_stream_is_quiet() {
    let folder = Folder::new();
    let steady = folder.write("steady.csv", table(6000, 6000));
    let found = stream(&steady, "--label temperature --json").json();
    assert_eq!(found["drift_count"], 0, "{}", found["drifts"]);
    let data = folder.write("sensor.csv", table(6000, 3000));
    let found = stream(&data, "--label temperature --json").json();
    let first = found["drifts"][0].as_u64().unwrap();
    assert!((3000..3200).contains(&first), "{}", found["drifts"]);
    assert!(mae(&found) < 0.5 * mae(&found["baseline_errors"]["frozen"]), "{found}");
    let frozen = stream(&data, "--label temperature --frozen --json").json();
    assert!(mae(&frozen) > 2.0 * mae(&found) && frozen["updates"] == 0, "{frozen}");
}

#[test]
fn a_policy_spends_fewer_updates_and_learns_a_change_all_the_same() {
    let folder = Folder::new();
    let data = folder.write("sensor.csv", table(6000, 3000));
    for (policy, most) in [("on-error", 3500), ("on-drift", 3000)] {
        let found = stream(&data, &format!("--label temperature --json --learn {policy}")).json();
        let updates = found["updates"].as_u64().unwrap();
        assert!(updates > 0 && updates < most && found["possible_updates"] == 5500, "{policy}: {updates}");
        assert!(mae(&found) < 0.7 * mae(&found["baseline_errors"]["frozen"]), "{policy}: {found}");
    }
}

#[test]
fn several_targets_are_answered_and_judged_each_in_its_unit() {
    let folder = Folder::new();
    let mut text = String::from("a,b,sum,c,difference\n");
    for ([a, b, c], _) in rows(2000, 2000) {
        writeln!(text, "{a},{b},{},{c},{}", a + b, 1e6 * (a - b)).unwrap();
    }
    let data = folder.write("two.csv", text);
    let model = folder.at("two.model");
    let line = format!("--label sum,difference --model {model} --json --predictions {}", folder.at("p.csv"));
    let done = stream(&data, &line).done();
    assert!(done.err.contains("targets: \"sum\" from 0"), "{}", done.err);
    let found = done.json();
    let each = found["per_target"].as_array().unwrap();
    assert_eq!((&each[0]["target"], &each[1]["target"]), (&"sum".into(), &"difference".into()));
    assert!(mae(&each[0]) < 0.1 && mae(&each[1]) > 100.0 && mae(&each[1]) < 1e5, "{each:?}");
    assert!(each.iter().all(|target| target["r2"].as_f64() > Some(0.95)), "{each:?}");
    assert!(fs::read_to_string(folder.at("p.csv")).unwrap().starts_with("row,sum,difference\n501,"));
    let again = run(&["predict", &model, &data]).done();
    assert!(again.out.starts_with("sum,difference\n"), "{}", again.out);
}

#[test]
fn a_stream_goes_on_from_a_training_run_and_other_commands_read_its_model() {
    let folder = Folder::new();
    let (first, later) = (folder.write("first.csv", table(800, 800)), folder.write("later.csv", table(2500, 0)));
    let (trained, model) = (folder.at("run"), folder.at("sensor.model"));
    train("--label temperature --net fc16 --epochs 20 --out", &[&trained, "--data", &first]).done();
    let found = stream(&later, &format!("--from {trained} --model {model} --json")).json();
    assert_eq!(
        (&found["rows"], &found["warmup_rows"], &found["task"]),
        (&2500.into(), &0.into(), &"regression".into())
    );
    assert!(mae(&found) < 0.5 * mae(&found["baseline_errors"]["frozen"]), "{found}");
    let tested = run(&["eval", &model, "--json", "--data", &later]).json();
    assert!(tested["test_mae"].as_f64() < Some(1.0), "{tested}");
    stream(&later, &format!("--from {trained} --task classes")).refused(2, &["has task regression"]);
    stream(&later, &format!("--from {trained} --classes a,b")).refused(2, &["the network gives values"]);
}

/// A stream with something of everything that must be saved.
fn line_over(data: &str) -> String {
    format!(
        "stream --data {data} --label temperature --net fc16 --delay 7 --label-every 2 --learn on-error --save-every 0 --seed 3 \
         --predictions /dev/null"
    )
}

#[test]
fn killed_at_random_moments_it_ends_with_the_same_bytes() {
    let folder = Folder::new();
    killed_at_random(8, &line_over(&folder.write("sensor.csv", table(25_000, 12_000))));
}

#[test]
fn rows_that_were_added_to_a_file_are_learned_from_where_it_stopped() {
    let folder = Folder::new();
    let whole_table = table(1500, 900);
    for stop in [620, 640, 905, 1100] {
        let half = whole_table.match_indices('\n').nth(stop).unwrap().0 + 1;
        let (file, parts, whole) = (folder.at("sensor.csv"), folder.at("parts"), folder.at("whole"));
        let line = line_over(&file);
        fs::write(&file, &whole_table[..half]).unwrap();
        run(&stream_arguments(&line, &parts)).done();
        fs::write(&file, &whole_table).unwrap();
        let again = run(&stream_arguments(&line, &parts)).done();
        assert!(again.err.contains(&format!("going on after row {stop}")), "{}", again.err);
        run(&stream_arguments(&line, &whole)).done();
        assert!(fs::read(&parts).unwrap() == fs::read(&whole).unwrap(), "stopped after row {stop}");
        [&parts, &whole].into_iter().for_each(|model| fs::remove_file(model).unwrap());
    }
}

#[test]
fn a_baseline_that_is_better_is_told_of() {
    let folder = Folder::new();
    // a straight line, and then a target that hardly moves from row to row
    let line: String = rows(1500, 0).iter().map(|([a, b, _], _)| format!("{a},{b},{}\n", 3.0 * a - b)).collect();
    let line = folder.write("line.csv", format!("a,b,t\n{line}"));
    let told = stream(&line, "--label t --standardise warmup --json").json()["warnings"].to_string();
    assert!(told.contains("linear has a mean absolute error of"), "{told}");
    let walk: String = rows(1500, 0).iter().enumerate().map(|(k, ([a, ..], _))| format!("{a},{}\n", k / 10)).collect();
    let walk = folder.write("walk.csv", format!("a,t\n{walk}"));
    let told = stream(&walk, "--label t --task regression --json").json()["warnings"].to_string();
    assert!(told.contains("last-value has a mean absolute error of"), "{told}");
}

#[test]
fn the_summary_and_the_report_show_the_errors_of_the_network_and_of_the_baselines() {
    let folder = Folder::new();
    let (data, page) = (folder.write("sensor.csv", table(3000, 1500)), folder.at("report.html"));
    let done = stream(&data, &format!("--label temperature --predictions /dev/null --report {page}")).done();
    for words in
        ["segment       rows        MAE     frozen", "after the warm-up MAE ", "; the last rows: MAE ", "linear "]
    {
        assert!(done.err.contains(words), "{words}: {}", done.err);
    }
    let page = fs::read_to_string(page).unwrap();
    for words in ["Mean absolute error over the rows of", "last-value", "RMSE", "1 target", "frozen, MAE"] {
        assert!(page.contains(words), "{words}");
    }
    for word in ["<script", "NaN", "Which classes", "right, %"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn a_row_from_a_pipe_is_answered_and_learned_as_one_of_a_file_is() {
    use std::io::Write as _;
    use std::process::Stdio;
    let folder = Folder::new();
    let text = table(700, 700);
    let data = folder.write("sensor.csv", &text);
    let line = ["stream", "--label", "temperature", "--warmup", "300", "--baselines", "none", "--data"];
    let mut child = common::openloop(&[&line[..], &["-"]].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let piped: Outcome = child.wait_with_output().unwrap().into();
    assert_eq!(piped.done().out, run(&[&line[..], &[&data]].concat()).done().out);
}
