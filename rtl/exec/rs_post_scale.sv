// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Multiplies and shifts right one bit after the other: w = x * mult >>> 2 * shift.
///
/// Throughput: one result at a time.
/// Latency: 18 + 2 * shift cycles from `start_i` to `ready_o`.
/// Handshake: `start_i` only while `ready_o`; the result stays until the next start.
/// Assumes: none.
module rs_post_scale #(
  /// Width of x.
  parameter int unsigned Width = 32,
  /// Bits of the result.
  parameter int unsigned OutW = 14
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// x and its factor.
  input  logic                    start_i,
  input  logic signed [Width-1:0] x_i,
  input  rs_pkg::scale_t          scale_i,

  /// The result.
  output logic            ready_o,
  output logic [OutW-1:0] w_o,
  /// w does not fit; its sign.
  output logic            over_o,
  output logic            negative_o
);

  localparam int unsigned Bits = $bits(scale_i.mult);

  // The product grows in {high, low}; the multiplier leaves at the low end, and then the product.
  logic signed [Width-1:0] x_q;
  logic signed [Width:0]   high_q;
  logic signed [Width+1:0] sum;
  logic [Bits-1:0] low_q;
  logic [4:0]      mult_left_q;
  logic [5:0]      shift_left_q;
  logic mult_done;

  assign mult_done = mult_left_q == '0;
  assign ready_o   = mult_done && shift_left_q == '0;
  assign sum = !mult_done && low_q[0] ? (Width + 2)'(high_q) + (Width + 2)'(x_q)
                                      : (Width + 2)'(high_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mult_left_q  <= '0;
      shift_left_q <= '0;
    end else if (start_i) begin
      mult_left_q  <= 5'(Bits);
      shift_left_q <= {scale_i.shift, 1'b0};
    end else if (!mult_done) begin
      mult_left_q <= mult_left_q - 1'b1;
    end else if (shift_left_q != '0) begin
      shift_left_q <= shift_left_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      x_q    <= x_i;
      high_q <= '0;
      low_q  <= scale_i.mult;
    end else if (!ready_o) begin
      high_q <= sum[Width+1:1];
      low_q  <= {sum[0], low_q[Bits-1:1]};
    end
  end

  logic [Width+Bits:0] product;
  assign product    = {high_q, low_q};
  assign w_o        = product[OutW-1:0];
  assign negative_o = high_q[Width];
  assign over_o     = product[Width+Bits:OutW-1] != {(Width + Bits - OutW + 2) {negative_o}};

endmodule
