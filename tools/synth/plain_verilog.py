#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Writes the core, or one module of it, as one plain Verilog file (Verilog-2005, constants for
parameters) for tools that read nothing newer. Memories stay arrays, so that they become block RAM."""

import argparse
import pathlib
import re

import yosys
from pyosys import libyosys as ys


# The module's name in front of an instance.
INSTANCE = r"^  (\\\S+ )(?= *[\\\w])"


def modules_of(text):
    """Name -> text of each module, with the blank behind an escaped name."""
    return {re.match(r"module (\\\S+ |\w+)", module)[1]: module
            for module in re.findall(r"^module .*?^endmodule\n", text, re.M | re.S)}


def name_of(kind):
    """The RTL module of a shared one: rs_fifo of rs_fifo_2."""
    return re.sub(r"_\d+$", "", kind)


def places(text, top):
    """Instance path below `top` -> kind of every module of a plain Verilog file; the top is ""."""
    modules = modules_of(text)
    children = {name: [(kind, instance.strip("\\ ")) for kind, instance in
                       re.findall(r"^  (\w+) +(\\\S+ |\w+) \($", body, re.M) if kind in modules]
                for name, body in modules.items()}
    result = {"": top}
    pending = [("", top)]
    while pending:
        path, name = pending.pop()
        for kind, instance in children[name]:
            below = f"{path}.{instance}" if path else instance
            result[below] = kind
            pending.append((below, kind))
    return result


def stub(text):
    """A module's text without what is in it: name and ports."""
    ports = re.findall(r"^  (?:input|output|inout) .*\n", text, re.M)
    return text[:text.index(");\n") + 3] + "".join(ports) + "endmodule\n"


def share_equal_modules(text):
    """The front end makes a module of each instance, named by its path: the texts of the modules,
    equal ones once, with plain names (rs_fifo, rs_fifo_2, ...)."""
    bodies = modules_of(text)
    taken = {}

    def plain(name):
        base = re.match(r"\\?(\w+)", name)[1]
        taken[base] = taken.get(base, 0) + 1
        return base if taken[base] == 1 else f"{base}_{taken[base]}"

    # Children first: two modules are equal when their texts are, once their children have names.
    result, names, by_text = [], {}, {}

    def share(name):
        if name in names:
            return
        body = bodies[name]
        for child in re.findall(INSTANCE, body, re.M):
            if child in bodies:
                share(child)
        body = re.sub(INSTANCE, lambda match: f"  {names.get(match[1], match[1])}", body, flags=re.M)
        key = (re.match(r"\\?(\w+)", name)[1], body.split("(", 1)[1])
        if key not in by_text:
            by_text[key] = plain(name)
            result.append(body.replace(f"module {name}", f"module {by_text[key]} ", 1))
        names[name] = by_text[key] + " "

    for name in bodies:
        share(name)
    return result


def replicate_enables(design):
    """A choice between a constant and all zeros becomes its condition where the constant is one: a
    memory's write enable is then one signal for each part that is written as a whole, as block RAM
    wants it."""
    for module in design.selected_modules():
        for cell in module.selected_cells():
            if cell.type.str() != "$mux":
                continue
            a, b = (cell.getPort(ys.IdString(port)) for port in ("\\A", "\\B"))
            if a.is_fully_zero() and b.is_fully_def() and b.is_fully_const():
                condition = cell.getPort(ys.IdString("\\S"))
                output = cell.getPort(ys.IdString("\\Y"))
                module.remove(cell)
                for i in range(output.size()):
                    one = b.extract(i, 1).is_fully_ones()
                    module.connect(output.extract(i, 1), condition if one else ys.SigSpec(ys.State.S0, 1))


def write(design, title, output):
    """Writes an elaborated design as plain Verilog; returns the number of modules."""
    yosys.run(design, "proc -noopt", "opt_clean", "memory_collect")
    replicate_enables(design)
    # The attributes that are left are those of the RTL, for synthesis (no_rw_check).
    yosys.run(design, "opt_clean -purge", "bwmuxmap",
              "setattr -unset src -unset hdlname -unset full_case -unset parallel_case",
              ["write_verilog", "-simple-lhs", output])
    modules = share_equal_modules(output.read_text())
    output.write_text(f"// ReShift {title}; Apache-2.0.\n"
                      "// Written by Yosys from the SystemVerilog sources: change those, not this.\n\n"
                      + "\n".join(modules))
    return len(modules)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True, help="named configuration of spec/configurations.json")
    parser.add_argument("--top", default=yosys.TOP)
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    parameters = yosys.configuration(arguments.config) if arguments.top == yosys.TOP else {}
    design = yosys.read(arguments.top, parameters)
    count = write(design, f"{arguments.top}, configuration {arguments.config}", arguments.output)
    print(f"{arguments.output}: {count} modules")


if __name__ == "__main__":
    main()
