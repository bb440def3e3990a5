// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The top for the iCE40-HX8K breakout board: a core at 81 MHz from the 12 MHz oscillator, its
/// serial line on the USB bridge at 1 Mbit/s; the host is its memory. There is no reset button.
/// Pins: constraints/ice40_hx8k/ice40_hx8k.pcf.
///
/// Throughput: that of rs_board_remote.
/// Latency: that of rs_board_remote.
/// Handshake: a serial line.
/// Assumes: none.
module ice40_hx8k_top #(
  /// Parameters of the core, see docs/reference/parameters.md.
  parameter int unsigned M = 2,
  parameter int unsigned C = 2,
  parameter int unsigned P = 2,
  parameter int unsigned ActW = 8,
  parameter int unsigned WeightFormat = 7,
  parameter int unsigned AccW = 24,
  parameter int unsigned FbDepth = 256,
  parameter int unsigned WmDepth = 256,
  parameter int unsigned PmDepth = 32,
  parameter int unsigned PostLanes = 1,
  parameter int unsigned MultW = 16,
  parameter int unsigned Tables = 0,
  parameter int unsigned Neighbours = 0,
  parameter int unsigned AxiDataW = 32,
  parameter int unsigned WeightCheck = 0,
  parameter int unsigned WeightStreams = 0,
  parameter int unsigned Requantise = 0
) (
  /// Oscillator.
  input  logic       clk_12mhz,
  /// USB bridge: from the host, to it.
  input  logic       ftdi_txd,
  output logic       ftdi_rxd,
  output logic [7:0] led
);

  // 12 MHz * 54 / 2**3.
  localparam int unsigned ClockHz = 81000000;

  logic clk, locked, rst_n, irq;

  SB_PLL40_CORE #(
    .FEEDBACK_PATH("SIMPLE"),
    .PLLOUT_SELECT("GENCLK"),
    .DIVR(4'd0),
    .DIVF(7'd53),
    .DIVQ(3'd3),
    .FILTER_RANGE(3'd1)
  ) u_pll (
    .REFERENCECLK(clk_12mhz),
    .RESETB      (1'b1),
    .BYPASS      (1'b0),
    .PLLOUTGLOBAL(clk),
    .LOCK        (locked)
  );

  rs_board_reset u_reset (
    .clk_i (clk),
    .ok_i  (locked),
    .rst_no(rst_n)
  );

  rs_board_remote #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .WeightFormat(WeightFormat),
    .AccW(AccW),
    .FbDepth(FbDepth),
    .WmDepth(WmDepth),
    .PmDepth(PmDepth),
    .PostLanes(PostLanes),
    .MultW(MultW),
    .Tables(Tables),
    .Neighbours(Neighbours),
    .AxiDataW(AxiDataW),
    .WeightCheck(WeightCheck),
    .WeightStreams(WeightStreams),
    .Requantise(Requantise),
    .ClocksPerBit(ClockHz / 1000000),
    .QuietClocks(ClockHz / 25)
  ) u_board (
    .clk_i (clk),
    .rst_ni(rst_n),
    .rx_i  (ftdi_txd),
    .tx_o  (ftdi_rxd),
    .irq_o (irq)
  );

  // Lamps: the interrupt, out of reset.
  assign led = {irq, 6'd0, rst_n};

endmodule
