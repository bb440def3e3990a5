// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Types and functions that several modules of the core share.
package rs_pkg;
  import rs_spec_pkg::desc_exec_t;

  /// What travels with a weight tile through the array.
  typedef struct packed {
    logic valid;   // this cycle carries a tile
    logic enable;  // this row takes part (max pooling: only the rows of the tile's slice)
    logic first;   // start a new accumulation
    logic last;    // the accumulation is complete after this tile
    logic max;     // keep the maximum instead of the sum
  } cell_ctrl_t;

  /// A pass over the pixels of a raster, and where a tensor keeps them. Field meanings as in the
  /// `exec` descriptor.
  typedef struct packed {
    logic [19:0] groups;
    logic [11:0] m_groups;
    logic [11:0] pitch;
    logic [11:0] out_height;
    logic [11:0] out_width;
    logic        phased;
    logic [14:0] base;
    logic [14:0] words;
    logic [14:0] phase;
    logic [3:0]  row_bank;
    logic [14:0] row_addr;
  } walk_t;

  /// A multiplier and a right shift, prepared for hardware by the function `scale`: the shift is even,
  /// its last bit is in the multiplier.
  typedef struct packed {
    logic [4:0]  shift;
    logic [16:0] mult;
  } scale_t;

  /// Post-processing parameters of a channel as the core keeps them.
  typedef struct packed {
    scale_t      scale;
    logic [31:0] bias;
  } channel_t;

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

  /// Weight formats (parameter ExpN): up to 15 is a number of exponents, for shift lanes; 128 + n is
  /// the baseline, signed integers of n bits for multiplier lanes.
  function automatic bit is_multiplier(int unsigned format);
    return format >= 128;
  endfunction

  /// Width of a weight in memory. A term is a sign and an exponent field whose all-ones value is left
  /// for zero.
  function automatic int unsigned term_width(int unsigned format);
    return is_multiplier(format) ? format - 128 : 1 + $clog2(format + 1);
  endfunction

  /// Width of a weight in the array: a term's zero has a bit of its own there.
  function automatic int unsigned lane_width(int unsigned format);
    return is_multiplier(format) ? format - 128 : 2 + $clog2(format + 1);
  endfunction

  /// Lanes of a cell that form a chain, each adding to the sum of the one before, a cycle later.
  function automatic int unsigned chain_length(int unsigned c);
    return c < 8 ? c : 8;
  endfunction

  /// Cycles from the first lane's activation to the cell's sum.
  function automatic int unsigned sum_delay(int unsigned c, int unsigned format);
    return (is_multiplier(format) ? 3 : 2) + chain_length(c) - 1 + (c > chain_length(c) ? 1 : 0);
  endfunction

  /// 2 * x * factor >> s, whose lowest bit rounds, is x * mult >> 2 * shift.
  function automatic scale_t scale(logic [15:0] factor, logic [5:0] s);
    return '{shift: s[5:1], mult: s[0] ? {1'b0, factor} : {factor, 1'b0}};
  endfunction

  /// Where an operation writes.
  function automatic walk_t destination_walk(desc_exec_t op);
    return
    '{
        groups: op.groups,
        m_groups: op.m_groups,
        pitch: op.pitch,
        out_height: op.out_height[11:0],
        out_width: op.out_width[11:0],
        phased: op.dst_phased,
        base: op.dst_base[14:0],
        words: op.dst_words[14:0],
        phase: op.dst_phase[14:0],
        row_bank: op.dst_row_bank,
        row_addr: op.dst_row_addr[14:0]
    }
    ;
  endfunction

  /// Where it reads its residual: the same pixels of another tensor.
  function automatic walk_t residual_walk(desc_exec_t op);
    walk_t walk;
    walk          = destination_walk(op);
    walk.phased   = op.res_phased;
    walk.base     = op.res_base[14:0];
    walk.words    = op.res_words[14:0];
    walk.phase    = op.res_phase[14:0];
    walk.row_bank = op.res_row_bank;
    walk.row_addr = op.res_row_addr[14:0];
    return walk;
  endfunction

endpackage
