// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Hands the descriptors of the ring to the engines, in program order for each engine: the rules.
/// It tells the slots what the control program decided of a descriptor (rs_ring_cursors has slots
/// and positions), lets a copy begin when its taker is free and its tokens are there
/// (rs_word_copier has the words), and gives tokens at completion.
///
/// Throughput: one copy at a time, a word per cycle; every engine skips what is not its own.
/// Latency: 3 cycles from the control program's event to the first word's address, if nothing
/// waits.
/// Handshake: events and tokens are pulses and are always taken; who takes a word is named with the
/// word.
/// Assumes: LOAD and STORE complete transfers in order; a token shows as gone the cycle after it is
/// taken.
module rs_ring
  import rs_spec_pkg::desc_common_t;
  import rs_ctrl_pkg::*;
  import rs_ctrl_cpu_pkg::*;
#(
  /// Bits of a slot's number.
  parameter int unsigned SlotW = 2,
  /// Descriptors asked for at a time.
  parameter int unsigned Batch = 1,
  /// Words of a descriptor that arrive together.
  parameter int unsigned DescWords = 1,
  /// Cycles from an address to its word on the bus.
  parameter int unsigned WordDelay = 1,
  /// LOAD wants the checksum and the form of weight blocks.
  parameter bit BlockWords = 1'b1,
  /// Bits of a memory address: slots of 32 words in the upper half.
  localparam int unsigned MemAddrW = SlotW + 6
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,

  /// The control program: an event, with word 0 of the descriptor for those that dispatch.
  input  logic             event_valid_i,
  input  event_e           event_i,
  input  desc_common_t     desc_common_i,
  /// The slot of the descriptor at hand; of the next one to ask for. Batch slots are free unless
  /// no_room_o.
  output logic [SlotW-1:0] slot_o,
  output logic [SlotW-1:0] ask_slot_o,
  /// No descriptor waits to be looked at; no batch can be asked for.
  output logic             no_arrival_o,
  output logic             no_room_o,
  /// Something is dispatched and not complete.
  output ring_busy_t       busy_o,
  /// The slot that STORE is at.
  output logic [SlotW-1:0] store_slot_o,

  /// Descriptors arrive: DescWords words are stored from this address on.
  input  logic             desc_i,
  output logic [MemAddrW-1:0] desc_addr_o,

  /// Copies: a word is read, if nothing else reads.
  output logic             read_o,
  output logic [MemAddrW-1:0] raddr_o,
  input  logic             granted_i,
  /// The word bus has a word of an EXEC descriptor, and its number; the next one can be taken.
  output logic             exec_set_o,
  output logic [4:0]       exec_word_o,
  input  logic             exec_free_i,
  /// Who else takes the word. With a read command: the descriptors that it reads, 0: it is LOAD's.
  output takers_t          takers_o,
  output logic [SlotW-1:0] read_descs_o,
  output logic [SlotW-1:0] read_slot_o,
  /// LOAD and STORE.
  input  dma_status_t      dma_i,

  /// Tokens for LOAD and STORE that are there; that are taken; that LOAD and STORE give (`reload`:
  /// always from STORE to LOAD).
  input  dma_tokens_t      token_i,
  output dma_tokens_t      take_o,
  output dma_tokens_t      post_o,
  /// STORE reached the end of a frame; of the last.
  output logic             frame_done_o,
  output logic             last_done_o
);

  // Slots and cursors.
  logic dispatch, batch_valid;
  logic [SlotW-1:0] batch_slot, batch_count;
  slot_info_t info;
  logic [Cursors-1:0][SlotW-1:0] at;
  logic [Cursors-1:0] own, dealt;
  found_t found;
  logic [Copies-1:0] start, done;

  assign dispatch = event_valid_i &&
                    event_i inside {EventSkip, EventExec, EventLoadWeights, EventLoadFeatures,
                                    EventLoadTable, EventStore, EventEnd, EventLastEnd};
  always_comb begin
    info = '{
        kind: KindNone,
        flag: 1'b0,
        last: event_i inside {EventLastEnd, EventLoadTable},
        wait_exec: desc_common_i.wait_exec,
        wait_store: desc_common_i.wait_store,
        post_exec: desc_common_i.post_exec,
        post_load: desc_common_i.post_load
    };
    unique case (event_i)
      EventExec:             info.kind = KindExec;
      EventLoadWeights:      {info.kind, info.flag} = {KindLoad, 1'b1};
      EventLoadFeatures, EventLoadTable: info.kind = KindLoad;
      EventStore:            info.kind = KindStore;
      EventEnd, EventLastEnd: {info.kind, info.flag} = {KindStore, 1'b1};
      default: ;
    endcase
  end

  rs_ring_cursors #(
    .SlotW(SlotW),
    .Batch(Batch),
    .DescWords(DescWords)
  ) u_cursors (
    .clk_i,
    .rst_ni,
    .ask_i        (event_valid_i && event_i == EventSlot),
    .batch_i      (event_valid_i && event_i == EventAsk),
    .batch_sent_i (done[CopyRequest]),
    .batch_valid_o(batch_valid),
    .batch_slot_o (batch_slot),
    .batch_count_o(batch_count),
    .ask_slot_o,
    .no_room_o,
    .desc_i,
    .desc_addr_o,
    .look_i       (dispatch),
    .info_i       (info),
    .slot_o,
    .no_arrival_o,
    .at_o         (at),
    .own_o        (own),
    .dealt_i      (dealt),
    .found_o      (found),
    .busy_o
  );

  // What may be copied.
  logic [Copies-1:0] request;
  logic storing_q;  // a transfer of STORE is under way
  assign request[CopyRequest] = batch_valid && dma_i.read_free;
  assign request[CopyCommand] = own[CursorCommand] && dma_i.read_free &&
                                (!found.command_wait_exec || token_i.load) &&
                                (!found.command_wait_store || token_i.reload);
  assign request[CopyCounts] = own[CursorCount] && dma_i.load_free;
  assign request[CopyStore]  = own[CursorStore] && !found.store_frame_end && !storing_q &&
                               (!found.store_wait_exec || token_i.store);
  assign request[CopyExec] = own[CursorExec] && exec_free_i;

  rs_word_copier #(
    .SlotW(SlotW),
    .WordDelay(WordDelay),
    .BlockWords(BlockWords)
  ) u_copier (
    .clk_i,
    .rst_ni,
    .request_i    (request),
    .slot_i       ({
      at[CursorExec], at[CursorStore], at[CursorCount], at[CursorCommand], batch_slot
    }),
    .batch_count_i(batch_count),
    .transfer_i   (found.count_transfer),
    .start_o      (start),
    .done_o       (done),
    .read_o,
    .raddr_o,
    .granted_i,
    .exec_set_o,
    .exec_word_o,
    .takers_o,
    .read_descs_o,
    .read_slot_o
  );

  // Completion. LOAD may be done before its cursor is there.
  logic [1:0] loads_done_q;
  logic load_complete;
  assign load_complete = dealt[CursorLoad] && own[CursorLoad];

  assign dealt[CursorExec]    = done[CopyExec];
  assign dealt[CursorCommand] = done[CopyCommand];
  assign dealt[CursorCount]   = done[CopyCounts];
  assign dealt[CursorLoad]    = loads_done_q != '0;
  assign dealt[CursorStore]   = dma_i.store_done || found.store_frame_end;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      loads_done_q <= '0;
      storing_q    <= 1'b0;
    end else begin
      loads_done_q <= loads_done_q + 2'(dma_i.load_done) - 2'(load_complete);
      if (start[CopyStore]) storing_q <= 1'b1;
      else if (dma_i.store_done) storing_q <= 1'b0;
    end
  end

  // Tokens.
  dma_tokens_t take_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      take_q <= '0;
    end else begin
      take_q.load   <= start[CopyCommand] && found.command_wait_exec;
      take_q.reload <= start[CopyCommand] && found.command_wait_store;
      take_q.store  <= start[CopyStore] && found.store_wait_exec;
    end
  end
  assign take_o = take_q;
  assign post_o = '{
      load: load_complete && found.load_post_exec,
      store: dma_i.store_done && found.store_post_exec,
      reload: dma_i.store_done && found.store_post_load
  };

  assign store_slot_o = at[CursorStore];
  assign frame_done_o = own[CursorStore] && found.store_frame_end;
  assign last_done_o  = frame_done_o && found.store_last;

  logic unused_bits;
  assign unused_bits = ^{desc_common_i, at, start, done};

  `RS_ASSERT(DoneInTurn, (!dma_i.load_done || !(&loads_done_q)) && (!dma_i.store_done || storing_q))

endmodule
