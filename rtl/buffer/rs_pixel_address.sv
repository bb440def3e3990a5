// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The addresses of the raster's pixels in a tensor: bank and word address. They are worked out
/// once, in the order of the raster, go into a ring, and leave in the order in which the array
/// delivers the pixels: pixel group by pixel group, and in each M-block by M-block. Q neighbours go
/// together.
///
/// Throughput: Q pixels in and Q pixels out per cycle.
/// Latency: 7 cycles.
/// Handshake: a pixel group goes in without a pause, begun while `room_o`; for each M-block,
/// `group_valid_i` with its tag stays until `group_next_o`; addresses out are valid/ready.
/// Assumes: a pixel group that has begun goes in without a pause; an operation's first pixel comes
/// two cycles after its begin at the earliest.
module rs_pixel_address #(
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Pixels at a time: a divisor of P, at most half of it.
  parameter int unsigned Q = 1,
  /// Width of a word address.
  parameter int unsigned AddrW = 10,
  /// Derived.
  localparam int unsigned BankW = $clog2(P)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// An operation begins; with `use_i` its pixels are kept.
  input  logic            start_i,
  input  logic            use_i,
  input  rs_pkg::tensor_t tensor_i,
  /// Q pixels of it.
  output logic                   room_o,
  input  logic                   step_i,
  input  rs_pkg::pixel_t [Q-1:0] pixel_i,

  /// The M-block whose addresses are wanted. `group_last_o` comes with `group_next_o`: it belongs to the
  /// operation's last pixel group.
  input  logic           group_valid_i,
  output logic           group_next_o,
  output logic           group_last_o,
  input  rs_pkg::group_t group_i,

  /// Addresses, what the pixels are, and the M-block's tag; the operation's last addresses.
  output logic                        valid_o,
  input  logic                        ready_i,
  output logic [Q-1:0][BankW-1:0]     bank_o,
  output logic [Q-1:0][AddrW-1:0]     addr_o,
  output logic [Q-1:0]                write_o,
  output logic [Q-1:0]                fill_o,
  output rs_pkg::group_t              group_o,
  output logic                        last_o
);

  localparam int unsigned Depth = 256;  // of Q pixels
  localparam int unsigned PtrW = $clog2(Depth);
  localparam int unsigned Steps = P / Q;

  `RS_PARAM_CHECK(Pixels, P % Q == 0 && Steps >= 2, "Q must be a divisor of P, at most half of it")

  typedef struct packed {
    logic             write;
    logic             fill;
    logic [BankW-1:0] bank;
    logic [AddrW-1:0] addr;
  } address_t;

  // What stays for an operation.
  logic polyphase_q, double_q, broadcast_q, use_q, begin_q;
  logic [AddrW-1:0] base_q, words_q, phase_q, words_phase_q, half_row_q, row_step_q, row_wrap_q;
  logic [BankW-1:0] row_bank_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin_q <= 1'b0;
    else begin_q <= start_i;
  end
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      use_q         <= use_i;
      polyphase_q   <= tensor_i.polyphase;
      double_q      <= tensor_i.double_step;
      broadcast_q   <= tensor_i.broadcast;
      base_q        <= AddrW'(tensor_i.base);
      words_q       <= AddrW'(tensor_i.words);
      phase_q       <= AddrW'(tensor_i.phase);
      words_phase_q <= AddrW'(tensor_i.words) + AddrW'(tensor_i.phase);
      half_row_q    <= tensor_i.polyphase ? AddrW'({tensor_i.phase, 1'b0}) : '0;
      row_step_q    <= AddrW'(tensor_i.row_addr);
      row_wrap_q    <= AddrW'(tensor_i.row_addr) + AddrW'(tensor_i.words);
      row_bank_q    <= BankW'(tensor_i.row_bank);
    end
  end

  // First stage: how many banks behind the first of the pixels the others and the next ones lie, never
  // more than P. Pixels that are not kept lie where the next one that is will be.
  typedef struct packed {
    logic push;
    logic first_p;
    logic last_group;
    logic row_end;
    logic stored;  // the row is kept, both halves of a polyphase one
    logic [Q-1:0] write;
    logic [Q-1:0] fill;
  } pixels_t;

  pixels_t pixels_q;
  logic step_q;
  logic [Q-1:0] other_phase_q;
  logic [BankW:0] moves[Q+1], moves_q[Q+1];

  // Banks for each set of pixels that move on, by one bank each: a table of constants.
  typedef logic [2**Q-1:0][BankW-1:0] ones_t;
  function automatic ones_t ones();
    for (int unsigned set = 0; set < 2 ** Q; set++) ones[set] = BankW'($countones(set));
  endfunction
  localparam ones_t Ones = ones();
  logic [Q-1:0] moving;

  for (genvar q = 0; q < Q; q++) begin : gen_moves
    logic [BankW-1:0] count;
    assign moving[q]  = pixel_i[q].x_kept && !broadcast_q && (!polyphase_q || pixel_i[q].x_odd);
    assign count      = Ones[Q'(moving[q:0])];
    assign moves[q+1] = double_q ? {count, 1'b0} : {1'b0, count};
  end
  assign moves[0] = '0;
  always_ff @(posedge clk_i) begin
    pixels_q.push       <= step_i && use_q;
    pixels_q.first_p    <= pixel_i[0].first_p;
    pixels_q.last_group <= pixel_i[0].last_group;
    pixels_q.row_end    <= pixel_i[0].row_end;
    pixels_q.stored     <= pixel_i[0].y_kept && (!polyphase_q || pixel_i[0].y_odd);
    for (int unsigned q = 0; q < Q; q++) begin
      pixels_q.write[q] <= pixel_i[q].write;
      pixels_q.fill[q]  <= pixel_i[q].fill;
      other_phase_q[q]  <= polyphase_q && pixel_i[q].x_odd;
    end
    moves_q <= moves;
  end

  // Second stage: banks, and what is to be added. The row after this one begins in bank `next_row_q`,
  // `row_by_q` words further; for the second row that is worked out before the first pixel comes.
  pixels_t banked_q;
  logic banked_step_q, next_row, bank_wrap;
  logic [BankW-1:0] bank_q, row_q, next_row_q;
  logic [BankW:0] bank_sum;
  logic [AddrW-1:0] row_by_q, by_row_q, by_pixel_q;
  logic [Q:0] wraps;
  logic [BankW-1:0] bank [Q+1];
  logic [Q-1:0][BankW-1:0] banks_q;
  logic [Q-1:0][AddrW-1:0] offset_q;

  for (genvar q = 0; q <= Q; q++) begin : gen_bank
    assign wraps[q] = {1'b0, bank_q} >= (BankW + 1)'(P) - moves_q[q];
    assign bank[q]  = BankW'({1'b0, bank_q} + moves_q[q] - (wraps[q] ? (BankW + 1)'(P) : '0));
  end
  assign next_row  = step_q && pixels_q.row_end && pixels_q.stored;
  assign bank_sum  = {1'b0, next_row_q} + {1'b0, row_bank_q};
  assign bank_wrap = bank_sum >= (BankW + 1)'(P);

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      bank_q     <= BankW'(tensor_i.bank);
      row_q      <= BankW'(tensor_i.bank);
      next_row_q <= BankW'(tensor_i.bank);
    end else begin
      if (step_q) begin
        if (!pixels_q.row_end) bank_q <= bank[Q];
        else bank_q <= pixels_q.stored ? next_row_q : row_q;
      end
      if (next_row) row_q <= next_row_q;
      if (next_row || begin_q) begin
        next_row_q <= BankW'(bank_wrap ? bank_sum - (BankW + 1)'(P) : bank_sum);
        row_by_q   <= bank_wrap ? row_wrap_q : row_step_q;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    banked_q <= pixels_q;
    by_row_q   <= pixels_q.stored ? row_by_q : half_row_q;
    by_pixel_q <= wraps[Q] ? words_q : '0;
    for (int unsigned q = 0; q < Q; q++) begin
      banks_q[q] <= bank[q];
      if (wraps[q]) offset_q[q] <= other_phase_q[q] ? words_phase_q : words_q;
      else offset_q[q] <= other_phase_q[q] ? phase_q : '0;
    end
  end

  // Third stage: word addresses, of the first of the current pixels, its phase apart, and of the row it
  // is in. One addition: from the row's begin to the next row's or to the other half of a polyphase one,
  // or from a pixel to those after it.
  logic [AddrW-1:0] addr_q, row_addr_q, next_addr;
  assign next_addr = banked_q.row_end ? row_addr_q + by_row_q : addr_q + by_pixel_q;

  always_ff @(posedge clk_i) begin
    if (begin_q) begin
      addr_q     <= base_q;
      row_addr_q <= base_q;
    end else if (banked_step_q) begin
      addr_q <= next_addr;
      if (banked_q.row_end && banked_q.stored) row_addr_q <= next_addr;
    end
  end

  // Into the ring.
  logic push_q, in_first_q, in_last_q, last_group;
  address_t [Q-1:0] in_q, out;
  logic [PtrW-1:0] push_ptr_q, fetch_ptr_q, used;

  assign used = push_ptr_q - fetch_ptr_q;

  always_ff @(posedge clk_i) begin
    for (int unsigned q = 0; q < Q; q++) begin
      in_q[q] <= '{
          write: banked_q.write[q],
          fill: banked_q.fill[q],
          bank: banks_q[q],
          addr: addr_q + offset_q[q]
      };
    end
    in_first_q <= banked_q.first_p;
    in_last_q  <= banked_q.last_group;
    // Of the group being fetched all steps but one may be needed again; a whole one and some on their
    // way come in.
    room_o <= used < PtrW'(Depth - 8 - 2 * Steps);
    if (!rst_ni) begin
      step_q        <= 1'b0;
      banked_step_q <= 1'b0;
      push_q        <= 1'b0;
      push_ptr_q    <= '0;
    end else begin
      step_q        <= step_i;
      banked_step_q <= step_q;
      push_q        <= banked_step_q && banked_q.push;
      push_ptr_q    <= push_ptr_q + PtrW'(push_q);
    end
  end

  // Out of the ring: once for each M-block, then the group's pixels are forgotten. Groups are
  // counted as they begin, so that a flag says that one is there: it comes no slower than it leaves.
  localparam logic [PtrW-1:0] Back = PtrW'(1 - int'(Steps));
  logic fetch, move, out_valid_q, last_p, enters, leaves, some_q;
  logic [PtrW-1:0] groups_q;
  logic [BankW-1:0] p_q;
  logic [AddrW-1:0] m_q;
  logic out_last_q;
  rs_pkg::group_t out_group_q;

  assign fetch        = group_valid_i && some_q && (!out_valid_q || move);
  assign last_p       = p_q == BankW'(Steps - 1);
  assign group_next_o = fetch && last_p;
  assign enters       = push_q && in_first_q;
  assign leaves       = group_next_o && group_i.last_m;
  // The memory shows the pixels fetched before, which are of the same group: it has two steps at least.
  assign group_last_o = last_group;

  rs_ram_1r1w #(
    .Width(1 + Q * $bits(address_t)),
    .Depth(Depth)
  ) u_ring (
    .clk_i,
    .write_i(push_q),
    .waddr_i(push_ptr_q),
    .wdata_i({in_last_q, in_q}),
    .read_i (fetch),
    .raddr_i(fetch_ptr_q),
    .rdata_o({last_group, out})
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fetch_ptr_q <= '0;
      p_q         <= '0;
      m_q         <= '0;
      groups_q    <= '0;
      some_q      <= 1'b0;
      out_valid_q <= 1'b0;
    end else begin
      if (fetch) begin
        p_q         <= last_p ? '0 : p_q + 1'b1;
        fetch_ptr_q <= fetch_ptr_q + (last_p && !group_i.last_m ? Back : PtrW'(1));
      end
      groups_q <= groups_q + PtrW'(enters) - PtrW'(leaves);
      some_q   <= enters || |groups_q[PtrW-1:1] || (groups_q[0] && !leaves);
      if (fetch || move) out_valid_q <= fetch;
      if (move && out_valid_q && out_last_q) m_q <= out_group_q.last_m ? '0 : m_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fetch) begin
      out_last_q  <= last_p;
      out_group_q <= group_i;
    end
  end

  logic [Q-1:0][BankW-1:0] out_bank;
  logic [Q-1:0][AddrW-1:0] out_addr;
  logic [Q-1:0] out_write, out_fill;
  logic out_last;
  assign out_last = out_last_q && out_group_q.last_m && last_group;
  for (genvar q = 0; q < Q; q++) begin : gen_out
    assign out_bank[q]  = out[q].bank;
    assign out_addr[q]  = out[q].addr + m_q;
    assign out_write[q] = out[q].write;
    assign out_fill[q]  = out[q].fill;
  end

  rs_skid #(
    .Width(Q * (BankW + AddrW + 2) + $bits(rs_pkg::group_t) + 1)
  ) u_out (
    .clk_i,
    .rst_ni,
    .in_valid_i (out_valid_q),
    .in_ready_o (move),
    .in_data_i  ({out_bank, out_addr, out_write, out_fill, out_group_q, out_last}),
    .out_valid_o(valid_o),
    .out_ready_i(ready_i),
    .out_data_o ({bank_o, addr_o, write_o, fill_o, group_o, last_o})
  );

  // Address bits beyond this core's depth: the control program refused programs that need them.
  logic unused_bits;
  assign unused_bits = ^{tensor_i, pixel_i};

  `RS_ASSERT(FirstPixel, !(begin_q && step_i))
  `RS_ASSERT(Room, !push_q || used < PtrW'(Depth - Steps))

endmodule
