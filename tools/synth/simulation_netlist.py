#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Writes the mapped netlist of a module for simulation, flat, with the ports of the RTL: the netlist that
`make synth` reports on. Into the output folder:

  TOP.netlist.v   the netlist
  verilator.f     arguments of Verilator, one a line: the netlist and the family's cell models
  modules.txt     the RTL modules that are in it
  depfile         what it was made from, for the build tool"""

import argparse
import pathlib
import re
import sys

import families
import mapping
import plain_verilog
import yosys

# Verilator's arguments for the models of the cells, which Yosys has; the first of a name counts.
MODELS = {
    "ice40": ("-DNO_ICE40_DEFAULT_ASSIGNMENTS", "{root}/tb/netlist/ice40.vlt",
              "{root}/tb/netlist/sb_lut4.v", "-v", "{share}/ice40/cells_sim.v"),
    "xc7": ("{root}/tb/netlist/xilinx.vlt", "-v", "{share}/xilinx/cells_sim.v"),
    "xcup": ("{root}/tb/netlist/xilinx.vlt", "{root}/tb/netlist/dsp48e2.v", "-v", "{share}/xilinx/cells_sim.v"),
    "ecp5": ("-I{share}/lattice", "-v", "{share}/lattice/cells_sim_ecp5.v"),
}


def damage(text):
    """Inverts one look-up table: a bench must see that."""
    def inverted(match):
        return f"{match[1]}{int(match[2], 16) ^ 0xffff:04x}"
    result, count = re.subn(r"(\.LUT_INIT\(16'h)([0-9a-f]{4})", inverted, text, count=1)
    if not count:
        raise SystemExit("no look-up table to damage")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--top", required=True)
    parser.add_argument("--family", required=True, choices=MODELS)
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--file", action="append", default=[], type=pathlib.Path,
                        help="source beside the RTL, such as a wrapper of the bench")
    parser.add_argument("--damaged", action="store_true", help="with one look-up table inverted")
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    top, work = arguments.top, arguments.output
    work.mkdir(parents=True, exist_ok=True)
    family = families.family(arguments.family)
    parameters = dict(param.split("=") for param in arguments.param)
    sources = yosys.sources(family.name)
    extra = [path for path in arguments.file if path.resolve() not in sources]
    text = mapping.elaborate(top, parameters, family, work, extra)
    kinds = mapping.map_all(text, top, family, work, 1, lambda line: None)
    written = work / f"{top}.netlist.v"
    with yosys.log_to(work / "write.log"):
        # Single nets: a vector driven bit by bit looks like a combinational loop to a simulator.
        yosys.run(mapping.join(kinds, top, family, work), "flatten", "splitnets", "opt_clean -purge",
                  ["write_verilog", "-noattr", written])
    if arguments.damaged:
        written.write_text(damage(written.read_text()))

    models = [word.format(root=yosys.ROOT, share=yosys.SHARE) for word in MODELS[family.name]]
    (work / "verilator.f").write_text("\n".join([*models, str(written)]) + "\n")
    modules = sorted({plain_verilog.name_of(kind) for kind in plain_verilog.modules_of(text.read_text())})
    (work / "modules.txt").write_text("".join(f"{module}\n" for module in modules))
    files = [path for path in sources if path.stem in modules or path.stem.endswith("_pkg")]
    files += [*(yosys.RTL / "include").glob("*"), *extra, __file__,
              *(module.__file__ for module in (families, mapping, plain_verilog, yosys))]
    target, *needed = (str(path).replace(" ", "\\ ") for path in (work / "verilator.f", *files))
    (work / "depfile").write_text(f"{target}: {' '.join(needed)}\n")


if __name__ == "__main__":
    sys.exit(main())
