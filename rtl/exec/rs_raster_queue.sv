// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Steps of the raster that wait until their windows are collected (rs_column_window). It lets the
/// raster be several pixel groups ahead of the issuer: a residual is requested, and an M-block that
/// reads it reserved, some ten cycles after its address is worked out, and a pixel group of a sum
/// may take no more than P / Q cycles.
///
/// Throughput: a step per cycle.
/// Latency: 1 cycle.
/// Handshake: while `room_o`, a pixel group may begin; its steps then come at any time. Out, a step goes
/// where `ready_i` is there.
/// Assumes: none.
module rs_raster_queue #(
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Pixels of a step; a divisor of P.
  parameter int unsigned Q = 1,
  /// Steps that wait at most, in whole groups; two groups have room in any case.
  parameter int unsigned Ahead = 16
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// Steps of the raster, group by group; the last of a group.
  output logic                    room_o,
  input  logic                    step_i,
  input  logic                    last_p_i,
  input  rs_pkg::window_t         y_i,
  input  rs_pkg::window_t [Q-1:0] x_i,

  /// The same steps.
  output logic                    step_o,
  input  logic                    ready_i,
  output logic                    last_p_o,
  output rs_pkg::window_t         y_o,
  output rs_pkg::window_t [Q-1:0] x_o
);

  localparam int unsigned Steps = P / Q;
  localparam int unsigned Groups = Ahead > 2 * Steps ? Ahead / Steps : 2;
  localparam int unsigned CountW = $clog2(Groups + 1);

  `RS_PARAM_CHECK(Pixels, P % Q == 0 && Steps >= 2, "Q must be a divisor of P, at most half of it")
  `RS_PARAM_CHECK(Queue, Ahead >= 1 && Ahead <= 64, "Ahead must be 1 to 64")

  logic valid, fifo_room;

  rs_fifo #(
    .Width(1 + (1 + Q) * $bits(rs_pkg::window_t)),
    .Depth(Groups * Steps)
  ) u_steps (
    .clk_i,
    .rst_ni,
    .in_valid_i (step_i),
    .in_ready_o (fifo_room),
    .in_data_i  ({last_p_i, y_i, x_i}),
    .out_valid_o(valid),
    .out_ready_i(ready_i),
    .out_data_o ({last_p_o, y_o, x_o})
  );
  assign step_o = valid && ready_i;

  // Groups that have begun and not left. The next one begins two steps later at the earliest.
  logic first_q;
  logic [CountW-1:0] groups_q, groups_d;
  assign groups_d = groups_q + CountW'(step_i && first_q) - CountW'(step_o && last_p_o);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q  <= 1'b1;
      groups_q <= '0;
      room_o   <= 1'b1;
    end else begin
      if (step_i) first_q <= last_p_i;
      groups_q <= groups_d;
      room_o   <= groups_d != CountW'(Groups);
    end
  end

  `RS_ASSERT(GroupWithRoom, !step_i || !first_q || room_o)
  `RS_ASSERT(StepWithRoom, !step_i || fifo_room)

endmodule
