//! CSV files: headers, labels, classes, scaling, rows for prediction, and what each error says.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use openloop::data::{
    Columns, DataError, DataRequest, DataSet, ExpectedColumns, Features, ModelTable, Place, Preprocessing, Split,
    SplitChoice, Table, TableRequest, Targets, load, load_csv, load_csv_for,
};
use proptest::prelude::*;
use tempfile::{TempDir, tempdir};

fn file(contents: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("table.csv");
    fs::write(&path, contents).expect("a file");
    (folder, path)
}

fn load_text(text: impl AsRef<[u8]>, label: Option<&str>) -> Result<DataSet, DataError> {
    let (_folder, path) = file(text);
    load_csv(&path, &TableRequest { label, ..TableRequest::default() }, None, SplitChoice::default())
}

fn error_of(text: &str) -> String {
    load_text(text, None).expect_err("an error").to_string()
}

fn labels(split: &Split) -> &[u32] {
    match &split.targets {
        Targets::Labels(labels) => labels,
        Targets::Values(_) => panic!("regression"),
    }
}

fn floats(split: &Split) -> &[f32] {
    match &split.features {
        Features::Floats(floats) => floats,
        _ => panic!("no floats"),
    }
}

/// All rows of both splits, sorted: the first feature, then the label.
fn all_rows(set: &DataSet) -> Vec<(f32, u32)> {
    let size = set.shape.size();
    let pairs = |split: &Split| -> Vec<(f32, u32)> {
        floats(split).chunks(size).map(|row| row[0]).zip(labels(split).iter().copied()).collect()
    };
    let mut all = [pairs(&set.train), pairs(&set.test)].concat();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all
}

const FLOWERS: &str = "length,width,kind\n1,10,rose\n2,20,lily\n3,30,rose\n4,40,lily\n5,50,aster\n";

#[test]
fn a_header_is_found_and_text_labels_are_sorted_as_text() {
    let set = load_text(FLOWERS, None).expect("a data set");
    let columns = Columns::new(vec!["length".into(), "width".into()], "kind");
    assert_eq!(set.columns, Some(columns));
    assert_eq!(set.classes, ["aster", "lily", "rose"]);
    assert_eq!((set.train.len(), set.test.len(), set.outputs, set.shape.size()), (4, 1, 3, 2));
    assert_eq!(all_rows(&set), [(1.0, 2), (2.0, 1), (3.0, 2), (4.0, 1), (5.0, 0)]);
}

#[test]
fn a_file_without_a_header_keeps_its_first_row_even_with_text_labels() {
    let text = &FLOWERS[FLOWERS.find('\n').unwrap_or(0) + 1..];
    let set = load_text(text, None).expect("a data set");
    assert_eq!(all_rows(&set).len(), 5);
    assert_eq!(set.columns.map(|columns| columns.label).as_deref(), Some("column_3"));
}

#[test]
fn number_labels_are_sorted_as_numbers_and_their_writing_does_not_matter() {
    let set = load_text("1,10\n2,9\n3,10.0\n4,-1\n5,9.0\n6,1e1\n", None).expect("a data set");
    assert_eq!(set.classes, ["-1", "9", "10"]);
    assert_eq!(all_rows(&set).iter().map(|row| row.1).collect::<Vec<_>>(), [2, 1, 2, 0, 1, 2]);
}

#[test]
fn the_label_column_is_the_one_asked_for_else_the_one_named_so_else_the_last() {
    let text = "a,Target,b\n1,x,1\n2,y,2\n3,x,1\n4,y,2\n5,x,1\n";
    let label = |set: DataSet| set.columns.map(|columns| columns.label);
    assert_eq!(label(load_text(text, None).expect("a data set")).as_deref(), Some("Target"));
    let numbers = text.replace('x', "7").replace('y', "8");
    assert_eq!(label(load_text(&numbers, Some("b")).expect("a data set")).as_deref(), Some("b"));
    assert_eq!(label(load_text(numbers.replace("Target", "t"), None).expect("a data set")).as_deref(), Some("b"));
    let numbered = "0,1,label\n5,1,1\n6,2,2\n7,3,1\n8,4,2\n9,5,1\n";
    assert_eq!(all_rows(&load_text(numbered, None).expect("a data set")).len(), 5);
}

#[test]
fn an_unknown_label_column_lists_the_columns() {
    let error = load_text(FLOWERS, Some("colour")).expect_err("an error");
    assert!(error.is_wrong_request());
    assert!(error.to_string().contains("\"length\", \"width\", \"kind\""), "{error}");
}

#[test]
fn gzip_windows_line_ends_quotes_and_a_byte_order_mark_change_nothing() {
    let plain = load_text(FLOWERS, None).expect("a data set");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(FLOWERS.as_bytes()).and_then(|()| encoder.finish()).expect("memory");
    let quoted = FLOWERS.replace("rose", "\"rose\"").replace(",10,", " , 10 ,");
    for other in [packed, FLOWERS.replace('\n', "\r\n").into(), quoted.into(), format!("\u{feff}{FLOWERS}\n\n").into()]
    {
        let set = load_text(other, None).expect("a data set");
        assert_eq!(DataSet { name: plain.name.clone(), ..set }, plain);
    }
}

#[test]
fn features_are_standardised_by_the_training_rows_and_constant_columns_only_centred() {
    let mut text = String::from("a,constant,label\n");
    (0..100).for_each(|i| text += &format!("{},0.1,{}\n", i * i, i % 2));
    let set = load_text(&text, None).expect("a data set");
    let rows: Vec<u32> = (0..80).collect();
    let mut out = vec![0.0; 160];
    set.train.gather(&set.preprocessing, 2, &rows, &mut out);
    let mean = out.iter().step_by(2).sum::<f32>() / 80.0;
    let variance = out.iter().step_by(2).map(|value| value * value).sum::<f32>() / 80.0;
    assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5, "{mean} {variance}");
    assert_eq!(set.preprocessing.scale[1], 1.0);
    assert!(out.iter().skip(1).step_by(2).all(|value| value.abs() < 1e-6));
}

#[test]
fn the_split_is_fixed_and_keeps_every_row_once() {
    let mut text = String::new();
    (0..103).for_each(|i| text += &format!("{i},{}\n", i % 3));
    let set = load_text(&text, None).expect("a data set");
    assert_eq!((set.train.len(), set.test.len()), (82, 21));
    assert_eq!(all_rows(&set), (0u32..103).map(|i| (i as f32, i % 3)).collect::<Vec<_>>());
    let again = load_text(&text, None).expect("a data set");
    assert_eq!((again.train, again.test), (set.train, set.test));
}

#[test]
fn a_bad_cell_is_named_by_line_column_and_name() {
    for (cell, expected) in [
        ("abc", "expected a number with a decimal point, found \"abc\""),
        ("1;5", "expected a number with a decimal point, found \"1;5\""),
        ("-inf", "expected a finite number that fits a 32-bit float, found \"-inf\""),
        ("1e99", "expected a finite number that fits a 32-bit float, found \"1e99\""),
    ] {
        let error = error_of(&FLOWERS.replace(",30,", &format!(",{cell},")));
        assert!(error.contains(&format!("table.csv, line 4, column 2 (\"width\"): {expected}; ")), "{error}");
    }
    assert!(error_of("a,b\n1,\n").contains("expected at least 5 rows of data, found 0, and 1 without a label"));
    let error = load_text(b"1,a\n\xff,b\n", None).expect_err("an error").to_string();
    assert!(error.contains("line 2, column 1") && error.contains("UTF-8"), "{error}");
}

#[test]
fn a_missing_feature_is_the_mean_of_the_training_rows_and_said_once() {
    for cell in ["", "NaN", "NA", "?"] {
        let set = load_text(FLOWERS.replace(",30,", &format!(",{cell},")), None).expect("a data set");
        let (mut inputs, mut missing) = (vec![0.0; 2], 0);
        for part in [&set.train, &set.test] {
            for (row, raw) in floats(part).chunks(2).enumerate().filter(|(_, raw)| raw[1].is_nan()) {
                part.gather(&set.preprocessing, 2, &[row as u32], &mut inputs);
                assert!(raw[0] == 3.0 && inputs[1] == 0.0, "{cell}: {raw:?} {inputs:?}");
                missing += 1;
            }
        }
        assert_eq!(missing, 1, "{cell}");
        let told = set.table.as_ref().expect("a table").hints().iter().filter(|hint| hint.contains("\"width\""));
        let mean = set.preprocessing.means(2).expect("means")[1];
        let expected = format!("column \"width\": 1 missing value, taken as the mean {mean:.1}");
        assert!(told.clone().count() == 1 && told.clone().all(|hint| hint.starts_with(&expected)), "{expected}");
    }
}

#[test]
fn ragged_rows_are_named_by_line() {
    let error = error_of(&FLOWERS.replace("4,40,lily", "4,lily"));
    assert!(error.contains("line 5: expected 3 cells, as in the first row, found 2 cells"), "{error}");
}

#[test]
fn files_with_too_little_in_them_are_refused() {
    assert!(error_of("").contains("byte 0: expected rows of data, found an empty file"));
    assert!(error_of("\n\r\n\n").contains("an empty file"));
    assert!(error_of("1|2\n").contains("expected at least two columns, separated by commas"));
    assert!(error_of("a,label\n").contains("expected at least 5 rows of data, found 0"));
    assert!(error_of("1,a\n2,b\n3,a\n4,b\n").contains("expected at least 5 rows of data, found 4"));
    assert!(error_of("1,a\n2,a\n3,a\n4,a\n5,a\n").contains("expected at least two classes, found only one"));
    assert!(error_of("1,a\n2,b\n3,c\n4,d\n5,e\n").contains("found another label in every row"));
    assert!(error_of("a,a,b\n1,2,3\n").contains("found \"a\" more than once"));
}

#[test]
fn a_missing_file_a_folder_and_a_cut_gzip_file_are_named() {
    let folder = tempdir().expect("a folder");
    let request = |name: &Path| load(&DataRequest { name: &name.display().to_string(), ..DataRequest::default() });
    let path = folder.path().join("absent.csv");
    let error = request(&path).expect_err("an error");
    assert!(matches!(&error, DataError::Access { file, .. } if *file == path), "{error}");
    let path = folder.path().join("folder.csv");
    fs::create_dir(&path).expect("a folder");
    assert!(matches!(request(&path), Err(DataError::Folder { .. })));
    let path = folder.path().join("cut.csv.gz");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(FLOWERS.as_bytes()).and_then(|()| encoder.finish()).expect("memory");
    fs::write(&path, &packed[..packed.len() - 4]).expect("a file");
    assert!(matches!(request(&path), Err(DataError::Gzip { .. })));
}

fn columns() -> Columns {
    Columns::new(vec!["length".into(), "width".into()], "kind")
}

fn predict(text: &str, expected: ExpectedColumns) -> Vec<Result<(u64, Vec<f32>), String>> {
    let (path, reader) = (Path::new("rows"), Cursor::new(text.as_bytes().to_vec()));
    let request = TableRequest { expected, read_ahead: Some(1), ..TableRequest::default() };
    let mut table = match Table::read(path, reader, &request) {
        Ok(Some(table)) => table,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![Err(error.to_string())],
    };
    let mut rows = Vec::new();
    while table.advance().expect("memory") {
        let mut features = Vec::new();
        let read = table.features(&mut features).map_err(|bad| bad.into_error(path).to_string());
        rows.push(read.map(|()| (table.line(), features.iter().map(|&value| value as f32).collect())));
    }
    rows
}

#[test]
fn rows_are_matched_by_name_if_there_is_a_header_else_by_position() {
    let columns = columns();
    let rows = vec![Ok((2, vec![1.0, 10.0])), Ok((4, vec![2.0, 20.0]))];
    for text in ["width,extra,length,kind\n10,x,1,rose\n\n20,y,2,\n", "length,width\n1,10\n\n2,20\n"] {
        assert_eq!(predict(text, ExpectedColumns::Columns(&columns)), rows);
    }
    let rows = vec![Ok((1, vec![1.0, 10.0])), Ok((2, vec![2.0, 20.0]))];
    for text in ["1,10\n2,20", "1,10,rose\n2,20,lily\n", "1,10,\n2,20,\n"] {
        assert_eq!(predict(text, ExpectedColumns::Columns(&columns)), rows);
        assert_eq!(predict(text, ExpectedColumns::Count(2)), rows);
    }
    assert_eq!(predict("a,b\n1,10\n", ExpectedColumns::Count(2)), [Ok((2, vec![1.0, 10.0]))]);
    assert_eq!(predict("", ExpectedColumns::Count(2)), []);
    let first = Columns::new(vec!["column_2".into(), "column_3".into()], "column_1");
    assert_eq!(predict("rose,1,10\n", ExpectedColumns::Columns(&first)), [Ok((1, vec![1.0, 10.0]))]);
}

#[test]
fn a_bad_row_is_an_error_and_the_next_can_still_be_read() {
    let columns = columns();
    let rows = predict("1,10\n2,\n3\n4,40\n", ExpectedColumns::Columns(&columns));
    assert_eq!((rows.len(), &rows[0], &rows[3]), (4, &Ok((1, vec![1.0, 10.0])), &Ok((4, vec![4.0, 40.0]))));
    assert!(rows[1].as_ref().is_err_and(|error| error.starts_with("rows, line 2, column 2: expected a number")));
    assert!(rows[2].as_ref().is_err_and(|error| error.starts_with("rows, line 3: expected 2 cells")));
}

#[test]
fn columns_that_do_not_fit_the_model_end_the_reading() {
    let columns = columns();
    let rows = predict("length,height\n1,10\n2,20\n", ExpectedColumns::Columns(&columns));
    assert_eq!(rows.len(), 1);
    assert!(
        rows[0].as_ref().is_err_and(|error| error.contains("\"width\" once, found the columns \"length\", \"height\""))
    );
    let rows = predict("1,2,3,4\n", ExpectedColumns::Columns(&columns));
    assert!(rows.len() == 1 && rows[0].as_ref().is_err_and(|error| error.contains("found 4 cells")));
}

/// All rows for a model of [`columns`] and these classes.
fn load_known(text: &str, label: Option<&str>, classes: &[String]) -> Result<Split, DataError> {
    let (_folder, path) = file(text);
    let columns = columns();
    let preprocessing = &Preprocessing::identity();
    let model =
        ModelTable { columns: Some(&columns), features: 2, classes, are_named: true, units: None, preprocessing };
    load_csv_for(&path, &TableRequest { label, ..TableRequest::default() }, &model).map(|rows| rows.all)
}

#[test]
fn another_file_is_read_whole_with_the_models_classes() {
    let classes: Vec<String> = ["aster", "lily", "rose"].map(String::from).to_vec();
    let read = |text: &str, label| load_known(text, label, &classes);
    for text in [FLOWERS, "kind,x,width,length\nrose,0,10,1\nlily,0,20,2\nrose,0,30,3\nlily,0,40,4\naster,0,50,5\n"] {
        let split = read(text, None).expect("a split");
        assert_eq!(labels(&split), [2, 1, 2, 1, 0]);
        assert_eq!(floats(&split)[..4], [1.0, 10.0, 2.0, 20.0]);
    }
    assert_eq!(labels(&read("9,9,lily\n", None).expect("a split")), [1]);
    assert_eq!(labels(&read("length,width,type\n9,9,lily\n", Some("type")).expect("a split")), [1]);
    let error = read("9,9,lily\n9,9,tulip\n", None).expect_err("an error");
    assert!(matches!(&error, DataError::Invalid { place: Place::Cell { line: 2, column: 3, .. }, .. }), "{error}");
    assert!(error.to_string().contains("\"aster\", \"lily\", \"rose\", found \"tulip\""), "{error}");
    assert!(read("length,width\n9,9\n", None).expect_err("an error").to_string().contains("a label column \"kind\""));
    assert!(read("", None).expect_err("an error").to_string().contains("an empty file"));
}

#[test]
fn number_classes_are_known_however_they_are_written() {
    let split = load_known("1,10,2.0\n1,10,1\n", None, &["1".into(), "2".into()]).expect("a split");
    assert_eq!(labels(&split), [1, 0]);
}

proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in "[0-9a,\"\r\n .é-]{0,120}") {
        if let Ok(set) = load_text(&text, None) {
            let mut out = vec![0.0; set.shape.size()];
            set.test.gather(&set.preprocessing, set.shape.size(), &[0], &mut out);
            prop_assert!(set.preprocessing.fits(set.shape.size()));
        }
        let _ = load_known(&text, None, &["a".into(), "1".into()]);
        predict(&text, ExpectedColumns::Count(1));
        predict(&text, ExpectedColumns::Columns(&columns()));
    }

    #[test]
    fn no_bytes_make_the_readers_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        packed in any::<bool>(),
    ) {
        let start: &[u8] = if packed { &[0x1f, 0x8b, 8, 0] } else { &[] };
        let _ = load_text([start, &bytes].concat(), None);
    }
}
