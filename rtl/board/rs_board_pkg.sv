// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Types between the parts of the stand-alone board; see docs/board.md.
package rs_board_pkg;
  import rs_spec_pkg::*;

  /// Bits of addresses and lengths in requests.
  localparam int unsigned SpanW = 24;
  /// Bits of a memory word.
  localparam int unsigned WordW = 64;

  /// A request whose checksums were right and whose payload is in memory, or why it is none.
  typedef struct packed {
    board_status_e    status;
    board_command_e   command;
    logic [SpanW-1:0] bytes;
    logic [SpanW-1:0] addr;
  } request_t;

  /// A step of a run as it lies in memory.
  typedef struct packed {
    board_step_e      op;
    logic [3:0]       reserved;
    logic [SpanW-1:0] arg;
    logic [31:0]      value;
  } step_t;

endpackage
