// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// True dual-port block RAM: port A reads, port B reads or writes. Read latency 1, 2 with
// OutReg. A read by port A of the address that port B writes in the same cycle returns anything: users
// must not depend on it (in simulation it returns the old word). Where block RAM has only one read
// port, the tools use two, written together.

module rs_ram_1r_1rw #(
  /// Bits of a word.
  parameter int unsigned Width = 32,
  /// Words, a power of two.
  parameter int unsigned Depth = 512,
  /// Output registers behind the memory.
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

  if (Depth < 2 || (Depth & (Depth - 1)) != 0) begin : gen_bad_depth
    $error("rs_ram_1r_1rw: Depth must be a power of two");
  end

  (* no_rw_check *) logic [Width-1:0] mem[Depth];
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
