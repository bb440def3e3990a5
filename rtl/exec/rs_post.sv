// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The post-processing unit: turns the array's pixels, M accumulators each, into codes, writes them
/// to their addresses in the feature buffer and tells who waits for them. With a lane for every
/// channel of Q pixels it takes Q pixels a cycle (rs_post_pipeline), with fewer than M an M-block at a
/// time (rs_post_serial).
///
/// Throughput: that of rs_post_pipeline or rs_post_serial.
/// Latency: that of rs_post_pipeline or rs_post_serial. Progress may be read on within a cycle or
/// two of the write: the pixel is in the memory before anything that its progress allows can read
/// it.
/// Handshake: operations and addresses are valid/ready; pixels and residual words cannot be
/// stalled; writes are valid/ready, and urgent when they cannot wait.
/// Assumes: an operation, its addresses and its parameters are here before its first pixel.
module rs_post #(
  /// Channels of a word.
  parameter int unsigned M = 16,
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  /// Width of a word address.
  parameter int unsigned AddrW = 10,
  /// Groups of the parameter memory.
  parameter int unsigned PmDepth = 64,
  /// Channels processed at once: M, a multiple of it, or a smaller divisor of it.
  parameter int unsigned PostLanes = 16,
  /// Tables behind it; ActW must be 8 then.
  parameter int unsigned Tables = 0,
  /// Bits of a multiplier.
  parameter int unsigned MultW = 16,
  /// Sums may be rounded by themselves, before their residual; with PostLanes of M or more.
  parameter bit Early = 1'b0,
  /// Pixels of a way that are on their way, at most, with several pixels at a time.
  parameter int unsigned QueueDepth = 64,
  /// Derived.
  localparam int unsigned Q = rs_spec_pkg::post_pixels(M, PostLanes),
  localparam int unsigned BankW = $clog2(P),
  localparam int unsigned PtrW = $clog2(PmDepth) + 1,
  localparam int unsigned Records = rs_spec_pkg::param_records(M, P, PostLanes),
  localparam int unsigned WordW = $clog2(M / Records),
  localparam int unsigned TableAddrW = rs_spec_pkg::table_address_width(Tables),
  localparam int unsigned ChannelW = rs_pkg::channel_width(MultW)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// Operations.
  input  logic                    op_valid_i,
  output logic                    op_ready_o,
  input  rs_spec_pkg::desc_exec_t op_i,

  /// Pixels from the array. With fewer lanes than channels, or several pixels, `free_o` says that an
  /// M-block has left.
  input  logic                          valid_i,
  input  logic [Q-1:0][M-1:0][AccW-1:0] acc_i,
  output logic                          free_o,

  /// Their destinations.
  input  logic                    dst_valid_i,
  output logic                    dst_ready_o,
  input  logic [Q-1:0][BankW-1:0] dst_bank_i,
  input  logic [Q-1:0][AddrW-1:0] dst_addr_i,
  input  logic [Q-1:0]            dst_write_i,
  input  logic [Q-1:0]            dst_fill_i,
  input  rs_pkg::group_t          dst_group_i,

  /// Parameter memory, read latency 2, 1 with fewer lanes than M.
  input  logic [PtrW-1:0]                  params_loaded_i,
  output logic                             params_read_o,
  output logic [PtrW-2+WordW:0]            params_addr_o,
  input  logic [Records-1:0][ChannelW-1:0] params_i,
  output logic                             params_free_o,
  output logic [PtrW-1:0]                  params_free_count_o,

  /// Residual words, 2 cycles after the pop; 1 with fewer lanes than channels.
  output logic                          residual_pop_o,
  input  logic [Q-1:0][M-1:0][ActW-1:0] residual_i,

  /// Entries of the tables, two at a time.
  input  logic                   table_valid_i,
  output logic                   table_ready_o,
  input  logic [TableAddrW-1:0]  table_addr_i,
  input  logic [15:0]            table_i,

  /// Feature buffer writes; the data comes in the cycle after.
  output logic [Q-1:0]                  wr_valid_o,
  input  logic [Q-1:0]                  wr_ready_i,
  output logic                          wr_urgent_o,
  output logic [Q-1:0][BankW-1:0]       wr_bank_o,
  output logic [Q-1:0][AddrW-1:0]       wr_addr_o,
  output logic [Q-1:0][M-1:0][ActW-1:0] wr_data_o,

  /// Progress: pixels written of this operation; complete, with its tokens.
  output logic [23:0] written_o,
  output logic        complete_o,
  output logic        post_load_o,
  output logic        post_store_o
);

  `RS_PARAM_CHECK(Lanes, M % PostLanes == 0 || PostLanes % M == 0,
                  "PostLanes must be M, a multiple or a divisor of it")
  `RS_PARAM_CHECK(Early, !Early || PostLanes >= M, "Early is with PostLanes of M or more")
  `RS_PARAM_CHECK(Queue, QueueDepth >= 2, "QueueDepth must be at least 2")
  `RS_PARAM_CHECK(Pixels, P / Q >= 2, "of a group's P pixels at most half at a time")
  `RS_PARAM_CHECK(Tables, Tables == 0 || ActW == 8, "Tables are for ActW 8")

  logic early, done;
  rs_pkg::progress_t early_pixel, done_pixel;

  if (PostLanes >= M) begin : gen_pipeline
    rs_post_pipeline #(
      .M(M),
      .P(P),
      .Q(Q),
      .QueueDepth(QueueDepth),
      .ActW(ActW),
      .AccW(AccW),
      .AddrW(AddrW),
      .PmDepth(PmDepth),
      .Records(Records),
      .Tables(Tables),
      .MultW(MultW),
      .Early(Early)
    ) u_post (
      .clk_i,
      .rst_ni,
      .op_valid_i,
      .op_ready_o,
      .op_i         (rs_pkg::post_op(op_i)),
      .valid_i,
      .acc_i,
      .free_o,
      .dst_valid_i,
      .dst_ready_o,
      .dst_bank_i,
      .dst_addr_i,
      .dst_write_i,
      .dst_fill_i,
      .dst_group_i,
      .params_loaded_i,
      .params_read_o,
      .params_addr_o,
      .params_i,
      .residual_pop_o,
      .residual_i,
      .table_valid_i,
      .table_ready_o,
      .table_addr_i,
      .table_i,
      .wr_valid_o,
      .wr_ready_i,
      .wr_urgent_o,
      .wr_bank_o,
      .wr_addr_o,
      .wr_data_o,
      .early_o      (early),
      .early_pixel_o(early_pixel),
      .done_o       (done),
      .done_pixel_o (done_pixel)
    );
  end else begin : gen_serial
    rs_post_serial #(
      .M(M),
      .P(P),
      .ActW(ActW),
      .AccW(AccW),
      .AddrW(AddrW),
      .PmDepth(PmDepth),
      .Lanes(PostLanes),
      .Tables(Tables),
      .MultW(MultW)
    ) u_post (
      .clk_i,
      .rst_ni,
      .op_valid_i,
      .op_ready_o,
      .op_i        (rs_pkg::post_op(op_i)),
      .valid_i,
      .acc_i,
      .free_o,
      .dst_valid_i,
      .dst_ready_o,
      .dst_bank_i,
      .dst_addr_i,
      .dst_write_i,
      .dst_fill_i,
      .dst_group_i,
      .params_read_o,
      .params_addr_o,
      .params_i,
      .residual_pop_o,
      .residual_i,
      .table_valid_i,
      .table_ready_o,
      .table_addr_i,
      .table_i,
      .wr_valid_o,
      .wr_bank_o,
      .wr_addr_o,
      .wr_data_o,
      .done_o      (done),
      .done_pixel_o(done_pixel)
    );
    assign wr_urgent_o = 1'b1;
    assign early       = done;
    assign early_pixel = done_pixel;
    logic unused_pipeline;
    assign unused_pipeline = ^{params_loaded_i, wr_ready_i};
  end

  rs_post_progress #(
    .P(P),
    .PmDepth(PmDepth)
  ) u_progress (
    .clk_i,
    .rst_ni,
    .early_i      (early),
    .early_pixel_i(early_pixel),
    .done_i       (done),
    .done_pixel_i (done_pixel),
    .written_o,
    .complete_o,
    .post_load_o,
    .post_store_o,
    .params_free_o,
    .params_free_count_o
  );

endmodule
