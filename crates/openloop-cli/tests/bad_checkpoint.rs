//! Damaged checkpoints, full disks and folders that cannot be written: named in one line, and nothing good is lost.

mod common;

use common::{Folder, checkpoint, checkpoint_path, contents, logged_epochs, openloop, run, small_run, train};
use openloop::files::{Checkpoint, load};
use openloop::learner::NetworkWeights;
use std::borrow::Cow;
use std::fs::{self, File};
use std::process::Command;

/// Every command that reads a checkpoint refuses `bytes`, names the file and says `words`, and changes nothing.
#[track_caller]
fn all_refuse(folder: &Folder, data: &str, bytes: &[u8], words: &[&str]) {
    let path = folder.write("damaged/checkpoint.safetensors", bytes);
    let run_folder = folder.at("damaged");
    let words = [&[path.as_str()], words].concat();
    run(&["eval", &path]).refused(1, &words);
    run(&["eval", &run_folder, "--json"]).refused(1, &words);
    run(&["predict", &run_folder, data]).refused(1, &words);
    let options = "--net fc4 --optimizer sgd --lr 0.1 --epochs 9 --resume";
    train(options, &["--data", data, "--out", &run_folder]).refused(1, &words);
    assert_eq!(contents(&run_folder), [(path, bytes.to_vec())], "a refused checkpoint was changed");
}

#[test]
fn a_truncated_checkpoint_is_refused_at_every_length() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    let whole = checkpoint(&model);
    assert!(Checkpoint::from_bytes(&whole).is_ok());
    for length in 0..whole.len() {
        assert!(Checkpoint::from_bytes(&whole[..length]).is_err(), "{length} of {} bytes", whole.len());
    }
    for length in [0, 1, 7, 8, 9, 100, whole.len() / 2, whole.len() - 1] {
        all_refuse(&folder, &data, &whole[..length], &["not a usable checkpoint", "no whole safetensors file"]);
    }
    all_refuse(&folder, &data, &[&whole[..], b"more"].concat(), &["not a usable checkpoint"]);
}

#[test]
fn no_flipped_bit_changes_what_is_loaded() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    let mut bytes = checkpoint(&model);
    let original = Checkpoint::from_bytes(&bytes).unwrap();
    for bit in 0..8 * bytes.len() {
        bytes[bit / 8] ^= 1 << (bit % 8);
        // the last of 17 decimal digits can change without changing the number
        let unnoticed = Checkpoint::from_bytes(&bytes).is_ok_and(|loaded| loaded != original);
        assert!(!unnoticed, "bit {} of byte {}", bit % 8, bit / 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    let last = bytes.len() - 1;
    bytes[last - 4] ^= 1;
    all_refuse(&folder, &data, &bytes, &["checksum"]);
}

#[test]
fn a_checkpoint_of_another_version_is_named_as_such() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    let mut bytes = checkpoint(&model);
    let key = br#"{\"format\":1,"#;
    let at = bytes.windows(key.len()).position(|window| window == key).expect("the version");
    bytes[at + key.len() - 2] = b'7';
    all_refuse(&folder, &data, &bytes, &["version 7", "version 1"]);
}

#[test]
fn a_checkpoint_whose_weights_are_of_another_network_is_refused() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    let mut saved = load(model.as_ref()).unwrap();
    saved.settings.net = "fc5".parse().unwrap();
    all_refuse(&folder, &data, &saved.to_bytes().unwrap(), &["layer0.weight", "[4, 3]", "[5, 3]"]);
    saved.settings.net = "fc4 fc4".parse().unwrap();
    all_refuse(&folder, &data, &saved.to_bytes().unwrap(), &["layer1.weight", "[3, 4]", "[4, 4]"]);
}

#[test]
fn weights_that_are_not_numbers_are_named() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    for (value, name) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
        let mut saved = load(model.as_ref()).unwrap();
        let mut floats = saved.snapshot.weights.floats().to_vec();
        floats[5] = value;
        saved.snapshot.weights = Cow::Owned(NetworkWeights::new(&saved.snapshot.network, floats.into(), None).unwrap());
        all_refuse(&folder, &data, &saved.to_bytes().unwrap(), &["layer0.weight", name, "index 5"]);
    }
}

#[test]
fn a_file_that_is_no_checkpoint_is_named() {
    let folder = Folder::new();
    let (_, data) = small_run(&folder);
    all_refuse(&folder, &data, b"PK\x03\x04 something else entirely, long enough", &["no whole safetensors file"]);
    let head = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let foreign = [&(head.len() as u64).to_le_bytes()[..], head, &[0; 4]].concat();
    all_refuse(&folder, &data, &foreign, &["not one of Openloop's"]);
    let (empty, absent) = (folder.at("empty"), folder.at("absent"));
    fs::create_dir(&empty).unwrap();
    run(&["eval", &empty]).refused(1, &[&checkpoint_path(&empty), "No such file"]);
    run(&["predict", &absent, &data]).refused(1, &[&absent, "No such file"]);
}

#[test]
fn a_model_refuses_data_of_another_shape() {
    let folder = Folder::new();
    let out = folder.at("digits");
    train("--epochs 1 --net fc4 --out", &[&out]).done();
    let data = folder.write("table.csv", common::table(30));
    run(&["eval", &out, "--data", "synthetic-regression"]).refused(2, &["256 features", "64"]);
    run(&["eval", &out, "--data", &data]).refused(2, &[&data, "3 features", "64"]);
    run(&["predict", &out, &data]).refused(1, &[&data, "line 1", "64 features", "4 cells"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    let file = folder.write("file", "mine");
    let out = format!("{file}/sub");
    train("--epochs 1 --out", &[&out]).refused(1, &[&out, "cannot write"]);
    train("--epochs 1 --out", &[&file]).refused(1, &[&file, "cannot write"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_checkpoint_that_cannot_be_put_in_place_leaves_what_is_there() {
    let folder = Folder::new();
    let (model, _) = small_run(&folder);
    let saved = load(model.as_ref()).unwrap();
    let nowhere = saved.save(folder.at("no/such/folder.safetensors").as_ref()).unwrap_err().to_string();
    assert!(nowhere.contains("no/such/folder.safetensors: cannot write the checkpoint"), "{nowhere}");
    let mine = folder.write("place/mine", "mine");
    let blocked = saved.save(folder.at("place").as_ref()).unwrap_err().to_string();
    assert!(blocked.contains("cannot write the checkpoint: this is there already and is no file"), "{blocked}");
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
    assert_eq!(common::leftovers(&folder.at("")), Vec::<String>::new());
}

#[test]
fn a_disk_that_is_full_keeps_the_last_good_checkpoint() {
    let folder = Folder::new();
    let (out, whole) = (folder.at("run"), folder.at("whole"));
    train("--epochs 2 --out", &[&out]).done();
    train("--epochs 4 --out", &[&whole]).done();
    let before = checkpoint(&out);
    assert!(before.len() > 40_000, "the limit below would not be reached");
    // no file may grow beyond 40 blocks; a write past the limit fails as on a full disk
    let program = env!("CARGO_BIN_EXE_openloop");
    let line = format!("trap '' XFSZ; ulimit -f 40; exec '{program}' train --epochs 4 --resume --out '{out}'");
    let full = common::Outcome::from(Command::new("sh").args(["-c", &line]).output().unwrap());
    full.refused(1, &[&checkpoint_path(&out), "cannot write the checkpoint"]);
    assert!(before == checkpoint(&out), "the last good checkpoint was damaged");
    assert_eq!(common::leftovers(&out), Vec::<String>::new());
    train("--epochs 4 --resume --out", &[&out]).done();
    assert!(checkpoint(&out) == checkpoint(&whole));
    assert_eq!(logged_epochs(&out), [1, 2, 3, 4]);
}

#[test]
fn standard_output_that_is_full_is_a_failure() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    for arguments in [
        &["train", "--epochs", "1", "--json"][..],
        &["train", "--epochs", "1"],
        &["eval", &model, "--json"],
        &["predict", &model, &data],
        &["data", "list"],
        &["completions", "bash"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let outcome = common::Outcome::from(openloop(arguments).stdout(full).output().unwrap());
        outcome.refused(1, &["standard output", "No space left"]);
    }
}
