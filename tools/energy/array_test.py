#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Small arrays through synthesis and netlist simulation on random tiles: every sum must be right, and
one wrong look-up table or one wrong weight must be noticed. Also the lanes of a budget.

    array_test.py RESHIFT     the program `reshift`
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import activity
import budget

M, C, P, ACT_W = 4, 4, 2, 8
SEED = 20
TILES = 60
ARRAYS = {"shift": ({"WeightFormat": 7, "AccW": 28}, None), "booth": ({"WeightFormat": 136, "AccW": 28}, None),
          "dsp": ({"WeightFormat": 136, "AccW": 28}, "rs_mult_lane")}


def write_trace(path, exp_n):
    """Lists of sums and of maxima."""
    print(f"{path.name}: seed {SEED}")
    rng = random.Random(SEED)
    lines = [f"{M} {C} {P} {ACT_W} {exp_n} {TILES} {TILES}"]
    left, maximum, first = 0, 0, 0
    for _ in range(TILES):
        if not left:
            left, maximum, first = rng.randint(1, 5), rng.random() < 0.3, 1
        left -= 1
        if maximum:
            weights = [int(m % C == c) for c in range(C) for m in range(M)]
        elif exp_n < 128:
            weights = [rng.choice((-1, 0, 1)) << rng.randrange(exp_n) for _ in range(C * M)]
        else:
            weights = [rng.choice((-128, 127, rng.randrange(-128, 128))) for _ in range(C * M)]
        numbers = [first, int(not left), int(maximum), rng.randrange(M // C),
                   *(rng.choice((-128, 127, rng.randrange(-128, 128))) for _ in range(P * C)), *weights]
        lines.append(" ".join(map(str, numbers)))
        first = 0
    path.write_text("\n".join(lines) + "\n")


class Array(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.work = pathlib.Path(cls.folder.name)
        for name, (lanes, whole) in ARRAYS.items():
            activity.make_netlist({"M": M, "C": C, "P": P, "ActW": ACT_W, **lanes}, cls.work / name, 1, whole)
            write_trace(cls.work / f"{name}.trace", lanes["WeightFormat"])

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def simulate(self, name, trace=None):
        command = [PROGRAM, "array-activity", self.work / name / "netlist.json", "--trace",
                   self.work / f"{trace or name}.trace", "-o", self.work / "out.saif"]
        return subprocess.run(command, capture_output=True, text=True)

    def test_sums(self):
        for name in ARRAYS:
            with self.subTest(name):
                result = self.simulate(name)
                self.assertEqual(result.returncode, 0, result.stderr)
                run = json.loads(result.stdout)
                self.assertEqual(run["tiles"], TILES)
                lists = sum(line.split()[1] == "1"
                            for line in (self.work / f"{name}.trace").read_text().split("\n")[1:-1])
                self.assertEqual(run["pixels"], lists * P)
                toggles = activity.read_saif(self.work / "out.saif")
                self.assertGreater(sum(settled for settled, _ in toggles.values()), 0)

    def test_wrong_table(self):
        netlist = json.loads((self.work / "shift/netlist.json").read_text())
        cells = netlist["modules"][activity.TOP]["cells"].values()
        adder = {bit for cell in cells if cell["type"] == "CARRY4" for bit in cell["connections"]["S"]}
        table = next(cell for cell in cells
                     if cell["type"] == "LUT5" and cell["connections"]["O"][0] in adder)
        table["parameters"]["INIT"] = table["parameters"]["INIT"].translate(str.maketrans("01", "10"))
        wrong = self.work / "wrong"
        wrong.mkdir()
        (wrong / "netlist.json").write_text(json.dumps(netlist))
        result = self.simulate("wrong", trace="shift")
        self.assertNotEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r"cycle \d+: row \d+ is \d+, not \d+")

    def test_trace_of_another_array(self):
        # Powers of two are integers as well, but not the other way round.
        self.assertEqual(self.simulate("booth", trace="shift").returncode, 0)
        self.assertIn("the array's lanes have no weight", self.simulate("shift", trace="booth").stderr)


class Budget(unittest.TestCase):
    def test_lanes(self):
        lut, dsp = {"lut": 10, "dsp": 0}, {"lut": 2, "dsp": 0.5}
        self.assertEqual(budget.lanes(1009, 7, lut), 100)
        self.assertEqual(budget.lanes(1000, 7, None, dsp), 14)
        self.assertEqual(budget.lanes(20, 7, None, dsp), 10)  # not enough LUTs for the slices
        self.assertEqual(budget.lanes(1000, 7, lut, dsp), 14 + 97)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
