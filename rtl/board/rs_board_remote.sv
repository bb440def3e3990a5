// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The smallest board: a ReShift core on a serial line, whose host is its memory and reads and
/// writes its registers (rs_board_link, docs/board.md). One clock.
///
/// Throughput: the line's; a word of memory is five bytes on it.
/// Latency: that of the line and the host.
/// Handshake: a serial line, see rs_board_link.
/// Assumes: none.
module rs_board_remote #(
  /// Parameters of the core, see docs/reference/parameters.md.
  parameter int unsigned M = 2,
  parameter int unsigned C = 2,
  parameter int unsigned P = 2,
  parameter int unsigned ActW = 8,
  parameter int unsigned WeightFormat = 7,
  parameter int unsigned AccW = 24,
  parameter int unsigned FbDepth = 256,
  parameter int unsigned WmDepth = 256,
  parameter int unsigned PmDepth = 32,
  parameter int unsigned PostLanes = 1,
  parameter int unsigned MultW = 16,
  parameter int unsigned Tables = 0,
  parameter int unsigned Neighbours = 0,
  /// Bus width in bits: must be 32.
  parameter int unsigned AxiDataW = 32,
  /// Weight blocks: checksums, row streams.
  parameter int unsigned WeightCheck = 0,
  parameter int unsigned WeightStreams = 0,
  parameter int unsigned Requantise = 0,
  /// Clock cycles of a bit on the line, at least 8.
  parameter int unsigned ClocksPerBit = 100,
  /// Clock cycles without a byte after which a frame is given up.
  parameter int unsigned QuietClocks = 4000000
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,
  /// Serial line, from the host and to it.
  input  logic rx_i,
  output logic tx_o,
  /// The core's interrupt.
  output logic irq_o
);

  `RS_PARAM_CHECK(width, AxiDataW == 32, "rs_board_remote: AxiDataW must be 32")
  `RS_PARAM_CHECK(clocks, ClocksPerBit >= 8, "rs_board_remote: ClocksPerBit must be at least 8")

  localparam int unsigned AxiAddrW = rs_axi_pkg::AddrW;

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

  logic irq;
  logic [11:0] axil_addr;
  logic axil_awvalid, axil_awready, axil_wvalid, axil_wready, axil_bvalid, axil_bready;
  logic axil_arvalid, axil_arready, axil_rvalid, axil_rready;
  logic [31:0] axil_wdata, axil_rdata;
  logic [1:0] axil_bresp, axil_rresp;
  logic [AxiAddrW-1:0] axi_araddr, axi_awaddr;
  logic [7:0] axi_arlen, axi_awlen;
  logic axi_arvalid, axi_arready, axi_rlast, axi_rvalid, unused_rready;
  logic axi_awvalid, axi_awready, axi_wlast, axi_wvalid, axi_wready, axi_bvalid, unused_bready;
  logic [AxiDataW-1:0] axi_rdata, axi_wdata;
  logic [AxiDataW/8-1:0] axi_wstrb;
  logic [1:0] axi_rresp, axi_bresp;
  logic [2:0] unused_arsize, unused_arprot, unused_awsize, unused_awprot;
  logic [1:0] unused_arburst, unused_awburst;
  logic [3:0] unused_arcache, unused_awcache;
  logic unused_addr;

  assign irq_o       = irq;
  assign unused_addr = ^{axi_araddr[AxiAddrW-1:32], axi_awaddr[AxiAddrW-1:32]};

  rs_board_link #(
    .QuietClocks(QuietClocks)
  ) u_link (
    .clk_i,
    .rst_ni,
    .rx_valid_i      (rx_valid),
    .rx_data_i       (rx_data),
    .tx_valid_o      (tx_valid),
    .tx_ready_i      (tx_ready),
    .tx_data_o       (tx_data),
    .m_axil_addr_o   (axil_addr),
    .m_axil_awvalid_o(axil_awvalid),
    .m_axil_awready_i(axil_awready),
    .m_axil_wdata_o  (axil_wdata),
    .m_axil_wvalid_o (axil_wvalid),
    .m_axil_wready_i (axil_wready),
    .m_axil_bresp_i  (axil_bresp),
    .m_axil_bvalid_i (axil_bvalid),
    .m_axil_bready_o (axil_bready),
    .m_axil_arvalid_o(axil_arvalid),
    .m_axil_arready_i(axil_arready),
    .m_axil_rdata_i  (axil_rdata),
    .m_axil_rresp_i  (axil_rresp),
    .m_axil_rvalid_i (axil_rvalid),
    .m_axil_rready_o (axil_rready),
    .s_axi_araddr_i  (axi_araddr[31:0]),
    .s_axi_arlen_i   (axi_arlen),
    .s_axi_arvalid_i (axi_arvalid),
    .s_axi_arready_o (axi_arready),
    .s_axi_rdata_o   (axi_rdata),
    .s_axi_rresp_o   (axi_rresp),
    .s_axi_rlast_o   (axi_rlast),
    .s_axi_rvalid_o  (axi_rvalid),
    .s_axi_awaddr_i  (axi_awaddr[31:0]),
    .s_axi_awlen_i   (axi_awlen),
    .s_axi_awvalid_i (axi_awvalid),
    .s_axi_awready_o (axi_awready),
    .s_axi_wdata_i   (axi_wdata),
    .s_axi_wstrb_i   (axi_wstrb),
    .s_axi_wlast_i   (axi_wlast),
    .s_axi_wvalid_i  (axi_wvalid),
    .s_axi_wready_o  (axi_wready),
    .s_axi_bresp_o   (axi_bresp),
    .s_axi_bvalid_o  (axi_bvalid),
    .irq_i           (irq)
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
    .s_axil_bready (axil_bready),
    .s_axil_araddr (axil_addr),
    .s_axil_arprot (3'b000),
    .s_axil_arvalid(axil_arvalid),
    .s_axil_arready(axil_arready),
    .s_axil_rdata  (axil_rdata),
    .s_axil_rresp  (axil_rresp),
    .s_axil_rvalid (axil_rvalid),
    .s_axil_rready (axil_rready),
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
    .m_axi_rready  (unused_rready),
    .m_axi_awaddr  (axi_awaddr),
    .m_axi_awlen   (axi_awlen),
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
    .m_axi_bready  (unused_bready),
    .irq
  );

endmodule
