"""What an error costs: two pictures of every rule of `openloop compare --json`, error against memory and against multiply-adds.

    openloop compare --data mnist --net fc500 --rules bp,... --trials 3 --json > mnist.json
    python bench/peers/trade_offs.py mnist.json docs/trade-offs.svg
"""

import json
import math
import sys
from pathlib import Path

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 330, 70, 20, 44, 46
NAME = 160  # room to the right of the last dot, for its name
LOCAL = {"drtp", "drtp-gated", "local-error", "local-error-learned", "local-hinge", "lls", "shallow"}


def read(path):
    """Name, error after the last epoch, bytes of a step and multiply-adds of a sample, of each rule."""
    compared = json.loads(Path(path).read_text())
    rules = [rule for rule in compared["rules"] if rule["curves"]]
    point = lambda rule: (
        rule["rule"],
        rule["curves"]["test_error"]["mean"][-1],
        rule["cost"]["transient_bytes"],
        rule["cost"]["multiply_adds"]["total"],
    )
    return compared, sorted((point(rule) for rule in rules), key=lambda p: p[1])


def short(value):
    """12.3k or 4.56M."""
    power, unit = (1e6, "M") if value >= 1e6 else (1e3, "k")
    return f"{value / power:.3g}{unit}"


def panel(points, column, title, y0):
    """One picture: a dot a rule, its name beside it."""
    values = [p[column] for p in points]
    low, high = min(values), max(values)
    margin = 0.08 * (high - low) or 0.1 * high
    low, high = low - margin, high + margin
    worst = max(p[1] for p in points) * 1.1
    least = min(p[1] for p in points) / 1.1
    x = lambda v: LEFT + (WIDTH - LEFT - RIGHT - NAME) * (v - low) / (high - low)
    y = lambda e: y0 + TOP + (HEIGHT - TOP - BOTTOM) * (1 - math.log(e / least) / math.log(worst / least))
    out = [f'<text x="{LEFT}" y="{y0 + 24}" font-weight="bold">{title}</text>']
    bottom = y0 + HEIGHT - BOTTOM
    out.append(f'<path d="M{LEFT} {y0 + TOP}V{bottom}H{WIDTH - RIGHT}" stroke="#1c1c1c" fill="none"/>')
    for tick in (1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64):
        if least < tick < worst:
            out.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
            out.append(f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick} %</text>')
    for k in range(5):
        value = low + margin + (high - low - 2 * margin) * k / 4
        out.append(f'<path d="M{x(value):.1f} {bottom}v5" stroke="#1c1c1c"/>')
        out.append(f'<text x="{x(value):.1f}" y="{bottom + 20}" text-anchor="middle">{short(value)}</text>')
    taken = []
    for name, error, *_ in points:
        value = next(p[column] for p in points if p[0] == name)
        cx, cy, label = x(value), y(error), y(error)
        while any(abs(label - other) < 14 and abs(cx - at) < 150 for at, other in taken):
            label -= 3
        taken.append((cx, label))
        colour = "#0a6b4f" if name in LOCAL else "#c94f00"
        shape = f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="5"' if name in LOCAL else f'<path d="M{cx - 5:.1f} {cy - 5:.1f}h10v10h-10z"'
        out.append(f'{shape} fill="{colour}"/>')
        out.append(f'<path d="M{cx:.1f} {cy:.1f}L{cx + 12:.1f} {label:.1f}" stroke="{colour}"/>')
        out.append(f'<text x="{cx + 14:.1f}" y="{label + 4:.1f}">{name} {error:.2f}</text>')
    return out


def picture(compared, points):
    """Both pictures, one above the other."""
    about = f"{compared['net']} on {compared['data']}, {compared['epochs']} epochs, {compared['trials']} seeds"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * HEIGHT + 46}" font-family="sans-serif" font-size="13" role="img">',
        f"<title>Test error of each rule against what a learning step costs: {about}</title>",
        f'<rect width="{WIDTH}" height="{2 * HEIGHT + 46}" fill="#fff"/><g fill="#1c1c1c">',
        *panel(points, 2, "Test error against the bytes of a learning step", 0),
        *panel(points, 3, "Test error against multiply-adds a sample", HEIGHT),
        f'<text x="{LEFT}" y="{2 * HEIGHT + 14}">{about}.</text>',
        f'<text x="{LEFT}" y="{2 * HEIGHT + 32}">Circles: local rules; squares: rules that wait for the error.</text>',
    ]
    return "\n".join([*out, "</g></svg>"]) + "\n"


if __name__ == "__main__":
    compared, points = read(sys.argv[1])
    print("| rule | error, % | bytes of a step | multiply-adds a sample |\n|---|---|---|---|")
    for name, error, size, adds in points:
        print(f"| {name} | {error:.2f} | {size:,} | {adds:,} |")
    Path(sys.argv[2]).write_text(picture(compared, points))
