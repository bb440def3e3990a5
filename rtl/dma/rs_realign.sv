// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Moves the bytes of a packet of beats by a constant distance upwards:
//   prime = 0: out[k] = {in[k], in[k-1]} << 8*shift, high word; in[-1] is undefined
//   prime = 1: the first beat is only kept, so out[k] is made of in[k+1] and in[k]
// With flush, one more beat follows the last input beat. A read whose first byte is in lane o uses
// shift = -o mod bytes and prime = (o != 0); a write uses shift = o and prime = 0.
// One beat a cycle, no latency; the flush beat takes a cycle of its own. The command must stay
// until cmd_ready_o, which comes with the last output beat. A primed packet of one beat must flush.

`include "rs_assert.svh"

module rs_realign #(
  /// Bits of a beat.
  parameter int unsigned DataW = 64,
  /// Bits of a byte number. Derived.
  localparam int unsigned ByteW = $clog2(DataW / 8)
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// Command of a packet, see above.
  input  logic             cmd_valid_i,
  output logic             cmd_ready_o,
  input  logic [ByteW-1:0] cmd_shift_i,
  input  logic             cmd_prime_i,
  input  logic             cmd_flush_i,
  /// Input beats; last ends the packet.
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [DataW-1:0] in_data_i,
  input  logic             in_last_i,
  /// Output beats.
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [DataW-1:0] out_data_o,
  output logic             out_first_o,
  output logic             out_last_o
);

  logic primed_q, begun_q, flush_q;  // prime beat kept; output begun; flush beat due
  logic [DataW-1:0] prev_q;
  logic prime, take, give;
  logic [2*DataW-1:0] shifted;

  assign prime       = cmd_prime_i && !primed_q;
  assign out_valid_o = cmd_valid_i && (flush_q || (in_valid_i && !prime));
  assign in_ready_o  = cmd_valid_i && !flush_q && (prime || out_ready_i);
  assign shifted     = {in_data_i, prev_q} << {cmd_shift_i, 3'b000};
  assign out_data_o  = shifted[2*DataW-1:DataW];
  assign out_first_o = !begun_q;
  assign out_last_o  = flush_q || (in_last_i && !cmd_flush_i);

  assign take        = in_valid_i && in_ready_o;
  assign give        = out_valid_o && out_ready_i;
  assign cmd_ready_o = give && out_last_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      primed_q <= 1'b0;
      begun_q  <= 1'b0;
      flush_q  <= 1'b0;
    end else begin
      if (cmd_ready_o) primed_q <= 1'b0;
      else if (take) primed_q <= 1'b1;
      if (give) begun_q <= !out_last_o;
      if (cmd_ready_o) flush_q <= 1'b0;
      else if (take && in_last_i) flush_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) prev_q <= in_data_i;
  end

  `RS_ASSERT(FlushOnlyIfAsked, !flush_q || cmd_flush_i)
  `RS_ASSERT(PrimedGivesABeat, !(take && prime && in_last_i) || cmd_flush_i)

  logic unused_shifted;
  assign unused_shifted = ^shifted[DataW-1:0];

endmodule
