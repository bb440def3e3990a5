// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// One cell of the array: C shift-and-add lanes and an accumulator, for one output channel of one
/// pixel. It multiplies nothing: a lane shifts its activation by its term's exponent, inverts it for
/// a negative term, and the missing ones of the two's complement are added in the tree.
///
/// Throughput: a tile a cycle. Latency: activations, terms and control leave for the next cell after
/// 1 cycle; `acc_o` with `done_o` comes 5 cycles after the last tile.
/// Handshake: none, the issuer knows the pipeline is free-running.
/// Assumes: the compiler proved that no partial sum leaves AccW bits; in max mode tiles are identity
/// tiles, so that a sum is an activation.
module rs_cell #(
  /// Lanes; a power of two, at least 4.
  parameter int unsigned C = 16,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Number of exponents.
  parameter int unsigned ExpN = 7,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  localparam int unsigned TermW = rs_pkg::term_width(ExpN)
) (
  input  logic clk_i,
  input  logic rst_ni,

  /// Activations of this column's pixel, from the row above.
  input  logic [C-1:0][ActW-1:0] act_i,
  output logic [C-1:0][ActW-1:0] act_o,

  /// Terms of this row's output channel and control, from the column to the left.
  input  logic [C-1:0][TermW-1:0] term_i,
  output logic [C-1:0][TermW-1:0] term_o,
  input  rs_pkg::cell_ctrl_t ctrl_i,
  output rs_pkg::cell_ctrl_t ctrl_o,

  /// The complete accumulator, valid for the one cycle of `done_o`.
  output logic            done_o,
  output logic [AccW-1:0] acc_o
);

  localparam int unsigned ExpW = TermW - 1;
  // |activation| <= 2^(ActW-1), shifted by at most ExpN-1; one's complement needs no further bit.
  localparam int unsigned ProdW = ActW + ExpN - 1;
  // Four products and up to four carried-in ones.
  localparam int unsigned QuadW = ProdW + 3;
  localparam int unsigned Quads = C / 4;
  localparam int unsigned SumW = QuadW + rs_pkg::index_width(Quads);
  localparam logic [AccW-1:0] LowestCode = {{(AccW - ActW + 1) {1'b1}}, {(ActW - 1) {1'b0}}};

  `RS_PARAM_CHECK(Lanes, C >= 4 && 2 ** $clog2(C) == C, "C must be a power of two, at least 4")
  `RS_PARAM_CHECK(Act, ActW >= 8 && ActW <= 16, "ActW must be 8 to 16")
  `RS_PARAM_CHECK(Acc, AccW >= SumW && AccW <= 32, "AccW must hold the sum of C lanes, at most 32")

  rs_pkg::cell_ctrl_t ctrl1_q, ctrl2_q, ctrl3_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ctrl_o  <= '0;
      ctrl1_q <= '0;
      ctrl2_q <= '0;
      ctrl3_q <= '0;
    end else begin
      ctrl_o  <= ctrl_i;
      ctrl1_q <= ctrl_o;
      ctrl2_q <= ctrl1_q;
      ctrl3_q <= ctrl2_q;
    end
  end

  always_ff @(posedge clk_i) begin
    act_o  <= act_i;
    term_o <= term_i;
  end

  // Lanes.
  logic signed [ProdW-1:0] prod_q [C];
  logic [C-1:0]            negative_q;

  for (genvar c = 0; c < C; c++) begin : gen_lane
    logic [ExpW-1:0] exponent;
    logic zero, negative;
    logic signed [ProdW-1:0] shifted;

    assign exponent = term_o[c][ExpW-1:0];
    assign zero     = &exponent;
    assign negative = term_o[c][ExpW] && !zero;
    assign shifted  = ProdW'(signed'(act_o[c])) <<< exponent;

    always_ff @(posedge clk_i) begin
      prod_q[c]     <= zero ? '0 : negative ? ~shifted : shifted;
      negative_q[c] <= negative;
    end
  end

  // Adder tree in two registered levels: quads, then their sum.
  logic signed [QuadW-1:0] quad_q[Quads];
  logic signed [SumW-1:0] sum, sum_q;

  for (genvar q = 0; q < Quads; q++) begin : gen_quad
    logic [2:0] ones;
    assign ones = 3'(negative_q[4*q]) + 3'(negative_q[4*q+1]) + 3'(negative_q[4*q+2])
                + 3'(negative_q[4*q+3]);
    always_ff @(posedge clk_i) begin
      quad_q[q] <= QuadW'(prod_q[4*q]) + QuadW'(prod_q[4*q+1]) + QuadW'(prod_q[4*q+2])
                 + QuadW'(prod_q[4*q+3]) + signed'(QuadW'(ones));
    end
  end

  always_comb begin
    sum = '0;
    for (int unsigned q = 0; q < Quads; q++) sum += SumW'(quad_q[q]);
  end

  always_ff @(posedge clk_i) sum_q <= sum;

  // Accumulator.
  logic signed [AccW-1:0] acc_q;
  logic                   greater;

  assign greater = signed'(sum_q[ActW-1:0]) > signed'(acc_q[ActW-1:0]);

  always_ff @(posedge clk_i) begin
    if (ctrl3_q.valid) begin
      if (ctrl3_q.first) acc_q <= ctrl3_q.enable ? AccW'(sum_q) : signed'(LowestCode);
      else if (ctrl3_q.enable && !ctrl3_q.max) acc_q <= acc_q + AccW'(sum_q);
      else if (ctrl3_q.enable && greater) acc_q <= AccW'(sum_q);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) done_o <= 1'b0;
    else done_o <= ctrl3_q.valid && ctrl3_q.last;
  end

  assign acc_o = acc_q;

endmodule
