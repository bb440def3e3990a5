// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The ReShift core: an AXI4-Lite slave for control, an AXI4 master for programs, weights, images
/// and results, an interrupt. One clock; `rst_n` is synchronous, active low. The port names are
/// those that bus packagers infer interfaces from; parameters as in docs/reference/parameters.md,
/// named sets of them in spec/configurations.json.
///
/// Throughput: a micro-op of the reduction list (M*C*P lanes) per cycle.
/// Latency: see docs/results.md.
/// Handshake: AXI4 and AXI4-Lite; `irq` is a level.
/// Assumes: `rst_n` is low for at least two cycles; the memory answers reads in order.
module reshift_core #(
  /// Output channels computed at once; a power of two, a multiple of C.
  parameter int unsigned M = 16,
  /// Input channels reduced at once; a power of two.
  parameter int unsigned C = 16,
  /// Output pixels computed at once.
  parameter int unsigned P = 8,
  /// Activation width, 8 to 16.
  parameter int unsigned ActW = 8,
  /// Weight format.
  parameter int unsigned WeightFormat = 7,
  /// Accumulator width.
  parameter int unsigned AccW = 28,
  /// Bits of a requantisation multiplier: 16 or 32; 1: none, scales are powers of two.
  parameter int unsigned MultW = 16,
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 8192,
  /// Weight-memory micro-ops.
  parameter int unsigned WmDepth = 2048,
  /// Parameter-memory groups.
  parameter int unsigned PmDepth = 256,
  /// Channels post-processed at once: M, 2 M or 4 M for as many pixels a cycle, or a smaller divisor
  /// of M, one bit after the other.
  parameter int unsigned PostLanes = M,
  /// Tables of post-processing: a power of two, or 0.
  parameter int unsigned Tables = 0,
  /// Columns to its left whose pixels a PE can take; 0: none.
  parameter int unsigned Neighbours = 0,
  /// AXI data width: 32, 64, 128 or 256.
  parameter int unsigned AxiDataW = 128,
  /// 1: LOAD checks the checksum of weight blocks.
  parameter int unsigned WeightCheck = 1,
  /// 1: weight blocks may be compressed.
  parameter int unsigned WeightStreams = 1,
  /// 1: EXEC can bound the codes that it reads, and round sums before their residual.
  parameter int unsigned Requantise = 0,
  /// Derived.
  localparam int unsigned AxiAddrW = rs_axi_pkg::AddrW
) (
  /// Clock; synchronous reset, active low.
  input  logic clk,
  input  logic rst_n,

  /// AXI4-Lite slave.
  input  logic [11:0] s_axil_awaddr,
  input  logic [2:0]  s_axil_awprot,
  input  logic        s_axil_awvalid,
  output logic        s_axil_awready,
  input  logic [31:0] s_axil_wdata,
  input  logic [3:0]  s_axil_wstrb,
  input  logic        s_axil_wvalid,
  output logic        s_axil_wready,
  output logic [1:0]  s_axil_bresp,
  output logic        s_axil_bvalid,
  input  logic        s_axil_bready,
  input  logic [11:0] s_axil_araddr,
  input  logic [2:0]  s_axil_arprot,
  input  logic        s_axil_arvalid,
  output logic        s_axil_arready,
  output logic [31:0] s_axil_rdata,
  output logic [1:0]  s_axil_rresp,
  output logic        s_axil_rvalid,
  input  logic        s_axil_rready,

  /// AXI4 master.
  output logic [AxiAddrW-1:0]   m_axi_araddr,
  output logic [7:0]            m_axi_arlen,
  output logic [2:0]            m_axi_arsize,
  output logic [1:0]            m_axi_arburst,
  output logic [3:0]            m_axi_arcache,
  output logic [2:0]            m_axi_arprot,
  output logic                  m_axi_arvalid,
  input  logic                  m_axi_arready,
  input  logic [AxiDataW-1:0]   m_axi_rdata,
  input  logic [1:0]            m_axi_rresp,
  input  logic                  m_axi_rlast,
  input  logic                  m_axi_rvalid,
  output logic                  m_axi_rready,
  output logic [AxiAddrW-1:0]   m_axi_awaddr,
  output logic [7:0]            m_axi_awlen,
  output logic [2:0]            m_axi_awsize,
  output logic [1:0]            m_axi_awburst,
  output logic [3:0]            m_axi_awcache,
  output logic [2:0]            m_axi_awprot,
  output logic                  m_axi_awvalid,
  input  logic                  m_axi_awready,
  output logic [AxiDataW-1:0]   m_axi_wdata,
  output logic [AxiDataW/8-1:0] m_axi_wstrb,
  output logic                  m_axi_wlast,
  output logic                  m_axi_wvalid,
  input  logic                  m_axi_wready,
  input  logic [1:0]            m_axi_bresp,
  input  logic                  m_axi_bvalid,
  output logic                  m_axi_bready,

  /// Interrupt, level.
  output logic irq
);

  `RS_PARAM_CHECK(Shape, rs_pkg::is_power_of_two(M) && rs_pkg::is_power_of_two(C) && M % C == 0,
                  "M and C must be powers of two, M a multiple of C")
  `RS_PARAM_CHECK(Act, ActW >= 8 && ActW <= 16, "ActW must be 8 to 16")
  `RS_PARAM_CHECK(Lanes, PostLanes >= 1 && (M % PostLanes == 0 || PostLanes % M == 0),
                  "PostLanes must be M, a multiple or a divisor of it")
  `RS_PARAM_CHECK(Mult, MultW inside {1, 16, 32}, "MultW must be 1, 16 or 32")
  `RS_PARAM_CHECK(MultAct, MultW > 1 || ActW <= 14, "with MultW 1 ActW must be at most 14")
  `RS_PARAM_CHECK(Tables, Tables == 0 || (ActW == 8 && rs_pkg::is_power_of_two(Tables
                  ) && Tables <= 128), "Tables must be 0, or with ActW 8 a power of two up to 128")
  `RS_PARAM_CHECK(AxiDataW, AxiDataW inside {32, 64, 128, 256},
                  "AxiDataW must be 32, 64, 128 or 256")
  `RS_PARAM_CHECK(WeightBlocks, WeightCheck <= 1 && WeightStreams <= 1,
                  "WeightCheck and WeightStreams must be 0 or 1")
  `RS_PARAM_CHECK(
      Streams, WeightStreams == 0 || (C >= 2 && rs_spec_pkg::item_bytes(M, C, WeightFormat
      ) >= 4 && $clog2(C) + rs_spec_pkg::term_width(WeightFormat) <= 16),
      "with WeightStreams C must be 2 at least, an item 4 bytes, an entry 16 bits at most")

  `RS_PARAM_CHECK(Requantise, Requantise <= 1 && (Requantise == 0 || PostLanes >= M),
                  "Requantise must be 0, or with PostLanes of M or more 1")

  localparam int unsigned TileW = rs_spec_pkg::tile_width(M, C, WeightFormat);
  localparam int unsigned EntryW = 8 * rs_spec_pkg::entry_bytes(C, WeightFormat);
  localparam int unsigned WordW = M * ActW;
  localparam int unsigned BankW = $clog2(P);
  localparam int unsigned AddrW = $clog2(FbDepth);
  localparam int unsigned Records = rs_spec_pkg::param_records(M, P, PostLanes);
  localparam int unsigned HeadersPerBeat = rs_spec_pkg::headers_per_beat(AxiDataW);
  localparam int unsigned TableAddrW = rs_spec_pkg::table_address_width(Tables);

  // Incrementing bursts of full beats, modifiable and bufferable, unprivileged secure data.
  assign m_axi_arsize  = 3'($clog2(AxiDataW / 8));
  assign m_axi_arburst = 2'b01;
  assign m_axi_arcache = 4'b0011;
  assign m_axi_arprot  = 3'b000;
  assign m_axi_awsize  = 3'($clog2(AxiDataW / 8));
  assign m_axi_awburst = 2'b01;
  assign m_axi_awcache = 4'b0011;
  assign m_axi_awprot  = 3'b000;

  logic unused_prot;
  assign unused_prot = ^{s_axil_awprot, s_axil_arprot};

  rs_axi_pkg::lite_request_t axil_request;
  rs_axi_pkg::lite_response_t axil_response;
  assign axil_request = '{
      awaddr: s_axil_awaddr,
      awvalid: s_axil_awvalid,
      wdata: s_axil_wdata,
      wstrb: s_axil_wstrb,
      wvalid: s_axil_wvalid,
      bready: s_axil_bready,
      araddr: s_axil_araddr,
      arvalid: s_axil_arvalid,
      rready: s_axil_rready
  };
  assign s_axil_awready = axil_response.awready;
  assign s_axil_wready  = axil_response.wready;
  assign s_axil_bresp   = axil_response.bresp;
  assign s_axil_bvalid  = axil_response.bvalid;
  assign s_axil_arready = axil_response.arready;
  assign s_axil_rdata   = axil_response.rdata;
  assign s_axil_rresp   = axil_response.rresp;
  assign s_axil_rvalid  = axil_response.rvalid;

  rs_axi_pkg::read_request_t read_request;
  rs_axi_pkg::read_response_t read_response;
  assign m_axi_araddr  = read_request.araddr;
  assign m_axi_arlen   = read_request.arlen;
  assign m_axi_arvalid = read_request.arvalid;
  assign m_axi_rready  = read_request.rready;
  assign read_response = '{
      arready: m_axi_arready,
      rresp: m_axi_rresp,
      rlast: m_axi_rlast,
      rvalid: m_axi_rvalid
  };

  rs_axi_pkg::write_request_t write_request;
  rs_axi_pkg::write_response_t write_response;
  assign m_axi_awaddr   = write_request.awaddr;
  assign m_axi_awlen    = write_request.awlen;
  assign m_axi_awvalid  = write_request.awvalid;
  assign m_axi_wlast    = write_request.wlast;
  assign m_axi_wvalid   = write_request.wvalid;
  assign m_axi_bready   = write_request.bready;
  assign write_response = '{
      awready: m_axi_awready,
      wready: m_axi_wready,
      bresp: m_axi_bresp,
      bvalid: m_axi_bvalid
  };

  logic core_rst_n, exec_rst_n, halt;

  // From a register of its own, because it is far away: resets last for several cycles, and the first
  // one is there from configuration on.
  initial exec_rst_n = 1'b0;
  always_ff @(posedge clk) exec_rst_n <= core_rst_n;
  logic exec_valid, exec_ready, exec_busy;
  rs_spec_pkg::desc_exec_t exec_desc;
  rs_ctrl_pkg::exec_tokens_t exec_token, exec_take, exec_post;
  rs_ctrl_pkg::exec_cycle_t exec_cycle;
  logic param_valid, param_ready, header_valid, header_ready;
  logic tile_valid, tile_ready;
  logic [Records*8*rs_spec_pkg::param_bytes(MultW)-1:0] param;
  logic [HeadersPerBeat*32-1:0] header;
  logic [$clog2(HeadersPerBeat+1)-1:0] header_count;
  logic [TileW-1:0]        tile;
  logic entry_valid, stream_end, stream_fault;
  logic [M-1:0][EntryW-1:0] entries;
  logic table_valid, table_ready;
  logic [TableAddrW-1:0]   table_addr;
  logic [15:0]             table_entries;
  logic load_valid, load_ready, store_valid, store_ready, store_rvalid;
  logic [BankW-1:0] load_bank, store_bank;
  logic [AddrW-1:0] load_addr, store_addr;
  logic [WordW-1:0] load_data, store_rdata;

  rs_frontend #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .WeightFormat(WeightFormat),
    .AccW(AccW),
    .FbDepth(FbDepth),
    .WmDepth(WmDepth),
    .PmDepth(PmDepth),
    .Tables(Tables),
    .Neighbours(Neighbours),
    .AxiDataW(AxiDataW),
    .ParamRecords(Records),
    .MultW(MultW),
    .WeightCheck(WeightCheck != 0),
    .WeightStreams(WeightStreams != 0),
    .Requantise(Requantise != 0)
  ) u_frontend (
    .clk_i            (clk),
    .rst_ni           (rst_n),
    .axil_i           (axil_request),
    .axil_o           (axil_response),
    .axi_read_o       (read_request),
    .axi_read_i       (read_response),
    .axi_rdata_i      (m_axi_rdata),
    .axi_write_o      (write_request),
    .axi_write_i      (write_response),
    .axi_wdata_o      (m_axi_wdata),
    .axi_wstrb_o      (m_axi_wstrb),
    .irq_o            (irq),
    .core_rst_no      (core_rst_n),
    .halt_o           (halt),
    .exec_valid_o     (exec_valid),
    .exec_ready_i     (exec_ready),
    .exec_desc_o      (exec_desc),
    .exec_busy_i      (exec_busy),
    .exec_token_o     (exec_token),
    .exec_take_i      (exec_take),
    .exec_post_i      (exec_post),
    .exec_cycle_i     (exec_cycle),
    .param_valid_o    (param_valid),
    .param_ready_i    (param_ready),
    .param_o          (param),
    .header_valid_o   (header_valid),
    .header_ready_i   (header_ready),
    .header_o         (header),
    .header_count_o   (header_count),
    .tile_valid_o     (tile_valid),
    .tile_ready_i     (tile_ready),
    .tile_o           (tile),
    .entry_valid_o    (entry_valid),
    .entry_o          (entries),
    .stream_end_o     (stream_end),
    .stream_fault_i   (stream_fault),
    .table_valid_o    (table_valid),
    .table_ready_i    (table_ready),
    .table_addr_o     (table_addr),
    .table_o          (table_entries),
    .fb_load_valid_o  (load_valid),
    .fb_load_ready_i  (load_ready),
    .fb_load_bank_o   (load_bank),
    .fb_load_addr_o   (load_addr),
    .fb_load_data_o   (load_data),
    .fb_store_valid_o (store_valid),
    .fb_store_ready_i (store_ready),
    .fb_store_bank_o  (store_bank),
    .fb_store_addr_o  (store_addr),
    .fb_store_rvalid_i(store_rvalid),
    .fb_store_rdata_i (store_rdata)
  );

  rs_exec #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .WeightFormat(WeightFormat),
    .AccW(AccW),
    .FbDepth(FbDepth),
    .WmDepth(WmDepth),
    .PmDepth(PmDepth),
    .PostLanes(PostLanes),
    .Tables(Tables),
    .Neighbours(Neighbours),
    .Requantise(Requantise != 0),
    .MultW(MultW),
    .HeadersPerBeat(HeadersPerBeat),
    .WeightStreams(WeightStreams != 0),
    .SharedData(AxiDataW < 128 && PostLanes <= M)
  ) u_exec (
    .clk_i             (clk),
    .rst_ni            (exec_rst_n),
    .halt_i            (halt),
    .op_valid_i        (exec_valid),
    .op_ready_o        (exec_ready),
    .op_i              (exec_desc),
    .token_i           (exec_token),
    .take_o            (exec_take),
    .post_o            (exec_post),
    .param_valid_i     (param_valid),
    .param_ready_o     (param_ready),
    .param_i           (param),
    .header_valid_i    (header_valid),
    .header_ready_o    (header_ready),
    .header_i          (header),
    .header_count_i    (header_count),
    .tile_valid_i      (tile_valid),
    .tile_ready_o      (tile_ready),
    .tile_i            (tile),
    .entry_valid_i     (entry_valid),
    .entry_i           (entries),
    .stream_end_i      (stream_end),
    .stream_fault_o    (stream_fault),
    .table_valid_i     (table_valid),
    .table_ready_o     (table_ready),
    .table_addr_i      (table_addr),
    .table_i           (table_entries),
    .load_valid_i      (load_valid),
    .load_ready_o      (load_ready),
    .load_bank_i       (load_bank),
    .load_addr_i       (load_addr),
    .load_data_i       (load_data),
    .store_valid_i     (store_valid),
    .store_ready_o     (store_ready),
    .store_bank_i      (store_bank),
    .store_addr_i      (store_addr),
    .store_rvalid_o    (store_rvalid),
    .store_rdata_o     (store_rdata),
    .busy_o            (exec_busy),
    .cycle_o           (exec_cycle)
  );

endmodule
