// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The feature buffer: P banks, each a memory of M-channel words. Its first port belongs to the array
/// and reads P consecutive pixels at any offset: bank b gives the word of its row, or of the next row
/// when b < rotation, and a rotation puts the pixels in lane order. Its second port serves, bank by
/// bank, residual reads first, then post-processing writes, then DMA; urgent writes come before all.
///
/// Throughput: P slices a cycle on the array port; one word a cycle for each of the other three.
/// Latency: array port 4 cycles from address to activations; residual and DMA reads 4 cycles. A write
/// is seen by every read that comes a cycle later; by the array port not reliably in the same cycle.
/// Handshake: array reads are always taken, and urgent writes; writes, residual and DMA requests are
/// valid/ready, with answers in order that cannot be stalled.
module rs_feature_buffer #(
  /// Channels of a word.
  parameter int unsigned M = 16,
  /// Channels of a slice.
  parameter int unsigned C = 16,
  /// Banks.
  parameter int unsigned P = 8,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Words a bank; a power of two.
  parameter int unsigned FbDepth = 1024,
  localparam int unsigned R = M / C,
  localparam int unsigned WordW = M * ActW,
  localparam int unsigned AddrW = $clog2(FbDepth),
  localparam int unsigned SliceW = $clog2(FbDepth * R),
  localparam int unsigned BankW = $clog2(P)
) (
  input  logic clk_i,
  input  logic rst_ni,

  /// Array port: slice address of bank 0's row, slices a pixel, tap offset modulo P.
  input  logic                          rd_valid_i,
  input  logic [SliceW-1:0]             rd_addr_i,
  input  logic [SliceW-1:0]             rd_step_i,
  input  logic [BankW-1:0]              rd_rotation_i,
  output logic [P-1:0][C-1:0][ActW-1:0] rd_act_o,

  /// Post-processing writes.
  input  logic             wr_valid_i,
  output logic             wr_ready_o,
  input  logic             wr_urgent_i,
  input  logic [BankW-1:0] wr_bank_i,
  input  logic [AddrW-1:0] wr_addr_i,
  input  logic [WordW-1:0] wr_data_i,

  /// Residual reads.
  input  logic             res_valid_i,
  output logic             res_ready_o,
  input  logic [BankW-1:0] res_bank_i,
  input  logic [AddrW-1:0] res_addr_i,
  output logic             res_valid_o,
  output logic [WordW-1:0] res_data_o,

  /// DMA reads and writes.
  input  logic             dma_valid_i,
  output logic             dma_ready_o,
  input  logic             dma_write_i,
  input  logic [BankW-1:0] dma_bank_i,
  input  logic [AddrW-1:0] dma_addr_i,
  input  logic [WordW-1:0] dma_wdata_i,
  output logic             dma_rvalid_o,
  output logic [WordW-1:0] dma_rdata_o
);

  localparam int unsigned SubW = rs_pkg::index_width(R);

  `RS_PARAM_CHECK(Banks, P >= 2 && P <= 15, "P must be 2 to 15")
  `RS_PARAM_CHECK(Address, SliceW <= 15, "slice addresses have at most 15 bits")

  logic res_wr_clash;
  assign res_wr_clash = res_valid_i && wr_valid_i && wr_bank_i == res_bank_i;
  assign wr_ready_o   = !res_wr_clash || wr_urgent_i;
  assign res_ready_o  = !res_wr_clash || !wr_urgent_i;
  assign dma_ready_o = !(wr_valid_i && wr_bank_i == dma_bank_i)
                    && !(res_valid_i && res_bank_i == dma_bank_i);

  // Array port pipeline beside the memories: 1 bank addresses, 2 and 3 memory, 4 lane selection.
  logic rd1_q;
  logic [BankW-1:0] rotation1_q, rotation2_q, rotation3_q;
  logic [SubW-1:0] sub1_q, sub2_q, sub3_q;

  always_ff @(posedge clk_i) begin
    rd1_q       <= rd_valid_i;
    rotation1_q <= rd_rotation_i;
    rotation2_q <= rotation1_q;
    rotation3_q <= rotation2_q;
    sub1_q      <= R > 1 ? rd_addr_i[SubW-1:0] : '0;
    sub2_q      <= sub1_q;
    sub3_q      <= sub2_q;
  end

  logic [WordW-1:0]  a_word [P];
  logic [WordW-1:0]  b_word [P];

  for (genvar b = 0; b < P; b++) begin : gen_bank
    logic [SliceW-1:0] slice_addr;
    logic [AddrW-1:0]  a_addr_q;
    assign slice_addr = rd_addr_i + ({1'b0, rd_rotation_i} > (BankW + 1)'(b) ? rd_step_i : '0);
    always_ff @(posedge clk_i) a_addr_q <= slice_addr[SliceW-1-:AddrW];

    if (R > 1) begin : gen_sub
      logic unused_sub;
      assign unused_sub = ^slice_addr[SliceW-AddrW-1:0];
    end

    logic wr_hit, res_hit, dma_hit, b_en_q, b_write_q;
    logic [AddrW-1:0] b_addr_q;
    logic [WordW-1:0] b_wdata_q;
    assign wr_hit  = wr_valid_i && wr_ready_o && wr_bank_i == BankW'(b);
    assign res_hit = res_valid_i && res_ready_o && res_bank_i == BankW'(b);
    assign dma_hit = dma_valid_i && dma_bank_i == BankW'(b);

    always_ff @(posedge clk_i) begin
      b_addr_q  <= wr_hit ? wr_addr_i : res_hit ? res_addr_i : dma_addr_i;
      b_wdata_q <= wr_hit ? wr_data_i : dma_wdata_i;
      b_write_q <= wr_hit || (!res_hit && dma_write_i);
      if (!rst_ni) b_en_q <= 1'b0;
      else b_en_q <= wr_hit || res_hit || dma_hit;
    end

    rs_ram_1r_1rw #(
      .Width(WordW),
      .Depth(FbDepth),
      .OutReg(1'b1)
    ) u_ram (
      .clk_i,
      .a_read_i (rd1_q),
      .a_addr_i (a_addr_q),
      .a_rdata_o(a_word[b]),
      .b_en_i   (b_en_q),
      .b_write_i(b_write_q),
      .b_addr_i (b_addr_q),
      .b_wdata_i(b_wdata_q),
      .b_rdata_o(b_word[b])
    );
  end

  // Lane p takes bank (p + rotation) mod P, and of its word the slice addressed.
  for (genvar p = 0; p < P; p++) begin : gen_lane
    logic [WordW-1:0] word;
    always_comb begin
      word = '0;
      for (int unsigned r = 0; r < P; r++) begin
        if (rotation3_q == BankW'(r)) word = a_word[(p+r)%P];
      end
    end
    always_ff @(posedge clk_i) rd_act_o[p] <= word[32'(sub3_q)*C*ActW+:C*ActW];
  end

  // Answers of the second port, 3 cycles after the request, registered once more.
  logic res1_q, res2_q, res3_q, dma1_q, dma2_q, dma3_q;
  logic [BankW-1:0] res_bank1_q, res_bank2_q, res_bank3_q;
  logic [BankW-1:0] dma_bank1_q, dma_bank2_q, dma_bank3_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {res1_q, res2_q, res3_q, res_valid_o}  <= '0;
      {dma1_q, dma2_q, dma3_q, dma_rvalid_o} <= '0;
    end else begin
      res1_q       <= res_valid_i && res_ready_o;
      res2_q       <= res1_q;
      res3_q       <= res2_q;
      res_valid_o  <= res3_q;
      dma1_q       <= dma_valid_i && dma_ready_o && !dma_write_i;
      dma2_q       <= dma1_q;
      dma3_q       <= dma2_q;
      dma_rvalid_o <= dma3_q;
    end
  end

  always_ff @(posedge clk_i) begin
    res_bank1_q <= res_bank_i;
    res_bank2_q <= res_bank1_q;
    res_bank3_q <= res_bank2_q;
    dma_bank1_q <= dma_bank_i;
    dma_bank2_q <= dma_bank1_q;
    dma_bank3_q <= dma_bank2_q;
    if (res3_q) res_data_o <= b_word[res_bank3_q];
    if (dma3_q) dma_rdata_o <= b_word[dma_bank3_q];
  end

  `RS_ASSERT_STABLE(WriteRequest, wr_valid_i, wr_ready_o, {wr_bank_i, wr_addr_i, wr_data_i})
  `RS_ASSERT_STABLE(ResidualRequest, res_valid_i, res_ready_o, {res_bank_i, res_addr_i})
  `RS_ASSERT_STABLE(DmaRequest, dma_valid_i, dma_ready_o, {dma_write_i, dma_bank_i, dma_addr_i})

endmodule
