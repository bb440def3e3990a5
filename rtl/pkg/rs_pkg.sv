// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Types and functions that several modules of the core share.
package rs_pkg;
  import rs_spec_pkg::*;

  /// What travels with a weight tile through the array: what a PE does with the tile's sum, ready
  /// for use. At most one of `lowest`, `add` and `raise`; without a tile none, nor `done`.
  typedef struct packed {
    logic plane;   // the tile's sum counts 16 times
    logic lowest;  // start from the lowest code: this row takes no part in the maximum
    logic add;     // add it to the accumulator
    logic raise;   // take it, if it is larger
    logic fresh;   // add to zero: the first of a sum; and wherever `raise`
    logic done;    // the accumulation is complete after this tile
  } pe_ctrl_t;

  /// A digit of a weight: zero, one or two, with a sign. A zero is not negative.
  typedef struct packed {
    logic zero;
    logic twice;
    logic negative;
  } digit_t;

  /// Both digits, the high one first, of a code of four bits with what is carried into it above them. The
  /// low digit is 0, 1, -2 or -1 by the low two bits; the high one is what is left.
  typedef logic [31:0][$bits(digit_t)*2-1:0] digit_codes_t;
  function automatic digit_codes_t digit_codes();
    for (int unsigned i = 0; i < 32; i++) begin
      logic signed [4:0] value;
      logic signed [2:0] rest;
      digit_t low, high;
      value = {i[3], i[3:0]} + 5'(i[4]);
      rest  = value[4:2] + 3'(value[1]);
      low   = '{zero: value[1:0] == 2'd0, twice: value[1:0] == 2'd2, negative: value[1]};
      high  = '{
          zero: rest == 3'sd0,
          twice: rest == 3'sd2 || rest == -3'sd2,
          negative: rest[2]
      };
      digit_codes[i] = {high, low};
    end
  endfunction
  localparam digit_codes_t DigitCodes = digit_codes();

  /// Where a tensor keeps its pixels. Field meanings as in the `exec` descriptor.
  typedef struct packed {
    logic        broadcast;
    logic        double_step;
    logic        polyphase;
    logic [3:0]  bank;
    logic [14:0] base;
    logic [14:0] words;
    logic [14:0] phase;
    logic [3:0]  row_bank;
    logic [14:0] row_addr;
  } tensor_t;

  /// Tap offsets of one axis, 16 added, that stay inside the source: from ~`not_low` on, and below
  /// ~`not_high` unless `wide`. Inverted, because a comparison adds the complement.
  typedef struct packed {
    logic [4:0] not_low;
    logic       wide;
    logic [4:0] not_high;
  } window_t;

  /// What is known of an M-block of pixels when its last tile is issued: it is the last of its pixel
  /// group, and that the last of its operation, whose parameters stay for the next one.
  typedef struct packed {
    logic last_m;
    logic last_g;
    logic keep;
  } group_t;

  /// The pixel that the raster is at.
  typedef struct packed {
    logic row_end;     // the last of its row
    logic x_odd;
    logic y_odd;
    logic x_kept;      // its column is one that is written; its row
    logic y_kept;
    logic write;       // it exists in the destination, as data or as its even extension
    logic fill;        // it is not data
    logic first_p;     // the first of its pixel group
    logic last_p;      // the last of it
    logic last_group;  // its group is the last
  } pixel_t;

  /// Rounding of what lies in the middle between two codes.
  typedef enum logic [1:0] {
    RoundHalfUp   = 2'd0,
    RoundHalfEven = 2'd1,
    RoundHalfAway = 2'd2
  } round_e;

  /// What post-processing needs of an operation; codes in the low ActW bits. m_blocks: parameters that
  /// are free when it is complete.
  typedef struct packed {
    logic        residual;
    logic        product;
    logic        sum_group;
    round_e      round;
    logic [3:0]  early;
    logic [15:0] res_zero;
    logic [27:0] res_factor;
    logic [15:0] out_zero;
    logic [15:0] lo;
    logic [15:0] hi;
    logic [7:0]  table_index;
    logic        post_load;
    logic        post_store;
    logic [11:0] m_blocks;
  } post_op_t;

  /// What a pixel that leaves post-processing says to those who wait for it.
  typedef struct packed {
    logic        group_end;  // the last of a pixel group's last M-block
    logic        op_end;     // the last of its operation, with its tokens
    logic        post_load;
    logic        post_store;
    logic [11:0] m_blocks;
  } progress_t;

  /// Why EXEC issued no tile in a cycle, in the order of the STALL_* registers.
  typedef enum logic [2:0] {
    StallIdle     = 3'd0,
    StallLoad     = 3'd1,
    StallStore    = 3'd2,
    StallDepend   = 3'd3,
    StallWeights  = 3'd4,
    StallPost     = 3'd5,
    StallResidual = 3'd6
  } stall_e;

  /// Width of an index into `n` things, at least 1.
  function automatic int unsigned index_width(int unsigned n);
    return n > 1 ? $clog2(n) : 1;
  endfunction

  /// Depths, bursts and shapes must be powers of two.
  function automatic bit is_power_of_two(int unsigned n);
    return n != 0 && (n & (n - 1)) == 0;
  endfunction

  /// Descriptor words that arrive together.
  function automatic int unsigned descriptor_words(int unsigned axi_width);
    return axi_width > 32 ? 2 : 1;
  endfunction

  /// Lanes of a PE that form a chain, each adding to the sum of the one before, a cycle later.
  function automatic int unsigned chain_length(int unsigned c);
    return c < 8 ? c : 8;
  endfunction

  /// Which column to the left lane `lane` of a row takes its channel from when the operation has
  /// neighbours: in the chain of the channel's own lane the lanes before it take 1, 2 and so on, those
  /// behind it take the columns that are left. 0: its own column.
  function automatic int unsigned neighbour(int unsigned c, int unsigned channel,
                                            int unsigned lane);
    if (lane == channel || lane / chain_length(c) != channel / chain_length(c)) return 0;
    return lane < channel ? channel - lane : lane % chain_length(c);
  endfunction

  /// Whether two of `q` pixels that stand at the same hop share multipliers (rs_mult_pair_lane); by how
  /// many bits the second one's activation is shifted there; bits of both sums.
  function automatic bit shares_multipliers(int unsigned q, int unsigned act_w,
                                            int unsigned format);
    return is_multiplier(format) && q % 2 == 0 && act_w == 8 && term_width(format) == 8;
  endfunction
  localparam int unsigned PairShift = 18;
  localparam int unsigned PairSumW = 48;

  /// Cycles from the first lane's activation to the PE's sum.
  function automatic int unsigned sum_delay(int unsigned c, int unsigned format, bit shared);
    return (is_multiplier(format) ? 3 : 2) + (shared ? 2 : 0) + chain_length(c) - 1 +
        (c > chain_length(c) ? 1 : 0);
  endfunction

  /// Bits of a channel's parameters as the core keeps them: from the top shift, multiplier, bias. The
  /// shift is even, its last bit is in the multiplier: what x * mult >> s is with a bit more,
  /// 2 * x * mult >> s, is x * (kept multiplier) >> 2 * (kept shift).
  function automatic int unsigned channel_width(int unsigned mult_w);
    return 5 + (mult_w + 1) + 32;
  endfunction

  /// Where an operation writes.
  function automatic tensor_t destination(desc_exec_t op);
    return
    '{
        broadcast: 1'b0,
        double_step: op.dst_double,
        polyphase: op.dst_polyphase,
        bank: op.dst_bank,
        base: op.dst_base[14:0],
        words: op.dst_words[14:0],
        phase: op.dst_phase[14:0],
        row_bank: op.dst_row_bank,
        row_addr: op.dst_row_addr[14:0]
    }
    ;
  endfunction

  /// Where it reads its residual.
  function automatic tensor_t residual(desc_exec_t op);
    return
    '{
        broadcast: op.res_broadcast,
        double_step: op.res_double,
        polyphase: op.res_polyphase,
        bank: op.res_bank,
        base: op.res_base[14:0],
        words: op.res_words[14:0],
        phase: op.res_phase[14:0],
        row_bank: op.res_row_bank,
        row_addr: op.res_row_addr[14:0]
    }
    ;
  endfunction

  /// What post-processing needs of an operation.
  function automatic post_op_t post_op(desc_exec_t op);
    return
    '{
        residual: op.residual,
        product: op.product,
        sum_group: op.sum_group,
        round: round_e'(op.round_mode),
        early: op.early,
        res_zero: op.res_zero,
        res_factor: op.res_factor[27:0],
        out_zero: op.out_zero,
        lo: op.lo,
        hi: op.hi,
        table_index: op.table_index,
        post_load: op.post_load,
        post_store: op.post_store,
        m_blocks: op.keep_list ? '0 : op.m_blocks
    }
    ;
  endfunction

endpackage
