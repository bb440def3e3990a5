// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Types and functions that several modules of the core share.
package rs_pkg;

  /// What travels with a weight tile through the array.
  typedef struct packed {
    logic valid;   // this cycle carries a tile
    logic enable;  // this row takes part (max pooling: only the rows of the tile's slice)
    logic first;   // start a new accumulation
    logic last;    // the accumulation is complete after this tile
    logic max;     // keep the maximum instead of the sum
  } cell_ctrl_t;

  /// Width of an index into `n` things, at least 1.
  function automatic int unsigned index_width(int unsigned n);
    return n > 1 ? $clog2(n) : 1;
  endfunction

  /// Width of a term code: a sign and an exponent field whose all-ones value is left for zero.
  function automatic int unsigned term_width(int unsigned exponents);
    return 1 + $clog2(exponents + 1);
  endfunction

endpackage
