#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Writes rtl/files.txt: every RTL file once, what a file uses before it. `--check`: only compares."""

import pathlib
import re
import sys

RTL = pathlib.Path(__file__).resolve().parents[2] / "rtl"


def ordered():
    files = {path.stem: path for path in sorted(RTL.rglob("*.sv"))}
    text = {name: re.sub(r"//.*", "", path.read_text()) for name, path in files.items()}
    done = []

    def visit(name):
        if name in done:
            return
        for used in sorted(set(re.findall(r"\brs_\w+\b|\breshift_\w+\b", text[name]))):
            if used != name and used in files:
                visit(used)
        done.append(name)

    for name in [n for n in files if n.endswith("_pkg")] + list(files):
        visit(name)
    return "".join(f"{files[name].relative_to(RTL)}\n" for name in done)


def main():
    target = RTL / "files.txt"
    if sys.argv[1:] == ["--check"]:
        if target.read_text() != ordered():
            sys.exit("rtl/files.txt is stale: run tools/repo/rtl_files.py")
    else:
        target.write_text(ordered())


if __name__ == "__main__":
    main()
