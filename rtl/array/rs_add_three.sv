// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The sum of three numbers, or of the first two.
///
/// Throughput: a sum per cycle.
/// Latency: none, combinational.
/// Handshake: none.
/// Assumes: no sum leaves its width.
module rs_add_three #(
  /// Width of the numbers and of the sum.
  parameter int unsigned Width = 28
) (
  /// The numbers.
  input  logic signed [Width-1:0] a_i,
  input  logic signed [Width-1:0] b_i,
  input  logic signed [Width-1:0] c_i,
  /// Without the third.
  input  logic without_i,
  /// The sum.
  output logic signed [Width-1:0] sum_o
);

  assign sum_o = a_i + b_i + (without_i ? Width'(0) : c_i);

endmodule
