// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The coordinates of the P output pixels of the current pixel group, one a lane, for the padding mask.
/// Those of the next group are collected one a cycle meanwhile.
///
/// Throughput: a group every P cycles, the least a group takes. Latency: P + 1 cycles from operation to
/// its first group when nothing was collected ahead.
/// Handshake: operations are valid/ready; groups are valid until `next_i`.
module rs_lane_coords #(
  /// Lanes.
  parameter int unsigned P = 8
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic        op_valid_i,
  output logic        op_ready_o,
  input  logic [19:0] op_groups_i,
  input  logic [11:0] op_pitch_i,

  output logic               valid_o,
  input  logic               next_i,
  output logic [P-1:0][11:0] y_o,
  output logic [P-1:0][11:0] x_o
);

  localparam int unsigned BankW = $clog2(P);

  rs_pkg::walk_t walk;
  always_comb begin
    walk          = '0;
    walk.groups   = op_groups_i;
    walk.m_groups = 12'd1;
    walk.pitch    = op_pitch_i;
  end

  logic active, step, first_p, last_p, last_m, last_g, last, in_tensor, fill, addr;
  logic [11:0] y, x;
  logic [BankW-1:0] bank;

  assign op_ready_o = !active || (step && last);

  rs_pixel_walker #(
    .P(P),
    .AddrW(1)
  ) u_walker (
    .clk_i,
    .rst_ni,
    .start_i  (op_valid_i && op_ready_o),
    .walk_i   (walk),
    .step_i   (step),
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
    .last_o   (last)
  );

  logic unused_walk;
  assign unused_walk = ^{bank, addr, in_tensor, fill, first_p, last_m, last_g};

  // The last lane goes straight to the output, together with the collected ones.
  logic [P-1:0][11:0] y_q, x_q;
  logic full;
  assign full = active && last_p;
  assign step = active && (!last_p || !valid_o || next_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_o <= 1'b0;
    else valid_o <= full || (valid_o && !next_i);
  end

  always_ff @(posedge clk_i) begin
    if (step) begin
      y_q <= {y, y_q[P-1:1]};
      x_q <= {x, x_q[P-1:1]};
      if (last_p) begin
        y_o <= {y, y_q[P-1:1]};
        x_o <= {x, x_q[P-1:1]};
      end
    end
  end

  logic unused_oldest;
  assign unused_oldest = ^{y_q[0], x_q[0]};

endmodule
