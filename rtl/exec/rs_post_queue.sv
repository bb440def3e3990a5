// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The queues between post-processing of Q pixels a cycle and the banks: each of the Q has one, so
/// that neighbours whose words are in one bank are written one after the other, and those behind
/// them make up for it. A tag goes with the Q and leaves when all of them are written.
///
/// Throughput: Q pixels in and Q writes out per cycle.
/// Latency: 2 cycles from a pixel to its write, 2 more to its tag.
/// Handshake: pixels cannot be stalled; writes are valid/ready, their data comes in the cycle after
/// they are taken.
/// Assumes: no more than Depth pixels of a way are here.
module rs_post_queue #(
  /// Pixels at a time.
  parameter int unsigned Q = 2,
  /// Width of a word.
  parameter int unsigned WordW = 128,
  /// Width of a bank number.
  parameter int unsigned BankW = 3,
  /// Width of a word address.
  parameter int unsigned AddrW = 10,
  /// Width of a tag.
  parameter int unsigned TagW = 1,
  /// Pixels of a queue.
  parameter int unsigned Depth = 64
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// Q pixels, those that are written, and their tag.
  input  logic                    valid_i,
  input  logic [Q-1:0]            write_i,
  input  logic [Q-1:0][BankW-1:0] bank_i,
  input  logic [Q-1:0][AddrW-1:0] addr_i,
  input  logic [Q-1:0][WordW-1:0] data_i,
  input  logic [TagW-1:0]         tag_i,

  /// Writes; the data comes in the cycle after.
  output logic [Q-1:0]            wr_valid_o,
  input  logic [Q-1:0]            wr_ready_i,
  output logic [Q-1:0][BankW-1:0] wr_bank_o,
  output logic [Q-1:0][AddrW-1:0] wr_addr_o,
  output logic [Q-1:0][WordW-1:0] wr_data_o,

  /// Q pixels are written.
  output logic            done_o,
  output logic [TagW-1:0] tag_o
);

  localparam int unsigned CountW = $clog2(Depth + 1);

  logic [Q-1:0] way_room, way_done;
  logic tag_room, tag_valid;

  for (genvar q = 0; q < Q; q++) begin : gen_way
    logic valid, write, leaves;
    logic [WordW-1:0] data;
    logic [CountW-1:0] ahead_q;  // pixels written whose tag is still here
    logic some_q;                // there are some: a flag, for a sum would come late

    rs_fifo #(
      .Width(1 + BankW + AddrW + WordW),
      .Depth(Depth)
    ) u_queue (
      .clk_i,
      .rst_ni,
      .in_valid_i (valid_i),
      .in_ready_o (way_room[q]),
      .in_data_i  ({write_i[q], bank_i[q], addr_i[q], data_i[q]}),
      .out_valid_o(valid),
      .out_ready_i(leaves),
      .out_data_o ({write, wr_bank_o[q], wr_addr_o[q], data})
    );
    assign wr_valid_o[q] = valid && write;
    assign leaves        = !write || wr_ready_i[q];

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        ahead_q <= '0;
        some_q  <= 1'b0;
      end else begin
        ahead_q <= ahead_q + CountW'(valid && leaves) - CountW'(done_o);
        some_q  <= (valid && leaves) || ahead_q > CountW'(1) || (some_q && !done_o);
      end
    end
    always_ff @(posedge clk_i) wr_data_o[q] <= data;
    assign way_done[q] = some_q;
  end

  rs_fifo #(
    .Width(TagW),
    .Depth(Depth)
  ) u_tags (
    .clk_i,
    .rst_ni,
    .in_valid_i (valid_i),
    .in_ready_o (tag_room),
    .in_data_i  (tag_i),
    .out_valid_o(tag_valid),
    .out_ready_i(&way_done),
    .out_data_o (tag_o)
  );
  assign done_o = tag_valid && &way_done;

  `RS_ASSERT(Room, !valid_i || (tag_room && &way_room))

endmodule
