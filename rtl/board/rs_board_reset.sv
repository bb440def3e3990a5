// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The reset of a board: low from power-up and from any cycle in which ok_i (clock locked, button
/// not pressed; asynchronous) is low until it has been high for 255 cycles.
///
/// Throughput: none.
/// Latency: 255 cycles.
/// Handshake: none.
/// Assumes: none.
module rs_board_reset (
  /// Clock.
  input  logic clk_i,
  /// No reason for a reset, asynchronous.
  input  logic ok_i,
  /// Synchronous reset, active low.
  output logic rst_no
);

  logic [1:0] ok_q;
  logic [7:0] count_q;

  // Power-up state: there is no reset before this one.
  initial begin
    count_q = '0;
    rst_no  = 1'b0;
  end

  always_ff @(posedge clk_i) begin
    ok_q <= {ok_q[0], ok_i};
    if (!ok_q[1]) count_q <= '0;
    else if (!rst_no) count_q <= count_q + 8'd1;
    rst_no <= ok_q[1] && (rst_no || &count_q);
  end

endmodule
