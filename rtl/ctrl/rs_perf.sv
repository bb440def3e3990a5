// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Performance counters: each counts the cycles in which its strobe is high. Cleared and enabled
// together.

module rs_perf #(
  /// Number of counters.
  parameter int unsigned Counters = 12
) (
  /// Clock.
  input  logic                      clk_i,
  /// Synchronous reset, active low.
  input  logic                      rst_ni,
  /// Set all to zero.
  input  logic                      clear_i,
  /// Strobes.
  input  logic [Counters-1:0]       strobe_i,
  /// Counts; they wrap.
  output logic [Counters-1:0][31:0] count_o
);

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      count_o <= '0;
    end else begin
      for (int unsigned k = 0; k < Counters; k++) begin
        if (strobe_i[k]) count_o[k] <= count_o[k] + 32'd1;
      end
    end
  end

endmodule
