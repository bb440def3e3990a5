#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Writes the pictures of the documentation, docs/pictures/*.svg. Each module in PICTURES describes
one picture (or a few of a kind) and has `pictures()`, which gives {name: Picture}.
`--check`: only compares, and says what is stale."""

import importlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
PICTURES = ("system", "dataflow", "banks", "strips", "module_tree", "tool_flow", "timing",
            "control_processor", "published", "formats")


def main():
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(HERE))
    fresh = {}
    for name in PICTURES:
        for stem, picture in importlib.import_module(name).pictures().items():
            fresh[f"{stem}.svg"] = picture.svg()
    there = {path.name: path.read_text() for path in HERE.glob("*.svg")}
    if sys.argv[1:] == ["--check"]:
        stale = sorted(name for name in fresh.keys() | there.keys()
                       if fresh.get(name) != there.get(name))
        if stale:
            sys.exit(f"stale: {', '.join(stale)}; run docs/pictures/generate.py")
        return
    for name in there.keys() - fresh.keys():
        (HERE / name).unlink()
    for name, svg in fresh.items():
        if there.get(name) != svg:
            (HERE / name).write_text(svg)


if __name__ == "__main__":
    main()
