#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Synthesizes the core, or one module of it, for an FPGA family with Yosys, hierarchy kept, and reports
what each module takes and where the longest path lies: a table, and FAMILY-CONFIG.json in the output
folder (docs/synthesis.md). Fails if a memory is not in block RAM (small FIFOs excepted), if there is a
latch, or if the shift array took a DSP."""

import argparse
import json
import os
import pathlib
import sys
import time

import families
import mapping
import netlist
import plain_verilog
import yosys

ARRAY = "rs_array"
# What may be in LUT RAM or registers: FIFOs, whose read is asynchronous, and the memories of a tiny
# configuration, which would waste a block. Module, most bits.
SMALL_MEMORIES = {"rs_fifo": 32 * 1024, "rs_ram_1r1w": 4 * 1024}
FIRST_MULTIPLIER = 128  # WeightFormat, see spec/core.json
RESOURCES = ("lut", "lutram", "srl", "carry", "ff", "bram", "uram", "dsp")


class Progress:
    """Lines with the seconds since the start."""

    def __init__(self):
        self.start = time.monotonic()

    def __call__(self, text):
        print(f"[{time.monotonic() - self.start:6.1f} s] {text}", flush=True)


def parameters(top, config, overrides):
    """The RTL parameters of `top`: those of the configuration that it has, then the overrides."""
    known = yosys.parameters_of(top)
    values = {}
    if config:
        values = {name: value for name, value in yosys.configuration(config).items() if name in known}
    for override in overrides:
        name, equal, value = override.partition("=")
        if not equal or name not in known:
            raise SystemExit(f"--param {override}: {top} has the parameters {', '.join(known)}")
        values[name] = int(value) if value.isdecimal() else value
    return values


def lanes(values):
    """Lanes of the array, or of one cell, where the parameters say so."""
    if "C" not in values:
        return None
    return int(values["C"]) * int(values.get("M", 1)) * int(values.get("P", 1))


def findings(before, design, multipliers=False):
    """What makes a run fail. `before` is `mapping.inspect`, `design` the mapped netlist; `multipliers`:
    the array is the baseline's, whose lanes may be DSP blocks."""
    result = [f"{kind}: a latch" for kind, (_, latch) in sorted(before.items()) if latch]
    result += [f"{kind}: a latch" for kind in sorted(design.kinds_with("latch"))]
    array = set().union(*(design.kinds_below(kind) for kind in design.own
                          if plain_verilog.name_of(kind) == ARRAY))
    result += [f"{kind}: {design.own[kind]['dsp']} DSP blocks in the shift array"
               for kind in sorted(array) if design.own[kind]["dsp"] and not multipliers]
    block_ram = design.kinds_with("bram")
    for kind, (memories, _) in sorted(before.items()):
        small = SMALL_MEMORIES.get(plain_verilog.name_of(kind), 0)
        if sum(memories) > small and kind not in block_ram:
            result.append(f"{kind}: {sum(memories)} bits of memory, no block RAM"
                          + (f" (up to {small} may be)" if small else ""))
    return result


def number(value):
    return int(value) if value == int(value) else round(value, 2)


def describe(piece):
    """A path as JSON."""
    modules = [place or "(top)" for place, *_ in (piece.start, *piece.cells, piece.end) if place is not None]
    return {
        "levels": piece.levels,
        "cells": [cell for _, cell in piece.cells],
        "start": ".".join(filter(None, (piece.start[0], piece.start[2]))),
        "end": ".".join(filter(None, (piece.end[0], piece.end[2]))),
        "end_module": plain_verilog.name_of(piece.end[1]),
        "modules": [name for i, name in enumerate(modules) if i == 0 or modules[i - 1] != name],
    }


def report(design, values):
    summaries = design.depths()
    total = design.below(design.top)
    modules = {}
    for kind in design.own:
        variants = modules.setdefault(plain_verilog.name_of(kind), {"instances": 0, "levels": 0, "variants": []})
        inside = summaries[kind].inside
        own = {key: number(design.own[kind][key]) for key in RESOURCES}
        variants["instances"] += len(design.places[kind])
        variants["variants"].append({"instances": len(design.places[kind]), "where": design.places[kind][0],
                                     **own, "levels": inside.levels if inside else 0,
                                     "path": describe(inside) if inside else None})
    for module in modules.values():
        for key in RESOURCES:
            module[key] = number(sum(variant[key] * variant["instances"] for variant in module["variants"]))
        module["levels"] = max(variant["levels"] for variant in module["variants"])
    paths = [describe(piece) for piece in design.paths(summaries)]
    result = {key: number(total[key]) for key in RESOURCES}
    result["lanes"] = lanes(values)
    array = [kind for kind in design.own if plain_verilog.name_of(kind) == ARRAY] or [design.top]
    if result["lanes"]:
        result["lut_per_lane"] = round(design.below(array[0])["lut"] / result["lanes"], 2)
    result["levels"] = paths[0]["levels"] if paths else 0
    result["paths"] = paths[:10]
    result["modules"] = dict(sorted(modules.items(), key=lambda item: -item[1]["lut"]))
    return result


def table(title, result):
    """The report as text."""
    lines = [title, "", f"{'module':20} {'count':>5} {'LUT each':>9} {'LUT':>8} {'LUT RAM':>8} {'SRL':>6} "
             f"{'carry':>6} {'FF':>8} {'BRAM':>6} {'DSP':>5} {'levels':>6}"]

    def row(name, count, each, values, levels):
        return (f"{name:20} {count:>5} {each:>9} {values['lut']:8} {values['lutram']:8} {values['srl']:6} "
                f"{values['carry']:6} {values['ff']:8} {values['bram']:6} {values['dsp']:5} {levels:6}")

    for name, module in result["modules"].items():
        each = module["lut"] / module["instances"]
        lines.append(row(name, module["instances"], f"{each:.1f}", module, module["levels"]))
    lines += [row("total", "", "", result, result["levels"]), ""]
    if "lut_per_lane" in result:
        lines.append(f"{result['lut_per_lane']} LUT a lane (array only, {result['lanes']} lanes)")
    lines += ["Longest paths between registers, one for each module they end in "
              "(levels beyond a carry chain):"]
    for path in result["paths"]:
        lines += [f"{path['levels']:4}  {path['start']} -> {path['end']}",
                  f"      {' '.join(path['cells']) or 'no logic'}  in {', '.join(path['modules'])}"]
    return "\n".join(lines)


def synthesize(top, values, family, work, jobs, flatten, progress, extra=()):
    """The mapped netlist, and what makes the run fail. `extra`: more source files."""
    work.mkdir(parents=True, exist_ok=True)
    progress(f"{top}: elaborating")
    text = mapping.elaborate(top, values, family, work, extra)
    before = mapping.inspect(text)
    progress(f"mapping {len(before)} kinds of modules to {family.name}: memories, arithmetic, registers")
    modules = mapping.map_all(text, top, family, work, jobs, progress, flatten)
    design = netlist.Netlist(modules, top, family, text.read_text())
    return design, findings(before, design, int(values.get("WeightFormat", 0)) >= FIRST_MULTIPLIER)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", required=True, help=f"family: {', '.join(families.FAMILIES)}")
    parser.add_argument("--config", help="named configuration of spec/configurations.json")
    parser.add_argument("--top", default=yosys.TOP, help="module (default: the core)")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE",
                        help="RTL parameter, over the configuration's")
    parser.add_argument("--flatten", action="store_true",
                        help="all but array and lanes as one module: depth as tools see it that flatten")
    parser.add_argument("-o", dest="output", type=pathlib.Path, default=pathlib.Path("build/synth"))
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count(), help="processes")
    arguments = parser.parse_args()

    family = families.family(arguments.device)
    values = parameters(arguments.top, arguments.config, arguments.param)
    name = "-".join(filter(None, (family.name, arguments.config,
                                  arguments.top if arguments.top != yosys.TOP else "", *arguments.param,
                                  "flat" if arguments.flatten else "")))
    progress = Progress()
    design, found = synthesize(arguments.top, values, family, arguments.output / name, arguments.jobs,
                               arguments.flatten, progress)
    progress("measuring depth")
    result = {"device": family.name, "config": arguments.config, "top": arguments.top, "parameters": values,
              **report(design, values), "findings": found}
    target = arguments.output / f"{name}.json"
    target.write_text(json.dumps(result, indent=1) + "\n")
    progress(f"report in {target}")
    print("\n" + table(f"{arguments.top} {arguments.config or ''} on {family.name}", result) + "\n")
    print("\n".join("FAILED: " + finding for finding in found)
          or "every memory in block RAM or UltraRAM, no latch, no DSP in an array without multipliers")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
