// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Gives post-processing the parameters of the M-block that it works on, M channels at once, and
/// collects those of the next one meanwhile, a word of the parameter memory a cycle.
///
/// Throughput: an M-block per M/Records + 2 cycles; with Early, for which a word has all M channels, per
/// 2 cycles.
/// Latency: 1 cycle from `take_i` to `params_o`.
/// Handshake: none.
/// Assumes: a group is loaded M/Records + 3 cycles before it is taken.
module rs_post_params #(
  /// Channels of a group.
  parameter int unsigned M = 16,
  /// Groups of the parameter memory.
  parameter int unsigned PmDepth = 64,
  /// Channels of a word.
  parameter int unsigned Records = 4,
  /// Bits of a channel's parameters.
  parameter int unsigned ChannelW = 54,
  /// The next word is asked for in the cycle in which one is taken.
  parameter bit Early = 1'b0,
  /// Derived.
  localparam int unsigned PtrW = $clog2(PmDepth) + 1,
  localparam int unsigned Words = M / Records,
  localparam int unsigned WordW = $clog2(Words)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// An M-block begins, with its tag.
  input  logic                       take_i,
  input  rs_pkg::group_t             group_i,
  output logic [M-1:0][ChannelW-1:0] params_o,

  /// Parameter memory, read latency 2; the word read stays.
  input  logic [PtrW-1:0]                  loaded_i,
  output logic                             read_o,
  output logic [PtrW-2+WordW:0]            addr_o,
  input  logic [Records-1:0][ChannelW-1:0] word_i
);

  // The group being collected, and the operation's first. asked_q: all its words are asked for; full_q:
  // they are here.
  logic [PtrW-1:0] group_q, first_q, next_group, after_group, read_group;
  logic asked_q, full_q, last_word, again, early;

  `RS_PARAM_CHECK(Early, !Early || Records == M, "with Early a word has all channels")

  assign next_group  = group_q + 1'b1;
  assign again       = group_i.last_m && (!group_i.last_g || group_i.keep);
  assign after_group = again ? first_q : next_group;
  assign early       = Early && take_i;
  assign read_group  = early ? after_group : group_q;
  assign read_o      = (early || !asked_q) && read_group != loaded_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      group_q <= '0;
      first_q <= '0;
      asked_q <= 1'b0;
      full_q  <= 1'b0;
    end else if (take_i) begin
      group_q <= after_group;
      asked_q <= early && read_o;
      full_q  <= 1'b0;
      if (group_i.last_m && !again) first_q <= next_group;
    end else begin
      asked_q <= asked_q || (read_o && last_word);
      full_q  <= asked_q;
    end
  end

  // The last word waits in the memory's output.
  if (Words > 1) begin : gen_words
    logic [WordW-1:0] word_q;
    logic read_q;  // the memory's output changes
    logic [M-Records-1:0][ChannelW-1:0] before_q;

    logic [M-1:0][ChannelW-1:0] next;
    assign next      = {word_i, before_q};
    assign last_word = word_q == WordW'(Words - 1);
    assign addr_o    = {read_group[PtrW-2:0], word_q};

    always_ff @(posedge clk_i) begin
      if (!rst_ni) word_q <= '0;
      else if (read_o) word_q <= last_word ? '0 : word_q + 1'b1;
    end
    always_ff @(posedge clk_i) begin
      read_q <= read_o;
      if (read_q) before_q <= next[M-1:Records];
      if (take_i) params_o <= next;
    end
  end else begin : gen_word
    assign last_word = 1'b1;
    assign addr_o    = read_group[PtrW-2:0];
    always_ff @(posedge clk_i) if (take_i) params_o <= word_i;
  end

  `RS_ASSERT(TakeWhatIsThere, !take_i || full_q)

endmodule
