// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A skid buffer: cuts every path between its two sides.
///
/// Throughput: a word per cycle.
/// Latency: 1 cycle.
/// Handshake: valid/ready; valid, data and ready all come from registers.
/// Assumes: none.
module rs_skid #(
  /// Bits of a word.
  parameter int unsigned Width = 8
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// Input stream.
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,
  /// Output stream.
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  logic out_valid_q, spare_valid_q;
  logic [Width-1:0] out_q, spare_q;
  logic load;

  assign in_ready_o  = !spare_valid_q;
  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_q;
  assign load        = out_ready_i || !out_valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      out_valid_q   <= 1'b0;
      spare_valid_q <= 1'b0;
    end else begin
      if (load) out_valid_q <= spare_valid_q || in_valid_i;
      spare_valid_q <= !load && (spare_valid_q || in_valid_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (load) out_q <= spare_valid_q ? spare_q : in_data_i;
    if (in_ready_o) spare_q <= in_data_i;
  end

  `RS_ASSERT(SpareBehindOut, !spare_valid_q || out_valid_q)
  `RS_ASSERT_STABLE(OutStable, out_valid_o, out_ready_i, out_data_o)

endmodule
