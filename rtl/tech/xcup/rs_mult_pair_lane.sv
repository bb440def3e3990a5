// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// rs_mult_pair_lane for UltraScale+, in place of rtl/array/rs_mult_pair_lane.sv: the same ports, function
/// and latency, in one DSP48E2. Its pre-adder makes one number of both activations, and the sums of a
/// chain go from slice to slice on wires of their own.
///
/// Throughput: a weight per cycle.
/// Latency: 4 cycles from activations and weight, 1 from the sum.
/// Handshake: none.
/// Assumes: `sum_i` is `sum_o` of the lane before.
module rs_mult_pair_lane #(
  /// The lane's place in its chain: nothing comes in; the sum leaves the slices.
  parameter bit First = 1'b0,
  parameter bit Last = 1'b0
) (
  /// Clock.
  input  logic clk_i,
  /// Activations, the weight and the sum so far; the sum with their products.
  input  logic signed [7:0] low_i,
  input  logic signed [7:0] high_i,
  input  logic signed [7:0] weight_i,
  input  logic signed [rs_pkg::PairSumW-1:0] sum_i,
  output logic signed [rs_pkg::PairSumW-1:0] sum_o
);

  // What the slice computes (UG579): P = Z + M with Z = 0 or PCIN; M = (D + A) * B; D, and all registers
  // of A and B but the first one of A, are used.
  localparam logic [8:0] Operation = First ? 9'b00_000_01_01 : 9'b00_001_01_01;
  localparam logic [4:0] Inputs = 5'b00100;

  logic [47:0] sum, next_sum;

  DSP48E2 #(
    .AMULTSEL("AD"),
    .AREG(1),
    .ACASCREG(1),
    .DREG(1),
    .ADREG(1),
    .BREG(2),
    .BCASCREG(2),
    .MREG(1),
    .PREG(1),
    .CREG(1),
    .INMODEREG(0),
    .OPMODEREG(0),
    .ALUMODEREG(0),
    .CARRYINREG(0),
    .CARRYINSELREG(0)
  ) u_slice (
    .CLK(clk_i),
    .A({{4{high_i[7]}}, high_i, 18'd0}),
    .D({{19{low_i[7]}}, low_i}),
    .B({{10{weight_i[7]}}, weight_i}),
    .C('1),
    .PCIN(First ? '0 : sum_i),
    .P(sum),
    .PCOUT(next_sum),
    .INMODE(Inputs),
    .OPMODE(Operation),
    .ALUMODE('0),
    .CARRYIN(1'b0),
    .CARRYINSEL('0),
    .ACIN('0),
    .BCIN('0),
    .CARRYCASCIN(1'b0),
    .MULTSIGNIN(1'b0),
    .CEA1(1'b1),
    .CEA2(1'b1),
    .CEAD(1'b1),
    .CEALUMODE(1'b1),
    .CEB1(1'b1),
    .CEB2(1'b1),
    .CEC(1'b0),
    .CECARRYIN(1'b1),
    .CECTRL(1'b1),
    .CED(1'b1),
    .CEINMODE(1'b1),
    .CEM(1'b1),
    .CEP(1'b1),
    .RSTA(1'b0),
    .RSTALLCARRYIN(1'b0),
    .RSTALUMODE(1'b0),
    .RSTB(1'b0),
    .RSTC(1'b0),
    .RSTCTRL(1'b0),
    .RSTD(1'b0),
    .RSTINMODE(1'b0),
    .RSTM(1'b0),
    .RSTP(1'b0),
    .ACOUT(),
    .BCOUT(),
    .CARRYCASCOUT(),
    .CARRYOUT(),
    .MULTSIGNOUT(),
    .OVERFLOW(),
    .PATTERNBDETECT(),
    .PATTERNDETECT(),
    .UNDERFLOW(),
    .XOROUT()
  );

  assign sum_o = Last ? sum : next_sum;

endmodule
