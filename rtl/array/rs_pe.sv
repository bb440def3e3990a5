// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// One PE of the array: C lanes and an accumulator, for one output channel of one pixel. The lanes
/// stand in chains of up to 8: each adds its product to the sum of the lane before, a cycle later,
/// so that the adder and the second half of the shift share their look-up tables and no tree is
/// needed.
///
/// With two pixels the lanes are multipliers of 8 bits which make both pixels' products at once
/// (rs_mult_pair_lane), and each pixel has its accumulator.
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
  parameter int unsigned WeightFormat = 7,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  /// Pixels: 1, or 2 that share multipliers.
  parameter int unsigned Pixels = 1,
  /// Derived.
  localparam int unsigned LaneW = rs_spec_pkg::lane_width(WeightFormat),
  localparam int unsigned LaneActW = rs_spec_pkg::lane_act_width(ActW, WeightFormat)
) (
  /// Clock.
  input  logic clk_i,

  /// Activations of this column's pixels, from the row above; with half-octaves, above the bits of each
  /// the higher ones of three times its value.
  input  logic [Pixels-1:0][C-1:0][LaneActW-1:0] act_i,
  output logic [Pixels-1:0][C-1:0][LaneActW-1:0] act_o,
  /// What the lanes take in the same cycle: these, or some of a neighbour.
  input  logic [Pixels-1:0][C-1:0][LaneActW-1:0] lane_act_i,

  /// Weights of this row's output channel, in the array's form, from the column to the left.
  input  logic [C-1:0][LaneW-1:0] weight_i,
  output logic [C-1:0][LaneW-1:0] weight_o,

  /// Control of the tile whose sum is complete.
  input  rs_pkg::pe_ctrl_t ctrl_i,
  output rs_pkg::pe_ctrl_t ctrl_o,

  /// The complete accumulators, valid for the one cycle of `done_o`.
  output logic                        done_o,
  output logic [Pixels-1:0][AccW-1:0] acc_o
);

  localparam int unsigned Chain = rs_pkg::chain_length(C);
  localparam int unsigned Chains = C / Chain;
  localparam bit Digits = rs_spec_pkg::is_digits(WeightFormat);
  localparam int unsigned CodeW = rs_spec_pkg::code_width(ActW, WeightFormat);
  // A weight is at most 2^WeightW; what a lane adds to its chain is at most 2^MagnitudeW.
  localparam int unsigned WeightW = rs_spec_pkg::is_multiplier(
      WeightFormat
  ) ? LaneW - 1 : Digits ? 3 : rs_spec_pkg::is_half_octave(
      WeightFormat
  ) ? 4 : WeightFormat - 1;
  localparam int unsigned MagnitudeW = ActW - 1 + (Digits ? 1 : WeightW);
  localparam int unsigned SumW = sum_width(C, ActW - 1 + WeightW);
  localparam logic [AccW-1:0] LowestCode = {{(AccW - CodeW + 1) {1'b1}}, {(CodeW - 1) {1'b0}}};

  `RS_PARAM_CHECK(Lanes, C >= 2 && 2 ** $clog2(C) == C, "C must be a power of two, at least 2")
  `RS_PARAM_CHECK(Act, ActW >= 8 && ActW <= 16, "ActW must be 8 to 16")
  `RS_PARAM_CHECK(Acc, AccW > CodeW && AccW <= 32, "AccW must be more than ActW and at most 32")
  `RS_PARAM_CHECK(Pixels, Pixels == 1 || Pixels == 2 && Chain <= 8 && rs_pkg::shares_multipliers(
                  2, ActW, WeightFormat),
                  "Pixels must be 1, or 2 with multipliers of 8 bits in chains of up to 8")

  // Width of the sum of n products of 2^magnitude; what would not fit the accumulator never occurs.
  function automatic int unsigned sum_width(int unsigned n, int unsigned magnitude);
    int unsigned width;
    width = magnitude + $clog2(n + 1) + 1;
    return width < AccW ? width : AccW;
  endfunction

  always_ff @(posedge clk_i) begin
    act_o    <= act_i;
    weight_o <= weight_i;
    ctrl_o   <= ctrl_i;
  end

  // Lanes. With digits a lane has two, each in a chain of its own.
  localparam int unsigned ChainW = sum_width(Chain, MagnitudeW);
  logic signed [ChainW-1:0] chain_sum[Pixels][Chains][1+Digits];

  if (Pixels == 2) begin : gen_pair_chains
    // Both sums in one number, the first pixel's in the low bits.
    localparam int unsigned LowW = rs_pkg::PairShift;
    for (genvar h = 0; h < Chains; h++) begin : gen_chain
      logic signed [rs_pkg::PairSumW-1:0] sum[Chain+1];
      assign sum[0] = '0;
      for (genvar k = 0; k < Chain; k++) begin : gen_lane
        rs_mult_pair_lane #(
          .First(k == 0),
          .Last(k == Chain - 1)
        ) u_lane (
          .clk_i,
          .low_i   (lane_act_i[0][h*Chain+k]),
          .high_i  (lane_act_i[1][h*Chain+k]),
          .weight_i(weight_i[h*Chain+k]),
          .sum_i   (sum[k]),
          .sum_o   (sum[k+1])
        );
      end

      logic unused_top;
      assign unused_top = ^sum[Chain][rs_pkg::PairSumW-1:LowW+ChainW];

      // A low sum is at least -8 * 128 * 127, so the lowest number of its bits means the highest sum,
      // 8 * 128 * 128, which is one more than they hold.
      logic negative;
      assign negative = sum[Chain][LowW-1] && sum[Chain][LowW-2:0] != '0;
      always_ff @(posedge clk_i) begin
        chain_sum[0][h][0] <= ChainW'(signed'({negative, sum[Chain][LowW-1:0]}));
        chain_sum[1][h][0] <= sum[Chain][LowW+ChainW-1:LowW] + ChainW'(negative);
      end
    end
  end else begin : gen_chains
    for (genvar h = 0; h < Chains; h++) begin : gen_chain
      for (genvar k = 0; k < Chain; k++) begin : gen_lane
        localparam int unsigned InW = k == 0 ? 1 : sum_width(k, MagnitudeW);
        localparam int unsigned OutW = sum_width(k + 1, MagnitudeW);
        localparam int unsigned Lane = h * Chain + k;
        for (genvar d = 0; d <= Digits; d++) begin : gen_digit
          logic signed [InW-1:0]  sum_in;
          logic signed [OutW-1:0] sum_out;
          if (k == 0) begin : gen_first
            assign sum_in = '0;
          end else begin : gen_next
            assign sum_in = gen_lane[k-1].gen_digit[d].sum_out;
          end
          if (Digits) begin : gen_digit_lane
            rs_digit_lane #(
              .ActW(ActW),
              .InW(InW),
              .OutW(OutW)
            ) u_lane (
              .clk_i,
              .act_i  (lane_act_i[0][Lane]),
              .digit_i(weight_i[Lane][3*d+:3]),
              .sum_i  (sum_in),
              .sum_o  (sum_out)
            );
          end else if (rs_spec_pkg::is_multiplier(WeightFormat)) begin : gen_mult_lane
            rs_mult_lane #(
              .ActW(ActW),
              .MultW(LaneW),
              .InW(InW),
              .OutW(OutW)
            ) u_lane (
              .clk_i,
              .act_i   (lane_act_i[0][Lane]),
              .weight_i(weight_i[Lane]),
              .sum_i   (sum_in),
              .sum_o   (sum_out)
            );
          end else if (rs_spec_pkg::is_half_octave(WeightFormat)) begin : gen_half_lane
            rs_half_lane #(
              .ActW(ActW),
              .InW(InW),
              .OutW(OutW)
            ) u_lane (
              .clk_i,
              .act_i   (lane_act_i[0][Lane][ActW-1:0]),
              .triple_i({lane_act_i[0][Lane][LaneActW-1:ActW], lane_act_i[0][Lane][0]}),
              .code_i  (weight_i[Lane]),
              .sum_i   (sum_in),
              .sum_o   (sum_out)
            );
          end else begin : gen_shift_lane
            rs_shift_lane #(
              .ActW(ActW),
              .ExpN(WeightFormat),
              .InW(InW),
              .OutW(OutW)
            ) u_lane (
              .clk_i,
              .act_i (lane_act_i[0][Lane]),
              .code_i(weight_i[Lane]),
              .sum_i (sum_in),
              .sum_o (sum_out)
            );
          end
          if (k == Chain - 1) begin : gen_last
            assign chain_sum[0][h][d] = sum_out;
          end
        end
      end
    end
  end

  // Digits: three of the four sums that two chains of two digits make, then the fourth.
  localparam int unsigned LanesW = Digits ? SumW : sum_width(Chain, ActW - 1 + WeightW);
  for (genvar i = 0; i < Pixels; i++) begin : gen_pixel
    logic signed [LanesW-1:0] lanes_sum[Chains];
    if (Digits && Chains == 2) begin : gen_two_digits
      logic signed [LanesW-1:0] three;
      rs_add_three #(
        .Width(LanesW)
      ) u_three (
        .a_i   (LanesW'(chain_sum[i][0][0])),
        .b_i   (LanesW'(chain_sum[i][1][0])),
        .c_i   (LanesW'(chain_sum[i][0][1]) <<< 2),
        .without_i(1'b0),
        .sum_o (three)
      );
      always_ff @(posedge clk_i) begin
        lanes_sum[0] <= three;
        lanes_sum[1] <= LanesW'(chain_sum[i][1][1]) <<< 2;
      end
    end else if (Digits) begin : gen_digits
      always_ff @(posedge clk_i) begin
        for (int unsigned h = 0; h < Chains; h++) begin
          lanes_sum[h] <= LanesW'(chain_sum[i][h][0]) + (LanesW'(chain_sum[i][h][1]) <<< 2);
        end
      end
    end else begin : gen_plain
      always_comb for (int unsigned h = 0; h < Chains; h++) lanes_sum[h] = chain_sum[i][h][0];
    end

    logic signed [AccW-1:0] acc_q, total;
    logic greater;

    if (Chains == 2 && !Digits) begin : gen_two
      rs_pe_add #(
        .HalfW(LanesW),
        .SumW (SumW),
        .AccW (AccW),
        .CodeW(CodeW)
      ) u_add (
        .clk_i,
        .half_i   (lanes_sum),
        .acc_i    (acc_q),
        .fresh_i  (ctrl_i.fresh),
        .sum_o    (total),
        .greater_o(greater)
      );
    end else begin : gen_any
      logic signed [SumW-1:0] sum;
      if (Chains > 1) begin : gen_join
        logic signed [SumW-1:0] join_d;
        always_comb begin
          join_d = '0;
          for (int unsigned h = 0; h < Chains; h++) join_d += SumW'(lanes_sum[h]);
        end
        always_ff @(posedge clk_i) sum <= join_d;
      end else begin : gen_single
        assign sum = lanes_sum[0];
      end
      // As in rs_pe_add.
      logic signed [AccW-1:0] weighed;
      assign weighed = Digits && ctrl_i.plane ? AccW'(sum) <<< 4 : AccW'(sum);
      assign total   = weighed + (ctrl_i.fresh ? AccW'(0) : acc_q);
      assign greater = signed'(sum[CodeW-1:0]) > signed'(acc_q[CodeW-1:0]);
    end

    logic write;
    assign write = ctrl_i.add || (ctrl_i.raise && greater);

    always_ff @(posedge clk_i) begin
      if (ctrl_i.lowest) acc_q <= LowestCode;
      else if (write) acc_q <= total;
    end

    assign acc_o[i] = acc_q;
  end

  always_ff @(posedge clk_i) done_o <= ctrl_i.done;

endmodule
