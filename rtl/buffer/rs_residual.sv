// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The residual buffer controller: prefetches the skip tensor's words, in the order in which
/// post-processing will use them, from the feature buffer into a ring. The issuer starts the last
/// tile of an M-block only when its P words are here or under way, so post-processing never waits;
/// and since a word is read before it can be consumed, and consumed before its pixel can be
/// written, a sum in place has no hazard.
///
/// Q neighbours go together; where their words are in one bank, their reads come one after the other.
///
/// Throughput: Q words per cycle inside an operation.
/// Latency: P / Q + 2 cycles from `started_i` to the first group; words come 2 cycles after their
/// `pop_i`, 1 without RamReg, and stay.
/// Handshake: operations, addresses and read requests are valid/ready; `started_i` tells that the
/// issuer started the next operation.
/// Assumes: reads that come after `started_i` are ordered after all earlier writes that they need;
/// answers of a way come in order.
module rs_residual #(
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Pixels at a time.
  parameter int unsigned Q = 1,
  /// Width of a word.
  parameter int unsigned WordW = 128,
  /// Most M-blocks of an operation.
  parameter int unsigned MaxGroups = 64,
  /// A register after the memory of words.
  parameter bit RamReg = 1'b1,
  /// Derived.
  localparam int unsigned CountW = $clog2(MaxGroups + 1)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// Operations in order; those without a residual are passed over.
  input  logic              op_valid_i,
  output logic              op_ready_o,
  input  logic              op_residual_i,
  input  logic [CountW-1:0] op_m_blocks_i,
  input  logic              started_i,

  /// Addresses of the residual's words: the M-block wanted, and its last pixel is fetched from the ring of
  /// addresses (of the operation's last pixel group).
  output logic           group_valid_o,
  output rs_pkg::group_t group_o,
  input  logic           group_next_i,
  input  logic           group_last_i,

  /// Read port of the feature buffer; the address goes there directly. The operation's last address.
  input  logic             addr_valid_i,
  output logic             addr_ready_o,
  input  logic             addr_last_i,
  output logic [Q-1:0]     req_valid_o,
  input  logic [Q-1:0]     req_ready_i,
  input  logic [Q-1:0]     rsp_valid_i,
  input  logic [Q-1:0][WordW-1:0] rsp_data_i,

  /// P unreserved words are here or on their way; reserve them.
  output logic reservable_o,
  input  logic reserve_i,

  /// The oldest Q words; they must be reserved.
  input  logic                    pop_i,
  output logic [Q-1:0][WordW-1:0] data_o
);

  // Everything counts in Q words.
  localparam int unsigned Depth = 256 / Q;
  localparam int unsigned PtrW = $clog2(Depth);
  localparam int unsigned Steps = P / Q;

  // Addresses are fetched before the operation starts, words are read after its start.
  typedef enum logic [1:0] {
    Idle,
    Pass,
    Walk
  } state_e;

  state_e state_q, state_d;
  logic fetching_q, take, last_fetch, last_request, leave, started_q;
  logic [1:0] starts_q, starts_d;

  assign op_ready_o = state_q == Idle;
  assign take       = op_valid_i && op_ready_o;
  assign leave      = last_request || (state_q == Pass && started_q);
  assign starts_d   = starts_q + 2'(started_i) - 2'(leave);

  // M-blocks left of the pixel group.
  logic [CountW-1:0] m_blocks_q, m_left_q;
  logic last_m;

  assign last_m        = m_left_q == CountW'(1);
  assign group_valid_o = fetching_q;
  assign last_fetch    = group_next_i && last_m && group_last_i;
  assign group_o       = '{last_m: last_m, last_g: 1'b0, keep: 1'b0};

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      Idle:    if (take) state_d = op_residual_i ? Walk : Pass;
      default: if (leave) state_d = Idle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q    <= Idle;
      fetching_q <= 1'b0;
      starts_q   <= '0;
      started_q  <= 1'b0;
    end else begin
      state_q    <= state_d;
      fetching_q <= (take && op_residual_i) || (fetching_q && !last_fetch);
      starts_q   <= starts_d;
      started_q  <= starts_d != '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      m_blocks_q <= op_m_blocks_i;
      m_left_q   <= op_m_blocks_i;
    end else if (group_next_i) begin
      m_left_q <= last_m ? m_blocks_q : m_left_q - 1'b1;
    end
  end

  // Requests as far as the ring has room; those made count as filled. One that waits is not taken back
  // when those before it turn out to fill the ring.
  logic [PtrW-1:0] request_ptr_q, pop_ptr_q, used;
  logic room_q, waits_q, open, request;
  logic [Q-1:0] made_q, answered;  // requests of the current addresses that were taken before

  assign used         = request_ptr_q - pop_ptr_q;
  assign open         = started_q && (room_q || waits_q);
  assign req_valid_o  = {Q{addr_valid_i && open}} & ~made_q;
  assign addr_ready_o = open && &(made_q | req_ready_i);
  assign request      = addr_valid_i && addr_ready_o;
  assign last_request = request && addr_last_i;

  always_ff @(posedge clk_i) begin
    room_q <= used < PtrW'(Depth - 8);
    if (!rst_ni) begin
      request_ptr_q <= '0;
      pop_ptr_q     <= '0;
      waits_q       <= 1'b0;
      made_q        <= '0;
    end else begin
      waits_q       <= addr_valid_i && open && !request;
      made_q        <= request ? '0 : made_q | (req_valid_o & req_ready_i);
      request_ptr_q <= request_ptr_q + PtrW'(request);
      pop_ptr_q     <= pop_ptr_q + PtrW'(pop_i);
    end
  end

  for (genvar q = 0; q < Q; q++) begin : gen_way
    logic [PtrW-1:0] push_ptr_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) push_ptr_q <= '0;
      else push_ptr_q <= push_ptr_q + PtrW'(rsp_valid_i[q]);
    end

    rs_ram_1r1w #(
      .Width(WordW),
      .Depth(Depth),
      .OutReg(RamReg)
    ) u_words (
      .clk_i,
      .write_i(rsp_valid_i[q]),
      .waddr_i(push_ptr_q),
      .wdata_i(rsp_data_i[q]),
      .read_i (pop_i),
      .raddr_i(pop_ptr_q),
      .rdata_o(data_o[q])
    );

    assign answered[q] = pop_ptr_q != push_ptr_q;
    `RS_ASSERT_STABLE(Request, req_valid_o[q], req_ready_i[q], 1'b1)
    `RS_ASSERT(RoomForAnswer, !rsp_valid_i[q] || push_ptr_q + 1'b1 != pop_ptr_q)
  end

  logic unused_answered;
  assign unused_answered = ^answered;

  // Words requested and not yet reserved; they arrive before the pixels of the tile that reserves them.
  // Reservations are at least P / Q cycles apart, and two. `free_q` knows one a cycle late, which matters
  // where they are less than three apart.
  localparam bit Close = Steps < 3;
  logic [PtrW-1:0] free_q, wanted;
  logic reserve_q;

  assign wanted = Close && reserve_q ? PtrW'(2 * Steps) : PtrW'(Steps);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      free_q       <= '0;
      reserve_q    <= 1'b0;
      reservable_o <= 1'b0;
    end else begin
      free_q       <= free_q + PtrW'(request) - (reserve_q ? PtrW'(Steps) : '0);
      reserve_q    <= reserve_i;
      reservable_o <= (free_q >= wanted || (free_q == wanted - 1'b1 && request))
                      && !reserve_i && (Close || !reserve_q);
    end
  end

  `RS_ASSERT(PopHasWord, !pop_i || &answered)
  `RS_ASSERT(AddressOfOperation, !addr_valid_i || state_q == Walk)
  `RS_ASSERT(ReserveHasWords, !reserve_i || reservable_o)

endmodule
