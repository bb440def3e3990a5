#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Maps the core to Xilinx 7-series cells with Yosys and checks the result: every memory in block RAM
(the small ones listed below may be LUT RAM or registers), no latch, no multiplier in the array.
Writes the netlist, the cell counts of each module and their sum into the output folder."""

import argparse
import collections
import json
import pathlib
import re
import sys

import yosys

BLOCK_RAM = re.compile(r"RAMB(18|36)E1")
LATCH = re.compile(r"LD[CP]E|\$_?dlatch", re.I)
MULTIPLIER = re.compile(r"DSP48E1")
ARRAY = {"rs_array", "rs_cell"}
# FIFOs of a few words with an asynchronous read: kind, most bits.
SMALL_MEMORIES = {"rs_fifo": 32 * 1024}


def kind(module):
    """rs_fifo of \\rs_fifo$reshift_core.u_exec.u_list"""
    return re.match(r"\\?(\w+)", module)[1]


def statistics(design, path):
    yosys.run(design, f"tee -q -o {path} stat -json")
    return json.loads(path.read_text())["modules"]


def memories(design):
    """Module -> bits of each memory in it. An array with constant addresses only is registers."""
    width, size, read, write = (yosys.ys.IdString(name)
                                for name in ("\\WIDTH", "\\SIZE", "\\RD_ADDR", "\\WR_ADDR"))
    found = collections.defaultdict(list)
    for module in design.modules_.values():
        for cell in module.cells_.values():
            if cell.type.str() == "$mem_v2" and not (cell.getPort(read).is_fully_const() and
                                                     cell.getPort(write).is_fully_const()):
                found[module.name.str()].append(
                    cell.parameters[width].as_int() * cell.parameters[size].as_int())
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="4x4x3", help="named configuration of spec.json")
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    design = yosys.read(yosys.TOP, yosys.configuration(arguments.config))
    yosys.run(design, "proc", "opt_clean", "memory_collect")
    before = memories(design)
    yosys.map_xilinx(design, yosys.TOP)
    yosys.run(design, f"write_verilog -noattr {arguments.output / 'netlist.v'}")
    modules = statistics(design, arguments.output / "modules.json")

    findings = []
    total = collections.Counter()
    for name, module in modules.items():
        cells = collections.Counter(module["num_cells_by_type"])
        total += collections.Counter({cell: count for cell, count in cells.items()
                                      if not kind(cell).startswith("rs_")})
        if any(LATCH.search(cell) for cell in cells):
            findings.append(f"{name}: a latch")
        if kind(name) in ARRAY and any(MULTIPLIER.match(cell) for cell in cells):
            findings.append(f"{name}: a multiplier in the array")
        if any(cell.startswith("$mem") for cell in cells):
            findings.append(f"{name}: a memory was not mapped")
        bits = before.get(name, [])
        block = sum(count for cell, count in cells.items() if BLOCK_RAM.match(cell))
        if kind(name) in SMALL_MEMORIES:
            if sum(bits) > SMALL_MEMORIES[kind(name)]:
                findings.append(f"{name}: {sum(bits)} bits are too many for LUT RAM")
        elif bits and not block:
            findings.append(f"{name}: {sum(bits)} bits of memory, no block RAM")

    report = "".join(f"{count:8d}  {cell}\n" for cell, count in sorted(total.items()))
    (arguments.output / "cells.txt").write_text(report)
    print(f"\nreshift_core {arguments.config}, Xilinx 7 series:\n{report}")
    print("\n".join(findings) or "every memory in block RAM, no latch, no multiplier in the array")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
