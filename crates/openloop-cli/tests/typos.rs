//! A name that is nearly right suggests the one that was meant; one that is nothing like any suggests nothing. The case of a name's
//! letters does not matter.

mod common;

use common::{Folder, Outcome, run, small_run, table, train};

/// The refusal suggests `meant`, or nothing.
#[track_caller]
fn suggests(outcome: Outcome, code: i32, meant: Option<&str>) {
    match meant {
        Some(meant) => drop(outcome.refused(code, &[&format!("did you mean \"{meant}\"?")])),
        None => assert!(!outcome.refused(code, &[]).contains("did you mean")),
    }
}

#[test]
fn a_typo_in_a_choice_suggests_the_nearest_as_a_flag_and_in_a_file() {
    let folder = Folder::new();
    let cases = [
        ("rule", "drtpp", Some("drtp")),
        ("rule", "LOCAL", Some("local-error")),
        ("rule", "hebb", None),
        ("preset", "papr", Some("paper")),
        ("preset", "mine", None),
        ("optimizer", "Adma", Some("adam")),
        ("loss", "bec", Some("bce")),
        ("header", "yep", Some("yes")),
    ];
    for (key, value, meant) in cases {
        suggests(train(&format!("--{key} {value}"), &[]), 2, meant);
        let file = folder.write("run.toml", format!("{key} = \"{value}\"\n"));
        suggests(train("--config", &[&file]), 2, meant);
    }
    train("--rule drtpp", &[]).refused(2, &["error: unknown rule \"drtpp\"; did you mean \"drtp\"? known are: bp, fa"]);
    suggests(run(&["compare", "--rules", "drtp,dfaa"]), 2, Some("dfa"));
    suggests(run(&["stream", "--baselines", "frozen,majorty"]), 2, Some("majority"));
    suggests(run(&["reproduce", "mnits"]), 2, Some("mnist"));
    suggests(run(&["reproduce", "mnist", "--only", "FC1-50"]), 2, Some("FC1-500"));
}

#[test]
fn a_typo_in_a_data_set_suggests_the_nearest_or_a_table_of_that_name() {
    let folder = Folder::new();
    for (name, meant) in
        [("mnits", "mnist"), ("digts", "digits"), ("cifar-10", "cifar10"), ("fashion", "fashion-mnist")]
    {
        suggests(train("--data", &[name]), 2, Some(meant));
        suggests(run(&["stream", "--data", name]), 2, Some(meant));
        suggests(run(&["data", "info", name]), 2, Some(meant));
    }
    suggests(train("--data imagenet", &[]), 2, None);
    let path = folder.write("sensors.csv", table(30));
    suggests(train("--data", &[&folder.at("sensors.cvs")]), 2, Some(&path));
}

#[test]
fn a_typo_in_a_file_suggests_the_nearest_of_its_folder() {
    let folder = Folder::new();
    let (model, data) = small_run(&folder);
    let near = |path: &str| path.replace(".csv", "s.csv");
    suggests(train("--data", &[&near(&data)]), 1, Some(&data));
    suggests(run(&["predict", &model, &near(&data)]), 1, Some(&data));
    suggests(run(&["stream", "--data", &near(&data)]), 1, Some(&data));
    suggests(run(&["eval", &format!("{model}n")]), 1, Some(&model));
    let config = folder.write("settings.toml", "epochs = 1\n");
    suggests(train("--config", &[&folder.at("setings.toml")]), 2, Some(&config));
    suggests(train("--data", &[&folder.at("b.csv")]), 1, None);
}

#[test]
fn a_typo_in_a_column_suggests_the_nearest_of_the_table() {
    let folder = Folder::new();
    let data = folder.write("table.csv", table(30).replace("a,b,c,kind", "width,height,depth,kind"));
    for (column, meant) in
        [("knd", Some("kind")), ("Kind", Some("kind")), ("heigth", Some("height")), ("flavour", None)]
    {
        suggests(train("--label", &[column, "--data", &data]), 2, meant);
        suggests(run(&["stream", "--label", column, "--data", &data]), 2, meant);
    }
    suggests(train("--ignore wdith", &["--data", &data]), 2, Some("width"));
}

#[test]
fn a_typo_in_a_key_of_a_file_suggests_the_nearest() {
    let folder = Folder::new();
    for (text, meant) in [("epoch = 3", Some("epochs")), ("hiden-lr = 1", Some("hidden-lr")), ("momentum = 0.9", None)]
    {
        suggests(train("--config", &[&folder.write("run.toml", text)]), 2, meant);
    }
}

#[test]
fn a_typo_in_a_flag_or_a_command_suggests_the_nearest() {
    for (line, meant) in [
        ("train --epoch 3", "'--epochs'"),
        ("compare --trails 3", "'--trials'"),
        ("stream --warm-up 9", "'--warmup'"),
        ("trian", "'train'"),
        ("data ftech mnist", "'fetch'"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let outcome = run(&words);
        assert!(outcome.err.contains("tip: ") && outcome.err.contains(meant), "{line}: {}", outcome.err);
        outcome.refused(2, &[]);
    }
    assert!(!run(&["xyzzy"]).err.contains("similar"));
}

#[test]
fn the_case_of_a_name_does_not_matter_as_a_flag_and_in_a_file() {
    let folder = Folder::new();
    let line = "--epochs 1 --net fc5 --json --data DIGITS --rule DFA --optimizer Adam --loss CE --activation ReLU";
    let by_flags = train(line, &[]).json();
    assert_eq!((&by_flags["rule"], &by_flags["data"]), (&"dfa".into(), &"digits".into()));
    let text = "epochs = 1\nnet = \"fc5\"\njson = true\ndata = \"Digits\"\nrule = \"Dfa\"\noptimizer = \"ADAM\"\n\
                loss = \"Ce\"\nactivation = \"RELU\"\n";
    let by_file = train("--config", &[&folder.write("run.toml", text)]).json();
    assert_eq!(by_flags["test_loss"], by_file["test_loss"], "the same run");
    let compared = run(&["compare", "--rules", "BP", "--trials", "1", "--epochs", "1", "--json"]).json();
    assert_eq!(compared["rules"][0]["rule"], "bp");
    let stream =
        run(&["stream", "--data", "Drift", "--rows", "1500", "--rule", "Drtp", "--baselines", "Frozen", "--json"]);
    assert_eq!(stream.json()["data"], "drift");
    run(&["data", "info", "MNIST"]).done();
    run(&["completions", "BASH"]).done();
}
