#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The energy model on a circuit counted by hand."""

import unittest

import model


def cell(kind, outputs, **connections):
    return {"type": kind, "connections": connections,
            "port_directions": {pin: "output" if pin in outputs else "input" for pin in connections}}


def kind_of(cell_type):
    return {"LUT2": "lut", "FDRE": "ff", "CARRY4": "carry", "SRL16E": "srl", "RAMB36E1": "bram",
            "rs_mult_lane": "dsp"}.get(cell_type)


class Model(unittest.TestCase):
    # Inputs 2 and 3; a table makes 4, which a flip-flop beside it, a carry cell and a second table read.
    MODULE = {"cells": {
        "t": cell("LUT2", "O", I0=[2], I1=[3], O=[4]),
        "f": cell("FDRE", "Q", C=[9], CE=["1"], D=[4], R=["0"], Q=[5]),
        "c": cell("CARRY4", ("O", "CO"), CI=["0"], DI=[5], S=[4], O=[6], CO=[7]),
        "u": cell("LUT2", "O", I0=[4], I1=[7], O=[8]),
        "s": cell("SRL16E", "Q", CLK=[9], CE=["1"], D=[8], Q=[10]),
    }}

    def test_events(self):
        toggles = {2: 10, 3: 20, 4: 100, 5: 3, 6: 4, 7: 5, 8: 6, 9: 2000, 10: 7}
        events = model.events(self.MODULE, toggles, 50, kind_of)
        self.assertEqual(events, {
            # 2 and 3 to the table, 4 to the second one, 5 to the carry cell (from a flip-flop), 7 to the
            # second table, 8 to the shift register.
            "routed": 10 + 20 + 100 + 3 + 5 + 6,
            "local": 100 + 100,  # 4 to the flip-flop and to the carry cell's S
            "lut": 100 + 6 + 7,  # 4, 8 and the shift register's output
            "ff": 3,
            "carry": 4 + 5,
            "clock": 2 * 50,
            "dsp": 0,
        })

    def test_slices(self):
        pins = {"clk_i": [9], "act_i": [2], "weight_i": [3], "sum_i": [4], "sum_o": [5]}
        cells = {"a": cell("rs_mult_lane", "sum_o", **pins),
                 "b": cell("rs_mult_lane", "sum_o", **{**pins, "sum_i": [5], "sum_o": [6]})}
        events = model.events({"cells": cells}, {2: 10, 3: 20, 4: 30, 5: 40, 6: 50, 9: 100}, 7, kind_of)
        self.assertEqual(events, {"routed": 2 * 10 + 2 * 20 + 30, "local": 40, "clock": 0, "dsp": 2 * 7})

    def test_energy_is_the_weighted_sum(self):
        self.assertAlmostEqual(model.energy({"routed": 2, "lut": 3}, {"routed": 1.0, "lut": 0.5}), 3.5)
        self.assertEqual(set(model.CONSTANTS), {"routed", "local", "lut", "carry", "mux", "ff", "clock"})

    def test_unknown_cell(self):
        with self.assertRaisesRegex(SystemExit, "RAMB36E1"):
            model.events({"cells": {"m": cell("RAMB36E1", "O", O=[2])}}, {}, 1, kind_of)


if __name__ == "__main__":
    unittest.main()
