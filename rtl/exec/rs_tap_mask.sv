// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Replaces the activations of lanes whose tap lies in the padding by the padding value.
///
/// Throughput: a tap a cycle. Latency: the tap (coordinates, offsets, bounds) comes `Latency` cycles
/// before its activations; those leave a cycle later. Handshake: none.
module rs_tap_mask #(
  /// Lanes.
  parameter int unsigned P = 8,
  /// Channels of a slice.
  parameter int unsigned C = 16,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Cycles from tap to activations, at least 2.
  parameter int unsigned Latency = 5
) (
  input  logic clk_i,

  input  logic [P-1:0][11:0] y_i,
  input  logic [P-1:0][11:0] x_i,
  input  logic signed [4:0]  dy_i,
  input  logic signed [4:0]  dx_i,
  input  logic [11:0]        height_i,
  input  logic [11:0]        width_i,
  input  logic [ActW-1:0]    zero_i,

  input  logic [P-1:0][C-1:0][ActW-1:0] act_i,
  output logic [P-1:0][C-1:0][ActW-1:0] act_o
);

  logic [11:0] height_q, width_q;
  logic [P-1:0] keep_q, keep;
  logic [ActW-1:0] zero;

  always_ff @(posedge clk_i) begin
    height_q <= height_i;
    width_q  <= width_i;
  end

  for (genvar p = 0; p < P; p++) begin : gen_lane
    // A coordinate below zero wraps to a large number: one unsigned comparison is enough.
    logic [12:0] row_q, column_q;
    always_ff @(posedge clk_i) begin
      row_q     <= {1'b0, y_i[p]} + 13'(dy_i);
      column_q  <= {1'b0, x_i[p]} + 13'(dx_i);
      keep_q[p] <= row_q < {1'b0, height_q} && column_q < {1'b0, width_q};
    end
    always_ff @(posedge clk_i) begin
      for (int unsigned c = 0; c < C; c++) act_o[p][c] <= keep[p] ? act_i[p][c] : zero;
    end
  end

  rs_delay #(
    .Width(P),
    .Stages(Latency - 2)
  ) u_keep (
    .clk_i,
    .data_i(keep_q),
    .data_o(keep)
  );
  rs_delay #(
    .Width(ActW),
    .Stages(Latency)
  ) u_zero (
    .clk_i,
    .data_i(zero_i),
    .data_o(zero)
  );

endmodule
