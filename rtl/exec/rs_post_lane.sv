// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Post-processing of one channel: bias, multiplier, shift, residual, one rounding, bounds
/// (`post_process` in tools/net/numerics.hpp):
///
///   u = (acc + bias) * mult / 2^shift
///   v = (residual - res_zero) * res_factor / 2^(ActW + 8)
///   y = clamp(round(u + v) + out_zero, lo, hi)
///
/// or, as a product, with residual - res_zero in place of mult, and without v.
///
/// u and v have ActW + 8 fraction bits. A bit more says whether u's shift dropped anything: with it
/// the sum is rounded as the exact number would be. v has ActW + 4 bits before the point (the
/// compiler refuses larger residual factors), so of u only ActW + 5 matter: the shifter keeps those
/// and a flag that the rest was not all sign. Multiplier and shift come prepared, see
/// rs_pkg::channel_width: w = x * mult * 2^(fraction - 1) >>> 2 * shift.
///
/// With MultW 1 all scales are powers of two, those of residuals, too, and nothing multiplies: there
/// are no products then.
///
/// With Early u may be rounded to a code by itself, before v is added (rs_post_early): the exact number
/// that the sum is rounded as is then this code and v.
///
/// Throughput: a pixel per cycle.
/// Latency: 9 cycles, 13 with Early.
/// Handshake: none; each input is sampled in the cycle of the stage that uses it.
/// Assumes: the caller delays what belongs to an operation; v fits in ActW + 4 bits; a product has
/// the multiplier 1; with MultW 1 at most one bit of `res_factor_i` is set.
module rs_post_lane #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  /// Bits of a multiplier: 1, 16 or 32.
  parameter int unsigned MultW = 16,
  /// u may be rounded by itself.
  parameter bit Early = 1'b0
) (
  /// Clock.
  input  logic clk_i,

  /// Stage 1.
  input  logic signed [AccW-1:0] acc_i,
  input  logic signed [31:0]     bias_i,
  input  logic [MultW:0]         mult_i,
  input  logic [4:0]             shift_i,
  /// There is a residual; it comes in stage 2. It multiplies.
  input  logic                   residual_valid_i,
  input  logic                   product_i,
  /// Stage 2.
  input  logic signed [ActW-1:0] residual_i,
  input  logic signed [ActW-1:0] res_zero_i,
  /// Stage 5.
  input  logic [ActW+11:0]       res_factor_i,
  /// Stages 8 and 9, of u by itself.
  input  rs_pkg::round_e         early_round_i,
  input  logic [3:0]             early_i,
  /// Stage 8, with Early 12.
  input  rs_pkg::round_e         round_i,
  input  logic signed [ActW-1:0] out_zero_i,
  input  logic signed [ActW-1:0] lo_i,
  input  logic signed [ActW-1:0] hi_i,

  /// After 9 cycles, with Early 13.
  output logic [ActW-1:0]        code_o
);

  `RS_PARAM_CHECK(MultW, MultW inside {1, 16, 32}, "MultW must be 1, 16 or 32")

  localparam int unsigned Fraction = ActW + 8;
  localparam int unsigned UW = ActW + 5 + Fraction;

  // 1: bias. 2: factor, the residual's zero point; 2, 3, 4: product.
  logic signed [31:0] biased1_q;
  logic [MultW:0] mult1_q;
  logic signed [MultW+1:0] factor;
  logic [4:0] shift1_q, shift2_q, shift3_q, shift4_q;
  logic signed [ActW:0] difference, diff2_q, diff3_q, diff4_q, diff5_q;
  logic signed [MultW+32:0] product;
  // 5, 6: shift, residual's product; 7: sum; 8: rounding. 9: bounds. With Early four stages come between 6
  // and 7.
  logic signed [UW-1:0] shifted, u;
  logic signed [UW-2:0] v5, v6_q, v;
  logic signed [UW:0] t7_q;
  logic signed [ActW+5:0] sum, sum8_q;
  logic shifted_more, shifted_over, shifted_negative;
  logic more, over, negative, more7_q, over7_q, over8_q, negative7_q, negative8_q;
  logic below, above;

  // Shared by all lanes, but with many loads in each: registers of its own (`keep`: not to be merged).
  logic residual1_q, product1_q;
  logic [ActW+11:0] res_factor5_q;
  logic signed [ActW-1:0] lo8_q, hi8_q;
  (* keep *)
  always_ff @(posedge clk_i) begin
    residual1_q   <= residual_valid_i;
    product1_q    <= product_i;
    res_factor5_q <= res_factor_i;
    lo8_q         <= lo_i;
    hi8_q         <= hi_i;
  end

  // A product's multiplier is 1: prepared it is 1 or, where the shift is even, 2.
  assign difference = (ActW + 1)'(residual_i) - (ActW + 1)'(res_zero_i);
  assign factor     = MultW == 1 || !product1_q ? signed'({1'b0, mult1_q})
                    : mult1_q[1] ? (MultW + 2)'(signed'({difference, 1'b0}))
                                 : (MultW + 2)'(difference);

  always_ff @(posedge clk_i) begin
    biased1_q <= 32'(acc_i) + bias_i;
    mult1_q   <= mult_i;
    shift1_q  <= shift_i;

    shift2_q  <= shift1_q;
    diff2_q   <= residual1_q ? difference : '0;

    shift3_q <= shift2_q;
    shift4_q <= shift3_q;
    diff3_q  <= diff2_q;
    diff4_q  <= diff3_q;
    diff5_q  <= diff4_q;

    v6_q <= v5;

    t7_q        <= (UW + 1)'(u) + (UW + 1)'(v);
    more7_q     <= more;
    over7_q     <= over;
    negative7_q <= negative;

    sum8_q      <= sum;
    over8_q     <= over7_q;
    negative8_q <= negative7_q;

    code_o <= below ? lo8_q : above ? hi8_q : sum8_q[ActW-1:0];
  end

  if (MultW == 1) begin : gen_residual_shift
    always_comb begin
      v5 = '0;
      for (int unsigned k = 0; k < ActW + 12; k++) begin
        if (res_factor5_q[k]) v5 |= (UW - 1)'(diff5_q) << k;
      end
    end
    logic unused_product;
    assign unused_product = ^{product1_q, mult1_q};
  end else begin : gen_residual_product
    assign v5 = diff5_q * signed'({1'b0, res_factor5_q});
  end

  rs_post_multiply #(
    .MultW(MultW)
  ) u_multiply (
    .clk_i,
    .x_i      (biased1_q),
    .factor_i (factor),
    .product_o(product)
  );

  rs_post_shift #(
    .ProdW(MultW + 33),
    .Fraction(Fraction),
    .OutW(UW)
  ) u_shift (
    .clk_i,
    .product_i (product),
    .shift_i   (shift4_q),
    .w_o       (shifted),
    .more_o    (shifted_more),
    .over_o    (shifted_over),
    .negative_o(shifted_negative)
  );

  if (Early) begin : gen_early
    rs_post_early #(
      .ActW(ActW)
    ) u_early (
      .clk_i,
      .u_i       (shifted),
      .more_i    (shifted_more),
      .over_i    (shifted_over),
      .negative_i(shifted_negative),
      .mode_i    (early_round_i),
      .early_i,
      .u_o       (u),
      .more_o    (more),
      .over_o    (over),
      .negative_o(negative)
    );
    rs_delay #(
      .Width(UW - 1),
      .Stages(4)
    ) u_residual (
      .clk_i,
      .data_i(v6_q),
      .data_o(v)
    );
  end else begin : gen_once
    assign u        = shifted;
    assign more     = shifted_more;
    assign over     = shifted_over;
    assign negative = shifted_negative;
    assign v        = v6_q;
    logic unused_early;
    assign unused_early = ^{early_round_i, early_i};
  end

  rs_post_round #(
    .ActW(ActW)
  ) u_round (
    .t_i       (t7_q),
    .more_i    (more7_q),
    .mode_i    (round_i),
    .out_zero_i,
    .sum_o     (sum)
  );

  rs_post_bound #(
    .ActW(ActW)
  ) u_bound (
    .over_i    (over8_q),
    .negative_i(negative8_q),
    .sum_i     (sum8_q),
    .lo_i      (lo8_q),
    .hi_i      (hi8_q),
    .below_o   (below),
    .above_o   (above)
  );

endmodule
