// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Everything but the compute path: registers, control program, counters, tokens, LOAD, STORE and
/// the AXI masters. EXEC gets its descriptors in program order and the weight streams from here;
/// LOAD and STORE have a port of the feature buffer each.
///
/// Reset: rst_ni resets all; a soft reset and every start also pulse core_rst_no, which resets
/// everything but the register block. It is only pulsed while the AXI master is quiet.
///
/// Throughput: a beat per cycle each way.
/// Latency: a start takes the reset, the control program's preparation and the first descriptors.
/// Handshake: AXI4, AXI4-Lite; streams are valid/ready, tokens pulses.
/// Assumes: the last STORE of a frame follows its last EXEC through a token, so that a frame is
/// complete when STORE reaches its end.
module rs_frontend
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
  import rs_axi_pkg::*;
#(
  /// Output channels (rows of the array), a power of two.
  parameter int unsigned M = 4,
  /// Input channels (lanes of a PE), a power of two.
  parameter int unsigned C = 4,
  /// Pixels, and banks of the feature buffer.
  parameter int unsigned P = 3,
  /// Activation width in bits, 8 to 16.
  parameter int unsigned ActW = 8,
  /// Weight format.
  parameter int unsigned WeightFormat = 7,
  /// Accumulator width in bits, reported only.
  parameter int unsigned AccW = 28,
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 16384,
  /// Weight-memory tiles.
  parameter int unsigned WmDepth = 4096,
  /// Channel-parameter groups.
  parameter int unsigned PmDepth = 512,
  /// Tables of post-processing.
  parameter int unsigned Tables = 0,
  /// Columns to its left whose pixels a PE can take; 0: none.
  parameter int unsigned Neighbours = 0,
  /// AXI data width in bits: 32, 64, 128 or 256.
  parameter int unsigned AxiDataW = 64,
  /// Channels of an item of channel parameters; a divisor of M.
  parameter int unsigned ParamRecords = M,
  /// Bits of a multiplier.
  parameter int unsigned MultW = 16,
  /// Check the checksum of weight blocks; tiles may come as row streams.
  parameter bit WeightCheck = 1'b1,
  parameter bit WeightStreams = 1'b1,
  /// EXEC can bound the codes that it reads, and round sums before their residual.
  parameter bit Requantise = 1'b0,
  /// Bits of a weight tile. Derived.
  localparam int unsigned TileW = rs_spec_pkg::tile_width(M, C, WeightFormat),
  /// Bits of a bank number. Derived.
  localparam int unsigned BankW = $clog2(P),
  /// Bits of a word address. Derived.
  localparam int unsigned FbAddrW = $clog2(FbDepth),
  /// Micro-op headers that come together, and bits of their number. Derived.
  localparam int unsigned HeadersPerBeat = rs_spec_pkg::headers_per_beat(AxiDataW),
  localparam int unsigned HeaderCountW = $clog2(HeadersPerBeat + 1),
  /// Bits of the address of two entries of the tables. Derived.
  localparam int unsigned TableAddrW = rs_spec_pkg::table_address_width(Tables),
  /// Bits of an entry of row streams. Derived.
  localparam int unsigned EntryW = 8 * rs_spec_pkg::entry_bytes(C, WeightFormat),
  /// Bits of a channel-parameter record. Derived.
  localparam int unsigned ParamW = 8 * rs_spec_pkg::param_bytes(MultW)
) (
  /// Clock.
  input  logic                  clk_i,
  /// Synchronous reset, active low.
  input  logic                  rst_ni,

  /// AXI4-Lite slave.
  input  lite_request_t         axil_i,
  output lite_response_t        axil_o,
  /// AXI4 master.
  output read_request_t         axi_read_o,
  input  read_response_t        axi_read_i,
  input  logic [AxiDataW-1:0]   axi_rdata_i,
  output write_request_t        axi_write_o,
  input  write_response_t       axi_write_i,
  output logic [AxiDataW-1:0]   axi_wdata_o,
  output logic [AxiDataW/8-1:0] axi_wstrb_o,

  /// Interrupt, level.
  output logic                  irq_o,
  /// Synchronous reset, active low, of everything that is not in here.
  output logic                  core_rst_no,
  /// EXEC must stop issuing; held until the reset that follows.
  output logic                  halt_o,

  /// EXEC descriptors, in program order, fields checked.
  output logic                  exec_valid_o,
  input  logic                  exec_ready_i,
  output desc_exec_t            exec_desc_o,
  /// EXEC has work.
  input  logic                  exec_busy_i,
  /// Tokens for EXEC that are there, that it takes, only while they are there, and that it gives.
  output exec_tokens_t          exec_token_o,
  input  exec_tokens_t          exec_take_i,
  input  exec_tokens_t          exec_post_i,
  /// What EXEC did in a cycle, for the counters; the watchdog takes `busy` for progress.
  input  exec_cycle_t           exec_cycle_i,

  /// Channel parameters, ParamRecords channels; channel m at bits [m*ParamW +: ParamW].
  output logic                  param_valid_o,
  input  logic                  param_ready_i,
  output logic [ParamRecords*ParamW-1:0] param_o,
  /// Micro-op headers, the first at the low end, and how many there are.
  output logic                  header_valid_o,
  input  logic                  header_ready_i,
  output logic [HeadersPerBeat*32-1:0] header_o,
  output logic [HeaderCountW-1:0] header_count_o,
  /// Weight tiles.
  output logic                  tile_valid_o,
  input  logic                  tile_ready_i,
  output logic [TileW-1:0]      tile_o,
  /// Row streams: an entry for each row; those of a block end; they did not make its tiles.
  output logic                  entry_valid_o,
  output logic [M-1:0][EntryW-1:0] entry_o,
  output logic                  stream_end_o,
  input  logic                  stream_fault_i,
  /// Entries of the tables, two at a time.
  output logic                  table_valid_o,
  input  logic                  table_ready_i,
  output logic [TableAddrW-1:0] table_addr_o,
  output logic [15:0]           table_o,

  /// Feature-buffer words that LOAD writes.
  output logic                  fb_load_valid_o,
  input  logic                  fb_load_ready_i,
  output logic [BankW-1:0]      fb_load_bank_o,
  output logic [FbAddrW-1:0]    fb_load_addr_o,
  output logic [M*ActW-1:0]     fb_load_data_o,
  /// Those that STORE reads; their data, in order, after any fixed latency, cannot be stalled.
  output logic                  fb_store_valid_o,
  input  logic                  fb_store_ready_i,
  output logic [BankW-1:0]      fb_store_bank_o,
  output logic [FbAddrW-1:0]    fb_store_addr_o,
  input  logic                  fb_store_rvalid_i,
  input  logic [M*ActW-1:0]     fb_store_rdata_i
);

  `RS_PARAM_CHECK(AxiDataW, AxiDataW inside {32, 64, 128, 256},
                  "AxiDataW must be 32, 64, 128 or 256")
  `RS_PARAM_CHECK(Banks, P >= 2 && P <= 15, "P must be 2 to 15")
  `RS_PARAM_CHECK(Shape, rs_pkg::is_power_of_two(M) && rs_pkg::is_power_of_two(C) && M % C == 0,
                  "M and C must be powers of two, M a multiple of C")
  `RS_PARAM_CHECK(Act, ActW >= 8 && ActW <= 16, "ActW must be 8 to 16")
  `RS_PARAM_CHECK(Records, M % ParamRecords == 0, "ParamRecords must be a divisor of M")

  localparam bit Small = small_core(M, C, P);
  localparam int unsigned SlotW = $clog2(ring_slots(M, C, P, AxiDataW));
  localparam int unsigned DescWords = rs_pkg::descriptor_words(AxiDataW);
  localparam bit RamReg = !Small;
  localparam int unsigned MaxOutstanding = 9;
  localparam int unsigned MaxBurst = 16;
  localparam int unsigned Counters = 13;  // of rs_perf: CYCLES and the following, FRAMES_DONE

  logic rst_n;  // of everything but registers, control and counters
  assign core_rst_no = rst_n;
  // Registers, control, counters.
  state_t state;
  logic [2:0] irq_event;
  logic clear_irq, start, start_ok, soft_reset, frames_ok, halt, cold, run, ready, fail;
  trap_t trap;
  logic clear_counts, counting, first_frame, frame_done, last_done;
  logic [Counters-1:0] strobe;
  reg_access_t reg_access;
  logic reg_ready, count_read, count_low, progress_q;
  logic [3:0] count_index;
  logic [31:0] word;
  logic [15:0] count_half;
  engines_busy_t engines_busy;
  bus_busy_t bus_busy, beats;
  busy_t busy;
  fault_t read_fault, write_fault;
  block_fault_t block_fault;
  logic [SlotW-1:0] read_fault_slot, block_fault_slot, trap_slot;
  assign halt_o = halt;
  assign strobe = {frame_done, {12{counting}} & {beats, exec_cycle_i, first_frame, 1'b1}};
  always_ff @(posedge clk_i)
    progress_q <= exec_cycle_i.busy || |beats || (fb_load_valid_o && fb_load_ready_i) ||
                                                 (fb_store_valid_o && fb_store_ready_i);
  always_comb begin
    busy = '{bus: bus_busy, engines: engines_busy};
    if (exec_busy_i) busy.engines.exec = 1'b1;
  end

  rs_regs #(
    .RamReg(RamReg)
  ) u_regs (
    .clk_i,
    .rst_ni,
    .axil_i,
    .axil_o,
    .open_i       (!cold),
    .access_o     (reg_access),
    .rdata_i      (word),
    .write_ready_i(reg_ready),
    .count_read_o (count_read),
    .count_index_o(count_index),
    .count_low_i  (count_low),
    .count_half_i (count_half),
    .irq_o,
    .event_i      (irq_event),
    .clear_irq_i  (clear_irq),
    .start_o      (start),
    .start_ok_i   (start_ok),
    .soft_reset_o (soft_reset),
    .frames_ok_o  (frames_ok),
    .state_i      (state)
  );

  rs_core_state #(
    .FbDepth(FbDepth),
    .SlotW(SlotW)
  ) u_core_state (
    .clk_i,
    .rst_ni,
    .start_i           (start),
    .start_ok_o        (start_ok),
    .soft_reset_i      (soft_reset),
    .frames_ok_i       (frames_ok),
    .state_o           (state),
    .event_o           (irq_event),
    .clear_irq_o       (clear_irq),
    .core_rst_no       (rst_n),
    .halt_o            (halt),
    .cold_o            (cold),
    .run_o             (run),
    .trap_o            (trap),
    .trap_slot_o       (trap_slot),
    .ready_i           (ready),
    .fail_i            (fail),
    .clear_o           (clear_counts),
    .count_o           (counting),
    .first_frame_o     (first_frame),
    .read_fault_i      (read_fault),
    .read_fault_slot_i (read_fault_slot),
    .write_fault_i     (write_fault),
    .block_fault_i     (block_fault),
    .block_fault_slot_i(block_fault_slot),
    .frame_done_i      (frame_done),
    .last_done_i       (last_done),
    .units_busy_i      (busy)
  );

  rs_perf #(
    .Counters(Counters)
  ) u_perf (
    .clk_i,
    .rst_ni,
    .clear_i (clear_counts),
    .strobe_i(strobe),
    .read_i  (count_read),
    .index_i (count_index),
    .low_o   (count_low),
    .half_o  (count_half)
  );

  // The control program, and what it tells the engines.
  logic desc_valid, desc_ready;
  logic [DescWords*32-1:0] desc;
  takers_t takers;
  logic [SlotW-1:0] read_slot, read_descs;
  dma_status_t dma_status;

  rs_ctrl_unit #(
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
    .WeightCheck(WeightCheck),
    .WeightStreams(WeightStreams),
    .Requantise(Requantise),
    .MaxBurst(MaxBurst),
    .SlotW(SlotW),
    .Batch(ring_batch(M, C, P)),
    .DescWords(DescWords),
    .RamReg(RamReg),
    .OpAhead(!Small)
  ) u_ctrl_unit (
    .clk_i,
    .rst_ni            (rst_n),
    .cold_i            (cold),
    .run_i             (run),
    .trap_i            (trap),
    .trap_slot_i       (trap_slot),
    .ready_o           (ready),
    .fail_o            (fail),
    .progress_i        (progress_q),
    .busy_o            (engines_busy),
    .reg_i             (reg_access),
    .reg_ready_o       (reg_ready),
    .desc_valid_i      (desc_valid),
    .desc_ready_o      (desc_ready),
    .desc_i            (desc),
    .word_o            (word),
    .takers_o          (takers),
    .read_descs_o      (read_descs),
    .read_slot_o       (read_slot),
    .dma_i             (dma_status),
    .exec_token_o,
    .exec_take_i,
    .exec_post_i,
    .frame_done_o      (frame_done),
    .last_done_o       (last_done),
    .exec_valid_o,
    .exec_ready_i,
    .exec_desc_o
  );

  rs_dma #(
    .M(M),
    .P(P),
    .ActW(ActW),
    .C(C),
    .WeightFormat(WeightFormat),
    .FbDepth(FbDepth),
    .Tables(Tables),
    .AxiDataW(AxiDataW),
    .ParamRecords(ParamRecords),
    .MultW(MultW),
    .MaxBurst(MaxBurst),
    .MaxOutstanding(MaxOutstanding),
    .SlotW(SlotW),
    .RamReg(RamReg),
    .DescWords(DescWords),
    .WeightCheck(WeightCheck),
    .WeightStreams(WeightStreams)
  ) u_dma (
    .clk_i,
    .rst_ni            (rst_n),
    .halt_i            (halt),
    .busy_o            (bus_busy),
    .beat_o            (beats),
    .read_fault_o      (read_fault),
    .read_fault_slot_o (read_fault_slot),
    .write_fault_o     (write_fault),
    .block_fault_o     (block_fault),
    .block_fault_slot_o(block_fault_slot),
    .word_i            (word),
    .takers_i          (takers),
    .read_descs_i      (read_descs),
    .read_slot_i       (read_slot),
    .status_o          (dma_status),
    .desc_valid_o      (desc_valid),
    .desc_ready_i      (desc_ready),
    .desc_o            (desc),
    .axi_read_o,
    .axi_read_i,
    .axi_rdata_i,
    .axi_write_o,
    .axi_write_i,
    .axi_wdata_o,
    .axi_wstrb_o,
    .param_valid_o,
    .param_ready_i,
    .param_o,
    .header_valid_o,
    .header_ready_i,
    .header_o,
    .header_count_o,
    .tile_valid_o,
    .tile_ready_i,
    .tile_o,
    .entry_valid_o,
    .entry_o,
    .stream_end_o,
    .stream_fault_i,
    .table_valid_o,
    .table_ready_i,
    .table_addr_o,
    .table_o,
    .fb_load_valid_o,
    .fb_load_ready_i,
    .fb_load_bank_o,
    .fb_load_addr_o,
    .fb_load_data_o,
    .fb_store_valid_o,
    .fb_store_ready_i,
    .fb_store_bank_o,
    .fb_store_addr_o,
    .fb_store_rvalid_i,
    .fb_store_rdata_i
  );

endmodule
