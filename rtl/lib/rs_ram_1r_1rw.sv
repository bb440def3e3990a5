// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A true dual-port block RAM: port A reads, port B reads or writes. Where block RAM has only one
/// read port, the tools use two, written together.
///
/// Throughput: an access per port and cycle.
/// Latency: 1 cycle, 2 with OutReg.
/// Handshake: none; accesses are always taken.
/// Assumes: nobody uses what port A reads of an address that port B writes in the same cycle (in
/// simulation the old word).
module rs_ram_1r_1rw #(
  /// Bits of a word.
  parameter int unsigned Width = 32,
  /// Words, a power of two.
  parameter int unsigned Depth = 512,
  /// Output registers after the memory.
  parameter bit OutReg = 1'b0,
  /// Bits of an address. Derived.
  localparam int unsigned AddrW = $clog2(Depth)
) (
  /// Clock.
  input  logic             clk_i,
  /// Port A: read; with a_read_i low the memory's output keeps its word.
  input  logic             a_read_i,
  input  logic [AddrW-1:0] a_addr_i,
  output logic [Width-1:0] a_rdata_o,
  /// Port B: write when b_write_i, else read; b_en_i low does nothing and keeps the output.
  input  logic             b_en_i,
  input  logic             b_write_i,
  input  logic [AddrW-1:0] b_addr_i,
  input  logic [Width-1:0] b_wdata_i,
  output logic [Width-1:0] b_rdata_o
);

  `RS_PARAM_CHECK(Depth, rs_pkg::is_power_of_two(Depth), "Depth must be a power of two")

  localparam string Style = Width >= rs_tech_pkg::LargeWidth && Depth >= rs_tech_pkg::LargeDepth ?
                            rs_tech_pkg::LargeStyle : "auto";
  (* no_rw_check, ram_style = Style *) logic [Width-1:0] mem[Depth];
  logic [Width-1:0] a_q, b_q;

  always_ff @(posedge clk_i) begin
    if (a_read_i) a_q <= mem[a_addr_i];
  end

  always_ff @(posedge clk_i) begin
    if (b_en_i) begin
      if (b_write_i) mem[b_addr_i] <= b_wdata_i;
      else b_q <= mem[b_addr_i];
    end
  end

  if (OutReg) begin : gen_out_reg
    always_ff @(posedge clk_i) begin
      a_rdata_o <= a_q;
      b_rdata_o <= b_q;
    end
  end else begin : gen_no_out_reg
    assign a_rdata_o = a_q;
    assign b_rdata_o = b_q;
  end

endmodule
