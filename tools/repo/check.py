#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Checks of the tree itself: ASCII text, whole lines without blanks at their ends, no path of a
machine, a licence line in every source, generated files fresh, rules of RTL headers, sizes of C++
classes and functions, links. Prints each finding; exits non-zero when there is one."""

import re
import subprocess
import sys

import tree

ROOT = tree.ROOT
NETWORKS = ("tools/train/networks/", ".onnx")  # the only binary files; networks_test.py checks them
SOURCES = {".sv", ".svh", ".v", ".cpp", ".hpp", ".proto"}
# A home, a work or a temporary folder as an absolute path. Written in pieces: this file is checked.
MACHINE_PATH = re.compile(r"(?<![\w.$)}/-])/(?:" + "|".join(["ho" "me", "ro" "ot", "wo" "rk",
                                                           "tm" "p", "Us" "ers"]) + r")/\w")


def main():
    findings = []
    for name in tree.files():
        path = ROOT / name
        if name.startswith(NETWORKS[0]) and name.endswith(NETWORKS[1]):
            continue
        data = path.read_bytes()
        if b"\0" in data:
            findings.append(f"{name}: binary file")
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
            if not line.isascii():
                findings.append(f"{name}:{number}: not ASCII")
            if MACHINE_PATH.search(line):
                findings.append(f"{name}:{number}: path of a machine")
            if line != line.rstrip():
                findings.append(f"{name}:{number}: blank at the end of the line")
        if data and not data.endswith(b"\n"):
            findings.append(f"{name}: no end of line at the end of the file")
        if path.suffix in SOURCES and b"SPDX-License-Identifier" not in data[:400]:
            findings.append(f"{name}: no SPDX licence line")
    generated = ["spec/gen/generate.py", "spec/gen/assembler.py", "tools/repo/rtl_files.py",
                 "tools/repo/module_table.py", "docs/pictures/generate.py"]
    rules = ["tools/repo/rtl_style.py", "tools/repo/size_check.py", "tools/repo/links.py"]
    for script, *options in [*([script, "--check"] for script in generated), *([r] for r in rules)]:
        result = subprocess.run([sys.executable, ROOT / script, *options], cwd=ROOT, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if result.returncode:
            findings.append(f"{script}: {result.stdout.strip()}")
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
