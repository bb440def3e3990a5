// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Rounds the scaled sum of a channel to a code by itself, before the residual is added, for the
/// operations that want it (`post_process` in tools/net/numerics.hpp):
///
///   u' = clamp(round(u), lowest code, highest code) * 2^(early - 12)
///
/// Throughput: a sum per cycle.
/// Latency: 4 cycles.
/// Handshake: none; `mode_i` comes a cycle after its sum, `early_i` two.
/// Assumes: none.
module rs_post_early #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Derived: fraction bits, and bits of the sum.
  localparam int unsigned Fraction = ActW + 8,
  localparam int unsigned UW = ActW + 5 + Fraction
) (
  /// Clock.
  input  logic clk_i,

  /// The sum; the exact number is more; it does not fit, and its sign.
  input  logic signed [UW-1:0] u_i,
  input  logic                 more_i,
  input  logic                 over_i,
  input  logic                 negative_i,
  input  rs_pkg::round_e       mode_i,
  /// 0: the sum stays as it is.
  input  logic [3:0]           early_i,

  /// The same of what it became.
  output logic signed [UW-1:0] u_o,
  output logic                 more_o,
  output logic                 over_o,
  output logic                 negative_o
);

  // 1: the sum. 2: rounded. 3: a code. 4: in steps of the output.
  localparam int unsigned Lowest = Fraction - 11;  // left shift of `early` 1
  logic signed [UW-1:0] u1_q, u3;
  logic more1_q, over1_q, negative1_q, more3, over2_q, over3_q, negative2_q, negative3_q;
  logic signed [ActW+5:0] rounded, rounded2_q;
  logic signed [ActW-1:0] code3_q;
  logic below, above;
  logic [3:0] early3_q;

  rs_post_round #(
    .ActW(ActW)
  ) u_round (
    .t_i       ((UW + 1)'(u1_q)),
    .more_i    (more1_q),
    .mode_i,
    .out_zero_i('0),
    .sum_o     (rounded)
  );

  rs_post_bound #(
    .ActW(ActW)
  ) u_bound (
    .over_i    (over2_q),
    .negative_i(negative2_q),
    .sum_i     (rounded2_q),
    .lo_i      ({1'b1, {(ActW - 1) {1'b0}}}),
    .hi_i      ({1'b0, {(ActW - 1) {1'b1}}}),
    .below_o   (below),
    .above_o   (above)
  );

  rs_delay #(
    .Width(UW + 1),
    .Stages(2)
  ) u_sum (
    .clk_i,
    .data_i({u1_q, more1_q}),
    .data_o({u3, more3})
  );

  // Shared by all lanes, but with many loads in each.
  (* keep *)
  always_ff @(posedge clk_i) early3_q <= early_i;

  always_ff @(posedge clk_i) begin
    u1_q        <= u_i;
    more1_q     <= more_i;
    over1_q     <= over_i;
    negative1_q <= negative_i;

    rounded2_q  <= rounded;
    over2_q     <= over1_q;
    negative2_q <= negative1_q;

    code3_q     <= below ? {1'b1, {(ActW - 1) {1'b0}}}
                 : above ? {1'b0, {(ActW - 1) {1'b1}}} : rounded2_q[ActW-1:0];
    over3_q     <= over2_q;
    negative3_q <= negative2_q;

    u_o         <= early3_q == '0 ? u3 : (UW'(code3_q) << Lowest) << (early3_q - 4'd1);
    more_o      <= more3 && early3_q == '0;
    over_o      <= over3_q && early3_q == '0;
    negative_o  <= negative3_q;
  end

endmodule
