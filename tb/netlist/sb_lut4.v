// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The function of SB_LUT4 in Yosys' ice40/cells_sim.v, as one expression: half the C++ to compile.

module SB_LUT4 #(
  parameter [15:0] LUT_INIT = 0
) (
  output O,
  input I0,
  input I1,
  input I2,
  input I3
);

  assign O = LUT_INIT[{I3, I2, I1, I0}];

endmodule
