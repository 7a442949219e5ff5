//! The checks themselves, on small made-up crates.

use super::arrows::Uses;
use super::sizes::{long_functions, long_without_reason, tuple_parameters};
use super::tree::Crate;
use super::{against_stack, circles_of, outside};

fn made_up(files: &[(&str, &str)]) -> Crate {
    let files: Vec<(String, String)> = files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
    Crate::of("made-up", &files)
}

/// All arrows as `from -> to`.
fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let made = made_up(files);
    let path = |file: usize| made.files[file].path.clone();
    Uses::of(&made).arrows.keys().map(|&(from, to)| format!("{} -> {}", path(from), path(to))).collect()
}

#[test]
fn a_circle_through_three_files_is_found_with_the_names_that_make_it() {
    let text = circles_of(&made_up(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B; fn f() { super::c::f(); }"),
        ("c.rs", "pub fn f() { println!(\"{}\", size_of::<crate::a::A>()); }"),
        ("d.rs", "use crate::a::A;"),
    ]));
    let expected = "made-up: 3 files use each other: a.rs b.rs c.rs
    a.rs -> b.rs: crate::b::B
    b.rs -> c.rs: super::c::f
    c.rs -> a.rs: crate::a::A
";
    assert_eq!(text, expected);
}

#[test]
fn a_reexport_is_followed_to_the_file_that_defines_the_item() {
    let mut files = vec![
        ("lib.rs", "pub mod a; pub mod b;"),
        ("a/mod.rs", "mod inner; mod other; pub use inner::{Item, make as made}; pub use other::*;"),
        ("a/inner.rs", "pub struct Item; pub fn make() {}"),
        ("a/other.rs", "pub struct Other; use super::Item;"),
        ("b.rs", "use crate::a; use crate::a::Item; fn f() { a::made(); let _: a::Other; }"),
    ];
    // the name of the module alone is an arrow to its file
    let expected = ["a/other.rs -> a/inner.rs", "b.rs -> a/mod.rs", "b.rs -> a/inner.rs", "b.rs -> a/other.rs"];
    let found = arrows(&files);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    assert!(expected.iter().all(|arrow| found.contains(&arrow.to_string())), "{found:?}");
    assert_eq!(circles_of(&made_up(&files)), "");
    files[1].1 = "mod inner; mod other; pub use inner::Item; pub use other::Other; pub fn own() -> Other { Other }";
    files[3].1 = "pub struct Other; fn f() { super::own(); }";
    assert!(circles_of(&made_up(&files)).contains("a/mod.rs -> a/other.rs: Other"));
}

#[test]
fn code_for_tests_is_left_out() {
    let files = [
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod only;"),
        ("a.rs", "#[cfg(test)] mod tests { use crate::b::B; } #[cfg(all(test, unix))] use crate::b::B;"),
        ("b.rs", "pub struct B; #[cfg(not(test))] use crate::a::A; impl B { #[cfg(test)] fn f() { crate::a::g() } }"),
        ("only.rs", "use crate::a::A; use crate::b::B;"),
    ];
    assert_eq!(arrows(&files), ["b.rs -> a.rs"]);
}

#[test]
fn variables_crates_and_visibilities_make_no_arrow() {
    let files = [
        ("lib.rs", "pub mod a; pub mod b; pub mod serde;"),
        ("a.rs", "pub(crate) fn f(b: u8) -> u8 { use std::fmt; let serde = b; serde + ::serde::N }"),
        ("b.rs", "pub(super) use std::mem; pub fn g() { mem::drop(1) }"),
        ("serde.rs", ""),
    ];
    assert_eq!(arrows(&files), Vec::<String>::new());
}

#[test]
fn an_arrow_up_the_stack_is_found_and_so_is_a_room_without_a_place() {
    let made = made_up(&[
        ("lib.rs", "mod low; mod high; mod new; pub use high::High;"),
        ("low/mod.rs", "mod inner;"),
        ("low/inner.rs", "use crate::High;"),
        ("high.rs", "use crate::low; pub struct High;"),
        ("new.rs", ""),
    ]);
    let text = against_stack(&made, &[&["low"], &["high"]]);
    assert_eq!(text, "made-up: new has no place in the list of rooms\nmade-up: low/inner.rs -> high.rs: crate::High\n");
    let text = against_stack(&made, &[&["low", "high"], &["new"]]);
    assert!(text.contains("high.rs -> low/mod.rs"), "rooms in one line know nothing of each other: {text}");
}

#[test]
fn functions_are_measured_from_their_name_to_their_last_brace() {
    let text = "/// doc\n#[inline]\nfn f() {\n    1;\n}\nstruct S;\nimpl S {\n    fn g() {\n    }\n}\n";
    let syntax = syn::parse_file(text).expect("Rust");
    assert_eq!(long_functions(&syntax, 2), ["f (line 3): 3 lines"]);
    assert_eq!(long_functions(&syntax, 1), ["f (line 3): 3 lines", "g (line 8): 2 lines"]);
}

#[test]
fn a_long_file_needs_a_reason_in_its_first_comment() {
    let long = |text: &str| long_without_reason(&made_up(&[("lib.rs", text)]).files[0], 3);
    assert_eq!(long("//! A file.\n\n\nfn f() {}\n"), Some(4));
    assert_eq!(long("//! A file. Long because it is a table.\n\n\nfn f() {}\n"), None);
    assert_eq!(long("//! A file.\n\n// Long because it is a table.\nfn f() {}\n"), Some(4));
    assert_eq!(long("//! A file.\n\nfn f() {}\n"), None);
}

#[test]
fn tuples_of_three_are_found_behind_references_and_in_slices() {
    let text =
        "fn f(a: (u8, u8), b: &mut [(u8, u8, u8)]) {} trait T { fn g(x: Option<(u8, u8, u8, u8)>); fn h(_: ()); }";
    let syntax = syn::parse_file(text).expect("Rust");
    assert_eq!(tuple_parameters(&syntax), ["f (line 1): a tuple of 3 things", "g (line 1): a tuple of 4 things"]);
}

#[test]
fn a_file_included_from_outside_of_the_crate_is_found() {
    let text = "const A: &str = include_str!(\"../../a\"); const B: &[u8] = include_bytes!(\"../../../b\");";
    let made = made_up(&[("lib.rs", "mod deep;"), ("deep/mod.rs", text)]);
    let found: Vec<String> = made.files.iter().flat_map(|file| outside(&made, file)).collect();
    assert_eq!(found, ["made-up/deep/mod.rs: ../../../b\n"]);
}
