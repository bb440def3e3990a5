// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// A stage of the shift of post-processing: right by 0 to 3 steps, of what is left the low bits.
///
/// Throughput: a number per cycle.
/// Latency: 1 cycle.
/// Handshake: none.
/// Assumes: none.
module rs_post_shift_step #(
  /// Bits of the number.
  parameter int unsigned InW = 64,
  /// Bits of the result.
  parameter int unsigned OutW = 43,
  /// Bits of a step.
  parameter int unsigned Step = 16
) (
  /// Clock.
  input  logic clk_i,

  /// The number, and by how many steps.
  input  logic signed [InW-1:0]  w_i,
  input  logic [1:0]             steps_i,
  /// Of stages before: something was shifted out, or did not fit; the sign, which is that of w if
  /// that did fit.
  input  logic                   more_i,
  input  logic                   over_i,
  input  logic                   negative_i,

  /// After 1 cycle.
  output logic signed [OutW-1:0] w_o,
  output logic                   more_o,
  output logic                   over_o,
  output logic                   negative_o
);

  // For each number of steps: bits are dropped, bits do not fit.
  logic [3:0] dropped, beyond;
  for (genvar k = 0; k < 4; k++) begin : gen_steps
    localparam int unsigned Top = OutW - 1 + Step * k;  // where the result has its sign
    if (k > 0) begin : gen_dropped
      assign dropped[k] = |w_i[Step*k-1:0];
    end else begin : gen_nothing
      assign dropped[k] = 1'b0;
    end
    if (Top + 1 < InW) begin : gen_beyond
      assign beyond[k] = w_i[InW-1:Top] != {(InW - Top) {negative_i}};
    end else begin : gen_fits
      assign beyond[k] = 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    w_o        <= OutW'(w_i >>> (Step * steps_i));
    more_o     <= more_i || dropped[steps_i];
    over_o     <= over_i || beyond[steps_i];
    negative_o <= negative_i;
  end

endmodule
