#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""What rtl_style.py finds in a module, and that it finds nothing in a good one."""

import pathlib
import tempfile
import unittest

import rtl_style

GOOD = """// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A register.
///
/// Throughput: a word per cycle.
/// Latency: 1 cycle.
/// Handshake: none.
/// Assumes: none.
module rs_register #(
  /// Bits, at least 1.
  parameter int unsigned Width = 8,
  /// Derived.
  localparam int unsigned High = Width - 1
) (
  /// Clock.
  input  logic          clk_i,
  /// A word in, a word out.
  input  logic [High:0] data_i,
  output logic [High:0] data_o
);

  `RS_PARAM_CHECK(Width, Width >= 1, "Width must be at least 1")

  always_ff @(posedge clk_i) data_o <= data_i;

endmodule
"""


class RtlStyle(unittest.TestCase):
    def findings(self, old="", new=""):
        self.assertIn(old, GOOD)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rs_register.sv"
            path.write_text(GOOD.replace(old, new) if old else GOOD)
            return "\n".join(rtl_style.File(path).findings)

    def test_good(self):
        self.assertEqual(self.findings(), "")

    def test_findings(self):
        check = '  `RS_PARAM_CHECK(Width, Width >= 1, "Width must be at least 1")\n\n'
        for old, new, finding in (
                ("// Copyright", "// copyright", "licence"),
                ("/// A register.\n///\n", "// A register.\n\n", "only includes"),
                ("/// Latency: 1 cycle.\n", "", "without Latency"),
                ("Handshake: none.", "Handshake:", "Handshake: says nothing"),
                ("  /// Clock.\n", "", "no /// line above this group: input"),
                ("  /// Derived.\n", "", "no /// line above this group: localparam"),
                (check, "", "the limits of Width are not checked"),
                (check, "  initial $error;\n", "RS_PARAM_CHECK"),
                (check, f"  assign a = 1;\n{check}", "after the first logic")):
            with self.subTest(finding=finding):
                self.assertIn(finding, self.findings(old, new))


if __name__ == "__main__":
    unittest.main()
