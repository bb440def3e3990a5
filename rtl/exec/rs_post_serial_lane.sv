// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Post-processing of one channel as rs_post_lane does it, but one bit after the other, without a
/// multiplier.
///
/// Throughput: one code at a time.
/// Latency: 18 + 2 * shift cycles and 4 from `start_i` to `code_o`.
/// Handshake: `start_i` when the result before was taken; the sum follows `ready_o` when the caller
/// says so: `addend_i`, and in the cycle after that `sum_i`.
/// Assumes: bounds and out_zero stay until the code is taken.
module rs_post_serial_lane #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Accumulator width.
  parameter int unsigned AccW = 28
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// With `start_i`.
  input  logic                   start_i,
  input  logic signed [AccW-1:0] acc_i,
  input  rs_pkg::channel_t       channel_i,
  input  logic                   residual_valid_i,
  input  logic signed [ActW-1:0] residual_i,
  input  logic signed [ActW-1:0] res_zero_i,
  input  rs_pkg::scale_t         res_scale_i,

  /// The products are there; add them; bound the sum.
  output logic ready_o,
  input  logic addend_i,
  input  logic sum_i,

  /// Zero point and bounds.
  input  logic signed [ActW-1:0] out_zero_i,
  input  logic signed [ActW-1:0] lo_i,
  input  logic signed [ActW-1:0] hi_i,
  /// Two cycles after `sum_i`.
  output logic [ActW-1:0] code_o
);

  localparam int unsigned UW = ActW + 5;
  localparam int unsigned VW = ActW + 4;

  logic u_ready, v_ready, over, negative, unused_over, unused_negative;
  logic signed [UW:0] u;
  logic signed [VW:0] v, addend_q;
  logic signed [UW:0] sum_q;
  logic over_q, negative_q, below, above, below_q, above_q;
  logic signed [31:0] biased;
  logic signed [ActW:0] difference;

  assign biased     = 32'(acc_i) + channel_i.bias;
  assign difference = residual_valid_i ? (ActW + 1)'(residual_i) - (ActW + 1)'(res_zero_i) : '0;
  assign ready_o    = u_ready && v_ready;

  rs_post_scale #(
    .Width(32),
    .OutW(UW + 1)
  ) u_product (
    .clk_i,
    .rst_ni,
    .start_i,
    .x_i       (biased),
    .scale_i   (channel_i.scale),
    .ready_o   (u_ready),
    .w_o       (u),
    .over_o    (over),
    .negative_o(negative)
  );

  rs_post_scale #(
    .Width(ActW + 1),
    .OutW(VW + 1)
  ) u_residual (
    .clk_i,
    .rst_ni,
    .start_i,
    .x_i       (difference),
    .scale_i   (res_scale_i),
    .ready_o   (v_ready),
    .w_o       (v),
    .over_o    (unused_over),
    .negative_o(unused_negative)
  );

  assign code_o = below_q ? lo_i : above_q ? hi_i : sum_q[ActW-1:0];

  always_ff @(posedge clk_i) begin
    below_q <= below;
    above_q <= above;
    if (addend_i) begin
      addend_q <= (VW + 1)'(signed'(v[VW:1])) + (VW + 1)'(out_zero_i) + signed'((VW + 1)'(v[0]));
    end
    if (sum_i) begin
      sum_q      <= (UW + 1)'(signed'(u[UW:1])) + (UW + 1)'(addend_q) + signed'((UW + 1)'(u[0]));
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
