// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The ring of descriptors and who is where in it. A slot is asked for, in batches, filled, looked at by the
// control program, and taken by its engine; it is free again when all engines have passed it. Each
// engine skips what is not its own:
//
//   asked for -> filled -> looked at -> EXEC
//                                    -> LOAD: command given, counts given, complete
//                                    -> STORE: given, complete (or the end of a frame)
//
// What an engine needs of a descriptor is copied from the memory over the word bus, a word a cycle;
// the ring gives the addresses and, a cycle later, with the data, who takes the word.

`include "rs_assert.svh"

module rs_ring
  import rs_micro_pkg::*;
#(
  /// Bits of a slot's number.
  parameter int unsigned SlotW = 2,
  /// Descriptors asked for at a time, less than the slots.
  parameter int unsigned Batch = 1,
  /// Words of an EXEC descriptor.
  parameter int unsigned OpWords = 20,
  /// Bits of a memory address: slots of 32 words in the upper half. Derived.
  localparam int unsigned AddrW = SlotW + 6
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,

  /// The control program: an event, with word 0 of the descriptor for those that dispatch.
  input  logic             event_i,
  input  port_e            port_i,
  input  logic [31:0]      flags_i,
  /// The slot of the descriptor at hand; of the next one to ask for. Batch slots are free unless
  /// no_room_o.
  output logic [SlotW-1:0] slot_o,
  output logic [SlotW-1:0] ask_slot_o,
  /// No descriptor waits to be looked at; no batch can be asked for.
  output logic             no_arrival_o,
  output logic             no_room_o,
  /// Something is dispatched and not complete: EXEC (not taken), LOAD, STORE.
  output logic [2:0]       busy_o,

  /// Descriptors arrive: a word is stored at this address.
  input  logic             desc_i,
  output logic [AddrW-1:0] desc_addr_o,

  /// Copies: a word is read, if nothing else reads.
  output logic             read_o,
  output logic [AddrW-1:0] raddr_o,
  input  logic             granted_i,
  /// The word bus has a word of an EXEC descriptor, and its number.
  output logic             op_set_o,
  output logic [4:0]       op_word_o,
  input  logic             op_free_i,
  /// A word of a read command; the number of descriptors that it reads, 0: it is LOAD's.
  output logic [2:0]       read_set_o,
  output logic [SlotW-1:0] read_descs_o,
  output logic [SlotW-1:0] read_slot_o,
  input  logic             read_free_i,
  /// A word of a transfer of LOAD; it is a weight block.
  output logic [1:0]       load_set_o,
  output logic             load_weights_o,
  input  logic             load_free_i,
  input  logic             load_done_i,
  /// A word of a transfer of STORE; of its write command.
  output logic [1:0]       store_set_o,
  output logic [2:0]       write_set_o,
  input  logic             store_done_i,
  /// The slot that STORE is at.
  output logic [SlotW-1:0] store_slot_o,

  /// Tokens from EXEC for LOAD and STORE; they are taken.
  input  logic             load_token_i,
  input  logic             store_token_i,
  output logic             take_load_token_o,
  output logic             take_store_token_o,
  /// Tokens from LOAD and STORE for EXEC.
  output logic             post_load_o,
  output logic             post_store_o,
  /// STORE reached the end of a frame; of the last.
  output logic             frame_done_o,
  output logic             last_done_o
);

  localparam int unsigned Slots = 2 ** SlotW;

  typedef enum logic [1:0] {
    KindNone,
    KindExec,
    KindLoad,
    KindStore
  } kind_e;

  // What is known of a slot that was looked at.
  typedef struct packed {
    kind_e kind;
    logic  flag;       // LOAD: a weight block; STORE: the end of a frame
    logic  last;       // of the last frame
    logic  wait_exec;  // take a token from EXEC first
    logic  post_exec;  // give EXEC a token at completion
  } info_t;

  // A place in the ring, with a bit to tell full from empty.
  typedef logic [SlotW:0] place_t;
  localparam place_t One = place_t'(1);

  info_t info_q[Slots];
  place_t ask_q, filled_q, looked_q, free_q;
  logic [SlotW-1:0] sent_q;  // the first slot of the batch that is asked for next
  place_t exec_q, command_q, count_q, load_q, store_q;
  info_t exec, command, count, load, store, info_d;
  logic [4:0] word_q;  // of the descriptor that arrives
  logic asking_q, storing_q;

  // The control program.
  logic dispatch;
  assign dispatch     = event_i && port_i inside {PortSkip, PortExec, PortLoadWeights,
                                                  PortLoadFeatures, PortStore, PortEnd,
                                                  PortLastEnd};
  assign slot_o       = looked_q[SlotW-1:0];
  assign ask_slot_o   = ask_q[SlotW-1:0];
  assign no_arrival_o = filled_q == looked_q;
  assign no_room_o    = asking_q || ask_q - free_q > place_t'(Slots - Batch);
  assign desc_addr_o  = {1'b1, filled_q[SlotW-1:0], word_q};
  assign busy_o       = {store_q != looked_q, load_q != looked_q, exec_q != looked_q};

  always_comb begin
    info_d = '{
        kind: KindNone,
        flag: 1'b0,
        last: port_i == PortLastEnd,
        wait_exec: flags_i[9],
        post_exec: flags_i[13]
    };
    unique case (port_i)
      PortExec:         info_d.kind = KindExec;
      PortLoadWeights:  {info_d.kind, info_d.flag} = {KindLoad, 1'b1};
      PortLoadFeatures: info_d.kind = KindLoad;
      PortStore:        info_d.kind = KindStore;
      PortEnd, PortLastEnd: {info_d.kind, info_d.flag} = {KindStore, 1'b1};
      default: ;
    endcase
  end
  always_ff @(posedge clk_i) begin
    if (dispatch) info_q[slot_o] <= info_d;
  end

  assign exec    = info_q[exec_q[SlotW-1:0]];
  assign command = info_q[command_q[SlotW-1:0]];
  assign count   = info_q[count_q[SlotW-1:0]];
  assign load    = info_q[load_q[SlotW-1:0]];
  assign store   = info_q[store_q[SlotW-1:0]];

  // Copies, one at a time.
  typedef enum logic [2:0] {
    CopyAsk,
    CopyCommand,
    CopyCounts,
    CopyStore,
    CopyOp
  } copy_e;
  copy_e copy_q, copy_d, with_word_q;
  logic active_q, start, last_word, ended;
  logic [4:0] copy_word_q, bus_word_q;
  logic bus_q, bus_flag_q;  // the bus has a word of a copy; the flag of LOAD's
  logic [SlotW-1:0] copy_slot, bus_slot_q, bus_descs_q;
  logic at_exec, at_command, at_count, at_load, at_store, at_end;

  assign at_exec    = exec_q != looked_q && exec.kind == KindExec;
  assign at_command = command_q != looked_q && command.kind == KindLoad;
  assign at_count   = count_q != looked_q && count.kind == KindLoad;
  assign at_load    = load_q != looked_q && load.kind == KindLoad;
  assign at_store   = store_q != looked_q && store.kind == KindStore && !store.flag && !storing_q;
  assign at_end     = store_q != looked_q && store.kind == KindStore && store.flag;

  always_comb begin
    start  = 1'b1;
    copy_d = CopyOp;
    if (asking_q && read_free_i) copy_d = CopyAsk;
    else if (at_command && read_free_i && (!command.wait_exec || load_token_i)) begin
      copy_d = CopyCommand;
    end else if (at_count && load_free_i) copy_d = CopyCounts;
    else if (at_store && (!store.wait_exec || store_token_i)) copy_d = CopyStore;
    else if (!(at_exec && op_free_i)) start = 1'b0;
    // What a copy brings about shows two cycles behind its last word's address.
    if (active_q || bus_q) start = 1'b0;
  end

  always_comb begin
    unique case (copy_q)
      CopyCommand: copy_slot = command_q[SlotW-1:0];
      CopyCounts:  copy_slot = count_q[SlotW-1:0];
      CopyStore:   copy_slot = store_q[SlotW-1:0];
      CopyOp:      copy_slot = exec_q[SlotW-1:0];
      default:     copy_slot = sent_q;
    endcase
    unique case (copy_q)
      CopyOp:     last_word = copy_word_q == 5'(OpWords - 1);
      CopyCounts: last_word = copy_word_q == 5'd2;
      default:    last_word = copy_word_q == 5'd5;
    endcase
  end

  assign read_o  = active_q;
  assign raddr_o = copy_q == CopyAsk ? {1'b0, (SlotW + 5)'({3'b101, copy_word_q[3:0]})} :
                   {1'b1, copy_slot, copy_word_q};
  assign ended   = active_q && granted_i && last_word;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      bus_q    <= 1'b0;
    end else begin
      active_q <= start || (active_q && !ended);
      bus_q    <= active_q && granted_i;
    end
  end
  always_ff @(posedge clk_i) begin
    if (start) begin
      copy_q <= copy_d;
      unique case (copy_d)
        CopyOp:                copy_word_q <= 5'd0;
        CopyCounts, CopyStore: copy_word_q <= 5'd1;
        default:               copy_word_q <= 5'd3;
      endcase
    end else if (active_q && granted_i) begin
      copy_word_q <= copy_word_q + 5'd1;
    end
    bus_word_q  <= copy_word_q;
    bus_slot_q  <= copy_slot;
    bus_flag_q  <= count.flag;
    bus_descs_q <= copy_q == CopyAsk ? ask_slot_o - sent_q : '0;
    with_word_q <= copy_q;
  end

  // Words 3 to 5 are a command of the DMA, 1 and 2 counts and places.
  logic [2:0] command_word;
  logic [1:0] count_word;
  assign command_word = {bus_word_q == 5'd5, bus_word_q == 5'd4, bus_word_q == 5'd3};
  assign count_word   = {bus_word_q == 5'd2, bus_word_q == 5'd1};

  assign op_set_o       = bus_q && with_word_q == CopyOp;
  assign op_word_o      = bus_word_q;
  assign read_set_o     = {3{bus_q && with_word_q inside {CopyAsk, CopyCommand}}} & command_word;
  assign read_descs_o   = bus_descs_q;
  assign read_slot_o    = bus_slot_q;
  assign load_set_o     = {2{bus_q && with_word_q == CopyCounts}} & count_word;
  assign load_weights_o = bus_flag_q;
  assign store_set_o    = {2{bus_q && with_word_q == CopyStore}} & count_word;
  assign write_set_o    = {3{bus_q && with_word_q == CopyStore}} & command_word;
  assign store_slot_o   = store_q[SlotW-1:0];

  // Tokens and completion.
  assign take_load_token_o  = start && copy_d == CopyCommand && command.wait_exec;
  assign take_store_token_o = start && copy_d == CopyStore && store.wait_exec;
  assign post_load_o        = load_done_i && load.post_exec;
  assign post_store_o       = store_done_i && store.post_exec;
  assign frame_done_o       = at_end;
  assign last_done_o        = at_end && store.last;

  // Who is where.
  logic free_passed;
  assign free_passed = free_q != exec_q && free_q != load_q && free_q != store_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ask_q     <= '0;
      sent_q    <= '0;
      filled_q  <= '0;
      looked_q  <= '0;
      free_q    <= '0;
      exec_q    <= '0;
      command_q <= '0;
      count_q   <= '0;
      load_q    <= '0;
      store_q   <= '0;
      word_q    <= '0;
      asking_q  <= 1'b0;
      storing_q <= 1'b0;
    end else begin
      if (event_i && port_i == PortAsk) asking_q <= 1'b1;
      else if (ended && copy_q == CopyAsk) asking_q <= 1'b0;
      if (event_i && port_i == PortSlot) ask_q <= ask_q + One;
      if (ended && copy_q == CopyAsk) sent_q <= ask_q[SlotW-1:0];
      if (desc_i) word_q <= word_q + 5'd1;
      if (desc_i && &word_q) filled_q <= filled_q + One;
      if (dispatch) looked_q <= looked_q + One;
      if (free_passed) free_q <= free_q + One;

      if (exec_q != looked_q && (!at_exec || (ended && copy_q == CopyOp))) exec_q <= exec_q + One;
      if (command_q != looked_q && (!at_command || (ended && copy_q == CopyCommand))) begin
        command_q <= command_q + One;
      end
      if (count_q != looked_q && (!at_count || (ended && copy_q == CopyCounts))) begin
        count_q <= count_q + One;
      end
      if (load_q != looked_q && (!at_load || load_done_i)) load_q <= load_q + One;
      if (store_q != looked_q && (store.kind != KindStore || store.flag || store_done_i)) begin
        store_q <= store_q + One;
      end
      if (start && copy_d == CopyStore) storing_q <= 1'b1;
      else if (store_done_i) storing_q <= 1'b0;
    end
  end

  logic unused_flags;
  assign unused_flags = ^{flags_i, exec, command, count, load};

  `RS_ASSERT(DoneInTurn, (!load_done_i || at_load) && (!store_done_i || storing_q))

endmodule
