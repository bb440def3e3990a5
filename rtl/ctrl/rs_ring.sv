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
// the ring gives the addresses and, with the data, who takes the word.

`include "rs_assert.svh"

module rs_ring
  import rs_ctrl_cpu_pkg::*;
#(
  /// Bits of a slot's number.
  parameter int unsigned SlotW = 2,
  /// Descriptors asked for at a time, less than the slots.
  parameter int unsigned Batch = 1,
  /// Words of a descriptor that arrive together, 1 or 2.
  parameter int unsigned DescWords = 1,
  /// Cycles from an address to its word on the bus.
  parameter int unsigned WordDelay = 1,
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
  input  event_e            port_i,
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

  /// Descriptors arrive: DescWords words are stored from this address on.
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

  /// Tokens from EXEC for LOAD and STORE, from STORE for LOAD; they are taken.
  input  logic             load_token_i,
  input  logic             store_token_i,
  input  logic             reload_token_i,
  output logic             take_load_token_o,
  output logic             take_store_token_o,
  output logic             take_reload_token_o,
  /// Tokens from LOAD and STORE for EXEC, from STORE for LOAD.
  output logic             post_load_o,
  output logic             post_store_o,
  output logic             post_reload_o,
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
    logic  wait_exec;   // take a token from EXEC first
    logic  wait_store;  // LOAD: take one from STORE, too
    logic  post_exec;   // give EXEC a token at completion
    logic  post_load;   // STORE: give LOAD one, too
  } info_t;

  // A position in the ring, with a bit to tell full from empty.
  typedef logic [SlotW:0] pos_t;
  localparam pos_t One = pos_t'(1);

  info_t [Slots-1:0] info_q;
  pos_t ask_q, filled_q, looked_q, free_q;
  logic [SlotW-1:0] sent_q;  // the first slot of the batch that is asked for next
  logic [4:0] word_q;        // of the descriptor that arrives
  logic asking_q, storing_q;

  // The control program.
  logic  dispatch;
  info_t info_d;
  assign dispatch    = event_i && port_i inside {EventSkip, EventExec, EventLoadWeights,
                                                 EventLoadFeatures, EventStore, EventEnd,
                                                 EventLastEnd};
  assign slot_o      = looked_q[SlotW-1:0];
  assign ask_slot_o  = ask_q[SlotW-1:0];
  assign desc_addr_o = {1'b1, filled_q[SlotW-1:0], word_q};

  always_comb begin
    info_d = '{
        kind: KindNone,
        flag: 1'b0,
        last: port_i == EventLastEnd,
        wait_exec: flags_i[9],
        wait_store: flags_i[10],
        post_exec: flags_i[13],
        post_load: flags_i[12]
    };
    unique case (port_i)
      EventExec:         info_d.kind = KindExec;
      EventLoadWeights:  {info_d.kind, info_d.flag} = {KindLoad, 1'b1};
      EventLoadFeatures: info_d.kind = KindLoad;
      EventStore:        info_d.kind = KindStore;
      EventEnd, EventLastEnd: {info_d.kind, info_d.flag} = {KindStore, 1'b1};
      default: ;
    endcase
  end
  always_ff @(posedge clk_i) begin
    if (dispatch) info_q[slot_o] <= info_d;
  end

  // Cursors: EXEC, LOAD's commands, LOAD's counts, LOAD's completion, STORE. Each finds out in one
  // cycle what stands at its position, and goes on in a later one: past what is not its own, or when
  // its own has been dealt with.
  localparam int unsigned Cursors = 5;
  localparam int unsigned Exec = 0;
  localparam int unsigned Command = 1;
  localparam int unsigned Count = 2;
  localparam int unsigned Load = 3;
  localparam int unsigned Store = 4;
  localparam kind_e [Cursors-1:0] OwnKind = {KindStore, KindLoad, KindLoad, KindLoad, KindExec};

  pos_t [Cursors-1:0] pos_q;
  info_t  [Cursors-1:0] found_q;
  logic [Cursors-1:0] own_q, other_q, step, dealt, behind;

  for (genvar w = 0; w < Cursors; w++) begin : gen_cursor
    info_t here;
    assign here      = info_q[pos_q[w][SlotW-1:0]];
    assign behind[w] = pos_q[w] != looked_q;
    assign step[w]   = other_q[w] || (own_q[w] && dealt[w]);
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        pos_q[w] <= '0;
        own_q[w]   <= 1'b0;
        other_q[w] <= 1'b0;
      end else begin
        if (step[w]) pos_q[w] <= pos_q[w] + One;
        own_q[w]   <= !step[w] && behind[w] && here.kind == OwnKind[w];
        other_q[w] <= !step[w] && behind[w] && here.kind != OwnKind[w];
      end
    end
    always_ff @(posedge clk_i) begin
      found_q[w] <= here;
    end
  end

  // Copies, one at a time.
  typedef enum logic [2:0] {
    CopyAsk,
    CopyCommand,
    CopyCounts,
    CopyStore,
    CopyOp
  } copy_e;
  copy_e copy_q, copy_d;
  logic active_q, start, last_word, ended;
  logic [4:0] copy_word_q;
  logic [SlotW-1:0] copy_slot;
  logic may_ask, may_command, may_count, may_store, may_exec, at_end;

  assign may_ask     = asking_q && read_free_i;
  assign may_command = own_q[Command] && read_free_i &&
                       (!found_q[Command].wait_exec || load_token_i) &&
                       (!found_q[Command].wait_store || reload_token_i);
  assign may_count   = own_q[Count] && load_free_i;
  assign may_store   = own_q[Store] && !found_q[Store].flag && !storing_q &&
                       (!found_q[Store].wait_exec || store_token_i);
  assign may_exec    = own_q[Exec] && op_free_i;
  assign at_end      = own_q[Store] && found_q[Store].flag;

  // What goes with a word on the bus.
  typedef struct packed {
    logic             valid;
    copy_e            copy;
    logic [4:0]       word;
    logic [2:0]       command;  // it is this one of a command's words; of the counts
    logic [1:0]       count;
    logic             flag;     // of LOAD's
    logic [SlotW-1:0] slot;
    logic [SlotW-1:0] descs;
  } bus_t;
  bus_t bus_q, bus;

  rs_delay #(
    .Width($bits(bus_t)),
    .Stages(WordDelay - 1)
  ) u_bus (
    .clk_i,
    .data_i(bus_q),
    .data_o(bus)
  );

  // What a copy brings about shows a cycle behind its last word.
  assign start = !active_q && !bus_q.valid && !bus.valid &&
                 (may_ask || may_command || may_count || may_store || may_exec);
  always_comb begin
    copy_d = CopyOp;
    if (may_store) copy_d = CopyStore;
    if (may_count) copy_d = CopyCounts;
    if (may_command) copy_d = CopyCommand;
    if (may_ask) copy_d = CopyAsk;
  end

  always_comb begin
    unique case (copy_q)
      CopyCommand: copy_slot = pos_q[Command][SlotW-1:0];
      CopyCounts:  copy_slot = pos_q[Count][SlotW-1:0];
      CopyStore:   copy_slot = pos_q[Store][SlotW-1:0];
      CopyOp:      copy_slot = pos_q[Exec][SlotW-1:0];
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
      bus_q.valid <= 1'b0;
    end else begin
      active_q <= start || (active_q && !ended);
      bus_q.valid <= active_q && granted_i;
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
    bus_q.word <= copy_word_q;
    bus_q.command <= {copy_word_q == 5'd5, copy_word_q == 5'd4, copy_word_q == 5'd3};
    bus_q.count <= {copy_word_q == 5'd2, copy_word_q == 5'd1};
    bus_q.slot <= copy_slot;
    bus_q.flag <= found_q[Count].flag;
    bus_q.descs <= copy_q == CopyAsk ? ask_slot_o - sent_q : '0;
    bus_q.copy <= copy_q;
  end

  // Words 3 to 5 are a command of the DMA, 1 and 2 counts and addresses.
  assign op_set_o       = bus.valid && bus.copy == CopyOp;
  assign op_word_o      = bus.word;
  assign read_set_o     = {3{bus.valid && bus.copy inside {CopyAsk, CopyCommand}}} & bus.command;
  assign read_descs_o   = bus.descs;
  assign read_slot_o    = bus.slot;
  assign load_set_o     = {2{bus.valid && bus.copy == CopyCounts}} & bus.count;
  assign load_weights_o = bus.flag;
  assign store_set_o    = {2{bus.valid && bus.copy == CopyStore}} & bus.count;
  assign write_set_o    = {3{bus.valid && bus.copy == CopyStore}} & bus.command;
  assign store_slot_o   = pos_q[Store][SlotW-1:0];

  // LOAD may be done before its cursor is there.
  logic [1:0] loads_done_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) loads_done_q <= '0;
    else loads_done_q <= loads_done_q + 2'(load_done_i) - 2'(dealt[Load] && own_q[Load]);
  end

  // Tokens and completion.
  logic take_load_q, take_reload_q, take_store_q;
  assign dealt[Exec]    = ended && copy_q == CopyOp;
  assign dealt[Command] = ended && copy_q == CopyCommand;
  assign dealt[Count]   = ended && copy_q == CopyCounts;
  assign dealt[Load]    = loads_done_q != '0;
  assign dealt[Store]   = store_done_i || found_q[Store].flag;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      take_load_q   <= 1'b0;
      take_reload_q <= 1'b0;
      take_store_q  <= 1'b0;
    end else begin
      take_load_q   <= start && copy_d == CopyCommand && found_q[Command].wait_exec;
      take_reload_q <= start && copy_d == CopyCommand && found_q[Command].wait_store;
      take_store_q  <= start && copy_d == CopyStore && found_q[Store].wait_exec;
    end
  end
  assign take_load_token_o   = take_load_q;
  assign take_reload_token_o = take_reload_q;
  assign take_store_token_o  = take_store_q;
  assign post_load_o         = dealt[Load] && own_q[Load] && found_q[Load].post_exec;
  assign post_store_o        = store_done_i && found_q[Store].post_exec;
  assign post_reload_o       = store_done_i && found_q[Store].post_load;
  assign frame_done_o        = at_end;
  assign last_done_o         = at_end && found_q[Store].last;

  // Slots for more, and what is under way, a cycle late.
  logic free_step;
  assign free_step = free_q != pos_q[Exec] && free_q != pos_q[Load] && free_q != pos_q[Store];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ask_q        <= '0;
      sent_q       <= '0;
      filled_q     <= '0;
      looked_q     <= '0;
      free_q       <= '0;
      word_q       <= '0;
      asking_q     <= 1'b0;
      storing_q    <= 1'b0;
      busy_o       <= '0;
      no_arrival_o <= 1'b1;
      no_room_o    <= 1'b1;
    end else begin
      if (event_i && port_i == EventAsk) asking_q <= 1'b1;
      else if (ended && copy_q == CopyAsk) asking_q <= 1'b0;
      if (event_i && port_i == EventSlot) ask_q <= ask_q + One;
      if (ended && copy_q == CopyAsk) sent_q <= ask_q[SlotW-1:0];
      if (desc_i) word_q <= word_q + 5'(DescWords);
      if (desc_i && word_q == 5'(32 - DescWords)) filled_q <= filled_q + One;
      if (dispatch) looked_q <= looked_q + One;
      if (free_step) free_q <= free_q + One;
      if (start && copy_d == CopyStore) storing_q <= 1'b1;
      else if (store_done_i) storing_q <= 1'b0;
      busy_o       <= {behind[Store], behind[Load], behind[Exec]};
      no_arrival_o <= filled_q == looked_q;
      no_room_o    <= asking_q || ask_q - free_q > pos_t'(Slots - Batch);
    end
  end

  logic unused_bits;
  assign unused_bits = ^{flags_i, found_q};

  `RS_ASSERT(DoneInTurn, (!load_done_i || !(&loads_done_q)) && (!store_done_i || storing_q))

endmodule
