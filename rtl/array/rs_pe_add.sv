// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// What a PE adds up: the sums of its two chains of lanes and, unless the tile is a fresh start, its
/// accumulator; and the comparison for maxima.
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

  logic signed [SumW-1:0] both_q;

  always_ff @(posedge clk_i) both_q <= SumW'(half_i[0]) + SumW'(half_i[1]);

  // The plain sum of both, or the sum alone, in one look-up table a bit. Written with `&` in place of
  // the choice, Yosys gives the gated accumulator tables of its own.
  assign sum_o     = AccW'(both_q) + (fresh_i ? AccW'(0) : acc_i);
  assign greater_o = signed'(both_q[CodeW-1:0]) > signed'(acc_i[CodeW-1:0]);

endmodule
