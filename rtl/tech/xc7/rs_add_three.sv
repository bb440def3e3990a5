// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// rs_add_three for Xilinx 7 series, in place of rtl/array/rs_add_three.sv: the same ports and function,
/// in one carry chain, a look-up table a bit. Synthesis tools give two of the numbers an adder of
/// their own.
///
/// Parity p and majority m of three bits are their sum, p[i] + 2 m[i], so the chain adds p[i] and m[i-1]:
///
///   propagate = p[i] ^ m[i-1]      generate = m[i-1]
///
/// LUT5 and LUT4 of a bit read the same five signals: both are one table of a slice (HLUTNM).
///
/// Throughput: a sum per cycle.
/// Latency: none, combinational.
/// Handshake: none.
/// Assumes: no sum leaves its width.
module rs_add_three #(
  /// Width of the numbers and of the sum.
  parameter int unsigned Width = 28
) (
  /// The numbers.
  input  logic signed [Width-1:0] a_i,
  input  logic signed [Width-1:0] b_i,
  input  logic signed [Width-1:0] c_i,
  /// Without the third.
  input  logic without_i,
  /// The sum.
  output logic signed [Width-1:0] sum_o
);

  localparam int unsigned Cells = (Width + 3) / 4;
  localparam int unsigned Bits = 4 * Cells;

  // Tables over {I4, I3, I2, I1, I0} = {m below, without, c, b, a}.
  localparam logic [31:0] PropagateInit = 32'h9969_6696;
  localparam logic [15:0] MajorityInit = 16'h88E8;

  // Sign extended; the majority of bit i has place i + 1.
  logic [Bits-1:0] a, b, c, propagate, sum;
  logic [Bits:0] majority, carry;

  assign a           = Bits'(a_i);
  assign b           = Bits'(b_i);
  assign c           = Bits'(c_i);
  assign majority[0] = 1'b0;
  assign carry[0]    = 1'b0;
  assign sum_o       = sum[Width-1:0];

  for (genvar i = 0; i < Bits; i++) begin : gen_bit
    // A text of two digits.
    localparam logic [15:0] Pair = {8'("0" + i / 10), 8'("0" + i % 10)};
    (* HLUTNM = Pair *)
    LUT5 #(
      .INIT(PropagateInit)
    ) u_propagate (
      .I0(a[i]),
      .I1(b[i]),
      .I2(c[i]),
      .I3(without_i),
      .I4(majority[i]),
      .O (propagate[i])
    );
    (* HLUTNM = Pair *)
    LUT4 #(
      .INIT(MajorityInit)
    ) u_majority (
      .I0(a[i]),
      .I1(b[i]),
      .I2(c[i]),
      .I3(without_i),
      .O (majority[i+1])
    );
  end

  for (genvar i = 0; i < Bits; i += 4) begin : gen_cell
    CARRY4 u_carry (
      .CI    (carry[i]),
      .CYINIT(1'b0),
      .DI    (majority[i+:4]),
      .S     (propagate[i+:4]),
      .O     (sum[i+:4]),
      .CO    (carry[i+4:i+1])
    );
  end

  logic unused;
  assign unused = ^{majority[Bits], carry, sum};

endmodule
