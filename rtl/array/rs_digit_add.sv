// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Adds an activation times a digit, -2 to 2, to a sum: one carry chain with the shift, the sign and
/// the zero in its look-up tables, where a look-up table has six inputs. A module of its own,
/// without registers, so that synthesis merges them.
///
///   sum_o = sum_i + (negative ? -1 : 1) * (zero ? 0 : act_i << twice)
///
/// Latency: 0 cycles, combinational.
module rs_digit_add #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Width of the sum that comes in, and of the one that leaves.
  parameter int unsigned InW = 15,
  parameter int unsigned OutW = 16
) (
  /// The activation, the digit, the sums. A zero is not negative.
  input  logic signed [ActW-1:0] act_i,
  input  rs_pkg::digit_t         digit_i,
  input  logic signed [InW-1:0]  sum_i,
  output logic signed [OutW-1:0] sum_o
);

  logic signed [OutW-1:0] act, inverted, sum_in;
  logic carry;

  assign act      = OutW'(act_i);
  assign inverted = ((digit_i.twice ? act <<< 1 : act) & {OutW{!digit_i.zero}})
                    ^ {OutW{digit_i.negative}};
  assign sum_in   = OutW'(sum_i);

  // As in rs_shift_add.
  assign {sum_o, carry} = {sum_in, digit_i.negative} + {inverted, digit_i.negative};

  logic unused_carry;
  assign unused_carry = carry;

endmodule
