// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// STORE reads feature words in memory order and gives them, in pieces of at most a beat, to the
/// write DMA; one transfer after the other. Read data cannot be stalled: a read is asked for only
/// when the FIFO has room for it.
///
/// Throughput: a word per cycle.
/// Latency: the feature buffer's and that of the FIFO.
/// Handshake: reads and pieces are valid/ready; read data is always taken.
/// Assumes: a transfer comes only when the last one is complete; read data comes in order.
module rs_store #(
  /// Output channels.
  parameter int unsigned M = 4,
  /// Pixels of a group, banks of the feature buffer.
  parameter int unsigned P = 3,
  /// Activation width in bits.
  parameter int unsigned ActW = 8,
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 16384,
  /// Bits of a beat.
  parameter int unsigned AxiDataW = 64,
  /// Words of the FIFO, a power of two; more than the feature buffer's read latency, so that reads
  /// go on while data is on its way.
  parameter int unsigned FifoDepth = 16,
  /// A register after the FIFO's memory.
  parameter bit RamReg = 1'b1,
  /// Bits of a piece: a word in memory, or a beat when that is narrower. Derived.
  localparam int unsigned WordW = 8 * rs_spec_pkg::word_bytes(M, ActW),
  localparam int unsigned PieceW = WordW < AxiDataW ? WordW : AxiDataW,
  /// Bits of a bank number. Derived.
  localparam int unsigned BankW = $clog2(P),
  /// Bits of a word address. Derived.
  localparam int unsigned FbAddrW = $clog2(FbDepth)
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low.
  input  logic                rst_ni,
  /// A transfer: word 1 and word 2 of its descriptor, which comes last and starts it; only when the
  /// last one is complete.
  input  logic [31:0]         word_i,
  input  logic [1:0]          set_i,
  /// Feature-buffer reads and their data, in order, after any fixed latency.
  output logic                fb_valid_o,
  input  logic                fb_ready_i,
  output logic [BankW-1:0]    fb_bank_o,
  output logic [FbAddrW-1:0]  fb_addr_o,
  input  logic                fb_rvalid_i,
  input  logic [M*ActW-1:0]   fb_rdata_i,
  /// Pieces, in memory order.
  output logic                piece_valid_o,
  input  logic                piece_ready_i,
  output logic [PieceW-1:0]   piece_o
);

  `RS_PARAM_CHECK(Fifo, rs_pkg::is_power_of_two(FifoDepth), "FifoDepth must be a power of two")

  localparam int unsigned CodeW = WordW / M;
  localparam int unsigned CountW = $clog2(FifoDepth + 1);

  // reserved_q counts FIFO words promised to reads; its sign says that all are.
  logic [CountW-1:0] reserved_q;
  logic address_valid, ask, pop_q, fifo_space, word_valid, word_ready;
  logic [M*ActW-1:0] codes;
  logic [WordW-1:0]  word;

  rs_transfer_address #(
    .P(P),
    .FbAddrW(FbAddrW)
  ) u_address (
    .clk_i,
    .rst_ni,
    .set_i,
    .base_i      (word_i[FbAddrW-1:0]),
    .words_i     (word_i[16+:FbAddrW+1]),
    .groups_i    (word_i[FbAddrW:0]),
    .valid_o     (address_valid),
    .next_i      (ask),
    .bank_o      (fb_bank_o),
    .addr_o      (fb_addr_o)
  );

  assign fb_valid_o = address_valid && !reserved_q[CountW-1];
  assign ask        = fb_valid_o && fb_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reserved_q <= '0;
      pop_q      <= 1'b0;
    end else begin
      reserved_q <= reserved_q + CountW'(ask) - CountW'(pop_q);
      pop_q      <= word_valid && word_ready;
    end
  end

  rs_fifo_ram #(
    .Width(M * ActW),
    .Depth(FifoDepth),
    .OutReg(RamReg)
  ) u_words (
    .clk_i,
    .rst_ni,
    .in_valid_i (fb_rvalid_i),
    .in_ready_o (fifo_space),
    .in_data_i  (fb_rdata_i),
    .out_valid_o(word_valid),
    .out_ready_i(word_ready),
    .out_data_o (codes)
  );

  for (genvar m = 0; m < M; m++) begin : gen_code
    assign word[m*CodeW+:CodeW] = CodeW'(signed'(codes[m*ActW+:ActW]));
  end

  // The piece of the word that stands first; the FIFO keeps the word up to its last piece.
  localparam int unsigned Pieces = WordW / PieceW;
  if (Pieces > 1) begin : gen_pieces
    logic [$clog2(Pieces)-1:0] piece_q;
    assign piece_o    = word[piece_q*PieceW+:PieceW];
    assign word_ready = piece_ready_i && &piece_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) piece_q <= '0;
      else if (word_valid && piece_ready_i) piece_q <= piece_q + ($clog2(Pieces))'(1);
    end
  end else begin : gen_whole
    assign piece_o    = word;
    assign word_ready = piece_ready_i;
  end
  assign piece_valid_o = word_valid;

  logic unused_word;
  assign unused_word = ^word_i;

  `RS_ASSERT(RoomWasReserved, !fb_rvalid_i || fifo_space)

endmodule
