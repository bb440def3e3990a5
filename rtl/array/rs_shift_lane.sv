// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A lane: adds one activation times one term, a signed power of two, to the sum that comes from
/// the lane before. It multiplies nothing: a shift by 0 to 3 into registers, which a zero term
/// clears; then a shift by a multiple of four and the sign, in the look-up tables of the adder.
///
/// Throughput: a term per cycle.
/// Latency: 2 cycles from activation and term, 1 from the sum.
/// Handshake: none.
/// Assumes: none.
module rs_shift_lane #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Number of exponents.
  parameter int unsigned ExpN = 7,
  /// Width of the sum that comes in, and of the one that leaves.
  parameter int unsigned InW = 15,
  parameter int unsigned OutW = 16
) (
  /// Clock.
  input  logic clk_i,
  /// Activation, weight and the sum so far; the sum with their product.
  input  logic signed [ActW-1:0] act_i,
  input  logic [$clog2(ExpN+1)+1:0] code_i,
  input  logic signed [InW-1:0]  sum_i,
  output logic signed [OutW-1:0] sum_o
);

  localparam int unsigned ExpW = $clog2(ExpN + 1);
  // With three exponents there is no second shift: its distance is a constant zero.
  localparam int unsigned FarW = ExpW > 2 ? ExpW - 2 : 1;
  localparam int unsigned NearW = ActW + 3;

  `RS_PARAM_CHECK(Exponents, ExpN >= 3 && ExpN <= 15, "ExpN must be 3 to 15")

  // The code is the term as rs_pkg describes it, the zero term marked by a bit of its own.
  logic zero, negative;
  logic [ExpW-1:0] exponent;
  assign {zero, negative, exponent} = code_i;

  logic signed [NearW-1:0] near_q;
  logic [FarW-1:0]         far_q;
  logic                    negative_q;

  always_ff @(posedge clk_i) begin
    if (zero) begin
      near_q     <= '0;
      far_q      <= '0;
      negative_q <= 1'b0;
    end else begin
      near_q     <= NearW'(act_i) <<< exponent[1:0];
      far_q      <= FarW'(exponent >> 2);
      negative_q <= negative;
    end
  end

  logic signed [OutW-1:0] sum;
  rs_shift_add #(
    .NearW(NearW),
    .FarW(FarW),
    .InW(InW),
    .OutW(OutW)
  ) u_add (
    .near_i    (near_q),
    .far_i     (far_q),
    .negative_i(negative_q),
    .sum_i,
    .sum_o     (sum)
  );

  always_ff @(posedge clk_i) sum_o <= sum;

endmodule
