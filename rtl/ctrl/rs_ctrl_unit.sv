// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Runs the program: its memory has the registers that software writes, the variables of the control
// program and the ring of descriptors. rs_ctrl_cpu asks for descriptors, checks them and works out
// what LOAD and STORE shall do; rs_ring hands them to the engines, word by word.
//
// The memory's ports: registers read first, then copies, then rs_ctrl_cpu; rs_ctrl_cpu writes first, then
// registers, then descriptors that arrive.

`include "rs_assert.svh"

module rs_ctrl_unit
  import rs_spec_pkg::*;
  import rs_ctrl_cpu_pkg::*;
#(
  /// Parameters of the core, see docs/reference/parameters.md.
  parameter int unsigned M = 4,
  parameter int unsigned C = 4,
  parameter int unsigned P = 3,
  parameter int unsigned ActW = 8,
  parameter int unsigned ExpN = 7,
  parameter int unsigned AccW = 28,
  parameter int unsigned FbDepth = 16384,
  parameter int unsigned WmDepth = 4096,
  parameter int unsigned PmDepth = 512,
  parameter int unsigned AxiDataW = 64,
  /// Longest burst on the bus, in beats.
  parameter int unsigned MaxBurst = 16,
  /// Bits of a descriptor slot's number, 2 to 5.
  parameter int unsigned SlotW = 2,
  /// Descriptors asked for at a time.
  parameter int unsigned Batch = 1,
  /// Registers behind block RAM.
  parameter bit RamReg = 1'b1,
  /// Words of a descriptor that arrive together, 1 or 2.
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
  /// The bus answered with an error: a write's, SLVERR, at a read with this slot.
  input  logic             trap_i,
  input  logic             write_error_i,
  input  logic             slverr_i,
  input  logic [SlotW-1:0] read_error_slot_i,
  /// Ready to run; the error registers are written: the core stops.
  output logic             ready_o,
  output logic             fail_o,
  /// Something moved, for the watchdog.
  input  logic             progress_i,
  /// Busy: store, exec (not taken), load, program.
  output logic [3:0]       busy_o,

  /// Registers: a read in this cycle, data in the next, with RamReg in the one behind; a write of some bytes.
  input  logic             reg_read_i,
  input  logic [5:0]       reg_raddr_i,
  input  logic [3:0]       reg_write_i,
  output logic             reg_ready_o,
  input  logic [5:0]       reg_waddr_i,
  input  logic [31:0]      reg_wdata_i,

  /// Words of descriptors, in the order in which they were asked for.
  input  logic             desc_valid_i,
  output logic             desc_ready_o,
  input  logic [DescWords*32-1:0] desc_i,

  /// The word bus: what the memory gives. Who takes it, see rs_ring.
  output logic [31:0]      word_o,
  output logic [2:0]       read_set_o,
  output logic [SlotW-1:0] read_descs_o,
  output logic [SlotW-1:0] read_slot_o,
  input  logic             read_free_i,
  output logic [1:0]       load_set_o,
  output logic             load_weights_o,
  input  logic             load_free_i,
  input  logic             load_done_i,
  output logic [1:0]       store_set_o,
  output logic [2:0]       write_set_o,
  input  logic             store_done_i,

  /// Initial tokens: for LOAD from EXEC [3:0], for EXEC [7:4], for LOAD from STORE [11:8].
  output logic             credits_valid_o,
  output logic [11:0]      credits_o,
  /// Tokens from EXEC for LOAD and STORE, from STORE for LOAD; they are taken; tokens for EXEC, from
  /// STORE for LOAD.
  input  logic             load_token_i,
  input  logic             store_token_i,
  input  logic             reload_token_i,
  output logic             take_load_token_o,
  output logic             take_store_token_o,
  output logic             take_reload_token_o,
  output logic             post_load_o,
  output logic             post_store_o,
  output logic             post_reload_o,
  /// STORE reached the end of a frame; of the last.
  output logic             frame_done_o,
  output logic             last_done_o,

  /// EXEC descriptors, in program order, fields checked.
  output logic             exec_valid_o,
  input  logic             exec_ready_i,
  output desc_exec_t       exec_desc_o
);

  localparam int unsigned AddrW = SlotW + 6;
  localparam int unsigned TickW = 6;

  // The control program.
  logic cpu_stall, cpu_read, cpu_write, cpu_write_next, event_valid;
  logic [AddrW-1:0] cpu_raddr, cpu_waddr;
  logic [31:0]      cpu_wdata;
  logic [31:0]      word;  // what the memory gives
  event_e           event_code;
  logic [SlotW-1:0] slot, ask_slot, store_slot;
  logic no_arrival, no_room, exec_waiting, load_busy, store_busy;
  logic [OutsideConditions-1:0] conditions;
  logic code_read;
  logic [PcW-1:0] pc;
  instruction_t instruction;
  logic tick_q, progress_q, running_q;
  logic [TickW-1:0] time_q;

  assign conditions = {
    slverr_i, write_error_i, !cold_i, !progress_q, !tick_q, no_room, no_arrival, !run_i
  };

  rs_ctrl_rom #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .ExpN(ExpN),
    .AccW(AccW),
    .FbDepth(FbDepth),
    .WmDepth(WmDepth),
    .PmDepth(PmDepth),
    .AxiDataW(AxiDataW)
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
    .trap_i,
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
    .fault_slot_i(write_error_i ? store_slot : read_error_slot_i),
    .conditions_i (conditions),
    .event_valid_o(event_valid),
    .event_o      (event_code)
  );

  assign credits_valid_o = event_valid && event_code == EventCredits;
  assign credits_o       = cpu_wdata[11:0];

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
  logic [AddrW-1:0] copy_raddr, desc_waddr, raddr, waddr;
  logic [31:0] wdata;
  logic [3:0] write_bytes;
  logic [MemW-1:0] mem_wdata, mem_rdata;
  logic [MemW/8-1:0] mem_write;

  assign read         = reg_read_i || copy_read || cpu_read;
  assign copy_granted = copy_read && !reg_read_i;
  assign cpu_stall  = reg_read_i || copy_read;
  // The control program writes first, then descriptors, then the registers.
  logic desc_write;
  assign desc_write  = desc_valid_i && desc_ready_o;
  assign reg_ready_o = !cpu_write && !desc_write;
  always_ff @(posedge clk_i) desc_ready_o <= !cpu_write_next;

  always_comb begin
    raddr = cpu_raddr;
    if (copy_read) raddr = copy_raddr;
    if (reg_read_i) raddr = AddrW'(reg_raddr_i);
    waddr       = AddrW'(reg_waddr_i);
    wdata       = reg_wdata_i;
    write_bytes = reg_write_i;
    if (cpu_write) begin
      waddr       = cpu_waddr;
      wdata       = cpu_wdata;
      write_bytes = '1;
    end
    mem_wdata = {DescWords{wdata}};
    mem_write = '0;
    for (int unsigned w = 0; w < DescWords; w++) begin
      if (waddr % AddrW'(DescWords) == AddrW'(w)) mem_write[w*4+:4] = write_bytes;
    end
    if (desc_write) begin
      waddr     = desc_waddr;
      mem_wdata = desc_i;
      mem_write = '1;
    end
  end

  rs_ram_bytes #(
    .Width(MemW),
    .Depth(2 ** (AddrW - WordIndexW))
  ) u_memory (
    .clk_i,
    .write_i(mem_write),
    .waddr_i(waddr[AddrW-1:WordIndexW]),
    .wdata_i(mem_wdata),
    .read_i (read),
    .raddr_i(raddr[AddrW-1:WordIndexW]),
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
  logic op_set, op_free;
  logic [4:0] op_word;

  rs_ring #(
    .SlotW(SlotW),
    .Batch(Batch),
    .DescWords(DescWords),
    .WordDelay(1 + int'(RamReg))
  ) u_ring (
    .clk_i,
    .rst_ni,
    .event_i     (event_valid),
    .port_i      (event_code),
    .flags_i     (cpu_wdata),
    .slot_o      (slot),
    .ask_slot_o  (ask_slot),
    .no_arrival_o(no_arrival),
    .no_room_o   (no_room),
    .busy_o      ({store_busy, load_busy, exec_waiting}),
    .desc_i      (desc_write),
    .desc_addr_o (desc_waddr),
    .read_o      (copy_read),
    .raddr_o     (copy_raddr),
    .granted_i   (copy_granted),
    .op_set_o    (op_set),
    .op_word_o   (op_word),
    .op_free_i   (op_free),
    .read_set_o,
    .read_descs_o,
    .read_slot_o,
    .read_free_i,
    .load_set_o,
    .load_weights_o,
    .load_free_i,
    .load_done_i,
    .store_set_o,
    .write_set_o,
    .store_done_i,
    .store_slot_o(store_slot),
    .load_token_i,
    .store_token_i,
    .reload_token_i,
    .take_load_token_o,
    .take_store_token_o,
    .take_reload_token_o,
    .post_load_o,
    .post_store_o,
    .post_reload_o,
    .frame_done_o,
    .last_done_o
  );

  assign busy_o = {store_busy, exec_waiting || !op_free || exec_valid_o, load_busy, running_q};

  rs_operation #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .FbDepth(FbDepth),
    .Ahead(OpAhead)
  ) u_operation (
    .clk_i,
    .rst_ni,
    .set_i  (op_set),
    .index_i(op_word),
    .word_i (word_o),
    .free_o (op_free),
    .valid_o(exec_valid_o),
    .ready_i(exec_ready_i),
    .op_o   (exec_desc_o)
  );

endmodule
