// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Brings activations and weight tile of a micro-op together and through the array. Cycle by cycle:
///
///   0 `valid_i` and its company                     3 tile address to the weight memory
///   5 activations and tile enter the array, 4 without registers after the memories
///
/// With a bound the tile address and all behind it come a cycle later.
///
/// Throughput: a micro-op per cycle.
/// Latency: that of the array and 4 to 6 cycles.
/// Handshake: none, free-running.
/// Assumes: last tiles are at least P / Q cycles apart.
module rs_datapath #(
  /// Output channels computed at once.
  parameter int unsigned M = 4,
  /// Input channels reduced at once.
  parameter int unsigned C = 4,
  /// Output pixels computed at once.
  parameter int unsigned P = 3,
  /// Pixels that leave together.
  parameter int unsigned Q = 1,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Weight format.
  parameter int unsigned WeightFormat = 7,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  /// Columns to the left whose pixels a PE can take; 0: none.
  parameter int unsigned Neighbours = 0,
  /// Activations have an upper bound.
  parameter bit Bounded = 1'b0,
  /// Width of a tile address.
  parameter int unsigned TileAddrW = 9,
  /// There are registers after the memories.
  parameter bit RamReg = 1'b1,
  /// Derived.
  localparam int unsigned TileW = rs_spec_pkg::tile_width(M, C, WeightFormat),
  localparam int unsigned SubW = rs_pkg::index_width(M / C)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// The micro-op is issued, its position in the M-block, its tile.
  input  logic                 valid_i,
  input  logic                 first_i,
  input  logic                 last_i,
  input  logic                 max_i,
  input  logic                 plane_i,
  input  logic [SubW-1:0]      sub_i,
  input  logic [TileAddrW-1:0] tile_addr_i,
  /// The micro-op will not be used again.
  input  logic                 free_i,
  /// How far the bound of its activations is below the highest code.
  input  logic [ActW-1:0]      cut_i,
  /// It is of an operation with neighbours, the last of its list, of the first pixel group; padding.
  input  logic                 beside_i,
  input  logic                 list_end_i,
  input  logic                 fresh_i,
  input  logic [ActW-1:0]      zero_i,

  /// Activations, 5 cycles after `valid_i`, 4 without RamReg.
  input  logic [P-1:0][C-1:0][ActW-1:0] act_i,

  /// Weight memory, read latency 1 + RamReg. A micro-op is freed with its last read, not before: LOAD
  /// overwrites what is free.
  output logic                 tile_read_o,
  output logic [TileAddrW-1:0] tile_addr_o,
  output logic                 free_o,
  input  logic [TileW-1:0]     tile_i,

  /// Q pixels of M accumulators.
  output logic                          valid_o,
  output logic [Q-1:0][M-1:0][AccW-1:0] acc_o
);

  localparam int unsigned ActDelay = 4 + int'(RamReg);  // from valid_i to act_i
  localparam int unsigned Delay = ActDelay + int'(Bounded);  // to the array
  localparam int unsigned TileDelay = Delay - 1 - int'(RamReg);  // to the tile's address

  logic [Delay-1:0] valid_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Delay-2:0], valid_i};
  end

  logic [TileDelay-1:0] free_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) free_q <= '0;
    else free_q <= {free_q[TileDelay-2:0], free_i};
  end

  assign tile_read_o = valid_q[TileDelay-1];
  assign free_o      = free_q[TileDelay-1];
  rs_delay #(
    .Width(TileAddrW),
    .Stages(TileDelay)
  ) u_tile_addr (
    .clk_i,
    .data_i(tile_addr_i),
    .data_o(tile_addr_o)
  );

  logic first, last, max, plane;
  logic [SubW-1:0] sub;
  rs_delay #(
    .Width(4 + SubW),
    .Stages(Delay)
  ) u_flags (
    .clk_i,
    .data_i({first_i, last_i, max_i, plane_i, sub_i}),
    .data_o({first, last, max, plane, sub})
  );

  logic [P-1:0][C-1:0][ActW-1:0] act;

  if (Bounded) begin : gen_bound
    logic [ActW-1:0] cut;
    rs_delay #(
      .Width(ActW),
      .Stages(ActDelay - 1)
    ) u_cut (
      .clk_i,
      .data_i(cut_i),
      .data_o(cut)
    );
    for (genvar p = 0; p < P; p++) begin : gen_column
      rs_code_bound #(
        .Codes(C),
        .ActW(ActW)
      ) u_bound (
        .clk_i,
        .cut_i (cut),
        .code_i(act_i[p]),
        .code_o(act[p])
      );
    end
  end else begin : gen_unbounded
    assign act = act_i;
    logic unused_cut;
    assign unused_cut = ^cut_i;
  end

  localparam int unsigned PastColumns = Neighbours > 0 ? Neighbours : 1;
  logic beside;
  logic [PastColumns-1:0][C-1:0][ActW-1:0] past;

  if (Neighbours > 0) begin : gen_history
    logic ahead, list_end, fresh;
    logic [ActW-1:0] zero;
    logic [Neighbours-1:0][C-1:0][ActW-1:0] last_columns;

    rs_delay #(
      .Width(3),
      .Stages(Delay - 1)
    ) u_ahead (
      .clk_i,
      .data_i({beside_i, list_end_i, fresh_i}),
      .data_o({ahead, list_end, fresh})
    );
    always_ff @(posedge clk_i) beside <= ahead;
    rs_delay #(
      .Width(ActW),
      .Stages(Delay)
    ) u_zero (
      .clk_i,
      .data_i(zero_i),
      .data_o(zero)
    );
    for (genvar n = 0; n < Neighbours; n++) begin : gen_last
      assign last_columns[n] = act[P-1-n];
    end

    rs_column_history #(
      .N(Neighbours),
      .C(C),
      .ActW(ActW),
      .Depth(rs_spec_pkg::NeighbourUops)
    ) u_history (
      .clk_i,
      .rst_ni,
      .valid_i (valid_q[Delay-2] && ahead),
      .last_i  (list_end),
      .fresh_i (fresh),
      .zero_i  (zero),
      .act_i   (last_columns),
      .past_o(past)
    );
  end else begin : gen_alone
    assign beside = 1'b0;
    assign past = '0;
    logic unused_beside;
    assign unused_beside = ^{beside_i, list_end_i, fresh_i, zero_i};
  end

  rs_array #(
    .M(M),
    .C(C),
    .P(P),
    .Q(Q),
    .ActW(ActW),
    .WeightFormat(WeightFormat),
    .AccW(AccW),
    .Neighbours(Neighbours)
  ) u_array (
    .clk_i,
    .rst_ni,
    .valid_i(valid_q[Delay-1]),
    .first_i(first),
    .last_i (last),
    .max_i  (max),
    .plane_i(plane),
    .sub_i  (sub),
    .act_i  (act),
    .tile_i,
    .beside_i(beside),
    .past_i(past),
    .valid_o,
    .acc_o
  );

endmodule
