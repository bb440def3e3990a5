// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Types between the sequencer, the engines and the error collector.
package rs_ctrl_pkg;
  import rs_spec_pkg::*;

  /// Bits of a bus address.
  localparam int unsigned AddrW = 40;
  /// Bits of a descriptor's index in its program: PROG_SIZE has 32 bits, a descriptor 128 bytes.
  localparam int unsigned IndexW = 25;

  /// What LOAD and STORE need of a descriptor.
  typedef struct packed {
    logic              weights;       // LOAD: a weight block; otherwise features
    logic              marker;        // STORE: nothing to store, the end of a frame
    logic              wait_exec;     // take a token from EXEC first
    logic              post_exec;     // give EXEC a token at completion
    logic [IndexW-1:0] index;         // of the descriptor in the program
    logic [AddrW-1:0]  window;        // first byte of the memory window
    logic [31:0]       window_bytes;  // length of the memory window
    logic [31:0]       offset;        // byte offset in the window
    logic [31:0]       bytes;         // weights: length of the block
    logic [19:0]       count;         // weights: entries; features: pixel groups
    logic [15:0]       words;         // weights: parameter groups; features: words a pixel
    logic [15:0]       base;          // features: first word address
  } transfer_t;

  /// An error at its source; valid for one cycle.
  typedef struct packed {
    logic              valid;
    error_e            cause;
    logic [IndexW-1:0] index;
    logic [AddrW-1:0]  addr;  // bus address, 0 where there is none
  } error_t;

endpackage
