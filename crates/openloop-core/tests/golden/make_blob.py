"""Makes blob.olnb, a device blob written down by hand from the table in src/store/mod.rs, and the malformed ones of
fuzz/corpus/blob, each named by the error it must give. Needs nothing but Python: python3 make_blob.py"""

import struct
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parents[3] / "fuzz" / "corpus" / "blob"


def layer(kind, activation, units, shape, window=0, stride=0, padding=0):
    return struct.pack("<BBHHHI3I", kind, activation, window, stride, padding, units, *shape)


# 1 x 6 x 6 -> conv 2 filters 3 x 3, padding 1, tanh -> max pooling 2 -> dropout 0.25 -> dense 4 relu -> dense 3
LAYERS = [
    layer(1, 1, 2, (1, 6, 6), window=3, stride=1, padding=1),
    layer(2, 0, 0, (2, 6, 6), window=2),
    layer(4, 0, struct.unpack("<I", struct.pack("<f", 0.25))[0], (1, 1, 18)),
    layer(0, 3, 4, (1, 1, 18)),
    layer(0, 0, 3, (1, 1, 4)),
]
PARAMETERS = [n / 8 for n in range(2 * 9 + 2 + 18 * 4 + 4 + 4 * 3 + 3)]
# local-error-learned: a readout of 3 classes at the convolution (72 outputs) and at the hidden dense layer
READOUTS = [-n / 8 for n in range(1, 1 + 72 * 3 + 3 + 4 * 3 + 3)]


def blob(magic=b"OLNB", version=1, arithmetic=0, rule=7, loss=1, flags=2, frozen=2, bits=0, zero=0, filling=b"\0", length=None,
         layers=LAYERS, count=None, rates=(0.25, 0.125), offsets=(0.5,), scales=(2.0,), state=PARAMETERS + READOUTS):
    state = state if isinstance(state, bytes) else struct.pack(f"<{len(state)}f", *state)
    body = b"".join(layers) + struct.pack(f"<{len(offsets)}f{len(scales)}f", *offsets, *scales) + state
    body += -len(body) % 4 * filling
    length = 64 + len(body) + 4 if length is None else length
    head = magic + struct.pack("<HBBBBHHBBIIQQffIIII", version, arithmetic, rule, loss, flags,
                               len(layers) if count is None else count, frozen, bits, zero, length, 7, 0x0123456789ABCDEF,
                               1437, *rates, len(offsets), len(scales), len(state), 5000)
    assert len(head) == 64
    return head + body + struct.pack("<I", zlib.crc32(head + body))


def dense(inputs, outputs, activation=0):
    return layer(0, activation, outputs, (1, 1, inputs))


def small(layers, parameters, **more):
    """A network of dense layers under drtp."""
    return blob(rule=4, frozen=0, flags=0, layers=layers, state=[0.5] * parameters, **more)


def int8(layers, parameters, **more):
    return blob(arithmetic=1, rule=4, frozen=0, flags=0, bits=7, layers=layers, state=bytes(parameters), **more)


GOOD = blob()
XOR = [dense(2, 4, 1), dense(4, 2)]
BAD = {
    "TooShort-empty": b"",
    "TooShort-head": GOOD[:63],
    "TooShort-cut": GOOD[:-1],
    "NotABlob-zeros": bytes(200),
    "NotABlob-erased-flash": b"\xff" * 200,
    "ByteOrder-magic": blob(magic=b"BNLO"),
    "OtherVersion-2": blob(version=2),
    "Checksum-flip": GOOD[:100] + bytes([GOOD[100] ^ 1]) + GOOD[101:],
    "Checksum-cut-and-padded": GOOD[:-8] + b"\xff" * 8,
    "WrongLength-length-0": blob(length=0),
    "WrongLength-parts": small(XOR, 22, offsets=(0.0,) * 3),
    "WrongLength-no-offsets": small(XOR, 22, offsets=()),
    "WrongLength-state-short": small(XOR, 21),
    "WrongLength-int8": int8(XOR, 88),
    "WrongLength-state-odd": blob(rule=4, frozen=0, flags=0, layers=XOR, state=bytes(85)),
    "Unknown-arithmetic": blob(arithmetic=2),
    "Unknown-rule": blob(rule=200),
    "Unknown-loss": blob(loss=3),
    "Unknown-flag": blob(flags=4),
    "Unknown-frozen": blob(frozen=5),
    "Unknown-reserved": blob(zero=1),
    "Unknown-input-bits-in-f32": blob(bits=7),
    "Unknown-filling": int8(XOR, 22, filling=b"\1"),
    "Unknown-input-bits": small(XOR, 0, arithmetic=1, bits=15),
    "Unknown-kind": small([layer(7, 0, 2, (1, 1, 2)), XOR[1]], 22),
    "Unknown-activation": small([dense(2, 4, 9), XOR[1]], 22),
    "Unknown-field": small([layer(0, 1, 4, (1, 1, 2), padding=1), XOR[1]], 22),
    "Unknown-shape": small([layer(0, 1, 4, (1, 2, 1)), XOR[1]], 22),
    "TooLarge-layers": small(XOR * 33, 0),
    "TooLarge-input": small([dense(0xFFFFFFFF, 4), XOR[1]], 22),
    "TooLarge-product": small([layer(1, 1, 1, (0x10000, 0x10000, 0x10000), 1, 1), XOR[1]], 22),
    "TooLarge-weights": small([dense(1 << 22, 1 << 22), dense(1 << 22, 2)], 22),
    "TooLarge-filters": small([layer(1, 1, 1 << 22, (1, 9, 9), 0xFFFF, 1, 0xFFFF), XOR[1]], 22),
    "Network-no-layers": small([], 0),
    "Network-no-units": small([dense(2, 0), dense(0, 2)], 22),
    "Network-misfit": small([dense(2, 4), dense(5, 2)], 22),
    "Network-last-is-pool": small([layer(2, 0, 0, (1, 2, 2), window=2)], 0),
    "Network-output-tanh": small([dense(2, 4), dense(4, 2, 1)], 22),
    "Network-window": small([layer(2, 0, 0, (1, 2, 2), window=3), dense(0, 2)], 2),
    "Network-stride-0": small([layer(1, 1, 2, (1, 2, 2), window=1), dense(8, 2)], 22),
    "Network-dropout": small([layer(4, 0, 0x3F800000, (1, 1, 2)), dense(2, 2)], 6),
    "NotFinite-weight": blob(rule=4, frozen=0, layers=XOR, state=[0.5] * 21 + [float("nan")]),
    "NotFinite-rate": blob(rates=(float("inf"), 0.1)),
    "NotFinite-negative-rate": blob(rates=(0.1, -0.1)),
    "NotFinite-scale": blob(scales=(float("nan"),)),
    "WrongLength-huge-state": blob(state=b"")[:56] + b"\xff\xff\xff\xff" + blob(state=b"")[60:-4],
}
# the last one states a state larger than the blob: sealed again, so that the checksum is right
huge = BAD["WrongLength-huge-state"]
BAD["WrongLength-huge-state"] = huge + struct.pack("<I", zlib.crc32(huge))

(HERE / "blob.olnb").write_bytes(GOOD)
CORPUS.mkdir(parents=True, exist_ok=True)
(CORPUS / "Ok-convolution.olnb").write_bytes(GOOD)
(CORPUS / "Ok-xor.olnb").write_bytes(small(XOR, 22))
(CORPUS / "Ok-int8.olnb").write_bytes(int8(XOR, 22))
(CORPUS / "Ok-followed-by-erased-flash.olnb").write_bytes(small(XOR, 22) + b"\xff" * 12)
for name, content in BAD.items():
    (CORPUS / f"{name}.olnb").write_bytes(content)
