#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Tests of the synthesis scripts on designs whose result is known by construction."""

import json
import pathlib
import tempfile
import unittest

import families
import mapping
import netlist
import pnr
import synth
import yosys
from yosys import ys

XC7 = families.family("xc7")

# A register, two LUTs (the second in a child), a chain of two CARRY4, a LUT, a register.
PATH = """
module child(input i, output o);
  LUT1 #(.INIT(2'h1)) u_lut (.I0(i), .O(o));
endmodule
module chain(input s, output o, output c);
  wire [3:0] co, high, sum;
  assign {o, c} = {sum[3], high[3]};
  CARRY4 u_low (.CI(1'b0), .CYINIT(1'b0), .DI(4'b0), .S({3'b0, s}), .CO(co));
  CARRY4 u_high (.CI(co[3]), .CYINIT(1'b0), .DI(4'b0), .S(4'b0), .O(sum), .CO(high));
endmodule
module top(input clk, input d, output q, output pin);
  wire a, b, c, o, z;
  FDRE first_q (.C(clk), .CE(1'b1), .R(1'b0), .D(d), .Q(a));
  LUT1 #(.INIT(2'h1)) u_lut (.I0(a), .O(b));
  child u_child (.i(b), .o(c));
  chain u_chain (.s(c), .o(o));
  LUT1 #(.INIT(2'h1)) u_last (.I0(o), .O(z));
  FDRE last_q (.C(clk), .CE(1'b1), .R(1'b0), .D(SECOND), .Q(q));
  LUT1 #(.INIT(2'h1)) u_pin (.I0(d), .O(pin));
  EXTRA
endmodule
"""


def structural(text, top="top"):
    """The netlist of cells written down as Verilog."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "in.v").write_text(text)
        with yosys.log_to(folder / "log"):
            design = ys.Design()
            yosys.load_libraries(design, XC7, XC7.libraries[:1])
            yosys.run(design, ["read_verilog", folder / "in.v"], f"hierarchy -top {top}", "proc",
                      "opt_clean", ["write_json", "-selected", folder / "out.json"])
        modules = json.loads((folder / "out.json").read_text())["modules"]
    return netlist.Netlist(modules, top, XC7, text)


def path_design(second="z", extra=""):
    return structural(PATH.replace("SECOND", second).replace("EXTRA", extra))


def findings_of(text, top):
    """What the run on a SystemVerilog text says."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "in.sv").write_text(text)
        return synth.synthesize(top, {}, XC7, folder, 1, False, lambda line: None, [folder / "in.sv"])[1]


class Depth(unittest.TestCase):
    def longest(self, design):
        return design.paths(design.depths())[0]

    def test_path_across_modules(self):
        path = self.longest(path_design())
        self.assertEqual([cell for _, cell in path.cells], ["LUT1", "LUT1", "CARRY4", "LUT1"])
        self.assertEqual([place for place, _ in path.cells], ["", "u_child", "u_chain", ""])
        # The chain, of two cells, is the one that costs nothing.
        self.assertEqual(path.levels, 3)
        self.assertEqual((path.start[2], path.end[2]), ("a", "q/D"))

    def test_second_chain_counts(self):
        path = self.longest(path_design("z2", "wire z2; chain u_more (.s(z), .c(z2));"))
        self.assertEqual((path.levels, path.count({"CARRY4"})), (4, 2))

    def test_pins_are_no_registers(self):
        # From the pin d to the pin there is a LUT, between the registers nothing.
        design = path_design("a")
        self.assertEqual(self.longest(design).levels, 0)
        self.assertGreater(design.depths()["top"].inside.levels, 0)

    def test_loop_is_refused(self):
        with self.assertRaises(SystemExit):
            path_design("x", "wire x; LUT1 #(.INIT(2'h1)) u_loop (.I0(x), .O(x));").depths()


class Resources(unittest.TestCase):
    def test_sums_and_places(self):
        design = path_design()
        total = design.below("top")
        self.assertEqual((total["lut"], total["ff"], total["carry"]), (5, 2, 2))
        self.assertEqual(design.places["child"], ["u_child"])

    def test_carry_fed_by_a_register_takes_a_lut(self):
        direct = path_design("z2", "wire z2; chain u_more (.s(a), .c(z2));")
        # The input of `chain` is no LUT's output inside the module: one LUT each.
        self.assertEqual(direct.own["chain"]["lut"], 1)

    def test_pair_of_luts_takes_one_place(self):
        def pair(inputs):
            return ("(* keep, HLUTNM = \"00\" *) LUT5 #(.INIT(32'h1)) u_a (.I0(a), .I1(b), .I2(c), .I3(o), .I4(z));"
                    f"(* keep, HLUTNM = \"00\" *) LUT4 #(.INIT(16'h1)) u_b ({inputs});")
        total = path_design(extra=pair(".I0(a), .I1(b), .I2(c), .I3(o)")).below("top")
        self.assertEqual(total["lut"], 5 + 1)
        with self.assertRaisesRegex(SystemExit, "2 LUTs of 6 inputs"):
            path_design(extra=pair(".I0(a), .I1(b), .I2(c), .I3(d)")).below("top")

    def test_deep_memories_in_ultra_ram(self):
        for family, depth, expected in (("xcup", 4096, (8, 0)), ("xcup_uram", 4096, (0, 1)),
                                        ("xcup_uram", 1024, (2, 0))):
            with self.subTest(family=family, depth=depth), tempfile.TemporaryDirectory() as folder:
                design, found = synth.synthesize(
                    "rs_ram_1r_1rw", {"Width": 72, "Depth": depth}, families.family(family),
                    pathlib.Path(folder), 1, False, lambda text: None)
                total = design.below(design.top)
                self.assertEqual((total["bram"], total["uram"]), expected)
                self.assertEqual(found, [])


class Findings(unittest.TestCase):
    def test_clean(self):
        self.assertEqual(findings_of("""module t(input clk, input [3:0] a, output logic [3:0] q);
            always_ff @(posedge clk) q <= a + q; endmodule""", "t"), [])

    def test_latch(self):
        found = findings_of("""module t(input en, input d, output logic q);
            always_latch if (en) q = d; endmodule""", "t")
        self.assertTrue(found and "latch" in found[0], found)

    def test_memory_without_block_ram(self):
        found = findings_of("""module t(input clk, input we, input [9:0] a, input [15:0] d,
            output [15:0] q); logic [15:0] mem [1024];
            always_ff @(posedge clk) if (we) mem[a] <= d;
            assign q = mem[a]; endmodule""", "t")
        self.assertTrue(found and "16384 bits of memory, no block RAM" in found[0], found)

    def test_multiplier_in_the_array(self):
        design = structural("""
module lane(input [29:0] a, output [47:0] p);
  DSP48E1 u_multiplier (.A(a), .P(p));
endmodule
module rs_array(input [29:0] a, output [47:0] p);
  lane u_lane (.a(a), .p(p));
endmodule
module top(input [29:0] a, output [47:0] p, r);
  DSP48E1 u_elsewhere (.A(a), .P(r));
  rs_array u_array (.a(a), .p(p));
endmodule
""")
        self.assertEqual(synth.findings({}, design), ["lane: 1 DSP blocks in the shift array"])
        self.assertEqual(synth.findings({}, design, multipliers=True), [])


class PlaceAndRoute(unittest.TestCase):
    def test_too_big(self):
        part = {"lut": 1000, "ff": 1000, "bram": 32, "dsp": 0}
        pnr.check_fit({"lut": 1000, "ff": 10, "bram": 32, "dsp": 0}, part, "small")
        with self.assertRaises(SystemExit) as error:
            pnr.check_fit({"lut": 1500, "ff": 10, "bram": 32.5, "dsp": 2}, part, "small")
        self.assertEqual(str(error.exception).split("\n  "), [
            "does not fit small:", "lut: 1500 of 1000, 500 too many (150 %)",
            "bram: 32.5 of 32, 0.5 too many (102 %)", "dsp: 2, the part has none"])

    def test_paths_from_the_working_folder(self):
        with tempfile.TemporaryDirectory(prefix="re shift ") as folder:
            path = pathlib.Path(folder).resolve() / "board.lpf"
            self.assertFalse(pathlib.Path(pnr.relative(path)).is_absolute())
            self.assertEqual(pathlib.Path(pnr.relative(path)).resolve(), path)

    def test_missing_tool(self):
        with self.assertRaises(SystemExit) as error:
            pnr.find_tool(("no-such-router",))
        self.assertIn("no-such-router is missing: tools/setup.sh", str(error.exception))


if __name__ == "__main__":
    unittest.main()
