// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Post-processing with a lane for every channel of Q pixels: takes the array's pixels, M
/// accumulators each, turns them into codes and writes them to their addresses in the feature
/// buffer.
///
/// With `sum_group` the first pixel of a group gets the sum of all its pixels.
///
/// Throughput: Q pixels (of M channels) per cycle, operations back to back.
/// Latency: 10 cycles from pixel to data, 2 more with tables, 4 more with Early. With Q = 1 a residual read of the same bank
/// may go first, which delays the write by a cycle. With more, writes go through queues
/// (rs_post_queue), which take 2 cycles and let neighbours in one bank go one after the other.
/// Handshake: operations are valid/ready; pixels and residual words cannot be stalled; writes are
/// valid/ready, and with Q = 1 urgent when they have waited.
/// Assumes: an operation, the addresses of its pixels and its parameters are here before its first
/// pixel; with Q above 1, no more M-blocks than the queues hold are on their way.
module rs_post_pipeline
  import rs_pkg::post_op_t;
#(
  /// Channels of a word.
  parameter int unsigned M = 16,
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Pixels at a time.
  parameter int unsigned Q = 1,
  /// Pixels that a queue holds, with Q above 1.
  parameter int unsigned QueueDepth = 64,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  /// Width of a word address.
  parameter int unsigned AddrW = 10,
  /// Groups of the parameter memory.
  parameter int unsigned PmDepth = 64,
  /// Channels of a word of it.
  parameter int unsigned Records = 4,
  /// Tables behind it.
  parameter int unsigned Tables = 0,
  /// Bits of a multiplier.
  parameter int unsigned MultW = 16,
  /// Sums may be rounded by themselves, before their residual.
  parameter bit Early = 1'b0,
  /// Derived.
  localparam int unsigned BankW = $clog2(P),
  localparam int unsigned PtrW = $clog2(PmDepth) + 1,
  localparam int unsigned WordW = $clog2(M / Records),
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

  /// Q pixels from the array; with Q above 1 `free_o` says that an M-block is written.
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

  /// Parameter memory, read latency 2.
  input  logic [PtrW-1:0]                  params_loaded_i,
  output logic                             params_read_o,
  output logic [PtrW-2+WordW:0]            params_addr_o,
  input  logic [Records-1:0][ChannelW-1:0] params_i,

  /// Residual words, 2 cycles after the pop.
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

  /// Progress: what early pixels allow to read is asked for two cycles after their write at the earliest.
  output logic              early_o,
  output rs_pkg::progress_t early_pixel_o,
  output logic              done_o,
  output rs_pkg::progress_t done_pixel_o
);

  // From pixel to code, and through its table; a write that has waited is a stage further.
  localparam int unsigned Rounded = Early ? 12 : 8;
  localparam int unsigned Made = Rounded + 2;
  localparam int unsigned Stages = Made + (Tables > 0 ? 2 : 0);

  typedef struct packed {
    logic [Q-1:0]            write;
    logic [Q-1:0]            fill;
    logic [Q-1:0][BankW-1:0] bank;
    logic [Q-1:0][AddrW-1:0] addr;
    logic                    block_end;
    logic                    group_end;
    logic                    op_end;
  } pixel_t;

  // The next operation is taken with the last pixel of this one: their pixels may follow back to back.
  logic op_valid_q;
  post_op_t op_q;
  logic [BankW-1:0] p_q;
  logic first_p, last_p, group_end, op_end;

  assign first_p    = p_q == '0;
  assign last_p     = p_q == BankW'(P / Q - 1);
  assign group_end  = last_p && dst_group_i.last_m;
  assign op_end     = group_end && dst_group_i.last_g;
  assign op_ready_o = !op_valid_q || (valid_i && op_end);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      op_valid_q <= 1'b0;
      p_q        <= '0;
    end else begin
      if (op_ready_o) op_valid_q <= op_valid_i;
      if (valid_i) p_q <= last_p ? '0 : p_q + 1'b1;
    end
  end
  always_ff @(posedge clk_i) if (op_ready_o) op_q <= op_i;

  // What goes with the pixel, stage by stage. The sum of a group is complete with its last pixels: they
  // go where its first one belongs.
  logic [Stages:1] valid_q;
  post_op_t op_stage_q [1:Stages];
  pixel_t pixel, pixel_q[1:Stages];
  logic first_write_q, first_fill_q;
  logic [BankW-1:0] first_bank_q;
  logic [AddrW-1:0] first_addr_q;

  always_ff @(posedge clk_i) begin
    if (first_p) begin
      {first_write_q, first_fill_q} <= {dst_write_i[0], dst_fill_i[0]};
      {first_bank_q, first_addr_q}  <= {dst_bank_i[0], dst_addr_i[0]};
    end
  end

  always_comb begin
    pixel = '{
        write: dst_write_i,
        fill: dst_fill_i,
        bank: dst_bank_i,
        addr: dst_addr_i,
        block_end: last_p,
        group_end: group_end,
        op_end: op_end
    };
    if (op_q.sum_group) begin
      pixel.write    = '0;
      pixel.write[0] = last_p && first_write_q;
      pixel.fill[0]  = first_fill_q;
      pixel.bank[0]  = first_bank_q;
      pixel.addr[0]  = first_addr_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Stages-1:1], valid_i};
  end
  always_ff @(posedge clk_i) begin
    op_stage_q[1] <= op_q;
    pixel_q[1]    <= pixel;
    for (int unsigned s = 2; s <= Stages; s++) begin
      op_stage_q[s] <= op_stage_q[s-1];
      pixel_q[s]    <= pixel_q[s-1];
    end
  end

  assign dst_ready_o  = valid_i;
  assign residual_pop_o = valid_i && op_q.residual;

  logic [M-1:0][ChannelW-1:0] params;
  rs_post_params #(
    .M(M),
    .PmDepth(PmDepth),
    .Records(Records),
    .ChannelW(ChannelW),
    .Early(P / Q == 2 && Records == M)
  ) u_params (
    .clk_i,
    .rst_ni,
    .take_i  (valid_i && first_p),
    .group_i (dst_group_i),
    .params_o(params),
    .loaded_i(params_loaded_i),
    .read_o  (params_read_o),
    .addr_o  (params_addr_o),
    .word_i  (params_i)
  );

  logic [Q-1:0][M-1:0][AccW-1:0] acc_q;
  for (genvar m = 0; m < M; m++) begin : gen_sum
    logic [AccW-1:0] sum;
    always_comb begin
      sum = acc_i[0][m];
      if (op_q.sum_group) begin
        for (int unsigned q = 1; q < Q; q++) sum = sum + acc_i[q][m];
        if (!first_p) sum = sum + acc_q[0][m];
      end
    end
    always_ff @(posedge clk_i) begin
      if (valid_i) acc_q[0][m] <= sum;
      for (int unsigned q = 1; q < Q; q++) acc_q[q][m] <= acc_i[q][m];
    end
  end

  logic [Q-1:0][M-1:0][ActW-1:0] made, code;

  for (genvar q = 0; q < Q; q++) begin : gen_pixel
    // A pixel that is not data: both bounds are the zero point.
    logic [ActW-1:0] lo, hi;
    assign lo = ActW'(pixel_q[Rounded].fill[q] ? op_stage_q[Rounded].out_zero
                                               : op_stage_q[Rounded].lo);
    assign hi = ActW'(pixel_q[Rounded].fill[q] ? op_stage_q[Rounded].out_zero
                                               : op_stage_q[Rounded].hi);

    for (genvar m = 0; m < M; m++) begin : gen_lane
      rs_post_lane #(
        .ActW(ActW),
        .AccW(AccW),
        .MultW(MultW),
        .Early(Early)
      ) u_lane (
        .clk_i,
        .acc_i           (acc_q[q][m]),
        .bias_i          (params[m][31:0]),
        .mult_i          (params[m][32+:MultW+1]),
        .shift_i         (params[m][ChannelW-1-:5]),
        .residual_valid_i(op_stage_q[1].residual),
        .product_i       (op_stage_q[1].product),
        .residual_i      (residual_i[q][m]),
        .res_zero_i      (op_stage_q[2].res_zero[ActW-1:0]),
        .res_factor_i    (op_stage_q[5].res_factor[ActW+11:0]),
        .early_round_i   (op_stage_q[8].round),
        .early_i         (op_stage_q[9].early),
        .round_i         (op_stage_q[Rounded].round),
        .out_zero_i      (op_stage_q[Rounded].out_zero[ActW-1:0]),
        .lo_i            (lo),
        .hi_i            (hi),
        .code_o          (made[q][m])
      );
    end
  end

  // All Q look, or none: what is not data passes by.
  logic look;
  logic [Q-1:0][M-1:0][ActW-1:0] looked;
  assign look = valid_q[Made] && !(&pixel_q[Made].fill);
  rs_post_table #(
    .Lanes(Q * M),
    .Tables(Tables),
    .CodeW(ActW)
  ) u_table (
    .clk_i,
    .number_i     (look ? op_stage_q[Made].table_index : '0),
    .code_i       (made),
    .code_o       (looked),
    .write_valid_i(table_valid_i),
    .write_ready_o(table_ready_o),
    .write_addr_i (table_addr_i),
    .write_i      (table_i)
  );
  for (genvar q = 0; q < Q; q++) begin : gen_code
    if (Q > 1 && Tables > 0) begin : gen_fill
      assign code[q] = pixel_q[Stages].fill[q] ? {M{op_stage_q[Stages].out_zero[ActW-1:0]}}
                                               : looked[q];
    end else begin : gen_looked
      assign code[q] = looked[q];
    end
  end

  rs_pkg::progress_t made_progress;
  assign made_progress = '{
          group_end: pixel_q[Stages].group_end,
          op_end: pixel_q[Stages].op_end,
          post_load: op_stage_q[Stages].post_load,
          post_store: op_stage_q[Stages].post_store,
          m_blocks: op_stage_q[Stages].m_blocks
      };

  if (Q == 1) begin : gen_direct
    // A write is asked for while its code is in the making. One that has to wait does so here: the next
    // may come after it.
    localparam int unsigned Ask = Stages - 1;
    logic asks_q, waiting_q, waiting_d, waited_q;
    logic [AddrW-1:0]       waiting_addr_q;
    logic [M-1:0][ActW-1:0] code_q;

    assign waiting_d   = asks_q && (waiting_q || !wr_ready_i[0]);
    assign wr_urgent_o = waiting_q;
    assign wr_addr_o   = waiting_q ? waiting_addr_q : pixel_q[Ask].addr;
    assign wr_data_o   = waited_q ? code_q : code;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        asks_q     <= 1'b0;
        waiting_q  <= 1'b0;
        waited_q   <= 1'b0;
        wr_valid_o <= 1'b0;
      end else begin
        asks_q     <= valid_q[Ask-1] && pixel_q[Ask-1].write[0];
        waiting_q  <= waiting_d;
        waited_q   <= waiting_q;
        wr_valid_o <= waiting_d || (valid_q[Ask-1] && pixel_q[Ask-1].write[0]);
      end
    end
    always_ff @(posedge clk_i) begin
      wr_bank_o      <= waiting_d ? pixel_q[Ask].bank : pixel_q[Ask-1].bank;
      waiting_addr_q <= pixel_q[Ask].addr;
      code_q         <= code;
    end

    assign early_o       = valid_q[Ask];
    assign early_pixel_o = '{
            group_end: pixel_q[Ask].group_end,
            op_end: pixel_q[Ask].op_end,
            post_load: op_stage_q[Ask].post_load,
            post_store: op_stage_q[Ask].post_store,
            m_blocks: op_stage_q[Ask].m_blocks
        };
    assign done_o        = valid_q[Stages];
    assign done_pixel_o  = made_progress;
    assign free_o        = 1'b0;

    `RS_ASSERT(UrgentIsTaken, !wr_urgent_o || wr_ready_i)
  end else begin : gen_queues
    logic block_end;

    rs_post_queue #(
      .Q(Q),
      .WordW(M * ActW),
      .BankW(BankW),
      .AddrW(AddrW),
      .TagW(1 + $bits(rs_pkg::progress_t)),
      .Depth(QueueDepth)
    ) u_queue (
      .clk_i,
      .rst_ni,
      .valid_i   (valid_q[Stages]),
      .write_i   (pixel_q[Stages].write),
      .bank_i    (pixel_q[Stages].bank),
      .addr_i    (pixel_q[Stages].addr),
      .data_i    (code),
      .tag_i     ({pixel_q[Stages].block_end, made_progress}),
      .wr_valid_o,
      .wr_ready_i,
      .wr_bank_o,
      .wr_addr_o,
      .wr_data_o,
      .done_o,
      .tag_o     ({block_end, done_pixel_o})
    );
    assign free_o        = done_o && block_end;
    assign early_o       = done_o;
    assign early_pixel_o = done_pixel_o;
    assign wr_urgent_o   = 1'b0;
  end

  logic unused_stages;
  always_comb begin
    unused_stages = 1'b0;
    for (int unsigned s = 1; s <= Stages; s++) unused_stages ^= ^{op_stage_q[s], pixel_q[s]};
  end

  `RS_ASSERT(OperationBeforePixel, !valid_i || (op_valid_q && dst_valid_i))

endmodule
