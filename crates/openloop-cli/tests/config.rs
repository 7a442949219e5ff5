//! `--config FILE.toml`: the flags' names as keys, flags win, mistakes are named by line and column.

mod common;

use common::{Folder, checkpoint, train};

#[test]
fn a_file_says_the_same_as_flags() {
    let folder = Folder::new();
    let (flags, file) = (folder.at("flags"), folder.at("file"));
    train(
        "--rule dfa --epochs 2 --batch 20 --lr 0.01 --hidden-lr 0.02 --lr-decay 0.1 --optimizer momentum",
        &[
            "--loss",
            "bce",
            "--activation",
            "relu",
            "--scaling",
            "reference",
            "--dropout",
            "0.2",
            "--seed",
            "5",
            "--net",
            "fc9 fc8",
            "--preset",
            "paper",
            "--out",
            &flags,
        ],
    )
    .done();
    let text = format!(
        "rule = \"dfa\"\nepochs = 2\nbatch = 20\nlr = 0.01\nhidden-lr = 0.02\nlr-decay = 0.1\noptimizer = \"momentum\"\n\
         loss = \"bce\"\nactivation = \"relu\"\nscaling = \"reference\"\ndropout = 0.2\nseed = 5\nnet = \"fc9 fc8\"\n\
         preset = \"paper\"\nthreads = 1\nout = '{file}'\njson = true\n"
    );
    let config = folder.write("run.toml", text);
    assert_eq!(train("--config", &[&config]).json()["rule"], "dfa");
    assert!(checkpoint(&flags) == checkpoint(&file));
}

#[test]
fn flags_win_over_the_file() {
    let folder = Folder::new();
    let config = folder.write("run.toml", "rule = \"bp\"\nepochs = 1\nnet = \"fc7\"\nseed = 1\n");
    let summary = train("--json --epochs 2 --rule shallow --config", &[&config]).json();
    assert_eq!((&summary["rule"], &summary["net"]), (&"shallow".into(), &"fc7".into()));
    assert_eq!((summary["epochs"].as_u64(), summary["seed"].as_u64()), (Some(2), Some(1)));
}

#[test]
fn data_and_label_may_stand_in_the_file() {
    let folder = Folder::new();
    let data = folder.write("mine.csv", common::table(30).replace("kind", "label").replace("a,b,c", "c,a,b"));
    let config = folder.write("run.toml", format!("data = '{data}'\nlabel = \"label\"\nepochs = 1\n"));
    assert_eq!(train("--json --config", &[&config]).json()["data"], data.as_str());
}

#[test]
fn mistakes_are_named_with_file_line_and_column() {
    let folder = Folder::new();
    let cases = [
        ("rule = \"bp\"\nepoch = 3\n", "line 2, column 1: unknown field `epoch`"),
        ("seed = 1\n\n  learning_rate = 0.1\n", "line 3, column 3: unknown field `learning_rate`"),
        ("epochs = \"three\"\n", "line 1, column 10"),
        ("rule = 5\n", "line 1, column 8"),
        ("seed = 1\nrule = \"hebb\"\n", "line 2, column 8: unknown rule \"hebb\"; known are: bp, fa"),
        ("net = \"lstm5\"\n", "line 1, column 7: net \"lstm5\": \"lstm5\" is not a layer"),
        ("lr = true\n", "line 1, column 6"),
        ("lr = 1e400\n", "line 1, column 6"),
        ("epochs = -1\n", "line 1, column 10"),
        ("epochs = 1.5\n", "line 1, column 10"),
        ("epochs = \n", "line 1, column"),
        ("seed = 1\nepochs 3\n", "line 2, column"),
        ("seed = 1\nseed = 2\n", "line 2, column 1"),
        ("[train]\nepochs = 3\n", "line 1, column"),
        ("net = \"fc5\nepochs = 3\n", "line 1, column"),
    ];
    for (text, place) in cases {
        let path = folder.write("run.toml", text);
        train("--config", &[&path]).refused(2, &[&path, place]);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    let absent = folder.at("none.toml");
    train("--config", &[&absent]).refused(2, &[&absent, "No such file"]);
    let binary = folder.write("binary.toml", [0xff, 0xfe, 0x00]);
    train("--config", &[&binary]).refused(2, &[&binary, "UTF-8"]);
}

#[test]
fn values_out_of_range_are_refused_from_a_file_too() {
    let folder = Folder::new();
    let cases = [
        ("epochs = 0", "epochs is 0"),
        ("lr = -1.0", "lr is -1"),
        ("lr = nan", "lr is NaN"),
        ("dropout = 1", "dropout is 1"),
        ("rule = \"hebb\"", "unknown rule \"hebb\"; known are: bp, fa"),
        ("preset = \"mine\"", "unknown preset \"mine\""),
        ("loss = \"l1\"", "unknown loss \"l1\""),
        ("net = \"fc\"", "net \"fc\""),
        ("threads = 100000", "threads is 100000"),
    ];
    for (text, words) in cases {
        let path = folder.write("run.toml", text);
        train("--config", &[&path]).refused(2, &[words]);
    }
}

#[test]
fn an_empty_file_changes_nothing() {
    let folder = Folder::new();
    let config = folder.write("run.toml", "# nothing\n");
    let summary = train("--json --epochs 1 --config", &[&config]).json();
    assert_eq!((&summary["rule"], &summary["data"]), (&"drtp".into(), &"digits".into()));
}
