# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""What the synthesis scripts share: the core, or a module of it, in Yosys (pyosys of .venv)."""

import json
import pathlib

from pyosys import libyosys as ys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RTL = ROOT / "rtl"
TOP = "reshift_core"


def configuration(name):
    """The RTL parameters of a named configuration."""
    spec = json.loads((ROOT / "tools/spec/spec.json").read_text())
    if name not in spec["configurations"]:
        raise SystemExit(f"no configuration {name}: there are {', '.join(spec['configurations'])}")
    values = spec["configurations"][name]
    return {spec["parameters"][key][0]: value for key, value in values.items()}


def read(top=TOP, parameters=None):
    """A design with `top` elaborated, hierarchy kept."""
    design = ys.Design()
    files = " ".join(str(RTL / file) for file in (RTL / "files.txt").read_text().split())
    overrides = " ".join(f"-G {name}={value}" for name, value in (parameters or {}).items())
    run(design, f"read_slang --keep-hierarchy -D SYNTHESIS -I {RTL / 'include'} {overrides} --top {top} {files}")
    return design


def run(design, *passes):
    for command in passes:
        ys.run_pass(command, design)
