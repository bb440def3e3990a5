// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The address generator: goes through each operation's raster once and gives what belongs to its
/// pixels: the windows of taps of the pixel group that is issued, the addresses where
/// post-processing writes, and those where the residual is read.
///
/// Throughput: Q pixels per cycle on each side.
/// Latency: P / Q + 2 cycles from an operation to its first windows, one more with Ahead.
/// Handshake: valid/ready; see rs_raster_counter, rs_column_window and rs_pixel_address.
/// Assumes: M-blocks ask for addresses in the order in which they are issued.
module rs_address_gen #(
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Pixels at a time.
  parameter int unsigned Q = 1,
  /// Width of a word address.
  parameter int unsigned AddrW = 10,
  /// Operations may lead.
  parameter bit Lead = 1'b0,
  /// Steps that the raster is ahead of the windows; 0: none.
  parameter int unsigned Ahead = 16,
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

  /// Windows of the current pixel group.
  output logic                    windows_valid_o,
  input  logic                    windows_next_i,
  output rs_pkg::window_t [P-1:0] window_y_o,
  output rs_pkg::window_t [P-1:0] window_x_o,

  /// Addresses to write, M-block by M-block.
  input  logic             dst_group_valid_i,
  output logic             dst_group_next_o,
  input  rs_pkg::group_t   dst_group_i,
  output logic             dst_valid_o,
  input  logic             dst_ready_i,
  output logic [Q-1:0][BankW-1:0] dst_bank_o,
  output logic [Q-1:0][AddrW-1:0] dst_addr_o,
  output logic [Q-1:0]     dst_write_o,
  output logic [Q-1:0]     dst_fill_o,
  output rs_pkg::group_t   dst_group_o,

  /// Addresses of the residual.
  input  logic             res_group_valid_i,
  output logic             res_group_next_o,
  output logic             res_group_last_o,
  input  rs_pkg::group_t   res_group_i,
  output logic             res_valid_o,
  input  logic             res_ready_i,
  output logic [Q-1:0][BankW-1:0] res_bank_o,
  output logic [Q-1:0][AddrW-1:0] res_addr_o,
  output logic             res_last_o
);

  logic windows_room, queue_room, dst_room, res_room, step, start;
  rs_pkg::pixel_t [Q-1:0] pixel;
  rs_pkg::window_t window_y;
  rs_pkg::window_t [Q-1:0] window_x;

  assign start = op_valid_i && op_ready_o;

  rs_raster_counter #(
    .P(P),
    .Q(Q),
    .Lead(Lead)
  ) u_raster_counter (
    .clk_i,
    .rst_ni,
    .op_valid_i,
    .op_ready_o,
    .op_i,
    .ready_i   (queue_room && dst_room && res_room),
    .step_o    (step),
    .pixel_o   (pixel),
    .window_y_o(window_y),
    .window_x_o(window_x)
  );

  logic collect, collect_last;
  rs_pkg::window_t collect_y;
  rs_pkg::window_t [Q-1:0] collect_x;

  if (Ahead > 0) begin : gen_ahead
    rs_raster_queue #(
      .P(P),
      .Q(Q),
      .Ahead(Ahead)
    ) u_queue (
      .clk_i,
      .rst_ni,
      .room_o  (queue_room),
      .step_i  (step),
      .last_p_i(pixel[0].last_p),
      .y_i     (window_y),
      .x_i     (window_x),
      .step_o  (collect),
      .ready_i (windows_room),
      .last_p_o(collect_last),
      .y_o     (collect_y),
      .x_o     (collect_x)
    );
  end else begin : gen_direct
    assign queue_room   = windows_room;
    assign collect      = step;
    assign collect_last = pixel[0].last_p;
    assign collect_y    = window_y;
    assign collect_x    = window_x;
  end

  rs_column_window #(
    .P(P),
    .Q(Q)
  ) u_windows (
    .clk_i,
    .rst_ni,
    .ready_o (windows_room),
    .step_i  (collect),
    .last_p_i(collect_last),
    .y_i     (collect_y),
    .x_i     (collect_x),
    .valid_o (windows_valid_o),
    .next_i  (windows_next_i),
    .y_o     (window_y_o),
    .x_o     (window_x_o)
  );

  logic unused_dst_group, unused_dst_last;
  rs_pixel_address #(
    .P(P),
    .Q(Q),
    .AddrW(AddrW)
  ) u_dst (
    .clk_i,
    .rst_ni,
    .start_i      (start),
    .use_i        (1'b1),
    .tensor_i     (rs_pkg::destination(op_i)),
    .room_o       (dst_room),
    .step_i       (step),
    .pixel_i      (pixel),
    .group_valid_i(dst_group_valid_i),
    .group_next_o (dst_group_next_o),
    .group_last_o (unused_dst_group),
    .group_i      (dst_group_i),
    .valid_o      (dst_valid_o),
    .ready_i      (dst_ready_i),
    .bank_o       (dst_bank_o),
    .addr_o       (dst_addr_o),
    .write_o      (dst_write_o),
    .fill_o       (dst_fill_o),
    .group_o      (dst_group_o),
    .last_o       (unused_dst_last)
  );

  logic unused_res;
  logic [Q-1:0] res_write, res_fill;
  rs_pkg::group_t res_group;
  assign unused_res = ^{res_write, res_fill, res_group};

  rs_pixel_address #(
    .P(P),
    .Q(Q),
    .AddrW(AddrW)
  ) u_res (
    .clk_i,
    .rst_ni,
    .start_i      (start),
    .use_i        (op_i.residual),
    .tensor_i     (rs_pkg::residual(op_i)),
    .room_o       (res_room),
    .step_i       (step),
    .pixel_i      (pixel),
    .group_valid_i(res_group_valid_i),
    .group_next_o (res_group_next_o),
    .group_last_o (res_group_last_o),
    .group_i      (res_group_i),
    .valid_o      (res_valid_o),
    .ready_i      (res_ready_i),
    .bank_o       (res_bank_o),
    .addr_o       (res_addr_o),
    .write_o      (res_write),
    .fill_o       (res_fill),
    .group_o      (res_group),
    .last_o       (res_last_o)
  );

endmodule
