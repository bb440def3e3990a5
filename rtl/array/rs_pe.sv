// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// One PE of the array: C lanes and an accumulator, for one output channel of one pixel. The lanes
/// stand in chains of up to 8: each adds its product to the sum of the lane before, a cycle later,
/// so that the adder and the second half of the shift share their look-up tables and no tree is
/// needed.
///
/// Throughput: a tile per cycle.
/// Latency: activations, weights and control leave for the next PE after 1 cycle; `acc_o` with
/// `done_o` comes 1 cycle after the control of the last tile.
/// Handshake: none; the pipeline is free-running, and the issuer knows it. There is no reset:
/// rs_array empties itself.
/// Assumes: lane c's activation and weight come `c mod chain_length` cycles after lane 0's, the
/// control `sum_delay` cycles after lane 0's (both in rs_pkg); the compiler proved that no partial
/// sum leaves AccW bits; in max mode tiles are identity tiles, so that a sum is an activation.
module rs_pe #(
  /// Lanes; a power of two, at least 2.
  parameter int unsigned C = 16,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Weight format.
  parameter int unsigned ExpN = 7,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  /// Derived.
  localparam int unsigned LaneW = rs_spec_pkg::lane_width(ExpN)
) (
  /// Clock.
  input  logic clk_i,

  /// Activations of this column's pixel, from the row above.
  input  logic [C-1:0][ActW-1:0] act_i,
  output logic [C-1:0][ActW-1:0] act_o,

  /// Weights of this row's output channel, in the array's form, from the column to the left.
  input  logic [C-1:0][LaneW-1:0] weight_i,
  output logic [C-1:0][LaneW-1:0] weight_o,

  /// Control of the tile whose sum is complete.
  input  rs_pkg::pe_ctrl_t ctrl_i,
  output rs_pkg::pe_ctrl_t ctrl_o,

  /// The complete accumulator, valid for the one cycle of `done_o`.
  output logic            done_o,
  output logic [AccW-1:0] acc_o
);

  localparam int unsigned Chain = rs_pkg::chain_length(C);
  localparam int unsigned Chains = C / Chain;
  // A product is at most 2^MagnitudeW.
  localparam int unsigned MagnitudeW = ActW - 1 + (rs_spec_pkg::is_multiplier(
      ExpN
  ) ? LaneW - 1 : ExpN - 1);
  localparam int unsigned SumW = sum_width(C);
  localparam logic [AccW-1:0] LowestCode = {{(AccW - ActW + 1) {1'b1}}, {(ActW - 1) {1'b0}}};

  `RS_PARAM_CHECK(Lanes, C >= 2 && 2 ** $clog2(C) == C, "C must be a power of two, at least 2")
  `RS_PARAM_CHECK(Act, ActW >= 8 && ActW <= 16, "ActW must be 8 to 16")
  `RS_PARAM_CHECK(Acc, AccW > ActW && AccW <= 32, "AccW must be more than ActW and at most 32")

  // Width of the sum of n products; what would not fit the accumulator never occurs.
  function automatic int unsigned sum_width(int unsigned n);
    int unsigned width;
    width = MagnitudeW + $clog2(n + 1) + 1;
    return width < AccW ? width : AccW;
  endfunction

  always_ff @(posedge clk_i) begin
    act_o    <= act_i;
    weight_o <= weight_i;
    ctrl_o   <= ctrl_i;
  end

  // Lanes.
  localparam int unsigned ChainW = sum_width(Chain);
  logic signed [ChainW-1:0] chain_sum[Chains];

  for (genvar h = 0; h < Chains; h++) begin : gen_chain
    for (genvar k = 0; k < Chain; k++) begin : gen_lane
      localparam int unsigned InW = k == 0 ? 1 : sum_width(k);
      localparam int unsigned OutW = sum_width(k + 1);
      logic signed [InW-1:0]  sum_in;
      logic signed [OutW-1:0] sum_out;
      if (k == 0) begin : gen_first
        assign sum_in = '0;
      end else begin : gen_next
        assign sum_in = gen_lane[k-1].sum_out;
      end
      if (rs_spec_pkg::is_multiplier(ExpN)) begin : gen_mult
        rs_mult_lane #(
          .ActW(ActW),
          .MultW(LaneW),
          .InW(InW),
          .OutW(OutW)
        ) u_lane (
          .clk_i,
          .act_i   (act_i[h*Chain+k]),
          .weight_i(weight_i[h*Chain+k]),
          .sum_i   (sum_in),
          .sum_o   (sum_out)
        );
      end else begin : gen_shift
        rs_shift_lane #(
          .ActW(ActW),
          .ExpN(ExpN),
          .InW(InW),
          .OutW(OutW)
        ) u_lane (
          .clk_i,
          .act_i (act_i[h*Chain+k]),
          .code_i(weight_i[h*Chain+k]),
          .sum_i (sum_in),
          .sum_o (sum_out)
        );
      end
    end
    assign chain_sum[h] = gen_lane[Chain-1].sum_out;
  end

  logic signed [SumW-1:0] sum;
  if (Chains > 1) begin : gen_join
    logic signed [SumW-1:0] join_d;
    always_comb begin
      join_d = '0;
      for (int unsigned h = 0; h < Chains; h++) join_d += SumW'(chain_sum[h]);
    end
    always_ff @(posedge clk_i) sum <= join_d;
  end else begin : gen_single
    assign sum = chain_sum[0];
  end

  // Accumulator: the plain sum of both, or the sum alone, in one look-up table a bit.
  logic signed [AccW-1:0] acc_q;
  logic greater, write;

  assign greater = signed'(sum[ActW-1:0]) > signed'(acc_q[ActW-1:0]);
  assign write   = ctrl_i.add || (ctrl_i.raise && greater);

  always_ff @(posedge clk_i) begin
    if (ctrl_i.lowest) acc_q <= LowestCode;
    else if (write) acc_q <= AccW'(sum) + (acc_q & {AccW{!ctrl_i.fresh}});
  end

  always_ff @(posedge clk_i) done_o <= ctrl_i.done;

  assign acc_o = acc_q;

endmodule
