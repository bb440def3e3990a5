// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The EXEC engine: everything between the weight streams and the feature buffer.
///
///   operation --+-> micro-op fetch --> issue --> feature buffer --> tap mask --+
///               +-> address generator: windows --^      |                  v
///               |                       addresses --+    tiles ------------> array
///               +-> residual controller <--------+                          |
///               +-> post-processing <------------+--------------------------+
///                         +--> feature buffer
///
/// Five units take every operation, in order but each in its own time; so the next operation's
/// micro-ops and windows are ready when the current one ends.
///
/// Throughput: a micro-op of the reduction list per cycle.
/// Latency: that of the array and 17 cycles from a micro-op to the first pixel's write, 5 more with
/// Requantise.
/// Handshake: operations, weight streams, LOAD's writes and STORE's reads are valid/ready; tokens
/// are pulses.
/// Assumes: an operation fits its tensors, lists and parameters; the control program has checked
/// the fields.
module rs_exec
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::exec_tokens_t;
  import rs_ctrl_pkg::exec_cycle_t;
#(
  /// Output channels computed at once; a multiple of C.
  parameter int unsigned M = 4,
  /// Input channels reduced at once.
  parameter int unsigned C = 4,
  /// Output pixels computed at once.
  parameter int unsigned P = 3,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Weight format.
  parameter int unsigned WeightFormat = 7,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 1024,
  /// Weight-memory micro-ops.
  parameter int unsigned WmDepth = 512,
  /// Parameter-memory groups.
  parameter int unsigned PmDepth = 64,
  /// Channels post-processed at once: M, a multiple of it, or a smaller divisor of it.
  parameter int unsigned PostLanes = M,
  /// Tables of post-processing.
  parameter int unsigned Tables = 0,
  /// Columns to the left whose pixels a PE can take; 0: none.
  parameter int unsigned Neighbours = 0,
  /// EXEC can bound the codes that it reads, and round sums before their residual.
  parameter bit Requantise = 1'b0,
  /// Bits of a multiplier.
  parameter int unsigned MultW = 16,
  /// Micro-op headers that come together.
  parameter int unsigned HeadersPerBeat = 1,
  /// Tiles may come as row streams.
  parameter bit WeightStreams = 1'b1,
  /// LOAD and STORE share the ways of data with post-processing.
  parameter bit SharedData = 1'b0,
  /// Derived.
  localparam int unsigned Q = rs_spec_pkg::post_pixels(M, PostLanes),
  localparam int unsigned Records = rs_spec_pkg::param_records(M, P, PostLanes),
  localparam int unsigned ParamW = 8 * rs_spec_pkg::param_bytes(MultW),
  localparam int unsigned TileW = rs_spec_pkg::tile_width(M, C, WeightFormat),
  localparam int unsigned EntryW = 8 * rs_spec_pkg::entry_bytes(C, WeightFormat),
  localparam int unsigned WordW = M * ActW,
  localparam int unsigned BankW = $clog2(P),
  localparam int unsigned AddrW = $clog2(FbDepth),
  localparam int unsigned HeaderCountW = $clog2(HeadersPerBeat + 1),
  localparam int unsigned TableAddrW = rs_spec_pkg::table_address_width(Tables)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,
  /// Issue nothing more.
  input  logic halt_i,

  /// Operations.
  input  logic       op_valid_i,
  output logic       op_ready_o,
  input  desc_exec_t op_i,

  /// Tokens from LOAD and STORE that are there, that are taken, and that are given.
  input  exec_tokens_t token_i,
  output exec_tokens_t take_o,
  output exec_tokens_t post_o,

  /// Weight streams: channel parameters; micro-op headers, the first at the low end, and how many
  /// there are; weight tiles.
  input  logic             param_valid_i,
  output logic             param_ready_o,
  input  logic [ParamW*Records-1:0] param_i,
  input  logic             header_valid_i,
  output logic             header_ready_o,
  input  logic [HeadersPerBeat*32-1:0] header_i,
  input  logic [HeaderCountW-1:0] header_count_i,
  input  logic             tile_valid_i,
  output logic             tile_ready_o,
  input  logic [TileW-1:0] tile_i,
  /// Row streams in place of tiles: an entry for each row; those of a block end; they did not make its
  /// tiles.
  input  logic             entry_valid_i,
  input  logic [M-1:0][EntryW-1:0] entry_i,
  input  logic             stream_end_i,
  output logic             stream_fault_o,
  /// Entries of the tables, two at a time.
  input  logic                   table_valid_i,
  output logic                   table_ready_o,
  input  logic [TableAddrW-1:0]  table_addr_i,
  input  logic [15:0]            table_i,

  /// Feature buffer: writes of LOAD, reads of STORE and their data in order.
  input  logic             load_valid_i,
  output logic             load_ready_o,
  input  logic [BankW-1:0] load_bank_i,
  input  logic [AddrW-1:0] load_addr_i,
  input  logic [WordW-1:0] load_data_i,
  input  logic             store_valid_i,
  output logic             store_ready_o,
  input  logic [BankW-1:0] store_bank_i,
  input  logic [AddrW-1:0] store_addr_i,
  output logic             store_rvalid_o,
  output logic [WordW-1:0] store_rdata_o,

  /// There is work.
  output logic       busy_o,
  /// What EXEC did two cycles before.
  output exec_cycle_t cycle_o
);

  `RS_PARAM_CHECK(Shape, M % C == 0, "M must be a multiple of C")
  `RS_PARAM_CHECK(Lanes, PostLanes >= 1 && (M % PostLanes == 0 || PostLanes % M == 0),
                  "PostLanes must be M, a multiple or a divisor of it")

  localparam int unsigned R = M / C;
  localparam int unsigned CBlockW = $clog2(FbDepth * R);
  localparam int unsigned SubW = rs_pkg::index_width(R);
  localparam int unsigned TileAddrW = $clog2(WmDepth);
  localparam int unsigned ParamPtrW = $clog2(PmDepth) + 1;
  localparam int unsigned ParamAddrW = $clog2(PmDepth * (M / Records));
  localparam bit Serial = PostLanes < M;
  // The smallest cores go without registers after their memories.
  localparam bit RamReg = !Serial;
  // M-blocks between issue and post-processing; with several pixels at a time, those that are not yet
  // written: for as many cycles as it takes from issue to write.
  localparam int unsigned BlockCycles = P / Q;
  localparam int unsigned QueueDepth = 2 ** $clog2(M + 48);
  localparam int unsigned Blocks = Serial ? 1 : Q > 1 ? QueueDepth / BlockCycles : 0;
  localparam int unsigned GroupsInFlight = Serial ? 2 : (M + 48) / BlockCycles + 2;

  // One operation, five takers.
  typedef enum int unsigned {
    FetchTaker,
    IssueTaker,
    AddressTaker,
    ResidualTaker,
    PostTaker
  } taker_e;
  localparam int unsigned Takers = 5;

  logic [Takers-1:0] offered, accepts;

  rs_fork #(
    .Takers(Takers)
  ) u_fork (
    .clk_i,
    .rst_ni,
    .in_valid_i (op_valid_i),
    .in_ready_o (op_ready_o),
    .out_valid_o(offered),
    .out_ready_i(accepts)
  );

  logic unused_op;
  assign unused_op = ^op_i;

  // Weight memory and the reduction list.
  logic [TileAddrW:0] loaded;
  logic header_read, uop_valid, uop_ready, uop_list_end, uop_last_group;
  logic free_uop, tile_read;
  logic [TileAddrW-1:0] header_addr, uop_tile, tile_addr;
  logic [31:0]          header;
  uop_header_t        uop_header;
  logic [TileW-1:0]     tile;

  rs_weight_buffer #(
    .M(M),
    .C(C),
    .WeightFormat(WeightFormat),
    .WmDepth(WmDepth),
    .RamReg(RamReg),
    .HeadersPerBeat(HeadersPerBeat),
    .Streams(WeightStreams)
  ) u_weights (
    .clk_i,
    .rst_ni,
    .header_valid_i,
    .header_ready_o,
    .header_i,
    .header_count_i,
    .tile_valid_i,
    .tile_ready_o,
    .tile_i,
    .entry_valid_i,
    .entry_i,
    .stream_end_i,
    .stream_fault_o,
    .loaded_o     (loaded),
    .free_i       (free_uop),
    .header_read_i(header_read),
    .header_addr_i(header_addr),
    .header_o     (header),
    .tile_read_i  (tile_read),
    .tile_addr_i  (tile_addr),
    .tile_o       (tile)
  );

  rs_uop_fetch #(
    .WmDepth(WmDepth)
  ) u_uop_fetch (
    .clk_i,
    .rst_ni,
    .op_valid_i        (offered[FetchTaker]),
    .op_ready_o        (accepts[FetchTaker]),
    .op_uops_i      (op_i.uops),
    .op_groups_i       (op_i.groups),
    .op_keep_i         (op_i.keep_list),
    .loaded_i          (loaded),
    .header_read_o     (header_read),
    .header_addr_o     (header_addr),
    .header_i          (header),
    .uop_valid_o     (uop_valid),
    .uop_ready_i     (uop_ready),
    .uop_header_o    (uop_header),
    .uop_tile_o      (uop_tile),
    .uop_list_end_o  (uop_list_end),
    .uop_last_group_o(uop_last_group)
  );

  // The raster.
  logic windows_valid, windows_next;
  rs_pkg::window_t [P-1:0] window_y, window_x;
  logic group_valid, group_next, issued_valid;
  rs_pkg::group_t issued_group, group, dst_group;
  logic dst_valid, dst_ready;
  logic [Q-1:0] dst_write, dst_fill;
  logic res_group_valid, res_group_next, res_group_last;
  logic res_addr_valid, res_addr_ready, res_addr_last;
  rs_pkg::group_t res_group;
  logic [Q-1:0][BankW-1:0] dst_bank, res_bank;
  logic [Q-1:0][AddrW-1:0] dst_addr, res_addr;

  rs_address_gen #(
    .P(P),
    .Q(Q),
    .AddrW(AddrW),
    .Lead(Neighbours > 0),
    .Ahead(Serial ? 0 : 16)
  ) u_address_gen (
    .clk_i,
    .rst_ni,
    .op_valid_i       (offered[AddressTaker]),
    .op_ready_o       (accepts[AddressTaker]),
    .op_i,
    .windows_valid_o  (windows_valid),
    .windows_next_i   (windows_next),
    .window_y_o       (window_y),
    .window_x_o       (window_x),
    .dst_group_valid_i(group_valid),
    .dst_group_next_o (group_next),
    .dst_group_i      (group),
    .dst_valid_o      (dst_valid),
    .dst_ready_i      (dst_ready),
    .dst_bank_o       (dst_bank),
    .dst_addr_o       (dst_addr),
    .dst_write_o      (dst_write),
    .dst_fill_o       (dst_fill),
    .dst_group_o      (dst_group),
    .res_group_valid_i(res_group_valid),
    .res_group_next_o (res_group_next),
    .res_group_last_o (res_group_last),
    .res_group_i      (res_group),
    .res_valid_o      (res_addr_valid),
    .res_ready_i      (res_addr_ready),
    .res_bank_o       (res_bank),
    .res_addr_o       (res_addr),
    .res_last_o       (res_addr_last)
  );

  // Issue.
  logic started, reservable, reserve, complete, post_free, issued;
  logic [23:0] written;
  logic [15:0] read_zero, read_cut;
  logic read_valid, read_first, read_last, read_max, read_plane, read_free;
  logic read_beside, read_list_end, read_fresh;
  logic [4:0] read_dy, read_dx;
  logic [CBlockW-1:0] read_addr, read_step;
  logic [BankW-1:0]     read_rotation;
  logic [SubW-1:0]      read_sub;
  logic [TileAddrW-1:0] read_tile;
  logic [ParamPtrW-1:0] params_loaded;
  rs_pkg::stall_e stall, stall_q;
  logic issued_q;

  rs_issue #(
    .P(P),
    .CBlockW(CBlockW),
    .R(R),
    .PmDepth(PmDepth),
    .TileAddrW(TileAddrW),
    .BlockCycles(Serial ? 1 : BlockCycles),
    .Blocks(Blocks),
    .Neighbours(Neighbours > 0)
  ) u_issue (
    .clk_i,
    .rst_ni,
    .halt_i,
    .op_valid_i        (offered[IssueTaker]),
    .op_ready_o        (accepts[IssueTaker]),
    .op_i,
    .uop_valid_i     (uop_valid),
    .uop_ready_o     (uop_ready),
    .uop_header_i    (uop_header),
    .uop_tile_i      (uop_tile),
    .uop_list_end_i  (uop_list_end),
    .uop_last_group_i(uop_last_group),
    .windows_valid_i   (windows_valid),
    .windows_next_o    (windows_next),
    .load_token_i      (token_i.load),
    .take_load_token_o (take_o.load),
    .store_token_i     (token_i.store),
    .take_store_token_o(take_o.store),
    .params_loaded_i   (params_loaded),
    .started_o         (started),
    .reservable_i      (reservable),
    .reserve_o         (reserve),
    .written_i         (written),
    .complete_i        (complete),
    .post_free_i       (post_free),
    .read_valid_o      (read_valid),
    .read_addr_o       (read_addr),
    .read_step_o       (read_step),
    .read_rotation_o   (read_rotation),
    .read_sub_o        (read_sub),
    .read_dy_o         (read_dy),
    .read_dx_o         (read_dx),
    .read_zero_o       (read_zero),
    .read_cut_o        (read_cut),
    .read_tile_o       (read_tile),
    .read_first_o      (read_first),
    .read_plane_o      (read_plane),
    .read_last_o       (read_last),
    .read_max_o        (read_max),
    .read_free_o       (read_free),
    .read_beside_o     (read_beside),
    .read_list_end_o   (read_list_end),
    .read_fresh_o      (read_fresh),
    .group_valid_o     (issued_valid),
    .group_o           (issued_group),
    .busy_o,
    .issued_o          (issued),
    .stall_o           (stall)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      issued_q     <= 1'b0;
      stall_q      <= rs_pkg::StallIdle;
      cycle_o      <= '{stall: 7'd1 << rs_pkg::StallIdle, busy: 1'b0};
    end else begin
      issued_q     <= issued;
      stall_q      <= stall;
      cycle_o      <= '{stall: issued_q ? '0 : 7'd1 << stall_q, busy: issued_q};
    end
  end

  // M-blocks whose pixels are on their way.
  logic group_room;

  rs_fifo #(
    .Width($bits(rs_pkg::group_t)),
    .Depth(GroupsInFlight)
  ) u_groups (
    .clk_i,
    .rst_ni,
    .in_valid_i (issued_valid),
    .in_ready_o (group_room),
    .in_data_i  (issued_group),
    .out_valid_o(group_valid),
    .out_ready_i(group_next),
    .out_data_o (group)
  );

  // Feature buffer; the mask meets the activations there.
  localparam int unsigned MaskDelay = 2 + int'(RamReg);
  logic [P-1:0] keep;
  logic [ActW-1:0] zero;
  logic [P-1:0][C-1:0][ActW-1:0] act;
  logic wr_urgent;
  logic [Q-1:0] wr_valid, wr_ready, res_req_valid, res_req_ready, res_rsp_valid;
  logic [Q-1:0][BankW-1:0] wr_bank;
  logic [Q-1:0][AddrW-1:0] wr_addr;
  logic [Q-1:0][WordW-1:0] wr_data, residual, res_rdata;
  logic residual_pop;

  rs_tap_mask #(
    .P(P),
    .Latency(MaskDelay)
  ) u_mask (
    .clk_i,
    .y_i   (window_y),
    .x_i   (window_x),
    .dy_i  (read_dy),
    .dx_i  (read_dx),
    .keep_o(keep)
  );
  rs_delay #(
    .Width(ActW),
    .Stages(MaskDelay)
  ) u_zero (
    .clk_i,
    .data_i(read_zero[ActW-1:0]),
    .data_o(zero)
  );
  logic unused_zero;
  assign unused_zero = ^{read_zero, read_cut};

  rs_feature_buffer #(
    .M(M),
    .C(C),
    .P(P),
    .Q(Q),
    .ActW(ActW),
    .FbDepth(FbDepth),
    .RamReg(RamReg),
    .SharedData(SharedData || Serial)
  ) u_features (
    .clk_i,
    .rst_ni,
    .rd_valid_i   (read_valid),
    .rd_addr_i    (read_addr),
    .rd_step_i    (read_step),
    .rd_rotation_i(read_rotation),
    .rd_keep_i    (keep),
    .rd_zero_i    (zero),
    .rd_act_o     (act),
    .wr_valid_i   (wr_valid),
    .wr_ready_o   (wr_ready),
    .wr_urgent_i  (wr_urgent),
    .wr_bank_i    (wr_bank),
    .wr_addr_i    (wr_addr),
    .wr_data_i    (wr_data),
    .res_valid_i  (res_req_valid),
    .res_ready_o  (res_req_ready),
    .res_bank_i   (res_bank),
    .res_addr_i   (res_addr),
    .res_valid_o  (res_rsp_valid),
    .res_rdata_o  (res_rdata),
    .load_valid_i,
    .load_ready_o,
    .load_bank_i,
    .load_addr_i,
    .load_data_i,
    .store_valid_i,
    .store_ready_o,
    .store_bank_i,
    .store_addr_i,
    .store_rvalid_o,
    .store_rdata_o
  );

  rs_residual #(
    .P(P),
    .Q(Q),
    .WordW(WordW),
    .MaxGroups(PmDepth),
    .RamReg(RamReg)
  ) u_residual (
    .clk_i,
    .rst_ni,
    .op_valid_i   (offered[ResidualTaker]),
    .op_ready_o   (accepts[ResidualTaker]),
    .op_residual_i(op_i.residual),
    .op_m_blocks_i(ParamPtrW'(op_i.m_blocks)),
    .started_i    (started),
    .group_valid_o(res_group_valid),
    .group_o      (res_group),
    .group_next_i (res_group_next),
    .group_last_i (res_group_last),
    .addr_valid_i(res_addr_valid),
    .addr_ready_o(res_addr_ready),
    .addr_last_i (res_addr_last),
    .req_valid_o  (res_req_valid),
    .req_ready_i  (res_req_ready),
    .rsp_valid_i  (res_rsp_valid),
    .rsp_data_i   (res_rdata),
    .reservable_o (reservable),
    .reserve_i    (reserve),
    .pop_i        (residual_pop),
    .data_o       (residual)
  );

  // The array.
  logic pixel_valid;
  logic [Q-1:0][M-1:0][AccW-1:0] pixel;

  rs_datapath #(
    .M(M),
    .C(C),
    .P(P),
    .Q(Q),
    .ActW(ActW),
    .WeightFormat(WeightFormat),
    .AccW(AccW),
    .Neighbours(Neighbours),
    .Bounded(Requantise),
    .TileAddrW(TileAddrW),
    .RamReg(RamReg)
  ) u_datapath (
    .clk_i,
    .rst_ni,
    .valid_i    (read_valid),
    .first_i    (read_first),
    .last_i     (read_last),
    .max_i      (read_max),
    .plane_i    (read_plane),
    .sub_i      (read_sub),
    .tile_addr_i(read_tile),
    .free_i     (read_free),
    .beside_i   (read_beside),
    .list_end_i (read_list_end),
    .fresh_i    (read_fresh),
    .zero_i     (read_zero[ActW-1:0]),
    .cut_i      (read_cut[ActW-1:0]),
    .act_i      (act),
    .tile_read_o(tile_read),
    .tile_addr_o(tile_addr),
    .free_o     (free_uop),
    .tile_i     (tile),
    .valid_o    (pixel_valid),
    .acc_o      (pixel)
  );

  // Post-processing.
  logic [ParamAddrW-1:0] params_addr;
  logic [Records-1:0][rs_pkg::channel_width(MultW)-1:0] params;
  logic params_read, params_free;
  logic [ParamPtrW-1:0] params_free_count;

  rs_param_buffer #(
    .M(M),
    .PmDepth(PmDepth),
    .Records(Records),
    .MultW(MultW),
    .RamReg(RamReg)
  ) u_params (
    .clk_i,
    .rst_ni,
    .valid_i     (param_valid_i),
    .ready_o     (param_ready_o),
    .params_i    (param_i),
    .loaded_o    (params_loaded),
    .free_i      (params_free),
    .free_count_i(params_free_count),
    .read_i      (params_read),
    .addr_i      (params_addr),
    .params_o    (params)
  );

  rs_post #(
    .M(M),
    .P(P),
    .ActW(ActW),
    .AccW(AccW),
    .AddrW(AddrW),
    .PmDepth(PmDepth),
    .PostLanes(PostLanes),
    .Tables(Tables),
    .MultW(MultW),
    .Early(Requantise),
    .QueueDepth(QueueDepth)
  ) u_post (
    .clk_i,
    .rst_ni,
    .op_valid_i         (offered[PostTaker]),
    .op_ready_o         (accepts[PostTaker]),
    .op_i,
    .valid_i            (pixel_valid),
    .acc_i              (pixel),
    .free_o             (post_free),
    .dst_valid_i      (dst_valid),
    .dst_ready_o      (dst_ready),
    .dst_bank_i       (dst_bank),
    .dst_addr_i       (dst_addr),
    .dst_write_i      (dst_write),
    .dst_fill_i       (dst_fill),
    .dst_group_i      (dst_group),
    .params_loaded_i    (params_loaded),
    .params_read_o      (params_read),
    .params_addr_o      (params_addr),
    .params_i           (params),
    .params_free_o      (params_free),
    .params_free_count_o(params_free_count),
    .residual_pop_o     (residual_pop),
    .residual_i         (residual),
    .table_valid_i,
    .table_ready_o,
    .table_addr_i,
    .table_i,
    .wr_valid_o         (wr_valid),
    .wr_ready_i         (wr_ready),
    .wr_urgent_o        (wr_urgent),
    .wr_bank_o          (wr_bank),
    .wr_addr_o          (wr_addr),
    .wr_data_o          (wr_data),
    .written_o          (written),
    .complete_o         (complete),
    .post_load_o        (post_o.load),
    .post_store_o       (post_o.store)
  );

  `RS_ASSERT(RoomForGroup, !issued_valid || group_room)

endmodule
