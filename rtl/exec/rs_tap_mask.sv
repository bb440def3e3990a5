// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Says of each column whether its tap stays out of the padding, from the column's windows and the
/// tap's offsets.
///
/// Throughput: a tap per cycle.
/// Latency: `Latency` cycles.
/// Handshake: none.
/// Assumes: none.
module rs_tap_mask #(
  /// Columns.
  parameter int unsigned P = 8,
  /// Cycles, at least 2.
  parameter int unsigned Latency = 4
) (
  /// Clock.
  input  logic clk_i,

  /// The columns' windows, and the tap's offsets.
  input  rs_pkg::window_t [P-1:0] y_i,
  input  rs_pkg::window_t [P-1:0] x_i,
  input  logic [4:0] dy_i,
  input  logic [4:0] dx_i,

  /// The tap is not in the padding.
  output logic [P-1:0] keep_o
);

  `RS_PARAM_CHECK(Latency, Latency >= 2, "Latency must be at least 2")

  // Offsets with 16 added.
  logic [4:0] dy, dx;
  assign dy = dy_i ^ 5'h10;
  assign dx = dx_i ^ 5'h10;

  logic [P-1:0] keep_q;

  for (genvar p = 0; p < P; p++) begin : gen_column
    logic [3:0] inside_q;
    always_ff @(posedge clk_i) begin
      inside_q  <= {dy >= ~y_i[p].not_low, y_i[p].wide || dy < ~y_i[p].not_high,
                    dx >= ~x_i[p].not_low, x_i[p].wide || dx < ~x_i[p].not_high};
      keep_q[p] <= &inside_q;
    end
  end

  rs_delay #(
    .Width(P),
    .Stages(Latency - 2)
  ) u_keep (
    .clk_i,
    .data_i(keep_q),
    .data_o(keep_o)
  );

endmodule
