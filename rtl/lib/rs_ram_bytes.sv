// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A block RAM with one read port and one write port that writes bytes of a word.
///
/// Throughput: a write and a read per cycle.
/// Latency: 1 cycle.
/// Handshake: none; reads and writes are always taken.
/// Assumes: nobody uses what a read returns of an address that is written in the same cycle.
module rs_ram_bytes #(
  /// Bits of a word, a multiple of 8.
  parameter int unsigned Width = 32,
  /// Words, a power of two.
  parameter int unsigned Depth = 256,
  /// Bytes of a word. Derived.
  localparam int unsigned Bytes = Width / 8,
  /// Bits of an address. Derived.
  localparam int unsigned AddrW = $clog2(Depth)
) (
  /// Clock.
  input  logic             clk_i,
  /// Write port: which bytes.
  input  logic [Bytes-1:0] write_i,
  input  logic [AddrW-1:0] waddr_i,
  input  logic [Width-1:0] wdata_i,
  /// Read port; with read_i low the memory's output keeps its word.
  input  logic             read_i,
  input  logic [AddrW-1:0] raddr_i,
  output logic [Width-1:0] rdata_o
);

  `RS_PARAM_CHECK(Width, Width % 8 == 0, "Width must be a multiple of 8")
  `RS_PARAM_CHECK(Depth, rs_pkg::is_power_of_two(Depth), "Depth must be a power of two")

  (* no_rw_check *) logic [Width-1:0] mem[Depth];

  always_ff @(posedge clk_i) begin
    for (int unsigned b = 0; b < Bytes; b++) begin
      if (write_i[b]) mem[waddr_i][8*b+:8] <= wdata_i[8*b+:8];
    end
  end

  always_ff @(posedge clk_i) begin
    if (read_i) rdata_o <= mem[raddr_i];
  end

endmodule
