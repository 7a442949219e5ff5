//! The gas sensor drift data in each of its layouts, whole and damaged: the same rows, and what each error says.

use openloop::data::{DataError, Place, SegmentedData, load_segmented};
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use tempfile::{TempDir, tempdir};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Batch, class and a seed of the features of each row; batches 2 and 4 only.
const ROWS: [(usize, u32, usize); 5] = [(2, 1, 0), (2, 6, 1), (4, 3, 2), (4, 3, 3), (4, 2, 4)];

fn value(seed: usize, feature: usize) -> f32 {
    (seed * 1000 + feature) as f32 / 8.0 - 20.0
}

/// UCI's lines of a batch.
fn lines(batch: usize) -> String {
    let line = |&(_, class, seed): &(usize, u32, usize)| {
        let values: Vec<String> = (1..=128).map(|k| format!("{k}:{:.6}", value(seed, k))).collect();
        format!("{class};10.000000 {} \n", values.join(" "))
    };
    ROWS.iter().filter(|row| row.0 == batch).map(line).collect()
}

fn table() -> String {
    let names: Vec<String> = (1..=128).map(|k| format!("feature_{k}")).collect();
    let mut text = format!("batch,label,concentration_ppmv,{}\n", names.join(","));
    for (batch, class, seed) in ROWS {
        let values: Vec<String> = (1..=128).map(|k| value(seed, k).to_string()).collect();
        text += &format!("{batch},{class},10,{}\n", values.join(","));
    }
    text
}

fn archive() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for batch in [2, 4] {
        writer.start_file(format!("Dataset/batch{batch}.dat"), SimpleFileOptions::default()).expect("a member");
        writer.write_all(lines(batch).as_bytes()).expect("memory can be written");
    }
    writer.finish().expect("an archive").into_inner()
}

/// A folder with these files of the data set.
fn folder<'f>(files: impl IntoIterator<Item = (&'f str, Vec<u8>)>) -> TempDir {
    let folder = tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join("gas-drift").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

fn read(folder: &Path) -> Result<SegmentedData, DataError> {
    load_segmented("gas-drift", Some(folder))
}

#[test]
fn every_layout_gives_the_same_rows_and_says_which_batches_are_missing() {
    let batches = || [2, 4].map(|batch| lines(batch).into_bytes());
    let [second, fourth] = batches();
    let files = folder([("batch2.dat", second), ("batch4.dat", fourth)]);
    let [second, fourth] = batches();
    let unpacked = folder([("Dataset/batch2.dat", second), ("Dataset/batch4.dat", fourth)]);
    let (packed, csv) = (folder([("gas-drift.zip", archive())]), folder([("gas-drift.csv", table().into_bytes())]));
    let found = read(csv.path()).expect("the table is whole");
    assert_eq!(found.note.as_deref(), Some("gas-drift: 2 of 10 batches"));
    assert_eq!((&found.labels[..], &found.segments[..]), (&[0, 5, 2, 2, 1][..], &[0, 0, 1, 1, 1][..]));
    assert_eq!(found.segment_names, ["2", "4"]);
    let expected = ROWS.iter().flat_map(|row| (1..=128).map(|k| value(row.2, k)));
    assert!(found.features.iter().copied().eq(expected));
    for (layout, folder) in [("files", files), ("unpacked", unpacked), ("archive", packed)] {
        assert_eq!(read(folder.path()).expect("the batches are whole"), found, "{layout}");
    }
}

#[track_caller]
fn refused(files: &[(&str, Vec<u8>)], place: Place, words: &[&str]) {
    let folder = folder(files.iter().cloned());
    let error = read(folder.path()).expect_err("damaged data");
    let text = error.to_string();
    assert!(matches!(&error, DataError::Invalid { place: found, .. } if *found == place), "{error:?}");
    for word in words {
        assert!(text.contains(word), "\"{word}\" is missing in: {text}");
    }
}

#[test]
fn a_damaged_line_is_named_with_its_file_and_what_is_wrong() {
    let batch = |from: &str, to: &str| [("batch4.dat", lines(4).replacen(from, to, 1).into_bytes())];
    refused(&batch("2;10", "7;10"), Place::Line(3), &["batch4.dat", "class \"7\"", "class;concentration"]);
    refused(&batch("7:", "8:"), Place::Line(1), &["batch4.dat", "8:"]);
    refused(&batch(" 128:", " "), Place::Line(1), &["batch4.dat"]);
    refused(&batch("5:", "5:nan"), Place::Line(1), &["batch4.dat", "5:nan"]);
    let cut = lines(4).rsplit_once(" 128:").expect("128 features").0.as_bytes().to_vec();
    refused(&[("batch4.dat", cut)], Place::Line(3), &["127 values"]);
}

#[test]
fn a_damaged_archive_or_table_is_named() {
    let mut bytes = archive();
    bytes.truncate(bytes.len() / 2);
    refused(&[("gas-drift.zip", bytes)], Place::Whole, &["gas-drift.zip", "damaged"]);
    let narrow = table().replace(",feature_128", "");
    refused(&[("gas-drift.csv", narrow.into_bytes())], Place::Line(2), &["gas-drift.csv"]);
    let other = table().replace("batch,", "lot,");
    refused(&[("gas-drift.csv", other.into_bytes())], Place::Line(1), &["gas-drift.csv", "batch, label"]);
}

#[test]
fn a_folder_without_the_data_says_how_to_get_them() {
    let empty = tempdir().expect("a folder");
    let text = read(empty.path()).expect_err("no data").to_string();
    for word in ["gas-drift.csv", "batch1.dat", "openloop data fetch gas-drift"] {
        assert!(text.contains(word), "\"{word}\" is missing in: {text}");
    }
}
