//! Any bytes: the reader gives an error or a blob, never a panic; and a blob that it took is written again with the same
//! bytes. Most random bytes fail at the checksum, so they are tried sealed too: with the right length and checksum.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openloop_core::store::{self, Arithmetic, Contents, Section, SectionMut, Standardisation};
use openloop_core::{Layer, Plan, Spec, Training};

fuzz_target!(|data: &[u8]| {
    read(data);
    read(&sealed(data));
});

fn read(mut bytes: &[u8]) {
    let Ok(head) = store::open(&mut bytes) else { return };
    let layers: Vec<Layer> = (0..head.layers).map(|k| store::read_layer(&mut bytes, &head, k).unwrap()).collect();
    let network = Spec { layers: &layers, loss: head.loss }.check().expect("the layers of a blob make a network");
    let mut offset = vec![0.0; head.offsets];
    let mut scale = vec![0.0; head.scales];
    let mut state = vec![0u8; head.state];
    let room = Standardisation { offset: &mut offset, scale: &mut scale };
    store::read_state(&mut bytes, &head, room, &mut [SectionMut::Bytes(&mut state)]).expect("memory of the right size");
    let sections = [Section::Bytes(&state)];
    let contents = Contents { network, about: head.about, offset: &offset, scale: &scale, state: &sections };
    let mut again = vec![0; contents.length()];
    contents.write_to(head.sequence, &mut again).expect("what was read can be written");
    assert_eq!(again, bytes[..head.length]);
    if head.about.arithmetic == Arithmetic::F32 {
        let optimizer = openloop_core::Optimizer::Sgd;
        let training = Training { rule: head.about.rule, optimizer, scaling: head.about.scaling, seed: 0 };
        let plan = Plan::learning(&network, &training, 1);
        assert_eq!(4 * (plan.parameters + plan.readouts), head.state);
    }
}

/// The bytes with the length and the checksum that they ought to have.
fn sealed(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    bytes.truncate(bytes.len() / 4 * 4);
    if bytes.len() < store::HEAD_BYTES + 4 {
        return bytes;
    }
    bytes[..4].copy_from_slice(&store::MAGIC);
    bytes[4..6].copy_from_slice(&store::VERSION.to_le_bytes());
    let (length, end) = (bytes.len() as u32, bytes.len() - 4);
    bytes[16..20].copy_from_slice(&length.to_le_bytes());
    let sum = !bytes[..end].iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    });
    bytes[end..].copy_from_slice(&sum.to_le_bytes());
    bytes
}
