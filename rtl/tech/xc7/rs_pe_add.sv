// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// rs_pe_add for Xilinx 7 series, in place of rtl/array/rs_pe_add.sv: the same ports, function and
/// latency. All three numbers are added at once (rs_add_three), and the comparison takes a look-up table a
/// bit.
///
/// Throughput: a sum per cycle.
/// Latency: 1 cycle from the chains; none from accumulator and `fresh_i`.
/// Handshake: none.
/// Assumes: no sum leaves its width.
module rs_pe_add #(
  /// Width of a half, of both together and of the accumulator.
  parameter int unsigned HalfW = 17,
  parameter int unsigned SumW  = 18,
  parameter int unsigned AccW  = 28,
  /// Width of a code.
  parameter int unsigned CodeW = 8
) (
  /// Clock.
  input  logic clk_i,
  /// The halves.
  input  logic signed [HalfW-1:0] half_i[2],
  /// The accumulator, and that it counts as 0.
  input  logic signed [ AccW-1:0] acc_i,
  input  logic fresh_i,
  /// All together.
  output logic signed [ AccW-1:0] sum_o,
  /// Of halves of which one is 0: the other is greater than the accumulator, both as codes.
  output logic greater_o
);

  `RS_PARAM_CHECK(Widths, HalfW <= SumW && SumW <= AccW && CodeW <= HalfW,
                  "CodeW, HalfW, SumW, AccW must not fall")

  logic signed [HalfW-1:0] half_q[2];

  always_ff @(posedge clk_i) half_q <= half_i;

  rs_add_three #(
    .Width(AccW)
  ) u_add (
    .a_i   (AccW'(half_q[0])),
    .b_i   (AccW'(half_q[1])),
    .c_i   (acc_i),
    .without_i(fresh_i),
    .sum_o
  );

  // Below the sign: the accumulator is greater or equal. Where bits differ the accumulator's decides.
  localparam int unsigned Steps = (CodeW + 2) / 4;
  logic [4*Steps-1:0] code, own, same, not_less;

  assign code = (4 * Steps)'(half_q[0][CodeW-2:0] | half_q[1][CodeW-2:0]);
  assign own  = (4 * Steps)'(acc_i[CodeW-2:0]);
  assign same = ~(code ^ own);

  for (genvar i = 0; i < Steps; i++) begin : gen_compare
    logic [3:0] unused_sum;
    CARRY4 u_carry (
      .CI    (i == 0 ? 1'b0 : not_less[4*i-1]),
      .CYINIT(i == 0),
      .DI    (own[4*i+:4]),
      .S     (same[4*i+:4]),
      .O     (unused_sum),
      .CO    (not_less[4*i+:4])
    );
  end

  logic sign;
  assign sign      = half_q[0][CodeW-1] | half_q[1][CodeW-1];
  assign greater_o = sign == acc_i[CodeW-1] ? !not_less[CodeW-2] : acc_i[CodeW-1];

  logic unused;
  assign unused = ^not_less;

endmodule
