//! The structure of the sources: imports that only go down, and small files, functions and parameters.

mod arrows;
mod circles;
mod made_up;
mod resolve;
mod sizes;
mod tree;

use arrows::{Arrows, Uses};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tree::Crate;

/// The folders of all sources, by the crates' names.
const CRATES: [(&str, &str); 8] = [
    ("openloop-core", "crates/openloop-core/src"),
    ("openloop", "crates/openloop/src"),
    ("openloop-cli", "crates/openloop-cli/src"),
    ("openloop-c", "bindings/c/src"),
    ("openloop-python", "bindings/python/src"),
    ("openloop-web", "bindings/web/src"),
    ("openloop-bench", "bench/src"),
    ("xtask", "xtask/src"),
];

/// How many of them are published: the first.
const PUBLISHED: usize = 3;

/// The rooms of the core from the bottom up; rooms in one line know nothing of each other.
const CORE: &[&[&str]] = &[
    &["cortex"],
    &["math", "random", "error", "few", "names", "codes", "shape", "standardise"],
    &["activation", "loss", "optimizer", "matrix"],
    &["weights", "rule"],
    &["layer", "training", "memory"],
    &["spec"],
    &["share", "plan"],
    &["initial", "steps"],
    &["kernels"],
    &["network"],
    &["integer", "device"],
    &["store"],
];
/// The rooms of the host library from the bottom up.
const HOST: &[&[&str]] = &[
    &["kernels"],
    &["data"],
    &["settings"],
    &["cost"],
    &["learner"],
    &["files"],
    &["run"],
    &["classifier", "experiment", "stream"],
    &["report"],
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn all() -> Vec<Crate> {
    CRATES.iter().map(|(name, folder)| Crate::read(name, &root().join(folder))).collect()
}

/// Passes if nothing was found.
fn none(found: &str) {
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn imports_form_no_circle_in_any_crate() {
    none(&all().iter().map(circles_of).collect::<String>());
}

#[test]
fn imports_go_down_the_stack() {
    let crates = all();
    none(&[against_stack(&crates[0], CORE), against_stack(&crates[1], HOST)].concat());
}

#[test]
fn no_function_is_longer_than_60_lines() {
    none(&in_every_file(|file| sizes::long_functions(&file.syntax, 60)));
}

#[test]
fn no_file_is_longer_than_400_lines_without_a_reason() {
    none(&in_every_file(|file| {
        let lines = sizes::long_without_reason(file, 400);
        lines.iter().map(|lines| format!("{lines} lines and no \"{}\"", sizes::REASON)).collect()
    }));
}

#[test]
fn no_parameter_is_a_tuple_of_more_than_two() {
    none(&in_every_file(|file| sizes::tuple_parameters(&file.syntax)));
}

#[test]
fn openloop_has_at_most_12_entries_at_its_top() {
    let folder = std::fs::read_dir(root().join("crates/openloop/src")).expect("the host library's sources");
    let names: Vec<String> =
        folder.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert!(names.len() <= 12, "{} entries: {names:?}", names.len());
}

#[test]
fn the_newest_rules_are_named_in_at_most_6_files() {
    for (variant, name) in [("LocalHinge", "local-hinge"), ("DrtpGated", "drtp-gated"), ("Lls", "lls")] {
        let files = files_with(&[&format!("Rule::{variant}"), &format!("{variant} ="), &format!("\"{name}\"")]);
        assert!((1..=6).contains(&files.len()), "{variant}: {files:?}");
    }
}

#[test]
fn a_kind_of_layer_is_named_in_at_most_9_files() {
    // pooling has no kernel but the host's vector loop, so it stands for a new kind
    let files = files_with(&["Layer::Pool", "struct Pool ", "pub use layer::{"]);
    assert!((1..=9).contains(&files.len()), "{files:?}");
}

/// The files of the core, the host library, the command and the C library that hold one of some texts, their tests aside.
fn files_with(texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for made in all().into_iter().take(4) {
        let product = |file: &tree::File| file.text.split("#[cfg(test)]").next().unwrap_or_default().to_string();
        let holds = |file: &&tree::File| texts.iter().any(|text| product(file).contains(text));
        found.extend(made.files.iter().filter(holds).map(|file| format!("{}/{}", made.name, file.path)));
    }
    found
}

#[test]
fn no_published_crate_includes_a_file_from_outside_of_its_folder() {
    let outside = |made: &Crate| made.files.iter().flat_map(|file| outside(made, file)).collect::<String>();
    none(&all().iter().take(PUBLISHED).map(outside).collect::<String>());
}

/// Paths of `include_str!` and `include_bytes!` that lead out of the crate's folder, which is above `src`.
fn outside(made: &Crate, file: &tree::File) -> Vec<String> {
    let inside = file.path.matches('/').count() + 1;
    let calls = ["include_str!(\"", "include_bytes!(\""].into_iter().flat_map(|call| file.text.split(call).skip(1));
    let paths = calls.filter_map(|rest| rest.split('"').next());
    let paths = paths.filter(|path| path.starts_with('/') || path.matches("../").count() > inside);
    paths.map(|path| format!("{}/{}: {path}\n", made.name, file.path)).collect()
}

/// What a check finds in every file, a line each.
fn in_every_file(check: impl Fn(&tree::File) -> Vec<String>) -> String {
    let mut found = String::new();
    for made in all() {
        for file in &made.files {
            for line in check(file) {
                let _ = writeln!(found, "{}/{}: {line}", made.name, file.path);
            }
        }
    }
    found
}

/// One circle for each set of files that use each other, with the names that make its arrows.
fn circles_of(made: &Crate) -> String {
    let arrows = Uses::of(made).arrows;
    let mut text = String::new();
    for (circle, set) in circles::circles(&arrows) {
        let names: Vec<&str> = set.iter().map(|&file| made.files[file].path.as_str()).collect();
        let _ = writeln!(text, "{}: {} files use each other: {}", made.name, set.len(), names.join(" "));
        for (at, &from) in circle.iter().enumerate() {
            let to = circle[(at + 1) % circle.len()];
            let _ = writeln!(text, "    {}", arrow(made, &arrows, (from, to)));
        }
    }
    text
}

fn arrow(made: &Crate, arrows: &Arrows, (from, to): (usize, usize)) -> String {
    let all = &arrows[&(from, to)];
    // a name that stands beside its import says nothing more
    let imported = |name: &str| all.iter().any(|path| path.ends_with(&format!("::{name}")));
    let names: Vec<&str> = all.iter().map(String::as_str).filter(|name| !imported(name)).collect();
    format!("{} -> {}: {}", made.files[from].path, made.files[to].path, names.join(", "))
}

/// Arrows between rooms that do not go down; re-exports count.
fn against_stack(made: &Crate, order: &[&[&str]]) -> String {
    let uses = Uses::of(made);
    let room = |file: usize| {
        let path = made.files[file].path.as_str();
        path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
    };
    let height = |file: usize| order.iter().position(|rooms| rooms.contains(&room(file)));
    let mut text = String::new();
    let unknown: BTreeSet<&str> = (0..made.files.len()).filter(|&file| height(file).is_none()).map(room).collect();
    for name in unknown.into_iter().filter(|&name| name != "lib") {
        let _ = writeln!(text, "{}: {name} has no place in the list of rooms", made.name);
    }
    for arrows in [&uses.arrows, &uses.reexports] {
        for &(from, to) in arrows.keys().filter(|&&(from, to)| room(from) != room(to) && room(from) != "lib") {
            if height(from) <= height(to) {
                let _ = writeln!(text, "{}: {}", made.name, arrow(made, arrows, (from, to)));
            }
        }
    }
    text
}
