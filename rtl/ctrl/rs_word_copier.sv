// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Copies what an engine needs of a descriptor from the control memory to the engine, a word after
/// the other, one copy at a time. It gives the addresses and, with the data, who takes the word.
///
/// Throughput: a word per cycle while the memory is granted.
/// Latency: 1 cycle from a request to the first address, WordDelay cycles from an address to the
/// word's taker, 2 + WordDelay cycles from the last address of a copy to the first of the next, so
/// that what a copy brings about shows before.
/// Handshake: a request is a level; start_o tells that it is served, done_o that its last address
/// is out.
/// Assumes: the slot of a request does not change before done_o.
module rs_word_copier
  import rs_ctrl_pkg::*;
#(
  /// Bits of a slot's number.
  parameter int unsigned SlotW = 2,
  /// Cycles from an address to its word on the bus.
  parameter int unsigned WordDelay = 1,
  /// LOAD wants the checksum and the form of weight blocks.
  parameter bit BlockWords = 1'b1,
  /// Bits of a memory address: slots of 32 words in the upper half.
  localparam int unsigned MemAddrW = SlotW + 6
) (
  /// Clock.
  input  logic                         clk_i,
  /// Synchronous reset, active low.
  input  logic                         rst_ni,

  /// Copies asked for, the first of copy_e goes first, and the slots they are from.
  input  logic [Copies-1:0]            request_i,
  input  logic [Copies-1:0][SlotW-1:0] slot_i,
  /// Descriptors of the batch; what LOAD's counts are of.
  input  logic [SlotW-1:0]             batch_count_i,
  input  transfer_e                    transfer_i,
  /// A copy begins; its last word is read.
  output logic [Copies-1:0]            start_o,
  output logic [Copies-1:0]            done_o,

  /// A word of the memory is read, if nothing else reads.
  output logic                         read_o,
  output logic [MemAddrW-1:0]             raddr_o,
  input  logic                         granted_i,

  /// The word bus has a word of an EXEC descriptor, and its number.
  output logic                         exec_set_o,
  output logic [4:0]                   exec_word_o,
  /// Who else takes the word.
  output takers_t                      takers_o,
  /// With a read command: the number of descriptors that it reads, 0 if it is LOAD's. The slot that
  /// the word is from, or that a batch is for.
  output logic [SlotW-1:0]             read_descs_o,
  output logic [SlotW-1:0]             read_slot_o
);

  `RS_PARAM_CHECK(WordDelay, WordDelay >= 1, "WordDelay must be at least 1")

  // Words 1 and 2 of a transfer's descriptor are counts and addresses, 3 to 5 a command of the DMA,
  // where the control program has put it, 6 and 7 the checksum and the form of a weight block. The
  // read command for a batch is in the lower half.
  localparam logic [4:0] FirstCount = 5'd1;
  localparam logic [4:0] LastCount = 5'd2;
  localparam logic [4:0] FirstOfBlock = 5'd6;
  localparam logic [4:0] LastOfBlock = 5'd7;
  localparam logic [4:0] FirstCommand = 5'd3;
  localparam logic [4:0] LastCommand = 5'd5;
  localparam logic [MemAddrW-1:0] RequestWords = MemAddrW'(8'h50);

  copy_e copy_q, copy_d;
  logic active_q, start, last_word, done;
  logic [4:0] word_q;

  // What goes with a word on the bus.
  typedef struct packed {
    logic             valid;
    copy_e            copy;
    logic [4:0]       word;
    logic [2:0]       command;  // it is this word of a command; of the counts
    logic [3:0]       count;
    transfer_e        transfer;
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

  // What a copy brings about shows a cycle after its last word.
  assign start = !active_q && !bus_q.valid && !bus.valid && request_i != '0;
  always_comb begin
    copy_d = CopyExec;
    for (int k = Copies - 1; k >= 0; k--) begin
      if (request_i[k]) copy_d = copy_e'(k);
    end
  end

  logic of_block;
  assign of_block = BlockWords && transfer_i == TransferWeights;
  always_comb begin
    unique case (copy_q)
      CopyExec:   last_word = word_q == 5'(rs_spec_pkg::ExecWords - 1);
      CopyCounts: last_word = word_q == (of_block ? LastOfBlock : LastCount);
      default:    last_word = word_q == LastCommand;
    endcase
  end
  assign done = active_q && granted_i && last_word;

  for (genvar k = 0; k < Copies; k++) begin : gen_copy
    assign start_o[k] = start && copy_d == copy_e'(k);
    assign done_o[k]  = done && copy_q == copy_e'(k);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q    <= 1'b0;
      bus_q.valid <= 1'b0;
    end else begin
      active_q    <= start || (active_q && !done);
      bus_q.valid <= read_o && granted_i;
    end
  end
  always_ff @(posedge clk_i) begin
    if (start) begin
      copy_q <= copy_d;
      unique case (copy_d)
        CopyExec:              word_q <= 5'd0;
        CopyCounts, CopyStore: word_q <= FirstCount;
        default:               word_q <= FirstCommand;
      endcase
    end else if (active_q && granted_i) begin
      word_q <= word_q + 5'd1;
    end
    bus_q.copy    <= copy_q;
    bus_q.word    <= word_q;
    bus_q.command <= {word_q == LastCommand, word_q == 5'd4, word_q == FirstCommand};
    bus_q.count   <= {
      word_q == LastOfBlock, word_q == FirstOfBlock, word_q == LastCount, word_q == FirstCount
    };
    bus_q.transfer <= transfer_i;
    bus_q.slot    <= slot_i[copy_q];
    bus_q.descs   <= copy_q == CopyRequest ? batch_count_i : '0;
  end

  assign read_o  = active_q;
  assign raddr_o = copy_q == CopyRequest ? RequestWords | MemAddrW'(word_q[3:0]) :
                   {1'b1, slot_i[copy_q], word_q};

  assign exec_set_o   = bus.valid && bus.copy == CopyExec;
  assign exec_word_o  = bus.word;
  assign takers_o = '{
      read: {3{bus.valid && bus.copy inside {CopyRequest, CopyCommand}}} & bus.command,
      load: {4{bus.valid && bus.copy == CopyCounts}} & bus.count,
      transfer: bus.transfer,
      store: {2{bus.valid && bus.copy == CopyStore}} & bus.count[1:0],
      write: {3{bus.valid && bus.copy == CopyStore}} & bus.command
  };
  assign read_descs_o = bus.descs;
  assign read_slot_o  = bus.slot;

  `RS_ASSERT(OneTaker, $onehot0({exec_set_o, takers_o.read, takers_o.load, takers_o.store,
                                 takers_o.write}))

endmodule
