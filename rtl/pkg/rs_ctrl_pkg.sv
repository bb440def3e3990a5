// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Types and constants that the modules of rtl/ctrl share with each other and with their
/// neighbours.
package rs_ctrl_pkg;

  import rs_axi_pkg::AddrW;

  /// Tokens between EXEC and an engine, a bit for each engine.
  typedef struct packed {
    logic store;
    logic load;
  } exec_tokens_t;

  /// Tokens of LOAD and STORE: each with EXEC, and `reload` from STORE to LOAD.
  typedef struct packed {
    logic reload;
    logic store;
    logic load;
  } dma_tokens_t;

  /// Tokens to begin with: from STORE for LOAD, from STORE for EXEC, from EXEC for LOAD.
  typedef struct packed {
    logic [3:0] reload;
    logic [3:0] exec;
    logic [3:0] load;
  } credits_t;

  /// What LOAD transfers.
  typedef enum logic [1:0] {
    TransferFeatures = 2'b00,
    TransferWeights  = 2'b01,
    TransferTable    = 2'b10
  } transfer_e;

  /// Who takes the word on the word bus: one bit for each word of a command, the first in bit 0.
  typedef struct packed {
    logic [2:0] read;      // a read command: address low, address high, beats
    logic [3:0] load;      // a transfer of LOAD; of a weight block its checksum and its items, too
    transfer_e  transfer;  // what it brings
    logic [1:0] store;     // a transfer of STORE
    logic [2:0] write;     // a write command
  } takers_t;

  /// What LOAD and STORE tell the ring: they can take a command, a transfer is complete.
  typedef struct packed {
    logic read_free;   // the next read command
    logic load_free;   // the next transfer of LOAD
    logic load_done;   // for one cycle
    logic store_done;  // for one cycle
  } dma_status_t;

  /// LOAD found an error in a weight block, for one cycle: its row streams, or its checksum.
  typedef struct packed {
    logic valid;
    logic streams;
  } block_fault_t;

  /// The bus answered with an error, for one cycle: to a write or a read, SLVERR or DECERR. Or a
  /// weight block has one: `slverr` says that it is in its row streams.
  typedef struct packed {
    logic valid;
    logic block;
    logic write;
    logic slverr;
  } trap_t;

  /// Units of the DMA that have something under way on the bus.
  typedef struct packed {
    logic write;
    logic read;
  } bus_busy_t;

  /// Engines that have work, and the control program.
  typedef struct packed {
    logic store;
    logic exec;
    logic load;
    logic program_runs;
  } engines_busy_t;

  /// All of them, as the register STATUS shows them.
  typedef struct packed {
    bus_busy_t     bus;
    engines_busy_t engines;
  } busy_t;

  /// The state of the core, as its registers show it.
  typedef struct packed {
    busy_t            units_busy;
    logic             resetting;
    logic             error;
    logic             done;
    logic             busy;
    logic [AddrW-1:0] addr;        // of the bus, at fault
  } state_t;

  /// What EXEC did in a cycle: it issued a tile, or the reason why not, one-hot, in the order of
  /// rs_pkg::stall_e.
  typedef struct packed {
    logic [6:0] stall;
    logic       busy;
  } exec_cycle_t;

  /// An access of the register block to the control memory: a read, and a write of some bytes.
  typedef struct packed {
    logic        read;
    logic [5:0]  raddr;
    logic [3:0]  write;
    logic [5:0]  waddr;
    logic [31:0] wdata;
  } reg_access_t;

  /// Which engine a descriptor in the ring is for.
  typedef enum logic [1:0] {
    KindNone,
    KindExec,
    KindLoad,
    KindStore
  } kind_e;

  /// What the ring keeps of a descriptor that the control program has checked.
  typedef struct packed {
    kind_e kind;
    logic  flag;        // LOAD: a weight block; STORE: the end of a frame
    logic  last;        // STORE: of the last frame; LOAD: a table
    logic  wait_exec;   // take a token from EXEC first
    logic  wait_store;  // LOAD: take one from STORE, too
    logic  post_exec;   // give EXEC a token at completion
    logic  post_load;   // STORE: give LOAD one, too
  } slot_info_t;

  /// Engines with descriptors in the ring that they have not passed: EXEC has not taken them, LOAD and
  /// STORE have not completed them.
  typedef struct packed {
    logic store;
    logic load;
    logic exec;
  } ring_busy_t;

  /// The cursors that go through the ring.
  typedef enum int unsigned {
    CursorExec,     // EXEC takes a descriptor
    CursorCommand,  // LOAD: the read command is given
    CursorCount,    // LOAD: the counts are given
    CursorLoad,     // LOAD: complete
    CursorStore     // STORE: given and complete, or the end of a frame
  } cursor_e;
  localparam int unsigned Cursors = 5;

  /// What the cursors found in their slots, as far as it matters there.
  typedef struct packed {
    logic command_wait_exec;
    logic command_wait_store;
    transfer_e count_transfer;
    logic load_post_exec;
    logic store_wait_exec;
    logic store_post_exec;
    logic store_post_load;
    logic store_frame_end;
    logic store_last;
  } found_t;

  /// What the word copier copies.
  typedef enum logic [2:0] {
    CopyRequest,  // the read command for the next batch of descriptors
    CopyCommand,  // LOAD: the read command
    CopyCounts,   // LOAD: the counts
    CopyStore,    // STORE: counts and write command
    CopyExec      // EXEC: all words
  } copy_e;
  localparam int unsigned Copies = 5;

endpackage
