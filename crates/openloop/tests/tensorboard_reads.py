"""Prints what TensorBoard itself reads in a folder of event files, as JSON: {tag: [[step, value], ...]}, tags sorted.

Usage: python tensorboard_reads.py FOLDER

Needs `pip install tensorboard`. It is the proof that the files Openloop writes open elsewhere: TensorBoard's reader
checks every record's checksums and parses every message. It silently drops what is broken, so whoever calls this should
compare all the points. Exits with 1 if there is none.
"""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator


def scalars_in(folder):
    """Every scalar curve of the folder, complete (a size guidance of 0 keeps all points)."""
    events = EventAccumulator(folder, size_guidance={SCALARS: 0})
    events.Reload()
    return {tag: [[event.step, event.value] for event in events.Scalars(tag)] for tag in sorted(events.Tags()[SCALARS])}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    curves = scalars_in(sys.argv[1])
    print(json.dumps(curves, ensure_ascii=False))
    if not curves:
        sys.exit(f"TensorBoard found no scalar in {sys.argv[1]}")


if __name__ == "__main__":
    main()
