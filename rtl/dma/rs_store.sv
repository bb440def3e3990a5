// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// STORE: reads feature words in memory order, packs them into beats, writes them; one descriptor
// after the other, complete when the memory has answered. A marker in the queue is the end of a
// frame. Read data cannot be stalled: a read is asked for only when the FIFO has room for it.
// An error stops it; the reset that follows every error clears it.

`include "rs_assert.svh"

module rs_store
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
#(
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
  /// Bits of a bank number. Derived.
  localparam int unsigned BankW = $clog2(P),
  /// Bits of a word address. Derived.
  localparam int unsigned FbAddrW = $clog2(FbDepth)
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low.
  input  logic                rst_ni,
  /// Something is inside.
  output logic                busy_o,
  /// Descriptors and markers, in order.
  input  logic                item_valid_i,
  output logic                item_ready_o,
  input  transfer_t           item_i,
  /// A token from EXEC is there; it is taken.
  input  logic                token_i,
  output logic                take_token_o,
  /// EXEC gets a token.
  output logic                post_exec_o,
  /// A marker was reached.
  output logic                frame_done_o,
  /// Bad field or window.
  output error_t              error_o,
  /// Feature-buffer reads and their data, in order, after any fixed latency.
  output logic                fb_valid_o,
  input  logic                fb_ready_i,
  output logic [BankW-1:0]    fb_bank_o,
  output logic [FbAddrW-1:0]  fb_addr_o,
  input  logic                fb_rvalid_i,
  input  logic [M*ActW-1:0]   fb_rdata_i,
  /// Write commands, tagged with the descriptor's index, and their data.
  output logic                cmd_valid_o,
  input  logic                cmd_ready_i,
  output logic [AddrW-1:0]    cmd_addr_o,
  output logic [31:0]         cmd_bytes_o,
  output logic [IndexW-1:0]   cmd_tag_o,
  output logic                data_valid_o,
  input  logic                data_ready_i,
  output logic [AxiDataW-1:0] data_o,
  output logic                data_last_o,
  /// The command is complete in memory.
  input  logic                done_i
);

  localparam int unsigned CodeW = ActW > 8 ? 16 : 8;
  localparam int unsigned WordW = M * CodeW;
  // More than the feature buffer's read latency, so that reads go on while data is on its way.
  localparam int unsigned FifoDepth = 16;
  localparam int unsigned CountW = $clog2(FifoDepth + 1);

  typedef enum logic [2:0] {
    StIdle,
    StSpan,
    StSend,
    StRun,
    StStop
  } state_e;
  state_e state_q, state_d;
  logic span_valid, send, token_ok;
  error_e span_cause;

  rs_span #(
    .M(M),
    .P(P),
    .WordBytes(WordW / 8),
    .TileBytes(1),
    .FbDepth(FbDepth)
  ) u_span (
    .clk_i,
    .rst_ni,
    .start_i(state_q == StIdle && item_valid_i),
    .item_i,
    .valid_o(span_valid),
    .addr_o (cmd_addr_o),
    .bytes_o(cmd_bytes_o),
    .cause_o(span_cause)
  );

  assign token_ok     = !item_i.wait_exec || token_i;
  assign cmd_valid_o  = state_q == StSend && token_ok;
  assign cmd_tag_o    = item_i.index;
  assign send         = cmd_valid_o && cmd_ready_i;
  assign take_token_o = send && item_i.wait_exec;
  assign frame_done_o = state_q == StIdle && item_valid_i && item_i.marker;
  assign post_exec_o  = state_q == StRun && done_i && item_i.post_exec;
  assign item_ready_o = frame_done_o || (state_q == StRun && done_i);
  assign busy_o       = item_valid_i;

  always_comb begin
    state_d = state_q;
    error_o = '{valid: 1'b0, cause: span_cause, index: item_i.index, addr: '0};
    unique case (state_q)
      StIdle: if (item_valid_i && !item_i.marker) state_d = StSpan;
      StSpan: begin
        if (span_valid) begin
          state_d       = span_cause == ErrNone ? StSend : StStop;
          error_o.valid = span_cause != ErrNone;
        end
      end
      StSend: if (send) state_d = StRun;
      StRun: if (done_i) state_d = StIdle;
      default: state_d = StStop;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= StIdle;
    else state_q <= state_d;
  end

  // Reads: reserved_q counts FIFO places promised to reads.
  logic [CountW-1:0] reserved_q, unused_count, unused_last_count;
  logic walking, last_read, ask;
  logic word_valid, word_ready, word_last, unused_last_space, unused_last_valid;
  logic fifo_space, pop;
  logic [M*ActW-1:0] codes;
  logic [WordW-1:0]  word;

  rs_word_walker #(
    .P(P),
    .FbAddrW(FbAddrW)
  ) u_walker (
    .clk_i,
    .rst_ni,
    .start_i (send),
    .base_i  (FbAddrW'(item_i.base)),
    .words_i (item_i.words),
    .groups_i(item_i.count),
    .valid_o (walking),
    .next_i  (ask),
    .bank_o  (fb_bank_o),
    .addr_o  (fb_addr_o),
    .last_o  (last_read)
  );

  assign fb_valid_o = walking && reserved_q != CountW'(FifoDepth);
  assign ask        = fb_valid_o && fb_ready_i;
  assign pop        = word_valid && word_ready;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) reserved_q <= '0;
    else reserved_q <= reserved_q + CountW'(ask) - CountW'(pop);
  end

  rs_fifo #(
    .Width(M * ActW),
    .Depth(FifoDepth)
  ) u_words (
    .clk_i,
    .rst_ni,
    .in_valid_i (fb_rvalid_i),
    .in_ready_o (fifo_space),
    .in_data_i  (fb_rdata_i),
    .out_valid_o(word_valid),
    .out_ready_i(word_ready),
    .out_data_o (codes),
    .count_o    (unused_count)
  );

  // The end of the tensor travels beside the data, from the request on.
  rs_fifo #(
    .Width(1),
    .Depth(FifoDepth)
  ) u_last (
    .clk_i,
    .rst_ni,
    .in_valid_i (ask),
    .in_ready_o (unused_last_space),
    .in_data_i  (last_read),
    .out_valid_o(unused_last_valid),
    .out_ready_i(pop),
    .out_data_o (word_last),
    .count_o    (unused_last_count)
  );

  for (genvar m = 0; m < M; m++) begin : gen_code
    assign word[m*CodeW+:CodeW] = CodeW'(signed'(codes[m*ActW+:ActW]));
  end

  rs_resize #(
    .InW(WordW),
    .OutW(AxiDataW)
  ) u_beats (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (word_valid),
    .in_ready_o (word_ready),
    .in_data_i  (word),
    .in_last_i  (word_last),
    .out_valid_o(data_valid_o),
    .out_ready_i(data_ready_i),
    .out_data_o (data_o),
    .out_last_o (data_last_o)
  );

  `RS_ASSERT(RoomWasReserved, !fb_rvalid_i || fifo_space)
  `RS_ASSERT_STABLE(CmdStable, cmd_valid_o, cmd_ready_i, ({cmd_addr_o, cmd_bytes_o, cmd_tag_o}))

endmodule
