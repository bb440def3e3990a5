// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The control unit runs the program. Its memory has the registers that software writes, the
/// variables of the control program and the ring of descriptors. rs_ctrl_cpu asks for descriptors,
/// checks them and works out what LOAD and STORE shall do; rs_ring hands them to the engines, word
/// by word, and rs_tokens counts the tokens.
///
/// The memory's read port serves registers first, then copies, then rs_ctrl_cpu; its write port
/// rs_ctrl_cpu first, then descriptors that arrive, then registers.
///
/// Throughput: a word of the memory per cycle each way; some hundred cycles of the control program
/// per descriptor.
/// Latency: 1 + RamReg cycles from an address to `word_o`.
/// Handshake: descriptor words and operations are valid/ready; a register write is held until
/// `reg_ready_o`; who takes a word of the word bus is named with it.
/// Assumes: descriptors arrive in the order in which they were asked for.
module rs_ctrl_unit
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
  import rs_ctrl_cpu_pkg::*;
#(
  /// Parameters of the core, see docs/reference/parameters.md.
  parameter int unsigned M = 4,
  parameter int unsigned C = 4,
  parameter int unsigned P = 3,
  parameter int unsigned ActW = 8,
  parameter int unsigned WeightFormat = 7,
  parameter int unsigned AccW = 28,
  parameter int unsigned MultW = 16,
  parameter int unsigned FbDepth = 16384,
  parameter int unsigned WmDepth = 4096,
  parameter int unsigned PmDepth = 512,
  parameter int unsigned Tables = 0,
  parameter int unsigned Neighbours = 0,
  parameter int unsigned AxiDataW = 64,
  parameter bit WeightCheck = 1'b1,
  parameter bit WeightStreams = 1'b1,
  parameter bit Requantise = 1'b0,
  /// Longest burst on the bus, in beats.
  parameter int unsigned MaxBurst = 16,
  /// Bits of a descriptor slot's number.
  parameter int unsigned SlotW = 2,
  /// Descriptors asked for at a time.
  parameter int unsigned Batch = 1,
  /// Registers after block RAM.
  parameter bit RamReg = 1'b1,
  /// Words of a descriptor that arrive together.
  parameter int unsigned DescWords = 1,
  /// Operations ready for EXEC: one, or one and another.
  parameter bit OpAhead = 1'b0
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// The reset was that of the whole core; the program runs.
  input  logic             cold_i,
  input  logic             run_i,
  /// The bus answered with an error, or a weight block has one: to a read, in a block, for this slot.
  input  trap_t            trap_i,
  input  logic [SlotW-1:0] trap_slot_i,
  /// Ready to run; the error registers are written: the core stops.
  output logic             ready_o,
  output logic             fail_o,
  /// Something moved, for the watchdog.
  input  logic             progress_i,
  /// What has work; exec: of an operation that is not taken.
  output engines_busy_t    busy_o,

  /// Accesses to the registers: a read's data is on word_o in the next cycle, with RamReg in the one
  /// after it; a write is held until it is taken.
  input  reg_access_t      reg_i,
  output logic             reg_ready_o,

  /// Words of descriptors, in the order in which they were asked for.
  input  logic             desc_valid_i,
  output logic             desc_ready_o,
  input  logic [DescWords*32-1:0] desc_i,

  /// The word bus: what the memory gives, and who takes it. With a read command: the descriptors that
  /// it reads, 0: it is LOAD's; the slot that it is for.
  output logic [31:0]      word_o,
  output takers_t          takers_o,
  output logic [SlotW-1:0] read_descs_o,
  output logic [SlotW-1:0] read_slot_o,
  /// LOAD and STORE.
  input  dma_status_t      dma_i,

  /// Tokens for EXEC that are there, that it takes, only while they are there, and that it gives.
  output exec_tokens_t     exec_token_o,
  input  exec_tokens_t     exec_take_i,
  input  exec_tokens_t     exec_post_i,
  /// STORE reached the end of a frame; of the last.
  output logic             frame_done_o,
  output logic             last_done_o,

  /// EXEC descriptors, in program order, fields checked.
  output logic             exec_valid_o,
  input  logic             exec_ready_i,
  output desc_exec_t       exec_desc_o
);

  localparam int unsigned MemAddrW = SlotW + 6;
  localparam int unsigned TickW = 6;

  // The control program.
  logic cpu_stall, cpu_read, cpu_write, cpu_write_next, event_valid;
  logic [MemAddrW-1:0] cpu_raddr, cpu_waddr;
  logic [31:0]      cpu_wdata;
  logic [31:0]      word;  // what the memory gives
  event_e           event_code;
  logic [SlotW-1:0] slot, ask_slot, store_slot;
  logic no_arrival, no_room;
  logic [OutsideConditions-1:0] conditions;
  logic code_read;
  logic [PcW-1:0] pc;
  instruction_t instruction;
  logic tick_q, progress_q, running_q;
  logic [TickW-1:0] time_q;

  assign conditions = {
    trap_i.block,
    trap_i.slverr,
    trap_i.write,
    !cold_i,
    !progress_q,
    !tick_q,
    no_room,
    no_arrival,
    !run_i
  };

  rs_ctrl_rom #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .WeightFormat(WeightFormat),
    .AccW(AccW),
    .MultW(MultW),
    .FbDepth(FbDepth),
    .WmDepth(WmDepth),
    .PmDepth(PmDepth),
    .Tables(Tables),
    .Neighbours(Neighbours),
    .AxiDataW(AxiDataW),
    .WeightStreams(32'(WeightStreams)),
    .Requantise(32'(Requantise))
  ) u_code (
    .clk_i,
    .read_i       (code_read),
    .addr_i       (pc),
    .instruction_o(instruction)
  );

  rs_ctrl_cpu #(
    .BurstOffsetW($clog2(MaxBurst * AxiDataW / 8)),
    .SlotW(SlotW),
    .RamReg(RamReg)
  ) u_cpu (
    .clk_i,
    .rst_ni,
    .trap_i       (trap_i.valid),
    .code_read_o  (code_read),
    .pc_o         (pc),
    .instruction_i(instruction),
    .stall_i     (cpu_stall),
    .read_o      (cpu_read),
    .raddr_o     (cpu_raddr),
    .rdata_i     (word),
    .write_o     (cpu_write),
    .write_next_o(cpu_write_next),
    .waddr_o     (cpu_waddr),
    .wdata_o     (cpu_wdata),
    .slot_i      (slot),
    .ask_slot_i  (ask_slot),
    .fault_slot_i(trap_i.write ? store_slot : trap_slot_i),
    .conditions_i (conditions),
    .event_valid_o(event_valid),
    .event_o      (event_code)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ready_o    <= 1'b0;
      fail_o     <= 1'b0;
      time_q     <= '0;
      tick_q     <= 1'b0;
      progress_q <= 1'b0;
      running_q  <= 1'b0;
    end else begin
      ready_o    <= event_valid && event_code == EventReady;
      fail_o     <= event_valid && event_code == EventFail;
      time_q     <= time_q + TickW'(1);
      tick_q     <= &time_q || (tick_q && !(event_valid && event_code == EventTick));
      progress_q <= progress_i || (progress_q && !(event_valid && event_code == EventTick));
      if (event_valid && event_code == EventRun) running_q <= 1'b1;
      else if (event_valid && event_code == EventLastEnd) running_q <= 1'b0;
    end
  end

  // The memory: words of 32 bits, DescWords of them side by side.
  localparam int unsigned MemW = DescWords * 32;
  localparam int unsigned WordIndexW = $clog2(DescWords);
  logic copy_read, copy_granted, read;
  logic [MemAddrW-1:0] copy_raddr, desc_waddr, raddr, waddr;
  logic [31:0] wdata;
  logic [3:0] write_bytes;
  logic [MemW-1:0] mem_wdata, mem_rdata;
  logic [MemW/8-1:0] mem_write;

  assign read         = reg_i.read || copy_read || cpu_read;
  assign copy_granted = copy_read && !reg_i.read;
  assign cpu_stall  = reg_i.read || copy_read;
  // The control program writes first, then descriptors, then the registers.
  logic desc_write;
  assign desc_write  = desc_valid_i && desc_ready_o;
  assign reg_ready_o = !cpu_write && !desc_write;
  always_ff @(posedge clk_i) desc_ready_o <= !cpu_write_next;

  always_comb begin
    raddr = cpu_raddr;
    if (copy_read) raddr = copy_raddr;
    if (reg_i.read) raddr = MemAddrW'(reg_i.raddr);
    waddr       = MemAddrW'(reg_i.waddr);
    wdata       = reg_i.wdata;
    write_bytes = reg_i.write;
    if (cpu_write) begin
      waddr       = cpu_waddr;
      wdata       = cpu_wdata;
      write_bytes = '1;
    end
    mem_wdata = {DescWords{wdata}};
    mem_write = '0;
    for (int unsigned w = 0; w < DescWords; w++) begin
      if (waddr % MemAddrW'(DescWords) == MemAddrW'(w)) mem_write[w*4+:4] = write_bytes;
    end
    if (desc_write) begin
      waddr     = desc_waddr;
      mem_wdata = desc_i;
      mem_write = '1;
    end
  end

  rs_ram_bytes #(
    .Width(MemW),
    .Depth(2 ** (MemAddrW - WordIndexW))
  ) u_memory (
    .clk_i,
    .write_i(mem_write),
    .waddr_i(waddr[MemAddrW-1:WordIndexW]),
    .wdata_i(mem_wdata),
    .read_i (read),
    .raddr_i(raddr[MemAddrW-1:WordIndexW]),
    .rdata_o(mem_rdata)
  );

  if (DescWords == 1) begin : gen_word
    assign word = mem_rdata;
  end else begin : gen_select
    logic select_q;
    always_ff @(posedge clk_i) begin
      if (read) select_q <= raddr[0];
    end
    assign word = mem_rdata[32*select_q+:32];
  end

  rs_delay #(
    .Width(32),
    .Stages(int'(RamReg))
  ) u_word (
    .clk_i,
    .data_i(word),
    .data_o(word_o)
  );

  // The ring.
  logic exec_set, exec_free;
  logic [4:0] exec_word;
  ring_busy_t ring_busy;
  dma_tokens_t token, take, post;

  rs_ring #(
    .SlotW(SlotW),
    .Batch(Batch),
    .DescWords(DescWords),
    .BlockWords(WeightCheck || WeightStreams),
    .WordDelay(1 + int'(RamReg))
  ) u_ring (
    .clk_i,
    .rst_ni,
    .event_valid_i(event_valid),
    .event_i      (event_code),
    .desc_common_i(cpu_wdata),
    .slot_o       (slot),
    .ask_slot_o   (ask_slot),
    .no_arrival_o (no_arrival),
    .no_room_o    (no_room),
    .busy_o       (ring_busy),
    .store_slot_o (store_slot),
    .desc_i       (desc_write),
    .desc_addr_o  (desc_waddr),
    .read_o       (copy_read),
    .raddr_o      (copy_raddr),
    .granted_i    (copy_granted),
    .exec_set_o   (exec_set),
    .exec_word_o  (exec_word),
    .exec_free_i  (exec_free),
    .takers_o,
    .read_descs_o,
    .read_slot_o,
    .dma_i,
    .token_i      (token),
    .take_o       (take),
    .post_o       (post),
    .frame_done_o,
    .last_done_o
  );

  assign busy_o = '{
          store: ring_busy.store,
          exec: ring_busy.exec || !exec_free || exec_valid_o,
          load: ring_busy.load,
          program_runs: running_q
      };

  // Tokens: from STORE to LOAD, STORE to EXEC, EXEC to STORE, LOAD to EXEC, EXEC to LOAD.
  credits_t credits;
  assign credits = cpu_wdata[$bits(credits_t)-1:0];

  rs_tokens u_tokens (
    .clk_i,
    .rst_ni,
    .init_i      (event_valid && event_code == EventCredits),
    .init_count_i({8'(credits.reload), 8'(credits.exec), 8'd0, 8'd0, 8'(credits.load)}),
    .post_i      ({post.reload, post.store, exec_post_i.store, post.load, exec_post_i.load}),
    .take_i      ({take.reload, exec_take_i.store, take.store, exec_take_i.load, take.load}),
    .avail_o     ({token.reload, exec_token_o.store, token.store, exec_token_o.load, token.load})
  );

  rs_operation #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .FbDepth(FbDepth),
    .Tables(Tables),
    .Neighbours(Neighbours),
    .Requantise(32'(Requantise)),
    .Ahead(OpAhead)
  ) u_operation (
    .clk_i,
    .rst_ni,
    .set_i  (exec_set),
    .index_i(exec_word),
    .word_i (word_o),
    .free_o (exec_free),
    .valid_o(exec_valid_o),
    .ready_i(exec_ready_i),
    .op_o   (exec_desc_o)
  );

endmodule
