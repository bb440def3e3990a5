// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The operation that EXEC takes next: the words of its descriptor, put together as they come over
// the word bus. Only what EXEC uses is kept; the rest of the descriptor reads as zero.

module rs_operation
  import rs_spec_pkg::*;
#(
  /// Activation width in bits.
  parameter int unsigned ActW = 8,
  /// Bits of a word address and of a C-block address of the feature buffer.
  parameter int unsigned FbAddrW = 14,
  parameter int unsigned CBlockW = 14,
  /// One more operation is put together while EXEC has yet to take this one.
  parameter bit Ahead = 1'b0
) (
  /// Clock.
  input  logic        clk_i,
  /// Synchronous reset, active low.
  input  logic        rst_ni,
  /// Word index_i of a descriptor, in order, from the first to the last, only while free_o.
  input  logic        set_i,
  input  logic [4:0]  index_i,
  input  logic [31:0] word_i,
  output logic        free_o,
  /// Operations.
  output logic        valid_o,
  input  logic        ready_i,
  output desc_exec_t  op_o
);

  localparam int unsigned OpWords = rs_ctrl_pkg::ExecWords;

  function automatic logic [15:0] low_bits(input int unsigned count);
    return 16'((32'd1 << count) - 32'd1);
  endfunction

  // The bits that matter. A field that is at most the depth of a memory needs a bit more than an
  // address in it; codes are signed.
  localparam logic [15:0] Address = low_bits(FbAddrW);
  localparam logic [15:0] Step = low_bits(FbAddrW < 15 ? FbAddrW + 1 : 15);
  localparam logic [15:0] CBlock = low_bits(CBlockW);
  localparam logic [15:0] CBlockStep = low_bits(CBlockW < 15 ? CBlockW + 1 : 15);
  localparam logic [15:0] Code = low_bits(ActW);
  localparam logic [15:0] Size = low_bits(12);
  localparam logic [OpWords-1:0][31:0] Used = {
    32'h00ffffff,  // need_step
    32'h00ffffff,  // need_first
    32'h0000ffff,  // res_mult
    16'h001f,
    Code,  // res_shift, res_zero
    Code,
    Code,  // out_zero, in_zero
    Code,
    Code,  // hi, lo
    16'h0000,
    Step,  // res_row_addr
    16'h000f,
    Step,  // res_row_bank, res_phase
    Step,
    Address,  // res_words, res_base
    16'h0000,
    Step,  // dst_row_addr
    16'h000f,
    Step,  // dst_row_bank, dst_phase
    Step,
    Address,  // dst_words, dst_base
    CBlockStep,
    CBlock,  // src1_step, src1_base
    CBlockStep,
    CBlock,  // src0_step, src0_base
    Size,
    Size,  // out_width, out_height
    Size,
    Size,  // in_width, in_height
    16'h0fff,
    16'h0fff,  // pitch, m_blocks
    32'h000fffff,  // groups
    32'h000fffff,  // micro-ops
    32'h003f5500  // modes, tokens
  };
  localparam logic [OpWords-1:0][1:0] Signed = (OpWords * 2)'(5'b1_11_11) << 28;

  logic [OpWords-1:0][31:0] words_q, op_words, extended;
  logic full_q, take;

  assign free_o = !full_q;

  always_ff @(posedge clk_i) begin
    for (int unsigned w = 0; w < OpWords; w++) begin
      if (set_i && index_i == 5'(w)) words_q[w] <= word_i & Used[w];
    end
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) full_q <= 1'b0;
    else if (set_i && index_i == 5'(OpWords - 1)) full_q <= 1'b1;
    else if (take) full_q <= 1'b0;
  end

  if (Ahead) begin : gen_ahead
    logic [OpWords-1:0][31:0] op_q;
    logic valid_q;
    // From a register: it goes to all bits. Nobody waits for the cycle that this takes.
    logic take_q;
    assign take     = take_q;
    assign valid_o  = valid_q;
    assign op_words = op_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        take_q  <= 1'b0;
        valid_q <= 1'b0;
      end else begin
        take_q  <= full_q && !take_q && (!valid_q || ready_i);
        valid_q <= take_q || (valid_q && !ready_i);
      end
    end
    always_ff @(posedge clk_i) begin
      if (take) op_q <= words_q;
    end
  end else begin : gen_direct
    assign take     = ready_i;
    assign valid_o  = full_q;
    assign op_words = words_q;
  end

  // Codes with their signs.
  for (genvar w = 0; w < OpWords; w++) begin : gen_extend
    for (genvar h = 0; h < 2; h++) begin : gen_half
      if (Signed[w][h]) begin : gen_signed
        assign extended[w][16*h+:16] = 16'(signed'(op_words[w][16*h+:ActW]));
      end else begin : gen_plain
        assign extended[w][16*h+:16] = op_words[w][16*h+:16];
      end
    end
  end
  assign op_o = 1024'(extended);

  logic unused_word;
  assign unused_word = ^word_i;

endmodule
