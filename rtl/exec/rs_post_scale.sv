// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Multiplies and shifts right one bit after the other: w = x * factor * 2^Below >>> 2 * shift.
///
/// Throughput: one result at a time.
/// Latency: FactorW + 1 + 2 * shift cycles from `start_i` to `ready_o`.
/// Handshake: `start_i` only while `ready_o`; the result stays until the next start.
/// Assumes: none.
module rs_post_scale #(
  /// Width of x.
  parameter int unsigned Width = 32,
  /// Width of the factor.
  parameter int unsigned FactorW = 18,
  /// Bits below the product.
  parameter int unsigned Below = 15,
  /// Bits of the result.
  parameter int unsigned OutW = 29
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// x, its factor and the shift.
  input  logic                      start_i,
  input  logic signed [Width-1:0]   x_i,
  input  logic signed [FactorW-1:0] factor_i,
  input  logic [4:0]                shift_i,

  /// The result.
  output logic            ready_o,
  output logic [OutW-1:0] w_o,
  /// The exact number is more.
  output logic            more_o,
  /// w does not fit; its sign.
  output logic            over_o,
  output logic            negative_o
);

  localparam int unsigned LowW = FactorW + Below;
  localparam int unsigned LeftW = $clog2(FactorW + 1);

  // The product grows in {high, low}; the factor leaves at the low end, and then the product. The
  // factor's last bit is its sign.
  logic signed [Width-1:0] x_q, addend;
  logic signed [Width:0]   high_q;
  logic signed [Width+1:0] sum;
  logic [LowW-1:0]  low_q;
  logic [LeftW-1:0] factor_left_q;
  logic [5:0]       shift_left_q;
  logic multiplied, subtract;

  assign multiplied = factor_left_q == '0;
  assign subtract   = low_q[0] && factor_left_q == LeftW'(1);
  assign ready_o    = multiplied && shift_left_q == '0;
  assign addend     = multiplied || !low_q[0] ? '0 : subtract ? ~x_q : x_q;
  assign sum = (Width + 2)'(high_q) + (Width + 2)'(addend) + signed'((Width + 2)'(subtract));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      factor_left_q <= '0;
      shift_left_q  <= '0;
    end else if (start_i) begin
      factor_left_q <= LeftW'(FactorW);
      shift_left_q  <= {shift_i, 1'b0};
    end else if (!multiplied) begin
      factor_left_q <= factor_left_q - 1'b1;
    end else if (shift_left_q != '0) begin
      shift_left_q <= shift_left_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      x_q    <= x_i;
      high_q <= '0;
      low_q  <= LowW'(unsigned'(factor_i));
      more_o <= 1'b0;
    end else if (!ready_o) begin
      high_q <= sum[Width+1:1];
      low_q  <= {sum[0], low_q[LowW-1:1]};
      more_o <= more_o || (multiplied && low_q[0]);
    end
  end

  logic [Width+LowW:0] product;
  assign product    = {high_q, low_q};
  assign w_o        = product[OutW-1:0];
  assign negative_o = high_q[Width];
  assign over_o     = product[Width+LowW:OutW-1] != {(Width + LowW - OutW + 2) {negative_o}};

endmodule
