// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// A block RAM written in whole words as Yosys' own with all bits enabled. Yosys itself drives the
// 16 bit masks from the write enable, which is the clock enable too: 16 inputs of a tile for nothing, and
// an inverter in the way.

module \$__ICE40_WORDS_ #(
  parameter INIT = 0
) (
  input         PORT_W_CLK,
  input         PORT_W_WR_EN,
  input  [7:0]  PORT_W_ADDR,
  input  [15:0] PORT_W_WR_DATA,
  input         PORT_R_CLK,
  input         PORT_R_RD_EN,
  input  [7:0]  PORT_R_ADDR,
  output [15:0] PORT_R_RD_DATA
);
  \$__ICE40_RAM4K_ #(
    .INIT(INIT)
  ) _TECHMAP_REPLACE_ (
    .PORT_W_CLK,
    .PORT_W_WR_EN,
    .PORT_W_WR_BE({16{1'b1}}),
    .PORT_W_ADDR({PORT_W_ADDR, 3'd0}),
    .PORT_W_WR_DATA,
    .PORT_R_CLK,
    .PORT_R_RD_EN,
    .PORT_R_ADDR({PORT_R_ADDR, 3'd0}),
    .PORT_R_RD_DATA
  );
endmodule
