//! A checkpoint, whose checksum is not asked for here: a model that answers, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::files::checkpoint::Checkpoint;
use openloop::kernels::Fast;

fuzz_target!(|data: &[u8]| {
    let Ok(checkpoint) = Checkpoint::from_bytes(data) else { return };
    let features = checkpoint.model.about.features();
    if features < 1 << 12 {
        let kernels = Fast::new(1).expect("one thread");
        assert_eq!(checkpoint.model.predict(&kernels, &vec![0.5; features]).len(), checkpoint.model.about.outputs);
    }
});
