"""Arrays and images as NumPy and Pillow write them, for tests/samples.rs: python make_samples.py (NumPy 2.4, Pillow 13)."""

from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent / "samples"
GREY, COLOURS = ["horizontal", "vertical"], ["blue", "red"]


def stripes(kind, generator, shape):
    """An image of stripes: rows alternate under "horizontal", columns under "vertical"."""
    image = generator.integers(0, 60, shape).astype(np.uint8)
    index = (slice(None, None, 2),) if kind == "horizontal" else (slice(None), slice(None, None, 2))
    image[index] += 150
    return image


def main():
    generator = np.random.default_rng(0)
    HERE.mkdir(exist_ok=True)
    kinds = [k % 2 for k in range(80)]
    x = np.stack([stripes(GREY[k], generator, (6, 5)) for k in kinds])
    y = np.array(kinds, dtype=np.int64)
    np.savez_compressed(HERE / "train-and-test.npz", x_train=x[:60], y_train=y[:60], x_test=x[60:], y_test=y[60:])
    values = generator.normal(size=(90, 3))
    names = np.where(values[:, 0] + values[:, 1] > 0, "high", "low")
    np.savez(HERE / "texts.npz", X=np.asfortranarray(values), y=names, extra=np.arange(3))
    np.save(HERE / "values.npy", np.asfortranarray(values.astype(np.float32)))
    np.save(HERE / "measured.npy", (5_000_000 + values @ np.array([1.0, -2.0, 0.5])).reshape(-1, 1))
    np.save(HERE / "one-hot.npy", np.eye(2, dtype=np.uint8)[(names == "high").astype(int)])
    channels = np.stack([np.stack([stripes(GREY[k], generator, (5, 6))] * 3, axis=-1) for k in kinds[:20]])
    np.savez_compressed(HERE / "channels-last.npz", images=channels, labels=y[:20].astype(np.uint8))
    for k in range(12):
        kind = k % 2
        folder = HERE / "images" / COLOURS[kind]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 80, (9 if k < 10 else 12, 8, 3)).astype(np.uint8)
        pixels[:, :, 2 if COLOURS[kind] == "blue" else 0] += 150
        image = Image.fromarray(pixels)
        if k == 4:
            image = image.quantize(16)
        image.save(folder / f"{k}.{'jpg' if k % 3 == 0 else 'png'}")
    (HERE / "images" / "blue" / "notes.txt").write_text("no image\n")


if __name__ == "__main__":
    main()
