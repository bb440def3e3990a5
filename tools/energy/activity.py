# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The array as a flat netlist of 7-series cells, and its switching activity under a trace."""

import dataclasses
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/synth"))

import families  # noqa: E402
import mapping  # noqa: E402
import yosys  # noqa: E402

TOP = "rs_array"
# What becomes of a multiplication: a DSP slice, Yosys' own circuit, or the smallest known in look-up tables.
BOOTH = pathlib.Path(__file__).with_name("booth.v")
MULTIPLIERS = {"dsp": "{synth}", "yosys": "{synth} -nodsp",
               "booth": f'proc; opt_clean; wreduce; techmap -map "{BOOTH}"; {{synth}} -nodsp'}


def family(multiplier):
    """7 series with one kind of MULTIPLIERS."""
    xc7 = families.family("xc7")
    return dataclasses.replace(xc7, map_coarse=MULTIPLIERS[multiplier].format(synth=xc7.map_coarse))


def make_netlist(parameters, work, jobs, whole=None):
    """Maps rs_array, without DSP slices, which would hide their nets. The instances of the module `whole`
    stay as they are. Writes work/netlist.json for `reshift array-activity` and returns the module in it."""
    work.mkdir(parents=True, exist_ok=True)
    target = work / "netlist.json"
    xc7 = family("booth")
    text = mapping.elaborate(TOP, parameters, xc7, work)
    kinds = mapping.map_all(text, TOP, xc7, work, jobs, lambda line: None)
    keep = [f"setattr -mod -set keep_hierarchy 1 {kind}" for kind in kinds
            if whole and kind.startswith(whole)]
    with yosys.log_to(work / "join.log"):
        design = mapping.join(kinds, TOP, xc7, work)
        yosys.run(design, *keep, "flatten -noscopeinfo", "clean", f"select {TOP}",
                  ["write_json", "-selected", target])
    module = json.loads(target.read_text())["modules"][TOP]
    # The simulator needs no names, attributes and libraries.
    for cell in module["cells"].values():
        del cell["attributes"]
    del module["netnames"]
    target.write_text(json.dumps({"array": parameters, "modules": {TOP: module}}))
    return module


def kind_of(cell):
    """The kind of a cell type for the model: as in families.py; a lane that stayed whole is a DSP slice."""
    return "dsp" if cell.startswith("rs_mult_lane") else families.family("xc7").kind(cell)


def read_saif(path):
    """Number of a net -> (transitions, transitions that it takes back in the same cycle)."""
    text = path.read_text()
    return {int(net): (int(toggles), int(glitches)) for net, toggles, glitches in
            re.findall(r"\(n(\d+) .*?\(TC (\d+)\) \(TG (\d+)\)", text)}
