// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// A lane for a digit of a weight: adds one activation times -2 to 2 to the sum that comes from the
/// lane before.
///
/// Throughput: a digit per cycle.
/// Latency: 1 cycle from activation, digit and sum.
/// Handshake: none.
/// Assumes: none.
module rs_digit_lane #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Width of the sum that comes in, and of the one that leaves.
  parameter int unsigned InW = 15,
  parameter int unsigned OutW = 16
) (
  /// Clock.
  input  logic clk_i,
  /// Activation, digit and the sum so far; the sum with their product.
  input  logic signed [ActW-1:0] act_i,
  input  rs_pkg::digit_t         digit_i,
  input  logic signed [InW-1:0]  sum_i,
  output logic signed [OutW-1:0] sum_o
);

  logic signed [OutW-1:0] sum;
  rs_digit_add #(
    .ActW(ActW),
    .InW(InW),
    .OutW(OutW)
  ) u_add (
    .act_i,
    .digit_i,
    .sum_i,
    .sum_o(sum)
  );

  always_ff @(posedge clk_i) sum_o <= sum;

endmodule
