// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Post-processing of one channel: bias, multiplier, rounding shift, residual, bounds
/// (`post_process` in tools/net/numerics.hpp):
///
///   u = round_shift((acc + bias) * mult, shift)
///   v = round_shift((residual - res_zero) * res_mult, res_shift)
///   y = clamp(u + v + out_zero, lo, hi)
///
/// round_shift(x, s) rounds half up. It is built as w = 2x >>> s and then (w >> 1) + w[0]: nothing
/// is added before the shift. Multiplier and shift come as rs_pkg::scale_t, the last bit of the
/// shift already in the multiplier. v fits in ActW + 4 bits (the compiler refuses larger residual
/// factors), so of u only ActW + 5 bits matter: the shifter keeps those and a flag that the rest
/// was not all sign.
///
/// Throughput: a pixel per cycle.
/// Latency: 7 cycles.
/// Handshake: none; each input is sampled in the cycle of the stage that uses it.
/// Assumes: the caller delays what belongs to an operation; v fits in ActW + 4 bits.
module rs_post_lane #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Accumulator width.
  parameter int unsigned AccW = 28
) (
  /// Clock.
  input  logic clk_i,

  /// Stage 1.
  input  logic signed [AccW-1:0] acc_i,
  input  logic signed [31:0]     bias_i,
  input  rs_pkg::scale_t         scale_i,
  /// There is a residual; it comes in stage 2.
  input  logic                   residual_valid_i,
  input  logic signed [ActW-1:0] residual_i,
  input  logic signed [ActW-1:0] res_zero_i,
  /// Stage 2, and 3.
  input  logic [16:0]            res_mult_i,
  input  logic [3:0]             res_shift_i,
  /// Stage 5.
  input  logic signed [ActW-1:0] out_zero_i,
  /// Stage 6.
  input  logic signed [ActW-1:0] lo_i,
  input  logic signed [ActW-1:0] hi_i,

  /// After 7 cycles.
  output logic [ActW-1:0]        code_o
);

  // Low part of the sum that is multiplied on its own: two products of at most 18 x 18 bits.
  localparam int unsigned LowW = 17;
  localparam int unsigned HighW = 32 - LowW;
  localparam int unsigned ProdW = 32 + 17;
  localparam int unsigned UW = ActW + 5;
  localparam int unsigned VW = ActW + 4;
  localparam int unsigned ResW = ActW + 1 + 17;

  // What is left of w after each of its three shifts, and of the residual's after its first.
  localparam int unsigned W4 = UW + 1 + 14;
  localparam int unsigned W5 = UW + 1 + 2;
  localparam int unsigned V4 = VW + 1 + 6;

  // 1: bias. 2: products. 3: their sum; a multiplier block takes both registers and the addition.
  logic signed [31:0] biased_q;
  rs_pkg::scale_t     scale1_q;
  logic [LowW+16:0] low_q;
  logic signed [HighW+16:0] high_q;
  logic signed [ProdW-1:0]  prod_q;
  logic [4:0] shift2_q, shift3_q;
  // 4: by 0, 16, 32; 5: by 0, 4, 8, 12; 6: by 0, 2; rounding and sum.
  logic signed [ProdW-1:0] w4;
  logic signed [W4-1:0] w4_q, w5;
  logic signed [W5-1:0] w5_q, w6;
  logic over4_q, over5_q, over6_q, negative4_q, negative5_q, negative6_q;
  logic [2:0] shift4_q;
  logic       shift5_q;
  logic signed [UW:0]   sum_q;
  // Residual, 2: zero point. 3: product. 4: by 0, 8, 16, 24; 5: by 0, 2, 4, 6; rounding, zero point.
  logic                 residual1_q;
  logic [16:0]          res_mult2_q;
  logic signed [ActW:0] diff_q;
  logic signed [ResW-1:0] res_prod_q;
  logic [3:0]             res_shift3_q;
  logic [1:0]             res_shift4_q;
  logic signed [V4-1:0] res_w4_q;
  logic signed [VW:0] res_w, addend_q;
  logic signed [ActW-1:0] lo6_q, hi6_q;

  // Shared by all lanes, but with many loads in each: registers of its own (`keep`: not to be merged).
  (* keep *)
  always_ff @(posedge clk_i) begin
    residual1_q  <= residual_valid_i;
    res_mult2_q  <= res_mult_i;
    lo6_q        <= lo_i;
    hi6_q        <= hi_i;
    res_shift3_q <= res_shift_i;
    res_shift4_q <= res_shift3_q[1:0];
  end

  always_comb begin
    w4    = prod_q >>> {shift3_q[4:3], 4'd0};
    w5    = w4_q >>> {shift4_q[2:1], 2'd0};
    w6    = shift5_q ? w5_q >>> 2 : w5_q;
    res_w = (VW + 1)'(res_w4_q >>> {res_shift4_q, 1'b0});
  end

  always_ff @(posedge clk_i) begin
    biased_q <= 32'(acc_i) + bias_i;
    scale1_q <= scale_i;

    low_q    <= biased_q[LowW-1:0] * scale1_q.mult;
    high_q   <= signed'(biased_q[31:LowW]) * signed'({1'b0, scale1_q.mult});
    shift2_q <= scale1_q.shift;
    diff_q   <= residual1_q ? (ActW + 1)'(residual_i) - (ActW + 1)'(res_zero_i) : '0;

    prod_q     <= {high_q + (HighW + 17)'(low_q[LowW+16:LowW]), low_q[LowW-1:0]};
    shift3_q   <= shift2_q;
    res_prod_q <= diff_q * signed'({1'b0, res_mult2_q});

    w4_q        <= W4'(w4);
    over4_q     <= w4[ProdW-1:W4-1] != {(ProdW - W4 + 1) {w4[ProdW-1]}};
    negative4_q <= prod_q[ProdW-1];
    shift4_q    <= shift3_q[2:0];
    res_w4_q    <= V4'(res_prod_q >>> {res_shift3_q[3:2], 3'd0});

    w5_q        <= W5'(w5);
    over5_q     <= over4_q || w5[W4-1:W5-1] != {(W4 - W5 + 1) {negative4_q}};
    negative5_q <= negative4_q;
    shift5_q    <= shift4_q[0];
    addend_q    <= (VW + 1)'(signed'(res_w[VW:1])) + (VW + 1)'(out_zero_i)
                 + signed'((VW + 1)'(res_w[0]));

    sum_q       <= (UW + 1)'(signed'(w6[UW:1])) + (UW + 1)'(addend_q) + signed'((UW + 1)'(w6[0]));
    over6_q     <= over5_q || w6[W5-1:UW] != {(W5 - UW) {negative5_q}};
    negative6_q <= negative5_q;
  end

  // 7.
  logic below, above;

  rs_post_bound #(
    .ActW(ActW)
  ) u_bound (
    .over_i    (over6_q),
    .negative_i(negative6_q),
    .sum_i     (sum_q),
    .lo_i      (lo6_q),
    .hi_i      (hi6_q),
    .below_o   (below),
    .above_o   (above)
  );

  always_ff @(posedge clk_i) code_o <= below ? lo6_q : above ? hi6_q : sum_q[ActW-1:0];

endmodule
