// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A block RAM with one write and one read port.
///
/// Throughput: a write and a read per cycle.
/// Latency: 1 cycle, 2 with OutReg.
/// Handshake: none; reads and writes are always taken.
/// Assumes: nobody uses what a read returns of an address that is written in the same cycle.
module rs_ram_1r1w #(
  /// Bits of a word.
  parameter int unsigned Width = 32,
  /// Words, a power of two.
  parameter int unsigned Depth = 512,
  /// An output register after the memory.
  parameter bit OutReg = 1'b0,
  /// Bits of an address. Derived.
  localparam int unsigned AddrW = $clog2(Depth)
) (
  /// Clock.
  input  logic             clk_i,
  /// Write port.
  input  logic             write_i,
  input  logic [AddrW-1:0] waddr_i,
  input  logic [Width-1:0] wdata_i,
  /// Read port; with read_i low the memory's output keeps its word.
  input  logic             read_i,
  input  logic [AddrW-1:0] raddr_i,
  output logic [Width-1:0] rdata_o
);

  `RS_PARAM_CHECK(Depth, rs_pkg::is_power_of_two(Depth), "Depth must be a power of two")

  localparam string Style = Width >= rs_tech_pkg::LargeWidth && Depth >= rs_tech_pkg::LargeDepth ?
                            rs_tech_pkg::LargeStyle : "auto";
  (* no_rw_check, ram_style = Style *) logic [Width-1:0] mem [Depth];
  logic [Width-1:0] rdata_q;

  always_ff @(posedge clk_i) begin
    if (write_i) mem[waddr_i] <= wdata_i;
  end

  always_ff @(posedge clk_i) begin
    if (read_i) rdata_q <= mem[raddr_i];
  end

  if (OutReg) begin : gen_out_reg
    logic [Width-1:0] out_q;
    always_ff @(posedge clk_i) out_q <= rdata_q;
    assign rdata_o = out_q;
  end else begin : gen_no_out_reg
    assign rdata_o = rdata_q;
  end

endmodule
