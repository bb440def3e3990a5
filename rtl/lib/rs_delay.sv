// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// A delay line of `Stages` registers, without reset.
///
/// Throughput: a word per cycle.
/// Latency: `Stages` cycles; 0 is a wire.
/// Handshake: none.
/// Assumes: none.
module rs_delay #(
  /// Bits a word.
  parameter int unsigned Width = 8,
  /// Cycles of delay.
  parameter int unsigned Stages = 1
) (
  /// Clock.
  input  logic             clk_i,
  input  logic [Width-1:0] data_i,
  output logic [Width-1:0] data_o
);

  if (Stages == 0) begin : gen_wire
    logic unused_clk;
    assign unused_clk = clk_i;
    assign data_o     = data_i;
  end else begin : gen_line
    logic [Width-1:0] line_q[Stages];
    always_ff @(posedge clk_i) begin
      line_q[0] <= data_i;
      for (int unsigned s = 1; s < Stages; s++) line_q[s] <= line_q[s-1];
    end
    assign data_o = line_q[Stages-1];
  end

endmodule
