// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The shift of post-processing: w = product * 2^(Fraction - 1) >>> 2 * shift, the low bits that are
/// enough of it, whether the rest was not all sign, and whether anything was shifted out.
///
/// Throughput: a product per cycle.
/// Latency: 2 cycles, and a multiplexer.
/// Handshake: none.
/// Assumes: none.
module rs_post_shift #(
  /// Bits of the product.
  parameter int unsigned ProdW = 49,
  /// Fraction bits of the result.
  parameter int unsigned Fraction = 16,
  /// Bits of the result; at most ProdW + Fraction - 15.
  parameter int unsigned OutW = 29
) (
  /// Clock.
  input  logic clk_i,

  /// The product, and by how many pairs of bits.
  input  logic signed [ProdW-1:0] product_i,
  input  logic [4:0]              shift_i,

  /// After 2 cycles.
  output logic signed [OutW-1:0]  w_o,
  /// The exact number is more.
  output logic                    more_o,
  /// w does not fit; its sign.
  output logic                    over_o,
  output logic                    negative_o
);

  `RS_PARAM_CHECK(OutW, OutW + 15 <= ProdW + Fraction, "OutW must be at most ProdW + Fraction - 15")

  // By 0, 16, 32, 48; by 0, 4, 8, 12; by 0, 2. What is left after each.
  localparam int unsigned W0 = ProdW + Fraction - 1;
  localparam int unsigned W1 = OutW + 14;
  localparam int unsigned W2 = OutW + 2;

  logic signed [W1-1:0] w1;
  logic signed [W2-1:0] w2, w3;
  logic [2:0] shift1_q;
  logic shift2_q, more1, more2, over1, over2, negative1;

  always_ff @(posedge clk_i) begin
    shift1_q <= shift_i[2:0];
    shift2_q <= shift1_q[0];
  end

  rs_post_shift_step #(
    .InW(W0),
    .OutW(W1),
    .Step(16)
  ) u_first (
    .clk_i,
    .w_i       ({product_i, {(Fraction - 1) {1'b0}}}),
    .steps_i   (shift_i[4:3]),
    .more_i    (1'b0),
    .over_i    (1'b0),
    .negative_i(product_i[ProdW-1]),
    .w_o       (w1),
    .more_o    (more1),
    .over_o    (over1),
    .negative_o(negative1)
  );

  rs_post_shift_step #(
    .InW(W1),
    .OutW(W2),
    .Step(4)
  ) u_second (
    .clk_i,
    .w_i       (w1),
    .steps_i   (shift1_q[2:1]),
    .more_i    (more1),
    .over_i    (over1),
    .negative_i(negative1),
    .w_o       (w2),
    .more_o    (more2),
    .over_o    (over2),
    .negative_o
  );

  assign w3     = shift2_q ? w2 >>> 2 : w2;
  assign w_o    = w3[OutW-1:0];
  assign more_o = more2 || (shift2_q && |w2[1:0]);
  assign over_o = over2 || w3[W2-1:OutW-1] != {(W2 - OutW + 1) {negative_o}};

endmodule
