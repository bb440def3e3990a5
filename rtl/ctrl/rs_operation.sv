// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The operation that EXEC takes next: the words of its descriptor, put together as they come over
/// the word bus. Only the bits that EXEC uses are kept (exec_kept of the contract); the rest of the
/// descriptor reads as zero.
///
/// Throughput: a word per cycle.
/// Latency: 1 cycle from the last word to `valid_o`, 3 with Ahead.
/// Handshake: operations are valid/ready; words are always taken.
/// Assumes: words come in order, the first one only while `free_o`.
module rs_operation
  import rs_spec_pkg::*;
#(
  /// Parameters of the core, see docs/reference/parameters.md.
  parameter int unsigned M = 4,
  parameter int unsigned C = 4,
  parameter int unsigned P = 3,
  parameter int unsigned ActW = 8,
  parameter int unsigned FbDepth = 16384,
  parameter int unsigned Tables = 0,
  parameter int unsigned Neighbours = 0,
  parameter int unsigned Requantise = 0,
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

  localparam logic [ExecWords-1:0][31:0] Kept = exec_kept(
      M, C, P, ActW, FbDepth, Tables, Neighbours, Requantise
  );

  logic [ExecWords-1:0][31:0] words_q, op_words, extended;
  logic full_q, take;

  assign free_o = !full_q;

  always_ff @(posedge clk_i) begin
    for (int unsigned w = 0; w < ExecWords; w++) begin
      if (set_i && index_i == 5'(w)) words_q[w] <= word_i & Kept[w];
    end
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) full_q <= 1'b0;
    else if (set_i && index_i == 5'(ExecWords - 1)) full_q <= 1'b1;
    else if (take) full_q <= 1'b0;
  end

  if (Ahead) begin : gen_ahead
    logic [ExecWords-1:0][31:0] op_q;
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
  for (genvar w = 0; w < ExecWords; w++) begin : gen_extend
    for (genvar h = 0; h < 2; h++) begin : gen_half
      if (ExecSigned[w][h]) begin : gen_signed
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
