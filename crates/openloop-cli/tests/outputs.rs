//! What a command writes destroys nothing: inputs, links, devices, modes, read-only files, what a kill left.
#![cfg(unix)]

mod common;

use common::{Folder, Outcome, checkpoint_path, contents, openloop, run, small_run, table, train};
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};

/// A stream over `data` that writes as `more` says.
fn stream(data: &str, more: &[&str]) -> Outcome {
    run(&[&["stream", "--data", data, "--label", "kind", "--warmup", "30", "--baselines", "none"], more].concat())
}

fn mode(path: &str) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_path_that_is_also_an_input_is_refused_through_links_too() {
    let folder = Folder::new();
    let data = folder.write("in.csv", table(90));
    let (linked, hard, dotted) = (folder.at("link.csv"), folder.at("hard.csv"), folder.at("./in.csv"));
    symlink("in.csv", &linked).unwrap();
    fs::hard_link(&data, &hard).unwrap();
    for path in [&data, &linked, &hard, &dotted] {
        stream(&data, &["--predictions", path]).refused(2, &["this is also the data", path]);
        stream(&data, &["--predictions", "/dev/null", "--report", path]).refused(2, &["this is also the data"]);
        stream(&data, &["--predictions", "/dev/null", "--model", path]).refused(2, &["this is also the data"]);
        run(&["compare", "--data", &data, "--rules", "bp", "--report", path]).refused(2, &["this is also the data"]);
    }
    let piped = format!("'{}' stream --data - --predictions '{data}' < '{data}'", env!("CARGO_BIN_EXE_openloop"));
    Outcome::from(Command::new("sh").args(["-c", &piped]).output().unwrap()).refused(2, &["this is also the data"]);
    assert_eq!(fs::read_to_string(&data).unwrap(), table(90));
}

#[test]
fn a_model_is_not_replaced_by_its_own_export_and_one_output_not_by_another() {
    let folder = Folder::new();
    let (out, data) = small_run(&folder);
    let before = contents(&out);
    run(&["export", &out, "--to", "c", &checkpoint_path(&out)]).refused(2, &["this is also the model"]);
    assert!(contents(&out) == before);
    let (one, model) = (folder.at("one"), folder.at("a.model"));
    stream(&data, &["--predictions", &one, "--report", &one]).refused(2, &["this is also the predictions"]);
    stream(&data, &["--model", &model, "--predictions", &model]).refused(2, &["this is also the model"]);
    stream(&data, &["--predictions", "-", "--report", "-"]).refused(2, &["--predictions -"]);
    assert!(!fs::exists(&one).unwrap() && !fs::exists(&model).unwrap());
}

#[test]
fn a_link_stays_and_what_it_points_to_is_written() {
    let folder = Folder::new();
    let (out, data) = small_run(&folder);
    folder.write("shared/old.h", "old");
    for name in ["old.h", "new.h"] {
        let link = folder.at(name);
        symlink(format!("shared/{name}"), &link).unwrap();
        run(&["export", &out, "--to", "c", &link]).done();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{name}");
        assert!(fs::read_to_string(folder.at(&format!("shared/{name}"))).unwrap().contains("#define"), "{name}");
    }
    for (name, option) in [("p.csv", "--predictions"), ("a.model", "--model"), ("r.html", "--report")] {
        let link = folder.at(name);
        symlink(format!("shared/{name}"), &link).unwrap();
        for _ in 0..2 {
            let other = if option == "--predictions" {
                [option, &link, "--seed", "0"]
            } else {
                ["--predictions", "/dev/null", option, &link]
            };
            stream(&data, &other).done();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{name}");
        }
        assert!(fs::metadata(folder.at(&format!("shared/{name}"))).unwrap().len() > 100, "{name}");
    }
    assert_eq!(common::leftovers(&folder.at("shared")), Vec::<String>::new());
}

#[test]
fn a_fifo_or_a_device_is_written_into_and_stays() {
    let folder = Folder::new();
    let (out, data) = small_run(&folder);
    let fifo = folder.at("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let export = ["export", &out, "--to", "c", &fifo];
    let predictions = ["stream", "--data", &data, "--label", "kind", "--warmup", "30", "--predictions", &fifo];
    for (words, expected) in [(&export[..], "#define FIFO_INPUTS"), (&predictions[..], "row,label,confidence")] {
        let mut reader = Command::new("cat").arg(&fifo).stdout(Stdio::piped()).spawn().unwrap();
        run(words).done();
        let mut text = String::new();
        reader.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        reader.wait().unwrap();
        assert!(text.contains(expected), "{text}");
        assert!(fs::metadata(&fifo).unwrap().file_type().is_fifo());
    }
    run(&["export", &out, "--to", "device", "/dev/null"]).done();
    run(&["export", &out, "--to", "device", "/dev/full"]).refused(1, &["/dev/full", "No space left"]);
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn a_dash_is_standard_output() {
    let folder = Folder::new();
    let (out, data) = small_run(&folder);
    let blob = folder.at("net.olnb");
    run(&["export", &out, "--to", "device", &blob]).done();
    let written = openloop(&["export", &out, "--to", "device", "-"]).current_dir(folder.at("")).output().unwrap();
    assert!(written.stdout == fs::read(&blob).unwrap());
    assert!(run(&["export", &out, "--to", "c", "-"]).done().out.contains("network_blob["));
    let page = stream(&data, &["--report", "-"]).done().out;
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"), "{page}");
    let compared = run(&["compare", "--rules", "bp", "--trials", "1", "--epochs", "1", "--report", "-"]).done();
    assert!(compared.out.starts_with("<!DOCTYPE html>") && compared.err.contains("minus bp"), "{}", compared.err);
    stream(&data, &["--json", "--report", "-"]).refused(2, &["--report -", "JSON"]);
    stream(&data, &["--model", "-"]).refused(2, &["takes a file"]);
    assert!(!fs::exists(folder.at("-")).unwrap());
}

#[test]
fn a_file_keeps_its_mode_and_a_new_one_gets_what_the_umask_leaves() {
    let folder = Folder::new();
    let (out, data) = small_run(&folder);
    let program = env!("CARGO_BIN_EXE_openloop");
    let (header, model) = (folder.at("net.h"), folder.at("a.model"));
    for (umask, expected) in [("022", 0o644), ("007", 0o660)] {
        let new = folder.at(&format!("run{umask}"));
        let line = format!(
            "umask {umask}; '{program}' train --data '{data}' --epochs 1 --out '{new}' && '{program}' export '{out}' --to c '{header}' && \
             '{program}' stream --data '{data}' --warmup 30 --model '{model}' --predictions /dev/null"
        );
        Outcome::from(Command::new("sh").args(["-c", &line]).output().unwrap()).done();
        for path in [&checkpoint_path(&new), &header, &model] {
            assert_eq!(mode(path), expected, "{path}");
        }
        for path in [&checkpoint_path(&new), &header, &model] {
            fs::set_permissions(path, Permissions::from_mode(0o640)).unwrap();
        }
        train("--epochs 2 --resume --data", &[&data, "--out", &new]).done();
        run(&["export", &out, "--to", "c", &header]).done();
        stream(&data, &["--model", &model, "--predictions", "/dev/null"]).done();
        for path in [&checkpoint_path(&new), &header, &model] {
            assert_eq!(mode(path), 0o640, "{path}");
            if !path.starts_with(&new) {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

#[test]
fn a_read_only_file_is_refused_and_stays() {
    let folder = Folder::new();
    let (out, data) = small_run(&folder);
    let kept = folder.write("keep", "keep");
    fs::set_permissions(&kept, Permissions::from_mode(0o400)).unwrap();
    run(&["export", &out, "--to", "c", &kept]).refused(2, &["read-only", &kept]);
    stream(&data, &["--predictions", &kept]).refused(2, &["read-only", &kept]);
    stream(&data, &["--predictions", "/dev/null", "--report", &kept]).refused(2, &["read-only", &kept]);
    assert_eq!((fs::read_to_string(&kept).unwrap().as_str(), mode(&kept)), ("keep", 0o400));
}

#[test]
fn two_streams_whose_models_differ_in_the_ending_only_share_nothing() {
    let folder = Folder::new();
    let models = ["sensor.a", "sensor.b"].map(|name| folder.at(name));
    let line =
        |seed: &str| format!("stream --data drift --rows 4000 --save-every 0 --predictions /dev/null --seed {seed}");
    let alone = ["1", "2"].map(|seed| {
        let model = folder.at(&format!("alone{seed}"));
        run(&common::stream_arguments(&line(seed), &model)).done();
        fs::read(model).unwrap()
    });
    let both = [0, 1].map(|k| common::start_stream(&line(["1", "2"][k]), &models[k]));
    both.into_iter().for_each(|mut child| assert!(child.wait().unwrap().success()));
    assert!(models.map(|model| fs::read(model).unwrap()) == alone);
    assert_eq!(common::leftovers(&folder.at("")), Vec::<String>::new());
}

#[test]
fn a_file_that_grows_beyond_its_limit_is_an_error_with_exit_code_1_and_is_not_said_to_be_saved() {
    let folder = Folder::new();
    let model = folder.at("a.model");
    let program = env!("CARGO_BIN_EXE_openloop");
    for save in ["0", "1000"] {
        let line = format!(
            "ulimit -f 8; exec '{program}' stream --data drift --rows 2000 --net fc64 --save-every {save} --model '{model}' --predictions /dev/null"
        );
        let limited = Outcome::from(Command::new("sh").args(["-c", &line]).output().unwrap());
        assert!(!limited.err.contains("saved in"), "{}", limited.err);
        limited.refused(1, &[&model, "cannot write the model", "File too large"]);
        assert_eq!(contents(&folder.at("")), [], "nothing is left");
    }
}
