#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Writes the list of RTL modules in README.md, from the first sentence of each file's header.
`--check`: only compares."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- modules: tools/repo/module_table.py -->\n", "<!-- end of modules -->\n"


def first_sentence(path):
    words = []
    for line in path.read_text().split("\n"):
        match = re.match(r"//+ ?(.*)", line)
        if match and "SPDX" in match[1]:
            continue
        if match and match[1].strip():
            words.append(match[1].strip())
        elif words:
            break
    sentence = re.split(r"(?<=[\w)`])\.(?: |$)", " ".join(words))[0]
    return sentence.replace("|", "\\|")


def table():
    rows = ["| folder | module | what it is |\n", "| --- | --- | --- |\n"]
    for path in sorted((ROOT / "rtl").rglob("*.sv")):
        rows.append(f"| {path.parent.name} | `{path.stem}` | {first_sentence(path)} |\n")
    return "".join(rows)


def main():
    readme = ROOT / "README.md"
    text = readme.read_text()
    head, rest = text.split(BEGIN)
    new = head + BEGIN + table() + END + rest.split(END)[1]
    if sys.argv[1:] == ["--check"]:
        if new != text:
            sys.exit("the module list of README.md is stale: run tools/repo/module_table.py")
    else:
        readme.write_text(new)


if __name__ == "__main__":
    main()
