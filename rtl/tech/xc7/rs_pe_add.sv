// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// rs_pe_add for Xilinx 7 series, in place of rtl/array/rs_pe_add.sv: the same ports, function and
/// latency, three numbers in one carry chain, a look-up table a bit. Synthesis tools give two of
/// them an adder of their own.
///
/// Parity p and majority m of three bits are their sum, p[i] + 2 m[i], so the chain adds p[i] and m[i-1]:
///
///   propagate = p[i] ^ m[i-1]      generate = m[i-1]
///
/// LUT5 and LUT4 of a bit read the same five signals: both are one table of a slice (HLUTNM).
///
/// Throughput: a sum per cycle.
/// Latency: 1 cycle from the chains; none from accumulator and `fresh_i`.
/// Handshake: none.
/// Assumes: no sum leaves its width.
module rs_pe_add #(
  /// Width of a half, of both together and of the accumulator.
  parameter int unsigned HalfW = 17,
  parameter int unsigned SumW  = 18,
  parameter int unsigned AccW  = 28,
  /// Width of a code.
  parameter int unsigned CodeW = 8
) (
  /// Clock.
  input  logic clk_i,
  /// The halves.
  input  logic signed [HalfW-1:0] half_i[2],
  /// The accumulator, and that it counts as 0.
  input  logic signed [ AccW-1:0] acc_i,
  input  logic fresh_i,
  /// All together.
  output logic signed [ AccW-1:0] sum_o,
  /// Of halves of which one is 0: the other is greater than the accumulator, both as codes.
  output logic greater_o
);

  localparam int unsigned Chains = (AccW + 3) / 4;
  localparam int unsigned Bits = 4 * Chains;

  `RS_PARAM_CHECK(Widths, HalfW <= SumW && SumW <= AccW && CodeW <= HalfW,
                  "CodeW, HalfW, SumW, AccW must not fall")

  // Tables over {I4, I3, I2, I1, I0} = {m below, fresh, accumulator, half, half}.
  localparam logic [31:0] PropagateInit = 32'h9969_6696;
  localparam logic [15:0] MajorityInit = 16'h88E8;

  logic signed [HalfW-1:0] half_q[2];

  always_ff @(posedge clk_i) half_q <= half_i;

  // Sign extended; the majority of bit i has place i + 1.
  logic [Bits-1:0] low, high, acc, propagate, sum;
  logic [  Bits:0] majority;
  logic [Chains:0] carry;

  assign low         = Bits'(half_q[0]);
  assign high        = Bits'(half_q[1]);
  assign acc         = Bits'(acc_i);
  assign majority[0] = 1'b0;
  assign carry[0]    = 1'b0;

  for (genvar i = 0; i < Bits; i++) begin : gen_bit
    // A text of two digits.
    localparam logic [15:0] Pair = {8'("0" + i / 10), 8'("0" + i % 10)};
    (* HLUTNM = Pair *)
    LUT5 #(
      .INIT(PropagateInit)
    ) u_propagate (
      .I0(low[i]),
      .I1(high[i]),
      .I2(acc[i]),
      .I3(fresh_i),
      .I4(majority[i]),
      .O (propagate[i])
    );
    (* HLUTNM = Pair *)
    LUT4 #(
      .INIT(MajorityInit)
    ) u_majority (
      .I0(low[i]),
      .I1(high[i]),
      .I2(acc[i]),
      .I3(fresh_i),
      .O (majority[i+1])
    );
  end

  for (genvar i = 0; i < Chains; i++) begin : gen_chain
    logic [3:0] carries;
    CARRY4 u_carry (
      .CI    (carry[i]),
      .CYINIT(1'b0),
      .DI    (majority[4*i+:4]),
      .S     (propagate[4*i+:4]),
      .O     (sum[4*i+:4]),
      .CO    (carries)
    );
    assign carry[i+1] = carries[3];
  end

  assign sum_o = sum[AccW-1:0];

  // Below the sign: the accumulator is greater or equal. Where bits differ the accumulator's decides.
  localparam int unsigned Steps = (CodeW + 2) / 4;
  logic [4*Steps-1:0] code, own, same, not_less;

  assign code = (4 * Steps)'(low[CodeW-2:0] | high[CodeW-2:0]);
  assign own  = (4 * Steps)'(acc[CodeW-2:0]);
  assign same = ~(code ^ own);

  for (genvar i = 0; i < Steps; i++) begin : gen_compare
    logic [3:0] unused_sum;
    CARRY4 u_carry (
      .CI    (i == 0 ? 1'b0 : not_less[4*i-1]),
      .CYINIT(i == 0),
      .DI    (own[4*i+:4]),
      .S     (same[4*i+:4]),
      .O     (unused_sum),
      .CO    (not_less[4*i+:4])
    );
  end

  logic sign;
  assign sign      = low[CodeW-1] | high[CodeW-1];
  assign greater_o = sign == acc[CodeW-1] ? !not_less[CodeW-2] : acc[CodeW-1];

  logic unused;
  assign unused = ^{majority[Bits], carry[Chains], sum, not_less};

endmodule
