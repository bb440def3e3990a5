// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// What the modules of rtl/ctrl share.
package rs_ctrl_pkg;

  /// Bits of a bus address.
  localparam int unsigned AddrW = 40;

  /// The state of the core, as its registers show it.
  typedef struct packed {
    logic [5:0]       units_busy;  // axi write, axi read, store, exec, load, program
    logic             resetting;
    logic             error;
    logic             done;
    logic             busy;
    logic [AddrW-1:0] addr;        // of the bus, at fault
  } state_t;

endpackage
