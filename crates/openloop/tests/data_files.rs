//! MNIST-like and CIFAR-10 files, whole and damaged: what is read, and what each error says.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use openloop::data::{DataError, DataRequest, DataSet, Features, Place, TableRequest, Targets, catalogue, load};
use tempfile::{TempDir, tempdir};

const NAMES: [&str; 4] =
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

fn images(rows: u32, height: u32, width: u32) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3];
    bytes.extend([rows, height, width].iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend((0..rows * height * width).map(|i| (i * 7) as u8));
    bytes
}

fn labels(labels: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 1];
    bytes.extend((labels.len() as u32).to_be_bytes());
    bytes.extend(labels);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory can be written")
}

/// A folder with a small data set in MNIST's form: 3 training and 2 test images of 2x4 pixels.
fn small_mnist() -> TempDir {
    let folder = tempdir().expect("a folder");
    let set = folder.path().join("mnist");
    fs::create_dir(&set).expect("a folder");
    let contents = [images(3, 2, 4), labels(&[9, 0, 5]), images(2, 2, 4), labels(&[1, 2])];
    for (name, contents) in NAMES.iter().zip(contents) {
        fs::write(set.join(name), contents).expect("a file");
    }
    folder
}

fn load_from(folder: &Path, name: &str) -> Result<DataSet, DataError> {
    load(&DataRequest { name, folder: Some(folder), ..DataRequest::default() })
}

/// The error of loading the small MNIST with file `file` replaced by `contents`.
fn with_file(file: usize, contents: &[u8]) -> DataError {
    let folder = small_mnist();
    fs::write(folder.path().join("mnist").join(NAMES[file]), contents).expect("a file");
    load_from(folder.path(), "mnist").expect_err("an error")
}

fn place(error: &DataError) -> &Place {
    match error {
        DataError::Invalid { place, .. } => place,
        other => panic!("another error: {other}"),
    }
}

#[test]
fn idx_files_are_read_and_scaled() {
    let set = load_from(small_mnist().path(), "mnist").expect("a data set");
    assert_eq!((set.shape.channels, set.shape.height, set.shape.width), (1, 2, 4));
    assert_eq!((set.train.len(), set.test.len(), set.outputs, set.classes.len()), (3, 2, 10, 10));
    assert_eq!(set.train.targets, Targets::Labels(vec![9, 0, 5]));
    let mut out = [0.0; 16];
    set.train.gather(&set.preprocessing, 8, &[2, 0], &mut out);
    assert_eq!(out[..2], [112.0 * (1.0 / 255.0), 119.0 * (1.0 / 255.0)]);
    assert_eq!(out[8..10], [0.0, 7.0 * (1.0 / 255.0)]);
}

#[test]
fn gzip_is_told_from_the_contents_whatever_the_name() {
    let folder = small_mnist();
    let plain = load_from(folder.path(), "mnist").expect("a data set");
    let set = folder.path().join("mnist");
    for (i, name) in NAMES.iter().enumerate() {
        let packed = gzip(&fs::read(set.join(name)).expect("a file"));
        let new_name = if i < 2 { (*name).to_string() } else { format!("{name}.gz") };
        fs::remove_file(set.join(name)).and_then(|()| fs::write(set.join(new_name), packed)).expect("a file");
    }
    assert_eq!(load_from(folder.path(), "mnist").expect("a data set"), plain);
}

#[test]
fn a_wrong_magic_number_is_named() {
    let error = with_file(0, &labels(&[1, 2, 3]));
    assert_eq!(*place(&error), Place::Byte(0));
    assert!(error.to_string().contains("expected the IDX magic number 0x00000803, found 0x00000801"), "{error}");
}

#[test]
fn counts_that_disagree_are_named() {
    let error = with_file(1, &labels(&[1, 2]));
    assert_eq!(*place(&error), Place::Byte(4));
    assert!(error.to_string().contains("expected 3 labels") && error.to_string().contains("found 2 labels"), "{error}");
}

#[test]
fn a_truncated_file_is_named_with_the_byte_it_ends_at() {
    let whole = images(3, 2, 4);
    assert_eq!(*place(&with_file(0, &whole[..whole.len() - 5])), Place::Byte(16 + 24 - 5));
    assert_eq!(*place(&with_file(0, &whole[..7])), Place::Byte(7));
    assert_eq!(*place(&with_file(0, &[])), Place::Byte(0));
}

#[test]
fn trailing_bytes_are_refused() {
    let mut contents = labels(&[1, 2, 3]);
    contents.push(0);
    let error = with_file(1, &contents);
    assert_eq!(*place(&error), Place::Byte(11));
    assert!(error.to_string().contains("found more bytes"), "{error}");
}

#[test]
fn a_gzip_stream_that_is_cut_or_damaged_is_named() {
    let packed = gzip(&images(3, 2, 4));
    for end in [2, 12, packed.len() - 9, packed.len() - 1] {
        let error = with_file(0, &packed[..end]);
        assert!(matches!(error, DataError::Gzip { .. }), "{end}: {error}");
    }
    let mut damaged = packed.clone();
    let checksum = packed.len() - 6;
    damaged[checksum] ^= 1;
    assert!(matches!(with_file(0, &damaged), DataError::Gzip { .. }));
}

#[test]
fn a_label_out_of_range_is_named_with_its_byte() {
    let error = with_file(3, &labels(&[1, 10]));
    assert_eq!(*place(&error), Place::Byte(9));
    assert!(error.to_string().contains("expected a label from 0 to 9, found 10"), "{error}");
}

#[test]
fn headers_of_absurd_size_are_refused_without_the_memory_they_ask_for() {
    for sizes in [[u32::MAX; 3], [u32::MAX, 1, 1], [1, 0xffff, 0xffff], [0, 28, 28], [3, 0, 4]] {
        let mut contents = vec![0, 0, 8, 3];
        contents.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
        assert!(matches!(with_file(0, &contents), DataError::Invalid { .. }), "{sizes:?}");
    }
}

#[test]
fn test_images_of_another_size_are_refused() {
    let error = with_file(2, &images(2, 4, 2));
    assert!(error.to_string().contains("expected 2x4 images, as in the training file, found 4x2"), "{error}");
}

#[test]
fn a_missing_set_says_where_it_looked_and_how_to_get_it() {
    let folder = tempdir().expect("a folder");
    for name in ["mnist", "fashion-mnist", "cifar10"] {
        let error = load_from(folder.path(), name).expect_err("an error");
        assert!(matches!(error, DataError::Missing { .. }) && !error.is_wrong_request());
        let message = error.to_string();
        let looked = folder.path().join(name).display().to_string();
        for part in [looked.as_str(), &format!("openloop data fetch {name}"), "--data-dir", "OPENLOOP_DATA"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(!message.contains('\n'));
    }
}

#[test]
fn a_single_missing_file_is_named() {
    let folder = small_mnist();
    fs::remove_file(folder.path().join("mnist").join(NAMES[3])).expect("a file");
    let message = load_from(folder.path(), "mnist").expect_err("an error").to_string();
    assert!(message.contains(NAMES[3]) && !message.contains(NAMES[0]), "{message}");
}

#[test]
fn a_folder_in_place_of_a_file_is_named() {
    let folder = small_mnist();
    let path = folder.path().join("mnist").join(NAMES[1]);
    fs::remove_file(&path).and_then(|()| fs::create_dir(&path)).expect("a folder");
    let error = load_from(folder.path(), "mnist").expect_err("an error");
    assert!(matches!(&error, DataError::Folder { file } if *file == path), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_opened_is_named_with_the_reason() {
    let folder = small_mnist();
    let path = folder.path().join("mnist").join(NAMES[1]);
    // A link to itself: even a privileged user cannot open it. Another file with the gzip name is there to be found.
    fs::remove_file(&path).and_then(|()| std::os::unix::fs::symlink(&path, &path)).expect("a link");
    let error = load(&DataRequest { name: &format!("{}.csv", path.display()), ..DataRequest::default() });
    assert!(matches!(error, Err(DataError::Access { action: "read", .. })));
    assert!(load_from(folder.path(), "mnist").expect_err("an error").to_string().contains(NAMES[1]));
}

#[test]
fn an_unknown_name_lists_the_known_ones() {
    let error = load(&DataRequest { name: "mnits", ..DataRequest::default() }).expect_err("an error");
    assert!(error.is_wrong_request());
    for entry in catalogue() {
        assert!(error.to_string().contains(entry.name), "{error}");
    }
}

#[test]
fn a_label_column_is_refused_where_there_are_no_columns() {
    let error = load(&DataRequest {
        name: "digits",
        table: TableRequest { label: Some("label"), ..TableRequest::default() },
        ..DataRequest::default()
    })
    .expect_err("an error");
    assert!(error.is_wrong_request(), "{error}");
}

fn cifar(labels: &[u8]) -> Vec<u8> {
    labels
        .iter()
        .flat_map(|&label| std::iter::once(label).chain((0..3072u32).map(|i| (i / 1024 * 100) as u8)))
        .collect()
}

#[test]
fn cifar_reads_the_batches_that_are_there_and_says_how_many() {
    let folder = tempdir().expect("a folder");
    for set in ["cifar10", "cifar10/cifar-10-batches-bin"] {
        let set = folder.path().join(set);
        let _ = fs::create_dir(&set);
        fs::write(set.join("data_batch_1.bin"), cifar(&[3, 4])).expect("a file");
        fs::write(set.join("data_batch_4.bin.gz"), gzip(&cifar(&[5]))).expect("a file");
        fs::write(set.join("test_batch.bin"), cifar(&[9])).expect("a file");
        let data = load_from(folder.path(), "cifar10").expect("a data set");
        assert_eq!(data.note.as_deref(), Some("CIFAR-10: 2 of 5 training batches"));
        assert_eq!(data.train.targets, Targets::Labels(vec![3, 4, 5]));
        assert!(matches!(&data.train.features, Features::Bytes(bytes) if bytes.len() == 3 * 3072));
        let mut out = vec![0.0; 3072];
        data.test.gather(&data.preprocessing, 3072, &[0], &mut out);
        let expected = [-125.3 / 63.0, (100.0 - 123.0) / 62.1, (200.0 - 113.9) / 66.7];
        for (channel, expected) in expected.into_iter().enumerate() {
            assert!(
                out[channel * 1024..(channel + 1) * 1024].iter().all(|value: &f32| (value - expected).abs() < 1e-6)
            );
        }
        fs::remove_file(set.join("test_batch.bin")).expect("a file");
    }
    for i in [2, 3, 5] {
        fs::write(folder.path().join(format!("cifar10/data_batch_{i}.bin")), cifar(&[0])).expect("a file");
    }
    fs::write(folder.path().join("cifar10/test_batch.bin"), cifar(&[0])).expect("a file");
    assert_eq!(load_from(folder.path(), "cifar10").expect("a data set").note, None);
}

#[test]
fn cifar_refuses_part_records_and_labels_out_of_range() {
    let folder = tempdir().expect("a folder");
    let set = folder.path().join("cifar10");
    fs::create_dir(&set).expect("a folder");
    fs::write(set.join("test_batch.bin"), cifar(&[9])).expect("a file");
    let batch = |contents: &[u8]| {
        fs::write(set.join("data_batch_1.bin"), contents).expect("a file");
        load_from(folder.path(), "cifar10").expect_err("an error")
    };
    let error = batch(&cifar(&[1, 2])[..5000]);
    assert_eq!(*place(&error), Place::Byte(3073));
    assert!(
        error.to_string().contains("records of 3073 bytes") && error.to_string().contains("found 5000 bytes"),
        "{error}"
    );
    assert_eq!(*place(&batch(&[])), Place::Byte(0));
    let error = batch(&cifar(&[1, 10]));
    assert_eq!(*place(&error), Place::Byte(3073));
    assert!(error.to_string().contains("expected a label from 0 to 9, found 10"), "{error}");
}
