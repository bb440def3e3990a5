// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Remembers the last columns of a pixel group for the first columns of the next one: of each micro-op
/// of an operation with neighbours, what its last N columns took. Lists are the same for all groups, so
/// a micro-op is known by its place in the list. The first group of an operation has padding before it.
///
/// Throughput: a micro-op per cycle.
/// Latency: 2 cycles from `valid_i`, 1 from `act_i`.
/// Handshake: none, free-running.
/// Assumes: a list has at most Depth micro-ops; from one group to the next a micro-op comes at least two
/// cycles later.
module rs_column_history #(
  /// Columns.
  parameter int unsigned N = 2,
  /// Channels of a C-block.
  parameter int unsigned C = 16,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Micro-ops of a list; a power of two.
  parameter int unsigned Depth = 512
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// A micro-op of an operation with neighbours is in the array in the next cycle; it is the last of its
  /// list, and of the operation's first group.
  input  logic valid_i,
  input  logic last_i,
  input  logic fresh_i,

  /// In the next cycle: its padding, and the last N columns, the last one first.
  input  logic [ActW-1:0]               zero_i,
  input  logic [N-1:0][C-1:0][ActW-1:0] act_i,

  /// In the cycle after that: the columns before the first one, the nearest first.
  output logic [N-1:0][C-1:0][ActW-1:0] past_o
);

  `RS_PARAM_CHECK(Depth, rs_pkg::is_power_of_two(Depth), "Depth must be a power of two")

  localparam int unsigned SlotW = $clog2(Depth);

  logic [SlotW-1:0] slot_q, write_slot_q;
  logic valid_q, fresh_q;
  logic [N-1:0][C-1:0][ActW-1:0] past;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      slot_q  <= '0;
      valid_q <= 1'b0;
    end else begin
      if (valid_i) slot_q <= last_i ? '0 : slot_q + 1'b1;
      valid_q <= valid_i;
    end
  end

  always_ff @(posedge clk_i) begin
    write_slot_q <= slot_q;
    fresh_q      <= fresh_i;
    past_o     <= fresh_q ? {(N * C) {zero_i}} : past;
  end

  rs_ram_1r1w #(
    .Width(N * C * ActW),
    .Depth(Depth)
  ) u_ram (
    .clk_i,
    .write_i(valid_q),
    .waddr_i(write_slot_q),
    .wdata_i(act_i),
    .read_i (valid_i),
    .raddr_i(slot_q),
    .rdata_o(past)
  );

  `RS_ASSERT(ReadAfterWrite, !(valid_i && valid_q && !fresh_i && slot_q == write_slot_q))

endmodule
