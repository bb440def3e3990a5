// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The second half of a shift lane: shifts by a multiple of 2^StepW, negates, adds. One carry chain
/// with the shift and the sign in its look-up tables, where a look-up table has five inputs. A
/// module of its own, without registers, so that synthesis merges them.
///
///   sum_o = sum_i + (negative_i ? -1 : 1) * (near_i << 2^StepW * far_i)
///
/// Latency: 0 cycles, combinational.
module rs_shift_add #(
  /// Width of the activation after the first shift.
  parameter int unsigned NearW = 11,
  /// Width of the second shift, and how many of its lower bits are zero.
  parameter int unsigned FarW = 1,
  parameter int unsigned StepW = 2,
  /// Width of the sum that comes in, and of the one that leaves.
  parameter int unsigned InW = 15,
  parameter int unsigned OutW = 16
) (
  /// The activation after the first shift, the second shift, the sign, the sums.
  input  logic signed [NearW-1:0] near_i,
  input  logic [FarW-1:0]         far_i,
  input  logic                    negative_i,
  input  logic signed [InW-1:0]   sum_i,
  output logic signed [OutW-1:0]  sum_o
);

  logic signed [OutW-1:0] inverted, sum_in;
  logic carry;

  assign inverted = (OutW'(near_i) <<< {far_i, {StepW{1'b0}}}) ^ {OutW{negative_i}};
  assign sum_in   = OutW'(sum_i);

  // -x is the inverted x plus one: the bit below the lowest makes it the carry into the chain. The
  // plain sum is the first operand, so that the carry multiplexer can take it past the look-up table.
  assign {sum_o, carry} = {sum_in, negative_i} + {inverted, negative_i};

  logic unused_carry;
  assign unused_carry = carry;

endmodule
