// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Counts the tokens between the engines: a count for each direction. Counts stop at their maximum:
/// a program that gives more is wrong anyway.
///
/// Throughput: a token in and a token out per cycle and direction.
/// Latency: 1 cycle until a given token shows; a token that was taken is gone 1 cycle later.
/// Handshake: pulses; a token is taken only while `avail_o`.
/// Assumes: no token moves in the cycle of `init_i`.
module rs_tokens #(
  /// Number of counters.
  parameter int unsigned Counters = 5,
  /// Bits of a count.
  parameter int unsigned CountW = 8
) (
  /// Clock.
  input  logic                            clk_i,
  /// Synchronous reset, active low.
  input  logic                            rst_ni,
  /// Set the counts; no token moves in that cycle.
  input  logic                            init_i,
  input  logic [Counters-1:0][CountW-1:0] init_count_i,
  /// A token is given.
  input  logic [Counters-1:0]             post_i,
  /// A token is taken; only while avail_o.
  input  logic [Counters-1:0]             take_i,
  /// A token is there.
  output logic [Counters-1:0]             avail_o
);

  for (genvar k = 0; k < Counters; k++) begin : gen_counter
    logic [CountW-1:0] count_q, change;
    logic up, down;

    logic avail_q;

    assign avail_o[k] = avail_q;
    assign up         = post_i[k] && !take_i[k] && !(&count_q);
    assign down       = take_i[k] && !post_i[k];
    assign change     = {{(CountW - 1) {down}}, up || down};

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        count_q <= '0;
        avail_q <= 1'b0;
      end else begin
        count_q <= (init_i ? init_count_i[k] : count_q) + change;
        avail_q <= count_q != '0 && !take_i[k];
      end
    end

    `RS_ASSERT(TakeOnlyIfThere, !take_i[k] || avail_o[k])
    `RS_ASSERT(QuietAtInit, !init_i || !(post_i[k] || take_i[k]))
  end

endmodule
