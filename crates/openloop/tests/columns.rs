//! Columns that are no numbers, held against pandas and scikit-learn: `golden/make_columns.py` wrote the table and the values, and says
//! how.

use openloop::data::{ColumnKind, Columns, DataSet, RowEncoder, SplitChoice, TableRequest, load_csv, number};
use serde::Deserialize;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Golden {
    /// Numbers of the training rows.
    train: Vec<usize>,
    names: Vec<String>,
    /// `[rows, inputs]`
    inputs: Vec<Vec<f32>>,
    dates: Vec<GoldenDate>,
}

#[derive(Deserialize)]
struct GoldenDate {
    date: String,
    inputs: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/columns.json")).unwrap()
}

fn table() -> DataSet {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/columns.csv");
    let dates = ["when".to_string()];
    load_csv(&path, &TableRequest { dates: &dates, ..TableRequest::default() }, None, SplitChoice::default()).unwrap()
}

/// The rows of a part as the network sees them.
fn inputs(data: &DataSet, part: &openloop::data::Split) -> Vec<Vec<f32>> {
    let (size, rows) = (data.shape.size(), (0..part.len() as u32).collect::<Vec<_>>());
    let mut out = vec![0.0; rows.len() * size];
    part.gather(&data.preprocessing, size, &rows, &mut out);
    out.chunks(size).map(<[f32]>::to_vec).collect()
}

#[test]
fn every_kind_of_column_becomes_the_inputs_that_pandas_and_scikit_learn_make_of_it() {
    let (golden, data) = (golden(), table());
    let columns = data.columns.as_ref().unwrap();
    let names: Vec<String> = columns.input_names();
    let kinds: Vec<String> = columns.each().map(|(_, kind)| kind.to_string()).collect();
    assert_eq!(kinds, ["number", "number", "3 categories", "true or false", "date", "3 categories"]);
    let same = |(ours, theirs): (&String, &String)| ours == theirs || ours.starts_with("when: ");
    assert!(names.len() == golden.names.len() && names.iter().zip(&golden.names).all(same), "{names:?}");
    // the first input is the number of the row
    let number = |row: &[f32]| golden.inputs.iter().position(|other| (other[0] - row[0]).abs() < 1e-4).unwrap();
    let [train, test] = [&data.train, &data.test].map(|part| inputs(&data, part));
    let mut trained: Vec<usize> = train.iter().map(|row| number(row)).collect();
    trained.sort_unstable();
    assert_eq!(trained, golden.train);
    for row in train.iter().chain(&test) {
        let expected = &golden.inputs[number(row)];
        for ((found, expected), name) in row.iter().zip(expected).zip(&names) {
            assert!((found - expected).abs() < 2e-5, "row {}, {name}: {found}, not {expected}", number(row));
        }
    }
}

#[test]
fn dates_become_the_points_of_circles_that_pandas_and_numpy_give() {
    let encoder = RowEncoder::new([&ColumnKind::Date].into_iter());
    for GoldenDate { date, inputs } in golden().dates {
        let mut found = Vec::new();
        encoder.encode(0, date.as_bytes(), number(date.as_bytes()), &mut found);
        assert_eq!(found.len(), 6, "{date}");
        for (found, expected) in found.iter().zip(&inputs) {
            assert!((found - expected).abs() < 1e-9, "{date}: {found:?}, not {expected:?}");
        }
    }
}

#[test]
fn what_was_done_to_a_table_is_said_once_for_each_column() {
    let data = table();
    let summary = data.table.unwrap();
    let text = summary.to_string();
    assert!(text.contains("6 features as 15 inputs (colour: 3 categories; open: true or false; when: date;"), "{text}");
    let told = |name: &str| summary.hints().iter().filter(|hint| hint.contains(&format!("\"{name}\""))).count();
    assert_eq!(
        ["row", "size", "colour", "open", "when", "code"].map(told),
        [1, 1, 1, 1, 1, 0],
        "{:?}",
        summary.hints()
    );
}

#[test]
fn numbers_alone_are_written_as_before_and_kinds_are_read_again() {
    let plain = Columns::new(vec!["a".into()], "label");
    assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"features":["a"],"label":"label"}"#);
    let columns = table().columns.unwrap();
    let text = serde_json::to_string(&columns).unwrap();
    assert!(
        text.contains(r#""kinds":["number","number",{"categories":["blue","dark green","red"]},"boolean","date","#),
        "{text}"
    );
    let read: Columns = serde_json::from_str(&text).unwrap();
    assert!(read == columns && read != Columns::new(columns.features.clone(), "kind"));
}
