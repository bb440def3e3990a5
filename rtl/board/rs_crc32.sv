// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320, as gzip), a bit per cycle. After a
/// message and its CRC, low byte first, good_o is high.
///
/// Throughput: a byte per nine cycles, which a serial line never outruns.
/// Latency: 9 cycles.
/// Handshake: `valid_i` and `clear_i` only while `busy_o` is low.
/// Assumes: none.
module rs_crc32 (
  /// Clock.
  input  logic        clk_i,
  /// Synchronous reset, active low.
  input  logic        rst_ni,
  /// Begin a message; only while not busy.
  input  logic        clear_i,
  /// The next byte; only while not busy.
  input  logic        valid_i,
  input  logic [7:0]  data_i,
  /// The last byte is not yet in crc_o and good_o.
  output logic        busy_o,
  /// CRC of the bytes since the last clear.
  output logic [31:0] crc_o,
  /// The bytes since the last clear end with the CRC of those before.
  output logic        good_o
);

  localparam logic [31:0] Polynomial = 32'hEDB88320;
  localparam logic [31:0] Residue = 32'hDEBB20E3;

  logic [31:0] crc_q;
  logic [7:0]  data_q;
  logic [3:0]  count_q;
  logic        feedback;

  assign feedback = crc_q[0] ^ data_q[0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_q <= '0;
    else if (valid_i) count_q <= 4'd9;  // a cycle more than bits, for good_o
    else if (busy_o) count_q <= count_q - 4'd1;
  end
  assign busy_o = count_q != '0;

  always_ff @(posedge clk_i) begin
    if (valid_i) data_q <= data_i;
    else data_q <= {1'b0, data_q[7:1]};
    if (!rst_ni || clear_i) crc_q <= '1;
    else if (count_q > 4'd1) crc_q <= {1'b0, crc_q[31:1]} ^ (feedback ? Polynomial : '0);
    good_o <= crc_q == Residue;
  end
  assign crc_o = ~crc_q;

  `RS_ASSERT(OneByteAtATime, !(busy_o && (valid_i || clear_i)))

endmodule
