//! What a person sees on a terminal: lines that fit it, the time left, and whole lines after Ctrl-C.
#![cfg(unix)]

mod common;

use common::{Folder, openloop};
use nix::pty::{Winsize, openpty};
use std::fs::File;
use std::io::Read;
use std::num::NonZero;
use std::process::{Command, ExitStatus, Stdio};

const ROWS: u16 = 200;

/// What a command left on the screen.
struct Seen {
    status: ExitStatus,
    screen: vt100::Parser,
    /// Everything that was drawn on the way.
    drawn: String,
}

/// Runs a command on a terminal of so many columns; once `interrupt_at` was drawn it is interrupted.
fn seen(arguments: &[&str], columns: u16, interrupt_at: Option<&str>) -> Seen {
    let size = Winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let pair = openpty(&size, None).unwrap();
    let end = || Stdio::from(pair.slave.try_clone().unwrap());
    let mut child = openloop(arguments).stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    drop(pair.slave);
    let [height, width] = [ROWS, columns].map(|size| NonZero::new(size).unwrap());
    let (mut terminal, mut screen) = (File::from(pair.master), vt100::Parser::new(height, width, 0));
    let (mut drawn, mut interrupt_at) = (String::new(), interrupt_at);
    let mut buffer = [0; 4096];
    // a terminal that nobody writes to any more is an error on Linux, and an end elsewhere
    while let Ok(count @ 1..) = terminal.read(&mut buffer) {
        screen.process(&buffer[..count]);
        drawn += &String::from_utf8_lossy(&buffer[..count]);
        if interrupt_at.is_some_and(|words| drawn.contains(words)) {
            interrupt_at = None;
            Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        }
    }
    Seen { status: child.wait().unwrap(), screen, drawn }
}

impl Seen {
    /// The lines on the screen.
    fn lines(&self) -> Vec<String> {
        let (_, columns) = self.screen.screen().size();
        let lines: Vec<String> =
            self.screen.screen().rows(0, columns.get()).map(|line| line.trim_end().to_string()).collect();
        let last = lines.iter().rposition(|line| !line.is_empty()).unwrap_or(0);
        lines[..=last].to_vec()
    }

    /// No line was broken by the terminal but after blanks, with which a bar fills its line, and the cursor stands at the start of one.
    #[track_caller]
    fn is_tidy(&self) {
        let screen = self.screen.screen();
        let last = screen.size().1.get() - 1;
        let is_filled = |row: u16| screen.cell(row, last).is_some_and(|cell| !cell.contents().trim().is_empty());
        let broken = (0..ROWS).find(|row| screen.row_wrapped(*row) && is_filled(*row));
        assert_eq!((broken, screen.cursor_position().1), (None, 0), "{:#?}", self.lines());
    }
}

#[test]
fn what_is_printed_fits_a_narrow_terminal() {
    for line in [
        "train --epochs 3",
        "compare --rules drtp,local-error-learned --trials 2 --epochs 2",
        "compare --rules bp --trials 2 --epochs 2 --tune 2",
        "stream --rows 3000",
        "cost --net fc32 --input 64 --classes 10",
        "data list",
        "data info digits",
        "train --rule drtpp",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        seen(&words, 60, None).is_tidy();
    }
}

#[test]
fn a_comparison_on_a_narrow_terminal_has_its_columns_below_each_other_and_all_of_them() {
    let line = ["compare", "--rules", "drtp,bp", "--trials", "2", "--epochs", "2"];
    let (narrow, wide) = (seen(&line, 60, None).lines(), seen(&line, 120, None).lines());
    let heads = |lines: &[String]| lines.iter().filter(|line| line.starts_with("rule ")).cloned().collect::<Vec<_>>();
    assert_eq!((heads(&narrow).len(), heads(&wide).len()), (2, 1), "{narrow:#?}");
    let words = |lines: &[String]| heads(lines).join(" ").split_whitespace().map(String::from).collect::<Vec<_>>();
    let mut narrow_words = words(&narrow);
    narrow_words.remove(narrow_words.iter().rposition(|word| word == "rule").unwrap());
    assert_eq!(narrow_words, words(&wide));
}

#[test]
fn progress_says_how_long_it_will_take() {
    for line in ["train --epochs 4000", "compare --rules drtp --trials 20 --epochs 60"] {
        let words: Vec<&str> = line.split(' ').collect();
        let seen = seen(&words, 60, Some(" s left"));
        assert!(seen.drawn.contains(" s left") && seen.status.code() == Some(130), "{}", seen.drawn);
    }
}

#[test]
fn an_interrupt_leaves_whole_lines_and_says_how_to_go_on() {
    let folder = Folder::new();
    let (run, runs, model) = (folder.at("run"), folder.at("runs"), folder.at("model"));
    let cases: [(&[&str], &str, &str); 6] = [
        (&["train", "--epochs", "100000"], "epoch 9", "nothing is kept without --out DIR"),
        (&["train", "--epochs", "100000", "--out", &run], "epoch 9", "go on with the same command and --resume"),
        (&["train", "--epochs", "100000", "--out", &run, "--resume"], "epoch ", "go on with the same command"),
        (&["compare", "--rules", "drtp", "--epochs", "2000"], "run 2", "nothing is kept without --out DIR"),
        (&["compare", "--rules", "drtp", "--epochs", "2000", "--out", &runs], "run 2", "go on with the same command"),
        (&["stream", "--rows", "100000000", "--model", &model], "learned", "stopped; go on with the same command"),
    ];
    for (arguments, at, words) in cases {
        let seen = seen(arguments, 200, Some(at));
        seen.is_tidy();
        let lines = seen.lines();
        assert_eq!(seen.status.code(), Some(130), "{lines:#?}");
        assert!(lines.iter().any(|line| line.starts_with("stopped")), "{lines:#?}");
        assert!(lines.last().unwrap().contains(words), "{lines:#?}");
    }
}
