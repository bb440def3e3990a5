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

  /// The configuration registers that a run needs.
  typedef struct packed {
    logic [AddrW-1:0] prog_base;
    logic [31:0]      prog_size;
    logic [AddrW-1:0] in_base;
    logic [31:0]      in_stride;
    logic [AddrW-1:0] out_base;
    logic [31:0]      out_stride;
    logic [31:0]      frames;
  } config_t;

  /// The state of the core, as its registers show it.
  typedef struct packed {
    logic [5:0]        units_busy;  // axi write, axi read, store, exec, load, fetch
    logic              resetting;
    logic              error;
    logic              done;
    logic              busy;
    error_e            cause;
    logic [IndexW-1:0] index;
    logic [AddrW-1:0]  addr;
    logic [31:0]       frames_done;
  } state_t;

endpackage
