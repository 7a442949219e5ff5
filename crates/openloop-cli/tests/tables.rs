//! One reader for every table: what a file holds is the same for each command, whatever tool wrote it.

mod common;

use common::{Folder, Outcome, openloop, run, table, train};
use std::fs;
use std::path::PathBuf;

/// The rows of each class, in the order of the classes: `idle 8, run 8`.
fn classes(outcome: &Outcome, from: &str, to: &str) -> String {
    let (_, said) = outcome.err.split_once(from).unwrap_or_else(|| panic!("no \"{from}\" in {}", outcome.err));
    said.split_once(to).unwrap_or_else(|| panic!("no \"{to}\" in {said}")).0.to_string()
}

/// All files of the folder with how many rows are labelled, and the options that they need.
const FILES: [(&str, usize, &[&str]); 16] = [
    ("plain", 24, &[]),
    ("header_of_numbers", 24, &[]),
    ("no_header", 24, &[]),
    ("first_row_missing_label", 23, &[]),
    ("class_called_target", 24, &[]),
    ("decimal_comma", 24, &[]),
    ("tab", 24, &[]),
    ("sep_line", 24, &[]),
    ("quoted_newlines", 24, &[]),
    ("cr_only", 24, &[]),
    ("crlf_bom", 24, &[]),
    ("missing_labels", 18, &[]),
    ("duplicate_names", 24, &["--ignore", "note"]),
    ("label_first", 24, &[]),
    ("index_column", 24, &["--ignore", "column_1"]),
    ("one_class_two_writings", 24, &[]),
];

#[test]
fn train_and_stream_find_the_same_rows_and_classes_in_every_file() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tables");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), FILES.len(), "a file is not listed");
    for (name, labelled, options) in FILES {
        let path = folder.join(format!("{name}.csv")).display().to_string();
        let trained = train("--epochs 1 --data", &[&[path.as_str()], options].concat()).done();
        let streamed =
            run(&[&["stream", "--warmup", "99", "--baselines", "none", "--json", "--data", &path], options].concat());
        let learned = classes(&trained, " classes, ", "; ");
        let warmed = classes(&streamed, " classes, ", "\n");
        let (warmed, unlabelled) = match warmed.rsplit_once(", ") {
            Some((classes, end)) if end.ends_with("without a label") => (classes.to_string(), end.to_string()),
            _ => (warmed, String::new()),
        };
        assert_eq!(learned, warmed, "{name}");
        assert!(trained.err.contains(&format!("; {labelled} rows; 3 features")), "{name}: {}", trained.err);
        let missing = if labelled == 24 { String::new() } else { format!("{} without a label", 24 - labelled) };
        assert_eq!(unlabelled, missing, "{name}");
        let first = |outcome: &Outcome| outcome.err.split([';', '\n']).next().unwrap().to_string();
        assert_eq!(first(&trained), first(&streamed), "{name}");
    }
}

/// The answers in a CSV text: the label of each row, and its probability.
fn answers(text: &str, read: impl Fn(&csv::StringRecord) -> (String, f64)) -> Vec<(String, f64)> {
    csv::Reader::from_reader(text.as_bytes()).records().map(|record| read(&record.expect("CSV"))).collect()
}

#[test]
fn predict_and_a_frozen_stream_answer_the_rows_of_every_file_alike() {
    let (tables, folder) = (PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tables"), Folder::new());
    for (name, _, options) in FILES {
        let (path, out) = (tables.join(format!("{name}.csv")).display().to_string(), folder.at(name));
        train("--epochs 3 --out", &[&[out.as_str(), "--data", &path], options].concat()).done();
        let predicted = answers(&run(&["predict", &out, &path]).done().out, |record| {
            let probabilities = record.iter().skip(1).map(|cell| cell.parse().expect("a number"));
            (record[0].to_string(), probabilities.fold(0.0, f64::max))
        });
        let line = ["stream", "--frozen", "--baselines", "none", "--from", &out, "--data", &path, "--predictions", "-"];
        let streamed =
            answers(&run(&line).done().out, |record| (record[1].to_string(), record[2].parse().expect("a number")));
        assert_eq!((predicted.len(), streamed.len()), (24, 24), "{name}");
        for (one, other) in predicted.iter().zip(&streamed) {
            assert!(one.0 == other.0 && (one.1 - other.1).abs() < 1e-4, "{name}: {one:?} and {other:?}");
        }
    }
}

/// How many answers of a network to the labelled rows of a table are wrong: by `eval`, which may split them into training and test
/// rows, and by a stream in which it does not learn.
fn wrong_answers(model: &str, path: &str, options: &[&str], labelled: usize) -> [f64; 2] {
    let number =
        |found: &serde_json::Value, key: &str| found[key].as_f64().unwrap_or_else(|| panic!("{key} in {found}"));
    let tested = run(&[&["eval", model, "--json", "--data", path], options].concat()).json();
    let rows = number(&tested, "rows");
    let split = labelled as f64 - rows;
    let trained = if split > 0.0 { number(&tested, "train_error") } else { 0.0 };
    let line = ["stream", "--frozen", "--baselines", "none", "--json", "--from", model, "--data", path];
    let streamed = run(&[&line[..], options].concat()).json();
    assert_eq!(number(&streamed, "judged"), labelled as f64, "{streamed}");
    let evaluated = (trained * split + number(&tested, "test_error") * rows) / 100.0;
    [evaluated, (100.0 - number(&streamed, "accuracy")) * labelled as f64 / 100.0]
}

#[test]
fn eval_and_a_frozen_stream_count_the_same_mistakes_in_every_file() {
    let (tables, folder) = (PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tables"), Folder::new());
    let mut mistakes = [0.0; 2];
    for arithmetic in ["f32", "int8"] {
        for (name, labelled, options) in FILES {
            let path = tables.join(format!("{name}.csv")).display().to_string();
            let models = [folder.at(&format!("{name}.{arithmetic}")), folder.at(&format!("{name}.{arithmetic}.model"))];
            // so little that they answer some rows wrongly; of the stream's network eval tests all rows
            let line = format!("--arithmetic {arithmetic} --net fc3 --lr 0.01 --epochs 1 --data");
            train(&line, &[&[path.as_str(), "--out", &models[0]], options].concat()).done();
            let line =
                ["stream", "--arithmetic", arithmetic, "--net", "fc3", "--lr", "0.002", "--warmup", "9", "--data"];
            run(&[&line[..], &[&path, "--model", &models[1], "--baselines", "none"], options].concat()).done();
            for (model, mistakes) in models.iter().zip(&mut mistakes) {
                let [evaluated, streamed] = wrong_answers(model, &path, options, labelled);
                assert!((evaluated - streamed).abs() < 1e-9, "{model}: {evaluated} and {streamed} wrong");
                *mistakes += streamed;
            }
        }
    }
    assert!(mistakes.iter().all(|count| *count >= 32.0), "the test needs mistakes: {mistakes:?}");
}

#[test]
fn what_is_no_utf_8_table_is_refused_by_its_name() {
    let folder = Folder::new();
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(table(9).bytes().flat_map(|byte| [byte, 0])).collect();
    let files = [
        (folder.write("a.csv", utf_16), "UTF-16"),
        (folder.write("b.csv", b"PK\x03\x04rest of an archive"), "zip"),
        (
            folder.write("d.csv", [b"a,gr\xf6sse,kind\n".as_slice(), b"1,2,tea\n".repeat(9).as_slice()].concat()),
            "Latin-1",
        ),
        (folder.write("c.csv", [b"a,b,kind\n1,2,".as_slice(), b"caf\xe9\n1,2,tea\n"].concat()), "Latin-1"),
    ];
    for (file, name) in &files {
        for command in [&["train", "--epochs", "1", "--data"][..], &["stream", "--on-bad-row", "stop", "--data"]] {
            let failed = run(&[command, &[file]].concat());
            assert!(failed.code != Some(0) && failed.err.contains(name), "{name}: {}", failed.err);
        }
    }
}

#[test]
fn whether_there_is_a_header_is_asked_where_it_could_be_either() {
    let folder = Folder::new();
    let file = folder.write("unclear.csv", "1,2,3\n2,1,3\n3,3,1\n1,2,2\n2,2,1\n1,3,2\n3,1,1\n");
    for command in ["train", "stream"] {
        run(&[command, "--data", &file]).refused(2, &["--header yes", "--header no"]);
    }
    let with = train("--epochs 1 --header yes --data", &[&file]).done();
    let without = train("--epochs 1 --header no --data", &[&file]).done();
    assert!(with.err.contains("; 6 rows") && without.err.contains("; 7 rows"), "{}{}", with.err, without.err);
}

/// `table` with its columns in another order.
fn reordered(table: &str) -> String {
    let turned = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells.reverse();
        cells.join(",") + "\n"
    };
    table.lines().map(turned).collect()
}

#[test]
fn columns_and_classes_are_matched_by_name_by_every_command() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", table(150)), folder.at("run"));
    let other = folder.write("b.csv", reordered(&table(150)));
    train("--epochs 5 --label kind --data", &[&data, "--out", &model]).done();
    let loss = |file: &str| run(&["eval", &model, "--data", file, "--json"]).json()["test_loss"].clone();
    assert_eq!(loss(&data), loss(&other));
    let answers = |file: &str| run(&["predict", &model, file]).done().out;
    assert_eq!(answers(&data), answers(&other));
    let on = |file: &str| train("--epochs 1 --json --from", &[&model, "--data", file]).json()["test_loss"].clone();
    assert_eq!(on(&data), on(&other));
    let streamed = |file: &str| {
        let line = ["stream", "--from", &model, "--baselines", "none", "--json", "--data", file];
        run(&line).json()["accuracy"].clone()
    };
    assert_eq!(streamed(&data), streamed(&other));
}

#[test]
fn numbers_that_are_no_outputs_of_a_blob_are_asked_for() {
    let folder = Folder::new();
    let numbered = |from: usize| -> String {
        let text = table(90);
        ["red", "green", "blue"].iter().zip(from..).fold(text, |text, (kind, k)| text.replace(kind, &k.to_string()))
    };
    let (data, out, blob) = (folder.write("a.csv", numbered(0)), folder.at("run"), folder.at("net.olnb"));
    train("--epochs 5 --data", &[&data, "--out", &out]).done();
    run(&["export", &out, "--to", "device", &blob]).done();
    let other = folder.write("b.csv", numbered(1));
    run(&["eval", &blob, "--data", &other]).refused(2, &["3 outputs", "\"3\"", "--classes"]);
    let loss = |more: &[&str]| run(&[&["eval", &blob, "--json"], more].concat()).json()["test_loss"].clone();
    assert_eq!(loss(&["--data", &other, "--classes", "1,2,3"]), loss(&["--data", &data]));
}

#[test]
fn eval_says_which_rows_it_tests() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", table(60)), folder.at("run"));
    train("--epochs 1 --data", &[&data, "--out", &model]).done();
    let own = run(&["eval", &model]).done();
    assert!(own.err.contains("its 12 test rows are tested"), "{}", own.err);
    folder.write("a.csv", table(66));
    let changed = run(&["eval", &model]).done();
    assert!(changed.err.contains("all 66 rows are tested"), "{}", changed.err);
}

#[test]
fn predict_goes_on_after_a_bad_row_where_it_is_told_to() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", table(30)), folder.at("run"));
    train("--epochs 1 --data", &[&data, "--out", &model]).done();
    let rows = folder.write("rows.csv", "a,b,c\n1,2,3\n1,x,3\n3,2,1\n");
    run(&["predict", &model, &rows]).refused(1, &["line 3", "\"x\""]);
    let skipped = run(&["predict", "--on-bad-row", "skip", &model, &rows]).done();
    assert_eq!(skipped.out.lines().count(), 3, "{}", skipped.out);
    assert!(skipped.err.contains("line 3") && skipped.err.contains("skipped"), "{}", skipped.err);
}

/// Two classes that differ by 1 beside an offset, or in a unit.
fn shifted(offset: f64, unit: f64) -> String {
    let row = |k: usize| {
        let class = k % 2;
        format!("{:.6e},{}\n", 0.0, class)
            .replace("0.000000e0", &format!("{:?}", offset + unit * (class as f64 + (k % 5) as f64 / 10.0)))
    };
    ["x,state\n".to_string()].into_iter().chain((0..100).map(row)).collect()
}

#[test]
fn neither_an_offset_nor_a_unit_costs_accuracy() {
    let folder = Folder::new();
    let units = [1e-12, 1e-10, 1.0, 1e20, 1e25].map(|unit| (0.0, unit));
    for (offset, unit) in
        [1e7, 1_764_000_000.0, 1_764_000_000_000.0].map(|offset| (offset, 1.0)).into_iter().chain(units)
    {
        let data = folder.write("a.csv", shifted(offset, unit));
        let error = &train("--epochs 20 --json --data", &[&data]).json()["test_error"];
        assert_eq!(error, 0.0, "offset {offset}, unit {unit}");
    }
}

#[test]
fn a_line_beyond_the_limit_ends_with_code_2_and_names_the_option() {
    let folder = Folder::new();
    let data = folder.write("a.csv", format!("a,kind\n{},x\n", "1".repeat(5000)));
    for command in [&["train", "--data"][..], &["stream", "--data"]] {
        run(&[command, &[&data, "--max-line", "1000"]].concat()).refused(2, &["line 2", "--max-line"]);
    }
}

#[test]
fn a_column_that_counts_the_rows_is_pointed_out_and_can_be_ignored() {
    let file = format!("{}/tests/tables/index_column.csv", env!("CARGO_MANIFEST_DIR"));
    let told = train("--epochs 1 --data", &[&file]).done();
    assert!(told.err.contains("counts the rows up") && told.err.contains("4 features"), "{}", told.err);
    let ignored = train("--epochs 1 --ignore column_1 --data", &[&file]).done();
    assert!(!ignored.err.contains("counts the rows up") && ignored.err.contains("3 features"), "{}", ignored.err);
}

#[test]
fn a_table_of_80_000_columns_is_learned_from_and_predicted() {
    let folder = Folder::new();
    let names: Vec<String> = (0..80_000).map(|k| format!("f{k}")).collect();
    let row = |k: usize| (0..80_000).map(|c| ((c * 7 + k * 3) % 10).to_string()).collect::<Vec<_>>().join(",");
    let rows: String = (0..10).map(|k| format!("{},{}\n", row(k), k % 2)).collect();
    let (data, model) = (folder.write("w.csv", format!("{},kind\n{rows}", names.join(","))), folder.at("run"));
    train("--net fc2 --epochs 1 --data", &[&data, "--out", &model]).done();
    let answers = openloop(&["predict", &model, &data]).output().unwrap();
    assert_eq!(Outcome::from(answers).done().out.lines().count(), 11);
}

#[test]
fn many_numbers_taken_for_classes_may_be_measured_values_and_that_is_pointed_out() {
    let folder = Folder::new();
    let rows: String = (0..600).map(|k| format!("{},{}\n", k % 7, k % 30)).collect();
    let data = folder.write("a.csv", format!("x,station\n{rows}"));
    let told = train("--epochs 1 --data", &[&data]).done();
    assert!(told.err.contains("taken for 30 classes; --task regression makes it a measured value"), "{}", told.err);
    let plain = train("--epochs 1 --data", &[&folder.write("b.csv", table(60))]).done();
    assert!(!plain.err.contains("measured value"), "{}", plain.err);
}
