// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The array: M x P cells, systolic and output-stationary. Activations move down the rows, terms and
/// control move along the columns, a register a hop, so no net has a wide fan-out:
///
///                 act 0   act 1  ...  act P-1      (column p enters p cycles late)
///                   |       |            |
///   tile row 0  --cell----cell--  ... --cell-      (row m enters m cycles late)
///   tile row 1  --cell----cell--  ... --cell-
///
/// The skew brings the pixels of an M-group out one after another, just as post-processing wants
/// them: no drain registers, a row's results are merged by an OR.
///
/// Throughput: a tile a cycle; a pixel (M accumulators) a cycle comes out.
/// Latency: pixel p leaves M + 5 + p cycles after its last tile entered.
/// Handshake: none, free-running. Assumes: last tiles are at least P cycles apart.
module rs_array #(
  /// Rows: output channels.
  parameter int unsigned M = 16,
  /// Lanes a cell: input channels.
  parameter int unsigned C = 16,
  /// Columns: pixels.
  parameter int unsigned P = 8,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Number of exponents.
  parameter int unsigned ExpN = 7,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  localparam int unsigned TermW = rs_pkg::term_width(ExpN),
  localparam int unsigned R = M / C,
  localparam int unsigned SubW = rs_pkg::index_width(R)
) (
  input  logic clk_i,
  input  logic rst_ni,

  /// A tile enters in this cycle, with its place in the M-group.
  input  logic valid_i,
  input  logic first_i,
  input  logic last_i,
  /// Max pooling; then only rows `C*sub_i .. C*sub_i + C-1` take part.
  input  logic            max_i,
  input  logic [SubW-1:0] sub_i,
  input  logic [P-1:0][C-1:0][ActW-1:0]  act_i,
  input  logic [M-1:0][C-1:0][TermW-1:0] tile_i,

  /// A pixel leaves in this cycle.
  output logic                   valid_o,
  output logic [M-1:0][AccW-1:0] acc_o
);

  `RS_PARAM_CHECK(Shape, M % C == 0, "M must be a multiple of C")

  logic [C-1:0][ActW-1:0]  act  [M+1][P];
  logic [C-1:0][TermW-1:0] term [M][P+1];
  rs_pkg::cell_ctrl_t      ctrl [M][P+1];

  for (genvar p = 0; p < P; p++) begin : gen_column
    rs_delay #(
      .Width(C * ActW),
      .Stages(p)
    ) u_skew (
      .clk_i,
      .data_i(act_i[p]),
      .data_o(act[0][p])
    );
    logic unused_act;
    assign unused_act = ^act[M][p];
  end

  // Control enters row m after m cycles.
  rs_pkg::cell_ctrl_t edge_ctrl [M];
  logic [SubW-1:0]    edge_sub  [M];

  assign edge_ctrl[0] = '{valid: valid_i, enable: 1'b1, first: first_i, last: last_i, max: max_i};
  assign edge_sub[0]  = sub_i;

  for (genvar m = 1; m < M; m++) begin : gen_edge
    always_ff @(posedge clk_i) begin
      edge_sub[m]  <= edge_sub[m-1];
      edge_ctrl[m] <= edge_ctrl[m-1];
      if (!rst_ni) edge_ctrl[m].valid <= 1'b0;
    end
  end

  logic [M-1:0] row_done;

  for (genvar m = 0; m < M; m++) begin : gen_row
    rs_delay #(
      .Width(C * TermW),
      .Stages(m)
    ) u_term_skew (
      .clk_i,
      .data_i(tile_i[m]),
      .data_o(term[m][0])
    );
    always_comb begin
      ctrl[m][0]        = edge_ctrl[m];
      ctrl[m][0].enable = !edge_ctrl[m].max || edge_sub[m] == SubW'(m / C);
    end

    logic [P-1:0]    cell_done;
    logic [AccW-1:0] cell_acc [P];

    for (genvar p = 0; p < P; p++) begin : gen_cell
      rs_cell #(
        .C(C),
        .ActW(ActW),
        .ExpN(ExpN),
        .AccW(AccW)
      ) u_cell (
        .clk_i,
        .rst_ni,
        .act_i (act[m][p]),
        .act_o (act[m+1][p]),
        .term_i(term[m][p]),
        .term_o(term[m][p+1]),
        .ctrl_i(ctrl[m][p]),
        .ctrl_o(ctrl[m][p+1]),
        .done_o(cell_done[p]),
        .acc_o (cell_acc[p])
      );
    end

    logic unused_end;
    assign unused_end = ^{term[m][P], ctrl[m][P]};

    // Merge the row's results and take the skew between the rows out again.
    logic [AccW-1:0] merged, merged_q;
    always_comb begin
      merged = '0;
      for (int unsigned p = 0; p < P; p++) if (cell_done[p]) merged |= cell_acc[p];
    end
    always_ff @(posedge clk_i) begin
      merged_q <= merged;
      if (!rst_ni) row_done[m] <= 1'b0;
      else row_done[m] <= |cell_done;
    end
    rs_delay #(
      .Width(AccW),
      .Stages(M - 1 - m)
    ) u_deskew (
      .clk_i,
      .data_i(merged_q),
      .data_o(acc_o[m])
    );

    `RS_ASSERT(OnePixelAtATime, $onehot0(cell_done))
  end

  assign valid_o = row_done[M-1];

  if (M > 1) begin : gen_unused
    logic unused_done;
    assign unused_done = ^row_done[M-2:0];
  end

endmodule
