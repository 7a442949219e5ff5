//! The header is the one that the functions make.

use std::path::Path;

#[test]
fn the_header_is_what_cbindgen_makes_of_the_functions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in
        ["status", "config", "sample", "memory", "slots", "face/making", "face/learning", "face/saving", "face/telling"]
    {
        builder = builder.with_src(root.join("src").join(file).with_extension("rs"));
    }
    let mut made = Vec::new();
    builder.generate().unwrap().write(&mut made);
    // what Rust calls safety is for C what the manual says
    let made: String = String::from_utf8(made).unwrap().replace("OPENLOOP_STATUS_", "OPENLOOP_");
    let path = root.join("include/openloop.h");
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("OPENLOOP_UPDATE_HEADER").is_some() {
        std::fs::write(&path, made).unwrap();
    } else {
        assert!(made == kept, "make it anew: OPENLOOP_UPDATE_HEADER=1 cargo test -p openloop-c --test header");
    }
}

#[test]
fn the_manual_lists_every_status_with_its_sentence() {
    let manual = include_str!("../../../docs/device.md");
    // SAFETY: both functions give constants that end in 0.
    let text = |text: *const std::ffi::c_char| unsafe { std::ffi::CStr::from_ptr(text) }.to_str().unwrap();
    for status in 0..=openloop_c::Status::NotStored as u32 {
        let name = text(openloop_c::openloop_status_name(status));
        let line = format!("| {status} | `{name}` | {} |", text(openloop_c::openloop_status_text(status)));
        assert!(manual.contains(&line), "{line}");
    }
}
