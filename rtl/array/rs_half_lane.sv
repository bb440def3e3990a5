// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// A lane for half-octaves: adds one activation times 0, +-2, 3, 4, 6, 8, 12 or 16 to the sum that
/// comes from the lane before. It multiplies nothing: two, three, four or six times the activation
/// into registers, which a zero clears; then that or four times that and the sign, in the look-up
/// tables of the adder. Three times the activation comes from the edge of the array.
///
/// Throughput: a weight per cycle.
/// Latency: 2 cycles from activation and weight, 1 from the sum.
/// Handshake: none.
/// Assumes: `triple_i` is `act_i` times three.
module rs_half_lane #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Width of the sum that comes in, and of the one that leaves.
  parameter int unsigned InW = 15,
  parameter int unsigned OutW = 16
) (
  /// Clock.
  input  logic clk_i,
  /// Activation, three times that, weight and the sum so far; the sum with their product.
  input  logic signed [ActW-1:0] act_i,
  input  logic signed [ActW+1:0] triple_i,
  input  logic [4:0] code_i,
  input  logic signed [InW-1:0]  sum_i,
  output logic signed [OutW-1:0] sum_o
);

  // Six times a code.
  localparam int unsigned NearW = ActW + 3;

  // Number n of the code stands for (n mod 2 ? 3 : 2) * 2^(n / 2): 2, 3, 4, 6, 8, 12; 16 is number 6.
  logic zero, negative;
  logic [2:0] number;
  assign {zero, negative, number} = code_i;

  logic signed [NearW-1:0] near_q;
  logic far_q, negative_q;

  always_ff @(posedge clk_i) begin
    if (zero) begin
      near_q     <= '0;
      far_q      <= 1'b0;
      negative_q <= 1'b0;
    end else begin
      unique case (number[1:0])
        2'd0: near_q <= NearW'(act_i) <<< 1;
        2'd1: near_q <= NearW'(triple_i);
        2'd2: near_q <= NearW'(act_i) <<< 2;
        2'd3: near_q <= NearW'(triple_i) <<< 1;
      endcase
      far_q      <= number[2];
      negative_q <= negative;
    end
  end

  logic signed [OutW-1:0] sum;
  rs_shift_add #(
    .NearW(NearW),
    .FarW(1),
    .StepW(1),
    .InW(InW),
    .OutW(OutW)
  ) u_add (
    .near_i    (near_q),
    .far_i     (far_q),
    .negative_i(negative_q),
    .sum_i,
    .sum_o     (sum)
  );

  always_ff @(posedge clk_i) sum_o <= sum;

endmodule
