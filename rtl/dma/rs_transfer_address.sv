// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The addresses of the words of a feature tensor in the order in which memory holds them: for each
/// pixel group, for each word of a pixel, for each of the P pixels (bank). Word w of group g is at
/// address base + g * words + w. They go from bank to bank, as post-processing writes and the
/// residual is read: those who move in step do not meet again.
///
/// Throughput: a word per cycle.
/// Latency: 1 cycle from the groups to the first word.
/// Handshake: `valid_o` and `next_i`; the tensor is set only while `valid_o` is low.
/// Assumes: words and groups are at least 1 and at most the depth of a bank.
module rs_transfer_address #(
  /// Pixels of a group.
  parameter int unsigned P = 3,
  /// Bits of a word address.
  parameter int unsigned FbAddrW = 14,
  /// Bits of a bank number. Derived.
  localparam int unsigned BankW = $clog2(P)
) (
  /// Clock.
  input  logic               clk_i,
  /// Synchronous reset, active low.
  input  logic               rst_ni,
  /// The tensor: first address and words a pixel [0], groups of pixels [1], both at least 1 and at
  /// most the depth of a bank. The groups come last or together with the others, and start the addresses;
  /// only while valid_o is low.
  input  logic [1:0]         set_i,
  input  logic [FbAddrW-1:0] base_i,
  input  logic [FbAddrW:0]   words_i,
  input  logic [FbAddrW:0]   groups_i,
  /// The word that stands next.
  output logic               valid_o,
  input  logic               next_i,
  output logic [BankW-1:0]   bank_o,
  output logic [FbAddrW-1:0] addr_o
);

  logic               valid_q;
  logic [BankW-1:0]   bank_q;
  logic [FbAddrW-1:0] addr_q;
  logic [FbAddrW:0] word_q, words_q;  // words to come in the pixel; words a pixel
  logic [FbAddrW:0] group_q;  // groups to come
  logic last_group, last_word, last_bank;

  assign valid_o    = valid_q;
  assign bank_o     = bank_q;
  assign addr_o     = addr_q;
  assign last_word  = word_q == (FbAddrW + 1)'(1);
  assign last_bank  = bank_q == BankW'(P - 1);
  assign last_group = group_q == (FbAddrW + 1)'(1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (set_i[1]) valid_q <= 1'b1;
    else if (next_i && last_bank && last_word && last_group) valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (set_i[0]) begin
      bank_q  <= '0;
      addr_q  <= base_i;
      word_q  <= words_i;
      words_q <= words_i;
    end else if (next_i) begin
      bank_q <= last_bank ? '0 : bank_q + BankW'(1);
      if (last_bank) begin
        addr_q <= addr_q + FbAddrW'(1);
        word_q <= last_word ? words_q : word_q - (FbAddrW + 1)'(1);
      end
    end
    if (set_i[1]) group_q <= groups_i;
    else if (next_i && last_bank && last_word) group_q <= group_q - (FbAddrW + 1)'(1);
  end

endmodule
