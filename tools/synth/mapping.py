#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Maps a design to the cells of a family with its hierarchy kept.

The front end makes a module of each instance, 128 equal cells for example. So the design is first
written as plain Verilog in which equal modules are one (plain_verilog.py) and read again: what is
mapped is each kind once. The costly part, the mapping to LUTs, runs in a process of its own for each
kind, several at a time: their results then depend on nothing but their own text.

As a program: the mapping of one kind, called by this file."""

import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

import families
import plain_verilog
import yosys
from yosys import ys

# Modules of many equal lanes, which stay modules when a design is flattened.
KEPT = {"rs_array", "rs_pe", "rs_post_lane"}


def elaborate(top, parameters, family, work, extra=()):
    """The plain Verilog of `top`, in `work`; elaborated with the family's own modules and with the source
    files `extra`."""
    with yosys.log_to(work / "elaborate.log"):
        design = yosys.read(top, parameters, family, extra)
        text = work / f"{top}.v"
        plain_verilog.write(design, top, text)
    return text


def own_modules(design):
    return [module for module in design.modules_.values() if not module.get_blackbox_attribute()]


def name_of_kind(module):
    return module.name.str()[1:]


def memories(module):
    """Bits of each memory of a module. An array with constant addresses only is registers."""
    width, size, read, write = (ys.IdString(name)
                                for name in ("\\WIDTH", "\\SIZE", "\\RD_ADDR", "\\WR_ADDR"))
    return [cell.parameters[width].as_int() * cell.parameters[size].as_int()
            for cell in module.cells_.values()
            if cell.type.str() == "$mem_v2" and not (cell.getPort(read).is_fully_const() and
                                                     cell.getPort(write).is_fully_const())]


def inspect(text):
    """Kind -> (bits of its memories, whether it has a latch), before any mapping."""
    with yosys.log_to(text.with_suffix(".inspect.log")):
        design = ys.Design()
        yosys.run(design, ["read_verilog", text], "proc", "opt_clean", "memory_collect")
    return {name_of_kind(module): (memories(module), any("latch" in cell.type.str() or
                                                          cell.type.str() == "$sr"
                                                          for cell in module.cells_.values()))
            for module in own_modules(design)}


def map_all(text, top, family, work, jobs, progress, flatten=False):
    """Maps the plain Verilog `text`; returns kind -> its netlist as Yosys' JSON. The same as RTLIL
    is in `work`, see `join`. With `flatten`, all but the modules of many equal lanes (KEPT) is one module
    from the mapping to LUTs on."""
    with yosys.log_to(work / "coarse.log"):
        design = ys.Design()
        yosys.run(design, ["read_verilog", text], family.map_coarse.format(top=top))
        if flatten:
            for module in own_modules(design):
                if plain_verilog.name_of(name_of_kind(module)) in KEPT:
                    yosys.run(design, f"setattr -mod -set keep_hierarchy 1 {name_of_kind(module)}")
            yosys.run(design, "flatten", "setattr -mod -unset keep_hierarchy *", "opt_clean",
                      "opt_merge", "opt_clean")
        kinds = [name_of_kind(module) for module in own_modules(design)]
        for kind in kinds:
            yosys.run(design, f"select {kind}", ["write_rtlil", "-selected", work / f"{kind}.il"],
                      "select -clear")
    progress(f"{len(kinds)} kinds of modules: mapping them to LUTs")

    def map_one(kind):
        command = [sys.executable, __file__, kind, "--family", family.name, "--text", text,
                   "--work", work]
        with open(work / f"{kind}.log", "w") as log:
            if subprocess.run(command, stdout=log, stderr=subprocess.STDOUT).returncode:
                raise SystemExit(f"Yosys failed on {kind}: see {log.name}")
        return json.loads((work / f"{kind}.json").read_text())["modules"][kind]

    result = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        try:
            for kind, data in zip(kinds, pool.map(map_one, kinds)):
                result[kind] = data
                if len(result) % 20 == 0:
                    progress(f"{len(result)} of {len(kinds)} kinds mapped")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return result


def join(kinds, top, family, work):
    """The mapped kinds of `map_all` as one design."""
    design = ys.Design()
    yosys.load_libraries(design, family, family.libraries)
    yosys.run(design, *(["read_rtlil", work / f"{kind}.mapped.il"] for kind in kinds),
              f"hierarchy -check -top {top}")
    return design


def write_flat(kinds, top, family, work, output):
    """The mapped kinds as one flat module in JSON, for place and route."""
    with yosys.log_to(work / "flat.log"):
        yosys.run(join(kinds, top, family, work), "flatten", "opt_clean -purge",
                  ["write_json", "-selected", output])


def map_kind(kind, family, text, work):
    netlist = work / f"{kind}.il"
    cells = set(re.findall(r"^  cell \\(\w+) ", netlist.read_text(), re.M))
    modules = plain_verilog.modules_of(text.read_text())
    stubs = work / f"{kind}.stubs.v"
    stubs.write_text("".join(plain_verilog.stub(modules[child]) for child in cells & modules.keys()))
    design = ys.Design()
    yosys.run(design, ["read_verilog", "-lib", stubs])
    # Every library costs time in every process: the second one only for cells that are not in the first.
    for library in family.libraries:
        yosys.load_libraries(design, family, [library])
        if all(design.module(ys.IdString("\\" + cell)) for cell in cells):
            break
    yosys.run(design, ["read_rtlil", netlist], f"hierarchy -top {kind}", *family.map_luts,
              "setattr -unset src", ["write_json", "-selected", work / f"{kind}.json"],
              ["write_rtlil", "-selected", work / f"{kind}.mapped.il"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind")
    parser.add_argument("--family", required=True)
    parser.add_argument("--text", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    map_kind(arguments.kind, families.family(arguments.family), arguments.text, arguments.work)
