// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// rs_axi_read with two clients, with the bus names that the harness knows and a port for each
// client.

module rs_axi_read_bench #(
  parameter int unsigned AxiDataW = 64
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                halt_i,
  output logic                idle_o,
  input  logic                cmd0_valid_i,
  output logic                cmd0_ready_o,
  input  logic                cmd1_valid_i,
  output logic                cmd1_ready_o,
  input  logic [39:0]         cmd0_addr_i,
  input  logic [31:0]         cmd0_bytes_i,
  input  logic [7:0]          cmd0_tag_i,
  input  logic [39:0]         cmd1_addr_i,
  input  logic [31:0]         cmd1_bytes_i,
  input  logic [7:0]          cmd1_tag_i,
  output logic                data0_valid_o,
  input  logic                data0_ready_i,
  output logic [AxiDataW-1:0] data0_o,
  output logic                data0_last_o,
  output logic                data1_valid_o,
  input  logic                data1_ready_i,
  output logic [AxiDataW-1:0] data1_o,
  output logic                data1_last_o,
  output logic                error_valid_o,
  output logic                error_decerr_o,
  output logic [39:0]         error_addr_o,
  output logic [7:0]          error_tag_o,
  output logic                beat_o,
  output logic [39:0]         m_axi_araddr,
  output logic [7:0]          m_axi_arlen,
  output logic [2:0]          m_axi_arsize,
  output logic [1:0]          m_axi_arburst,
  output logic                m_axi_arvalid,
  input  logic                m_axi_arready,
  input  logic [AxiDataW-1:0] m_axi_rdata,
  input  logic [1:0]          m_axi_rresp,
  input  logic                m_axi_rlast,
  input  logic                m_axi_rvalid,
  output logic                m_axi_rready
);

  assign m_axi_arsize  = 3'($clog2(AxiDataW / 8));
  assign m_axi_arburst = 2'b01;

  rs_axi_read #(
    .AxiDataW(AxiDataW),
    .Clients(2),
    .TagW(8),
    .FifoBeats({16'd128, 16'd32})
  ) u_dut (
    .clk_i,
    .rst_ni,
    .halt_i,
    .idle_o,
    .cmd_valid_i    ({cmd1_valid_i, cmd0_valid_i}),
    .cmd_ready_o    ({cmd1_ready_o, cmd0_ready_o}),
    .cmd_addr_i     ({cmd1_addr_i, cmd0_addr_i}),
    .cmd_bytes_i    ({cmd1_bytes_i, cmd0_bytes_i}),
    .cmd_tag_i      ({cmd1_tag_i, cmd0_tag_i}),
    .data_valid_o   ({data1_valid_o, data0_valid_o}),
    .data_ready_i   ({data1_ready_i, data0_ready_i}),
    .data_o         ({data1_o, data0_o}),
    .data_last_o    ({data1_last_o, data0_last_o}),
    .error_valid_o,
    .error_decerr_o,
    .error_addr_o,
    .error_tag_o,
    .beat_o,
    .m_axi_araddr_o (m_axi_araddr),
    .m_axi_arlen_o  (m_axi_arlen),
    .m_axi_arvalid_o(m_axi_arvalid),
    .m_axi_arready_i(m_axi_arready),
    .m_axi_rdata_i  (m_axi_rdata),
    .m_axi_rresp_i  (m_axi_rresp),
    .m_axi_rlast_i  (m_axi_rlast),
    .m_axi_rvalid_i (m_axi_rvalid),
    .m_axi_rready_o (m_axi_rready)
  );

endmodule
