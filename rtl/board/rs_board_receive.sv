// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Takes requests from a byte stream (docs/board.md) and writes their payload into memory as it
/// comes, but only once the checksum over address and length was right. After a damaged request it
/// waits until the line is quiet, so that the rest of it is not taken for the next one.
///
/// Throughput: a byte per ten cycles.
/// Latency: some ten cycles from the last byte to the request.
/// Handshake: bytes are pulses; a request is valid/ready, and bytes that come before it has been
/// taken are dropped.
/// Assumes: none.
module rs_board_receive
  import rs_spec_pkg::*;
  import rs_board_pkg::*;
#(
  /// Bytes of memory; a payload must lie within.
  parameter int unsigned MemBytes = 32768,
  /// Cycles without a byte after which a request is given up.
  parameter int unsigned QuietClocks = 4000000
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// Bytes from the line.
  input  logic             rx_valid_i,
  input  logic [7:0]       rx_data_i,
  /// Payload for the memory, a word in a cycle, by byte address.
  output logic             write_o,
  output logic [SpanW-1:0] waddr_o,
  output logic [WordW-1:0] wdata_o,
  /// Request; status other than ok says why it is none. Taken when its answer is complete.
  output logic             request_valid_o,
  input  logic             request_ready_i,
  output request_t         request_o
);

  `RS_PARAM_CHECK(bytes, MemBytes <= 1 << SpanW, "rs_board_receive: MemBytes is beyond addresses")
  `RS_PARAM_CHECK(quiet, QuietClocks >= 64, "rs_board_receive: QuietClocks must be at least 64")

  localparam int unsigned QuietW = $clog2(QuietClocks + 1);
  // The first byte of a request.
  localparam logic [7:0] RequestSync = 8'hA5;
  // Bytes of the head after the sync byte, and of a checksum.
  localparam logic [3:0] HeadLast = 4'd6;
  localparam logic [3:0] CheckLast = 4'd3;

  typedef enum logic [3:0] {
    StSync,
    StHead,
    StHeadCheck,
    StJudgeHead,
    StBody,
    StBodyCheck,
    StJudgeBody,
    StDrain,
    StRequest
  } state_e;

  // The head as it comes in, low byte first.
  typedef struct packed {
    logic [SpanW-1:0] bytes;
    logic [SpanW-1:0] addr;
    logic [7:0]       command;
  } head_t;

  state_e state_q, state_d;
  head_t head_q;
  logic [3:0] count_q;
  logic [QuietW-1:0] quiet_q;
  logic quiet_end_q, payload_q, at_end_q, whole_q, beyond_q, in_range_q, octet;
  logic [WordW-9:0] word_q;  // the bytes before
  logic [SpanW:0] end_q;
  board_status_e status_q, status_d;
  logic crc_clear, crc_feed, crc_busy, crc_good;
  logic [31:0] unused_crc;

  // Bytes come at least ten cycles apart. Checksums: of sync byte and head, of the payload.
  assign crc_feed  = rx_valid_i &&
                     state_q inside {StSync, StHead, StHeadCheck, StBody, StBodyCheck};
  assign crc_clear = !crc_busy && ((state_q == StSync && !rx_valid_i) ||
                                   state_q inside {StJudgeHead, StRequest});

  rs_crc32 u_crc (
    .clk_i,
    .rst_ni,
    .clear_i(crc_clear),
    .valid_i(crc_feed),
    .data_i (rx_data_i),
    .busy_o (crc_busy),
    .crc_o  (unused_crc),
    .good_o (crc_good)
  );


  always_comb begin
    state_d  = state_q;
    status_d = status_q;
    unique case (state_q)
      StSync: begin
        status_d = BoardStatusOk;
        if (rx_valid_i && rx_data_i == RequestSync) state_d = StHead;
      end
      StHead: if (rx_valid_i && count_q == HeadLast) state_d = StHeadCheck;
      StHeadCheck: if (rx_valid_i && count_q == CheckLast) state_d = StJudgeHead;
      StJudgeHead: begin
        if (!crc_busy) begin
          state_d = payload_q ? StBody : StRequest;
          if (!crc_good) status_d = BoardStatusBadCheck;
          else if (head_q.command[7:2] != '0) status_d = BoardStatusBadCommand;
          else if (!in_range_q) status_d = BoardStatusBadRange;
          if (status_d != BoardStatusOk) state_d = StDrain;
        end
      end
      StBody: if (at_end_q) state_d = StBodyCheck;
      StBodyCheck: if (rx_valid_i && count_q == CheckLast) state_d = StJudgeBody;
      StJudgeBody: begin
        if (!crc_busy) begin
          state_d = crc_good ? StRequest : StDrain;
          if (!crc_good) status_d = BoardStatusBadCheck;
        end
      end
      StDrain:   if (quiet_end_q) state_d = StRequest;
      StRequest: if (request_ready_i) state_d = StSync;
      default:   state_d = StSync;
    endcase
    if (quiet_end_q && state_q inside {StHead, StHeadCheck, StBody, StBodyCheck}) begin
      state_d  = StRequest;
      status_d = BoardStatusTimeout;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= StSync;
    else state_q <= state_d;
  end

  always_ff @(posedge clk_i) begin
    status_q <= status_d;
    if (state_q != state_d) count_q <= '0;
    else if (rx_valid_i) count_q <= count_q + 4'd1;
    if (rx_valid_i || state_q == StSync) quiet_q <= QuietW'(QuietClocks);
    else quiet_q <= quiet_q - QuietW'(1);
    quiet_end_q <= quiet_q == QuietW'(1) && !rx_valid_i;
    if (rx_valid_i && state_q == StHead) begin
      head_q <= {rx_data_i, head_q[$bits(head_t)-1:8]};
    end else if (octet) begin
      head_q.addr <= head_q.addr + SpanW'(1);
    end
    // Of use some cycles later: bytes are far apart.
    at_end_q   <= head_q.addr == end_q[SpanW-1:0];
    payload_q  <= head_q.bytes != '0 && head_q.command[1];  // write and run bring one
    if (state_q == StHeadCheck) end_q <= (SpanW + 1)'(head_q.addr) + (SpanW + 1)'(head_q.bytes);
    whole_q    <= (head_q.addr[2:0] == '0 && head_q.bytes[2:0] == '0) || !head_q.command[1];
    beyond_q   <= end_q > (SpanW + 1)'(MemBytes);
    in_range_q <= whole_q && !beyond_q;
    if (octet) word_q <= {rx_data_i, word_q[WordW-9:8]};
  end

  assign octet   = rx_valid_i && state_q == StBody;
  assign write_o = octet && &head_q.addr[2:0];
  assign waddr_o = head_q.addr;
  assign wdata_o = {rx_data_i, word_q};

  assign request_valid_o = state_q == StRequest;
  assign request_o = '{status: status_q, command: board_command_e'(head_q.command[3:0]),
                       bytes: head_q.bytes, addr: head_q.addr};

endmodule
