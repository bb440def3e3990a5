// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

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

  // By 0, 16, 32, 48; by 0, 4, 8, 12; by 0, 2. What is left after each.
  localparam int unsigned W0 = ProdW + Fraction - 1;
  localparam int unsigned W1 = OutW + 14;
  localparam int unsigned W2 = OutW + 2;

  logic signed [W0-1:0] w0, w1;
  logic signed [W1-1:0] w1_q, w2;
  logic signed [W2-1:0] w2_q, w3;
  logic [2:0] shift1_q;
  logic       shift2_q;
  logic more0, more1, more1_q, more2_q, over1_q, over2_q, negative1_q, negative2_q;

  assign w0 = {product_i, {(Fraction - 1) {1'b0}}};
  assign w1 = w0 >>> {shift_i[4:3], 4'd0};
  assign w2 = w1_q >>> {shift1_q[2:1], 2'd0};
  assign w3 = shift2_q ? w2_q >>> 2 : w2_q;

  // The bits that a shift drops.
  always_comb begin
    unique case (shift_i[4:3])
      2'd0:    more0 = 1'b0;
      2'd1:    more0 = |w0[15:0];
      2'd2:    more0 = |w0[31:0];
      default: more0 = |w0[47:0];
    endcase
    unique case (shift1_q[2:1])
      2'd0:    more1 = 1'b0;
      2'd1:    more1 = |w1_q[3:0];
      2'd2:    more1 = |w1_q[7:0];
      default: more1 = |w1_q[11:0];
    endcase
  end

  always_ff @(posedge clk_i) begin
    w1_q        <= W1'(w1);
    more1_q     <= more0;
    over1_q     <= w1[W0-1:W1-1] != {(W0 - W1 + 1) {w1[W0-1]}};
    negative1_q <= product_i[ProdW-1];
    shift1_q    <= shift_i[2:0];

    w2_q        <= W2'(w2);
    more2_q     <= more1_q || more1;
    over2_q     <= over1_q || w2[W1-1:W2-1] != {(W1 - W2 + 1) {negative1_q}};
    negative2_q <= negative1_q;
    shift2_q    <= shift1_q[0];
  end

  assign w_o        = w3[OutW-1:0];
  assign more_o     = more2_q || (shift2_q && |w2_q[1:0]);
  assign over_o     = over2_q || w3[W2-1:OutW-1] != {(W2 - OutW + 1) {negative2_q}};
  assign negative_o = negative2_q;

endmodule
