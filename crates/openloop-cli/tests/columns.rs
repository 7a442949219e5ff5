//! Columns that are no numbers: what a table with texts, missing values and dates becomes, the same for every command.

mod common;

use common::{Folder, checkpoint, run, train};

/// Rows of a table with columns of every kind. The class follows from the colour and from whether the door is open.
fn lines(count: usize) -> Vec<String> {
    let line = |k: usize| {
        let (colour, open) = (["red", "green", "blue"][k % 3], ["yes", "No"][k / 3 % 2]);
        let kind = if (colour == "red") == (open == "yes") { "a" } else { "b" };
        let size = if k % 11 == 5 { "NA".into() } else { format!("{}.5", k * 7 % 13) };
        let colour = if k % 17 == 4 { "" } else { colour };
        format!("name {k},{colour},{open},{size},2024-{:02}-{:02},{kind}", 1 + k % 12, 1 + k % 28)
    };
    (0..count).map(line).collect()
}

const HEADER: &str = "name,colour,open,size,day,kind";

fn mixed(count: usize) -> String {
    format!("{HEADER}\n{}\n", lines(count).join("\n"))
}

#[test]
fn train_eval_and_predict_take_texts_missing_values_and_dates_alike() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", mixed(240)), folder.at("run"));
    let trained = train("--epochs 30 --date day --json --out", &[&model, "--data", &data]);
    for words in [
        "4 features as 11 inputs (colour: 3 categories; open: true or false; day: date)",
        "column \"name\" is left out",
        "column \"size\": 22 missing values, taken as the mean",
        "column \"colour\": 14 missing or unknown values, taken as no category",
    ] {
        assert_eq!(trained.err.matches(words).count(), 1, "{words}: {}", trained.err);
    }
    let trained = trained.json();
    assert!(trained["test_error"].as_f64().unwrap() < 10.0, "{trained}");
    let tested = run(&["eval", &model, "--json"]);
    assert!(tested.err.contains("as 11 inputs") && tested.err.contains("48 test rows"), "{}", tested.err);
    assert_eq!(tested.json()["test_loss"], trained["test_loss"]);
    let predicted = run(&["predict", &model, &data]).done();
    let right =
        predicted.out.lines().skip(1).zip(lines(240)).filter(|(found, line)| found[..1] == line[line.len() - 1..]);
    assert!(right.count() > 225);
    for words in [
        "column \"size\": a missing value in line 7 is taken as the mean",
        "column \"colour\": a missing value in line 6",
    ] {
        assert_eq!(predicted.err.matches(words).count(), 1, "{words}: {}", predicted.err);
    }
}

#[test]
fn rows_without_a_header_and_in_another_order_give_the_same_answers() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", mixed(120)), folder.at("run"));
    train("--epochs 5 --date day --out", &[&model, "--data", &data]).done();
    let answers = |text: String| run(&["predict", &model, &folder.write("rows.csv", text)]).done().out;
    let whole = answers(mixed(60));
    assert_eq!(answers(lines(60).join("\n")), whole);
    let turned = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",");
    let reversed: Vec<String> =
        std::iter::once(turned(HEADER)).chain(lines(60).iter().map(|line| turned(line))).collect();
    assert_eq!(answers(reversed.join("\n")), whole);
    let features = |line: &String| line.split(',').skip(1).take(4).collect::<Vec<_>>().join(",");
    assert_eq!(answers(lines(60).iter().map(features).collect::<Vec<_>>().join("\n")), whole);
    let first = |text: &str| text.lines().take(2).map(String::from).collect::<Vec<_>>();
    assert_eq!(first(&answers(features(&lines(1)[0]))), first(&whole), "a single row");
}

#[test]
fn an_unknown_category_is_no_category_and_what_is_not_of_its_kind_is_named() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", mixed(120)), folder.at("run"));
    train("--epochs 5 --date day --out", &[&model, "--data", &data]).done();
    let predict = |row: &str| {
        let rows = folder.write("rows.csv", format!("colour,open,size,day\n{row}\n"));
        run(&["predict", &model, &rows])
    };
    let unknown = predict("violet,yes,2,2024-05-01").done();
    assert!(unknown.err.contains("\"violet\", which is none of its categories, in line 2"), "{}", unknown.err);
    assert_eq!(unknown.out, predict(",yes,2,2024-05-01").done().out);
    for (row, words) in [
        ("red,maybe,2,2024-05-01", ["line 2, column 2 (\"open\")", "true or false", "maybe"]),
        ("red,yes,two,2024-05-01", ["line 2, column 3 (\"size\")", "a number", "two"]),
        ("red,yes,2,May 2024", ["line 2, column 4 (\"day\")", "a date such as 2024-05-31", "May 2024"]),
        ("red,yes,2,2024-02-30", ["line 2, column 4 (\"day\")", "a date such as 2024-05-31", "2024-02-30"]),
    ] {
        predict(row).refused(1, &words);
    }
    let bad = folder.write("bad.csv", mixed(120).replacen("2024-03-03", "3 March", 1));
    train("--epochs 1 --date day --data", &[&bad]).refused(1, &["line 4, column 5 (\"day\")", "a date", "3 March"]);
}

#[test]
fn what_is_asked_of_a_column_must_make_sense() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", mixed(120)), folder.at("run"));
    let refuse =
        |options: &str, words: &[&str]| train(&format!("--epochs 1 {options} --data"), &[&data]).refused(2, words);
    refuse("--date when", &["no column \"when\""]);
    refuse("--date kind", &["--date", "\"kind\"", "no feature"]);
    refuse("--date day --category day", &["--category", "\"day\""]);
    refuse("--date day --ignore day", &["--date", "\"day\""]);
    train("--epochs 1 --date day", &[]).refused(2, &["date \"day\"", "digits"]);
    train("--epochs 1 --date day --out", &[&model, "--data", &data]).done();
    let from = |options: &str| train(&format!("--epochs 1 {options} --from"), &[&model, "--data", &data]);
    from("--date day").done();
    from("--date size").refused(2, &["the model takes column \"size\" as: number", "--date"]);
    let texts =
        folder.write("b.csv", "x,y,kind\nb c,1,a\nd e,1,b\nf g,1,a\nh i,,b\nj k,,a\nl m,,b\n".replace(",1,", ",,"));
    train("--epochs 1 --data", &[&texts]).refused(2, &["no column is left", "\"x\"", "\"y\""]);
}

#[test]
fn a_column_of_dates_that_is_not_asked_for_is_left_out_with_a_hint() {
    let folder = Folder::new();
    let row = |k: usize| format!("{k}.5,2024-05-{:02}T{:02}:00,{}\n", 1 + k / 24, k % 24, ["a", "b"][k % 2]);
    let data = folder.write("a.csv", format!("x,when,kind\n{}", (0..90).map(row).collect::<String>()));
    let trained = train("--epochs 1 --data", &[&data]).done();
    assert!(
        trained.err.contains("column \"when\" is left out") && trained.err.contains("--date \"when\""),
        "{}",
        trained.err
    );
    let with = train("--epochs 1 --date when --data", &[&data]).done();
    assert!(with.err.contains("2 features as 7 inputs (when: date)"), "{}", with.err);
}

#[test]
fn numbers_can_be_categories_and_a_text_among_numbers_then_is_one() {
    let folder = Folder::new();
    let text: String =
        (0..90).map(|k| format!("{},{}.5,{}\n", ["250", "401.0", "V57"][(k % 7).min(2) % 3], k % 9, k % 2)).collect();
    let numbers: String = (0..90).map(|k| format!("{},{}.5,{}\n", [250, 401, 57][k % 3], k % 9, k % 2)).collect();
    let mixed: String =
        (0..90).map(|k| format!("{},{}.5,{}\n", ["250", "401", "V57", "8"][k % 4], k % 9, k % 2)).collect();
    let write = |text: &str| folder.write("a.csv", format!("code,x,kind\n{text}"));
    assert!(train("--epochs 1 --data", &[&write(&text)]).done().err.contains("code: 3 categories"));
    assert!(train("--epochs 1 --category code --data", &[&write(&numbers)]).done().err.contains("code: 3 categories"));
    train("--epochs 1 --data", &[&write(&mixed)]).refused(1, &["line 4", "\"V57\"", "--category \"code\""]);
    assert!(train("--epochs 1 --category code --data", &[&write(&mixed)]).done().err.contains("code: 4 categories"));
}

#[test]
fn every_trial_of_a_comparison_has_the_inputs_of_the_first_split() {
    let folder = Folder::new();
    // most splits know other categories
    let rare = |k: usize, line: String| {
        if k.is_multiple_of(9) { line.replacen("red", &format!("rare {}", k % 2), 1) } else { line }
    };
    let rows: Vec<String> = lines(60).into_iter().enumerate().map(|(k, line)| rare(k, line)).collect();
    let (data, out) = (folder.write("a.csv", format!("{HEADER}\n{}\n", rows.join("\n"))), folder.at("out"));
    run(&["compare", "--rules", "drtp", "--trials", "6", "--epochs", "2", "--out", &out, "--data", &data]).done();
    let cells = common::contents(&format!("{out}/cells")).into_iter();
    let parameters = cells.filter_map(|(_, text)| {
        let cell: serde_json::Value = serde_json::from_slice(&text).ok()?;
        cell["outcome"]["finished"]["trial"]["parameters"].as_u64()
    });
    let parameters: Vec<u64> = parameters.collect();
    assert!(parameters.len() == 12 && parameters.iter().all(|count| *count == parameters[0]), "{parameters:?}");
}

#[test]
fn a_run_is_continued_with_the_same_bits_and_only_on_the_same_kinds() {
    let folder = Folder::new();
    let (data, whole, halves) = (folder.write("a.csv", mixed(120)), folder.at("whole"), folder.at("halves"));
    train("--epochs 6 --date day --out", &[&whole, "--data", &data]).done();
    train("--epochs 3 --date day --out", &[&halves, "--data", &data]).done();
    train("--epochs 6 --resume --date day --out", &[&halves, "--data", &data]).done();
    assert!(checkpoint(&whole) == checkpoint(&halves), "other bits");
    train("--epochs 6 --resume --out", &[&halves, "--data", &data]).refused(2, &["other rows or columns"]);
}

#[test]
fn data_info_of_a_table_says_what_each_column_is() {
    let folder = Folder::new();
    let data = folder.write("a.csv", mixed(120));
    let told = run(&["data", "info", &data, "--date", "day"]).done().out;
    let line = |name: &str| {
        let line = told.lines().find(|line| line.split("  ").next() == Some(name));
        line.unwrap_or_else(|| panic!("no {name} in {told}"))
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect::<Vec<_>>()
    };
    assert!(told.lines().next().unwrap().ends_with("; 120 rows"), "{told}");
    assert_eq!(line("column"), ["column", "kind", "inputs", "missing", "values"]);
    assert_eq!(line("name"), ["name", "left out", "-", "0", "most rows have a text of their own"]);
    assert_eq!(line("colour"), ["colour", "3 categories", "3", "7", "blue 38, red 38, green 37"]);
    assert_eq!(line("open"), ["open", "true or false", "1", "0", "60 true, 60 false"]);
    assert_eq!(line("size"), ["size", "number", "1", "11", "0.5 to 12.5, mean 6.4908"]);
    assert_eq!(line("day"), ["day", "date", "6", "0", "2024-01-01 00:00 to 2024-12-28 00:00"]);
    assert_eq!(line("kind"), ["kind", "label", "-", "0", "2 classes: a, b"]);
    let ignored = run(&["data", "info", &data, "--ignore", "day"]).done().out;
    assert!(ignored.lines().any(|line| line.starts_with("day") && line.contains("ignored")), "{ignored}");
    let stray = folder.write("b.csv", mixed(30).replacen(",0.5,", ",large,", 1));
    let stray = run(&["data", "info", &stray]).done().out;
    assert!(stray.contains("note: line 2, column 4 (\"size\") is \"large\""), "{stray}");
    run(&["data", "info", "digits", "--date", "day"]).refused(2, &["FILE.csv"]);
    run(&["data", "info", &folder.at("none.csv")]).refused(1, &["none.csv"]);
}

#[test]
fn a_c_header_says_what_its_inputs_are_and_a_blob_knows_only_how_many() {
    let folder = Folder::new();
    let (data, model) = (folder.write("a.csv", mixed(120)), folder.at("run"));
    train("--net fc4 --rule drtp --optimizer sgd --epochs 1 --date day --out", &[&model, "--data", &data]).done();
    let (header, blob) = (folder.at("net.h"), folder.at("net.olnb"));
    run(&["export", &model, "--to", "c", &header]).done();
    let text = std::fs::read_to_string(&header).unwrap();
    for words in [
        "NET_INPUTS 11u",
        "0 to 2: \"colour\", 1 for its category",
        "\"blue\", \"green\", \"red\"",
        "5 to 10: \"day\", a date",
    ] {
        assert!(text.contains(words), "{words}: {}", &text[..1500]);
    }
    run(&["export", &model, "--to", "device", &blob]).done();
    run(&["eval", &blob, "--data", &data]).refused(2, &["11"]);
}
