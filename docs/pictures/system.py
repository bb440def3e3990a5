# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The system: host and memory outside, the core with its frontend and EXEC."""

from draw import KINDS, Picture

# name: x, y, width, height, kind, title, lines
BOXES = {
    "host": (20, 78, 116, 60, "plain", "Host", ["software"]),
    "memory": (20, 192, 116, 318, "memory", "Memory", ["program", "weights", "images", "results",
                                                      "spilled tensors"]),
    "registers": (222, 78, 104, 60, "control", "Registers", ["counters, errors"]),
    "processor": (362, 78, 104, 60, "control", "Control\nprocessor", []),
    "ring": (362, 172, 104, 60, "memory", "Descriptor\nring", []),
    "read": (222, 264, 104, 60, "bus", "AXI master", ["read"]),
    "load": (362, 264, 104, 60, "control", "LOAD", ["DMA in"]),
    "tokens": (362, 356, 104, 48, "control", "Tokens", ["order of engines"]),
    "write": (222, 440, 104, 60, "bus", "AXI master", ["write"]),
    "store": (362, 440, 104, 60, "control", "STORE", ["DMA out"]),
    "issue": (520, 172, 140, 60, "control", "Issue", ["micro-ops, addresses"]),
    "weights": (520, 264, 140, 60, "memory", "Weight memory", ["rings: headers, tiles"]),
    "post": (848, 378, 150, 60, "compute", "Post-processing", ["scale, round, clamp"]),
    "residual": (848, 462, 150, 44, "residual", "Residual path", ["prefetches the skip"]),
}
# from, points, keywords
ARROWS = [
    ("host.e:0.35", ("registers.w:0.35",), {"label": "AXI4-Lite", "at": (167, 94)}),
    ("registers.w:0.75", ("host.e:0.75",), {"label": "interrupt", "at": (167, 138), "dash": "4 3"}),
    ("registers.e", ("processor.w",), {"both": True}),
    ("processor.s", ("ring.n",), {"both": True}),
    ((136, 294), ("read.w",), {"label": "AXI4", "at": (167, 288)}),
    ("write.w", ((136, 470),), {"label": "AXI4", "at": (167, 464)}),
    ("read.e", ("load.w",), {}),
    ("load.n", ("ring.s",), {"label": "descriptors", "at": (352, 252), "anchor": "end"}),
    ("store.w", ("write.e",), {}),
    ("load.s", ("tokens.n",), {"both": True}),
    ("tokens.s", ("store.n",), {"both": True}),
    ("ring.e", ("issue.w",), {}),
    ("load.e:0.35", ("weights.w:0.35",), {}),
    ("load.e:0.75", ((492, None), (None, 384), (520, 384)), {}),
    ((520, 470), ("store.e",), {}),
    ("weights.n", ("issue.s",), {"label": "headers", "at": (596, 252), "anchor": "start"}),
    ("issue.e", ((712, None), (None, 356)), {"label": "reads", "at": (706, 196), "anchor": "end"}),
    ("weights.e", ((748, None),), {"label": "tiles", "at": (732, 288)}),
    ((736, 356), ((None, 308), (748, 308)), {"label": "activations", "at": (744, 343),
                                             "anchor": "start"}),
    ((923, 322), ("post.n",), {"label": "accumulators", "at": (929, 352), "anchor": "start"}),
    ("post.w", ((776, None),), {"label": "codes", "at": (812, 402)}),
    ((776, 484), ("residual.w",), {"label": "words", "at": (812, 478)}),
    ("residual.n", ("post.s",), {}),
]


def pictures():
    p = Picture(1036, 560, "ReShift: block diagram of the system")
    p.region(196, 16, 824, 528, "ReShift core", "#ffffff")
    p.region(208, 44, 272, 488, "Frontend")
    p.region(506, 44, 502, 488, "EXEC")
    for name, (x, y, w, h, kind, title, lines) in BOXES.items():
        p.box(name, x, y, w, h, title, lines, kind)

    # The feature buffer with its banks.
    fill, border = KINDS["memory"]
    p.rect(520, 356, 256, 150, fill, border, radius=5, width=1.4)
    p.text(648, 376, "Feature buffer", bold=True)
    for i, label in enumerate(["bank 0", "bank 1", "", "bank P-1"]):
        if label:
            p.rect(534 + 58 * i, 388, 54, 88, "#ffffff", border)
            p.text(561 + 58 * i, 436, label, 11)
        else:
            p.text(561 + 58 * i, 436, ". . .", 13)
    p.text(648, 495, "a word is M channels of one pixel", 11, colour="#5f6c7b")

    # The array with its PEs.
    fill, border = KINDS["compute"]
    p.rect(748, 66, 250, 256, fill, border, radius=5, width=1.4)
    p.text(873, 88, "Systolic array, M x P PEs", bold=True)
    for row in range(4):
        for column in range(4):
            p.rect(766 + 56 * column, 100 + 46 * row, 46, 38, "#ffffff", border, radius=3)
            p.text(789 + 56 * column, 123 + 46 * row, "PE", 12)
    p.text(873, 297, "a PE: C shift-and-add lanes,", 11, colour="#5f6c7b")
    p.text(873, 312, "one accumulator, no multiplier", 11, colour="#5f6c7b")
    for start, via, style in ARROWS:
        p.arrow(start, *via, **style)
    return {"system": p}
