// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The board's block RAM: 64-bit words with initial content, one write port, one read port. The
/// banks are a chain: addresses and data to write go from bank to bank, a cycle each, and so does
/// the word that was read. So every wire is as short as the way to the next bank, though the memory
/// is spread over the whole FPGA.
///
///   address ->  bank 0 -> bank 1 -> ...
///               word   -> own, or the one before -> ... -> word
///
/// Word w is in bank w div BankWords. The content of bank 0 is in the file that InitFile names with
/// `.a` at its end, that of bank 1 in `.b`, and so on.
///
/// Throughput: a read and a write per cycle.
/// Latency: Banks + 2 cycles.
/// Handshake: none; accesses are always taken.
/// Assumes: nobody uses what a read returns of an address that is written meanwhile.
module rs_board_ram
  import rs_board_pkg::*;
#(
  /// Banks, 2 to 26.
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
  /// Read port.
  input  logic [AddrW-1:0] raddr_i,
  output logic [WordW-1:0] rdata_o
);

  `RS_PARAM_CHECK(banks, Banks >= 2 && Banks <= 26, "rs_board_ram: Banks must be 2 to 26")
  `RS_PARAM_CHECK(words, BankWords >= 2 && (BankWords & (BankWords - 1)) == 0,
                  "rs_board_ram: BankWords must be a power of two")

  localparam int unsigned RowW = $clog2(BankWords);
  localparam int unsigned BankW = AddrW - RowW;

  typedef struct packed {
    logic [BankW-1:0] bank;
    logic [RowW-1:0]  row;
  } location_t;

  // What stands at each bank.
  location_t [Banks-1:0] read_q, write_q;
  logic [Banks-1:0] valid_q, own_q;
  logic [Banks-1:0][WordW-1:0] wdata_q, ram_q, word_q;

  assign rdata_o = word_q[Banks-1];

  // The first content must outlive the first clock edge, which no reset precedes.
  initial valid_q = '0;
  always_ff @(posedge clk_i) begin
    valid_q <= Banks'({valid_q, write_i && rst_ni});
  end
  always_ff @(posedge clk_i) begin
    read_q  <= (Banks * AddrW)'({read_q, raddr_i});
    write_q <= (Banks * AddrW)'({write_q, waddr_i});
    wdata_q <= (Banks * WordW)'({wdata_q, wdata_i});
  end

  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    (* no_rw_check *) logic [WordW-1:0] mem[BankWords];

    if (InitFile != "") begin : gen_init
      initial $readmemh({InitFile, ".", 8'("a" + b)}, mem);
    end

    always_ff @(posedge clk_i) begin
      if (valid_q[b] && write_q[b].bank == BankW'(b)) mem[write_q[b].row] <= wdata_q[b];
    end
    always_ff @(posedge clk_i) begin
      ram_q[b] <= mem[read_q[b].row];
      own_q[b] <= read_q[b].bank == BankW'(b);
    end

    if (b == 0) begin : gen_first
      always_ff @(posedge clk_i) word_q[b] <= ram_q[b];
    end else begin : gen_other
      always_ff @(posedge clk_i) word_q[b] <= own_q[b] ? ram_q[b] : word_q[b-1];
    end
  end

  logic unused_own;
  assign unused_own = own_q[0];

endmodule
