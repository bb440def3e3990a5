#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Tests of what others get of the registers: a C compiler reads the header, PeakRDL's compiler the
SystemRDL where it is installed (make registers); both must have what spec/registers.json says."""

import json
import pathlib
import shutil
import subprocess
import unittest

try:
    import systemrdl
except ModuleNotFoundError:
    systemrdl = None

SPEC = pathlib.Path(__file__).resolve().parents[1]
COMPILER = shutil.which("cc") or shutil.which("gcc")
REGISTERS = json.loads((SPEC / "registers.json").read_text())["registers"]
CORE = json.loads((SPEC / "core.json").read_text())


class Exports(unittest.TestCase):
    @unittest.skipUnless(COMPILER, "no C compiler")
    def test_header(self):
        checks = []
        for register in REGISTERS:
            checks.append(f"RESHIFT_{register['name']}_OFFSET == {register['offset']}")
            for field in register.get("fields", []):
                name = f"RESHIFT_{register['name']}_{field['name'].upper()}"
                checks.append(f"{name}_SHIFT == {field['lsb']}")
                checks.append(f"{name}_MASK >> {name}_SHIFT == (1ull << {field['width']}) - 1")
        checks += [f"RESHIFT_ERROR_{error['name'].upper()} == {error['value']}" for error in CORE["errors"]]
        checks.append(f"RESHIFT_CONTRACT_VERSION == {CORE['version']}")
        text = '#include "reshift_regs.h"\n' * 2
        text += "".join(f"typedef char check_{i}[({check}) ? 1 : -1];\n" for i, check in enumerate(checks))
        for language in ("c", "c++"):
            result = subprocess.run([COMPILER, "-x", language, "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                                     "-I", SPEC / "export", "-"], input=text, text=True, capture_output=True)
            self.assertEqual(result.returncode, 0, result.stderr)

    @unittest.skipUnless(systemrdl, "PeakRDL is not installed here; make registers has it")
    def test_systemrdl(self):
        compiler = systemrdl.RDLCompiler()
        compiler.compile_file(str(SPEC / "export/reshift_regs.rdl"))
        found = {node.inst_name: node for node in compiler.elaborate().top.registers()}
        self.assertEqual(list(found), [register["name"] for register in REGISTERS])
        for register in REGISTERS:
            node = found[register["name"]]
            self.assertEqual(node.absolute_address, int(register["offset"], 0))
            whole = [{"name": "value", "lsb": 0, "width": 32}]
            self.assertEqual([(field.inst_name, field.low, field.width) for field in node.fields()],
                             [(field["name"], field["lsb"], field["width"])
                              for field in register.get("fields", whole)])
            for field in node.fields():
                self.assertEqual((field.is_sw_readable, field.is_sw_writable), {
                    "ro": (True, False), "rw": (True, True), "wo": (False, True),
                    "w1c": (True, True)}[register["access"]])
        cause, = found["ERR_CAUSE"].fields()
        self.assertEqual({code.name: code.value for code in cause.get_property("encode")},
                         {error["name"]: error["value"] for error in CORE["errors"]})


if __name__ == "__main__":
    unittest.main()
