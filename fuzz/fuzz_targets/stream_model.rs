//! The model file of a stream, whose checksums are not asked for here: a stream that goes on, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::stream::{SavedStream, SourceDescription, StreamOptions};

fuzz_target!(|data: &[u8]| {
    let path = openloop_fuzz::file("model", data);
    let Ok(saved) = SavedStream::load(&path) else { return };
    let options = StreamOptions::default();
    let (Ok(setup), Ok(settings)) = (options.setup(), saved.settings(&options)) else { return };
    let (name, columns) = (saved.about().data.clone(), saved.about().columns.clone());
    let source = SourceDescription { name, columns, ..SourceDescription::default() };
    let _ = saved.into_stream(setup, settings, &source);
});
