// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Post-processing of one channel as rs_post_lane does it, but one bit after the other, without a
/// multiplier.
///
/// Throughput: one code at a time.
/// Latency: MultW + 3 + 2 * shift cycles, or ActW + 14 if that is more, and 4 from `start_i` to
/// `code_o`.
/// Handshake: `start_i` when the result before was taken; the sum follows `ready_o` when the caller
/// says so: `sum_i`, and in the cycle after that `round_i`.
/// Assumes: bounds, out_zero and the mode of rounding stay until the code is taken.
module rs_post_serial_lane #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  /// Bits of a multiplier.
  parameter int unsigned MultW = 16
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// With `start_i`.
  input  logic                   start_i,
  input  logic signed [AccW-1:0] acc_i,
  input  logic signed [31:0]     bias_i,
  input  logic [MultW:0]         mult_i,
  input  logic [4:0]             shift_i,
  input  logic                   residual_valid_i,
  input  logic                   product_i,
  input  logic signed [ActW-1:0] residual_i,
  input  logic signed [ActW-1:0] res_zero_i,
  input  logic [ActW+11:0]       res_factor_i,

  /// The products are there; add them; round the sum.
  output logic ready_o,
  input  logic sum_i,
  input  logic round_i,

  /// Rounding, zero point and bounds.
  input  rs_pkg::round_e         mode_i,
  input  logic signed [ActW-1:0] out_zero_i,
  input  logic signed [ActW-1:0] lo_i,
  input  logic signed [ActW-1:0] hi_i,
  /// Two cycles after `round_i`.
  output logic [ActW-1:0] code_o
);

  localparam int unsigned Fraction = ActW + 8;
  localparam int unsigned UW = ActW + 5 + Fraction;

  logic u_ready, v_ready, more, over, negative, unused_more, unused_over, unused_negative;
  logic signed [UW-1:0] u;
  logic signed [UW-2:0] v;
  logic signed [UW:0]   t_q;
  logic signed [ActW+5:0] sum, sum_q;
  logic over_q, negative_q, below, above, below_q, above_q;
  logic signed [31:0] biased;
  logic signed [ActW:0] difference;
  logic signed [MultW+1:0] factor;

  // A product's multiplier is 1: prepared it is 1 or, where the shift is even, 2.
  assign biased     = 32'(acc_i) + bias_i;
  assign difference = residual_valid_i ? (ActW + 1)'(residual_i) - (ActW + 1)'(res_zero_i) : '0;
  assign factor     = MultW == 1 || !product_i ? signed'({1'b0, mult_i})
                    : mult_i[1] ? (MultW + 2)'(signed'({difference, 1'b0}))
                                : (MultW + 2)'(difference);
  assign ready_o    = u_ready && v_ready;

  rs_post_scale #(
    .Width(32),
    .FactorW(MultW + 2),
    .Below(Fraction - 1),
    .OutW(UW)
  ) u_product (
    .clk_i,
    .rst_ni,
    .start_i,
    .x_i       (biased),
    .factor_i  (factor),
    .shift_i,
    .ready_o   (u_ready),
    .w_o       (u),
    .more_o    (more),
    .over_o    (over),
    .negative_o(negative)
  );

  rs_post_scale #(
    .Width(ActW + 1),
    .FactorW(ActW + 13),
    .Below(0),
    .OutW(UW - 1)
  ) u_residual (
    .clk_i,
    .rst_ni,
    .start_i,
    .x_i       (difference),
    .factor_i  (signed'({1'b0, res_factor_i})),
    .shift_i   (5'd0),
    .ready_o   (v_ready),
    .w_o       (v),
    .more_o    (unused_more),
    .over_o    (unused_over),
    .negative_o(unused_negative)
  );

  rs_post_round #(
    .ActW(ActW)
  ) u_round (
    .t_i       (t_q),
    .more_i    (more),
    .mode_i,
    .out_zero_i,
    .sum_o     (sum)
  );

  assign code_o = below_q ? lo_i : above_q ? hi_i : sum_q[ActW-1:0];

  always_ff @(posedge clk_i) begin
    below_q <= below;
    above_q <= above;
    if (sum_i) t_q <= (UW + 1)'(u) + (UW + 1)'(v);
    if (round_i) begin
      sum_q      <= sum;
      over_q     <= over;
      negative_q <= negative;
    end
  end

  rs_post_bound #(
    .ActW(ActW)
  ) u_bound (
    .over_i    (over_q),
    .negative_i(negative_q),
    .sum_i     (sum_q),
    .lo_i,
    .hi_i,
    .below_o   (below),
    .above_o   (above)
  );

endmodule
