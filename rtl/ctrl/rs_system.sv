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
  /// Bits of a weight term: sign and exponent. Derived, do not set.
  localparam int unsigned TermW = 1 + $clog2(ExpN + 1),
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

  /// Channel parameters, one M-channel group; channel m at bits [m*64 +: 64].
  output logic                  param_valid_o,
  input  logic                  param_ready_i,
  output logic [M*64-1:0]       param_o,
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

  // Descriptors fetched ahead fill the fetch FIFO; LOAD's FIFO covers the memory latency.
  localparam int unsigned Ahead = 8;
  localparam int unsigned MaxBurst = 16;
  localparam int unsigned MaxOutstanding = 8;
  localparam logic [15:0] FetchBeats = 16'(Ahead * DescriptorBytes * 8 / AxiDataW);
  localparam logic [15:0] LoadBeats = 16'(MaxBurst * MaxOutstanding);
  localparam int unsigned QueueDepth = 4;
  localparam int unsigned QueueCountW = $clog2(QueueDepth + 1);
  localparam int unsigned Counters = 12;
  localparam int unsigned Sources = 5;
  // An exec descriptor without its reserved end and its checksum.
  localparam int unsigned ExecW = 640;

  logic rst_n;  // of everything but registers and control
  assign core_rst_no = rst_n;

  // Registers, control, counters.
  config_t                    cfg;
  state_t                     state;
  logic [31:0]                watchdog;
  logic [2:0]                 irq_event;
  logic                       clear_irq, start, start_ok, soft_reset, halt, go;
  logic                       clear_counts, counting, first_frame, frame_done;
  logic [Counters-1:0]        strobe;
  logic [Counters-1:0][31:0]  count;
  error_t [Sources-1:0]       errors;
  error_t                     read_error, write_error, load_error, store_error, seq_error;
  logic [IndexW-1:0]          index;
  logic                       seq_busy, load_busy, store_busy, read_idle, write_idle;
  logic                       read_beat, write_beat, progress;

  assign halt_o   = halt;
  assign errors   = {seq_error, store_error, load_error, write_error, read_error};
  assign progress = progress_i || read_beat || write_beat || (fb_valid_o && fb_ready_i);
  assign strobe   = {Counters{counting}} &
                    {write_beat, read_beat, perf_stall_i, perf_busy_i, first_frame, 1'b1};

  rs_regs #(
    .M(M), .C(C), .P(P), .ActW(ActW), .ExpN(ExpN), .AccW(AccW), .FbDepth(FbDepth),
    .WmDepth(WmDepth), .PmDepth(PmDepth), .AxiDataW(AxiDataW), .Counters(Counters)
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

  rs_control #(.Sources(Sources)) u_control (
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
    .units_busy_i ({!write_idle, !read_idle, store_busy, exec_busy_i || exec_valid_o, load_busy,
                    seq_busy}),
    .progress_i   (progress)
  );

  rs_perf #(.Counters(Counters)) u_perf (
    .clk_i,
    .rst_ni,
    .clear_i (clear_counts),
    .strobe_i(strobe),
    .count_o (count)
  );

  // Sequencer and queues.
  logic              credits_valid;
  logic [3:0]        load_credits, exec_credits;
  logic              q_load_valid, q_load_ready, q_store_valid, q_store_ready;
  logic              q_exec_valid, q_exec_ready;
  transfer_t         q_transfer, load_item, store_item;
  desc_exec_t        q_exec;
  logic              load_item_valid, load_item_ready, store_item_valid, store_item_ready;
  logic [ExecW-1:0]  exec_item;
  logic [QueueCountW-1:0] unused_load_count, unused_store_count, unused_exec_count;

  // Read clients: fetch [0], LOAD [1].
  logic [1:0]               rd_valid, rd_ready, rd_data_valid, rd_data_ready, rd_data_last;
  logic [1:0][AddrW-1:0]    rd_addr;
  logic [1:0][31:0]         rd_bytes;
  logic [1:0][IndexW-1:0]   rd_tag;
  logic [1:0][AxiDataW-1:0] rd_data;

  rs_sequencer #(
    .M(M), .C(C), .P(P), .ActW(ActW), .ExpN(ExpN), .FbDepth(FbDepth), .WmDepth(WmDepth),
    .PmDepth(PmDepth), .AxiDataW(AxiDataW), .Ahead(Ahead)
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
    .cmd_valid_o    (rd_valid[0]),
    .cmd_ready_i    (rd_ready[0]),
    .cmd_addr_o     (rd_addr[0]),
    .cmd_bytes_o    (rd_bytes[0]),
    .cmd_tag_o      (rd_tag[0]),
    .data_valid_i   (rd_data_valid[0]),
    .data_ready_o   (rd_data_ready[0]),
    .data_i         (rd_data[0]),
    .load_valid_o   (q_load_valid),
    .load_ready_i   (q_load_ready),
    .store_valid_o  (q_store_valid),
    .store_ready_i  (q_store_ready),
    .transfer_o     (q_transfer),
    .exec_valid_o   (q_exec_valid),
    .exec_ready_i   (q_exec_ready),
    .exec_o         (q_exec)
  );

  rs_fifo #(.Width($bits(transfer_t)), .Depth(QueueDepth)) u_load_queue (
    .clk_i,
    .rst_ni     (rst_n),
    .in_valid_i (q_load_valid),
    .in_ready_o (q_load_ready),
    .in_data_i  (q_transfer),
    .out_valid_o(load_item_valid),
    .out_ready_i(load_item_ready),
    .out_data_o (load_item),
    .count_o    (unused_load_count)
  );

  rs_fifo #(.Width($bits(transfer_t)), .Depth(QueueDepth)) u_store_queue (
    .clk_i,
    .rst_ni     (rst_n),
    .in_valid_i (q_store_valid),
    .in_ready_o (q_store_ready),
    .in_data_i  (q_transfer),
    .out_valid_o(store_item_valid),
    .out_ready_i(store_item_ready),
    .out_data_o (store_item),
    .count_o    (unused_store_count)
  );

  rs_fifo #(.Width(ExecW), .Depth(QueueDepth)) u_exec_queue (
    .clk_i,
    .rst_ni     (rst_n),
    .in_valid_i (q_exec_valid),
    .in_ready_o (q_exec_ready),
    .in_data_i  (q_exec[ExecW-1:0]),
    .out_valid_o(exec_valid_o),
    .out_ready_i(exec_ready_i),
    .out_data_o (exec_item),
    .count_o    (unused_exec_count)
  );
  assign exec_desc_o = 1024'(exec_item);

  // Tokens: EXEC to LOAD [0], LOAD to EXEC [1], EXEC to STORE [2], STORE to EXEC [3].
  logic [3:0] token_post, token_take, token;

  assign load_token_o  = token[1];
  assign store_token_o = token[3];
  assign token_take[1] = take_load_token_i;
  assign token_take[3] = take_store_token_i;
  assign token_post[0] = post_load_i;
  assign token_post[2] = post_store_i;

  rs_tokens u_tokens (
    .clk_i,
    .rst_ni      (rst_n),
    .init_i      (credits_valid),
    .init_count_i({8'(exec_credits), 8'd0, 8'd0, 8'(load_credits)}),
    .post_i      (token_post),
    .take_i      (token_take),
    .avail_o     (token)
  );

  // Engines.
  logic               load_fb_valid, load_fb_ready, store_fb_valid, store_fb_ready;
  logic [BankW-1:0]   load_fb_bank, store_fb_bank;
  logic [FbAddrW-1:0] load_fb_addr, store_fb_addr;
  logic                wr_valid, wr_ready, wr_data_valid, wr_data_ready, wr_data_last, wr_done;
  logic [AddrW-1:0]    wr_addr;
  logic [31:0]         wr_bytes;
  logic [IndexW-1:0]   wr_tag;
  logic [AxiDataW-1:0] wr_data;

  rs_load #(
    .M(M), .P(P), .ActW(ActW), .TileW(TileW), .FbDepth(FbDepth), .AxiDataW(AxiDataW)
  ) u_load (
    .clk_i,
    .rst_ni      (rst_n),
    .busy_o      (load_busy),
    .item_valid_i(load_item_valid),
    .item_ready_o(load_item_ready),
    .item_i      (load_item),
    .token_i     (token[0]),
    .take_token_o(token_take[0]),
    .post_exec_o (token_post[1]),
    .error_o     (load_error),
    .cmd_valid_o (rd_valid[1]),
    .cmd_ready_i (rd_ready[1]),
    .cmd_addr_o  (rd_addr[1]),
    .cmd_bytes_o (rd_bytes[1]),
    .cmd_tag_o   (rd_tag[1]),
    .data_valid_i(rd_data_valid[1]),
    .data_ready_o(rd_data_ready[1]),
    .data_i      (rd_data[1]),
    .data_last_i (rd_data_last[1]),
    .param_valid_o,
    .param_ready_i,
    .param_o,
    .header_valid_o,
    .header_ready_i,
    .header_o,
    .tile_valid_o,
    .tile_ready_i,
    .tile_o,
    .fb_valid_o  (load_fb_valid),
    .fb_ready_i  (load_fb_ready),
    .fb_bank_o   (load_fb_bank),
    .fb_addr_o   (load_fb_addr),
    .fb_data_o   (fb_wdata_o)
  );

  rs_store #(.M(M), .P(P), .ActW(ActW), .FbDepth(FbDepth), .AxiDataW(AxiDataW)) u_store (
    .clk_i,
    .rst_ni      (rst_n),
    .busy_o      (store_busy),
    .item_valid_i(store_item_valid),
    .item_ready_o(store_item_ready),
    .item_i      (store_item),
    .token_i     (token[2]),
    .take_token_o(token_take[2]),
    .post_exec_o (token_post[3]),
    .frame_done_o(frame_done),
    .error_o     (store_error),
    .fb_valid_o  (store_fb_valid),
    .fb_ready_i  (store_fb_ready),
    .fb_bank_o   (store_fb_bank),
    .fb_addr_o   (store_fb_addr),
    .fb_rvalid_i,
    .fb_rdata_i,
    .cmd_valid_o (wr_valid),
    .cmd_ready_i (wr_ready),
    .cmd_addr_o  (wr_addr),
    .cmd_bytes_o (wr_bytes),
    .cmd_tag_o   (wr_tag),
    .data_valid_o(wr_data_valid),
    .data_ready_i(wr_data_ready),
    .data_o      (wr_data),
    .data_last_o (wr_data_last),
    .done_i      (wr_done)
  );

  rs_fb_port #(.BankW(BankW), .FbAddrW(FbAddrW)) u_fb_port (
    .clk_i,
    .rst_ni       (rst_n),
    .load_valid_i (load_fb_valid),
    .load_ready_o (load_fb_ready),
    .load_bank_i  (load_fb_bank),
    .load_addr_i  (load_fb_addr),
    .store_valid_i(store_fb_valid),
    .store_ready_o(store_fb_ready),
    .store_bank_i (store_fb_bank),
    .store_addr_i (store_fb_addr),
    .fb_valid_o,
    .fb_ready_i,
    .fb_write_o,
    .fb_bank_o,
    .fb_addr_o
  );

  // Bus.
  logic read_error_decerr, write_error_decerr;

  assign read_error.cause  = read_error_decerr ? ErrReadDecerr : ErrReadSlverr;
  assign write_error.cause = write_error_decerr ? ErrWriteDecerr : ErrWriteSlverr;

  rs_axi_read #(
    .AxiAddrW(AddrW), .AxiDataW(AxiDataW), .MaxOutstanding(MaxOutstanding), .MaxBurst(MaxBurst),
    .Clients(2), .TagW(IndexW), .FifoBeats({LoadBeats, FetchBeats})
  ) u_axi_read (
    .clk_i,
    .rst_ni        (rst_n),
    .halt_i        (halt),
    .idle_o        (read_idle),
    .cmd_valid_i   (rd_valid),
    .cmd_ready_o   (rd_ready),
    .cmd_addr_i    (rd_addr),
    .cmd_bytes_i   (rd_bytes),
    .cmd_tag_i     (rd_tag),
    .data_valid_o  (rd_data_valid),
    .data_ready_i  (rd_data_ready),
    .data_o        (rd_data),
    .data_last_o   (rd_data_last),
    .error_valid_o (read_error.valid),
    .error_decerr_o(read_error_decerr),
    .error_addr_o  (read_error.addr),
    .error_tag_o   (read_error.index),
    .beat_o        (read_beat),
    .m_axi_araddr_o,
    .m_axi_arlen_o,
    .m_axi_arvalid_o,
    .m_axi_arready_i,
    .m_axi_rdata_i,
    .m_axi_rresp_i,
    .m_axi_rlast_i,
    .m_axi_rvalid_i,
    .m_axi_rready_o
  );

  rs_axi_write #(
    .AxiAddrW(AddrW), .AxiDataW(AxiDataW), .MaxOutstanding(MaxOutstanding), .MaxBurst(MaxBurst),
    .TagW(IndexW)
  ) u_axi_write (
    .clk_i,
    .rst_ni        (rst_n),
    .halt_i        (halt),
    .idle_o        (write_idle),
    .cmd_valid_i   (wr_valid),
    .cmd_ready_o   (wr_ready),
    .cmd_addr_i    (wr_addr),
    .cmd_bytes_i   (wr_bytes),
    .cmd_tag_i     (wr_tag),
    .data_valid_i  (wr_data_valid),
    .data_ready_o  (wr_data_ready),
    .data_i        (wr_data),
    .data_last_i   (wr_data_last),
    .done_o        (wr_done),
    .error_valid_o (write_error.valid),
    .error_decerr_o(write_error_decerr),
    .error_addr_o  (write_error.addr),
    .error_tag_o   (write_error.index),
    .beat_o        (write_beat),
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
    .m_axi_bready_o
  );

  logic unused_bits;
  assign unused_bits = ^{q_exec[1023:ExecW], rd_data_last[0]};

endmodule
