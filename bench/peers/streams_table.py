"""The tables of `streams.py`'s results, and a picture of mean ranks with their critical difference.

    python bench/peers/streams_table.py bench/results/2026-11-streams.jsonl docs/streams-ranks.svg > tables.md

A learner's rank on a stream and seed is 1 for the most right answers; equal ones share their ranks. Only streams and seeds on which every learner
ran count. Two mean ranks that are further apart than the critical difference of Nemenyi's test (Demsar, JMLR 7, 2006) differ at the level 0.05.
"""

import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

# q of the studentized range at infinity for 0.05, divided by the root of 2 (Demsar 2006, table 5), by the number of learners
CRITICAL = {2: 1.960, 3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 7: 2.949, 8: 3.031, 9: 3.102, 10: 3.164}


def read(path):
    """Cells by stream and seed, then by learner."""
    found = defaultdict(dict)
    for line in Path(path).read_text().splitlines():
        cell = json.loads(line)
        found[cell["stream"], cell["seed"]][cell["learner"]] = cell
    return found


def ranks(cells):
    """Mean rank of each learner over the places where all ran, and how many places these are."""
    learners = {name for cell in cells.values() for name in cell}
    places = [cell for cell in cells.values() if len(cell) == len(learners)]
    own = defaultdict(list)
    for place in places:
        for name, cell in place.items():
            better = sum(other["accuracy"] > cell["accuracy"] for other in place.values())
            equal = sum(other["accuracy"] == cell["accuracy"] for other in place.values())
            own[name].append(better + (equal + 1) / 2)
    return dict(sorted(((name, mean(of)) for name, of in own.items()), key=lambda one: one[1])), len(places)


def spread(values):
    """Mean and standard deviation."""
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def accuracies(cells, order):
    """A table of right answers in percent: a row for each stream, a column for each learner."""
    print("| stream | seeds | " + " | ".join(order) + " |")
    print("|---|---|" + "---|" * len(order))
    for stream in dict.fromkeys(stream for stream, _ in cells):
        of = {name: [c[name]["accuracy"] for (s, _), c in cells.items() if s == stream and name in c] for name in order}
        best = max(mean(values) for values in of.values() if values)
        shown = [f"**{spread(v)}**" if v and mean(v) == best else spread(v) if v else "-" for v in of.values()]
        counts = sorted({len(values) for values in of.values()})
        print(f"| {stream} | {' or '.join(map(str, counts))} | " + " | ".join(shown) + " |")


def figures(cells, order, rank):
    """Mean rank, kappas, recovery, speed and memory of each learner, where all ran."""
    print("| learner | mean rank | kappa | kappa, last label | rows until a drift is recovered from | rows a second | bytes |")
    print("|---|---|---|---|---|---|---|")
    places = [cell for cell in cells.values() if len(cell) == len(order)]
    for name in order:
        own = [place[name] for place in places]
        times = [time for cell in own for time in cell["recovery"]]
        found = sorted(math.inf if time is None else time for time in times)
        middle = found[len(found) // 2]
        recovered = "not in 2,000" if middle == math.inf else f"{middle:,}"
        missed = sum(time is None for time in times)
        speed = sorted(cell["rows_per_second"] for cell in own)[len(own) // 2]
        size = sorted(cell["bytes"] for cell in own)[len(own) // 2]
        print(
            f"| {name} | {rank[name]:.2f} | {mean(c['kappa'] for c in own):.3f} | {mean(c['kappa_temporal'] for c in own):.3f} "
            f"| {recovered} ({missed} of {len(times)} never) | {speed:,.0f} | {size:,.0f} |"
        )


def picture(rank, places):
    """Mean ranks on a line; a bar joins those that do not differ."""
    names, count = list(rank), len(rank)
    difference = CRITICAL[count] * math.sqrt(count * (count + 1) / (6 * places))
    x = lambda value: 40 + 560 * (value - 1) / (count - 1)
    half = (count + 1) // 2
    height = 110 + 22 * half
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {height}" font-family="sans-serif" font-size="13" role="img">',
        f"<title>Mean ranks of {count} learners over {places} streams and seeds</title>",
        f'<rect width="640" height="{height}" fill="#fff"/><g stroke="#1c1c1c" fill="none">',
        f'<path d="M{x(1)} 60H{x(count)}"/>' + "".join(f'<path d="M{x(k)} 54V60"/>' for k in range(1, count + 1)),
        f'<path d="M{x(1)} 20H{x(1) + x(1 + difference) - x(1):.1f}M{x(1)} 15V25M{x(1 + difference):.1f} 15V25"/></g>',
        f'<g fill="#1c1c1c"><text x="{x(1 + difference) + 8:.1f}" y="25">critical difference {difference:.2f}</text>',
        *(f'<text x="{x(k)}" y="48" text-anchor="middle">{k}</text>' for k in range(1, count + 1)),
    ]
    for k, (name, value) in enumerate(rank.items()):
        left = k < half
        y = 104 + 22 * (k if left else count - 1 - k)
        end, anchor, shift = (x(1) - 30, "start", 0) if left else (x(count) + 30, "end", 0)
        out.append(f'<path d="M{x(value):.1f} 60V{y}H{end + shift}" stroke="#888" fill="none"/>')
        out.append(f'<text x="{end}" y="{y - 4}" text-anchor="{anchor}">{name} {value:.2f}</text>')
    groups, y = [], 70
    for k, name in enumerate(names):
        last = max(j for j in range(count) if rank[names[j]] - rank[name] <= difference)
        if last > k and not any(last <= end for _, end in groups):
            groups.append((k, last))
    for first, last in groups:
        out.append(f'<path d="M{x(rank[names[first]]) - 4:.1f} {y}H{x(rank[names[last]]) + 4:.1f}" stroke="#c94f00" stroke-width="4"/>')
        y += 7
    return "\n".join([*out, "</g></svg>"]) + "\n"


if __name__ == "__main__":
    table = read(sys.argv[1])
    found, number = ranks(table)
    accuracies(table, list(found))
    print(f"\nOver the {number} streams and seeds on which all ran:\n")
    figures(table, list(found), found)
    Path(sys.argv[2]).write_text(picture(found, number))
