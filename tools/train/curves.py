# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Learning curves as a picture (SVG): loss and share of right classes, an epoch a point."""

from html import escape

WIDTH, HEIGHT, LEFT, TOP, BETWEEN = 300, 180, 60, 40, 90
PANELS = (("loss", "loss", 1, "#c0503f"), ("right", "right, %", 100, "#4a74b4"))


def panel(number, title, values, colour):
    x0 = LEFT + number * (WIDTH + BETWEEN)
    low, high = min(values), max(values)
    span = high - low or 1.0
    points = " ".join(f"{x0 + WIDTH * i / max(len(values) - 1, 1):.1f},"
                      f"{TOP + HEIGHT * (high - v) / span:.1f}" for i, v in enumerate(values))
    texts = [(x0 - 6, TOP + 5, "end", f"{high:.3g}"), (x0 - 6, TOP + HEIGHT, "end", f"{low:.3g}"),
             (x0, TOP + HEIGHT + 18, "start", "1"),
             (x0 + WIDTH, TOP + HEIGHT + 18, "end", f"{len(values)} epochs"),
             (x0, TOP - 8, "start", title)]
    return [f'<rect x="{x0}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#7b8794"/>',
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>',
            *(f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
              for x, y, anchor, text in texts)]


def write(path, title, log):
    """`log`: an entry an epoch, as Stage makes it."""
    width, height = LEFT + 2 * WIDTH + BETWEEN + 20, TOP + HEIGHT + 30
    shapes = [f'<text x="{LEFT}" y="16" font-weight="bold">{escape(title)}</text>']
    for number, (key, name, factor, colour) in enumerate(PANELS):
        shapes += panel(number, name, [factor * entry[key] for entry in log], colour)
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                    'font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#1f2933">\n'
                    f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
                    + "\n".join(shapes) + "\n</svg>\n")
