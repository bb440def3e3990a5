// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// rs_shift_lane for Lattice ECP5, in place of rtl/array/rs_shift_lane.sv: the same ports, function
/// and latency. A look-up table has four inputs there, so the sign is applied with the first shift,
/// and the carry cells (CCU2C), which synthesis tools only use for plain sums, take the second
/// shift as well:
///
///   propagate = sum ^ (far ? near[i-4] : near[i])      generate = sum
///
/// A CCU2C generates by its table with C = D = 0; the data inputs of the multiplexer are there, so
/// that this is the sum alone.
///
/// Throughput: a term per cycle.
/// Latency: 2 cycles from activation and term, 1 from the sum.
/// Handshake: none.
/// Assumes: none.
module rs_shift_lane #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Number of exponents: 4 to 7, a second shift of 0 or 4.
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

  localparam int unsigned NearW = ActW + 3;
  // Carry cells come in pairs; the first one is the carry into the lowest bit.
  localparam int unsigned Pairs = (OutW + 2) / 2;
  // Tables over {D, C, B, A}: A ^ (B ? D : C); and, with D = 1, a carry of A without propagation.
  localparam logic [15:0] AddInit = 16'h569A;
  localparam logic [15:0] CarryInit = 16'h000A;

  `RS_PARAM_CHECK(Exponents, ExpN >= 4 && ExpN <= 7, "ExpN must be 4 to 7 on ECP5")

  logic zero, negative;
  logic [2:0] exponent;
  assign {zero, negative, exponent} = code_i;

  logic signed [NearW-1:0] near_q;
  logic far_q, negative_q;

  always_ff @(posedge clk_i) begin
    if (zero) begin
      near_q     <= '0;
      far_q      <= 1'b0;
      negative_q <= 1'b0;
    end else begin
      near_q     <= (NearW'(act_i) <<< exponent[1:0]) ^ {NearW{negative}};
      far_q      <= exponent[2];
      negative_q <= negative;
    end
  end

  // Operands of the cells, sign extended.
  logic [2*Pairs-1:0] sum_in, unshifted, shifted, sum;
  assign sum_in    = {(2 * Pairs - 1)'(sum_i), negative_q};
  assign unshifted = {(2 * Pairs - 1)'(near_q), 1'b0};
  assign shifted   = {(2 * Pairs - 1)'(signed'({near_q, {4{negative_q}}})), 1'b1};

  logic [Pairs:0] carry;
  assign carry[0] = 1'b0;

  for (genvar i = 0; i < Pairs; i++) begin : gen_pair
    CCU2C #(
      .INIT0(i == 0 ? CarryInit : AddInit),
      .INIT1(AddInit),
      .INJECT1_0("NO"),
      .INJECT1_1("NO")
    ) u_carry (
      .CIN (carry[i]),
      .A0  (sum_in[2*i]),
      .B0  (i == 0 ? 1'b0 : far_q),
      .C0  (unshifted[2*i]),
      .D0  (shifted[2*i]),
      .A1  (sum_in[2*i+1]),
      .B1  (far_q),
      .C1  (unshifted[2*i+1]),
      .D1  (shifted[2*i+1]),
      .S0  (sum[2*i]),
      .S1  (sum[2*i+1]),
      .COUT(carry[i+1])
    );
  end

  always_ff @(posedge clk_i) sum_o <= sum[OutW:1];

endmodule
