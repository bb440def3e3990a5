# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""What the synthesis scripts share: the core, or a module of it, in Yosys (pyosys of .venv)."""

import json
import pathlib

import pyosys
from pyosys import libyosys as ys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RTL = ROOT / "rtl"
TOP = "reshift_core"
# The cell libraries of Yosys.
SHARE = pathlib.Path(pyosys.__file__).parent / "share"


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


def map_xilinx(design, top):
    """Maps to Xilinx 7-series cells, hierarchy kept: as synth_xilinx does, except for ABC instead of
    ABC9, which does not end on this hierarchy."""
    run(design, f"synth_xilinx -family xc7 -noiopad -noclkbuf -top {top} -run begin:map_luts",
        "opt_expr -mux_undef -noclkinv", "abc -luts 2:2,3,6:5,10,20", "clean",
        "xilinx_srl -fixed -minlen 3",
        "techmap -map +/xilinx/lut_map.v -map +/xilinx/cells_map.v -D LUT_WIDTH=6",
        "xilinx_dffopt", "opt_lut_ins -tech xilinx", "clean")
