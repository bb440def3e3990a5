// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The post-processing unit: takes the array's pixels, M accumulators at a time, turns them into codes
/// and writes them to their place in the feature buffer, through a FIFO, so that a residual read of
/// the same bank may go first.
///
/// Throughput: a pixel (M channels) a cycle, operations back to back. Latency: 9 cycles from pixel to
/// write, 10 to progress, more when the write has to wait.
/// Handshake: operations and writes are valid/ready; an operation must be here before its first pixel.
/// Pixels and residual words cannot be stalled: `wr_urgent_o` says that a write must not wait.
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
  localparam int unsigned BankW = $clog2(P),
  localparam int unsigned ParamAddrW = $clog2(PmDepth)
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic                    op_valid_i,
  output logic                    op_ready_o,
  input  rs_spec_pkg::desc_exec_t op_i,
  input  rs_pkg::walk_t           op_walk_i,

  /// A pixel from the array.
  input  logic                   valid_i,
  input  logic [M-1:0][AccW-1:0] acc_i,

  /// Parameter memory, read latency 1.
  output logic [ParamAddrW-1:0] params_addr_o,
  input  rs_spec_pkg::channel_params_t [M-1:0] params_i,
  output logic                  params_free_o,
  output logic [ParamAddrW:0]   params_free_count_o,

  /// Residual words.
  output logic                   residual_pop_o,
  input  logic [M-1:0][ActW-1:0] residual_i,

  /// Feature buffer writes.
  output logic                   wr_valid_o,
  input  logic                   wr_ready_i,
  output logic                   wr_urgent_o,
  output logic [BankW-1:0]       wr_bank_o,
  output logic [AddrW-1:0]       wr_addr_o,
  output logic [M-1:0][ActW-1:0] wr_data_o,

  /// Progress: pixels written of this operation; complete, with its tokens.
  output logic [23:0] written_o,
  output logic        complete_o,
  output logic        post_load_o,
  output logic        post_store_o
);

  // What the stages need to know of their pixel's operation.
  typedef struct packed {
    logic            residual;
    logic [ActW-1:0] res_zero;
    rs_pkg::scale_t  res_scale;
    logic [ActW-1:0] out_zero;
    logic [ActW-1:0] lo;
    logic [ActW-1:0] hi;
    logic            post_load;
    logic            post_store;
    logic [11:0]     m_groups;
  } op_t;

  // What follows a pixel to its write.
  typedef struct packed {
    logic             write;
    logic             fill;
    logic [BankW-1:0] bank;
    logic [AddrW-1:0] addr;
    logic             group_end;
    logic             op_end;
  } pixel_t;

  localparam int unsigned Stages = 8;

  // A finished pixel on its way to the feature buffer.
  typedef struct packed {
    logic                   write;
    logic [BankW-1:0]       bank;
    logic [AddrW-1:0]       addr;
    logic [M-1:0][ActW-1:0] data;
    logic                   group_end;
    logic                   op_end;
    logic                   post_load;
    logic                   post_store;
    logic [ParamAddrW:0]    m_groups;
  } write_t;

  localparam int unsigned WriteDepth = 8;

  // The next operation waits here while the current one ends: their pixels may follow back to back.
  logic next_valid_q, start, active, walk_last;
  op_t next_q, op_q;
  rs_pkg::walk_t next_walk_q;

  assign op_ready_o = !next_valid_q;
  assign start      = next_valid_q && (!active || (valid_i && walk_last));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) next_valid_q <= 1'b0;
    else next_valid_q <= op_ready_o ? op_valid_i : !start;
  end

  always_ff @(posedge clk_i) begin
    if (op_ready_o) begin
      next_walk_q <= op_walk_i;
      next_q <= '{
        residual:   op_i.residual,
        res_zero:   op_i.res_zero[ActW-1:0],
        res_scale:  rs_pkg::scale(op_i.residual ? op_i.res_mult : '0, op_i.res_shift),
        out_zero:   op_i.out_zero[ActW-1:0],
        lo:         op_i.lo[ActW-1:0],
        hi:         op_i.hi[ActW-1:0],
        post_load:  op_i.post_load,
        post_store: op_i.post_store,
        m_groups:   op_i.m_groups
      };
    end
    if (start) op_q <= next_q;
  end

  logic unused_op;
  assign unused_op = ^op_i;

  // The place of the pixel.
  logic [11:0] y, x;
  logic [BankW-1:0] bank;
  logic [AddrW-1:0] addr;
  logic in_tensor, fill, first_p, last_p, last_m, last_g;

  rs_pixel_walker #(
    .P(P),
    .AddrW(AddrW)
  ) u_walker (
    .clk_i,
    .rst_ni,
    .start_i  (start),
    .walk_i   (next_walk_q),
    .step_i   (valid_i),
    .active_o (active),
    .y_o      (y),
    .x_o      (x),
    .bank_o   (bank),
    .addr_o   (addr),
    .inside_o (in_tensor),
    .fill_o   (fill),
    .first_p_o(first_p),
    .last_p_o (last_p),
    .last_m_o (last_m),
    .last_g_o (last_g),
    .last_o   (walk_last)
  );

  logic unused_walk;
  assign unused_walk = ^{y, x};

  // Stage 0: the pixel, its place, its operation; parameters at the start of an M-group.
  // The parameters of the next M-group are being read meanwhile.
  logic [ParamAddrW-1:0] params_base_q, params_addr_q;
  rs_pkg::channel_t [M-1:0] params_q;
  logic [M-1:0][AccW-1:0]   acc_q;
  logic [M-1:0][ActW-1:0]   residual_q;
  logic [Stages-1:0]        valid_q;
  op_t                                  op_stage_q [Stages];
  pixel_t                               pixel_q [Stages];

  assign params_addr_o  = params_addr_q;
  assign residual_pop_o = valid_i && op_q.residual;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      params_base_q <= '0;
      params_addr_q <= '0;
      valid_q       <= '0;
    end else begin
      valid_q <= {valid_q[Stages-2:0], valid_i};
      if (valid_i && first_p)
        params_addr_q <= last_m && !last_g ? params_base_q : params_addr_q + 1'b1;
      if (valid_i && walk_last) params_base_q <= params_addr_q;
    end
  end

  always_ff @(posedge clk_i) begin
    acc_q      <= acc_i;
    // Without a residual its FIFO was never written: nothing unknown may enter the sum.
    residual_q <= residual_pop_o ? residual_i : '0;
    if (valid_i && first_p) begin
      for (int unsigned m = 0; m < M; m++) begin
        params_q[m] <= '{
            bias: params_i[m].bias,
            scale: rs_pkg::scale(params_i[m].mult, params_i[m].shift)
        };
      end
    end
    op_stage_q[0] <= op_q;
    pixel_q[0]    <= '{write: in_tensor, fill: fill, bank: bank, addr: addr,
                       group_end: last_p && last_m, op_end: walk_last};
    for (int unsigned s = 1; s < Stages; s++) begin
      op_stage_q[s] <= op_stage_q[s-1];
      pixel_q[s]    <= pixel_q[s-1];
    end
  end

  logic [M-1:0][ActW-1:0] code;

  for (genvar m = 0; m < M; m++) begin : gen_lane
    rs_post_lane #(
      .ActW(ActW),
      .AccW(AccW)
    ) u_lane (
      .clk_i,
      .acc_i      (acc_q[m]),
      .bias_i     (params_q[m].bias),
      .scale_i    (params_q[m].scale),
      .residual_i (residual_q[m]),
      .res_zero_i (op_stage_q[0].res_zero),
      .res_mult_i (op_stage_q[1].res_scale.mult),
      .res_shift_i(op_stage_q[2].res_scale.shift[3:0]),
      .out_zero_i (op_stage_q[3].out_zero),
      .lo_i       (op_stage_q[6].lo),
      .hi_i       (op_stage_q[6].hi),
      .code_o     (code[m])
    );
    logic unused_params;
    assign unused_params = ^params_i[m].reserved;
  end

  op_t    done_op;
  pixel_t done;
  write_t done_write, write;
  logic unused_done;
  assign done_op     = op_stage_q[Stages-1];
  assign done        = pixel_q[Stages-1];
  assign unused_done = ^{done_op, done};

  always_comb begin
    done_write = '{
        write: done.write,
        bank: done.bank,
        addr: done.addr,
        data: code,
        group_end: done.group_end,
        op_end: done.op_end,
        post_load: done_op.post_load,
        post_store: done_op.post_store,
        m_groups: (ParamAddrW + 1)'(done_op.m_groups)
    };
    if (done.fill) done_write.data = {M{done_op.out_zero}};
  end

  logic write_space, write_valid, write_pop;
  logic [$clog2(WriteDepth+1)-1:0] write_count;

  rs_fifo #(
    .Width($bits(write_t)),
    .Depth(WriteDepth)
  ) u_writes (
    .clk_i,
    .rst_ni,
    .in_valid_i (valid_q[Stages-1]),
    .in_ready_o (write_space),
    .in_data_i  (done_write),
    .out_valid_o(write_valid),
    .out_ready_i(write_pop),
    .out_data_o (write),
    .count_o    (write_count)
  );

  assign write_pop   = write_valid && (!write.write || wr_ready_i);
  assign wr_valid_o  = write_valid && write.write;
  assign wr_urgent_o = write_count >= ($clog2(WriteDepth + 1))'(WriteDepth / 2);
  assign wr_bank_o   = write.bank;
  assign wr_addr_o   = write.addr;
  assign wr_data_o   = write.data;

  // Tell who waits for the write. It is in the memory before anything that this progress allows can
  // read it.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      written_o     <= '0;
      complete_o    <= 1'b0;
      post_load_o   <= 1'b0;
      post_store_o  <= 1'b0;
      params_free_o <= 1'b0;
    end else begin
      complete_o    <= write_pop && write.op_end;
      post_load_o   <= write_pop && write.op_end && write.post_load;
      post_store_o  <= write_pop && write.op_end && write.post_store;
      params_free_o <= write_pop && write.op_end;
      if (write_pop && write.op_end) written_o <= '0;
      else if (write_pop && write.group_end) written_o <= written_o + 24'(P);
    end
  end

  always_ff @(posedge clk_i) params_free_count_o <= write.m_groups;

  `RS_ASSERT(RoomForPixel, !valid_q[Stages-1] || write_space)
  `RS_ASSERT(OperationBeforePixel, !valid_i || active)

endmodule
