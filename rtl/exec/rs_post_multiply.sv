// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Multiplies the biased sum of post-processing, 32 bits, by its factor, in pieces that a multiplier
/// block of 18 x 18 bits takes: the low 17 bits of x, and of a wide factor, go apart. With MultW 1 the
/// factor is 0, 1 or 2, and there is no multiplier.
///
/// Throughput: a product per cycle.
/// Latency: 3 cycles; a multiplier block takes all registers and the addition.
/// Handshake: none.
/// Assumes: |factor| is less than 2^(MultW + 1).
module rs_post_multiply #(
  /// Bits of a multiplier: 1, 16 or 32.
  parameter int unsigned MultW = 16
) (
  /// Clock.
  input  logic clk_i,

  /// The factors.
  input  logic signed [31:0]       x_i,
  input  logic signed [MultW+1:0]  factor_i,
  /// After 3 cycles.
  output logic signed [MultW+32:0] product_o
);

  `RS_PARAM_CHECK(MultW, MultW inside {1, 16, 32}, "MultW must be 1, 16 or 32")

  localparam int unsigned LowW = 17;
  localparam int unsigned HighW = 32 - LowW;
  localparam int unsigned FactorW = MultW + 2;

  logic signed [31:0]        x_q;
  logic signed [FactorW-1:0] factor_q;
  always_ff @(posedge clk_i) begin
    x_q      <= x_i;
    factor_q <= factor_i;
  end

  logic signed [LowW:0]    x_low;
  logic signed [HighW-1:0] x_high;
  assign x_low  = signed'({1'b0, x_q[LowW-1:0]});
  assign x_high = x_q[31:LowW];

  if (MultW == 1) begin : gen_shift
    logic signed [MultW+32:0] once, twice, product_q;
    assign once  = (MultW + 33)'(x_q);
    assign twice = {x_q[31], x_q, 1'b0};
    always_ff @(posedge clk_i) begin
      product_q <= factor_q[1] ? twice : factor_q[0] ? once : '0;
      product_o <= product_q;
    end
    logic unused_parts;
    assign unused_parts = ^{x_low, x_high, factor_q};
  end else if (MultW == 16) begin : gen_narrow
    logic signed [LowW+FactorW-1:0] low_q;
    logic signed [HighW+MultW:0] high_q, sum;

    assign sum = high_q + (HighW + MultW + 1)'(signed'(low_q[LowW+FactorW-1:LowW]));

    always_ff @(posedge clk_i) begin
      low_q     <= x_low * factor_q;
      high_q    <= x_high * factor_q;
      product_o <= {sum, low_q[LowW-1:0]};
    end
  end else begin : gen_wide
    localparam int unsigned UpperW = FactorW - LowW;
    logic signed [LowW:0]     factor_low;
    logic signed [UpperW-1:0] factor_high;
    assign factor_low  = signed'({1'b0, factor_q[LowW-1:0]});
    assign factor_high = factor_q[FactorW-1:LowW];

    logic [2*LowW-1:0]               low_low_q;
    logic signed [LowW+UpperW:0]     low_high_q;
    logic signed [HighW+LowW:0]      high_low_q;
    logic signed [HighW+UpperW-1:0]  high_high_q;
    logic signed [LowW+UpperW+1:0]   middle;
    logic signed [HighW+UpperW+LowW-1:0] upper;

    assign middle = (LowW + UpperW + 2)'(low_high_q) + (LowW + UpperW + 2)'(high_low_q);
    assign upper  = signed'({high_high_q, low_low_q[2*LowW-1:LowW]})
                  + (HighW + UpperW + LowW)'(middle);

    always_ff @(posedge clk_i) begin
      low_low_q   <= x_q[LowW-1:0] * factor_q[LowW-1:0];
      low_high_q  <= x_low * factor_high;
      high_low_q  <= x_high * factor_low;
      high_high_q <= x_high * factor_high;
      product_o   <= (MultW + 33)'(signed'({upper, low_low_q[LowW-1:0]}));
    end
  end

endmodule
