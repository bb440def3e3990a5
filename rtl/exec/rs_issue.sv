// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Decides in every cycle whether the next micro-op of the reduction list enters the array, and if
/// not, why. An operation starts when its tokens are there, the operation before the previous one
/// is complete and its channel parameters are loaded; a pixel group starts when the pixels it reads
/// are written; an M-block ends when post-processing has room for it and its residual is here.
///
/// A list whose `last` flags make other M-blocks than the operation has is given up: nothing more is
/// issued, nothing of the M-block at fault gets to post-processing, and the watchdog ends the run.
///
/// Throughput: a micro-op per cycle, from operation to operation.
/// Latency: 1 cycle from a micro-op to `read_*`.
/// Handshake: operations and micro-ops are valid/ready; what is issued is never stalled.
/// Assumes: operations reach this module, the micro-op fetch, the raster, the residual controller
/// and post-processing in the same order.
module rs_issue #(
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Width of a C-block address.
  parameter int unsigned CBlockW = 10,
  /// C-blocks of a word.
  parameter int unsigned R = 1,
  /// Groups of the parameter memory.
  parameter int unsigned PmDepth = 64,
  /// Width of a tile address.
  parameter int unsigned TileAddrW = 9,
  /// Cycles that post-processing takes for an M-block.
  parameter int unsigned BlockCycles = 8,
  /// M-blocks that may be on their way before post-processing says that one has left it; 0: any number.
  parameter int unsigned Blocks = 0,
  /// Operations may have neighbours.
  parameter bit Neighbours = 1'b0,
  /// Derived.
  localparam int unsigned BankW = $clog2(P),
  localparam int unsigned SubW = rs_pkg::index_width(R),
  localparam int unsigned ParamPtrW = $clog2(PmDepth) + 1
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,
  /// Issue nothing more.
  input  logic halt_i,

  /// Operations.
  input  logic                    op_valid_i,
  output logic                    op_ready_o,
  input  rs_spec_pkg::desc_exec_t op_i,

  /// Micro-ops, see rs_uop_fetch.
  input  logic                       uop_valid_i,
  output logic                       uop_ready_o,
  input  rs_spec_pkg::uop_header_t uop_header_i,
  input  logic [TileAddrW-1:0]       uop_tile_i,
  input  logic                       uop_list_end_i,
  input  logic                       uop_last_group_i,

  /// The current group's windows are there; go to the next group.
  input  logic windows_valid_i,
  output logic windows_next_o,

  /// Tokens of the other engines.
  input  logic load_token_i,
  output logic take_load_token_o,
  input  logic store_token_i,
  output logic take_store_token_o,

  /// Channel parameters loaded.
  input  logic [ParamPtrW-1:0] params_loaded_i,

  /// Residual controller.
  output logic started_o,
  input  logic reservable_i,
  output logic reserve_o,

  /// Post-processing: pixels written of the oldest operation under way, its completion, and room for
  /// an M-block.
  input  logic [23:0] written_i,
  input  logic        complete_i,
  input  logic        post_free_i,

  /// The issued micro-op.
  output logic                 read_valid_o,
  output logic [CBlockW-1:0]    read_addr_o,
  output logic [CBlockW-1:0]    read_step_o,
  output logic [BankW-1:0]     read_rotation_o,
  output logic [SubW-1:0]      read_sub_o,
  output logic [4:0]           read_dy_o,
  output logic [4:0]           read_dx_o,
  output logic [15:0]          read_zero_o,
  output logic [15:0]          read_cut_o,
  output logic [TileAddrW-1:0] read_tile_o,
  output logic                 read_first_o,
  output logic                 read_plane_o,
  output logic                 read_last_o,
  output logic                 read_max_o,
  /// The micro-op will not be used again: free it when its tile is read.
  output logic                 read_free_o,
  /// It is of an operation with neighbours, the last of its list, of the first pixel group.
  output logic                 read_beside_o,
  output logic                 read_list_end_o,
  output logic                 read_fresh_o,
  /// An M-block's last micro-op was issued.
  output logic                 group_valid_o,
  output rs_pkg::group_t       group_o,

  /// There is an operation; a micro-op was issued, or why not.
  output logic           busy_o,
  output logic           issued_o,
  output rs_pkg::stall_e stall_o
);

  // Operation under way.
  logic active_q, max_q, residual_q, keep_q;
  logic sound_q;  // and its list is right so far
  logic [15:0] zero_q, cut_q;
  logic [CBlockW-1:0] base0_q, base1_q, step0_q, step1_q;
  logic [23:0] not_need_q, not_step_q;
  logic [1:0] in_flight_q, granted_q;
  logic [ParamPtrW-1:0] params_ptr_q;

  // Start of the next one, in the cycle of the last micro-op before. It is here for a cycle already, so that
  // its parameters are counted and what it needs is compared; the start before was four cycles ago.
  logic [ParamPtrW-1:0] params_there_q;
  logic load_ok, store_ok, behind, order_ok, params_ok, ready_q, started_q, start, op_end;

  assign load_ok    = !op_i.wait_load || load_token_i;
  assign store_ok   = !op_i.wait_store || store_token_i;
  assign behind     = in_flight_q[1] || (in_flight_q[0] && op_i.wait_previous);
  assign order_ok   = !behind || (!in_flight_q[1] && complete_i);
  // More than the memory holds are never there.
  assign params_ok  = params_there_q >= ParamPtrW'(op_i.m_blocks)
                      && op_i.m_blocks >> ParamPtrW == '0;
  assign start      = ready_q && (!active_q || op_end) && !halt_i;
  assign op_ready_o = started_q;
  assign started_o  = start;

  assign take_load_token_o  = started_q && op_i.wait_load;
  assign take_store_token_o = started_q && op_i.wait_store;

  // Issue of a micro-op.
  logic depend_ok, post_ok, post_room, residual_ok, ok, issue, met_q, met, grant;
  logic last_m_q, list_end, list_wrong;

  assign depend_ok   = windows_valid_i && (granted_q != '0 || met_q);
  assign post_ok     = !uop_header_i.last || post_room;
  assign residual_ok = !uop_header_i.last || !residual_q || reservable_i;
  assign ok          = sound_q && depend_ok && post_ok && residual_ok && !halt_i;
  assign issue       = uop_valid_i && ok;
  assign op_end      = issue && list_end && uop_last_group_i;

  // The list ends with its last M-block, and neither without the other.
  logic [ParamPtrW-1:0] m_blocks_q, m_left_q;

  assign list_end   = uop_header_i.last && last_m_q && uop_list_end_i;
  assign list_wrong = (uop_header_i.last && last_m_q) != uop_list_end_i;

  always_ff @(posedge clk_i) begin
    if (!active_q || op_end) begin
      m_blocks_q <= ParamPtrW'(op_i.m_blocks);
      m_left_q   <= ParamPtrW'(op_i.m_blocks);
      last_m_q   <= op_i.m_blocks == 12'd1;
    end else if (issue && uop_header_i.last) begin
      m_left_q <= last_m_q ? m_blocks_q : m_left_q - 1'b1;
      last_m_q <= last_m_q ? m_blocks_q == ParamPtrW'(1) : m_left_q == ParamPtrW'(2);
    end
  end

  assign uop_ready_o  = ok;
  assign windows_next_o = issue && uop_list_end_i;
  assign reserve_o      = issue && uop_header_i.last && residual_q;

  // Pixel groups whose sources are written are granted ahead, up to three; each takes two cycles.
  // When the operation before is complete, everything is. What a group needs is kept inverted, because
  // a comparison adds the complement.
  assign met   = in_flight_q == 2'd0 || (in_flight_q == 2'd1 && active_q && !op_end)
              || written_i >= ~not_need_q;
  assign grant = met_q && active_q && granted_q != 2'd3;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q     <= 1'b0;
      sound_q      <= 1'b0;
      ready_q      <= 1'b0;
      started_q    <= 1'b0;
      in_flight_q  <= '0;
      granted_q    <= '0;
      params_ptr_q <= '0;
      met_q        <= 1'b0;
    end else begin
      active_q    <= start || (active_q && !op_end);
      sound_q     <= start || (sound_q && !op_end && !(issue && list_wrong));
      ready_q     <= op_valid_i && load_ok && store_ok && order_ok && params_ok
                     && !start && !started_q;
      started_q   <= start;
      in_flight_q <= in_flight_q + 2'(start) - 2'(complete_i);
      granted_q   <= op_end ? '0 : granted_q + 2'(grant) - 2'(windows_next_o);
      if (started_q && !op_i.keep_list) params_ptr_q <= params_ptr_q + ParamPtrW'(op_i.m_blocks);
      met_q <= met && (!grant || op_end);
    end
  end

  always_ff @(posedge clk_i) begin
    params_there_q <= params_loaded_i - params_ptr_q;
    // Needed by the operation that starts next, or by this one while the one before is under way.
    if (!in_flight_q[1]) not_need_q <= ~op_i.need_first;
    else if (grant) not_need_q <= not_need_q + not_step_q + 1'b1;  // ~(need + step)
    // Between operations whatever stands next is taken over, in case it starts.
    if (!active_q || op_end) begin
      max_q      <= op_i.max_mode;
      residual_q <= op_i.residual;
      keep_q     <= op_i.keep_list;
      zero_q     <= op_i.in_zero;
      cut_q      <= op_i.in_cut;
      step0_q    <= CBlockW'(op_i.src0_step);
      step1_q    <= CBlockW'(op_i.src1_step);
      not_step_q <= ~op_i.need_step;
    end
    if (!active_q || windows_next_o) begin
      base0_q <= !active_q || uop_last_group_i ? CBlockW'(op_i.src0_base) : base0_q + step0_q;
      base1_q <= !active_q || uop_last_group_i ? CBlockW'(op_i.src1_base) : base1_q + step1_q;
    end
  end

  // Room in post-processing: the M-block before has begun BlockCycles ago, and there are not too many.
  logic rested, few;
  assign post_room = rested && few;

  if (BlockCycles > 1) begin : gen_cooldown
    localparam int unsigned CooldownW = $clog2(BlockCycles);
    logic [CooldownW-1:0] cooldown_q;
    logic                 rested_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) rested_q <= 1'b1;
      else begin
        rested_q <= issue && uop_header_i.last ? 1'b0 : rested_q || cooldown_q == CooldownW'(1);
      end
    end
    always_ff @(posedge clk_i) begin
      cooldown_q <= rested_q ? CooldownW'(BlockCycles - 1) : cooldown_q - 1'b1;
    end
    assign rested = rested_q;
  end else begin : gen_no_cooldown
    assign rested = 1'b1;
  end

  if (Blocks > 0) begin : gen_few
    localparam int unsigned BlocksW = $clog2(Blocks + 1);
    logic [BlocksW-1:0] blocks_q, blocks_d;
    logic few_q;
    assign blocks_d = blocks_q + BlocksW'(issue && uop_header_i.last) - BlocksW'(post_free_i);
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        blocks_q <= '0;
        few_q    <= 1'b1;
      end else begin
        blocks_q <= blocks_d;
        few_q    <= blocks_d < BlocksW'(Blocks);
      end
    end
    assign few = few_q;
  end else begin : gen_any
    assign few = 1'b1;
    logic unused_free;
    assign unused_free = post_free_i;
  end

  // The first micro-op of an M-block is the one after the last of another.
  logic first_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) first_q <= 1'b1;
    else if (issue) first_q <= uop_header_i.last || uop_list_end_i;
  end

  // To the feature buffer, the weight memory, the mask and the array.
  logic [CBlockW-1:0] c_block_addr;
  assign c_block_addr = (uop_header_i.source ? base1_q : base0_q) + CBlockW'(uop_header_i.offset);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_valid_o  <= 1'b0;
      read_free_o   <= 1'b0;
      group_valid_o <= 1'b0;
    end else begin
      read_valid_o  <= issue;
      read_free_o   <= issue && uop_last_group_i && !keep_q;
      group_valid_o <= issue && uop_header_i.last && !list_wrong;
    end
  end

  always_ff @(posedge clk_i) begin
    read_addr_o     <= c_block_addr;
    read_step_o     <= uop_header_i.source ? step1_q : step0_q;
    read_rotation_o <= BankW'(uop_header_i.rotation);
    read_sub_o      <= R > 1 ? c_block_addr[SubW-1:0] : '0;
    read_dy_o       <= uop_header_i.dy;
    read_dx_o       <= uop_header_i.dx;
    read_zero_o     <= zero_q;
    read_cut_o      <= cut_q;
    read_tile_o     <= uop_tile_i;
    read_first_o    <= first_q;
    read_plane_o    <= uop_header_i.plane;
    read_last_o     <= uop_header_i.last && !list_wrong;
    read_max_o      <= max_q;
    group_o         <= '{last_m: uop_list_end_i, last_g: uop_last_group_i, keep: keep_q};
  end

  if (Neighbours) begin : gen_neighbours
    logic beside_q, fresh_q;
    always_ff @(posedge clk_i) begin
      if (!active_q || op_end) beside_q <= op_i.neighbours;
      fresh_q         <= !active_q || op_end || (fresh_q && !windows_next_o);
      read_beside_o   <= beside_q;
      read_list_end_o <= uop_list_end_i;
      read_fresh_o    <= fresh_q;
    end
  end else begin : gen_alone
    assign read_beside_o   = 1'b0;
    assign read_list_end_o = 1'b0;
    assign read_fresh_o    = 1'b0;
  end

  // Where the cycle went.
  assign busy_o   = active_q || in_flight_q != '0 || op_valid_i;
  assign issued_o = issue;

  always_comb begin
    stall_o = rs_pkg::StallIdle;
    if (!active_q && op_valid_i) begin
      if (!load_ok) stall_o = rs_pkg::StallLoad;
      else if (!store_ok) stall_o = rs_pkg::StallStore;
      else if (behind) stall_o = rs_pkg::StallDepend;
      else stall_o = rs_pkg::StallWeights;
    end else if (active_q) begin
      if (!depend_ok) stall_o = rs_pkg::StallDepend;
      else if (!uop_valid_i || !sound_q) stall_o = rs_pkg::StallWeights;
      else if (!post_ok) stall_o = rs_pkg::StallPost;
      else stall_o = rs_pkg::StallResidual;
    end
  end

  logic unused;
  assign unused = ^{op_i, uop_header_i};

  `RS_ASSERT(CompleteWhatStarted, !complete_i || in_flight_q != '0)

endmodule
