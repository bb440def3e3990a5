// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A UART receiver: one start bit, 8 data bits, least significant first, one stop bit, no parity.
/// Each bit is sampled once, in its middle. A byte without its stop bit is dropped: what goes over
/// the line has checksums.
///
/// Throughput: a byte per 9.5 bit times.
/// Latency: half a bit time and a few cycles after the stop bit begins.
/// Handshake: `valid_o` is high for one cycle; there is no ready.
/// Assumes: none.
module rs_uart_rx #(
  /// Clock cycles of a bit, at least 4.
  parameter int unsigned ClocksPerBit = 100
) (
  /// Clock.
  input  logic       clk_i,
  /// Synchronous reset, active low.
  input  logic       rst_ni,
  /// The line, asynchronous.
  input  logic       rx_i,
  /// A byte was received.
  output logic       valid_o,
  output logic [7:0] data_o
);

  `RS_PARAM_CHECK(clocks, ClocksPerBit >= 4, "rs_uart_rx: ClocksPerBit must be at least 4")

  localparam int unsigned TimerW = $clog2(ClocksPerBit);
  localparam logic [TimerW-1:0] Whole = TimerW'(ClocksPerBit - 1);
  localparam logic [TimerW-1:0] Half = TimerW'(ClocksPerBit / 2 - 1);
  localparam logic [3:0] StopBit = 4'd9;

  logic [1:0] sync_q;
  logic line_q, busy_q, sample;
  logic [TimerW-1:0] timer_q;
  logic [3:0]        bit_q;  // the bit being waited for: 0 start, 1 to 8 data, 9 stop
  logic [7:0]        data_q;

  always_ff @(posedge clk_i) begin
    {line_q, sync_q} <= {sync_q, rx_i};
  end

  assign sample = busy_q && timer_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q  <= 1'b0;
      valid_o <= 1'b0;
    end else begin
      valid_o <= sample && bit_q == StopBit && line_q;
      if (!busy_q) busy_q <= !line_q;
      else if (sample && (bit_q == StopBit || (bit_q == '0 && line_q))) busy_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!busy_q) begin
      timer_q <= Half;
      bit_q   <= '0;
    end else if (sample) begin
      timer_q <= Whole;
      bit_q   <= bit_q + 4'd1;
      if (bit_q != StopBit) data_q <= {line_q, data_q[7:1]};
    end else begin
      timer_q <= timer_q - TimerW'(1);
    end
  end

  assign data_o = data_q;

endmodule
