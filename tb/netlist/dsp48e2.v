// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// DSP48E2 as far as multiplications use it, after Xilinx UG579: A or D + A times B, and P = M + 0, C or
// PCIN. Yosys has the ports of this cell, not its function. What is not modelled stops the simulation.

module DSP48E2 #(
  parameter integer ACASCREG = 1,
  parameter integer ADREG = 1,
  parameter integer ALUMODEREG = 1,
  parameter AMULTSEL = "A",
  parameter integer AREG = 1,
  parameter A_INPUT = "DIRECT",
  parameter integer BCASCREG = 1,
  parameter BMULTSEL = "B",
  parameter integer BREG = 1,
  parameter B_INPUT = "DIRECT",
  parameter integer CARRYINREG = 1,
  parameter integer CARRYINSELREG = 1,
  parameter integer CREG = 1,
  parameter integer DREG = 1,
  parameter integer INMODEREG = 1,
  parameter integer MREG = 1,
  parameter integer OPMODEREG = 1,
  parameter PREADDINSEL = "A",
  parameter integer PREG = 1,
  parameter USE_MULT = "MULTIPLY",
  parameter USE_SIMD = "ONE48",
  // Of outputs that are not modelled, and of pins that nothing inverts.
  parameter AUTORESET_PATDET = "NO_RESET",
  parameter AUTORESET_PRIORITY = "RESET",
  parameter [3:0] IS_ALUMODE_INVERTED = 4'b0000,
  parameter [0:0] IS_CARRYIN_INVERTED = 1'b0,
  parameter [0:0] IS_CLK_INVERTED = 1'b0,
  parameter [4:0] IS_INMODE_INVERTED = 5'b00000,
  parameter [8:0] IS_OPMODE_INVERTED = 9'b000000000,
  parameter [0:0] IS_RSTALLCARRYIN_INVERTED = 1'b0,
  parameter [0:0] IS_RSTALUMODE_INVERTED = 1'b0,
  parameter [0:0] IS_RSTA_INVERTED = 1'b0,
  parameter [0:0] IS_RSTB_INVERTED = 1'b0,
  parameter [0:0] IS_RSTCTRL_INVERTED = 1'b0,
  parameter [0:0] IS_RSTC_INVERTED = 1'b0,
  parameter [0:0] IS_RSTD_INVERTED = 1'b0,
  parameter [0:0] IS_RSTINMODE_INVERTED = 1'b0,
  parameter [0:0] IS_RSTM_INVERTED = 1'b0,
  parameter [0:0] IS_RSTP_INVERTED = 1'b0,
  parameter [47:0] MASK = 48'h3FFFFFFFFFFF,
  parameter [47:0] PATTERN = 48'h000000000000,
  parameter [47:0] RND = 48'h000000000000,
  parameter SEL_MASK = "MASK",
  parameter SEL_PATTERN = "PATTERN",
  parameter USE_PATTERN_DETECT = "NO_PATDET",
  parameter USE_WIDEXOR = "FALSE",
  parameter XORSIMD = "XOR24_48_96"
) (
  output [29:0] ACOUT,
  output [17:0] BCOUT,
  output CARRYCASCOUT,
  output [3:0] CARRYOUT,
  output MULTSIGNOUT,
  output OVERFLOW,
  output [47:0] P,
  output PATTERNBDETECT,
  output PATTERNDETECT,
  output [47:0] PCOUT,
  output UNDERFLOW,
  output [7:0] XOROUT,
  input [29:0] A,
  input [29:0] ACIN,
  input [3:0] ALUMODE,
  input [17:0] B,
  input [17:0] BCIN,
  input [47:0] C,
  input CARRYCASCIN,
  input CARRYIN,
  input [2:0] CARRYINSEL,
  input CEA1, CEA2, CEAD, CEALUMODE, CEB1, CEB2, CEC, CECARRYIN, CECTRL, CED, CEINMODE, CEM, CEP,
  input CLK,
  input [26:0] D,
  input [4:0] INMODE,
  input MULTSIGNIN,
  input [8:0] OPMODE,
  input [47:0] PCIN,
  input RSTA, RSTALLCARRYIN, RSTALUMODE, RSTB, RSTC, RSTCTRL, RSTD, RSTINMODE, RSTM, RSTP
);

  reg [29:0] a1, a2;
  reg [26:0] d1, ad1;
  reg [17:0] b1, b2;
  reg [44:0] m1;
  reg [47:0] c1, p1;

  wire [29:0] a = AREG > 0 ? a2 : A;
  wire [26:0] d = DREG > 0 ? d1 : D;
  wire [17:0] b = BREG > 0 ? b2 : B;
  wire [47:0] c = CREG > 0 ? c1 : C;
  wire signed [26:0] sum = a[26:0] + (INMODE[2] ? d : 27'd0);
  wire signed [26:0] ad = AMULTSEL == "A" ? a[26:0] : ADREG > 0 ? ad1 : sum;
  wire signed [44:0] product = ad * $signed(b);
  wire [44:0] m = MREG > 0 ? m1 : product;
  wire [2:0] z = OPMODE[6:4];
  wire [47:0] p = (z == 3'd0 ? 48'd0 : z == 3'd1 ? PCIN : c) + {{3{m[44]}}, m};

  always @(posedge CLK) begin
    if (CEA1) a1 <= A;
    if (CEA2) a2 <= AREG == 2 ? a1 : A;
    if (CED) d1 <= D;
    if (CEB1) b1 <= B;
    if (CEB2) b2 <= BREG == 2 ? b1 : B;
    if (CEC) c1 <= C;
    if (CEAD) ad1 <= sum;
    if (CEM) m1 <= product;
    if (CEP) p1 <= p;
  end

  assign P = PREG > 0 ? p1 : p;
  assign PCOUT = P;

  wire modelled = OPMODE[8:7] == 2'd0 && OPMODE[3:0] == 4'b0101 && (z == 3'd0 || z == 3'd1 || z == 3'd3)
    && {INMODE[4:3], INMODE[1:0]} == 4'd0 && ALUMODE == 4'd0 && CARRYINSEL == 3'd0 && !CARRYIN
    && A_INPUT == "DIRECT" && B_INPUT == "DIRECT" && BMULTSEL == "B" && PREADDINSEL == "A"
    && INMODEREG == 0 && OPMODEREG == 0 && ALUMODEREG == 0 && CARRYINREG == 0 && CARRYINSELREG == 0
    && {IS_ALUMODE_INVERTED, IS_CARRYIN_INVERTED, IS_CLK_INVERTED, IS_INMODE_INVERTED,
        IS_OPMODE_INVERTED} == 20'd0
    && USE_MULT == "MULTIPLY" && USE_SIMD == "ONE48"
    && {RSTA, RSTALLCARRYIN, RSTALUMODE, RSTB, RSTC, RSTCTRL, RSTD, RSTINMODE, RSTM, RSTP} == 10'd0;
  always @(posedge CLK) if (!modelled) begin
    $display("DSP48E2: a mode that dsp48e2.v does not model");
    $stop;
  end

endmodule
