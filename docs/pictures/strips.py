# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""An operation on spilled tensors: strips of output rows, their halo, strip buffers, overlap in
time."""

from draw import KINDS, SOFT, Picture

ROWS, STRIP = 12, 4  # rows of the map, output rows per strip
COLOURS = [KINDS["control"], KINDS["compute"], KINDS["residual"]]
BUFFERS = ["A", "B", "A"]  # the strip buffer that each strip uses
TIMELINE = {  # engine: (what, strip, first unit of time, units)
    "LOAD": [("rows", 0, 0, 2), ("rows", 1, 2, 2), ("rows", 2, 5, 2)],
    "EXEC": [("strip", 0, 2, 3), ("strip", 1, 5, 3), ("strip", 2, 8, 3)],
    "STORE": [("rows", 0, 5, 2), ("rows", 1, 8, 2), ("rows", 2, 11, 2)],
}


def inputs(strip):
    """Input rows of a strip of a 3x3 convolution with padding 1."""
    return max(0, strip * STRIP - 1), min(ROWS, strip * STRIP + STRIP + 1)


def the_maps(p):
    p.text(30, 30, "In memory: the spilled input", 14, "start", bold=True)
    p.text(30, 48, "a 3x3 convolution: the halo is one row", 11, "start", colour=SOFT)
    for row in range(ROWS):
        users = [s for s in range(3) if inputs(s)[0] <= row < inputs(s)[1]]
        y = 62 + 20 * row
        fill, border = COLOURS[users[0]]
        p.rect(78, y, 130, 18, fill, border, width=1)
        if len(users) > 1:
            p.rect(143, y, 65, 18, *COLOURS[users[1]], width=1)
        p.text(70, y + 13, f"row {row}", 10, "end", colour=SOFT)
    for s, (first, end) in enumerate(inputs(s) for s in range(3)):
        x, top, bottom = 220 + 16 * s, 62 + 20 * first, 60 + 20 * end
        p.path([(x, top), (x + 8, top), (x + 8, bottom), (x, bottom)], COLOURS[s][1], 2)
        p.text(290, (top + bottom) / 2 + 4, f"strip {s}: {end - first} rows", 12, "start",
               colour=COLOURS[s][1], bold=True)
        p.path([(x + 8, (top + bottom) / 2), (284, (top + bottom) / 2)], COLOURS[s][1], 1, "3 3")
    p.text(30, 322, "A row in two colours is loaded for both strips: their overlap.", 11, "start",
           colour=SOFT)


def the_buffers(p):
    p.region(430, 14, 340, 286, "Feature buffer: strip buffers")
    y = 50
    for tensor, kind in (("input", "load"), ("output", "store")):
        for i, letter in enumerate("AB"):
            x = 450 + 156 * i
            p.rect(x, y, 144, 88, "#ffffff", KINDS["memory"][1], radius=4)
            p.text(x + 72, y + 20, f"{tensor}, buffer {letter}", 12, bold=True)
            for n, s in enumerate(s for s in range(3) if BUFFERS[s] == letter):
                p.rect(x + 12, y + 30 + 26 * n, 120, 22, *COLOURS[s], radius=3)
                p.text(x + 72, y + 45 + 26 * n, f"strip {s}" if n == 0 else f"then strip {s}", 11)
        y += 118
    p.text(600, 158, "LOAD fills one input buffer while EXEC reads the other;", 11, colour=SOFT)
    p.text(600, 278, "STORE empties one output buffer while EXEC fills the other.", 11,
           colour=SOFT)


def the_time(p):
    y0, x0, unit = 352, 100, 50
    p.text(30, y0, "In time", 14, "start", bold=True)
    for i, (engine, items) in enumerate(TIMELINE.items()):
        y = y0 + 14 + 36 * i
        p.text(x0 - 12, y + 19, engine, 12, "end", bold=True)
        p.path([(x0, y + 31), (x0 + 13 * unit, y + 31)], "#d5dbe1", 1)
        for what, s, first, units in items:
            p.rect(x0 + first * unit + 1, y + 2, units * unit - 2, 26, *COLOURS[s], radius=3)
            p.text(x0 + (first + units / 2) * unit, y + 19,
                   f"strip {s}" if what == "strip" else f"rows of {s}", 11)
    p.arrow((x0, y0 + 132), (x0 + 13 * unit, y0 + 132))
    p.text(x0 + 13 * unit, y0 + 150, "cycles (not to scale)", 11, "end", colour=SOFT)


def pictures():
    p = Picture(800, 516, "Strips of a spilled tensor, their overlap, and the strip buffers")
    the_maps(p)
    the_buffers(p)
    the_time(p)
    return {"strips": p}
