// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// An upper bound for codes: those above it become it.
///
/// Throughput: all codes per cycle.
/// Latency: 1 cycle.
/// Handshake: none; the cut comes a cycle before its codes.
/// Assumes: none.
module rs_code_bound #(
  /// Codes at once.
  parameter int unsigned Codes = 16,
  /// Activation width.
  parameter int unsigned ActW = 8
) (
  /// Clock.
  input  logic                       clk_i,
  /// How far below the highest code the bound is.
  input  logic [ActW-1:0]            cut_i,
  input  logic [Codes-1:0][ActW-1:0] code_i,
  output logic [Codes-1:0][ActW-1:0] code_o
);

  // Many loads: a register of its own (`keep`: not to be merged with those of other columns).
  (* keep *)
  logic signed [ActW-1:0] bound_q;
  always_ff @(posedge clk_i) bound_q <= {cut_i[ActW-1], ~cut_i[ActW-2:0]};

  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < Codes; i++) begin
      code_o[i] <= signed'(code_i[i]) > bound_q ? bound_q : code_i[i];
    end
  end

endmodule
