# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Timing diagrams of the main handshakes.

A signal is (name, a token per cycle): 0 and 1 are levels, `x` is free, `.` goes on, anything else
is a value of a bus; None instead of a signal is a gap. A mark is (cycle, first signal, last
signal): there a word is taken."""

from draw import KINDS, LINE, SOFT, Picture, text_width

CYCLE, ROW, HEIGHT, TOP = 46, 34, 22, 58

STREAM = {
    "title": "A valid/ready stream: the word is held until it is taken",
    "signals": [
        ("valid", "0 1 . . . . 1 0 1 0"),
        ("data", "x A B . . C D x E x"),
        ("ready", "1 . 0 . 1 . . . . ."),
    ],
    "marks": [(c, 0, 2) for c in (1, 4, 5, 6, 8)],
    "notes": ["A word is taken in each cycle with valid and ready (shaded).",
              "B waits for two cycles: valid and data stay. valid never depends on ready."],
}
AXI_READ = {
    "title": "AXI read: bursts of four beats through the FIFO to LOAD",
    "signals": [
        ("arvalid", "1 0 1 0 . . . . . . . . . . . . . ."),
        ("arready", "1 . . . . . . . . . . . . . . . . ."),
        ("araddr", "A x B x . . . . . . . . . . . . . ."),
        None,
        ("rvalid", "0 . . . 1 . . . . . . . 0 . . . . ."),
        ("rready", "1 . . . . . . . . . . . . . . . . ."),
        ("rdata", "x . . . A0 A1 A2 A3 B0 B1 B2 B3 x . . . . ."),
        ("rlast", "0 . . . . . . 1 0 . . 1 0 . . . . ."),
        None,
        ("beat_valid", "0 . . . . . . 1 . . . . . . . . . 0"),
        ("beat_ready", "1 . . . . . . . . 0 . 1 . . . . . ."),
        ("beat", "x . . . . . . A0 A1 A2 . . A3 B0 B1 B2 B3 x"),
    ],
    "marks": [(c, 0, 2) for c in (0, 2)] + [(c, 4, 7) for c in range(4, 12)]
             + [(c, 9, 11) for c in (7, 8, 11, 12, 13, 14, 15, 16)],
    "notes": ["A burst begins only when the FIFO has room for the longest one, so rready is always",
              "1: a stall of LOAD (A2) never reaches the bus. Memory answers after four cycles.",
              "A beat passes the FIFO in three cycles, or in two without the register after it."],
}
REGISTERS = {
    "title": "Register access over AXI4-Lite: a write, then a read",
    "signals": [
        ("awvalid", "1 . . 0 . . . . . . . ."),
        ("wvalid", "1 . . 0 . . . . . . . ."),
        ("awready, wready", "0 . 1 0 . . . . . . . ."),
        ("bvalid", "0 . . 1 0 . . . . . . ."),
        ("bresp", "x . . OKAY x . . . . . . ."),
        None,
        ("arvalid", "0 . . . . 1 . . . . 0 ."),
        ("arready", "0 . . . . . . . . 1 0 ."),
        ("rvalid", "0 . . . . . . . . . 1 0"),
        ("rdata", "x . . . . . . . . . value x"),
    ],
    "marks": [(2, 0, 2), (3, 3, 4), (9, 6, 7), (10, 8, 9)],
    "notes": ["A write is taken when address and data are there. The registers are words of the",
              "control processor's memory: a write waits while that memory is busy. A read takes",
              "one cycle less without the register after the memory, and up to 40 cycles for a",
              "counter. An unknown offset answers SLVERR."],
}
# EXEC on 16x16x8: rows of (label, [(first cycle, cycles, text, kind)]). A 3x3 convolution of 16
# channels with one term has 9 micro-ops per M-block. Delays: issue to array 6, last tile to pixel p
# M + 1 + sum_delay + p = 27 + p, pixel to code 10 (rs_issue, rs_datapath, rs_array and
# rs_post_pipeline say so; a waveform of the core shows the same).
TO_ARRAY, TO_PIXEL, TO_CODE, LIST, P = 6, 27, 10, 9, 8
GROUPS = [("control", "group g"), ("compute", "group g+1"), ("residual", "group g+2")]


def draw_values(p, y, x0, tokens):
    spans = []
    for cycle, token in enumerate(tokens):
        if token == "." or (spans and token in "01" and spans[-1][0] == token):
            spans[-1][2] += 1
        else:
            spans.append([token, cycle, 1])
    before = None
    for token, first, cycles in spans:
        left, right = x0 + CYCLE * first, x0 + CYCLE * (first + cycles)
        if token in ("0", "1"):
            level = y if token == "1" else y + HEIGHT
            if before is not None:
                p.path([(left, before), (left, level)], LINE, 1.6)
            p.path([(left, level), (right, level)], LINE, 1.6)
            before = level
            continue
        middle = y + HEIGHT / 2
        shape = [(left, middle), (left + 4, y), (right - 4, y), (right, middle),
                 (right - 4, y + HEIGHT), (left + 4, y + HEIGHT)]
        if token == "x":
            p.path(shape, "#b8c1cb", 1.2, fill="#e9edf1", close=True)
        else:
            if text_width(token, 12) > right - left - 8:
                raise ValueError(f"{token} does not fit its cycles")
            p.path(shape, LINE, 1.4, fill="#ffffff", close=True)
            p.text((left + right) / 2, middle + 4, token, 12)


def waves(spec):
    signals = spec["signals"]
    cycles = len(next(s for s in signals if s)[1].split())
    x0 = 24 + max(text_width(s[0], 12, mono=True) for s in signals if s) + 14
    tops, y = [], TOP + ROW
    for signal in signals:
        tops.append(y)
        y += ROW if signal else 14
    width = max(x0 + CYCLE * cycles,
                24 + max([text_width(spec["title"], 14, True)]
                         + [text_width(note, 12) for note in spec["notes"]])) + 24
    p = Picture(width, y + 20 + 18 * len(spec["notes"]), spec["title"])
    p.text(24, 30, spec["title"], 14, "start", bold=True)
    for cycle, first, last in spec["marks"]:
        p.rect(x0 + CYCLE * cycle, tops[first] - 5, CYCLE, tops[last] - tops[first] + HEIGHT + 10,
               KINDS["compute"][0])
    for cycle in range(cycles + 1):
        x = x0 + CYCLE * cycle
        p.path([(x, TOP - 4), (x, y - 6)], "#c9d1d9", 1, "2 4")
        if cycle < cycles:
            p.text(x + CYCLE / 2, TOP - 8, str(cycle), 10, colour=SOFT)
            p.path([(x, TOP + HEIGHT), (x, TOP), (x + CYCLE / 2, TOP),
                    (x + CYCLE / 2, TOP + HEIGHT), (x + CYCLE, TOP + HEIGHT)], SOFT, 1.2)
    p.text(x0 - 14, TOP + 15, "clk", 12, "end", mono=True)
    for top, signal in zip(tops, signals):
        if signal:
            tokens = signal[1].split()
            if len(tokens) != cycles:
                raise ValueError(f"{signal[0]}: {len(tokens)} of {cycles} cycles")
            p.text(x0 - 14, top + 15, signal[0], 12, "end", mono=True)
            draw_values(p, top, x0, tokens)
    p.lines(24, y + 14, spec["notes"], 12, 18, anchor="start", colour=SOFT)
    return p


def exec_rows():
    rows = [("issue: micro-ops", []), ("activations and tiles enter the array", []),
            ("pixels leave the array", []), ("codes go to the banks", [])]
    for g, (kind, text) in enumerate(GROUPS):
        first = LIST * g
        pixel = first + LIST - 1 + TO_ARRAY + TO_PIXEL
        for row, start, length, what in ((0, first, LIST, f"{LIST} of {text}"),
                                         (1, first + TO_ARRAY, LIST, text),
                                         (2, pixel, P, text), (3, pixel + TO_CODE, P, text)):
            rows[row][1].append((start, length, what, kind))
    return rows


def exec_timing():
    rows = exec_rows()
    x0, unit, y0 = 262, 11, 62
    end = max(start + length for _, items in rows for start, length, *_ in items)
    p = Picture(x0 + unit * (end + 1) + 20, 290,
                "EXEC: from the issue of a micro-op to the write of a code")
    p.text(24, 30, "EXEC on 16x16x8: a 3x3 convolution of 16 channels, one term, no stall", 14,
           "start", bold=True)
    for cycle in range(0, end + 1, 5):
        x = x0 + unit * cycle
        p.path([(x, y0 - 6), (x, y0 + 154)], "#c9d1d9", 1, "2 4")
        p.text(x, y0 + 170, str(cycle), 10, colour=SOFT)
    p.text(x0 - 12, y0 + 170, "cycle", 10, "end", colour=SOFT)
    for i, (label, items) in enumerate(rows):
        y = y0 + 38 * i
        p.text(x0 - 12, y + 19, label, 12, "end")
        for start, length, what, kind in items:
            p.rect(x0 + unit * start + 0.5, y, unit * length - 1, 28, *KINDS[kind], radius=3)
            p.text(x0 + unit * (start + length / 2), y + 18, what, 11)
    p.lines(24, y0 + 194, [
        "A list of 9 micro-ops keeps the array busy in every cycle. Meanwhile post-processing takes"
        " the 8 pixels of a group, one per cycle.",
        "A list shorter than P micro-ops waits for post-processing (STALL_POST).",
    ], 12, 18, anchor="start", colour=SOFT)
    return p


def pictures():
    return {"timing_stream": waves(STREAM), "timing_axi_read": waves(AXI_READ),
            "timing_registers": waves(REGISTERS), "timing_exec": exec_timing()}
