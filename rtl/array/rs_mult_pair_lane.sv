// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// rs_mult_lane for two pixels in one DSP slice: both activations, as one number, times the weight.
///
///   sum' = sum + (high * 2^18 + low) * weight
///
/// All numbers have 8 bits, so that the low product never reaches the high one; a chain of 8 sums of
/// low products does not either, but for a borrow, which rs_pe gives back. Registers where a slice
/// of UltraScale+ has them: operands, both activations together, product, sum.
///
/// Throughput: a weight per cycle.
/// Latency: 4 cycles from activations and weight, 1 from the sum.
/// Handshake: none.
/// Assumes: none.
module rs_mult_pair_lane #(
  /// The lane's place in its chain: nothing comes in; the sum leaves the slices, which parts with
  /// wires of their own between slices need to know (rtl/tech).
  parameter bit First = 1'b0,
  parameter bit Last = 1'b0
) (
  /// Clock.
  input  logic clk_i,
  /// Activations, the weight and the sum so far; the sum with their products.
  input  logic signed [7:0] low_i,
  input  logic signed [7:0] high_i,
  input  logic signed [7:0] weight_i,
  input  logic signed [rs_pkg::PairSumW-1:0] sum_i,
  output logic signed [rs_pkg::PairSumW-1:0] sum_o
);

  localparam int unsigned PairW = rs_pkg::PairShift + 9;

  logic signed [7:0] low_q, high_q, weight_q, weight2_q;
  logic signed [PairW-1:0] pair_q;
  logic signed [PairW+7:0] product_q;

  always_ff @(posedge clk_i) begin
    low_q     <= low_i;
    high_q    <= high_i;
    weight_q  <= weight_i;

    pair_q    <= PairW'(low_q) + (PairW'(high_q) <<< rs_pkg::PairShift);
    weight2_q <= weight_q;

    product_q <= pair_q * weight2_q;

    sum_o     <= (First ? '0 : sum_i) + rs_pkg::PairSumW'(product_q);
  end

  logic unused_last;
  assign unused_last = Last;

endmodule
