//! `stream --label-budget`: a share of the labels is asked for, and what is remembered of it survives a kill.

mod common;

use common::{Folder, killed_at_random, run};

#[test]
fn the_share_that_is_asked_for_is_kept_and_the_uncertain_rows_teach_more_than_any_rows() {
    let accuracy = |ask: &str, share: &str| {
        let line = format!(
            "stream --drift abrupt --rows 8000 --net fc16 --baselines none --label-budget {share} --ask {ask} --json"
        );
        let found = run(&line.split_whitespace().collect::<Vec<_>>()).json();
        let (asked, rows) = (found["labels_asked"].as_f64().unwrap(), found["rows"].as_f64().unwrap());
        let wanted: f64 = share.parse().unwrap();
        assert!((asked / rows - wanted).abs() < 0.1 * wanted + 0.003, "{ask} {share}: {asked} of {rows}");
        assert_eq!((&found["possible_updates"], &found["ask"]), (&found["labels_asked"], &ask.into()));
        assert_eq!(found["judged"].as_f64(), Some(rows), "the other labels are for judging");
        found["accuracy"].as_f64().unwrap()
    };
    let shares = ["0.01", "0.05", "0.2"];
    let [uncertain, random] =
        ["uncertain", "random"].map(|ask| shares.map(|share| accuracy(ask, share)).iter().sum::<f64>());
    assert!(uncertain > random, "{uncertain} {random}");
}

#[test]
fn killed_at_random_moments_it_asks_for_the_same_labels() {
    killed_at_random(
        6,
        "stream --drift abrupt --rows 60000 --net fc8 --delay 5 --label-budget 0.1 --save-every 0 --seed 3 --predictions /dev/null",
    );
}

#[test]
fn a_budget_of_one_is_a_stream_without_and_what_makes_no_sense_is_refused() {
    let folder = Folder::new();
    let models = ["", "--label-budget 1"].map(|budget| {
        let model = folder.at(&format!("model{}", budget.len()));
        let line = format!("stream --rows 2000 --net fc4 --predictions /dev/null {budget} --model {model}");
        run(&line.split_whitespace().collect::<Vec<_>>()).done();
        std::fs::read(model).unwrap()
    });
    assert!(models[0] == models[1]);
    run(&["stream", "--label-budget", "0"]).refused(2, &["label-budget is 0", "above 0"]);
    run(&["stream", "--label-budget", "1.5"]).refused(2, &["label-budget is 1.5"]);
    run(&["stream", "--label-budget", "0.5", "--label-every", "2"]).refused(2, &["label-every is 2"]);
    run(&["stream", "--label-budget", "0.5", "--ask", "certain"]).refused(2, &["certain", "uncertain", "random"]);
    let data =
        folder.write("a.csv", (0..90).fold("x,y\n".to_string(), |text, k| text + &format!("{}.5,{k}.25\n", k % 7)));
    let line = ["stream", "--data", &data, "--task", "regression", "--warmup", "30", "--label-budget", "0.5"];
    run(&[&line[..], &["--ask", "uncertain"]].concat()).refused(2, &["ask uncertain", "random"]);
    run(&line).done();
}
