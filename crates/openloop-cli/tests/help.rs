//! The help of every command: a first line that says what it is for, flags under headings, and lines that fit a narrow terminal.

mod common;

use common::openloop;

/// Every command, as its help is asked for.
const COMMANDS: [&str; 14] = [
    "",
    "train",
    "compare",
    "reproduce",
    "stream",
    "eval",
    "predict",
    "cost",
    "export",
    "data",
    "data list",
    "data info",
    "data fetch",
    "completions",
];

/// The help of a command on a terminal of so many columns.
fn help(command: &str, flag: &str, columns: usize) -> String {
    let words: Vec<&str> = command.split_whitespace().chain([flag]).collect();
    let output = openloop(&words).env("COLUMNS", columns.to_string()).output().unwrap();
    assert!(output.status.success(), "{command} {flag}");
    String::from_utf8(output.stdout).unwrap()
}

/// The flags that a help lists.
fn flags(help: &str) -> Vec<&str> {
    let words = help.lines().filter(|line| line.trim_start().starts_with('-'));
    words.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--"))).collect()
}

#[test]
fn the_first_line_says_what_it_is_for_and_fits_a_narrow_terminal() {
    for command in COMMANDS {
        let text = help(command, "--help", 60);
        let lines: Vec<&str> = text.lines().take(2).collect();
        assert!(lines[0].split(' ').count() > 2 && lines[1].is_empty(), "{command}: {lines:?}");
    }
    assert!(help("", "--help", 60).starts_with("Train neural networks without feedback"));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for command in COMMANDS {
        for (flag, columns) in [("-h", 60), ("--help", 60), ("-h", 80), ("--help", 100)] {
            let text = help(command, flag, columns);
            let wide = text.lines().find(|line| line.chars().count() > columns);
            assert_eq!(wide, None, "{command} {flag}");
        }
    }
}

#[test]
fn every_flag_stands_under_a_heading_in_the_long_help() {
    for command in COMMANDS {
        let text = help(command, "--help", 100);
        assert!(!text.contains("\nOptions:"), "{command}: flags without a heading");
        assert!(text.contains("\nHelp:"), "{command}");
    }
    let train = help("train", "--help", 100);
    let places: Vec<usize> = ["Data:", "Network:", "Learning:", "Run:", "Output:", "Help:"]
        .map(|name| train.find(&format!("\n{name}\n")).unwrap())
        .into();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn the_short_help_is_one_screen_and_the_long_one_has_every_flag() {
    for command in COMMANDS {
        let (short, long) = (help(command, "-h", 100), help(command, "--help", 100));
        assert!(short.lines().count() <= 40, "{command}: {} lines", short.lines().count());
        let all = flags(&long);
        assert!(flags(&short).iter().all(|flag| all.contains(flag)), "{command}");
    }
    let (short, long) = (help("train", "-h", 100), help("train", "--help", 100));
    assert!(flags(&short).contains(&"--rule") && !flags(&short).contains(&"--lr-decay"));
    assert!(flags(&long).contains(&"--lr-decay") && long.contains("divided by 1 + X n / 10,000"));
}
