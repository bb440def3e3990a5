// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// LOAD: weight blocks into the three weight streams, features into the feature buffer. Two stages:
// the front checks a descriptor, takes its token and sends the read command; the back routes the
// beats of up to three descriptors sent, so that memory latency is seen only once in a row of them.
// A descriptor is complete when its last word or item has been taken.
// An error stops the front; the reset that follows every error clears it.

`include "rs_assert.svh"

module rs_load
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
#(
  /// Output channels.
  parameter int unsigned M = 4,
  /// Pixels of a group, banks of the feature buffer.
  parameter int unsigned P = 3,
  /// Activation width in bits.
  parameter int unsigned ActW = 8,
  /// Bits of a weight tile.
  parameter int unsigned TileW = 64,
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 16384,
  /// Bits of a beat.
  parameter int unsigned AxiDataW = 64,
  /// Channels of an item of channel parameters; a divisor of M.
  parameter int unsigned ParamRecords = M,
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
  /// Descriptors, in order.
  input  logic                item_valid_i,
  output logic                item_ready_o,
  input  transfer_t           item_i,
  /// A token from EXEC is there; it is taken.
  input  logic                token_i,
  output logic                take_token_o,
  /// EXEC gets a token.
  output logic                post_exec_o,
  /// Bad field or window.
  output error_t              error_o,
  /// Read commands, tagged with the descriptor's index.
  output logic                cmd_valid_o,
  input  logic                cmd_ready_i,
  output logic [AddrW-1:0]    cmd_addr_o,
  output logic [31:0]         cmd_bytes_o,
  output logic [IndexW-1:0]   cmd_tag_o,
  /// Their data; last ends a command's.
  input  logic                data_valid_i,
  output logic                data_ready_o,
  input  logic [AxiDataW-1:0] data_i,
  input  logic                data_last_i,
  /// Channel parameters, ParamRecords channels.
  output logic                param_valid_o,
  input  logic                param_ready_i,
  output logic [ParamRecords*64-1:0] param_o,
  /// Entry headers.
  output logic                header_valid_o,
  input  logic                header_ready_i,
  output logic [31:0]         header_o,
  /// Weight tiles.
  output logic                tile_valid_o,
  input  logic                tile_ready_i,
  output logic [TileW-1:0]    tile_o,
  /// Feature words.
  output logic                fb_valid_o,
  input  logic                fb_ready_i,
  output logic [BankW-1:0]    fb_bank_o,
  output logic [FbAddrW-1:0]  fb_addr_o,
  output logic [M*ActW-1:0]   fb_data_o
);

  localparam int unsigned CodeW = ActW > 8 ? 16 : 8;
  localparam int unsigned WordW = M * CodeW;
  localparam int unsigned TileMemW = 2 ** $clog2(TileW);

  // What the back needs of a descriptor.
  typedef struct packed {
    logic               weights;
    logic               post_exec;
    logic [19:0]        count;
    logic [15:0]        words;
    logic [FbAddrW-1:0] base;
  } job_t;

  // Front.
  typedef enum logic [1:0] {
    FrontIdle,
    FrontSpan,
    FrontSend,
    FrontStop
  } front_e;
  front_e front_q, front_d;
  logic span_valid, send, token_ok, job_space;
  logic [AddrW-1:0] span_addr;
  logic [31:0]      span_bytes;
  error_e           span_cause;

  rs_span #(
    .M(M),
    .P(P),
    .WordBytes(WordW / 8),
    .TileBytes(TileMemW / 8),
    .FbDepth(FbDepth)
  ) u_span (
    .clk_i,
    .rst_ni,
    .start_i(front_q == FrontIdle && item_valid_i),
    .item_i,
    .valid_o(span_valid),
    .addr_o (span_addr),
    .bytes_o(span_bytes),
    .cause_o(span_cause)
  );

  assign token_ok     = !item_i.wait_exec || token_i;
  assign cmd_valid_o  = front_q == FrontSend && token_ok && job_space;
  assign cmd_addr_o   = span_addr;
  assign cmd_bytes_o  = span_bytes;
  assign cmd_tag_o    = item_i.index;
  assign send         = cmd_valid_o && cmd_ready_i;
  assign item_ready_o = send;
  assign take_token_o = send && item_i.wait_exec;

  always_comb begin
    front_d = front_q;
    error_o = '{valid: 1'b0, cause: span_cause, index: item_i.index, addr: '0};
    unique case (front_q)
      FrontIdle: if (item_valid_i) front_d = FrontSpan;
      FrontSpan: begin
        if (span_valid) begin
          front_d       = span_cause == ErrNone ? FrontSend : FrontStop;
          error_o.valid = span_cause != ErrNone;
        end
      end
      FrontSend: if (send) front_d = FrontIdle;
      default: front_d = FrontStop;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) front_q <= FrontIdle;
    else front_q <= front_d;
  end

  // Jobs sent.
  job_t job_in, job;
  logic job_valid, begin_job, job_done;
  logic [1:0] unused_job_count;

  assign job_in = '{
          weights: item_i.weights,
          post_exec: item_i.post_exec,
          count: item_i.count,
          words: item_i.words,
          base: FbAddrW'(item_i.base)
      };

  rs_fifo #(
    .Width($bits(job_t)),
    .Depth(2)
  ) u_jobs (
    .clk_i,
    .rst_ni,
    .in_valid_i (send),
    .in_ready_o (job_space),
    .in_data_i  (job_in),
    .out_valid_o(job_valid),
    .out_ready_i(job_done),
    .out_data_o (job),
    .count_o    (unused_job_count)
  );

  // Back: a job begins, runs until its sections or its walker are through.
  logic active_q, to_fb, all_in_q, walking, last_word;
  logic param_wants, param_busy, param_beat;
  logic header_wants, header_busy, header_beat;
  logic tile_wants, tile_busy, tile_beat;
  logic word_valid, word_beat, unused_word_last;
  logic [TileMemW-1:0] tile;
  logic [WordW-1:0]    word;

  assign begin_job   = job_valid && !active_q;
  assign to_fb       = active_q && !job.weights && !all_in_q;
  assign job_done    = active_q && (job.weights ? !(param_busy || header_busy || tile_busy)
                                                : (fb_valid_o && fb_ready_i && last_word));
  assign post_exec_o = job_done && job.post_exec;
  assign busy_o      = item_valid_i || job_valid;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) active_q <= 1'b0;
    else active_q <= begin_job || (active_q && !job_done);
  end
  // The words of a job's last beats are still to be written: the next beat is the next job's.
  always_ff @(posedge clk_i) begin
    if (begin_job) all_in_q <= 1'b0;
    else if (data_valid_i && data_ready_o && data_last_i) all_in_q <= 1'b1;
  end

  assign data_ready_o = to_fb ? word_beat :
                        param_wants ? param_beat :
                        header_wants ? header_beat : tile_wants && tile_beat;

  rs_load_section #(
    .AxiDataW(AxiDataW),
    .ItemW(ParamRecords * 64),
    .CountW(20)
  ) u_params (
    .clk_i,
    .rst_ni,
    .start_i     (begin_job && job.weights),
    .items_i     (20'(job.words) << $clog2(M / ParamRecords)),
    .wants_o     (param_wants),
    .busy_o      (param_busy),
    .beat_valid_i(data_valid_i),
    .beat_ready_o(param_beat),
    .beat_i      (data_i),
    .item_valid_o(param_valid_o),
    .item_ready_i(param_ready_i),
    .item_o      (param_o)
  );

  rs_load_section #(
    .AxiDataW(AxiDataW),
    .ItemW(32),
    .CountW(20)
  ) u_headers (
    .clk_i,
    .rst_ni,
    .start_i     (begin_job && job.weights),
    .items_i     (job.count),
    .wants_o     (header_wants),
    .busy_o      (header_busy),
    .beat_valid_i(data_valid_i && !param_wants),
    .beat_ready_o(header_beat),
    .beat_i      (data_i),
    .item_valid_o(header_valid_o),
    .item_ready_i(header_ready_i),
    .item_o      (header_o)
  );

  rs_load_section #(
    .AxiDataW(AxiDataW),
    .ItemW(TileMemW),
    .CountW(20)
  ) u_tiles (
    .clk_i,
    .rst_ni,
    .start_i     (begin_job && job.weights),
    .items_i     (job.count),
    .wants_o     (tile_wants),
    .busy_o      (tile_busy),
    .beat_valid_i(data_valid_i && !param_wants && !header_wants),
    .beat_ready_o(tile_beat),
    .beat_i      (data_i),
    .item_valid_o(tile_valid_o),
    .item_ready_i(tile_ready_i),
    .item_o      (tile)
  );
  assign tile_o = tile[TileW-1:0];

  rs_resize #(
    .InW(AxiDataW),
    .OutW(WordW)
  ) u_words (
    .clk_i,
    .rst_ni,
    .clear_i    (begin_job),
    .in_valid_i (data_valid_i && to_fb),
    .in_ready_o (word_beat),
    .in_data_i  (data_i),
    .in_last_i  (1'b0),
    .out_valid_o(word_valid),
    .out_ready_i(fb_ready_i && walking),
    .out_data_o (word),
    .out_last_o (unused_word_last)
  );

  rs_word_walker #(
    .P(P),
    .FbAddrW(FbAddrW)
  ) u_walker (
    .clk_i,
    .rst_ni,
    .start_i (begin_job && !job.weights),
    .base_i  (job.base),
    .words_i (job.words),
    .groups_i(job.count),
    .valid_o (walking),
    .next_i  (fb_valid_o && fb_ready_i),
    .bank_o  (fb_bank_o),
    .addr_o  (fb_addr_o),
    .last_o  (last_word)
  );

  assign fb_valid_o = word_valid && walking;
  for (genvar m = 0; m < M; m++) begin : gen_code
    assign fb_data_o[m*ActW+:ActW] = word[m*CodeW+:ActW];
  end

  if (TileMemW > TileW) begin : gen_tile_padding
    logic unused_tile;
    assign unused_tile = ^tile[TileMemW-1:TileW];
  end
  logic unused_word;
  assign unused_word = ^word;

  `RS_ASSERT_STABLE(CmdStable, cmd_valid_o, cmd_ready_i, ({cmd_addr_o, cmd_bytes_o, cmd_tag_o}))

endmodule
