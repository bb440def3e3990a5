// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Rounds a sum of post-processing to an integer (`round_fraction` in tools/net/numerics.hpp), and
/// adds the zero point.
///
/// Latency: 0 cycles, combinational.
module rs_post_round #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Derived: fraction bits.
  localparam int unsigned Fraction = ActW + 8
) (
  /// The number, in units of its last fraction bit.
  input  logic signed [ActW+Fraction+5:0] t_i,
  /// The exact number is more, by less than the last bit.
  input  logic                            more_i,
  input  rs_pkg::round_e                  mode_i,
  input  logic signed [ActW-1:0]          out_zero_i,
  output logic signed [ActW+5:0]          sum_o
);

  // In the middle between two integers only half up goes up always.
  logic signed [ActW+5:0] below;
  logic half, beyond, up;
  assign below  = t_i[ActW+Fraction+5:Fraction];
  assign half   = t_i[Fraction-1];
  assign beyond = more_i || |t_i[Fraction-2:0];

  always_comb begin
    unique case (mode_i)
      rs_pkg::RoundHalfEven: up = half && (beyond || below[0]);
      rs_pkg::RoundHalfAway: up = half && (beyond || !below[ActW+5]);
      default:               up = half;
    endcase
  end

  assign sum_o = below + (ActW + 6)'(out_zero_i) + signed'((ActW + 6)'(up));

endmodule
