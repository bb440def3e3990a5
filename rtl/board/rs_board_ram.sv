// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The board's memory: block RAM of 64-bit words with initial content, one write port, one read port.
// One read and one write a cycle, read latency 4 cycles in which en_i is high: address, block RAM,
// and two for the choice among the banks, so that a whole FPGA's block RAM meets its clock.
//
// Word w is in bank w div BankWords. The content of bank 0 is in the file that InitFile names with
// `.a` behind it, that of bank 1 in `.b`, and so on.

`include "rs_assert.svh"

module rs_board_ram
  import rs_board_pkg::*;
#(
  /// Banks, at most 26.
  parameter int unsigned Banks = 2,
  /// Words of a bank, a power of two.
  parameter int unsigned BankWords = 512,
  /// Initial content for $readmemh; empty: none.
  parameter InitFile = "",
  /// Bits of a word address. Derived.
  localparam int unsigned AddrW = $clog2(Banks * BankWords)
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// Write port.
  input  logic             write_i,
  input  logic [AddrW-1:0] waddr_i,
  input  logic [WordW-1:0] wdata_i,
  /// Read port: every stage moves when en_i is high.
  input  logic             en_i,
  input  logic [AddrW-1:0] raddr_i,
  output logic [WordW-1:0] rdata_o
);

  `RS_PARAM_CHECK(banks, Banks >= 1 && Banks <= 26, "rs_board_ram: Banks must be 1 to 26")
  `RS_PARAM_CHECK(words, BankWords >= 2 && (BankWords & (BankWords - 1)) == 0,
                  "rs_board_ram: BankWords must be a power of two")

  localparam int unsigned RowW = $clog2(BankWords);
  localparam int unsigned BankW = (Banks > 1) ? $clog2(Banks) : 1;

  logic [RowW-1:0] wrow_q, row_q;
  logic [WordW-1:0] wdata_q, sum;
  logic [BankW-1:0] bank_q;
  logic [Banks-1:0][WordW-1:0] chosen;

  always_ff @(posedge clk_i) begin
    wrow_q  <= waddr_i[RowW-1:0];
    wdata_q <= wdata_i;
  end
  always_ff @(posedge clk_i) begin
    if (en_i) begin
      row_q   <= raddr_i[RowW-1:0];
      bank_q  <= BankW'(raddr_i >> RowW);
      rdata_o <= sum;
    end
  end

  // All banks read; all but one are then zero.
  always_comb begin
    sum = '0;
    for (int unsigned b = 0; b < Banks; b++) sum |= chosen[b];
  end

  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    (* no_rw_check *) logic [WordW-1:0] mem[BankWords];
    logic [WordW-1:0] read_q, chosen_q;
    logic write_q, select_q;

    // The first content must outlive the first clock edge, which no reset precedes.
    initial write_q = 1'b0;
    if (InitFile != "") begin : gen_init
      initial $readmemh({InitFile, ".", 8'("a" + b)}, mem);
    end

    always_ff @(posedge clk_i) begin
      write_q <= rst_ni && write_i && BankW'(waddr_i >> RowW) == BankW'(b);
    end
    always_ff @(posedge clk_i) begin
      if (write_q) mem[wrow_q] <= wdata_q;
    end

    always_ff @(posedge clk_i) begin
      if (en_i) read_q <= mem[row_q];
    end
    always_ff @(posedge clk_i) begin
      if (en_i) begin
        select_q <= bank_q == BankW'(b);
        chosen_q <= select_q ? read_q : '0;
      end
    end
    assign chosen[b] = chosen_q;
  end

endmodule
