// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Post-processing with fewer lanes than channels, for parts without multipliers: keeps the pixels
/// of an M-block, takes them through serial lanes a part of the channels after the other, and
/// writes the codes to their addresses in the feature buffer.
///
/// Throughput: `Lanes` channels per MultW + 10 + 2 * (the largest `shift` among them) cycles, two
/// more with tables.
/// Latency: that of an M-block's channels, part after part.
/// Handshake: operations are valid/ready; pixels, residual words and writes cannot be stalled;
/// `free_o` says that the last tile of another M-block may be issued.
/// Assumes: an operation, the addresses of its pixels and its parameters are here before its first
/// pixel.
module rs_post_serial
  import rs_pkg::post_op_t;
#(
  /// Channels of a word.
  parameter int unsigned M = 4,
  /// Pixels of a group.
  parameter int unsigned P = 2,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Accumulator width.
  parameter int unsigned AccW = 24,
  /// Width of a word address.
  parameter int unsigned AddrW = 8,
  /// Groups of the parameter memory.
  parameter int unsigned PmDepth = 16,
  /// Channels processed at once; a divisor of M, less than M.
  parameter int unsigned Lanes = 1,
  /// Tables behind it.
  parameter int unsigned Tables = 0,
  /// Bits of a multiplier.
  parameter int unsigned MultW = 16,
  /// Derived.
  localparam int unsigned BankW = $clog2(P),
  localparam int unsigned PtrW = $clog2(PmDepth) + 1,
  localparam int unsigned Passes = M / Lanes,
  localparam int unsigned PassW = $clog2(Passes),
  localparam int unsigned TableAddrW = rs_spec_pkg::table_address_width(Tables),
  localparam int unsigned ChannelW = rs_pkg::channel_width(MultW)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// Operations.
  input  logic     op_valid_i,
  output logic     op_ready_o,
  input  post_op_t op_i,

  /// A pixel from the array.
  input  logic                   valid_i,
  input  logic [M-1:0][AccW-1:0] acc_i,
  output logic                   free_o,

  /// Its destination.
  input  logic             dst_valid_i,
  output logic             dst_ready_o,
  input  logic [BankW-1:0] dst_bank_i,
  input  logic [AddrW-1:0] dst_addr_i,
  input  logic             dst_write_i,
  input  logic             dst_fill_i,
  input  rs_pkg::group_t   dst_group_i,

  /// Parameter memory, read latency 1.
  output logic                           params_read_o,
  output logic [PtrW-2+PassW:0]          params_addr_o,
  input  logic [Lanes-1:0][ChannelW-1:0] params_i,

  /// Residual words, a cycle after the pop.
  output logic                   residual_pop_o,
  input  logic [M-1:0][ActW-1:0] residual_i,

  /// Entries of the tables, two at a time.
  input  logic                   table_valid_i,
  output logic                   table_ready_o,
  input  logic [TableAddrW-1:0]  table_addr_i,
  input  logic [15:0]            table_i,

  /// Feature buffer writes; the data comes in the cycle after.
  output logic                   wr_valid_o,
  output logic [BankW-1:0]       wr_bank_o,
  output logic [AddrW-1:0]       wr_addr_o,
  output logic [M-1:0][ActW-1:0] wr_data_o,

  /// A pixel was written.
  output logic              done_o,
  output rs_pkg::progress_t done_pixel_o
);

  `RS_PARAM_CHECK(Divisor, Lanes < M && M % Lanes == 0, "PostLanes must be a divisor of M")

  // A pass: read parameters and residual, start the lanes, run them, add, round, compare with the bounds,
  // look the codes up if there are tables, keep them. Behind the last one the pixel is written.
  typedef enum logic [3:0] {
    Wait,
    Read,
    Start,
    Run,
    Sum,
    Round,
    Compare,
    Look,
    Entry,
    Keep,
    Write
  } state_e;

  state_e state_q, state_d;
  logic op_valid_q;
  post_op_t op_q;
  logic [PassW-1:0] pass_q;
  logic [BankW-1:0] p_q;
  logic last_pass, last_p, group_end, op_end, lanes_ready, full_q;

  assign last_pass  = pass_q == PassW'(Passes - 1);
  assign last_p     = p_q == BankW'(P - 1);
  assign group_end  = last_p && dst_group_i.last_m;
  assign op_end     = group_end && dst_group_i.last_g;
  assign op_ready_o = !op_valid_q;

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      Wait:    if (full_q && op_valid_q) state_d = Read;
      Read:    state_d = Start;
      Start:   state_d = Run;
      Run:     if (lanes_ready) state_d = Sum;
      Sum:     state_d = Round;
      Round:   state_d = Compare;
      Compare: state_d = Tables > 0 ? Look : Keep;
      Look:    state_d = Entry;
      Entry:   state_d = Keep;
      Keep:    state_d = last_pass ? Write : Read;
      default: state_d = last_p ? Wait : Read;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q    <= Wait;
      op_valid_q <= 1'b0;
      pass_q     <= '0;
      p_q        <= '0;
    end else begin
      state_q <= state_d;
      if (op_ready_o) op_valid_q <= op_valid_i;
      else if (state_q == Write && op_end) op_valid_q <= 1'b0;
      if (state_q == Keep) pass_q <= pass_q + 1'b1;
      if (state_q == Write) p_q <= last_p ? '0 : p_q + 1'b1;
    end
  end
  always_ff @(posedge clk_i) if (op_ready_o) op_q <= op_i;

  // The pixels of an M-block; the next channels are at the low end. Shifted out when the lanes start.
  logic [P*M*AccW-1:0] accs_q;
  logic [BankW-1:0] arrived_q;
  logic emptied;

  assign emptied = state_q == Start && last_pass && last_p;

  always_ff @(posedge clk_i) begin
    if (valid_i) accs_q <= {acc_i, accs_q[P*M*AccW-1:M*AccW]};
    else if (state_q == Start) accs_q <= accs_q >> (Lanes * AccW);
  end
  always_ff @(posedge clk_i) begin
    free_o <= emptied;
    if (!rst_ni) begin
      arrived_q <= '0;
      full_q    <= 1'b0;
    end else begin
      if (valid_i) arrived_q <= arrived_q == BankW'(P - 1) ? '0 : arrived_q + 1'b1;
      full_q <= (full_q && !emptied) || (valid_i && arrived_q == BankW'(P - 1));
    end
  end

  // Parameters: the M-block's position in the ring and that of the operation's first.
  logic [PtrW-2:0] group_q, first_q, next_group;
  logic again;
  assign next_group    = group_q + 1'b1;
  assign again         = dst_group_i.last_m && (!dst_group_i.last_g || dst_group_i.keep);
  assign params_read_o = state_q == Read;
  assign params_addr_o = {group_q, pass_q};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      group_q <= '0;
      first_q <= '0;
    end else if (state_q == Write && last_p) begin
      group_q <= again ? first_q : next_group;
      if (dst_group_i.last_m && !again) first_q <= next_group;
    end
  end

  // Residual: of the whole word the codes of this pass.
  logic [Passes-1:0][Lanes-1:0][ActW-1:0] residual;
  assign residual       = residual_i;
  assign residual_pop_o = op_q.residual && state_q == Read && pass_q == '0;

  logic [Lanes-1:0] lane_ready;
  logic [Lanes-1:0][ActW-1:0] made, code;
  assign lanes_ready = &lane_ready;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    rs_post_serial_lane #(
      .ActW(ActW),
      .AccW(AccW),
      .MultW(MultW)
    ) u_lane (
      .clk_i,
      .rst_ni,
      .start_i         (state_q == Start),
      .acc_i           (accs_q[l*AccW+:AccW]),
      .bias_i          (params_i[l][31:0]),
      .mult_i          (params_i[l][32+:MultW+1]),
      .shift_i         (params_i[l][ChannelW-1-:5]),
      .residual_valid_i(op_q.residual),
      .product_i       (op_q.product),
      .residual_i      (residual[pass_q][l]),
      .res_zero_i      (op_q.res_zero[ActW-1:0]),
      .res_factor_i    (op_q.res_factor[ActW+11:0]),
      .ready_o         (lane_ready[l]),
      .sum_i           (state_q == Sum),
      .round_i         (state_q == Round),
      .mode_i          (op_q.round),
      .out_zero_i      (op_q.out_zero[ActW-1:0]),
      .lo_i            (op_q.lo[ActW-1:0]),
      .hi_i            (op_q.hi[ActW-1:0]),
      .code_o          (made[l])
    );
  end

  rs_post_table #(
    .Lanes(Lanes),
    .Tables(Tables),
    .CodeW(ActW)
  ) u_table (
    .clk_i,
    .number_i     (state_q == Look ? op_q.table_index : '0),
    .code_i       (made),
    .code_o       (code),
    .write_valid_i(table_valid_i),
    .write_ready_o(table_ready_o),
    .write_addr_i (table_addr_i),
    .write_i      (table_i)
  );

  always_ff @(posedge clk_i) begin
    if (state_q == Keep) begin
      wr_data_o <= {dst_fill_i ? {Lanes{op_q.out_zero[ActW-1:0]}} : code, wr_data_o[M-1:Lanes]};
    end
  end

  assign dst_ready_o = state_q == Write;
  assign wr_valid_o    = state_q == Write && dst_write_i;
  assign wr_bank_o     = dst_bank_i;
  assign wr_addr_o     = dst_addr_i;
  assign done_o        = state_q == Write;
  assign done_pixel_o  = '{
          group_end: group_end,
          op_end: op_end,
          post_load: op_q.post_load,
          post_store: op_q.post_store,
          m_blocks: op_q.m_blocks
      };

  logic unused_op;
  assign unused_op = ^op_q;

  `RS_ASSERT(RoomForPixel, !valid_i || !full_q)
  `RS_ASSERT(AddressIsThere, state_q == Wait || dst_valid_i)

endmodule
