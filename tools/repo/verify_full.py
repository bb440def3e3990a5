#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Runs what takes too long for every change, step by step, and writes docs/verify-full.md: the commit,
how each step ended, and the tables of the benchmarks. A log of each step is in BUILD/verify-full. Exits
non-zero when a step failed; the others run all the same."""

import argparse
import os
import pathlib
import subprocess
import sys
import time

import tree

PAGE = tree.ROOT / "docs/verify-full.md"
SYNTHESIS = (("xc7", "4x4x3"), ("xc7", "16x16x8"), ("xc7", "32x16x7"), ("ecp5", "8x8x8"),
             ("ice40", "4x4x2"))
# Step: arguments of make.
STEPS = {
    "test": ["test"],
    "lint": ["lint"],
    "core-test": ["core-test"],
    "plan-test": ["plan-test"],
    "cosim": ["cosim"],
    "netlist-test": ["netlist-test"],
    "bench": ["bench"],
    "frames": ["frames"],
    "energy": ["energy"],
    "vectors": ["replay", "CONFIG=16x16x8"],
    **{f"synth-{device}-{config}": ["synth", f"DEVICE={device}", f"CONFIG={config}"]
       for device, config in SYNTHESIS},
    **{f"pnr-{board}": ["pnr", f"BOARD={board}"] for board in ("ulx3s-85f", "ice40-hx8k")},
}


def run(name, build, jobs):
    """Runs a step; whether it passed, its seconds, its log."""
    log = build / "verify-full" / f"{name}.log"
    start = time.monotonic()
    with open(log, "w") as file:
        command = ["make", f"BUILD={build}", f"JOBS={jobs}", *STEPS[name]]
        passed = not subprocess.run(command, cwd=tree.ROOT, stdout=file, stderr=file).returncode
    return passed, time.monotonic() - start, log


def version(build):
    """What the built tool says of itself."""
    return subprocess.run([tree.ROOT / build / "bin/reshift", "--version"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def page(tool, results):
    """The page: a row per step, then the tables that the benchmarks printed."""
    lines = ["# Full verification", "",
             "Written by `make verify-full`, which runs what takes too long for every change.", "",
             f"`{tool}`, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}", "",
             "| command | result | minutes |", "| --- | --- | --- |"]
    for name, (passed, seconds, _) in results.items():
        lines.append(f"| `make {' '.join(STEPS[name])}` | {'passed' if passed else '**failed**'} | "
                     f"{seconds / 60:.1f} |")
    for name, title in (("bench", "Benchmarks"), ("frames", "Frames")):
        if name not in results:
            continue
        text = results[name][2].read_text().splitlines()
        lines += ["", f"## {title}", ""]
        lines += ["" if not line else line.rstrip() for line in text if not line or line[0] == "|"]
    return "\n".join(lines).rstrip() + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(STEPS)} (default: all)")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"), help="build folder")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count(), help="processes")
    arguments = parser.parse_args()
    unknown = set(arguments.steps) - set(STEPS)
    if unknown:
        parser.error(f"no step {', '.join(sorted(unknown))}: there are {', '.join(STEPS)}")

    (arguments.build / "verify-full").mkdir(parents=True, exist_ok=True)
    tool = version(arguments.build)
    results = {}
    for name in arguments.steps or STEPS:
        print(f"{name} ...", end=" ", flush=True)
        passed, seconds, log = results[name] = run(name, arguments.build, arguments.jobs)
        print(f"{'passed' if passed else f'FAILED, see {log}'} ({seconds:.0f} s)", flush=True)
    PAGE.write_text(page(tool, results))
    print(f"{PAGE.relative_to(tree.ROOT)} is written")
    return 0 if all(passed for passed, *_ in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
