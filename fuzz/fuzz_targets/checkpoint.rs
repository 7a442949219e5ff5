//! A checkpoint, whose checksum is not asked for here: a model that answers, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop::files::Checkpoint;
use openloop::kernels::Fast;

fuzz_target!(|data: &[u8]| {
    let Ok(checkpoint) = Checkpoint::from_bytes(data) else { return };
    let model = checkpoint.into_model().expect("what was read fits");
    let features = model.about().features();
    if features < 1 << 12 {
        let kernels = Fast::new(1).expect("one thread");
        let answer = model.predict(&kernels, &vec![0.5; features]).expect("a whole row");
        assert_eq!(answer.len(), model.about().outputs);
    }
});
