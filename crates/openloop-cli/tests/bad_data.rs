//! Damaged, missing and mis-sized data: one clear line that names file, place and what was expected, and no panic.

mod common;

use common::{Folder, idx, run, small_run, table, tiny_mnist, train};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;

/// Tries to train on `table` with `from` replaced by `to`; the error must name the file and hold `words`.
#[track_caller]
fn refuses_table(from: &str, to: &str, words: &[&str]) {
    let folder = Folder::new();
    let text = table(20);
    assert!(text.contains(from), "\"{from}\" is not in the table");
    let path = folder.write("mine.csv", text.replacen(from, to, 1));
    let out = folder.at("run");
    train("--epochs 1", &["--data", &path, "--out", &out]).refused(1, &[&[path.as_str()], words].concat());
    assert_eq!(fs::read_to_string(&path).unwrap(), text.replacen(from, to, 1), "the user's file was changed");
}

/// The third line of the table: `a,b,c,kind` of a green row.
fn third_line() -> String {
    table(20).lines().nth(2).unwrap().to_string()
}

fn with_cell(column: usize, value: &str) -> String {
    let line = third_line();
    let cells: Vec<&str> =
        line.split(',').enumerate().map(|(k, cell)| if k == column { value } else { cell }).collect();
    cells.join(",")
}

#[test]
fn a_bad_cell_is_named_by_line_and_column() {
    refuses_table(&third_line(), &with_cell(1, "two"), &["line 3", "column 2 (\"b\")", "number", "two", "--category"]);
    refuses_table(&third_line(), &with_cell(0, "-inf"), &["line 3", "column 1 (\"a\")", "finite", "-inf"]);
    refuses_table(&third_line(), &with_cell(0, "1e99"), &["line 3", "column 1 (\"a\")", "finite", "1e99"]);
}

#[test]
fn a_ragged_row_is_named_by_line() {
    refuses_table(&third_line(), "1,2,red", &["line 3", "expected 4 cells", "found 3 cells"]);
    refuses_table(&third_line(), "1,2,3,red,5", &["line 3", "expected 4 cells", "found 5 cells"]);
}

#[test]
fn a_table_that_nothing_can_be_learned_from_is_refused() {
    let folder = Folder::new();
    let cases = [
        ("", 1, "an empty file"),
        ("a,b,label\n", 2, "at least 5 rows"),
        ("a,label\n1,x\n2,x\n3,x\n4,x\n5,x\n6,x\n", 2, "at least two classes"),
        ("a,label\n1,u\n2,v\n3,w\n4,x\n5,y\n6,z\n", 2, "rows that share classes"),
        ("a|b|label\n1|2|x\n", 1, "separated by commas"),
        ("a,a,label\n1,2,x\n", 1, "more than once"),
    ];
    for (text, code, problem) in cases {
        let path = folder.write("mine.csv", text);
        train("--epochs 1 --data", &[&path]).refused(code, &[&path, problem]);
    }
    let path = folder.write("mine.csv", [0xff, 0xfe, b',', 0x80, b'\n', b'1', b',', b'2', b'\n']);
    assert!(matches!(train("--epochs 1 --data", &[&path]).code, Some(1)));
}

#[test]
fn a_missing_table_a_folder_and_an_unknown_name_are_named() {
    let folder = Folder::new();
    train("--data", &[&folder.at("none.csv")]).refused(1, &["none.csv", "read"]);
    fs::create_dir(folder.at("folder.csv")).unwrap();
    train("--data", &[&folder.at("folder.csv")]).refused(1, &["folder.csv", "is a folder"]);
    train("--data mnits", &[]).refused(2, &["mnits", "mnist", "fashion-mnist", ".csv"]);
    let csv = folder.write("mine.csv", table(20));
    train("--label colour --data", &[&csv]).refused(2, &["colour", "\"a\", \"b\", \"c\", \"kind\""]);
    train("--label colour", &[]).refused(2, &["colour", "digits"]);
}

#[test]
fn a_class_that_the_model_never_saw_is_named_by_line() {
    let folder = Folder::new();
    let (model, _) = small_run(&folder);
    let other = folder.write("other.csv", table(20).replacen(",green\n", ",violet\n", 1));
    run(&["eval", &model, "--data", &other]).refused(1, &[&other, "line 3", "column 4", "violet"]);
    let empty = folder.write("empty.csv", "a,b,c,kind\n");
    run(&["eval", &model, "--data", &empty]).refused(1, &[&empty, "found none"]);
    let without = folder.write("without.csv", "a,b,c\n1,2,3\n");
    run(&["eval", &model, "--data", &without]).refused(1, &[&without, "line 1", "kind"]);
    let fewer = folder.write("fewer.csv", "a,b,kind\n1,2,red\n");
    run(&["eval", &model, "--data", &fewer]).refused(1, &[&fewer, "line 1", "\"c\""]);
}

#[test]
fn a_missing_data_set_says_where_it_looked_and_how_to_get_it() {
    let folder = Folder::new();
    for name in ["mnist", "fashion-mnist", "cifar10"] {
        let message = train("--data", &[name, "--data-dir", &folder.at("nowhere")]);
        message.refused(1, &[name, &folder.at("nowhere"), "openloop data fetch", "--data-dir", "OPENLOOP_DATA"]);
    }
}

/// Trains on the tiny mnist after `file` got `bytes`; the error must name the file and hold `words`.
#[track_caller]
fn refuses_idx(file: &str, bytes: &[u8], words: &[&str]) {
    let folder = Folder::new();
    let data = tiny_mnist(&folder);
    train("--data mnist --epochs 1", &["--data-dir", &data]).done();
    let path = folder.write(&format!("data/mnist/{file}"), bytes);
    train("--data mnist --epochs 1 --data-dir", &[&data]).refused(1, &[&[path.as_str()], words].concat());
    assert_eq!(fs::read(&path).unwrap(), bytes, "the user's file was changed");
}

const IMAGES: &str = "train-images-idx3-ubyte";
const LABELS: &str = "t10k-labels-idx1-ubyte";

#[test]
fn a_wrong_magic_number_is_named_with_the_one_expected() {
    refuses_idx(IMAGES, &idx(0x801, &[4, 2, 2], &[0; 16]), &["byte 0", "0x00000803", "0x00000801"]);
    refuses_idx(LABELS, &idx(0x12345678, &[4], &[0; 4]), &["byte 0", "0x00000801", "0x12345678"]);
}

#[test]
fn a_truncated_or_too_long_idx_file_is_named_with_the_place() {
    refuses_idx(IMAGES, &idx(0x803, &[4, 2, 2], &[0; 15]), &["byte 31", "16 bytes", "end of the file"]);
    refuses_idx(IMAGES, &idx(0x803, &[4, 2, 2], &[0; 17]), &["byte 32", "more bytes"]);
    refuses_idx(IMAGES, &[0, 0, 8], &["IDX header of 16 bytes"]);
    refuses_idx(IMAGES, &[], &["byte 0", "IDX header of 16 bytes"]);
}

#[test]
fn counts_that_disagree_are_named() {
    refuses_idx(LABELS, &idx(0x801, &[3], &[0; 3]), &["4 labels", "3 labels"]);
    refuses_idx(IMAGES, &idx(0x803, &[0, 2, 2], &[]), &["byte 4", "0 images"]);
    refuses_idx("t10k-images-idx3-ubyte", &idx(0x803, &[4, 1, 4], &[0; 16]), &["byte 8", "2x2", "1x4"]);
    let huge = idx(0x803, &[u32::MAX, u32::MAX, u32::MAX], &[0; 16]);
    refuses_idx(IMAGES, &huge, &["byte 4", "4294967295 images"]);
}

#[test]
fn a_label_out_of_range_is_named_with_its_place() {
    refuses_idx(LABELS, &idx(0x801, &[4], &[0, 1, 10, 2]), &["byte 10", "from 0 to 9", "found 10"]);
}

#[test]
fn a_gz_cut_short_is_said_to_be_cut() {
    let folder = Folder::new();
    let packed = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let images = packed(&idx(0x803, &[4, 2, 2], &[7; 16]));
    let data = tiny_mnist(&folder);
    fs::remove_file(folder.at(&format!("data/mnist/{IMAGES}"))).unwrap();
    folder.write(&format!("data/mnist/{IMAGES}.gz"), &images);
    train("--data mnist --epochs 1 --data-dir", &[&data]).done();
    for length in [3, 12, images.len() / 2, images.len() - 1] {
        let path = folder.write(&format!("data/mnist/{IMAGES}.gz"), &images[..length]);
        train("--data mnist --epochs 1 --data-dir", &[&data]).refused(1, &[&path, "gzip", "cut or damaged"]);
    }
    let whole = packed(table(30).as_bytes());
    let path = folder.write("mine.csv.gz", &whole[..whole.len() - 20]);
    train("--epochs 1 --data", &[&path]).refused(1, &[&path, "gzip", "cut or damaged"]);
}

#[test]
fn cifar_batches_of_a_wrong_size_or_label_are_named() {
    let folder = Folder::new();
    let (good, data) = (vec![1u8; 2 * 3073], folder.at("data"));
    folder.write("data/cifar10/data_batch_1.bin", &good);
    folder.write("data/cifar10/test_batch.bin", &good);
    let line = "--data cifar10 --epochs 1 --net fc5 --data-dir";
    train(line, &[&data]).done();
    let path = folder.write("data/cifar10/test_batch.bin", &good[..5000]);
    train(line, &[&data]).refused(1, &[&path]);
    let mut label = good.clone();
    label[3073] = 10;
    let path = folder.write("data/cifar10/test_batch.bin", &label);
    train(line, &[&data]).refused(1, &[&path, "byte 3073", "10"]);
}
