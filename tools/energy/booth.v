// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Signed multiplication as an array of radix-4 Booth rows, one LUT6 a bit and row: the row's multiple
// of A is selected in the look-up table of the adder (E. G. Walters, "Array Multipliers for High
// Throughput in Xilinx FPGAs with 6-Input LUTs", Computers 5(4), 2016). Yosys' own multiplier is
// three times as large.
(* techmap_celltype = "$mul" *)
module booth (A, B, Y);
  parameter A_SIGNED = 0, B_SIGNED = 0, A_WIDTH = 1, B_WIDTH = 1, Y_WIDTH = 1;
  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  wire _TECHMAP_FAIL_ = !A_SIGNED || !B_SIGNED || B_WIDTH % 2 != 0 || Y_WIDTH != A_WIDTH + B_WIDTH;

  localparam Rows = B_WIDTH / 2;
  localparam W = A_WIDTH + 2;
  wire [W-1:0] one = {{2{A[A_WIDTH-1]}}, A};
  wire [W-1:0] two = {one[W-2:0], 1'b0};
  wire [B_WIDTH:0] digits = {B, 1'b0};
  wire [W*(Rows+1)-1:0] sum;
  assign sum[W-1:0] = 0;

  genvar k;
  generate
    for (k = 0; k < Rows; k = k + 1) begin : gen_row
      wire [2:0] digit = digits[2*k+:3];
      wire [W-1:0] multiple = (digit[1] ^ digit[0]) ? one : (digit[2] ^ digit[1]) ? two : 0;
      wire [W-1:0] before = {{2{sum[W*k+W-1]}}, sum[W*k+2+:W-2]};
      wire carry;
      // -x is the inverted x and a carry, which the bit below the lowest makes.
      assign {sum[W*(k+1)+:W], carry} = {before, digit[2]} + {multiple ^ {W{digit[2]}}, digit[2]};
      if (k < Rows - 1) assign Y[2*k+:2] = sum[W*(k+1)+:2];
      else assign Y[2*k+:W] = sum[W*(k+1)+:W];
    end
  endgenerate
endmodule
