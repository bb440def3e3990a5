// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The stand-alone board: a ReShift core, a block RAM with program, weights, image and scores, and
/// a serial line over which images come in and classes and cycle counts go out (docs/board.md). One
/// clock. The memory's first content is InitFile (`reshift board-image`); the line can replace it.
///
/// Throughput: an image in the time of its bytes on the line, its cycles in the core and some 100
/// bytes of answer, one after the other.
/// Latency: the sum of these times.
/// Handshake: requests and answers on the line, with checksums.
/// Assumes: a request is complete before the next one is sent.
module rs_board
  import rs_board_pkg::*;
#(
  /// Parameters of the core, see docs/reference/parameters.md.
  parameter int unsigned M = 8,
  parameter int unsigned C = 8,
  parameter int unsigned P = 8,
  parameter int unsigned ActW = 8,
  parameter int unsigned WeightFormat = 7,
  parameter int unsigned AccW = 28,
  parameter int unsigned FbDepth = 1024,
  parameter int unsigned WmDepth = 512,
  parameter int unsigned PmDepth = 64,
  parameter int unsigned PostLanes = M,
  parameter int unsigned MultW = 16,
  parameter int unsigned Tables = 0,
  parameter int unsigned Neighbours = 0,
  /// Bus width in bits: must be 64.
  parameter int unsigned AxiDataW = 64,
  /// Weight blocks: checksums, row streams.
  parameter int unsigned WeightCheck = 1,
  parameter int unsigned WeightStreams = 0,
  parameter int unsigned Requantise = 0,
  /// Memory: banks of BankWords words of 8 bytes.
  parameter int unsigned MemBanks = 7,
  parameter int unsigned BankWords = 4096,
  /// First content of the memory for $readmemh; empty: none.
  parameter InitFile = "",
  /// Frequency of the clock, which the board tells its host.
  parameter int unsigned ClockHz = 100000000,
  /// Clock cycles of a bit on the line.
  parameter int unsigned ClocksPerBit = 100,
  /// Clock cycles without a byte after which a request is given up.
  parameter int unsigned QuietClocks = ClockHz / 25
) (
  /// Clock.
  input  logic       clk_i,
  /// Synchronous reset, active low.
  input  logic       rst_ni,
  /// Serial line, from the host and to it.
  input  logic       rx_i,
  output logic       tx_o,
  /// Lamps: running, the last answer was an error, the last class.
  output logic [7:0] led_o
);

  `RS_PARAM_CHECK(width, AxiDataW == WordW, "rs_board: AxiDataW must be 64")
  `RS_PARAM_CHECK(words, ActW == 8 && M * P % 8 == 0,
                  "rs_board: ActW must be 8, and M * P a multiple of 8, so that results are words")

  localparam int unsigned AxiAddrW = rs_axi_pkg::AddrW;
  localparam int unsigned MemBytes = MemBanks * BankWords * WordW / 8;


  // The line.
  logic rx_valid, tx_valid, tx_ready;
  logic [7:0] rx_data, tx_data;

  rs_uart_rx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_rx (
    .clk_i,
    .rst_ni,
    .rx_i,
    .valid_o(rx_valid),
    .data_o (rx_data)
  );
  rs_uart_tx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_tx (
    .clk_i,
    .rst_ni,
    .in_valid_i(tx_valid),
    .in_ready_o(tx_ready),
    .in_data_i (tx_data),
    .tx_o
  );

  // Requests.
  logic write, request_valid, request_ready;
  logic [SpanW-1:0] waddr;
  logic [WordW-1:0] wdata;
  request_t request;

  rs_board_receive #(
    .MemBytes(MemBytes),
    .QuietClocks(QuietClocks)
  ) u_receive (
    .clk_i,
    .rst_ni,
    .rx_valid_i     (rx_valid),
    .rx_data_i      (rx_data),
    .write_o        (write),
    .waddr_o        (waddr),
    .wdata_o        (wdata),
    .request_valid_o(request_valid),
    .request_ready_i(request_ready),
    .request_o      (request)
  );

  // Answers.
  logic mem_valid, mem_ready, mem_rvalid;
  logic [SpanW-1:0] mem_addr;
  logic [WordW-1:0] mem_rdata;
  logic irq, running, failed;
  logic [5:0] class_low;
  logic [11:0] axil_addr;
  logic axil_awvalid, axil_awready, axil_wvalid, axil_wready, axil_bvalid;
  logic axil_arvalid, axil_arready, axil_rvalid;
  logic [31:0] axil_wdata, axil_rdata;
  logic [1:0] axil_bresp, axil_rresp;

  rs_board_answer #(
    .ClockHz(ClockHz),
    .MemBytes(MemBytes),
    .Shape({8'(ActW), 8'(P), 8'(C), 8'(M)})
  ) u_answer (
    .clk_i,
    .rst_ni,
    .request_valid_i (request_valid),
    .request_ready_o (request_ready),
    .request_i       (request),
    .mem_valid_o     (mem_valid),
    .mem_ready_i     (mem_ready),
    .mem_addr_o      (mem_addr),
    .mem_rvalid_i    (mem_rvalid),
    .mem_rdata_i     (mem_rdata),
    .m_axil_addr_o   (axil_addr),
    .m_axil_awvalid_o(axil_awvalid),
    .m_axil_awready_i(axil_awready),
    .m_axil_wdata_o  (axil_wdata),
    .m_axil_wvalid_o (axil_wvalid),
    .m_axil_wready_i (axil_wready),
    .m_axil_bresp_i  (axil_bresp),
    .m_axil_bvalid_i (axil_bvalid),
    .m_axil_arvalid_o(axil_arvalid),
    .m_axil_arready_i(axil_arready),
    .m_axil_rdata_i  (axil_rdata),
    .m_axil_rresp_i  (axil_rresp),
    .m_axil_rvalid_i (axil_rvalid),
    .irq_i           (irq),
    .tx_valid_o      (tx_valid),
    .tx_ready_i      (tx_ready),
    .tx_data_o       (tx_data),
    .running_o       (running),
    .failed_o        (failed),
    .class_o         (class_low)
  );

  always_ff @(posedge clk_i) begin
    led_o <= {running, failed, class_low};
  end

  // The core and its memory.
  logic [AxiAddrW-1:0] axi_araddr, axi_awaddr;
  logic [7:0] axi_arlen, unused_awlen;
  logic axi_arvalid, axi_arready, axi_rlast, axi_rvalid, axi_rready;
  logic axi_awvalid, axi_awready, axi_wlast, axi_wvalid, axi_wready, axi_bvalid, axi_bready;
  logic [WordW-1:0] axi_rdata, axi_wdata;
  logic [WordW/8-1:0] axi_wstrb;
  logic [1:0] axi_rresp, axi_bresp;
  logic [2:0] unused_arsize, unused_arprot, unused_awsize, unused_awprot;
  logic [1:0] unused_arburst, unused_awburst;
  logic [3:0] unused_arcache, unused_awcache;

  rs_board_memory #(
    .Banks(MemBanks),
    .BankWords(BankWords),
    .InitFile(InitFile)
  ) u_memory (
    .clk_i,
    .rst_ni,
    .s_axi_araddr_i (axi_araddr),
    .s_axi_arlen_i  (axi_arlen),
    .s_axi_arvalid_i(axi_arvalid),
    .s_axi_arready_o(axi_arready),
    .s_axi_rdata_o  (axi_rdata),
    .s_axi_rresp_o  (axi_rresp),
    .s_axi_rlast_o  (axi_rlast),
    .s_axi_rvalid_o (axi_rvalid),
    .s_axi_rready_i (axi_rready),
    .s_axi_awaddr_i (axi_awaddr),
    .s_axi_awvalid_i(axi_awvalid),
    .s_axi_awready_o(axi_awready),
    .s_axi_wdata_i  (axi_wdata),
    .s_axi_wstrb_i  (axi_wstrb),
    .s_axi_wlast_i  (axi_wlast),
    .s_axi_wvalid_i (axi_wvalid),
    .s_axi_wready_o (axi_wready),
    .s_axi_bresp_o  (axi_bresp),
    .s_axi_bvalid_o (axi_bvalid),
    .s_axi_bready_i (axi_bready),
    .write_i        (write),
    .waddr_i        (waddr),
    .wdata_i        (wdata),
    .read_valid_i   (mem_valid),
    .read_ready_o   (mem_ready),
    .raddr_i        (mem_addr),
    .rvalid_o       (mem_rvalid),
    .rdata_o        (mem_rdata)
  );

  reshift_core #(
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
    .MultW(MultW),
    .Tables(Tables),
    .Neighbours(Neighbours),
    .AxiDataW(AxiDataW),
    .WeightCheck(WeightCheck),
    .WeightStreams(WeightStreams),
    .Requantise(Requantise)
  ) u_core (
    .clk           (clk_i),
    .rst_n         (rst_ni),
    .s_axil_awaddr (axil_addr),
    .s_axil_awprot (3'b000),
    .s_axil_awvalid(axil_awvalid),
    .s_axil_awready(axil_awready),
    .s_axil_wdata  (axil_wdata),
    .s_axil_wstrb  (4'hF),
    .s_axil_wvalid (axil_wvalid),
    .s_axil_wready (axil_wready),
    .s_axil_bresp  (axil_bresp),
    .s_axil_bvalid (axil_bvalid),
    .s_axil_bready (1'b1),
    .s_axil_araddr (axil_addr),
    .s_axil_arprot (3'b000),
    .s_axil_arvalid(axil_arvalid),
    .s_axil_arready(axil_arready),
    .s_axil_rdata  (axil_rdata),
    .s_axil_rresp  (axil_rresp),
    .s_axil_rvalid (axil_rvalid),
    .s_axil_rready (1'b1),
    .m_axi_araddr  (axi_araddr),
    .m_axi_arlen   (axi_arlen),
    .m_axi_arsize  (unused_arsize),
    .m_axi_arburst (unused_arburst),
    .m_axi_arcache (unused_arcache),
    .m_axi_arprot  (unused_arprot),
    .m_axi_arvalid (axi_arvalid),
    .m_axi_arready (axi_arready),
    .m_axi_rdata   (axi_rdata),
    .m_axi_rresp   (axi_rresp),
    .m_axi_rlast   (axi_rlast),
    .m_axi_rvalid  (axi_rvalid),
    .m_axi_rready  (axi_rready),
    .m_axi_awaddr  (axi_awaddr),
    .m_axi_awlen   (unused_awlen),
    .m_axi_awsize  (unused_awsize),
    .m_axi_awburst (unused_awburst),
    .m_axi_awcache (unused_awcache),
    .m_axi_awprot  (unused_awprot),
    .m_axi_awvalid (axi_awvalid),
    .m_axi_awready (axi_awready),
    .m_axi_wdata   (axi_wdata),
    .m_axi_wstrb   (axi_wstrb),
    .m_axi_wlast   (axi_wlast),
    .m_axi_wvalid  (axi_wvalid),
    .m_axi_wready  (axi_wready),
    .m_axi_bresp   (axi_bresp),
    .m_axi_bvalid  (axi_bvalid),
    .m_axi_bready  (axi_bready),
    .irq
  );

endmodule
