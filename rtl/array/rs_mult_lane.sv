// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The lane of the baseline array: adds one activation times one signed integer weight to the sum
/// that comes from the lane before, as published multiplier arrays do. Beside rs_shift_lane so that
/// both can be measured in the same core; registers where a DSP slice has them (operands, product,
/// sum). Whether it takes a DSP slice is the synthesis tool's choice (`make synth ... DSP=0`
/// forbids).
///
/// Throughput: a weight per cycle.
/// Latency: 3 cycles from activation and weight, 1 from the sum.
/// Handshake: none.
/// Assumes: none.
module rs_mult_lane #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Weight width.
  parameter int unsigned MultW = 8,
  /// Width of the sum that comes in, and of the one that leaves.
  parameter int unsigned InW = 16,
  parameter int unsigned OutW = 17
) (
  /// Clock.
  input  logic clk_i,
  /// Activation, weight and the sum so far; the sum with their product.
  input  logic signed [ActW-1:0]  act_i,
  input  logic signed [MultW-1:0] weight_i,
  input  logic signed [InW-1:0]   sum_i,
  output logic signed [OutW-1:0]  sum_o
);

  logic signed [ActW-1:0]       act_q;
  logic signed [MultW-1:0]      weight_q;
  logic signed [ActW+MultW-1:0] product_q;

  always_ff @(posedge clk_i) begin
    act_q     <= act_i;
    weight_q  <= weight_i;
    product_q <= act_q * weight_q;
    sum_o     <= OutW'(sum_i) + OutW'(product_q);
  end

endmodule
