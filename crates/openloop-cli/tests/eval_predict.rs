//! `openloop eval` and `openloop predict`: a saved network answers as it did when it was trained.

mod common;

use common::{Folder, checkpoint_path, openloop, rows, run, small_run, table, train};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

#[test]
fn eval_gives_the_errors_that_training_ended_with() {
    let folder = Folder::new();
    let table = folder.write("table.csv", table(90));
    for (name, data) in [("digits", "digits"), ("table", &table), ("regression", "synthetic-regression")] {
        let out = folder.at(name);
        let line = "--json --epochs 2 --rule bp --net fc9 --out";
        let trained = train(line, &[&out, "--data", data]).json();
        for model in [out.clone(), checkpoint_path(&out)] {
            let tested = run(&["eval", &model, "--json"]).json();
            for key in ["test_error", "train_error", "test_loss", "rule", "net", "data", "seed", "epochs", "parameters"]
            {
                assert_eq!(tested[key], trained[key], "{data}: {key}");
            }
        }
        assert_eq!(run(&["eval", &out, "--json", "--threads", "2"]).json()["test_loss"], trained["test_loss"]);
    }
}

#[test]
fn eval_without_json_says_it_in_words() {
    let folder = Folder::new();
    let (model, _) = small_run(&folder);
    let text = run(&["eval", &model]).done().out;
    assert!(
        text.starts_with("local-error-learned fc4 on ") && text.contains("18 rows") && text.contains("error "),
        "{text}"
    );
}

#[test]
fn eval_on_another_table_finds_its_columns_by_name() {
    let folder = Folder::new();
    let (model, _) = small_run(&folder);
    let same = folder.write("same.csv", table(60));
    let turned: String = ["kind,extra,c,a,b\n".to_string()]
        .into_iter()
        .chain(rows(60).into_iter().map(|([a, b, c], kind)| format!("{kind},note,{c},{a},{b}\n")))
        .collect();
    let turned = folder.write("turned.csv", turned);
    let renamed = folder.write("renamed.csv", table(60).replacen("kind", "colour", 1));
    let tested = run(&["eval", &model, "--data", &same, "--json"]).json();
    assert_eq!(tested["rows"].as_u64(), Some(60));
    let others = [
        run(&["eval", &model, "--data", &turned, "--json"]).json(),
        run(&["eval", &model, "--data", &renamed, "--label", "colour", "--json"]).json(),
    ];
    for other in others {
        assert_eq!((&tested["test_error"], &tested["test_loss"]), (&other["test_error"], &other["test_loss"]));
    }
}

/// The rows that predict printed: label and probabilities.
fn predictions(text: &str) -> Vec<(String, Vec<f64>)> {
    let row = |line: &str| {
        let mut cells = line.split(',');
        let label = cells.next().unwrap().to_string();
        (label, cells.map(|cell| cell.parse().unwrap()).collect())
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn predict_gives_a_label_and_probabilities_that_sum_to_one() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    let text = run(&["predict", &model, &data]).done().out;
    assert_eq!(text.lines().next(), Some("label,p_blue,p_green,p_red"));
    let rows = predictions(&text);
    assert_eq!(rows.len(), 90);
    for (label, probabilities) in rows {
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{probabilities:?}");
        let most = probabilities.iter().copied().fold(0.0, f64::max);
        let place = ["blue", "green", "red"].iter().position(|name| *name == label).unwrap();
        assert_eq!(probabilities[place], most);
    }
}

#[test]
fn predict_makes_as_many_mistakes_as_eval_counts() {
    let folder = Folder::new();
    let data = folder.write("table.csv", table(90));
    let out = folder.at("run");
    // few epochs, so that there are mistakes to count
    train("--net fc4 --lr 0.0002 --epochs 2", &["--data", &data, "--out", &out]).done();
    let other = folder.write("other.csv", table(70));
    let answers = predictions(&run(&["predict", &out, &other]).done().out);
    let wrong = answers.iter().zip(rows(70)).filter(|(answer, row)| answer.0 != row.1).count();
    let error = run(&["eval", &out, "--data", &other, "--json"]).json()["test_error"].as_f64().unwrap();
    assert!(wrong > 0, "the test needs mistakes");
    assert!((error - 100.0 * wrong as f64 / 70.0).abs() < 1e-9, "{error} % and {wrong} of 70");
}

/// What evaluation sums over a file, from the answers that `predict` gives for it: wrong rows, and the loss of all.
fn judged(answers: &[(String, Vec<f64>)], kinds: &[&str]) -> (f64, f64) {
    let place = |kind: &str| ["blue", "green", "red"].iter().position(|name| *name == kind).unwrap();
    let wrong = answers.iter().zip(kinds).filter(|(answer, kind)| answer.0 != **kind).count();
    let loss = answers.iter().zip(kinds).map(|(answer, kind)| -answer.1[place(kind)].ln()).sum();
    (wrong as f64, loss)
}

#[test]
fn every_row_of_a_file_is_evaluated_and_not_only_the_first_batch() {
    let folder = Folder::new();
    let data = folder.write("table.csv", table(3000));
    // right up to row 700, and wrong from there on
    let kinds: Vec<&str> = rows(1300).iter().enumerate().map(|(k, row)| if k < 700 { row.1 } else { "red" }).collect();
    let lines = rows(1300).into_iter().zip(&kinds).map(|(([a, b, c], _), kind)| format!("{a},{b},{c},{kind}\n"));
    let other = folder.write("other.csv", ["a,b,c,kind\n".to_string()].into_iter().chain(lines).collect::<String>());
    for arithmetic in ["f32", "int8"] {
        let out = folder.at(arithmetic);
        let line = format!("--arithmetic {arithmetic} --net fc4 --lr 0.003 --epochs 1 --json");
        let trained = train(&line, &["--data", &data, "--out", &out]).json();
        let number = |found: &serde_json::Value, key: &str| found[key].as_f64().unwrap();

        let tested = run(&["eval", &out, "--data", &other, "--json"]).json();
        let answers = predictions(&run(&["predict", &out, &other]).done().out);
        let (wrong, loss) = judged(&answers, &kinds);
        assert!(
            (number(&tested, "test_error") - 100.0 * wrong / 1300.0).abs() < 1e-9,
            "{arithmetic}: {wrong} {tested}"
        );
        assert!((number(&tested, "test_loss") - loss / 1300.0).abs() < 1e-3, "{arithmetic}: {loss} {tested}");

        // a run's own errors, on the 2,400 rows it learned from and the 600 others
        let answers = predictions(&run(&["predict", &out, &data]).done().out);
        let (wrong, _) = judged(&answers, &rows(3000).iter().map(|row| row.1).collect::<Vec<_>>());
        let counted = 24.0 * number(&trained, "train_error") + 6.0 * number(&trained, "test_error");
        assert!(wrong > 30.0 && (counted - wrong).abs() < 1e-6, "{arithmetic}: {counted} and {wrong}");
    }
}

#[test]
fn predict_reads_rows_with_and_without_header_and_label_from_a_file_and_from_standard_input() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    let expected = run(&["predict", &model, &data]).done().out;
    let line = |header: &str, label: bool| -> String {
        let row = |([a, b, c], kind): ([f32; 3], &str)| match label {
            true => format!("{a},{b},{c},{kind}\n"),
            false => format!("{a},{b},{c}\n"),
        };
        [header.to_string()].into_iter().chain(rows(90).into_iter().map(row)).collect()
    };
    let turned: String = rows(90).into_iter().map(|([a, b, c], _)| format!("{c},{a},{b}\n")).collect();
    let forms = [
        line("", true),
        line("", false),
        line("a,b,c\n", false),
        format!("c,a,b\n{turned}"),
        line("a,b,c,kind\n", true),
    ];
    for (k, text) in forms.iter().enumerate() {
        let file = folder.write("rows.csv", text);
        assert_eq!(run(&["predict", &model, &file]).done().out, expected, "form {k}");
        let mut child =
            openloop(&["predict", &model, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "form {k} from standard input");
    }
}

#[test]
fn predict_answers_each_row_of_a_stream_before_the_next_one_comes() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    let expected = run(&["predict", &model, &data]).done().out;
    let mut child = openloop(&["predict", &model, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut rows_in = child.stdin.take().unwrap();
    let rows_out = BufReader::new(child.stdout.take().unwrap());
    let (send, answers) = mpsc::channel();
    let reader = std::thread::spawn(move || rows_out.lines().try_for_each(|line| send.send(line.unwrap())));
    let next = || answers.recv_timeout(Duration::from_secs(10)).expect("an answer while the stream is open");
    let mut expected = expected.lines();
    for (k, ([a, b, c], _)) in rows(10).into_iter().enumerate() {
        writeln!(rows_in, "{a},{b},{c}").unwrap();
        rows_in.flush().unwrap();
        if k == 0 {
            assert_eq!(next(), expected.next().unwrap());
        }
        assert_eq!(next(), expected.next().unwrap(), "row {k}");
    }
    drop(rows_in);
    assert!(child.wait().unwrap().success());
    drop(answers);
    let _ = reader.join().unwrap();
}

#[test]
fn predict_ends_quietly_when_its_reader_has_read_enough() {
    let folder = Folder::new();
    let (model, _) = small_run(&folder);
    let many = folder.write("many.csv", table(20_000));
    let mut child =
        openloop(&["predict", &model, &many]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let outcome = common::Outcome::from(child.wait_with_output().unwrap());
    assert_eq!(first, "label,p_blue,p_green,p_red\n");
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
}

#[test]
fn predict_names_the_row_that_it_cannot_read() {
    let folder = Folder::new();
    let (model, _) = small_run(&folder);
    let cases = [
        ("1,2,3\n4,five,6\n", "line 2, column 2"),
        ("1,2,3\n4,5\n", "line 2"),
        ("a,b,c\n1,2,inf\n", "line 2, column 3 (\"c\")"),
        ("1\n", "line 1"),
        ("a,b,d\n1,2,3\n", "line 1"),
    ];
    for (text, place) in cases {
        let file = folder.write("rows.csv", text);
        run(&["predict", &model, &file]).refused(1, &[&file, place]);
    }
    let missing = folder.at("none.csv");
    run(&["predict", &model, &missing]).refused(1, &[&missing]);
}

#[test]
fn predict_takes_a_missing_number_as_the_mean_and_says_so_once() {
    let folder = Folder::new();
    let (model, _) = small_run(&folder);
    let answer = |text: &str| run(&["predict", &model, &folder.write("rows.csv", text)]).done();
    let missing = answer("1,2,3\n4,,6\n4,NaN,6\n");
    let said = "column \"b\": a missing value in line 2 is taken as the mean ";
    assert_eq!(missing.err.matches("missing").count(), 1, "{}", missing.err);
    let mean = missing.err.split(said).nth(1).unwrap().split(',').next().unwrap().to_string();
    let rows: Vec<String> = missing.out.lines().map(String::from).collect();
    assert_eq!(rows[2], rows[3]);
    // the mean is shown with five digits
    let numbers = |row: &str| row.split(',').skip(1).map(|cell| cell.parse::<f64>().unwrap()).collect::<Vec<_>>();
    let filled = answer(&format!("4,{mean},6\n"));
    let filled = numbers(filled.out.lines().nth(1).unwrap());
    assert!(
        numbers(&rows[2]).iter().zip(&filled).all(|(one, other)| (one - other).abs() < 1e-3),
        "{rows:?} {filled:?}"
    );
}

#[test]
fn predict_on_a_regression_gives_the_values() {
    let folder = Folder::new();
    let out = folder.at("run");
    train("--data synthetic-regression --rule bp --net fc5 --epochs 1 --out", &[&out]).done();
    let row = vec!["0.5"; 256].join(",");
    let file = folder.write("rows.csv", format!("{row}\n{row}\n"));
    let text = run(&["predict", &out, &file]).done().out;
    let header: Vec<String> = (0..10).map(|k| format!("output_{k}")).collect();
    assert_eq!(text.lines().next(), Some(header.join(",").as_str()));
    assert_eq!(text.lines().nth(1).unwrap().split(',').filter(|cell| cell.parse::<f64>().is_ok()).count(), 10);
}

#[test]
fn eval_and_predict_leave_the_run_as_it_is() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    let before = common::contents(&model);
    run(&["eval", &model]).done();
    run(&["predict", &model, &data]).done();
    assert!(before == common::contents(&model));
}
