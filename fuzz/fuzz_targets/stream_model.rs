//! The model file of a stream, whose checksums are not asked for here: a stream that goes on and takes a row, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::kernels::Fast;
use openloop::stream::{Row, SavedStream, SourceDescription, StreamOptions};

fuzz_target!(|data: &[u8]| {
    let path = openloop_fuzz::file("model", data);
    let Ok(saved) = SavedStream::load(&path) else { return };
    let options = StreamOptions::default();
    let (Ok(setup), Ok(settings)) = (options.setup(saved.kind_of_targets()), saved.settings(&options)) else { return };
    let (name, columns) = (saved.about().data.clone(), saved.about().columns.clone());
    let features = saved.about().features();
    let label = saved.about().classes.first().cloned().unwrap_or_default();
    let values = saved.about().units.iter().flat_map(|units| units.mean.clone()).collect();
    let source = SourceDescription { name, columns, features, ..SourceDescription::default() };
    let Ok(mut stream) = saved.into_stream(setup, settings, &source, true) else { return };
    if features < 1 << 12 {
        let row = Row { number: stream.stats().row + 1, features: vec![0.5; features], label, values, ..Row::default() };
        stream.process_row(&Fast::new(1).expect("one thread"), &row);
    }
});
