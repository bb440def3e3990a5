// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The board's memory: block RAM of 64-bit words with initial content, one write port with byte
// strobes, one read port. One read and one write a cycle, read latency 4 cycles in which en_i is
// high: address, block RAM, and two for the choice among the banks, so that a whole FPGA's block RAM
// meets its clock.
//
// The banks lie side by side in one memory of BankWords rows; word w is in bank w div BankWords. So a
// line of the file holds word k of every bank, bank 0 rightmost.

`include "rs_assert.svh"

module rs_board_ram
  import rs_board_pkg::*;
#(
  /// Banks.
  parameter int unsigned Banks = 2,
  /// Words of a bank, a power of two.
  parameter int unsigned BankWords = 512,
  /// Initial content for $readmemh; empty: none.
  parameter InitFile = "",
  /// Bits of a word address. Derived.
  localparam int unsigned AddrW = $clog2(Banks * BankWords)
) (
  /// Clock.
  input  logic               clk_i,
  /// Synchronous reset, active low.
  input  logic               rst_ni,
  /// Write port.
  input  logic [WordW/8-1:0] strb_i,
  input  logic [AddrW-1:0]   waddr_i,
  input  logic [WordW-1:0]   wdata_i,
  /// Read port: every stage moves when en_i is high.
  input  logic               en_i,
  input  logic [AddrW-1:0]   raddr_i,
  output logic [WordW-1:0]   rdata_o
);

  `RS_PARAM_CHECK(words, BankWords >= 2 && (BankWords & (BankWords - 1)) == 0,
                  "rs_board_ram: BankWords must be a power of two")

  localparam int unsigned RowW = $clog2(BankWords);
  localparam int unsigned BankW = (Banks > 1) ? $clog2(Banks) : 1;
  localparam int unsigned Bytes = WordW / 8;

  (* no_rw_check *) logic [Banks*WordW-1:0] mem[BankWords];

  if (InitFile != "") begin : gen_init
    initial $readmemh(InitFile, mem);
  end

  // Write: strobes of the bank, then the memory.
  logic [RowW-1:0] wrow_q;
  logic [WordW-1:0] wdata_q;
  logic [Banks-1:0][Bytes-1:0] strb_q;
  logic [Banks*Bytes-1:0] strobes;

  // The first content must outlive the first clock edge, which no reset precedes.
  initial strb_q = '0;

  always_ff @(posedge clk_i) begin
    for (int unsigned b = 0; b < Banks; b++) begin
      strb_q[b] <= rst_ni && BankW'(waddr_i >> RowW) == BankW'(b) ? strb_i : '0;
    end
  end
  always_ff @(posedge clk_i) begin
    wrow_q  <= waddr_i[RowW-1:0];
    wdata_q <= wdata_i;
  end

  assign strobes = strb_q;
  always_ff @(posedge clk_i) begin
    for (int unsigned k = 0; k < Banks * Bytes; k++) begin
      if (strobes[k]) mem[wrow_q][8*k+:8] <= wdata_q[8*(k%Bytes)+:8];
    end
  end

  // Read: all banks, then all but one are zero, then the sum.
  logic [RowW-1:0] row_q;
  logic [BankW-1:0] bank_q;
  logic [Banks-1:0] select_q;
  logic [Banks-1:0][WordW-1:0] read_q, chosen_q;
  logic [WordW-1:0] sum;

  always_comb begin
    sum = '0;
    for (int unsigned b = 0; b < Banks; b++) sum |= chosen_q[b];
  end

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      row_q  <= raddr_i[RowW-1:0];
      bank_q <= BankW'(raddr_i >> RowW);
      read_q <= mem[row_q];
      for (int unsigned b = 0; b < Banks; b++) begin
        select_q[b] <= bank_q == BankW'(b);
        chosen_q[b] <= select_q[b] ? read_q[b] : '0;
      end
      rdata_o <= sum;
    end
  end

endmodule
