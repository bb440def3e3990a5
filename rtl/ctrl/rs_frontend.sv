// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Everything but the compute path: registers, control program, tokens, LOAD, STORE and the AXI
// masters.
// Towards EXEC and the buffers it offers descriptors in program order, the weight streams and one
// shared DMA port of the feature buffer. All streams are valid/ready.
//
// Reset: rst_ni resets all; a soft reset and every start also pulse core_rst_no, which resets
// everything but the register block. It is only pulsed while the AXI master is quiet.
// Assumption on programs: the last STORE of a frame follows its last EXEC through a token, so that
// a frame is complete when STORE reaches the frame's end.
//
// A small array needs little of memory and of the control program: it gets fewer slots for
// descriptors, bursts and operations.

module rs_frontend
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
#(
  /// Output channels (rows of the array), a power of two.
  parameter int unsigned M = 4,
  /// Input channels (lanes of a PE), a power of two.
  parameter int unsigned C = 4,
  /// Pixels, and banks of the feature buffer.
  parameter int unsigned P = 3,
  /// Activation width in bits, 8 to 16.
  parameter int unsigned ActW = 8,
  /// Number of weight exponents.
  parameter int unsigned ExpN = 7,
  /// Accumulator width in bits, reported only.
  parameter int unsigned AccW = 28,
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 16384,
  /// Weight-memory tiles.
  parameter int unsigned WmDepth = 4096,
  /// Channel-parameter groups.
  parameter int unsigned PmDepth = 512,
  /// AXI data width in bits: 32, 64, 128 or 256.
  parameter int unsigned AxiDataW = 64,
  /// Channels of an item of channel parameters; a divisor of M.
  parameter int unsigned ParamRecords = M,
  /// Bits of a weight term: sign and exponent. Derived, do not set.
  localparam int unsigned TermW = rs_pkg::term_width(ExpN),
  /// Bits of a weight tile. Derived.
  localparam int unsigned TileW = M * C * TermW,
  /// Bits of a bank number. Derived.
  localparam int unsigned BankW = $clog2(P),
  /// Bits of a word address. Derived.
  localparam int unsigned FbAddrW = $clog2(FbDepth),
  /// Micro-op headers that come together, and bits of their number. Derived.
  localparam int unsigned HeadersPerBeat = rs_pkg::headers_per_beat(AxiDataW),
  localparam int unsigned HeaderCountW = $clog2(HeadersPerBeat + 1)
) (
  /// Clock.
  input  logic                  clk_i,
  /// Synchronous reset, active low.
  input  logic                  rst_ni,

  /// AXI4-Lite slave: write address.
  input  logic [11:0]           s_axil_awaddr_i,
  input  logic                  s_axil_awvalid_i,
  output logic                  s_axil_awready_o,
  /// AXI4-Lite slave: write data.
  input  logic [31:0]           s_axil_wdata_i,
  input  logic [3:0]            s_axil_wstrb_i,
  input  logic                  s_axil_wvalid_i,
  output logic                  s_axil_wready_o,
  /// AXI4-Lite slave: write response.
  output logic [1:0]            s_axil_bresp_o,
  output logic                  s_axil_bvalid_o,
  input  logic                  s_axil_bready_i,
  /// AXI4-Lite slave: read address.
  input  logic [11:0]           s_axil_araddr_i,
  input  logic                  s_axil_arvalid_i,
  output logic                  s_axil_arready_o,
  /// AXI4-Lite slave: read data.
  output logic [31:0]           s_axil_rdata_o,
  output logic [1:0]            s_axil_rresp_o,
  output logic                  s_axil_rvalid_o,
  input  logic                  s_axil_rready_i,

  /// AXI4 master: read address. INCR bursts of full beats (size and burst type are constant).
  output logic [AddrW-1:0]      m_axi_araddr_o,
  output logic [7:0]            m_axi_arlen_o,
  output logic                  m_axi_arvalid_o,
  input  logic                  m_axi_arready_i,
  /// AXI4 master: read data.
  input  logic [AxiDataW-1:0]   m_axi_rdata_i,
  input  logic [1:0]            m_axi_rresp_i,
  input  logic                  m_axi_rlast_i,
  input  logic                  m_axi_rvalid_i,
  output logic                  m_axi_rready_o,
  /// AXI4 master: write address.
  output logic [AddrW-1:0]      m_axi_awaddr_o,
  output logic [7:0]            m_axi_awlen_o,
  output logic                  m_axi_awvalid_o,
  input  logic                  m_axi_awready_i,
  /// AXI4 master: write data.
  output logic [AxiDataW-1:0]   m_axi_wdata_o,
  output logic [AxiDataW/8-1:0] m_axi_wstrb_o,
  output logic                  m_axi_wlast_o,
  output logic                  m_axi_wvalid_o,
  input  logic                  m_axi_wready_i,
  /// AXI4 master: write response.
  input  logic [1:0]            m_axi_bresp_i,
  input  logic                  m_axi_bvalid_i,
  output logic                  m_axi_bready_o,

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
  /// A token from LOAD (from STORE) is there for EXEC.
  output logic                  load_token_o,
  output logic                  store_token_o,
  /// EXEC takes it, one cycle each, only while it is there.
  input  logic                  take_load_token_i,
  input  logic                  take_store_token_i,
  /// EXEC gives LOAD (STORE) a token, one cycle each.
  input  logic                  post_load_i,
  input  logic                  post_store_i,
  /// EXEC issued a tile in this cycle.
  input  logic                  perf_busy_i,
  /// Why it did not, one-hot: idle [0], load, store, depend, weights, post, residual [6].
  input  logic [6:0]            perf_stall_i,
  /// Something moved in EXEC (for the watchdog).
  input  logic                  progress_i,

  /// Channel parameters, ParamRecords channels; channel m at bits [m*64 +: 64].
  output logic                  param_valid_o,
  input  logic                  param_ready_i,
  output logic [ParamRecords*64-1:0] param_o,
  /// Micro-op headers, the first at the low end, and how many there are.
  output logic                  header_valid_o,
  input  logic                  header_ready_i,
  output logic [HeadersPerBeat*32-1:0] header_o,
  output logic [HeaderCountW-1:0] header_count_o,
  /// Weight tiles.
  output logic                  tile_valid_o,
  input  logic                  tile_ready_i,
  output logic [TileW-1:0]      tile_o,

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

  if (AxiDataW != 32 && AxiDataW != 64 && AxiDataW != 128 && AxiDataW != 256) begin : gen_bad_axi
    $error("rs_frontend: AxiDataW must be 32, 64, 128 or 256");
  end
  if (P < 2 || P > 15) begin : gen_bad_p
    $error("rs_frontend: P must be 2 to 15");
  end
  if ((M & (M - 1)) != 0 || (C & (C - 1)) != 0 || M % C != 0) begin : gen_bad_mc
    $error("rs_frontend: M and C must be powers of two, M a multiple of C");
  end
  if (ActW < 8 || ActW > 16) begin : gen_bad_act
    $error("rs_frontend: ActW must be 8 to 16");
  end

  localparam bit Small = small_core(M, C, P);
  localparam int unsigned SlotW = $clog2(ring_slots(M, C, P, AxiDataW));
  localparam int unsigned Batch = ring_batch(M, C, P);
  localparam int unsigned DescWords = AxiDataW > 32 ? 2 : 1;
  localparam bit RamReg = !Small;
  localparam int unsigned MaxOutstanding = 9;
  localparam int unsigned MaxBurst = 16;
  localparam int unsigned Counters = 13;  // of rs_perf: CYCLES and the following, FRAMES_DONE

  logic rst_n;  // of everything but registers, control and counters
  assign core_rst_no = rst_n;
  // Registers, control, counters.
  state_t state;
  logic [2:0] irq_event;
  logic clear_irq, start, start_ok, soft_reset, frames_ok, halt, cold, run, trap, ready, fail;
  logic write_fault, slverr_fault;
  logic [SlotW-1:0] fault_slot;
  logic clear_counts, counting, first_frame, frame_done, last_done;
  logic [Counters-1:0] strobe;
  logic reg_read, reg_ready, count_read, count_low;
  logic [5:0] reg_raddr, reg_waddr;
  logic [3:0] reg_write, count_index;
  logic [31:0] reg_wdata, word;
  logic [15:0] count_half;
  logic [3:0] program_busy;  // store, exec, load, program
  logic [1:0] bus_busy;      // axi write, axi read
  logic [1:0] beats;         // write, read
  logic read_error, read_decerr, write_error, write_decerr, progress_q;
  logic [AddrW-1:0] read_error_addr, write_error_addr;
  logic [SlotW-1:0] read_error_slot;
  assign halt_o   = halt;
  assign strobe   = {frame_done, {12{counting}} &
                                 {beats, perf_stall_i, perf_busy_i, first_frame, 1'b1}};
  always_ff @(posedge clk_i)
    progress_q <= progress_i || |beats || (fb_load_valid_o && fb_load_ready_i) ||
                                     (fb_store_valid_o && fb_store_ready_i);

  rs_regs #(
    .RamReg(RamReg)
  ) u_regs (
    .clk_i,
    .rst_ni,
    .s_axil_awaddr_i,
    .s_axil_awvalid_i,
    .s_axil_awready_o,
    .s_axil_wdata_i,
    .s_axil_wstrb_i,
    .s_axil_wvalid_i,
    .s_axil_wready_o,
    .s_axil_bresp_o,
    .s_axil_bvalid_o,
    .s_axil_bready_i,
    .s_axil_araddr_i,
    .s_axil_arvalid_i,
    .s_axil_arready_o,
    .s_axil_rdata_o,
    .s_axil_rresp_o,
    .s_axil_rvalid_o,
    .s_axil_rready_i,
    .open_i       (!cold),
    .read_o       (reg_read),
    .raddr_o      (reg_raddr),
    .rdata_i      (word),
    .write_o      (reg_write),
    .write_ready_i(reg_ready),
    .waddr_o      (reg_waddr),
    .wdata_o      (reg_wdata),
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
    .write_error_o     (write_fault),
    .slverr_o          (slverr_fault),
    .error_slot_o      (fault_slot),
    .ready_i           (ready),
    .fail_i            (fail),
    .clear_o           (clear_counts),
    .count_o           (counting),
    .first_frame_o     (first_frame),
    .read_error_i      (read_error),
    .read_decerr_i     (read_decerr),
    .read_error_addr_i (read_error_addr),
    .read_error_slot_i (read_error_slot),
    .write_error_i     (write_error),
    .write_decerr_i    (write_decerr),
    .write_error_addr_i(write_error_addr),
    .frame_done_i      (frame_done),
    .last_done_i       (last_done),
    .units_busy_i      ({bus_busy, program_busy[3], program_busy[2] || exec_busy_i,
                         program_busy[1:0]})
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
  logic desc_valid, desc_ready, read_free;
  logic [DescWords*32-1:0] desc;
  logic [2:0] read_set, write_set;
  logic [1:0] load_set, store_set;
  logic [SlotW-1:0] read_slot, read_descs;
  logic load_weights, load_free, load_done, store_done;
  logic credits_valid;
  logic [11:0] credits;
  logic load_has, load_takes, load_posts, store_has, store_takes, store_posts;
  logic reload_has, reload_takes, reload_posts;

  rs_ctrl_unit #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .ExpN(ExpN),
    .AccW(AccW),
    .FbDepth(FbDepth),
    .WmDepth(WmDepth),
    .PmDepth(PmDepth),
    .AxiDataW(AxiDataW),
    .MaxBurst(MaxBurst),
    .SlotW(SlotW),
    .Batch(Batch),
    .DescWords(DescWords),
    .RamReg(RamReg),
    .OpAhead(!Small)
  ) u_ctrl_unit (
    .clk_i,
    .rst_ni            (rst_n),
    .cold_i            (cold),
    .run_i             (run),
    .trap_i            (trap),
    .write_error_i     (write_fault),
    .slverr_i          (slverr_fault),
    .read_error_slot_i (fault_slot),
    .ready_o           (ready),
    .fail_o            (fail),
    .progress_i        (progress_q),
    .busy_o            (program_busy),
    .reg_read_i        (reg_read),
    .reg_raddr_i       (reg_raddr),
    .reg_write_i       (reg_write),
    .reg_ready_o       (reg_ready),
    .reg_waddr_i       (reg_waddr),
    .reg_wdata_i       (reg_wdata),
    .desc_valid_i      (desc_valid),
    .desc_ready_o      (desc_ready),
    .desc_i            (desc),
    .word_o            (word),
    .read_set_o        (read_set),
    .read_descs_o      (read_descs),
    .read_slot_o       (read_slot),
    .read_free_i       (read_free),
    .load_set_o        (load_set),
    .load_weights_o    (load_weights),
    .load_free_i       (load_free),
    .load_done_i       (load_done),
    .store_set_o       (store_set),
    .write_set_o       (write_set),
    .store_done_i      (store_done),
    .credits_valid_o   (credits_valid),
    .credits_o         (credits),
    .load_token_i      (load_has),
    .store_token_i     (store_has),
    .reload_token_i    (reload_has),
    .take_load_token_o (load_takes),
    .take_store_token_o(store_takes),
    .take_reload_token_o(reload_takes),
    .post_load_o       (load_posts),
    .post_store_o      (store_posts),
    .post_reload_o     (reload_posts),
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
    .FbDepth(FbDepth),
    .TileW(TileW),
    .AxiDataW(AxiDataW),
    .ParamRecords(ParamRecords),
    .MaxBurst(MaxBurst),
    .MaxOutstanding(MaxOutstanding),
    .SlotW(SlotW),
    .RamReg(RamReg),
    .DescWords(DescWords)
  ) u_dma (
    .clk_i,
    .rst_ni            (rst_n),
    .halt_i            (halt),
    .busy_o            (bus_busy),
    .beat_o            (beats),
    .read_error_o      (read_error),
    .read_decerr_o     (read_decerr),
    .read_error_addr_o (read_error_addr),
    .read_error_slot_o (read_error_slot),
    .write_error_o     (write_error),
    .write_decerr_o    (write_decerr),
    .write_error_addr_o(write_error_addr),
    .word_i            (word),
    .read_set_i        (read_set),
    .read_descs_i      (read_descs),
    .read_slot_i       (read_slot),
    .read_free_o       (read_free),
    .load_set_i        (load_set),
    .load_weights_i    (load_weights),
    .load_free_o       (load_free),
    .load_done_o       (load_done),
    .store_set_i       (store_set),
    .write_set_i       (write_set),
    .store_done_o      (store_done),
    .desc_valid_o      (desc_valid),
    .desc_ready_i      (desc_ready),
    .desc_o            (desc),
    .credits_valid_i   (credits_valid),
    .credits_i         (credits),
    .load_has_o        (load_has),
    .load_takes_i      (load_takes),
    .load_posts_i      (load_posts),
    .store_has_o       (store_has),
    .store_takes_i     (store_takes),
    .store_posts_i     (store_posts),
    .reload_has_o      (reload_has),
    .reload_takes_i    (reload_takes),
    .reload_posts_i    (reload_posts),
    .m_axi_araddr_o,
    .m_axi_arlen_o,
    .m_axi_arvalid_o,
    .m_axi_arready_i,
    .m_axi_rdata_i,
    .m_axi_rresp_i,
    .m_axi_rlast_i,
    .m_axi_rvalid_i,
    .m_axi_rready_o,
    .m_axi_awaddr_o,
    .m_axi_awlen_o,
    .m_axi_awvalid_o,
    .m_axi_awready_i,
    .m_axi_wdata_o,
    .m_axi_wstrb_o,
    .m_axi_wlast_o,
    .m_axi_wvalid_o,
    .m_axi_wready_i,
    .m_axi_bresp_i,
    .m_axi_bvalid_i,
    .m_axi_bready_o,
    .load_token_o,
    .store_token_o,
    .take_load_token_i,
    .take_store_token_i,
    .post_load_i,
    .post_store_i,
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
