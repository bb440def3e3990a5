// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Ports of vendors' cells, so that the board tops can be linted.

module EHXPLLL #(
  parameter PLLRST_ENA = "DISABLED",
  parameter INTFB_WAKE = "DISABLED",
  parameter STDBY_ENABLE = "DISABLED",
  parameter DPHASE_SOURCE = "DISABLED",
  parameter OUTDIVIDER_MUXA = "DIVA",
  parameter OUTDIVIDER_MUXB = "DIVB",
  parameter OUTDIVIDER_MUXC = "DIVC",
  parameter OUTDIVIDER_MUXD = "DIVD",
  parameter int CLKI_DIV = 1,
  parameter int CLKFB_DIV = 1,
  parameter CLKOP_ENABLE = "ENABLED",
  parameter int CLKOP_DIV = 8,
  parameter int CLKOP_CPHASE = 0,
  parameter int CLKOP_FPHASE = 0,
  parameter FEEDBK_PATH = "CLKOP"
) (
  input  logic CLKI,
  input  logic CLKFB,
  input  logic RST,
  input  logic STDBY,
  input  logic PHASESEL0,
  input  logic PHASESEL1,
  input  logic PHASEDIR,
  input  logic PHASESTEP,
  input  logic PHASELOADREG,
  input  logic PLLWAKESYNC,
  input  logic ENCLKOP,
  output logic CLKOP,
  output logic LOCK
);
endmodule

module SB_PLL40_CORE #(
  parameter FEEDBACK_PATH = "SIMPLE",
  parameter PLLOUT_SELECT = "GENCLK",
  parameter logic [3:0] DIVR = 4'd0,
  parameter logic [6:0] DIVF = 7'd0,
  parameter logic [2:0] DIVQ = 3'd0,
  parameter logic [2:0] FILTER_RANGE = 3'd0
) (
  input  logic REFERENCECLK,
  input  logic RESETB,
  input  logic BYPASS,
  output logic PLLOUTGLOBAL,
  output logic LOCK
);
endmodule
