// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The slots of the descriptor ring and the positions in it. A slot is asked for, in batches,
/// filled, looked at by the control program, and passed by the cursors of the engines; then it is
/// free again. A cursor finds out in one cycle what is in its slot, and goes on in a later one:
/// past what is not its own, or when its own has been dealt with.
///
///   free -> asked for -> filled -> looked at -> EXEC: taken
///                                            -> LOAD: command given, counts given, complete
///                                            -> STORE: given and complete, or the end of a frame
///
/// Throughput: a cursor passes a slot in two cycles.
/// Latency: 1 cycle until a cursor shows what is in its slot; outputs about room and arrivals show
/// 1 cycle late.
/// Handshake: inputs are events of one cycle and are always taken.
/// Assumes: slots are asked for only while there is room, looked at only after they arrived.
module rs_ring_cursors
  import rs_ctrl_pkg::*;
#(
  /// Bits of a slot's number.
  parameter int unsigned SlotW = 2,
  /// Descriptors asked for at a time, less than the slots.
  parameter int unsigned Batch = 1,
  /// Words of a descriptor that arrive together, 1 or 2.
  parameter int unsigned DescWords = 1,
  /// Bits of a memory address: slots of 32 words in the upper half.
  localparam int unsigned MemAddrW = SlotW + 6
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,

  /// One more slot is part of the batch; the batch is whole; its read command has been copied.
  input  logic             ask_i,
  input  logic             batch_i,
  input  logic             batch_sent_i,
  /// A whole batch waits for its read command: its first slot and the number of its slots.
  output logic             batch_valid_o,
  output logic [SlotW-1:0] batch_slot_o,
  output logic [SlotW-1:0] batch_count_o,
  /// The next slot to ask for. Batch slots are free unless no_room_o.
  output logic [SlotW-1:0] ask_slot_o,
  output logic             no_room_o,

  /// DescWords words of a descriptor arrive; they go to this address.
  input  logic             desc_i,
  output logic [MemAddrW-1:0] desc_addr_o,

  /// The control program has looked at a descriptor, and this is what it is.
  input  logic             look_i,
  input  slot_info_t       info_i,
  /// The slot of the next descriptor to look at; there is none.
  output logic [SlotW-1:0] slot_o,
  output logic             no_arrival_o,

  /// Each cursor: its slot; the descriptor in it is its own; that has been dealt with.
  output logic [Cursors-1:0][SlotW-1:0] at_o,
  output logic [Cursors-1:0]            own_o,
  input  logic [Cursors-1:0]            dealt_i,
  /// What the cursors found.
  output found_t                        found_o,
  /// Engines that have descriptors to pass.
  output ring_busy_t                    busy_o
);

  localparam int unsigned Slots = 2 ** SlotW;
  localparam kind_e [Cursors-1:0] OwnKind = {KindStore, KindLoad, KindLoad, KindLoad, KindExec};

  `RS_PARAM_CHECK(Slots, SlotW >= 2 && SlotW <= 5, "SlotW must be 2 to 5")
  `RS_PARAM_CHECK(Batch, Batch >= 1 && Batch < Slots, "Batch must be less than the slots")
  `RS_PARAM_CHECK(DescWords, DescWords inside {1, 2}, "DescWords must be 1 or 2")

  // A position in the ring, with a bit to tell full from empty.
  typedef logic [SlotW:0] pos_t;
  localparam pos_t One = pos_t'(1);

  pos_t ask_q, filled_q, looked_q, free_q;
  logic [SlotW-1:0] batch_slot_q;
  logic batch_q;
  logic [4:0] word_q;  // of the descriptor that arrives
  logic free_step;

  // What is in the slots.
  slot_info_t [Slots-1:0] info_q;
  always_ff @(posedge clk_i) begin
    if (look_i) info_q[slot_o] <= info_i;
  end

  // Cursors.
  pos_t [Cursors-1:0] pos_q;
  slot_info_t [Cursors-1:0] found_q;
  logic [Cursors-1:0] own_q, other_q, step, ahead;

  for (genvar k = 0; k < Cursors; k++) begin : gen_cursor
    slot_info_t here;
    assign here     = info_q[pos_q[k][SlotW-1:0]];
    assign ahead[k] = pos_q[k] != looked_q;
    assign step[k]  = other_q[k] || (own_q[k] && dealt_i[k]);
    assign at_o[k]  = pos_q[k][SlotW-1:0];
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        pos_q[k]   <= '0;
        own_q[k]   <= 1'b0;
        other_q[k] <= 1'b0;
      end else begin
        if (step[k]) pos_q[k] <= pos_q[k] + One;
        own_q[k]   <= !step[k] && ahead[k] && here.kind == OwnKind[k];
        other_q[k] <= !step[k] && ahead[k] && here.kind != OwnKind[k];
      end
    end
    always_ff @(posedge clk_i) begin
      found_q[k] <= here;
    end
  end

  assign own_o = own_q;
  assign found_o = '{
      command_wait_exec: found_q[CursorCommand].wait_exec,
      command_wait_store: found_q[CursorCommand].wait_store,
      count_transfer: transfer_e'({found_q[CursorCount].last, found_q[CursorCount].flag}),
      load_post_exec: found_q[CursorLoad].post_exec,
      store_wait_exec: found_q[CursorStore].wait_exec,
      store_post_exec: found_q[CursorStore].post_exec,
      store_post_load: found_q[CursorStore].post_load,
      store_frame_end: found_q[CursorStore].flag,
      store_last: found_q[CursorStore].last
  };

  logic unused_found;
  assign unused_found = ^found_q;

  // A slot is free when the last cursor of each engine has passed it.
  assign free_step = free_q != pos_q[CursorExec] && free_q != pos_q[CursorLoad] &&
                     free_q != pos_q[CursorStore];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ask_q        <= '0;
      batch_q      <= 1'b0;
      batch_slot_q <= '0;
      filled_q     <= '0;
      word_q       <= '0;
      looked_q     <= '0;
      free_q       <= '0;
      busy_o       <= '0;
      no_arrival_o <= 1'b1;
      no_room_o    <= 1'b1;
    end else begin
      if (ask_i) ask_q <= ask_q + One;
      if (batch_i) batch_q <= 1'b1;
      else if (batch_sent_i) batch_q <= 1'b0;
      if (batch_sent_i) batch_slot_q <= ask_slot_o;
      if (desc_i) word_q <= word_q + 5'(DescWords);
      if (desc_i && word_q == 5'(32 - DescWords)) filled_q <= filled_q + One;
      if (look_i) looked_q <= looked_q + One;
      if (free_step) free_q <= free_q + One;
      busy_o.store <= ahead[CursorStore];
      busy_o.load  <= ahead[CursorLoad];
      busy_o.exec  <= ahead[CursorExec];
      no_arrival_o <= filled_q == looked_q;
      no_room_o    <= batch_q || ask_q - free_q > pos_t'(Slots - Batch);
    end
  end

  assign slot_o        = looked_q[SlotW-1:0];
  assign ask_slot_o    = ask_q[SlotW-1:0];
  assign desc_addr_o   = {1'b1, filled_q[SlotW-1:0], word_q};
  assign batch_valid_o = batch_q;
  assign batch_slot_o  = batch_slot_q;
  assign batch_count_o = ask_slot_o - batch_slot_q;

  `RS_ASSERT(AskedForIsFree, ask_q - free_q <= pos_t'(Slots))
  `RS_ASSERT(FilledWasAskedFor, !desc_i || filled_q != ask_q)
  `RS_ASSERT(LookedAtIsFilled, !look_i || looked_q != filled_q)

endmodule
