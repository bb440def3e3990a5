// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Where the sum of post-processing stands: below its lower bound, above its upper one, or in
/// between.
///
/// Latency: 0 cycles, combinational.
module rs_post_bound #(
  /// Activation width.
  parameter int unsigned ActW = 8
) (
  /// The sum's first part did not fit; its sign.
  input  logic                   over_i,
  input  logic                   negative_i,
  input  logic signed [ActW+5:0] sum_i,
  input  logic signed [ActW-1:0] lo_i,
  input  logic signed [ActW-1:0] hi_i,
  output logic                   below_o,
  output logic                   above_o
);

  // Beyond the codes, or beyond the bounds.
  logic beyond, negative;
  assign beyond   = over_i || sum_i[ActW+5:ActW-1] != {7{sum_i[ActW+5]}};
  assign negative = over_i ? negative_i : sum_i[ActW+5];
  assign below_o  = beyond ? negative : signed'(sum_i[ActW-1:0]) < lo_i;
  assign above_o  = beyond ? !negative : signed'(sum_i[ActW-1:0]) > hi_i;

endmodule
