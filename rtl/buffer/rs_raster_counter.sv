// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Counts through the raster of each operation once, Q pixels of a row at a time, group by group.
/// Nothing divides. Its takers turn the pixels into addresses in memory and into the windows of
/// taps that do not reach into the padding.
///
/// A pixel group all of whose pixels lie below the raster does not come: an operation that asks for
/// one stands still, and the watchdog ends the run. So does one whose pitch is no multiple of Q.
///
/// Throughput: Q pixels per cycle, a pause of two cycles between operations.
/// Latency: 2 cycles from an operation to its first pixel.
/// Handshake: operations are valid/ready; `step_o` says that the current pixels are taken.
/// Assumes: `ready_i` holds for a whole pixel group: one that has begun goes on without a pause.
module rs_raster_counter #(
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Pixels at a time; a power of two, a divisor of P.
  parameter int unsigned Q = 1,
  /// Columns of a row may lead: they are not written.
  parameter bit Lead = 1'b0,
  /// Derived.
  localparam int unsigned BankW = $clog2(P)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// Operations.
  input  logic                    op_valid_i,
  output logic                    op_ready_o,
  input  rs_spec_pkg::desc_exec_t op_i,

  /// The takers have room for a pixel group; Q pixels are taken.
  input  logic                    ready_i,
  output logic                    step_o,
  output rs_pkg::pixel_t  [Q-1:0] pixel_o,
  output rs_pkg::window_t         window_y_o,
  output rs_pkg::window_t [Q-1:0] window_x_o
);

  `RS_PARAM_CHECK(Pixels, rs_pkg::is_power_of_two(Q) && P % Q == 0,
                  "Q must be a power of two that divides P")

  localparam int unsigned Steps = P / Q;

  // The row counts from 1. The column is that of the first of Q pixels, 2 Q added, so that it tells
  // whether the next ones are the last.
  logic active_q, begin_q, first_p_q, polyphase_q, whole_q;
  logic [BankW-1:0] p_q;
  logic [19:0]      groups_q;
  logic [11:0] y_q, x_q, pitch_q, height_q;
  logic fill_y_q, beyond_y_q;

  // Rows to the next one that is written; whether this one is.
  logic [3:0] skip_y_q, left_y_q;
  logic kept_y_q;

  // These pixels are the last of their row; so are the first of a narrow one.
  logic row_end_q, one_wide_q;
  logic start, new_row, last_p, last_group;

  assign op_ready_o = !active_q;
  assign start      = op_valid_i && op_ready_o;
  assign step_o     = active_q && !begin_q && (!first_p_q || (ready_i && !beyond_y_q && whole_q));
  assign new_row    = begin_q || (step_o && row_end_q);
  assign last_p     = p_q == BankW'(Steps - 1);
  assign last_group = groups_q == 20'd1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      begin_q  <= 1'b0;
    end else begin
      active_q <= start || (active_q && !(step_o && last_p && last_group));
      begin_q  <= start;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      polyphase_q <= op_i.dst_polyphase;
      pitch_q     <= op_i.pitch;
      height_q    <= op_i.out_height[11:0];
      skip_y_q    <= op_i.skip_rows;
      one_wide_q  <= op_i.pitch == 12'(Q);
      whole_q     <= Q == 1 || (op_i.pitch & 12'(Q - 1)) == '0;
      groups_q    <= op_i.groups;
      p_q         <= '0;
      first_p_q   <= 1'b1;
    end else if (step_o) begin
      p_q       <= last_p ? '0 : p_q + 1'b1;
      first_p_q <= last_p;
      if (last_p) groups_q <= groups_q - 1'b1;
    end
  end

  // Behind the last column or row of data everything is fill; the first of it, if that makes the
  // number even, belongs to a polyphase tensor.
  always_ff @(posedge clk_i) begin
    if (new_row) begin
      x_q       <= 12'(2 * Q);
      row_end_q <= one_wide_q;
    end else if (step_o) begin
      x_q       <= x_q + 12'(Q);
      row_end_q <= x_q == pitch_q;
    end
    if (start) begin
      y_q        <= 12'd1;
      fill_y_q   <= 1'b0;
      beyond_y_q <= 1'b0;
    end else if (step_o && row_end_q) begin
      y_q      <= y_q + 1'b1;
      fill_y_q <= fill_y_q || y_q == height_q;
      if (fill_y_q) beyond_y_q <= 1'b1;
      else if (y_q == height_q) beyond_y_q <= !(polyphase_q && y_q[0]);
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      left_y_q <= op_i.skip_rows;
      kept_y_q <= 1'b1;
    end else if (step_o && row_end_q) begin
      left_y_q <= left_y_q == '0 ? skip_y_q : left_y_q - 1'b1;
      kept_y_q <= left_y_q == '0;
    end
  end

  // Distances to the source's borders, 16 added: from below they stop at 0.
  logic [4:0]  low_y_q;
  logic [12:0] high_y_q;

  always_ff @(posedge clk_i) begin
    if (start) begin
      low_y_q  <= 5'd16;
      high_y_q <= 13'(op_i.in_height[11:0]) + 13'd16;
    end else if (step_o && row_end_q) begin
      if (low_y_q != '0) low_y_q <= low_y_q - 1'b1;
      if (high_y_q != '0) high_y_q <= high_y_q - 1'b1;
    end
  end

  assign window_y_o = '{not_low: ~low_y_q, wide: |high_y_q[12:5], not_high: ~high_y_q[4:0]};

  // `n` modulo the distance of columns that are kept: a table of constants.
  function automatic logic [3:0] modulo(int unsigned n, logic [3:0] skip);
    logic [15:0][3:0] rest;
    for (int unsigned s = 0; s < 16; s++) rest[s] = 4'(n % (s + 1));
    return rest[skip];
  endfunction

  // Columns from the n-th to the next one that is kept.
  function automatic logic [3:0] to_next(int unsigned n, logic [3:0] skip);
    logic [15:0][3:0] left;
    for (int unsigned s = 0; s < 16; s++) left[s] = 4'((s + 1 - n % (s + 1)) % (s + 1));
    return left[skip];
  endfunction

  // Columns to go on to the next one that is kept, and by a step of Q; the rest of that distance.
  logic [3:0] skip_x_q, hop_x_q, back_x_q;
  always_ff @(posedge clk_i) begin
    if (start) begin
      skip_x_q <= op_i.skip_columns;
      hop_x_q  <= modulo(Q, op_i.skip_columns);
    end
    back_x_q <= skip_x_q + 4'd1 - hop_x_q;
  end

  // Columns that lead, of a row and after the next step.
  logic [2:0] op_lead_q, lead_left_q;
  if (Lead) begin : gen_leads
    logic [2:0] left;
    assign left = new_row ? op_lead_q : lead_left_q;
    always_ff @(posedge clk_i) begin
      if (start) op_lead_q <= op_i.lead;
      if (new_row || step_o) lead_left_q <= left > 3'(Q) ? left - 3'(Q) : '0;
    end
  end else begin : gen_no_leads
    assign op_lead_q   = '0;
    assign lead_left_q = '0;
    logic unused_lead;
    assign unused_lead = ^{op_lead_q, lead_left_q};
  end

  // Columns of data, and with those of fill that belong to a polyphase tensor.
  logic [11:0] width, even_width, width_q, even_width_q;
  assign width      = op_i.out_width[11:0];
  assign even_width = width + 12'(op_i.dst_polyphase && width[0]);
  always_ff @(posedge clk_i) begin
    if (start) begin
      width_q      <= width;
      even_width_q <= even_width;
    end
  end

  for (genvar q = 0; q < Q; q++) begin : gen_pixel
    // The step, as x_q is in the one before, in which this pixel comes to a column or behind it.
    function automatic logic [11:0] step_of(logic [11:0] column);
      return ((column + 12'(Q - 1 - q)) & ~12'(Q - 1)) + 12'(Q);
    endfunction

    logic [11:0] fill_at_q, beyond_at_q;
    logic fill_q, beyond_q, first_fill_q, first_beyond_q;

    // The first pixels come two cycles after the start.
    always_ff @(posedge clk_i) begin
      fill_at_q   <= step_of(width_q);
      beyond_at_q <= step_of(even_width_q);
      if (start) begin
        first_fill_q   <= q > 0 && width <= 12'(q);
        first_beyond_q <= q > 0 && even_width <= 12'(q);
      end
      if (new_row) begin
        fill_q   <= first_fill_q;
        beyond_q <= first_beyond_q;
      end else if (step_o) begin
        fill_q   <= fill_q || x_q == fill_at_q;
        beyond_q <= beyond_q || x_q == beyond_at_q;
      end
    end

    logic [3:0] first_left_q, left_q, left_d;
    logic kept_q;
    assign left_d = left_q >= hop_x_q ? left_q - hop_x_q : left_q + back_x_q;

    always_ff @(posedge clk_i) begin
      if (start) first_left_q <= to_next(q, op_i.skip_columns);
      if (new_row) begin
        left_q <= first_left_q;
        kept_q <= first_left_q == '0;
      end else if (step_o) begin
        left_q <= left_d;
        kept_q <= left_q == hop_x_q;
      end
    end

    logic [4:0] low_q;
    logic [12:0] high_q, in_width_q;
    always_ff @(posedge clk_i) begin
      if (start) in_width_q <= 13'(op_i.in_width[11:0]) + 13'(16 - q);
      if (new_row) begin
        low_q  <= 5'(16 - q);
        high_q <= in_width_q;
      end else if (step_o) begin
        low_q  <= low_q >= 5'(Q) ? low_q - 5'(Q) : '0;
        high_q <= high_q >= 13'(Q) ? high_q - 13'(Q) : '0;
      end
    end
    assign window_x_o[q] = '{not_low: ~low_q, wide: |high_q[12:5], not_high: ~high_q[4:0]};

    logic lead;
    if (Lead) begin : gen_lead
      logic lead_q;
      always_ff @(posedge clk_i) begin
        if (new_row) lead_q <= op_lead_q > 3'(q);
        else if (step_o) lead_q <= lead_left_q > 3'(q);
      end
      assign lead = lead_q;
    end else begin : gen_no_lead
      assign lead = 1'b0;
    end

    assign pixel_o[q] = '{
            row_end: row_end_q,
            x_odd: Q == 1 ? x_q[0] : q % 2 == 1,
            y_odd: !y_q[0],
            x_kept: kept_q && !lead,
            y_kept: kept_y_q,
            write: kept_y_q && kept_q && !lead && !(beyond_y_q || beyond_q),
            fill: fill_y_q || fill_q,
            first_p: first_p_q,
            last_p: last_p,
            last_group: last_group
        };
  end

  logic unused_op;
  assign unused_op = ^op_i;

  `RS_ASSERT(GroupsLeft, !active_q || groups_q != '0)

endmodule
