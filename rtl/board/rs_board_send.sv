// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Sends the words of an answer byte by byte, low byte first, and after the last one the checksum
/// over all of them.
///
/// Throughput: a byte per byte time of the line.
/// Latency: 1 cycle from a word to its first byte.
/// Handshake: valid/ready; a word is taken when the one before is out.
/// Assumes: none.
module rs_board_send (
  /// Clock.
  input  logic        clk_i,
  /// Synchronous reset, active low.
  input  logic        rst_ni,
  /// Words: 1 to 4 bytes; last ends the answer.
  input  logic        in_valid_i,
  output logic        in_ready_o,
  input  logic [31:0] in_data_i,
  input  logic [2:0]  in_bytes_i,
  input  logic        in_last_i,
  /// The answer is on the line, checksum and all; for one cycle.
  output logic        done_o,
  /// Bytes for the line.
  output logic        tx_valid_o,
  input  logic        tx_ready_i,
  output logic [7:0]  tx_data_o
);

  typedef enum logic [1:0] {
    StWords,
    StLast,
    StCheck
  } state_e;

  state_e state_q;
  logic [31:0] data_q, crc;
  logic [2:0] left_q;
  logic empty, sending, crc_busy, unused_good;

  assign empty      = left_q == '0;
  assign tx_valid_o = !empty;
  assign tx_data_o  = data_q[7:0];
  assign sending    = tx_valid_o && tx_ready_i;
  assign in_ready_o = state_q == StWords && empty;
  assign done_o     = state_q == StCheck && empty && tx_ready_i;

  rs_crc32 u_crc (
    .clk_i,
    .rst_ni,
    .clear_i(done_o),
    .valid_i(sending && state_q != StCheck),
    .data_i (tx_data_o),
    .busy_o (crc_busy),
    .crc_o  (crc),
    .good_o (unused_good)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StWords;
      left_q  <= '0;
    end else begin
      if (sending) left_q <= left_q - 3'd1;
      unique case (state_q)
        StWords: begin
          if (in_valid_i && in_ready_o) begin
            left_q <= in_bytes_i;
            if (in_last_i) state_q <= StLast;
          end
        end
        StLast: begin
          if (empty && !crc_busy) begin
            left_q  <= 3'd4;
            state_q <= StCheck;
          end
        end
        default: if (done_o) state_q <= StWords;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (sending) data_q <= {8'd0, data_q[31:8]};
    else if (in_ready_o) data_q <= in_data_i;
    else if (empty && state_q == StLast) data_q <= crc;
  end

  `RS_ASSERT(SomeBytes, !in_valid_i || (in_bytes_i >= 3'd1 && in_bytes_i <= 3'd4))
  `RS_ASSERT_STABLE(InStable, in_valid_i, in_ready_o, ({in_data_i, in_bytes_i, in_last_i}))
  `RS_ASSERT_STABLE(TxStable, tx_valid_o, tx_ready_i, tx_data_o)

endmodule
