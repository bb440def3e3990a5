#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Runs the Vivado jobs with a stub of the tool (stub.tcl) and checks what they ask it to do: sources,
part, top, parameters, constraints, the IP's interfaces. Says nothing about the tool itself. Exit status
77, which tests take for skipped, without tclsh."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "spec/gen"))
from contract import Contract  # noqa: E402
RTL = ROOT / "rtl"
# The device on each board.
DEVICES = {"zc706": "xc7z045", "zcu102": "xczu9eg", "zcu104": "xczu7ev", "kv260": "xck26",
           "ultra96-v2": "xczu3eg"}
VERILATOR = shutil.which(os.environ.get("RESHIFT_VERILATOR", "verilator"))


def words(line):
    """The elements of a Tcl list; braces within braces, but no deeper."""
    return [a or b for a, b in re.findall(r"\{((?:[^{}]|\{[^{}]*\})*)\}|(\S+)", line)]


def configuration(name):
    return {key: str(value) for key, value in Contract().rtl_parameters(name).items()}


class Jobs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.output = pathlib.Path(folder.name) / "out"

    def job(self, job, board="zc706", config="4x4x3", slack="0.25", missing="none", status=0):
        environment = dict(os.environ, STUB_SLACK=slack, STUB_MISSING=missing)
        result = subprocess.run(["tclsh", HERE / "stub.tcl", HERE / f"{job}.tcl", board, config, self.output],
                                env=environment, text=True, capture_output=True)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.text = result.stdout + result.stderr
        self.calls = [words(line[5:]) for line in result.stdout.splitlines() if line.startswith("CALL ")]
        return self.calls

    def call(self, name):
        found = [call[1:] for call in self.calls if call[0] == name]
        self.assertEqual(len(found), 1, f"{name}: {found}")
        return found[0]

    def option(self, name, option):
        arguments = self.call(name)
        return [arguments[i + 1] for i, argument in enumerate(arguments) if argument == option]

    def listed(self):
        return [str(RTL / line) for line in (RTL / "files.txt").read_text().split()]

    def test_synthesis_of_every_board(self):
        for config in ("4x4x3", "32x16x7"):
            for board, device in DEVICES.items():
                with self.subTest(board=board, config=config):
                    self.job("synth", board, config)
                    sources = self.call("read_verilog")
                    self.assertEqual(words(sources[1]), self.listed())
                    self.assertTrue(all(pathlib.Path(path).exists() for path in self.listed()))
                    part, = self.option("synth_design", "-part")
                    self.assertTrue(part.startswith(device), part)
                    self.assertEqual(self.option("synth_design", "-top"), ["reshift_core"])
                    self.assertEqual(self.option("synth_design", "-mode"), ["out_of_context"])
                    self.assertEqual(dict(generic.split("=") for generic in
                                          self.option("synth_design", "-generic")), configuration(config))
                    folder, = words(*self.option("synth_design", "-include_dirs"))
                    self.assertTrue((pathlib.Path(folder) / "rs_assert.svh").exists())

    def test_constraints(self):
        self.job("synth")
        names = [call[0] for call in self.calls]
        # The clock before the delays that follow from it, both before synthesis.
        self.assertLess(names.index("create_clock"), names.index("set_input_delay"))
        self.assertLess(names.index("set_output_delay"), names.index("synth_design"))
        self.assertEqual(self.option("create_clock", "-name"), ["clk"])
        self.assertGreater(float(self.option("create_clock", "-period")[0]), 0)
        for direction in ("input", "output"):
            delays = [call for call in self.calls if call[0] == f"set_{direction}_delay"]
            self.assertEqual({call[3] for call in delays}, {"-max", "-min"})
            self.assertTrue(all(0 <= float(call[4]) < 2.5 for call in delays), delays)

    def test_implementation(self):
        self.job("impl")
        names = [call[0] for call in self.calls]
        steps = ["synth_design", "opt_design", "place_design", "route_design", "write_checkpoint"]
        places = [len(names) - 1 - names[::-1].index(step) for step in steps]
        self.assertEqual(places, sorted(places))
        for report in ("report_utilization", "report_timing_summary", "report_power"):
            self.assertEqual(names.count(report), 2)
        self.assertIn("210.5 MHz", self.text)  # 5 ns - 0.25 ns

    def test_missed_period_fails(self):
        self.job("impl", slack="-0.5", status=1)
        self.assertIn("missed by 0.5 ns", self.text)

    def test_package(self):
        self.job("package", "kv260", "16x16x8")
        copied = {path.name for path in (self.output / "ip/src").iterdir()}
        self.assertLessEqual({pathlib.Path(path).name for path in self.listed()} | {"rs_assert.svh"}, copied)
        self.assertIn(["set_property", "top", "reshift_core_16x16x8", "<current_fileset>"], self.calls)
        wrapper = (self.output / "ip/src/reshift_core_16x16x8.v").read_text()
        for expected in ('"xilinx.com:signal:clock:1.0 clk CLK"', "ASSOCIATED_BUSIF s_axil:m_axi",
                         "ASSOCIATED_RESET rst_n", "ACTIVE_LOW", "LEVEL_HIGH", "PROTOCOL AXI4LITE",
                         '"xilinx.com:interface:aximm:1.0 m_axi ARLEN"', "[39:0] m_axi_araddr",
                         "[127:0] m_axi_rdata", "[15:0] m_axi_wstrb", ".AxiDataW(128)"):
            self.assertIn(expected, wrapper)

    @unittest.skipUnless(VERILATOR, "no Verilator")
    def test_wrapper_fits_the_core(self):
        self.job("package", "zcu102", "4x4x3")
        src = self.output / "ip/src"
        files = [src / pathlib.Path(path).name for path in self.listed()]
        wrapper = src / "reshift_core_4x4x3.v"
        result = subprocess.run([VERILATOR, "--lint-only", "-Wall", "-Wno-fatal", "--no-timing", f"-I{src}",
                                 "--top-module", wrapper.stem, *files, wrapper], text=True,
                                capture_output=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([line for line in result.stderr.splitlines() if f"{wrapper}:" in line], [])

    def test_interface_that_was_not_found(self):
        self.job("package", missing="irq", status=1)
        self.assertIn("did not find the interface irq", self.text)

    def test_unknown_names(self):
        self.job("synth", board="zc707", status=1)
        self.assertIn("unknown board 'zc707'", self.text)
        for board in DEVICES:
            self.assertIn(board, self.text)
        self.job("synth", config="1x1x1", status=1)
        self.assertIn("unknown configuration '1x1x1'; known: ", self.text)

    def test_run_script(self):
        def run(board, config, step, path=os.environ["PATH"]):
            result = subprocess.run([HERE / "run.sh", board, config, step, self.output], text=True,
                                    capture_output=True, env=dict(os.environ, PATH=path))
            self.assertNotEqual(result.returncode, 0)
            return result.stderr
        self.assertIn("known: " + ", ".join(DEVICES), run("zc707", "4x4x3", "synth"))
        self.assertIn("known: synth, impl, package", run("zc706", "4x4x3", "build"))
        self.assertIn("known: ", run("zc706", "1x1x1", "synth"))
        if not shutil.which("vivado"):
            self.assertIn("vivado is missing", run("zc706", "4x4x3", "synth"))


if __name__ == "__main__":
    if not shutil.which("tclsh"):
        print("SKIPPED: tclsh is missing; install it with: make setup (or apt-get install tcl)")
        sys.exit(77)
    unittest.main()
