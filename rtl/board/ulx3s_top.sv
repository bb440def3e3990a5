// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The top for the ULX3S board (Lattice LFE5U-85F): the stand-alone board at ClockMhz from the 25
/// MHz oscillator, its serial line on the USB bridge at 1 Mbit/s. Button F1 resets. Pins:
/// constraints/ulx3s/ulx3s.lpf.
///
/// Throughput: that of rs_board.
/// Latency: that of rs_board.
/// Handshake: a serial line.
/// Assumes: none.
module ulx3s_top #(
  /// Parameters of the core, see docs/reference/parameters.md.
  parameter int unsigned M = 8,
  parameter int unsigned C = 8,
  parameter int unsigned P = 8,
  parameter int unsigned ActW = 8,
  parameter int unsigned WeightFormat = 7,
  parameter int unsigned AccW = 28,
  parameter int unsigned FbDepth = 1024,
  parameter int unsigned WmDepth = 512,
  parameter int unsigned PmDepth = 64,
  parameter int unsigned PostLanes = M,
  parameter int unsigned MultW = 16,
  parameter int unsigned Tables = 0,
  parameter int unsigned Neighbours = 0,
  parameter int unsigned AxiDataW = 64,
  parameter int unsigned WeightCheck = 1,
  parameter int unsigned WeightStreams = 0,
  parameter int unsigned Requantise = 0,
  /// Banks of 32 KB.
  parameter int unsigned MemBanks = 7,
  /// First content of the memory; empty: none.
  parameter InitFile = "",
  /// The clock: a multiple of 5, 25 to 300 MHz; tools/synth/boards.json has the board's.
  parameter int unsigned ClockMhz = 100
) (
  /// Oscillator.
  input  logic       clk_25mhz,
  /// USB bridge: from the host, to it.
  input  logic       ftdi_txd,
  output logic       ftdi_rxd,
  /// High while pressed.
  input  logic       btn_f1,
  output logic [7:0] led,
  /// High: the ESP32 leaves the FPGA alone.
  output logic       wifi_gpio0
);

  `RS_PARAM_CHECK(clock, ClockMhz % 5 == 0 && ClockMhz >= 25 && ClockMhz <= 300,
                  "ulx3s_top: ClockMhz must be a multiple of 5, 25 to 300")

  // CLKOP is fed back: it has 25 MHz / InputDiv * FeedbackDiv, the oscillator OutputDiv times that,
  // which must be 400 to 800 MHz.
  localparam int unsigned InputDiv = (ClockMhz % 25 == 0) ? 1 : 5;
  localparam int unsigned FeedbackDiv = ClockMhz * InputDiv / 25;
  localparam int unsigned OutputDiv = 600 / ClockMhz;

  logic clk, locked, rst_n;

  (* FREQUENCY_PIN_CLKI = "25" *) (* ICP_CURRENT = "12" *) (* LPF_RESISTOR = "8" *)
      (* MFG_ENABLE_FILTEROPAMP = "1" *) (* MFG_GMCREF_SEL = "2" *)
  EHXPLLL #(
    .PLLRST_ENA("DISABLED"),
    .INTFB_WAKE("DISABLED"),
    .STDBY_ENABLE("DISABLED"),
    .DPHASE_SOURCE("DISABLED"),
    .OUTDIVIDER_MUXA("DIVA"),
    .OUTDIVIDER_MUXB("DIVB"),
    .OUTDIVIDER_MUXC("DIVC"),
    .OUTDIVIDER_MUXD("DIVD"),
    .CLKI_DIV(InputDiv),
    .CLKFB_DIV(FeedbackDiv),
    .CLKOP_ENABLE("ENABLED"),
    .CLKOP_DIV(OutputDiv),
    .CLKOP_CPHASE(OutputDiv - 1),
    .CLKOP_FPHASE(0),
    .FEEDBK_PATH("CLKOP")
  ) u_pll (
    .CLKI        (clk_25mhz),
    .CLKFB       (clk),
    .RST         (1'b0),
    .STDBY       (1'b0),
    .PHASESEL0   (1'b0),
    .PHASESEL1   (1'b0),
    .PHASEDIR    (1'b1),
    .PHASESTEP   (1'b1),
    .PHASELOADREG(1'b1),
    .PLLWAKESYNC (1'b0),
    .ENCLKOP     (1'b0),
    .CLKOP       (clk),
    .LOCK        (locked)
  );

  rs_board_reset u_reset (
    .clk_i (clk),
    .ok_i  (locked && !btn_f1),
    .rst_no(rst_n)
  );

  rs_board #(
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
    .MemBanks(MemBanks),
    .BankWords(4096),
    .InitFile(InitFile),
    .ClockHz(ClockMhz * 1000000),
    .ClocksPerBit(ClockMhz)
  ) u_board (
    .clk_i (clk),
    .rst_ni(rst_n),
    .rx_i  (ftdi_txd),
    .tx_o  (ftdi_rxd),
    .led_o (led)
  );

  assign wifi_gpio0 = 1'b1;

endmodule
