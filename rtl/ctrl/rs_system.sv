// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Everything but the compute path: registers, sequencer, tokens, LOAD, STORE and the AXI masters.
// Towards EXEC and the buffers it offers descriptors in program order, the weight streams and one
// shared DMA port of the feature buffer. All streams are valid/ready.
//
// Reset: rst_ni resets all; a soft reset and every start also pulse core_rst_no, which resets
// everything but the register block. It is only pulsed while the AXI master is quiet.
// Assumption on programs: the last STORE of a frame follows its last EXEC through a token, so that
// a frame is complete when STORE reaches the frame's end.

module rs_system
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
#(
  /// Output channels (rows of the array), a power of two.
  parameter int unsigned M = 4,
  /// Input channels (lanes of a cell), a power of two.
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
  /// AXI data width in bits: 64, 128 or 256.
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
  localparam int unsigned FbAddrW = $clog2(FbDepth)
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
  /// Entry headers.
  output logic                  header_valid_o,
  input  logic                  header_ready_i,
  output logic [31:0]           header_o,
  /// Weight tiles.
  output logic                  tile_valid_o,
  input  logic                  tile_ready_i,
  output logic [TileW-1:0]      tile_o,

  /// Feature-buffer DMA port: a word written (write_o) or read.
  output logic                  fb_valid_o,
  input  logic                  fb_ready_i,
  output logic                  fb_write_o,
  output logic [BankW-1:0]      fb_bank_o,
  output logic [FbAddrW-1:0]    fb_addr_o,
  output logic [M*ActW-1:0]     fb_wdata_o,
  /// Read data, in order of the reads, any fixed latency, cannot be stalled.
  input  logic                  fb_rvalid_i,
  input  logic [M*ActW-1:0]     fb_rdata_i
);

  if (AxiDataW != 64 && AxiDataW != 128 && AxiDataW != 256) begin : gen_bad_axi
    $error("rs_system: AxiDataW must be 64, 128 or 256");
  end
  if (P < 2 || P > 15) begin : gen_bad_p
    $error("rs_system: P must be 2 to 15");
  end
  if ((M & (M - 1)) != 0 || (C & (C - 1)) != 0 || M % C != 0) begin : gen_bad_mc
    $error("rs_system: M and C must be powers of two, M a multiple of C");
  end
  if (ActW < 8 || ActW > 16) begin : gen_bad_act
    $error("rs_system: ActW must be 8 to 16");
  end

  localparam int unsigned Ahead = 8;  // descriptors fetched ahead
  localparam int unsigned Counters = 12;  // the default of rs_regs and rs_perf
  localparam int unsigned Sources = 5;  // the default of rs_control

  logic rst_n;  // of everything but registers and control
  assign core_rst_no = rst_n;
  // Registers, control, counters.
  config_t                    cfg;
  state_t                     state;
  logic [31:0]                watchdog;
  logic [2:0]                 irq_event;
  logic clear_irq, start, start_ok, soft_reset, halt, go;
  logic clear_counts, counting, first_frame, frame_done;
  logic [Counters-1:0]        strobe;
  logic [Counters-1:0][31:0]  count;
  error_t [Sources-1:0]       errors;
  error_t [Sources-2:0]       engine_errors;
  error_t                     seq_error;
  logic [IndexW-1:0]          index;
  logic seq_busy, progress;
  logic [3:0]                 engines_busy;  // axi write, axi read, store, load
  logic [1:0]                 beats;         // write, read
  assign halt_o   = halt;
  assign errors   = {seq_error, engine_errors};
  assign progress = progress_i || |beats || (fb_valid_o && fb_ready_i);
  assign strobe   = {Counters{counting}} &
                    {beats, perf_stall_i, perf_busy_i, first_frame, 1'b1};

  rs_regs #(
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
    .irq_o,
    .event_i     (irq_event),
    .clear_irq_i (clear_irq),
    .start_o     (start),
    .start_ok_i  (start_ok),
    .soft_reset_o(soft_reset),
    .config_o    (cfg),
    .watchdog_o  (watchdog),
    .state_i     (state),
    .counter_i   (count)
  );

  rs_control u_control (
    .clk_i,
    .rst_ni,
    .start_i      (start),
    .start_ok_o   (start_ok),
    .soft_reset_i (soft_reset),
    .frames_i     (cfg.frames),
    .watchdog_i   (watchdog),
    .state_o      (state),
    .event_o      (irq_event),
    .clear_irq_o  (clear_irq),
    .core_rst_no  (rst_n),
    .halt_o       (halt),
    .go_o         (go),
    .clear_o      (clear_counts),
    .count_o      (counting),
    .first_frame_o(first_frame),
    .error_i      (errors),
    .index_i      (index),
    .frame_done_i (frame_done),
    .units_busy_i ({engines_busy[3:1], exec_busy_i || exec_valid_o, engines_busy[0], seq_busy}),
    .progress_i   (progress)
  );

  rs_perf u_perf (
    .clk_i,
    .rst_ni,
    .clear_i (clear_counts),
    .strobe_i(strobe),
    .count_o (count)
  );

  // Sequencer and queues.
  logic credits_valid;
  logic [3:0] load_credits, exec_credits;
  logic q_load_valid, q_load_ready, q_store_valid, q_store_ready;
  transfer_t q_transfer;
  logic fetch_valid, fetch_ready, fetch_data_valid, fetch_data_ready;
  logic [AddrW-1:0]    fetch_addr;
  logic [31:0]         fetch_bytes;
  logic [IndexW-1:0]   fetch_tag;
  logic [AxiDataW-1:0] fetch_data;

  rs_sequencer #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .ExpN(ExpN),
    .FbDepth(FbDepth),
    .WmDepth(WmDepth),
    .PmDepth(PmDepth),
    .AxiDataW(AxiDataW),
    .Ahead(Ahead)
  ) u_sequencer (
    .clk_i,
    .rst_ni         (rst_n),
    .start_i        (go),
    .busy_o         (seq_busy),
    .config_i       (cfg),
    .index_o        (index),
    .error_o        (seq_error),
    .credits_valid_o(credits_valid),
    .load_credits_o (load_credits),
    .exec_credits_o (exec_credits),
    .cmd_valid_o    (fetch_valid),
    .cmd_ready_i    (fetch_ready),
    .cmd_addr_o     (fetch_addr),
    .cmd_bytes_o    (fetch_bytes),
    .cmd_tag_o      (fetch_tag),
    .data_valid_i   (fetch_data_valid),
    .data_ready_o   (fetch_data_ready),
    .data_i         (fetch_data),
    .load_valid_o   (q_load_valid),
    .load_ready_i   (q_load_ready),
    .store_valid_o  (q_store_valid),
    .store_ready_i  (q_store_ready),
    .transfer_o     (q_transfer),
    .exec_valid_o,
    .exec_ready_i,
    .exec_o         (exec_desc_o)
  );

  rs_engines #(
    .M(M),
    .P(P),
    .ActW(ActW),
    .FbDepth(FbDepth),
    .TileW(TileW),
    .AxiDataW(AxiDataW),
    .ParamRecords(ParamRecords),
    .Ahead(Ahead)
  ) u_engines (
    .clk_i,
    .rst_ni            (rst_n),
    .halt_i            (halt),
    .busy_o            (engines_busy),
    .error_o           (engine_errors),
    .frame_done_o      (frame_done),
    .beat_o            (beats),
    .credits_valid_i   (credits_valid),
    .load_credits_i    (load_credits),
    .exec_credits_i    (exec_credits),
    .load_valid_i      (q_load_valid),
    .load_ready_o      (q_load_ready),
    .store_valid_i     (q_store_valid),
    .store_ready_o     (q_store_ready),
    .transfer_i        (q_transfer),
    .fetch_valid_i     (fetch_valid),
    .fetch_ready_o     (fetch_ready),
    .fetch_addr_i      (fetch_addr),
    .fetch_bytes_i     (fetch_bytes),
    .fetch_tag_i       (fetch_tag),
    .fetch_data_valid_o(fetch_data_valid),
    .fetch_data_ready_i(fetch_data_ready),
    .fetch_data_o      (fetch_data),
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
    .tile_valid_o,
    .tile_ready_i,
    .tile_o,
    .fb_valid_o,
    .fb_ready_i,
    .fb_write_o,
    .fb_bank_o,
    .fb_addr_o,
    .fb_wdata_o,
    .fb_rvalid_i,
    .fb_rdata_i
  );

endmodule
