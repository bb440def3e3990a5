// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The last step of post-processing: the code of a sum, within its bounds.
///
/// Combinational.
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
  output logic [ActW-1:0]        code_o
);

  // Beyond the codes, or beyond the bounds.
  logic beyond, below, above;
  always_comb begin
    beyond = over_i || sum_i[ActW+5:ActW-1] != {7{sum_i[ActW+5]}};
    below  = signed'(sum_i[ActW-1:0]) < lo_i;
    above  = signed'(sum_i[ActW-1:0]) > hi_i;
    if (beyond) begin
      below = over_i ? negative_i : sum_i[ActW+5];
      above = !below;
    end
    code_o = below ? lo_i : above ? hi_i : sum_i[ActW-1:0];
  end

endmodule
