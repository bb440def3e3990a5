// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Performance counters: each counts the cycles in which its strobe is high. The counts are in a
/// memory of 16-bit halves, which are visited in turn; between two visits a few bits of each
/// counter add up here. All are cleared together.
///
/// Throughput: a strobe per counter and cycle; a visit per 32 cycles.
/// Latency: a count is read when its turn comes, within 36 cycles.
/// Handshake: `low_o` and the cycle after it have the halves of the count asked for.
/// Assumes: none.
module rs_perf #(
  /// Number of counters, at most 16.
  parameter int unsigned Counters = 13
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low.
  input  logic                rst_ni,
  /// Set all to zero.
  input  logic                clear_i,
  /// Strobes.
  input  logic [Counters-1:0] strobe_i,
  /// The count to read. Its low half is on half_o when low_o is high, its high half in the cycle
  /// after; all strobes before the first read_i are in it. Counts wrap.
  input  logic                read_i,
  input  logic [3:0]          index_i,
  output logic                low_o,
  output logic [15:0]         half_o
);

  `RS_PARAM_CHECK(Counters, Counters <= 16, "Counters must be at most 16")

  localparam int unsigned TurnW = 5;  // number of the counter and of its half
  localparam int unsigned PartW = TurnW + 1;

  logic [TurnW-1:0] turn_q, sum_turn_q;
  logic clearing_q, carry_q, carry, high;
  logic [1:0] read_q;
  logic [Counters-1:0] strobe_q;
  logic [15:0] old, sum;
  logic [Counters-1:0][PartW-1:0] part_q;
  logic [15:0][PartW-1:0]         parts;
  logic [PartW-1:0]               taken_q;  // the part that the low half adds

  rs_ram_1r1w #(
    .Width(16),
    .Depth(2 ** TurnW)
  ) u_counts (
    .clk_i,
    .write_i(1'b1),
    .waddr_i(sum_turn_q),
    .wdata_i(sum),
    .read_i (1'b1),
    .raddr_i(turn_q),
    .rdata_o(old)
  );

  assign high  = sum_turn_q[0];
  assign parts = (16 * PartW)'(part_q);
  assign {carry, sum} = (clearing_q ? 17'd0 : 17'(old)) +
                        (high ? 17'(carry_q) : 17'(taken_q));

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) turn_q <= '0;
    else turn_q <= turn_q + TurnW'(1);
    sum_turn_q <= turn_q;
    taken_q    <= parts[turn_q[TurnW-1:1]];
    carry_q    <= carry;
    half_o     <= sum;
    low_o      <= read_q[1] && sum_turn_q == {index_i, 1'b0};
  end

  // Strobes come late in their cycle.
  always_ff @(posedge clk_i) begin
    strobe_q <= rst_ni && !clear_i ? strobe_i : '0;
    read_q   <= {read_q[0], read_i};
  end

  // Clearing lasts a round, in which the strobes count already.
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) clearing_q <= 1'b1;
    else if (&sum_turn_q && turn_q == '0) clearing_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned k = 0; k < Counters; k++) begin
      if (!rst_ni || clear_i) part_q[k] <= '0;
      else if (turn_q == {4'(k), 1'b0}) part_q[k] <= PartW'(strobe_q[k]);
      else part_q[k] <= part_q[k] + PartW'(strobe_q[k]);
    end
  end

endmodule
