// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// rs_axi_write with the bus names that the harness knows.

module rs_axi_write_bench #(
  parameter int unsigned AxiDataW = 64
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  halt_i,
  output logic                  idle_o,
  input  logic                  cmd_valid_i,
  output logic                  cmd_ready_o,
  input  logic [39:0]           cmd_addr_i,
  input  logic [31:0]           cmd_bytes_i,
  input  logic [7:0]            cmd_tag_i,
  input  logic                  data_valid_i,
  output logic                  data_ready_o,
  input  logic [AxiDataW-1:0]   data_i,
  input  logic                  data_last_i,
  output logic                  done_o,
  output logic                  error_valid_o,
  output logic                  error_decerr_o,
  output logic [39:0]           error_addr_o,
  output logic [7:0]            error_tag_o,
  output logic                  beat_o,
  output logic [39:0]           m_axi_awaddr,
  output logic [7:0]            m_axi_awlen,
  output logic [2:0]            m_axi_awsize,
  output logic [1:0]            m_axi_awburst,
  output logic                  m_axi_awvalid,
  input  logic                  m_axi_awready,
  output logic [AxiDataW-1:0]   m_axi_wdata,
  output logic [AxiDataW/8-1:0] m_axi_wstrb,
  output logic                  m_axi_wlast,
  output logic                  m_axi_wvalid,
  input  logic                  m_axi_wready,
  input  logic [1:0]            m_axi_bresp,
  input  logic                  m_axi_bvalid,
  output logic                  m_axi_bready
);

  assign m_axi_awsize  = 3'($clog2(AxiDataW / 8));
  assign m_axi_awburst = 2'b01;

  rs_axi_write #(
    .AxiDataW(AxiDataW),
    .TagW(8)
  ) u_dut (
    .clk_i,
    .rst_ni,
    .halt_i,
    .idle_o,
    .cmd_valid_i,
    .cmd_ready_o,
    .cmd_addr_i,
    .cmd_bytes_i,
    .cmd_tag_i,
    .data_valid_i,
    .data_ready_o,
    .data_i,
    .data_last_i,
    .done_o,
    .error_valid_o,
    .error_decerr_o,
    .error_addr_o,
    .error_tag_o,
    .beat_o,
    .m_axi_awaddr_o (m_axi_awaddr),
    .m_axi_awlen_o  (m_axi_awlen),
    .m_axi_awvalid_o(m_axi_awvalid),
    .m_axi_awready_i(m_axi_awready),
    .m_axi_wdata_o  (m_axi_wdata),
    .m_axi_wstrb_o  (m_axi_wstrb),
    .m_axi_wlast_o  (m_axi_wlast),
    .m_axi_wvalid_o (m_axi_wvalid),
    .m_axi_wready_i (m_axi_wready),
    .m_axi_bresp_i  (m_axi_bresp),
    .m_axi_bvalid_i (m_axi_bvalid),
    .m_axi_bready_o (m_axi_bready)
  );

endmodule
