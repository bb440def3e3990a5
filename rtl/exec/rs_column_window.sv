// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The windows of the P pixels of the current pixel group, one per column, for the padding mask:
/// the tap offsets that do not reach into the padding. Those of the next group are collected
/// meanwhile.
///
/// Throughput: a group per P / Q cycles, the least that a group takes.
/// Latency: 1 cycle from the last pixel of a group to `valid_o`.
/// Handshake: Q pixels of a row are taken with `step_i`, while `ready_o`. `valid_o`: the next group to be
/// issued is there; `next_i`: its last micro-op is issued. The windows are those of the micro-op
/// issued in the cycle before.
/// Assumes: none.
module rs_column_window #(
  /// Columns.
  parameter int unsigned P = 8,
  /// Pixels that come together.
  parameter int unsigned Q = 1
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// Pixels with their windows, group by group; with the last Q of a group.
  output logic                    ready_o,
  input  logic                    step_i,
  input  logic                    last_p_i,
  input  rs_pkg::window_t         y_i,
  input  rs_pkg::window_t [Q-1:0] x_i,

  /// The windows of the current pixel group.
  output logic                    valid_o,
  input  logic                    next_i,
  output rs_pkg::window_t [P-1:0] y_o,
  output rs_pkg::window_t [P-1:0] x_o
);

  rs_pkg::window_t [P-1:0] y_q, x_q;
  logic full_q, shown_q, next_q, load, collected;
  logic [1:0] groups_q;

  assign collected = step_i && last_p_i;
  assign load      = full_q && (!shown_q || next_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      full_q   <= 1'b0;
      shown_q  <= 1'b0;
      next_q   <= 1'b0;
      groups_q <= '0;
      valid_o  <= 1'b0;
      ready_o  <= 1'b1;
    end else begin
      full_q   <= collected || (full_q && !load);
      shown_q  <= load || (shown_q && !next_q);
      next_q   <= next_i;
      groups_q <= groups_q + 2'(collected) - 2'(next_i);
      valid_o  <= collected || groups_q[1] || (groups_q[0] && !next_i);
      // No group stands, or it goes to an entry that is free or becomes so.
      ready_o  <= !(collected || (full_q && !load)) || !(load || (shown_q && !next_q)) || next_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (step_i) begin
      y_q <= {{Q{y_i}}, y_q[P-1:Q]};
      x_q <= {x_i, x_q[P-1:Q]};
    end
    if (load) begin
      y_o <= y_q;
      x_o <= x_q;
    end
  end

  `RS_ASSERT(StepWithRoom, !step_i || ready_o)
  `RS_ASSERT(NextOfWhatIsThere, !next_i || valid_o)

endmodule
