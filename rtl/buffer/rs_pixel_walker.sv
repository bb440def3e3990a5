// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Walks the pixels of a raster in the order in which the array delivers them, pixel group by pixel
/// group and in each M-group by M-group, and keeps the place of the current pixel in a tensor:
/// coordinates, bank and word address. Everything is an increment; nothing divides.
///
/// Throughput: a pixel a cycle, operations back to back. Latency: outputs show the current pixel, they
/// change in the cycle after `step_i` or `start_i`.
/// Handshake: `start_i` loads an operation when idle, or together with the step of the last pixel.
module rs_pixel_walker #(
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Width of a word address.
  parameter int unsigned AddrW = 10,
  localparam int unsigned BankW = $clog2(P)
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic          start_i,
  input  rs_pkg::walk_t walk_i,
  input  logic          step_i,

  /// An operation is being walked and the outputs below are valid.
  output logic             active_o,
  output logic [11:0]      y_o,
  output logic [11:0]      x_o,
  output logic [BankW-1:0] bank_o,
  output logic [AddrW-1:0] addr_o,
  /// The pixel exists in the tensor, as data or as its even extension.
  output logic             inside_o,
  /// The pixel is in the extension (or outside).
  output logic             fill_o,
  /// First and last pixel of an M-group, last M-group of a pixel group, last group, last pixel of all.
  output logic             first_p_o,
  output logic             last_p_o,
  output logic             last_m_o,
  output logic             last_g_o,
  output logic             last_o
);

  typedef struct packed {
    logic [11:0]      y, x;
    logic [BankW-1:0] row_bank, bank;
    logic [AddrW-1:0] row_addr, addr;
  } place_t;

  rs_pkg::walk_t walk_q;
  place_t place_q, next, group_q;
  logic             active_q;
  logic [BankW-1:0] p_q;
  logic [11:0]      m_q;
  logic [19:0]      g_q;

  // The next pixel of the raster.
  logic row_end, stored_row_end;
  logic [BankW:0]   row_bank_sum;
  logic             row_wrap;

  assign row_end        = place_q.x == walk_q.pitch - 1'b1;
  assign stored_row_end = !walk_q.phased || place_q.y[0];
  assign row_bank_sum   = {1'b0, place_q.row_bank} + (BankW + 1)'(walk_q.row_bank);
  assign row_wrap       = row_bank_sum >= (BankW + 1)'(P);

  always_comb begin
    next = place_q;
    if (row_end) begin
      next.x = '0;
      next.y = place_q.y + 1'b1;
      if (stored_row_end) begin
        next.row_bank = BankW'(row_wrap ? row_bank_sum - (BankW + 1)'(P) : row_bank_sum);
        next.row_addr = place_q.row_addr + AddrW'(walk_q.row_addr)
                      + (row_wrap ? AddrW'(walk_q.words) : '0);
      end
      next.bank = next.row_bank;
      next.addr = next.row_addr;
    end else begin
      next.x = place_q.x + 1'b1;
      if (!walk_q.phased || place_q.x[0]) begin
        next.bank = place_q.bank == BankW'(P - 1) ? '0 : place_q.bank + 1'b1;
        next.addr = place_q.addr + (place_q.bank == BankW'(P - 1) ? AddrW'(walk_q.words) : '0);
      end
    end
  end

  assign active_o  = active_q;
  assign first_p_o = p_q == '0;
  assign last_p_o  = p_q == BankW'(P - 1);
  assign last_m_o  = m_q == walk_q.m_groups - 1'b1;
  assign last_g_o  = g_q == walk_q.groups - 1'b1;
  assign last_o    = last_p_o && last_m_o && last_g_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) active_q <= 1'b0;
    else if (start_i) active_q <= 1'b1;
    else if (step_i && last_o) active_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      walk_q  <= walk_i;
      place_q <= '{addr: AddrW'(walk_i.base), row_addr: AddrW'(walk_i.base), default: '0};
      group_q <= '{addr: AddrW'(walk_i.base), row_addr: AddrW'(walk_i.base), default: '0};
      p_q     <= '0;
      m_q     <= '0;
      g_q     <= '0;
    end else if (step_i) begin
      place_q <= last_p_o && !last_m_o ? group_q : next;
      p_q     <= last_p_o ? '0 : p_q + 1'b1;
      if (last_p_o) begin
        m_q <= last_m_o ? '0 : m_q + 1'b1;
        if (last_m_o) begin
          group_q <= next;
          g_q     <= g_q + 1'b1;
        end
      end
    end
  end

  // Phases lie behind one another: (row parity, column parity) = 00, 01, 10, 11.
  logic [AddrW-1:0] phase_addr;
  always_comb begin
    phase_addr = '0;
    if (walk_q.phased && place_q.x[0]) phase_addr += AddrW'(walk_q.phase);
    if (walk_q.phased && place_q.y[0]) phase_addr += AddrW'({walk_q.phase, 1'b0});
  end

  assign y_o      = place_q.y;
  assign x_o      = place_q.x;
  assign bank_o   = place_q.bank;
  assign addr_o   = place_q.addr + phase_addr + AddrW'(m_q);
  assign fill_o   = place_q.x >= walk_q.out_width || place_q.y >= walk_q.out_height;
  assign inside_o = place_q.x <= ((walk_q.out_width - 1'b1) | 12'(walk_q.phased))
                 && place_q.y <= ((walk_q.out_height - 1'b1) | 12'(walk_q.phased));

  // Address bits beyond this core's depth: the sequencer refused programs that need them.
  logic unused_walk;
  assign unused_walk = ^{walk_q.base, walk_q.phase, walk_q.row_addr, walk_q.words, walk_q.row_bank};

  `RS_ASSERT(StepOnlyWhenActive, !step_i || active_q)
  `RS_ASSERT(StartOnlyWhenFree, !start_i || !active_q || (step_i && last_o))

endmodule
