#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Runs the benches that CMake built around netlists (netlist.cmake) and prints their results and in which
benches each RTL module was simulated. Fails when a bench fails, when one around a damaged netlist passes,
or when a module is in no netlist."""

import argparse
import pathlib
import re
import subprocess
import sys

RTL = pathlib.Path(__file__).resolve().parents[2] / "rtl"
SUMMARY = re.compile(r"\[=+\] (\d+) tests? from .* ran\. \((\d+) ms total\)")


def run(name, program):
    """Runs one bench; whether it did what it must."""
    damaged = name.endswith("_damaged")
    result = subprocess.run([program], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    summary = SUMMARY.search(result.stdout)
    if not summary:
        print(f"{name}: no result, exit status {result.returncode}\n{result.stdout}")
        return False
    failed = re.findall(r"^\[  FAILED  \] (\S+) \(", result.stdout, re.M)
    tests, seconds = int(summary[1]), int(summary[2]) / 1000
    good = bool(failed) == damaged and bool(result.returncode) == damaged
    print(f"{name:28}{tests:5} tests {len(failed):5} failed {seconds:8.1f} s   "
          f"{('as it must' if damaged else '') if good else 'WRONG'}", flush=True)
    if not good:
        print(result.stdout)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=pathlib.Path, help="list that CMake wrote: name, top, program, netlist, tabs between them")
    parser.add_argument("--only", help="regular expression: only these benches, no table of modules")
    arguments = parser.parse_args()

    runs = [line.split("\t") for line in arguments.runs.read_text().splitlines()]
    if arguments.only:
        runs = [entry for entry in runs if re.search(arguments.only, entry[0])]
        if not runs:
            raise SystemExit(f"no bench matches {arguments.only}")
    for _, _, program, _ in runs:
        if not pathlib.Path(program).exists():
            raise SystemExit(f"{program} is missing: make netlist-test builds it")
    wrong = [name for name, _, program, _ in runs if not run(name, program)]
    if arguments.only:
        return 1 if wrong else 0

    modules = [path.stem for line in (RTL / "files.txt").read_text().split()
               if not (path := pathlib.Path(line)).stem.endswith("_pkg")]
    print("\nmodule                  its own bench, or those it is part of")
    for module in modules:
        own, part = [], []
        for name, top, _, netlist in runs:
            if top in (module, f"{module}_bench"):
                own.append(name)
            elif module in (pathlib.Path(netlist) / "modules.txt").read_text().split():
                part.append(name)
        print(f"{module:24}{', '.join(own) or 'in ' + ', '.join(part) if own or part else 'NOTHING'}")
        if not own and not part:
            wrong.append(module)
    print(f"\nWRONG: {', '.join(wrong)}" if wrong else
          f"\nall {len(modules)} modules: 0 mismatches in {len(runs)} benches")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
