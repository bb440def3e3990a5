// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Counts through the raster of each operation once, pixel by pixel, pixel group by pixel group.
/// Nothing divides. Its takers turn the pixels into addresses in memory and into the windows of
/// taps that do not reach into the padding.
///
/// A pixel group all of whose pixels lie below the raster does not come: an operation that asks for
/// one stands still, and the watchdog ends the run.
///
/// Throughput: a pixel per cycle, a pause of two cycles between operations.
/// Latency: 2 cycles from an operation to its first pixel.
/// Handshake: operations are valid/ready; `step_o` says that the current pixel is taken.
/// Assumes: `ready_i` holds for a whole pixel group: one that has begun goes on without a pause.
module rs_raster_counter #(
  /// Pixels of a group.
  parameter int unsigned P = 8,
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

  /// The takers have room for a pixel; it is taken.
  input  logic            ready_i,
  output logic            step_o,
  output rs_pkg::pixel_t  pixel_o,
  output rs_pkg::window_t window_y_o,
  output rs_pkg::window_t window_x_o
);

  // The row counts from 1; the column from 2, so that it tells whether the next pixel is the last.
  logic active_q, begin_q, first_p_q, polyphase_q;
  logic [BankW-1:0] p_q;
  logic [19:0]      groups_q;
  logic [11:0] y_q, x_q, pitch_q, height_q, width_q;
  logic fill_y_q, fill_x_q, beyond_y_q, beyond_x_q;

  // Rows and columns to the next one that is written; whether this one is.
  logic [3:0] skip_y_q, skip_x_q, left_y_q, left_x_q;
  logic kept_y_q, kept_x_q;

  // This pixel is the last of its row, the last with data; so are the first of narrow rows.
  logic row_end_q, data_end_q, one_wide_q, one_data_q;
  logic start, new_row, last_p, last_group;

  assign op_ready_o = !active_q;
  assign start      = op_valid_i && op_ready_o;
  assign step_o     = active_q && !begin_q && (!first_p_q || (ready_i && !beyond_y_q));
  assign new_row    = begin_q || (step_o && row_end_q);
  assign last_p     = p_q == BankW'(P - 1);
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
      polyphase_q   <= op_i.dst_polyphase;
      pitch_q    <= op_i.pitch;
      height_q   <= op_i.out_height[11:0];
      width_q    <= op_i.out_width[11:0];
      skip_y_q   <= op_i.skip_rows;
      skip_x_q   <= op_i.skip_columns;
      one_wide_q <= op_i.pitch == 12'd1;
      one_data_q <= op_i.out_width[11:0] == 12'd1;
      groups_q   <= op_i.groups;
      p_q        <= '0;
      first_p_q  <= 1'b1;
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
      x_q        <= 12'd2;
      row_end_q  <= one_wide_q;
      data_end_q <= one_data_q;
      fill_x_q   <= 1'b0;
      beyond_x_q <= 1'b0;
    end else if (step_o) begin
      x_q        <= x_q + 1'b1;
      row_end_q  <= x_q == pitch_q;
      data_end_q <= x_q == width_q;
      fill_x_q   <= fill_x_q || data_end_q;
      if (fill_x_q) beyond_x_q <= 1'b1;
      else if (data_end_q) beyond_x_q <= !(polyphase_q && !x_q[0]);
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
    if (new_row) begin
      left_x_q <= skip_x_q;
      kept_x_q <= 1'b1;
    end else if (step_o) begin
      left_x_q <= left_x_q == '0 ? skip_x_q : left_x_q - 1'b1;
      kept_x_q <= left_x_q == '0;
    end
    if (start) begin
      left_y_q <= op_i.skip_rows;
      kept_y_q <= 1'b1;
    end else if (step_o && row_end_q) begin
      left_y_q <= left_y_q == '0 ? skip_y_q : left_y_q - 1'b1;
      kept_y_q <= left_y_q == '0;
    end
  end

  assign pixel_o = '{
          row_end: row_end_q,
          x_odd: x_q[0],
          y_odd: !y_q[0],
          x_kept: kept_x_q,
          y_kept: kept_y_q,
          write: kept_y_q && kept_x_q && !(beyond_y_q || beyond_x_q),
          fill: fill_y_q || fill_x_q,
          first_p: first_p_q,
          last_p: last_p,
          last_group: last_group
      };

  // Distances to the source's borders, 16 added: from below they stop at 0.
  logic [4:0] low_y_q, low_x_q;
  logic [12:0] high_y_q, high_x_q, in_width_q;

  always_ff @(posedge clk_i) begin
    if (start) begin
      low_y_q    <= 5'd16;
      high_y_q   <= 13'(op_i.in_height[11:0]) + 13'd16;
      in_width_q <= 13'(op_i.in_width[11:0]) + 13'd16;
    end else if (step_o && row_end_q) begin
      if (low_y_q != '0) low_y_q <= low_y_q - 1'b1;
      if (high_y_q != '0) high_y_q <= high_y_q - 1'b1;
    end
    if (new_row) begin
      low_x_q  <= 5'd16;
      high_x_q <= in_width_q;
    end else if (step_o) begin
      if (low_x_q != '0) low_x_q <= low_x_q - 1'b1;
      if (high_x_q != '0) high_x_q <= high_x_q - 1'b1;
    end
  end

  assign window_y_o = '{not_low: ~low_y_q, wide: |high_y_q[12:5], not_high: ~high_y_q[4:0]};
  assign window_x_o = '{not_low: ~low_x_q, wide: |high_x_q[12:5], not_high: ~high_x_q[4:0]};

  logic unused_op;
  assign unused_op = ^op_i;

  `RS_ASSERT(GroupsLeft, !active_q || groups_q != '0)

endmodule
