// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A FIFO with first-word fall-through and a registered output. Its storage is meant for
/// distributed RAM: the read is asynchronous, into the output register.
///
/// Throughput: a word in and a word out per cycle.
/// Latency: 1 cycle when empty.
/// Handshake: valid/ready; `in_ready_o` and `out_valid_o` depend on registers only.
/// Assumes: none.
module rs_fifo #(
  /// Bits of a word.
  parameter int unsigned Width = 8,
  /// Words it holds, at least 2.
  parameter int unsigned Depth = 4
) (
  /// Clock.
  input  logic              clk_i,
  /// Synchronous reset, active low.
  input  logic              rst_ni,
  /// Input stream.
  input  logic              in_valid_i,
  output logic              in_ready_o,
  input  logic [Width-1:0]  in_data_i,
  /// Output stream.
  output logic              out_valid_o,
  input  logic              out_ready_i,
  output logic [Width-1:0]  out_data_o
);

  `RS_PARAM_CHECK(Depth, Depth >= 2, "Depth must be at least 2")

  // The memory, one word less than Depth: the output register holds the other.
  localparam int unsigned MemDepth = Depth - 1;
  localparam int unsigned CountW = $clog2(Depth + 1);
  localparam int unsigned PtrW = (MemDepth > 1) ? $clog2(MemDepth) : 1;
  localparam logic [PtrW-1:0] PtrLast = PtrW'(MemDepth - 1);

  logic [Width-1:0]  mem [MemDepth];
  logic [Width-1:0]  out_q;
  logic [PtrW-1:0] wptr_q, rptr_q;
  logic [CountW-1:0] count_q;
  logic valid_q, full_q;
  logic push, pop, load, mem_used, mem_push, mem_pop;

  assign in_ready_o  = !full_q;
  assign out_valid_o = valid_q;
  assign out_data_o  = out_q;

  assign push     = in_valid_i && in_ready_o;
  assign pop      = valid_q && out_ready_i;
  assign load     = pop || !valid_q;
  assign mem_used = count_q > CountW'(1);
  assign mem_pop  = load && mem_used;
  assign mem_push = push && !(load && !mem_used);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
      valid_q <= 1'b0;
      full_q  <= 1'b0;
      wptr_q  <= '0;
      rptr_q  <= '0;
    end else begin
      // The flags are told from the count before: a sum would come late.
      count_q <= count_q + CountW'(push) - CountW'(pop);
      valid_q <= push || mem_used || (valid_q && !out_ready_i);
      full_q  <= !pop && (full_q || (push && count_q == CountW'(Depth - 1)));
      if (mem_push) wptr_q <= (wptr_q == PtrLast) ? '0 : wptr_q + PtrW'(1);
      if (mem_pop) rptr_q <= (rptr_q == PtrLast) ? '0 : rptr_q + PtrW'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (mem_push) mem[wptr_q] <= in_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (mem_pop) out_q <= mem[rptr_q];
    else if (load && push) out_q <= in_data_i;
  end

  // A bit wider: else the comparison is constant where Depth is 2^n - 1.
  `RS_ASSERT(NoOverflow, {1'b0, count_q} <= (CountW + 1)'(Depth))
  `RS_ASSERT(FlagsAgree, valid_q == (count_q != '0) && full_q == (count_q == CountW'(Depth)))
  `RS_ASSERT_STABLE(OutStable, out_valid_o, out_ready_i, out_data_o)

endmodule
