#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Fits the area model of `reshift fit` to synthesis runs and compares it with runs that it has not seen:
prints a table, writes tools/fit/model.json. A run that is there already is not made again. About half
an hour a family on one core.

Example: tools/fit/calibrate.py --build build --device xc7"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "spec/gen"))
from contract import Contract  # noqa: E402
MODEL = ROOT / "tools/fit/model.json"
# Configuration of spec/configurations.json and parameters over it. Every run of a family has all of these but
# what is far beyond its parts.
FITTED = [
    ("4x4x2", ""), ("4x4x3", ""), ("8x8x8", ""), ("16x16x8", ""), ("32x16x7", ""),
    ("8x8x8", "M=8 C=4 P=4"), ("8x8x8", "P=4"), ("8x8x8", "PostLanes=2"), ("8x8x8", "M=16 PostLanes=4"),
    ("16x16x8", "C=8 P=4"), ("16x16x8", "P=4"), ("8x8x8", "AxiDataW=256"),

]
HELD_OUT = [
    ("8x8x8", "P=6"), ("8x8x8", "C=4 PostLanes=4"), ("16x16x8", "P=6"), ("16x16x8", "C=8 P=6"),
    ("32x16x7", "P=5 FbDepth=8192"),
]
# Other weights than powers of two, and several pixels a cycle: of these families only.
FORMATS_OF = {"xc7"}
FITTED_FORMATS = [
    ("8x8x8", "WeightFormat=16"), ("8x8x8", "WeightFormat=17 MultW=32"), ("8x8x8", "PostLanes=16"),
    ("8x8x8", "WeightFormat=136 MultW=32"), ("16x16x8_half", ""), ("16x16x8_digit", ""), ("16x16x8_q2", ""),
    ("16x16x8_dsp", "PostLanes=16"),
]
HELD_OUT_FORMATS = [
    ("16x16x8_half", "C=8 P=4"), ("16x16x8_digit", "C=8 PostLanes=16"), ("mobile_q2", ""),
]
# A family whose logic is that of another has its model; these runs measure its error, and what only it has.
LIKE = {"xcup": ("xc7", [("8x8x8", ""), ("16x16x8", ""), ("16x16x8_dsp_q2", "")])}
SMALL_FAMILIES = {"ice40": 512, "ecp5": 2048}  # lanes, at most

def run(family, config, changes, build, jobs):
    """Report of a synthesis run."""
    params = [option for change in changes.split() for option in ("--param", change)]
    name = "-".join(filter(None, (family, config, *changes.split())))
    report = build / "fit" / f"{name}.json"
    if not report.exists():
        print(f"{name} ...", file=sys.stderr, flush=True)
        report.parent.mkdir(parents=True, exist_ok=True)
        with open(report.with_suffix(".log"), "w") as log:
            command = [sys.executable, ROOT / "tools/synth/synth.py", "--device", family, "--config", config,
                       *params, "-o", report.parent, "-j", str(jobs)]
            if subprocess.run(command, stdout=log, stderr=subprocess.STDOUT).returncode:
                raise SystemExit(f"the synthesis of {name} failed: see {log.name}")
    return report

def runs(family, configurations, build, jobs):
    most = SMALL_FAMILIES.get(family, 1 << 20)
    shapes = Contract().configurations
    for config, changes in configurations:
        values = {key.upper(): value for key, value in shapes[config].items() if key in "mcp"}
        values.update(change.split("=") for change in changes.split())
        if int(values["M"]) * int(values["C"]) * int(values["P"]) <= most:
            yield run(family, config, changes, build, jobs)

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"), help="build folder")
    parser.add_argument("--device", required=True, help="family, as of `make synth`")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count(), help="processes")
    arguments = parser.parse_args()
    model = arguments.build / "fit/model.json"
    tool = arguments.build / "bin/reshift"
    family = arguments.device
    if family in LIKE:
        like, configurations = LIKE[family]
        reports = list(runs(family, configurations, arguments.build, arguments.jobs))
        command = ["--calibrate", *reports, "--like", like, "--check", *reports]
    else:
        formats = family in FORMATS_OF
        fitted, held_out = (list(runs(family, configurations, arguments.build, arguments.jobs))
                            for configurations in (FITTED + FITTED_FORMATS * formats,
                                                   HELD_OUT + HELD_OUT_FORMATS * formats))
        command = ["--calibrate", *fitted, "--check", *held_out]
    print("| configuration | LUT | estimate | error | BRAM | estimate | error |\n" + "| --- " * 7 + "|", flush=True)
    subprocess.run([tool, "fit", *command, "--output", model], check=True)
    shutil.copy(model, MODEL)
    print(f"{MODEL.relative_to(ROOT)} is written: build again")

if __name__ == "__main__":
    main()
