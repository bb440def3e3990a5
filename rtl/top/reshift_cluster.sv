// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Several ReShift cores of one configuration behind one AXI4-Lite slave, each with its own
/// registers, AXI4 master and interrupt. The cores know nothing of each other: software gives each
/// its program and its frames. Core i has the registers at i * 4096; beyond the last core an access
/// answers DECERR. Element i of each `m_axi_*` and of `irq_core` is that of core i.
///
/// Throughput: a micro-op per cycle and core.
/// Latency: of the core; registers 3 cycles more.
/// Handshake: AXI4 and AXI4-Lite; `irq` and `irq_core` are levels.
/// Assumes: as reshift_core.
module reshift_cluster #(
  /// Cores, 1 to 16.
  parameter int unsigned Cores = 2,
  /// Parameters of each core, see reshift_core.
  parameter int unsigned M = 16,
  parameter int unsigned C = 16,
  parameter int unsigned P = 8,
  parameter int unsigned ActW = 8,
  parameter int unsigned WeightFormat = 7,
  parameter int unsigned AccW = 28,
  parameter int unsigned MultW = 16,
  parameter int unsigned FbDepth = 8192,
  parameter int unsigned WmDepth = 2048,
  parameter int unsigned PmDepth = 256,
  parameter int unsigned PostLanes = M,
  parameter int unsigned Tables = 0,
  parameter int unsigned Neighbours = 0,
  parameter int unsigned AxiDataW = 128,
  parameter int unsigned WeightCheck = 1,
  parameter int unsigned WeightStreams = 1,
  parameter int unsigned Requantise = 0,
  /// Derived.
  localparam int unsigned AxiAddrW = rs_axi_pkg::AddrW
) (
  /// Clock; synchronous reset, active low.
  input  logic clk,
  input  logic rst_n,

  /// AXI4-Lite slave.
  input  logic [15:0] s_axil_awaddr,
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
  input  logic [15:0] s_axil_araddr,
  input  logic [2:0]  s_axil_arprot,
  input  logic        s_axil_arvalid,
  output logic        s_axil_arready,
  output logic [31:0] s_axil_rdata,
  output logic [1:0]  s_axil_rresp,
  output logic        s_axil_rvalid,
  input  logic        s_axil_rready,

  /// AXI4 masters.
  output logic [Cores-1:0][AxiAddrW-1:0]   m_axi_araddr,
  output logic [Cores-1:0][7:0]            m_axi_arlen,
  output logic [Cores-1:0][2:0]            m_axi_arsize,
  output logic [Cores-1:0][1:0]            m_axi_arburst,
  output logic [Cores-1:0][3:0]            m_axi_arcache,
  output logic [Cores-1:0][2:0]            m_axi_arprot,
  output logic [Cores-1:0]                 m_axi_arvalid,
  input  logic [Cores-1:0]                 m_axi_arready,
  input  logic [Cores-1:0][AxiDataW-1:0]   m_axi_rdata,
  input  logic [Cores-1:0][1:0]            m_axi_rresp,
  input  logic [Cores-1:0]                 m_axi_rlast,
  input  logic [Cores-1:0]                 m_axi_rvalid,
  output logic [Cores-1:0]                 m_axi_rready,
  output logic [Cores-1:0][AxiAddrW-1:0]   m_axi_awaddr,
  output logic [Cores-1:0][7:0]            m_axi_awlen,
  output logic [Cores-1:0][2:0]            m_axi_awsize,
  output logic [Cores-1:0][1:0]            m_axi_awburst,
  output logic [Cores-1:0][3:0]            m_axi_awcache,
  output logic [Cores-1:0][2:0]            m_axi_awprot,
  output logic [Cores-1:0]                 m_axi_awvalid,
  input  logic [Cores-1:0]                 m_axi_awready,
  output logic [Cores-1:0][AxiDataW-1:0]   m_axi_wdata,
  output logic [Cores-1:0][AxiDataW/8-1:0] m_axi_wstrb,
  output logic [Cores-1:0]                 m_axi_wlast,
  output logic [Cores-1:0]                 m_axi_wvalid,
  input  logic [Cores-1:0]                 m_axi_wready,
  input  logic [Cores-1:0][1:0]            m_axi_bresp,
  input  logic [Cores-1:0]                 m_axi_bvalid,
  output logic [Cores-1:0]                 m_axi_bready,

  /// Interrupts, levels: of any core, and of each.
  output logic             irq,
  output logic [Cores-1:0] irq_core
);

  `RS_PARAM_CHECK(Cores, Cores >= 1 && Cores <= 16, "Cores must be 1 to 16")

  rs_axi_pkg::lite_request_t [Cores-1:0] request;
  rs_axi_pkg::lite_response_t [Cores-1:0] response;

  rs_lite_split #(
    .Slaves(Cores)
  ) u_split (
    .clk_i    (clk),
    .rst_ni   (rst_n),
    .awaddr_i (s_axil_awaddr),
    .awvalid_i(s_axil_awvalid),
    .awready_o(s_axil_awready),
    .wdata_i  (s_axil_wdata),
    .wstrb_i  (s_axil_wstrb),
    .wvalid_i (s_axil_wvalid),
    .wready_o (s_axil_wready),
    .bresp_o  (s_axil_bresp),
    .bvalid_o (s_axil_bvalid),
    .bready_i (s_axil_bready),
    .araddr_i (s_axil_araddr),
    .arvalid_i(s_axil_arvalid),
    .arready_o(s_axil_arready),
    .rdata_o  (s_axil_rdata),
    .rresp_o  (s_axil_rresp),
    .rvalid_o (s_axil_rvalid),
    .rready_i (s_axil_rready),
    .request_o(request),
    .response_i(response)
  );

  for (genvar i = 0; i < Cores; i++) begin : gen_core
    reshift_core #(
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
      .PostLanes(PostLanes),
      .Tables(Tables),
      .Neighbours(Neighbours),
      .AxiDataW(AxiDataW),
      .WeightCheck(WeightCheck),
      .WeightStreams(WeightStreams),
      .Requantise(Requantise)
    ) u_core (
      .clk,
      .rst_n,
      .s_axil_awaddr(request[i].awaddr),
      .s_axil_awvalid(request[i].awvalid),
      .s_axil_wdata(request[i].wdata),
      .s_axil_wstrb(request[i].wstrb),
      .s_axil_wvalid(request[i].wvalid),
      .s_axil_bready(request[i].bready),
      .s_axil_araddr(request[i].araddr),
      .s_axil_arvalid(request[i].arvalid),
      .s_axil_rready(request[i].rready),
      .s_axil_awprot(3'b000),
      .s_axil_arprot(3'b000),
      .s_axil_awready(response[i].awready),
      .s_axil_wready(response[i].wready),
      .s_axil_bresp(response[i].bresp),
      .s_axil_bvalid(response[i].bvalid),
      .s_axil_arready(response[i].arready),
      .s_axil_rdata(response[i].rdata),
      .s_axil_rresp(response[i].rresp),
      .s_axil_rvalid(response[i].rvalid),
      .m_axi_araddr(m_axi_araddr[i]),
      .m_axi_arlen(m_axi_arlen[i]),
      .m_axi_arsize(m_axi_arsize[i]),
      .m_axi_arburst(m_axi_arburst[i]),
      .m_axi_arcache(m_axi_arcache[i]),
      .m_axi_arprot(m_axi_arprot[i]),
      .m_axi_arvalid(m_axi_arvalid[i]),
      .m_axi_arready(m_axi_arready[i]),
      .m_axi_rdata(m_axi_rdata[i]),
      .m_axi_rresp(m_axi_rresp[i]),
      .m_axi_rlast(m_axi_rlast[i]),
      .m_axi_rvalid(m_axi_rvalid[i]),
      .m_axi_rready(m_axi_rready[i]),
      .m_axi_awaddr(m_axi_awaddr[i]),
      .m_axi_awlen(m_axi_awlen[i]),
      .m_axi_awsize(m_axi_awsize[i]),
      .m_axi_awburst(m_axi_awburst[i]),
      .m_axi_awcache(m_axi_awcache[i]),
      .m_axi_awprot(m_axi_awprot[i]),
      .m_axi_awvalid(m_axi_awvalid[i]),
      .m_axi_awready(m_axi_awready[i]),
      .m_axi_wdata(m_axi_wdata[i]),
      .m_axi_wstrb(m_axi_wstrb[i]),
      .m_axi_wlast(m_axi_wlast[i]),
      .m_axi_wvalid(m_axi_wvalid[i]),
      .m_axi_wready(m_axi_wready[i]),
      .m_axi_bresp(m_axi_bresp[i]),
      .m_axi_bvalid(m_axi_bvalid[i]),
      .m_axi_bready(m_axi_bready[i]),
      .irq(irq_core[i])
    );
  end

  assign irq = |irq_core;

  logic unused_prot;
  assign unused_prot = ^{s_axil_awprot, s_axil_arprot};

endmodule
