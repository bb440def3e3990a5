// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A UART transmitter: one start bit, 8 data bits, least significant first, one stop bit, no
/// parity.
///
/// Throughput: a byte per 10 bit times.
/// Latency: 1 cycle; the line is a register.
/// Handshake: valid/ready; a byte is taken when the line is free.
/// Assumes: none.
module rs_uart_tx #(
  /// Clock cycles of a bit, at least 4.
  parameter int unsigned ClocksPerBit = 100
) (
  /// Clock.
  input  logic       clk_i,
  /// Synchronous reset, active low.
  input  logic       rst_ni,
  /// Byte stream.
  input  logic       in_valid_i,
  output logic       in_ready_o,
  input  logic [7:0] in_data_i,
  /// The line.
  output logic       tx_o
);

  `RS_PARAM_CHECK(clocks, ClocksPerBit >= 4, "rs_uart_tx: ClocksPerBit must be at least 4")

  localparam int unsigned TimerW = $clog2(ClocksPerBit);
  localparam logic [TimerW-1:0] Whole = TimerW'(ClocksPerBit - 1);

  logic [TimerW-1:0] timer_q;
  logic [3:0]        left_q;   // bits to go, the one on the line included
  logic [8:0]        shift_q;  // the bit on the line, then what follows
  logic              tick_q;

  assign in_ready_o = left_q == '0;
  assign tx_o       = shift_q[0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      left_q  <= '0;
      shift_q <= '1;
    end else if (in_ready_o) begin
      if (in_valid_i) begin
        left_q  <= 4'd10;
        shift_q <= {in_data_i, 1'b0};
      end
    end else if (tick_q) begin
      left_q  <= left_q - 4'd1;
      shift_q <= {1'b1, shift_q[8:1]};
    end
  end

  // The tick is a cycle after the timer, so that it drives the shift register from a register.
  always_ff @(posedge clk_i) begin
    timer_q <= (in_ready_o || timer_q == '0) ? Whole : timer_q - TimerW'(1);
    tick_q  <= !in_ready_o && timer_q == TimerW'(1);
  end

  `RS_ASSERT_STABLE(InStable, in_valid_i, in_ready_o, in_data_i)

endmodule
