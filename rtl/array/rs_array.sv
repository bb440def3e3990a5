// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The array: M x P PEs, systolic and output-stationary. Activations move down the rows, weights
/// and control move along the columns, a register a hop, so no net has a wide fan-out:
///
///                 act 0   act 1  ...  act P-1      (column p enters p div Q cycles late)
///                   |       |            |
///   tile row 0  --PE----PE--  ... --PE-      (row m enters m cycles late)
///   tile row 1  --PE----PE--  ... --PE-
///
/// The skew brings the pixels of an M-block out one after another, just as post-processing wants
/// them: no drain registers, a row chooses the one that is done. With Q above 1, Q neighbours stand
/// at the same hop and their pixels come out together; two of them share multipliers of 8 bits, where
/// the lanes are such. The lanes of a PE are skewed too, in the same
/// delay lines: lane c enters c mod chain_length cycles late.
///
/// With `beside_i` row m takes its channel, m mod C, of columns to the left as well, each in a lane of
/// its own (rs_pkg::neighbour): the skews of columns, rows and lanes are such that a neighbour's
/// activation passes some row in the cycle in which it is needed. So neighbours cost a choice a lane.
///
/// Throughput: a tile per cycle; Q pixels (of M accumulators) per cycle come out.
/// Latency: pixel p leaves M + 1 + sum_delay + p div Q cycles after its last tile entered.
/// Handshake: none, free-running.
/// Assumes: last tiles are at least P / Q cycles apart; reset is held until the array is empty, M +
/// P + sum_delay + 1 cycles: only its entry has a reset, which thus reaches few registers.
module rs_array #(
  /// Rows: output channels.
  parameter int unsigned M = 16,
  /// Lanes a PE: input channels.
  parameter int unsigned C = 16,
  /// Columns: pixels.
  parameter int unsigned P = 8,
  /// Pixels that leave together.
  parameter int unsigned Q = 1,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Weight format.
  parameter int unsigned WeightFormat = 7,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  /// Columns to the left that a row can take its channel from; 0: none.
  parameter int unsigned Neighbours = 0,
  /// Derived.
  localparam int unsigned PastColumns = Neighbours > 0 ? Neighbours : 1,
  localparam int unsigned TermW = rs_spec_pkg::term_width(WeightFormat),
  localparam int unsigned LaneW = rs_spec_pkg::lane_width(WeightFormat),
  localparam int unsigned LaneActW = rs_spec_pkg::lane_act_width(ActW, WeightFormat),
  localparam int unsigned R = M / C,
  localparam int unsigned SubW = rs_pkg::index_width(R)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// A tile enters in this cycle, with its position in the M-block.
  input  logic valid_i,
  input  logic first_i,
  input  logic last_i,
  /// Digits: the tile is of the upper plane.
  input  logic plane_i,
  /// Max pooling; then only rows `C*sub_i .. C*sub_i + C-1` take part.
  input  logic            max_i,
  input  logic [SubW-1:0] sub_i,
  input  logic [P-1:0][C-1:0][ActW-1:0]  act_i,
  input  logic [M-1:0][C-1:0][TermW-1:0] tile_i,
  /// The tile is of an operation with neighbours; in the cycle after: what stands to the left of column
  /// 0, the nearest first.
  input  logic beside_i,
  input  logic [PastColumns-1:0][C-1:0][ActW-1:0] past_i,

  /// Q pixels leave in this cycle.
  output logic                          valid_o,
  output logic [Q-1:0][M-1:0][AccW-1:0] acc_o
);

  `RS_PARAM_CHECK(Shape, M % C == 0, "M must be a multiple of C")
  `RS_PARAM_CHECK(Pixels, P % Q == 0, "Q must be a divisor of P")
  `RS_PARAM_CHECK(Neighbours, Neighbours < P && 2 * Neighbours <= rs_pkg::chain_length(C),
                  "Neighbours must be less than P and at most half of the lanes of a chain")

  localparam int unsigned Chain = rs_pkg::chain_length(C);
  localparam bit Shared = rs_pkg::shares_multipliers(Q, ActW, WeightFormat);
  localparam int unsigned Pixels = Shared ? 2 : 1;  // of a PE
  localparam int unsigned SumDelay = rs_pkg::sum_delay(C, WeightFormat, Shared);
  localparam int unsigned Hops = P / Q;

  // An activation as the lanes take it; with half-octaves three times its value is made here, but for
  // its low bit, which is the activation's.
  function automatic logic [LaneActW-1:0] lane_form(logic [ActW-1:0] code);
    logic signed [ActW:0] wide, high;
    wide = (ActW + 1)'(signed'(code));
    high = wide + (wide >>> 1);
    return LaneActW'({high, code});
  endfunction

  logic [C-1:0][LaneActW-1:0]  act    [M+1][P];
  logic [C-1:0][LaneActW-1:0]  lane_act [M][P];
  logic [C-1:0][LaneW-1:0] weight [M][Hops+1];
  rs_pkg::pe_ctrl_t      ctrl   [M][Hops+1];

  for (genvar p = 0; p < P; p++) begin : gen_column
    for (genvar c = 0; c < C; c++) begin : gen_lane
      rs_delay #(
        .Width(LaneActW),
        .Stages(p / Q + c % Chain)
      ) u_skew (
        .clk_i,
        .data_i(lane_form(act_i[p][c])),
        .data_o(act[0][p][c])
      );
    end
    logic unused_act;
    assign unused_act = ^act[M][p];
  end

  // When an activation enters, and lane c needs it: cycles from its tile's entry to row 0.
  function automatic int unsigned entry(int unsigned column, int unsigned lane);
    return column / Q + lane % Chain;
  endfunction

  // Cycles from `past_i` to the first lane of row m that needs the column `before` places to the left.
  function automatic int unsigned wait_past(int unsigned m, int unsigned past);
    int unsigned least;
    least = '1;
    for (int unsigned c = 0; c < C; c++) begin
      int unsigned number;
      number = rs_pkg::neighbour(C, m % C, c);
      if (number >= past && number <= Neighbours) begin
        if (m + entry(number - past, c) - 1 < least) least = m + entry(number - past, c) - 1;
      end
    end
    return least;
  endfunction

  // What the lanes take. A neighbour's activation passes row `From` when it is needed.
  if (Neighbours > 0) begin : gen_beside
    logic [M+Chain-2:0] beside[Hops];
    for (genvar h = 0; h < Hops; h++) begin : gen_hop
      rs_delay #(
        .Width(1),
        .Stages(h)
      ) u_beside (
        .clk_i,
        .data_i(beside_i),
        .data_o(beside[h][0])
      );
      always_ff @(posedge clk_i) beside[h][M+Chain-2:1] <= beside[h][M+Chain-3:0];
    end

    for (genvar m = 0; m < M; m++) begin : gen_row
      localparam int unsigned Channel = m % C;
      logic [LaneActW-1:0] past[Neighbours];
      for (genvar n = 0; n < Neighbours; n++) begin : gen_past
        rs_delay #(
          .Width(LaneActW),
          .Stages(wait_past(m, n + 1))
        ) u_past (
          .clk_i,
          .data_i(lane_form(past_i[n][Channel])),
          .data_o(past[n])
        );
      end
      for (genvar p = 0; p < P; p++) begin : gen_column
        for (genvar c = 0; c < C; c++) begin : gen_lane
          localparam int unsigned Number = rs_pkg::neighbour(C, Channel, c);
          if (Number == 0 || Number > Neighbours) begin : gen_own
            assign lane_act[m][p][c] = act[m][p][c];
          end else begin : gen_choice
            logic [LaneActW-1:0] neighbour;
            if (p >= Number) begin : gen_near
              localparam int unsigned From = m + entry(p, c) - entry(p - Number, Channel);
              assign neighbour = act[From][p-Number][Channel];
            end else begin : gen_far
              rs_delay #(
                .Width(LaneActW),
                .Stages(m + entry(p, c) - 1 - wait_past(m, Number - p))
              ) u_wait (
                .clk_i,
                .data_i(past[Number-p-1]),
                .data_o(neighbour)
              );
            end
            assign lane_act[m][p][c] = beside[p/Q][m+c%Chain] ? neighbour : act[m][p][c];
          end
        end
      end
    end
  end else begin : gen_alone
    for (genvar m = 0; m < M; m++) begin : gen_row
      for (genvar p = 0; p < P; p++) begin : gen_column
        assign lane_act[m][p] = act[m][p];
      end
    end
    logic unused_beside;
    assign unused_beside = ^{beside_i, past_i};
  end

  // Control waits for the sums, then enters row m after m cycles.
  typedef struct packed {
    logic valid;
    logic first;
    logic last;
    logic max;
    logic plane;
    logic [SubW-1:0] sub;
  } tile_t;
  tile_t edge_tile [M];
  logic [SumDelay-2:0] valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= (SumDelay - 1)'({valid_q, valid_i});
  end

  logic first, last, max, plane;
  logic [SubW-1:0] sub;
  rs_delay #(
    .Width(4 + SubW),
    .Stages(SumDelay - 1)
  ) u_flags (
    .clk_i,
    .data_i({first_i, last_i, max_i, plane_i, sub_i}),
    .data_o({first, last, max, plane, sub})
  );
  assign edge_tile[0] = '{
          valid: valid_q[SumDelay-2],
          first: first,
          last: last,
          max: max,
          plane: plane,
          sub: sub
      };

  for (genvar m = 1; m < M; m++) begin : gen_edge
    always_ff @(posedge clk_i) edge_tile[m] <= edge_tile[m-1];
  end

  logic [M-1:0] row_done;

  for (genvar m = 0; m < M; m++) begin : gen_row
    for (genvar c = 0; c < C; c++) begin : gen_lane
      // A code is made into what lanes take in the last cycle of its wait, for it is narrower before;
      // digits, of which it depends on the tile, in the first.
      localparam int unsigned Wait = m + c % Chain;
      localparam int unsigned Late = rs_spec_pkg::is_digits(
          WeightFormat
      ) || Wait == 0 ? 0 : Wait - 1;
      logic [TermW-1:0] term;
      logic [LaneW-1:0] code;
      rs_delay #(
        .Width(TermW),
        .Stages(Late)
      ) u_wait (
        .clk_i,
        .data_i(tile_i[m][c]),
        .data_o(term)
      );
      rs_weight_code #(
        .WeightFormat(WeightFormat)
      ) u_code (
        .clk_i,
        .valid_i,
        .plane_i,
        .code_i(term),
        .code_o(code)
      );
      rs_delay #(
        .Width(LaneW),
        .Stages(Wait - Late)
      ) u_skew (
        .clk_i,
        .data_i(code),
        .data_o(weight[m][0][c])
      );
    end
    tile_t tile;
    logic  take;
    assign tile = edge_tile[m];
    assign take = !tile.max || tile.sub == SubW'(m / C);
    always_ff @(posedge clk_i) begin
      ctrl[m][0] <= '{
          plane: tile.plane,
          lowest: tile.valid && tile.first && !take,
          add: tile.valid && take && (tile.first || !tile.max),
          raise: tile.valid && take && tile.max && !tile.first,
          fresh: tile.first || tile.max,
          done: tile.valid && tile.last
      };
    end

    logic [P-1:0]    pe_done;
    logic [AccW-1:0] pe_acc [P];
    logic [Hops-1:0] done_next;  // one hop each, a cycle before its pixels are done

    for (genvar p = 0; p < P; p += Pixels) begin : gen_pe
      logic [C-1:0][LaneW-1:0] weight_out;
      rs_pkg::pe_ctrl_t ctrl_out;
      logic [Pixels-1:0][C-1:0][LaneActW-1:0] own_act, act_out, taken_act;
      logic done;
      logic [Pixels-1:0][AccW-1:0] acc;

      for (genvar i = 0; i < Pixels; i++) begin : gen_pixel
        assign own_act[i]     = act[m][p+i];
        assign taken_act[i]   = lane_act[m][p+i];
        assign act[m+1][p+i]  = act_out[i];
        assign pe_done[p+i]   = done;
        assign pe_acc[p+i]    = acc[i];
      end

      rs_pe #(
        .C(C),
        .ActW(ActW),
        .WeightFormat(WeightFormat),
        .AccW(AccW),
        .Pixels(Pixels)
      ) u_pe (
        .clk_i,
        .act_i   (own_act),
        .act_o   (act_out),
        .lane_act_i(taken_act),
        .weight_i(weight[m][p/Q]),
        .weight_o(weight_out),
        .ctrl_i  (ctrl[m][p/Q]),
        .ctrl_o  (ctrl_out),
        .done_o  (done),
        .acc_o   (acc)
      );

      // The first of Q neighbours hands on what all of them have.
      if (p % Q == 0) begin : gen_hop
        assign weight[m][p/Q+1] = weight_out;
        assign ctrl[m][p/Q+1]   = ctrl_out;
        assign done_next[p/Q]   = ctrl[m][p/Q].done;
      end else begin : gen_beside
        logic unused_out;
        assign unused_out = ^{weight_out, ctrl_out};
      end
    end

    logic unused_end;
    assign unused_end = ^{weight[m][Hops], ctrl[m][Hops]};

    // Choose the hop that is done, and take the skew between the rows out again.
    localparam int unsigned HopW = rs_pkg::index_width(Hops);
    logic [HopW-1:0] hop, hop_q;
    logic done_q;

    always_comb begin
      hop = '0;
      for (int unsigned h = 0; h < Hops; h++) if (done_next[h]) hop |= HopW'(h);
    end
    always_ff @(posedge clk_i) begin
      hop_q       <= hop;
      done_q      <= |done_next;
      row_done[m] <= done_q;
    end

    for (genvar q = 0; q < Q; q++) begin : gen_pixel
      logic [AccW-1:0] hop_acc[Hops];
      logic [AccW-1:0] chosen, chosen_q;
      logic [Hops-1:0] done;
      for (genvar h = 0; h < Hops; h++) begin : gen_hop
        assign hop_acc[h] = pe_acc[h*Q+q];
        assign done[h]    = pe_done[h*Q+q];
      end
      rs_choose #(
        .Width(AccW),
        .Count(Hops)
      ) u_choose (
        .index_i(hop_q),
        .word_i (hop_acc),
        .word_o (chosen)
      );
      always_ff @(posedge clk_i) if (done_q) chosen_q <= chosen;
      rs_delay #(
        .Width(AccW),
        .Stages(M - 1 - m)
      ) u_deskew (
        .clk_i,
        .data_i(chosen_q),
        .data_o(acc_o[q][m])
      );

      `RS_ASSERT(OnePixelAtATime, $onehot0(done))
      `RS_ASSERT(HopIsDone, done_q == |done && (!done_q || done[hop_q]))
    end
  end

  assign valid_o = row_done[M-1];

  if (M > 1) begin : gen_unused
    logic unused_done;
    assign unused_done = ^row_done[M-2:0];
  end

endmodule
