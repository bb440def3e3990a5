// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Post-processing of one channel: bias, multiplier, rounding shift, residual, bounds
/// (`post_process` in tools/net/numerics.hpp):
///
///   u = round_shift((acc + bias) * mult, shift)
///   v = round_shift((residual - res_zero) * res_mult, res_shift)
///   y = clamp(u + v + out_zero, lo, hi)
///
/// round_shift(x, s) rounds half up. It is built as ({x, 0} >>> s), whose lowest bit is then the
/// rounding bit: x >>> s plus the last bit shifted out; nothing is added before the shift.
///
/// Throughput: a pixel a cycle. Latency: 6 cycles. Handshake: none.
/// Each input is sampled in the cycle of the stage that uses it, see the comments; the caller delays
/// what belongs to an operation.
module rs_post_lane #(
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Accumulator width.
  parameter int unsigned AccW = 28
) (
  input  logic clk_i,

  /// Stage 1.
  input  logic signed [AccW-1:0] acc_i,
  input  logic signed [31:0]     bias_i,
  input  logic [15:0]            mult_i,
  input  logic [5:0]             shift_i,
  input  logic signed [ActW-1:0] residual_i,
  input  logic signed [ActW-1:0] res_zero_i,
  /// Stage 2; 0 without a residual.
  input  logic [15:0]            res_mult_i,
  /// Stage 4.
  input  logic [4:0]             res_shift_i,
  /// Stage 5.
  input  logic signed [ActW-1:0] out_zero_i,
  /// Stage 6.
  input  logic signed [ActW-1:0] lo_i,
  input  logic signed [ActW-1:0] hi_i,

  /// After 6 cycles.
  output logic [ActW-1:0]        code_o
);

  // acc + bias fits in 32 bits (proved by the compiler), times 16 unsigned bits: 48.
  localparam int unsigned ProdW = 48;
  // (r - zero) has a bit more than r; times 16 unsigned bits.
  localparam int unsigned DiffW = ActW + 1;
  localparam int unsigned ResW = DiffW + 16;
  // The sum of a 48-bit, a ResW-bit and an ActW-bit number.
  localparam int unsigned SumW = ProdW + 2;

  // 1: bias, residual's zero point.
  logic signed [31:0]      biased_q;
  logic signed [DiffW-1:0] diff_q;
  logic [15:0]             mult1_q;
  logic [5:0] shift1_q, shift2_q, shift3_q;
  // 2 and 3: products, registered twice so that a DSP block can take both registers.
  logic signed [ProdW-1:0] prod2_q, prod3_q;
  logic signed [ResW-1:0] res2_q, res3_q;
  // 4: shifts, one more bit at the bottom.
  logic signed [ProdW:0]   scaled_q;
  logic signed [ResW:0]    res_scaled_q;
  // 5: roundings and sum.
  logic signed [SumW-1:0]  sum_q;

  always_ff @(posedge clk_i) begin
    biased_q <= 32'(acc_i) + bias_i;
    diff_q   <= DiffW'(residual_i) - DiffW'(res_zero_i);
    mult1_q  <= mult_i;
    shift1_q <= shift_i;

    prod2_q  <= biased_q * signed'({1'b0, mult1_q});
    res2_q   <= diff_q * signed'({1'b0, res_mult_i});
    shift2_q <= shift1_q;

    prod3_q  <= prod2_q;
    res3_q   <= res2_q;
    shift3_q <= shift2_q;

    scaled_q     <= signed'({prod3_q, 1'b0}) >>> shift3_q;
    res_scaled_q <= signed'({res3_q, 1'b0}) >>> res_shift_i;

    sum_q <= SumW'(signed'(scaled_q[ProdW:1])) + SumW'(signed'(res_scaled_q[ResW:1]))
           + SumW'(out_zero_i)
           + signed'({(SumW)'(scaled_q[0])}) + signed'({(SumW)'(res_scaled_q[0])});

    if (sum_q < SumW'(lo_i)) code_o <= lo_i;
    else if (sum_q > SumW'(hi_i)) code_o <= hi_i;
    else code_o <= sum_q[ActW-1:0];
  end

endmodule
