#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Writes the lists of RTL files, what a file uses before it: rtl/files.txt has the core,
rtl/board/files.txt what the boards have around it. Neither has rtl/tech: a family's own versions of
modules. `--check`: only compares."""

import pathlib
import re
import sys

RTL = pathlib.Path(__file__).resolve().parents[2] / "rtl"


def ordered():
    files = {path.stem: path for path in sorted(RTL.rglob("*.sv"))
             if RTL / "tech" not in path.parents}
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
    return [files[name] for name in done]


def main():
    files = ordered()
    for target, of_board in ((RTL / "files.txt", False), (RTL / "board/files.txt", True)):
        text = "".join(f"{file.relative_to(RTL)}\n" for file in files
                       if (file.parent.name == "board") == of_board)
        if sys.argv[1:] == ["--check"]:
            if not target.exists() or target.read_text() != text:
                sys.exit(f"{target.relative_to(RTL.parent)} is stale: run tools/repo/rtl_files.py")
        else:
            target.write_text(text)


if __name__ == "__main__":
    main()
