// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Gives every word of a stream to several takers, each in its own time. The next word is offered
/// in the cycle after the last taker has taken this one, or later. The payload does not pass
/// through here: it is the source's, and holds while `in_ready_o` is low.
///
/// Throughput: a word per two cycles when all take at once.
/// Latency: 0 cycles.
/// Handshake: valid/ready; `in_ready_o` comes from a register.
/// Assumes: none.
module rs_fork #(
  /// Number of takers.
  parameter int unsigned Takers = 2
) (
  /// Clock.
  input logic clk_i,
  /// Synchronous reset, active low.
  input logic rst_ni,

  /// The stream, and each taker.
  input  logic              in_valid_i,
  output logic              in_ready_o,
  output logic [Takers-1:0] out_valid_o,
  input  logic [Takers-1:0] out_ready_i
);

  logic [Takers-1:0] taken_q, taken;

  assign out_valid_o = {Takers{in_valid_i}} & ~taken_q;
  assign taken       = taken_q | (out_valid_o & out_ready_i);
  assign in_ready_o  = &taken_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) taken_q <= '0;
    else taken_q <= in_ready_o ? '0 : taken;
  end

endmodule
