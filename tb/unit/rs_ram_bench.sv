// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Both block RAMs, without and with output register; port B of the second has none.

module rs_ram_bench (
  input  logic        clk_i,
  input  logic        b_en_i,
  input  logic        b_write_i,
  input  logic [3:0]  b_addr_i,
  input  logic [39:0] b_wdata_i,
  input  logic        a_read_i,
  input  logic [3:0]  a_addr_i,
  output logic [39:0] simple_o,
  output logic [39:0] simple_reg_o,
  output logic [39:0] dual_a_o,
  output logic [39:0] dual_a_reg_o,
  output logic [39:0] dual_b_o
);

  for (genvar r = 0; r < 2; r++) begin : gen_reg
    logic [39:0] simple, dual_a, dual_b;

    rs_ram_1r1w #(
      .Width(40),
      .Depth(16),
      .OutReg(r == 1)
    ) u_simple (
      .clk_i,
      .write_i(b_en_i && b_write_i),
      .waddr_i(b_addr_i),
      .wdata_i(b_wdata_i),
      .read_i (a_read_i),
      .raddr_i(a_addr_i),
      .rdata_o(simple)
    );
    rs_ram_1r_1rw #(
      .Width(40),
      .Depth(16),
      .OutReg(r == 1)
    ) u_dual (
      .clk_i,
      .a_read_i,
      .a_addr_i,
      .a_rdata_o(dual_a),
      .b_en_i,
      .b_write_i,
      .b_addr_i,
      .b_wdata_i,
      .b_rdata_o(dual_b)
    );
  end

  assign {simple_o, dual_a_o, dual_b_o} = {gen_reg[0].simple, gen_reg[0].dual_a, gen_reg[0].dual_b};
  logic unused_b;
  assign unused_b = ^gen_reg[1].dual_b;
  assign {simple_reg_o, dual_a_reg_o} = {gen_reg[1].simple, gen_reg[1].dual_a};

endmodule
