//! Messages of all kinds, and what is none.

use super::*;
use crate::data::ColumnKind;
use proptest::prelude::*;

fn read_with(payload: &str, classes: &[&str], extra_cell: Option<ExtraCell>) -> Result<Row, String> {
    let mut row = Row::default();
    let columns = ["a".to_string(), "b".to_string()];
    let classes: Vec<String> = classes.iter().map(|class| class.to_string()).collect();
    let base = ReadingFormat { features: 2, columns: &columns, label: "state", ..ReadingFormat::default() };
    let format = ReadingFormat { classes: &classes, extra_cell, ..base };
    parse_reading(payload.as_bytes(), &format, &mut Reader::default(), &mut row).map(|()| row)
}

fn read(payload: &str) -> Result<Row, String> {
    read_with(payload, &["on", "off"], None)
}

#[test]
fn a_reading_is_the_same_however_it_is_written() {
    let expected = Row { id: "7".into(), features: vec![1.0, -2.5], ..Row::default() };
    for payload in
        ["7,1,-2.5", "7, 1 ,-2.5\n", r#"{"id":7,"features":[1,-2.5]}"#, r#"{"id":"7","b":-2.5,"a":1,"c":true}"#]
    {
        assert_eq!(read(payload).unwrap(), expected, "{payload}");
    }
    assert_eq!(read("1,-2.5").unwrap().id, "");
    assert_eq!(read("7,1,2,x").unwrap().label, "x");
    assert_eq!(read(r#"{"id":1,"features":[1,2],"label":3}"#).unwrap().label, "3");
}

#[test]
fn a_label_without_an_id_counts_as_in_a_file_and_under_its_columns_name() {
    let expected = Row { label: "on".into(), features: vec![1.0, 2.0], ..Row::default() };
    for payload in [
        "1,2,on",
        r#"{"a":1,"b":2,"state":"on"}"#,
        r#"{"a":1,"b":2,"label":"on","state":"on"}"#,
        r#"{"features":[1,2],"state":"on","label":null}"#,
    ] {
        assert_eq!(read(payload).unwrap(), expected, "{payload}");
    }
    assert!(read(r#"{"a":1,"b":2,"label":"on","state":"off"}"#).unwrap_err().contains("differ"));
    assert_eq!(read(r#"{"a":1,"b":2,"state":true}"#).unwrap().label, "true");
}

#[test]
fn a_number_that_could_be_an_id_or_a_label_is_refused_until_it_is_said_what_it_is() {
    let classes = ["0", "1", "2"];
    for payload in ["2.1,4.3,1", "2.1,4.3,1.0", "7,4.3,2", "2.1,4.3,9"] {
        assert!(read_with(payload, &classes, None).unwrap_err().contains("extra-cell"), "{payload}");
        let id = read_with(payload, &classes, Some(ExtraCell::Id)).unwrap();
        let label = read_with(payload, &classes, Some(ExtraCell::Label)).unwrap();
        let (first, last) = (payload.split(',').next(), payload.split(',').next_back());
        assert_eq!((Some(&*id.id), &*id.label), (first, ""));
        assert_eq!((&*label.id, Some(&*label.label)), ("", last));
    }
    assert_eq!(read_with("r7,4.3,2", &classes, None).unwrap().id, "r7");
    assert_eq!(read_with("7,4.3,2.5", &classes, None).unwrap().id, "7");
    assert_eq!(read("7,4.3,2").unwrap().id, "7", "no class is a number");
}

#[test]
fn a_feature_called_id_or_label_is_a_feature() {
    let columns = ["id".to_string(), "label".to_string()];
    let format = ReadingFormat { features: 2, columns: &columns, label: "state", ..ReadingFormat::default() };
    let mut row = Row::default();
    parse_reading(br#"{"id":1,"label":2,"state":"on"}"#, &format, &mut Reader::default(), &mut row).unwrap();
    assert_eq!(row, Row { features: vec![1.0, 2.0], label: "on".into(), ..Row::default() });
}

#[test]
fn texts_booleans_and_missing_values_become_inputs_where_the_model_knows_how() {
    let kinds = [ColumnKind::Categories(vec!["dry".into(), "wet".into()]), ColumnKind::Boolean, ColumnKind::Number];
    let encoder = RowEncoder::new(kinds.iter());
    let columns = ["ground", "open", "size"].map(String::from);
    let format = ReadingFormat { features: 3, encoder: Some(&encoder), columns: &columns, ..ReadingFormat::default() };
    let read = |payload: &str, has_means: bool| {
        let mut row = Row::default();
        let format = ReadingFormat { has_means, ..format };
        parse_reading(payload.as_bytes(), &format, &mut Reader::default(), &mut row).map(|()| row.features)
    };
    for payload in ["wet,yes,2", r#"{"ground":"wet","open":true,"size":2}"#, r#"{"features":["wet","T",2]}"#] {
        assert_eq!(read(payload, true).unwrap(), [0.0, 1.0, 1.0, 2.0], "{payload}");
    }
    for payload in ["icy,no,", r#"{"ground":null,"open":false,"size":null}"#] {
        let found = read(payload, true).unwrap();
        assert!(found[..3] == [0.0; 3] && found[3].is_nan(), "{payload}: {found:?}");
        assert!(read(payload, false).unwrap_err().contains("not a value that is known"), "{payload}");
    }
    assert!(read("wet,maybe,2", true).unwrap_err().contains("cell 2 of a reading is not true or false"));
    assert!(read("a,wet,yes,2", true).unwrap_err().contains("extra-cell"));
}

#[test]
fn what_is_no_reading_is_named() {
    for (payload, words) in [
        ("", "cells"),
        ("1,2,3,4,5", "5 cells"),
        ("7,x,1", "cell 2"),
        ("7,NaN,1", "cell 2"),
        ("{", "JSON"),
        (r#"{"id":1}"#, "\"a\""),
        (r#"{"id":[],"a":1,"b":1}"#, "text or a number"),
        (r#"{"features":[1]}"#, "list of 2"),
    ] {
        let error = read(payload).unwrap_err();
        assert!(error.contains(words), "{payload}: {error}");
    }
}

#[test]
fn a_label_needs_an_id_and_a_class() {
    let read = |payload: &str| {
        let mut row = Row::default();
        parse_label(payload.as_bytes(), &[], &mut Cells::default(), &mut row).map(|()| (row.id, row.label))
    };
    assert_eq!(read("7,on").unwrap(), read(r#"{"id":7,"label":"on"}"#).unwrap());
    for payload in ["7", "7,", ",on", "1,2,3", r#"{"id":7}"#] {
        assert!(read(payload).is_err(), "{payload}");
    }
}

proptest! {
    #[test]
    fn no_message_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (mut reader, mut row) = (Reader::default(), Row::default());
        let format = ReadingFormat { features: 3, ..ReadingFormat::default() };
        let _ = parse_reading(&bytes, &format, &mut reader, &mut row);
        let _ = parse_label(&bytes, &[], &mut reader.cells, &mut row);
    }
}

fn read_values(payload: &str, targets: &[&str], extra_cell: Option<ExtraCell>) -> Result<Row, String> {
    let (columns, targets) =
        (["a", "b"].map(String::from), targets.iter().map(|name| name.to_string()).collect::<Vec<_>>());
    let base = ReadingFormat { features: 2, columns: &columns, label: &targets[0], ..ReadingFormat::default() };
    let format = ReadingFormat { targets: &targets, extra_cell, ..base };
    let mut row = Row::default();
    parse_reading(payload.as_bytes(), &format, &mut Reader::default(), &mut row).map(|()| row)
}

#[test]
fn values_are_read_as_numbers_one_for_each_target() {
    for (payload, targets, id, values) in [
        ("r7,1,2,3.5", &["t"][..], "r7", &[3.5][..]),
        ("r7,1,2,", &["t"], "r7", &[]),
        ("1,2", &["t"], "", &[]),
        ("r7,1,2", &["t"], "r7", &[]),
        ("1,2,NA", &["t"], "", &[]),
        (r#"{"a":1,"b":2,"t":-3}"#, &["t"], "", &[-3.0]),
        (r#"{"id":"x","features":[1,2],"label":4}"#, &["t"], "x", &[4.0]),
        (r#"{"a":1,"b":2,"t":null}"#, &["t"], "", &[]),
        ("1,2,3,4", &["t", "u"], "", &[3.0, 4.0]),
        ("7,1,2,3,4", &["t", "u"], "7", &[3.0, 4.0]),
        ("7,1,2", &["t", "u"], "7", &[]),
        (r#"{"a":1,"b":2,"u":4,"t":3}"#, &["t", "u"], "", &[3.0, 4.0]),
        (r#"{"a":1,"b":2,"label":[3,4]}"#, &["t", "u"], "", &[3.0, 4.0]),
    ] {
        let row = read_values(payload, targets, None).unwrap();
        assert_eq!((&*row.id, &*row.values, row.features.len()), (id, values, 2), "{payload}");
    }
    for (payload, words) in [
        ("r7,1,2,warm", "\"t\" is no finite number"),
        ("r7,1,2,inf", "\"t\" is no finite number"),
        ("1,2,3.5", "extra-cell"),
        (r#"{"a":1,"b":2,"t":"x"}"#, "\"t\" is no finite number"),
        (r#"{"a":1,"b":2,"t":1,"label":2}"#, "differ"),
        (r#"{"a":1,"b":2,"label":[1,2]}"#, "\"t\" is no finite number"),
    ] {
        let error = read_values(payload, &["t"], None).unwrap_err();
        assert!(error.contains(words), "{payload}: {error}");
    }
    assert_eq!(read_values("1,2,3.5", &["t"], Some(ExtraCell::Label)).unwrap().values, [3.5]);
    assert_eq!(read_values("1,2,3.5", &["t"], Some(ExtraCell::Id)).unwrap().id, "1");
    assert!(read_values(r#"{"a":1,"b":2,"label":[1]}"#, &["t", "u"], None).unwrap_err().contains("list of 2"));
}

#[test]
fn a_late_label_of_values_has_one_for_each_target() {
    let targets = ["t".to_string(), "u".into()];
    let read = |payload: &str, count: usize| {
        let mut row = Row::default();
        parse_label(payload.as_bytes(), &targets[..count], &mut Cells::default(), &mut row)
            .map(|()| (row.id, row.values))
    };
    assert_eq!(read("r7,2.5", 1).unwrap(), ("r7".into(), vec![2.5]));
    for payload in ["r7,1,2", r#"{"id":"r7","label":[1,2]}"#, r#"{"id":"r7","u":2,"t":1}"#] {
        assert_eq!(read(payload, 2).unwrap(), ("r7".into(), vec![1.0, 2.0]), "{payload}");
    }
    for payload in ["r7,1", "r7,1,x", "r7,1,", r#"{"id":"r7","label":1}"#, r#"{"id":"r7","u":2}"#, r#"{"u":2,"t":1}"#] {
        assert!(read(payload, 2).is_err(), "{payload}");
    }
}

#[test]
fn missing_and_unknown_values_are_said_once_for_each_column_of_a_reading_that_can_be_used() {
    let kinds = [ColumnKind::Categories(vec!["dry".into(), "wet".into()]), ColumnKind::Number];
    let encoder = RowEncoder::new(kinds.iter());
    let columns = ["ground", "size"].map(String::from);
    let base = ReadingFormat { features: 2, columns: &columns, has_means: true, ..ReadingFormat::default() };
    let format = ReadingFormat { encoder: Some(&encoder), kinds: &kinds, ..base };
    let (mut reader, mut row) = (Reader::default(), Row::default());
    let mut read = |payload: &str| {
        row.clear();
        let read = parse_reading(payload.as_bytes(), &format, &mut reader, &mut row).is_ok();
        (read, std::iter::from_fn(|| reader.take_news()).collect::<Vec<_>>())
    };
    assert_eq!(read("icy,x"), (false, vec![]));
    let told = [
        "column \"ground\": \"icy\", which is none of its categories, in a reading is taken as no category, and so are later ones",
        "column \"size\": a missing value in a reading is taken as the mean, and so are later ones",
    ];
    assert_eq!(read("icy,"), (true, told.map(String::from).into()));
    assert_eq!(read(r#"{"ground":"icy","size":null}"#), (true, vec![]));
}
