# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The tools: from an ONNX network to a run, a report and test vectors."""

from draw import SOFT, Picture

# name: x, y, width, height, kind, title, lines
BOXES = {
    "onnx": (20, 40, 120, 52, "memory", "MODEL.onnx", ["trained network"]),
    "images": (20, 160, 120, 52, "memory", "DATA", ["images, labels"]),
    "quantize": (200, 40, 130, 52, "compute", "quantize", ["sums of powers of two"]),
    "rsq": (390, 40, 120, 52, "memory", "net.rsq", ["quantised network"]),
    "compile": (570, 40, 130, 52, "compute", "compile", ["for one configuration"]),
    "rsp": (760, 40, 120, 52, "memory", "net.rsp", ["program"]),
    "eval": (390, 160, 120, 52, "compute", "eval", ["accuracy"]),
    "run": (760, 160, 120, 52, "compute", "run", ["golden or RTL"]),
    "board": (930, 40, 130, 52, "compute", "board-image", ["layout of a memory"]),
    "hex": (930, 160, 130, 52, "memory", "board.hex.*", ["block RAM contents"]),
    "evaljson": (390, 270, 120, 52, "memory", "eval.json", ["top-1, top-5"]),
    "trace": (930, 270, 130, 52, "memory", "trace.json", ["timeline, Perfetto"]),
    "runjson": (760, 270, 120, 52, "memory", "run.json", ["cycles, mismatches"]),
    "report": (760, 372, 120, 52, "compute", "report", ["roofline, layers"]),
    "html": (930, 372, 130, 52, "memory", "net.html", ["one page"]),
    "hw": (570, 372, 130, 52, "memory", "configuration", ["spec/, --hw NAME"]),
    "vectors": (200, 270, 130, 52, "compute", "vectors", ["random networks"]),
    "vechex": (200, 372, 130, 52, "memory", "*.hex", ["for any simulator"]),
    "network": (20, 270, 120, 52, "compute", "make-network", ["random weights"]),
    "fit": (390, 372, 120, 52, "compute", "fit", ["area, no synthesis"]),
}
ARROWS = [
    ("onnx.e", ("quantize.w",), {}),
    ("images.e:0.35", ((262, None), (None, 92)), {"label": "calibration", "at": (202, 172)}),
    ("quantize.e", ("rsq.w",), {}),
    ("rsq.e", ("compile.w",), {}),
    ("rsq.s", ("eval.n",), {}),
    ("images.e:0.75", ((390, None),), {"label": "test images", "at": (300, 214)}),
    ("eval.s", ("evaljson.n",), {}),
    ("compile.e", ("rsp.w",), {}),
    ("rsp.s", ("run.n",), {}),
    ("rsp.e", ("board.w",), {}),
    ("board.s", ("hex.n",), {}),
    ("images.s:0.8", ((None, 242), (700, 242), (700, 196), (760, 196)),
     {"label": "test images", "at": (600, 236)}),
    ("run.s", ("runjson.n",), {}),
    ("run.e:0.7", ((906, None), (906, 296), (930, 296)), {}),
    ("runjson.s", ("report.n",), {}),
    ("report.e", ("html.w",), {}),
    ("hw.n", ((635, 92),), {}),
    ("hw.w", ("fit.e",), {}),
    ("vectors.s", ("vechex.n",), {}),
    ("network.w:0.5", ((8, None), (8, 66), (20, 66)), {}),
]


def pictures():
    p = Picture(1080, 444, "Tool flow: commands of reshift and the files between them")
    for name, (x, y, w, h, kind, title, lines) in BOXES.items():
        p.box(name, x, y, w, h, title, lines, kind)
    for start, via, style in ARROWS:
        p.arrow(start, *via, **style)
    p.rect(20, 388, 14, 14, "#dff2e3", "#3c8d53", radius=2)
    p.text(42, 400, "command of reshift", 12, "start", colour=SOFT)
    p.rect(20, 410, 14, 14, "#fdf0d5", "#c58b1b", radius=2)
    p.text(42, 422, "file", 12, "start", colour=SOFT)
    return {"tool_flow": p}
