// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The feature buffer: P banks, each a memory of M-channel words. Its first port belongs to the
/// array and reads P consecutive pixels at any offset: bank b gives the word of its row, or of the
/// next row when b < rotation; a rotation puts the pixels in column order, and columns whose tap
/// lies in the padding get the padding value instead. The banks' second ports make, together, Q
/// writes for post-processing, Q residual reads, a write of LOAD and a read of STORE a cycle, in
/// different banks. In the same bank the residual is read first, unless the write is urgent; of the Q
/// the first goes before the second; LOAD and STORE come last, in turn. With SharedData LOAD writes
/// only when post-processing does not, and STORE reads only when no residual is read: that saves
/// choices of data.
///
/// In reset it is cleared, a word of each bank per cycle: nothing of an earlier program is left
/// after FbDepth + 1 cycles of it.
///
/// Throughput: P C-blocks per cycle on the array port; on the other side a word of each kind per
/// cycle.
/// Latency: 4 + RamReg cycles from an address of the array port to activations; 4 + RamReg cycles
/// of residual and STORE reads, one more with more than 4 banks. A write is seen by residual and
/// STORE reads 1 cycle later, by array reads 2 cycles later.
/// Handshake: array reads are always taken, and urgent writes; all other requests are valid/ready,
/// with answers in order that cannot be stalled. Post-processing gives its data in the cycle after
/// its write is taken.
/// Assumes: the array does not read a word in the 2 cycles after its write is taken.
module rs_feature_buffer #(
  /// Channels of a word.
  parameter int unsigned M = 16,
  /// Channels of a C-block.
  parameter int unsigned C = 16,
  /// Banks.
  parameter int unsigned P = 8,
  /// Ways of post-processing.
  parameter int unsigned Q = 1,
  /// Activation width.
  parameter int unsigned ActW = 8,
  /// Words a bank; a power of two.
  parameter int unsigned FbDepth = 1024,
  /// Registers after the memories.
  parameter bit RamReg = 1'b1,
  /// LOAD and STORE share the ways of data with post-processing.
  parameter bit SharedData = 1'b0,
  /// Derived.
  localparam int unsigned R = M / C,
  localparam int unsigned WordW = M * ActW,
  localparam int unsigned AddrW = $clog2(FbDepth),
  localparam int unsigned CBlockW = $clog2(FbDepth * R),
  localparam int unsigned BankW = $clog2(P)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// Array port: C-block address of bank 0's row, C-blocks a pixel, tap offset modulo P.
  input  logic                          rd_valid_i,
  input  logic [CBlockW-1:0]             rd_addr_i,
  input  logic [CBlockW-1:0]             rd_step_i,
  input  logic [BankW-1:0]              rd_rotation_i,
  /// Two cycles before the activations: columns that are not in the padding, and the padding value.
  input  logic [P-1:0]                  rd_keep_i,
  input  logic [ActW-1:0]               rd_zero_i,
  output logic [P-1:0][C-1:0][ActW-1:0] rd_act_o,

  /// Post-processing writes; the data comes in the cycle after.
  input  logic [Q-1:0]            wr_valid_i,
  output logic [Q-1:0]            wr_ready_o,
  input  logic                    wr_urgent_i,
  input  logic [Q-1:0][BankW-1:0] wr_bank_i,
  input  logic [Q-1:0][AddrW-1:0] wr_addr_i,
  input  logic [Q-1:0][WordW-1:0] wr_data_i,

  /// Residual reads.
  input  logic [Q-1:0]            res_valid_i,
  output logic [Q-1:0]            res_ready_o,
  input  logic [Q-1:0][BankW-1:0] res_bank_i,
  input  logic [Q-1:0][AddrW-1:0] res_addr_i,
  output logic [Q-1:0]            res_valid_o,
  output logic [Q-1:0][WordW-1:0] res_rdata_o,

  /// LOAD's writes.
  input  logic             load_valid_i,
  output logic             load_ready_o,
  input  logic [BankW-1:0] load_bank_i,
  input  logic [AddrW-1:0] load_addr_i,
  input  logic [WordW-1:0] load_data_i,

  /// STORE's reads.
  input  logic             store_valid_i,
  output logic             store_ready_o,
  input  logic [BankW-1:0] store_bank_i,
  input  logic [AddrW-1:0] store_addr_i,
  output logic             store_rvalid_o,
  output logic [WordW-1:0] store_rdata_o
);

  `RS_PARAM_CHECK(Depth, rs_pkg::is_power_of_two(FbDepth), "FbDepth must be a power of two")

  localparam int unsigned SubW = rs_pkg::index_width(R);
  // The rotation and the choice among banks are made in two steps, of at most four.
  localparam int unsigned LowW = BankW < 2 ? BankW : 2;
  localparam int unsigned Choices = 2 ** LowW;
  localparam int unsigned Quads = (P + 3) / 4;
  localparam int unsigned QuadW = rs_pkg::index_width(Quads);

  `RS_PARAM_CHECK(Banks, P >= 2 && P <= 15, "P must be 2 to 15")
  `RS_PARAM_CHECK(Ways, Q == 1 || !SharedData, "with SharedData there is one way")
  `RS_PARAM_CHECK(Address, CBlockW <= 15, "C-block addresses have at most 15 bits")

  // Second port: who goes in which bank.
  always_comb begin
    for (int unsigned q = 0; q < Q; q++) begin
      wr_ready_o[q]  = 1'b1;
      res_ready_o[q] = 1'b1;
      for (int unsigned i = 0; i < Q; i++) begin
        if (res_valid_i[i] && res_bank_i[i] == wr_bank_i[q] && !wr_urgent_i) wr_ready_o[q] = 1'b0;
        if (wr_valid_i[i] && wr_bank_i[i] == res_bank_i[q] && wr_urgent_i) res_ready_o[q] = 1'b0;
        if (i < q) begin
          if (wr_valid_i[i] && wr_bank_i[i] == wr_bank_i[q]) wr_ready_o[q] = 1'b0;
          if (res_valid_i[i] && res_bank_i[i] == res_bank_i[q]) res_ready_o[q] = 1'b0;
        end
      end
    end
  end

  logic load_turn_q, same_bank;  // LOAD goes before STORE
  assign same_bank = load_valid_i && store_valid_i && load_bank_i == store_bank_i;
  always_comb begin
    load_ready_o  = !(same_bank && !load_turn_q);
    store_ready_o = !(same_bank && load_turn_q);
    for (int unsigned q = 0; q < Q; q++) begin
      if (wr_valid_i[q] && (SharedData || wr_bank_i[q] == load_bank_i)) load_ready_o = 1'b0;
      if (res_valid_i[q] && res_bank_i[q] == load_bank_i) load_ready_o = 1'b0;
      if (res_valid_i[q] && (SharedData || res_bank_i[q] == store_bank_i)) store_ready_o = 1'b0;
      if (wr_valid_i[q] && wr_bank_i[q] == store_bank_i) store_ready_o = 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) load_turn_q <= 1'b0;
    else if (same_bank && (load_ready_o || store_ready_o)) load_turn_q <= !load_turn_q;
  end

  // What is chosen is known late in a cycle, and the banks are far away: the choice is made in one
  // cycle, its address and data are in the next.
  // In reset the words are cleared one after the other, by the way of an address of STORE. The count goes
  // on from wherever it stands.
  logic [AddrW-1:0] clear_q;
  initial clear_q = '0;
  always_ff @(posedge clk_i) if (!rst_ni) clear_q <= clear_q + 1'b1;

  logic wr_valid_q;
  logic [Q-1:0][AddrW-1:0] wr_addr_q, res_addr_q;
  logic [AddrW-1:0] load_addr_q, store_addr_q;
  logic [WordW-1:0] load_data_q, load_wdata_q;
  logic [Q-1:0][WordW-1:0] wdata_q;
  always_ff @(posedge clk_i) begin
    wr_valid_q   <= |wr_valid_i;
    wr_addr_q    <= wr_addr_i;
    res_addr_q   <= res_addr_i;
    load_addr_q  <= load_addr_i;
    store_addr_q <= rst_ni ? store_addr_i : clear_q;
    load_data_q  <= load_data_i;
    load_wdata_q <= load_data_q;
    if (!rst_ni) wdata_q <= '0;
    else wdata_q <= SharedData && !wr_valid_q ? {Q{load_data_q}} : wr_data_i;
  end

  // Array port pipeline: bank addresses, memory, its output register if there is one, two for columns.
  logic rd1_q;
  logic [BankW-1:0] rotation1_q, rotation2, rotation3_q;
  logic [SubW-1:0] sub1_q, sub2;

  always_ff @(posedge clk_i) begin
    rd1_q       <= rd_valid_i;
    rotation1_q <= rd_rotation_i;
    rotation3_q <= rotation2;
    sub1_q      <= R > 1 ? rd_addr_i[SubW-1:0] : '0;
  end
  rs_delay #(
    .Width(BankW + SubW),
    .Stages(int'(RamReg))
  ) u_rotation (
    .clk_i,
    .data_i({rotation1_q, sub1_q}),
    .data_o({rotation2, sub2})
  );

  logic [R-1:0][C*ActW-1:0] a_word [P];
  logic [WordW-1:0]         b_word [P];

  for (genvar b = 0; b < P; b++) begin : gen_bank
    logic [CBlockW-1:0] c_block_addr;
    logic [AddrW-1:0]  a_addr_q;
    assign c_block_addr = rd_addr_i + ({1'b0, rd_rotation_i} > (BankW + 1)'(b) ? rd_step_i : '0);
    always_ff @(posedge clk_i) a_addr_q <= c_block_addr[CBlockW-1-:AddrW];

    if (R > 1) begin : gen_sub
      logic unused_sub;
      assign unused_sub = ^c_block_addr[CBlockW-AddrW-1:0];
    end

    // A read of STORE that waits may read all the same, where nobody else does.
    logic [Q-1:0] wr_hit, res_hit, wr_hit_q, res_hit_q, b_way_q;
    logic load_hit, store_hit, load_hit_q, store_hit_q;
    logic b_en_q, b_write_q, b_load_q;
    logic [AddrW-1:0] b_addr, b_addr_q;
    logic [WordW-1:0] b_wdata;
    for (genvar q = 0; q < Q; q++) begin : gen_hit
      assign wr_hit[q]  = wr_valid_i[q] && wr_ready_o[q] && wr_bank_i[q] == BankW'(b);
      assign res_hit[q] = res_valid_i[q] && res_ready_o[q] && res_bank_i[q] == BankW'(b);
    end
    assign load_hit  = load_valid_i && load_ready_o && load_bank_i == BankW'(b);
    assign store_hit = store_valid_i && store_bank_i == BankW'(b);

    always_comb begin
      b_addr = load_hit_q ? load_addr_q : store_addr_q;
      for (int unsigned q = 0; q < Q; q++) if (res_hit_q[q]) b_addr = res_addr_q[q];
      for (int unsigned q = 0; q < Q; q++) if (wr_hit_q[q]) b_addr = wr_addr_q[q];
      b_wdata = wdata_q[0];
      for (int unsigned q = 1; q < Q; q++) if (b_way_q[q]) b_wdata = wdata_q[q];
      if (b_load_q) b_wdata = load_wdata_q;
    end
    logic unused_way;
    assign unused_way = b_way_q[0];

    always_ff @(posedge clk_i) begin
      b_addr_q <= b_addr;
      b_way_q  <= wr_hit_q;
      if (!rst_ni) begin
        {wr_hit_q, res_hit_q, load_hit_q, store_hit_q} <= '0;
        b_en_q    <= 1'b1;
        b_write_q <= 1'b1;
        b_load_q  <= 1'b0;
      end else begin
        {wr_hit_q, res_hit_q, load_hit_q, store_hit_q} <= {wr_hit, res_hit, load_hit, store_hit};
        b_en_q    <= |wr_hit_q || |res_hit_q || load_hit_q || store_hit_q;
        b_write_q <= |wr_hit_q || load_hit_q;
        b_load_q  <= !SharedData && load_hit_q;
      end
    end

    rs_ram_1r_1rw #(
      .Width(WordW),
      .Depth(FbDepth),
      .OutReg(RamReg)
    ) u_ram (
      .clk_i,
      .a_read_i (rd1_q),
      .a_addr_i (a_addr_q),
      .a_rdata_o(a_word[b]),
      .b_en_i   (b_en_q),
      .b_write_i(b_write_q),
      .b_addr_i (b_addr_q),
      .b_wdata_i(b_wdata),
      .b_rdata_o(b_word[b])
    );
  end

  // Column p takes bank (p + rotation) mod P: first the rotation modulo 4, then the rest. Each column has
  // registers of its own for the choice (`keep`: not to be merged), which has many loads.
  logic [P-1:0][C-1:0][ActW-1:0] turned_q;

  for (genvar p = 0; p < P; p++) begin : gen_column
    logic [SubW-1:0] sub_q;
    logic [LowW-1:0] low_q;
    logic keep_q;
    logic [ActW-1:0] zero_q;
    logic [Choices-1:0][C*ActW-1:0] choice;
    logic [C-1:0][ActW-1:0] turned;

    (* keep *)
    always_ff @(posedge clk_i) begin
      sub_q  <= sub2;
      low_q  <= rotation2[LowW-1:0];
      keep_q <= rd_keep_i[p];
      zero_q <= rd_zero_i;
    end
    always_ff @(posedge clk_i) begin
      turned_q[p] <= choice[low_q];
      for (int unsigned c = 0; c < C; c++) rd_act_o[p][c] <= keep_q ? turned[c] : zero_q;
    end
    for (genvar r = 0; r < Choices; r++) begin : gen_choice
      if (R > 1) begin : gen_c_block
        assign choice[r] = a_word[(p+r)%P][sub_q];
      end else begin : gen_word
        assign choice[r] = a_word[(p+r)%P];
      end
    end

    if (P > 4) begin : gen_high
      logic [BankW-3:0] high_q;
      logic [2**(BankW-2)-1:0][C*ActW-1:0] quarter;
      (* keep *)
      always_ff @(posedge clk_i) high_q <= rotation3_q[BankW-1:2];
      for (genvar r = 0; r < 2 ** (BankW - 2); r++) begin : gen_quarter
        assign quarter[r] = turned_q[(p+4*r)%P];
      end
      assign turned = quarter[high_q];
    end else begin : gen_near
      assign turned = turned_q[p];
    end
    if (R == 1) begin : gen_no_sub
      logic unused_sub;
      assign unused_sub = ^sub_q;
    end
  end

  logic unused_rotation;
  assign unused_rotation = ^rotation3_q;

  // Answers of the second port: who, bank address, memory, its output register if there is one, choice of
  // the bank in one step or two.
  localparam int unsigned AnswerDelay = (Quads > 1 ? 5 : 4) + int'(RamReg);
  localparam int unsigned Readers = SharedData ? 1 : Q + 1;  // residuals, STORE
  logic [AnswerDelay-1:0][Q-1:0] res_q;
  logic [AnswerDelay-1:0] store_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      res_q <= '0;
      store_q <= '0;
    end else begin
      res_q <= {res_q[AnswerDelay-2:0], res_valid_i & res_ready_o};
      store_q <= {store_q[AnswerDelay-2:0], store_valid_i && store_ready_o};
    end
  end
  assign res_valid_o    = res_q[AnswerDelay-1];
  assign store_rvalid_o = store_q[AnswerDelay-1];

  logic [Readers-1:0][BankW-1:0] bank;
  logic [Readers-1:0][WordW-1:0] rdata;
  assign res_rdata_o   = rdata[Q-1:0];
  assign store_rdata_o = rdata[Readers-1];
  if (SharedData) begin : gen_one_bank
    assign bank[0] = !res_valid_i[0] ? store_bank_i : res_bank_i[0];
  end else begin : gen_banks
    assign bank = {store_bank_i, res_bank_i};
  end

  // Four banks a choice.
  logic [Choices-1:0][WordW-1:0] quad_words[Quads];
  for (genvar q = 0; q < Quads; q++) begin : gen_quad
    for (genvar b = 0; b < Choices; b++) begin : gen_word
      assign quad_words[q][b] = b_word[(4*q+b)%P];
    end
  end

  for (genvar k = 0; k < Readers; k++) begin : gen_reader
    logic [BankW-1:0] bank_word, bank_quad_q;
    logic [WordW-1:0] quad_q[Quads];

    rs_delay #(
      .Width(BankW),
      .Stages(2 + int'(RamReg))
    ) u_bank (
      .clk_i,
      .data_i(bank[k]),
      .data_o(bank_word)
    );
    always_ff @(posedge clk_i) bank_quad_q <= bank_word;

    for (genvar q = 0; q < Quads; q++) begin : gen_quad
      logic [LowW-1:0] low_q;
      (* keep *)
      always_ff @(posedge clk_i) low_q <= bank_word[LowW-1:0];
      always_ff @(posedge clk_i) quad_q[q] <= quad_words[q][low_q];
    end

    logic unused_bank;
    assign unused_bank = ^bank_quad_q;

    if (Quads > 1) begin : gen_quads
      logic [QuadW-1:0] quad3_q;
      logic [WordW-1:0] rdata_q;
      always_ff @(posedge clk_i) begin
        quad3_q <= bank_quad_q[BankW-1:2];
        rdata_q <= quad_q[quad3_q];
      end
      assign rdata[k] = rdata_q;
    end else begin : gen_one_quad
      assign rdata[k] = quad_q[0];
    end
  end

  for (genvar q = 0; q < Q; q++) begin : gen_stable
    `RS_ASSERT_STABLE(WriteRequest, wr_valid_i[q], wr_ready_o[q], {wr_bank_i[q], wr_addr_i[q]})
    `RS_ASSERT_STABLE(ResidualRequest, res_valid_i[q], res_ready_o[q], {res_bank_i[q], res_addr_i[q]
                      })
  end
  `RS_ASSERT_STABLE(LoadRequest, load_valid_i, load_ready_o, {load_bank_i, load_addr_i, load_data_i
                    })
  `RS_ASSERT_STABLE(StoreRequest, store_valid_i, store_ready_o, {store_bank_i, store_addr_i})

endmodule
