// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The residual buffer controller: prefetches the skip tensor's words, in the order in which
/// post-processing will use them, from the feature buffer into a FIFO. The issuer starts the last tile
/// of an M-group only after reserving its P words here, so post-processing never waits; and since a
/// word is read before it can be consumed, and consumed before its pixel can be written, a sum in place
/// has no hazard.
///
/// Throughput: a word a cycle inside an operation, a pause of 3 cycles between two. Latency: P + 6
/// cycles from `started_i` to the first group, for a feature buffer that answers in 4.
/// Handshake: operations and read requests are valid/ready; `started_i` tells that the issuer started
/// the next operation (its reads are then ordered behind all earlier writes it needs).
module rs_residual #(
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Width of a word.
  parameter int unsigned WordW = 128,
  /// Width of a word address.
  parameter int unsigned AddrW = 10,
  localparam int unsigned BankW = $clog2(P)
) (
  input  logic clk_i,
  input  logic rst_ni,

  /// Operations in order; those without a residual are passed over.
  input  logic          op_valid_i,
  output logic          op_ready_o,
  input  logic          op_residual_i,
  input  rs_pkg::walk_t op_walk_i,
  input  logic          started_i,

  /// Read port of the feature buffer.
  output logic             req_valid_o,
  input  logic             req_ready_i,
  output logic [BankW-1:0] req_bank_o,
  output logic [AddrW-1:0] req_addr_o,
  input  logic             rsp_valid_i,
  input  logic [WordW-1:0] rsp_data_i,

  /// P unreserved words are here; reserve them.
  output logic reservable_o,
  input  logic reserve_i,

  /// The oldest word; it must be reserved.
  input  logic             pop_i,
  output logic [WordW-1:0] data_o
);

  localparam int unsigned Depth = 2 ** $clog2(8 * P);
  localparam int unsigned CountW = $clog2(Depth + 1);

  typedef enum logic [1:0] {
    Idle,
    WaitStart,
    Walk
  } state_e;

  state_e state_q, state_d;
  logic       residual_q;
  logic [1:0] starts_q;
  logic take, begin_walk;

  assign op_ready_o = state_q == Idle;
  assign take       = op_valid_i && op_ready_o;
  assign begin_walk = state_q == WaitStart && starts_q != '0;

  logic walk_active, walk_step;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      Idle:      if (take) state_d = WaitStart;
      WaitStart: if (begin_walk) state_d = residual_q ? Walk : Idle;
      Walk:      if (!walk_active) state_d = Idle;
      default:   state_d = Idle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q  <= Idle;
      starts_q <= '0;
    end else begin
      state_q  <= state_d;
      starts_q <= starts_q + 2'(started_i) - 2'(begin_walk);
    end
  end

  always_ff @(posedge clk_i) if (take) residual_q <= op_residual_i;

  // Walk the raster as far as the FIFO has room; requests already made count as filled.
  logic [CountW-1:0] room_q;
  logic              walk_run;
  logic [11:0] walk_y, walk_x;
  logic walk_inside, walk_fill;
  logic walk_first_p, walk_last_p, walk_last_m, walk_last_g, walk_last;

  assign walk_run    = state_q == Walk && walk_active;
  assign req_valid_o = walk_run && room_q != '0;
  assign walk_step   = req_valid_o && req_ready_i;

  rs_pixel_walker #(
    .P(P),
    .AddrW(AddrW)
  ) u_walker (
    .clk_i,
    .rst_ni,
    .start_i  (take && op_residual_i),
    .walk_i   (op_walk_i),
    .step_i   (walk_step),
    .active_o (walk_active),
    .y_o      (walk_y),
    .x_o      (walk_x),
    .bank_o   (req_bank_o),
    .addr_o   (req_addr_o),
    .inside_o (walk_inside),
    .fill_o   (walk_fill),
    .first_p_o(walk_first_p),
    .last_p_o (walk_last_p),
    .last_m_o (walk_last_m),
    .last_g_o (walk_last_g),
    .last_o   (walk_last)
  );

  logic unused_walk;
  assign unused_walk = ^{walk_y, walk_x, walk_inside, walk_fill, walk_first_p, walk_last_p,
                         walk_last_m, walk_last_g, walk_last};

  logic fifo_ready, fifo_valid;
  logic [CountW-1:0] fifo_count;

  rs_fifo #(
    .Width(WordW),
    .Depth(Depth)
  ) u_fifo (
    .clk_i,
    .rst_ni,
    .in_valid_i (rsp_valid_i),
    .in_ready_o (fifo_ready),
    .in_data_i  (rsp_data_i),
    .out_valid_o(fifo_valid),
    .out_ready_i(pop_i),
    .out_data_o (data_o),
    .count_o    (fifo_count)
  );

  logic unused_count;
  assign unused_count = ^fifo_count;

  // Words requested and not yet popped; words arrived and not yet reserved.
  logic [CountW-1:0] free_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      room_q <= CountW'(Depth);
      free_q <= '0;
    end else begin
      room_q <= room_q - CountW'(walk_step) + CountW'(pop_i);
      free_q <= free_q + CountW'(rsp_valid_i) - (reserve_i ? CountW'(P) : '0);
    end
  end

  assign reservable_o = free_q >= CountW'(P);

  `RS_ASSERT(RoomForAnswer, !rsp_valid_i || fifo_ready)
  `RS_ASSERT(PopHasWord, !pop_i || fifo_valid)
  `RS_ASSERT(ReserveHasWords, !reserve_i || reservable_o)

endmodule
