// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// rs_frontend with the bus names that the harness knows.

module rs_frontend_bench #(
  parameter int unsigned M = 4,
  parameter int unsigned C = 4,
  parameter int unsigned P = 3,
  parameter int unsigned ActW = 8,
  parameter int unsigned WeightFormat = 7,
  parameter int unsigned AccW = 28,
  parameter int unsigned MultW = 16,
  parameter int unsigned FbDepth = 64,
  parameter int unsigned WmDepth = 64,
  parameter int unsigned PmDepth = 64,
  parameter int unsigned Tables = 0,
  parameter int unsigned Neighbours = 0,
  parameter int unsigned AxiDataW = 64,
  localparam int unsigned TileW = rs_spec_pkg::tile_width(M, C, WeightFormat),
  localparam int unsigned BankW = $clog2(P),
  localparam int unsigned FbAddrW = $clog2(FbDepth),
  localparam int unsigned AddrW = rs_axi_pkg::AddrW,
  localparam int unsigned HeadersPerBeat = rs_spec_pkg::headers_per_beat(AxiDataW),
  localparam int unsigned TableAddrW = rs_spec_pkg::table_address_width(Tables)
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic [11:0] s_axil_awaddr,
  input  logic s_axil_awvalid,
  output logic s_axil_awready,
  input  logic [31:0] s_axil_wdata,
  input  logic [3:0] s_axil_wstrb,
  input  logic s_axil_wvalid,
  output logic s_axil_wready,
  output logic [1:0] s_axil_bresp,
  output logic s_axil_bvalid,
  input  logic s_axil_bready,
  input  logic [11:0] s_axil_araddr,
  input  logic s_axil_arvalid,
  output logic s_axil_arready,
  output logic [31:0] s_axil_rdata,
  output logic [1:0] s_axil_rresp,
  output logic s_axil_rvalid,
  input  logic s_axil_rready,
  output logic [AddrW-1:0] m_axi_araddr,
  output logic [7:0] m_axi_arlen,
  output logic m_axi_arvalid,
  input  logic m_axi_arready,
  input  logic [AxiDataW-1:0] m_axi_rdata,
  input  logic [1:0] m_axi_rresp,
  input  logic m_axi_rlast,
  input  logic m_axi_rvalid,
  output logic m_axi_rready,
  output logic [AddrW-1:0] m_axi_awaddr,
  output logic [7:0] m_axi_awlen,
  output logic m_axi_awvalid,
  input  logic m_axi_awready,
  output logic [AxiDataW-1:0] m_axi_wdata,
  output logic [AxiDataW/8-1:0] m_axi_wstrb,
  output logic m_axi_wlast,
  output logic m_axi_wvalid,
  input  logic m_axi_wready,
  input  logic [1:0] m_axi_bresp,
  input  logic m_axi_bvalid,
  output logic m_axi_bready,
  output logic irq_o,
  output logic core_rst_no,
  output logic halt_o,
  output logic exec_valid_o,
  input  logic exec_ready_i,
  output rs_spec_pkg::descriptor_t exec_desc_o,
  input  logic exec_busy_i,
  output logic load_token_o,
  output logic store_token_o,
  input  logic take_load_token_i,
  input  logic take_store_token_i,
  input  logic post_load_i,
  input  logic post_store_i,
  input  logic perf_busy_i,
  input  logic [6:0] perf_stall_i,
  output logic param_valid_o,
  input  logic param_ready_i,
  output logic [M*8*rs_spec_pkg::param_bytes(MultW)-1:0] param_o,
  output logic header_valid_o,
  input  logic header_ready_i,
  output logic [HeadersPerBeat*32-1:0] header_o,
  output logic [$clog2(HeadersPerBeat+1)-1:0] header_count_o,
  output logic tile_valid_o,
  input  logic tile_ready_i,
  output logic [TileW-1:0] tile_o,
  output logic table_valid_o,
  input  logic table_ready_i,
  output logic [TableAddrW-1:0] table_addr_o,
  output logic [15:0] table_o,
  output logic fb_load_valid_o,
  input  logic fb_load_ready_i,
  output logic [BankW-1:0] fb_load_bank_o,
  output logic [FbAddrW-1:0] fb_load_addr_o,
  output logic [M*ActW-1:0] fb_load_data_o,
  output logic fb_store_valid_o,
  input  logic fb_store_ready_i,
  output logic [BankW-1:0] fb_store_bank_o,
  output logic [FbAddrW-1:0] fb_store_addr_o,
  input  logic fb_store_rvalid_i,
  input  logic [M*ActW-1:0] fb_store_rdata_i,
  output logic [2:0] m_axi_arsize,
  output logic [1:0] m_axi_arburst,
  output logic [2:0] m_axi_awsize,
  output logic [1:0] m_axi_awburst
);

  assign m_axi_arsize  = 3'($clog2(AxiDataW / 8));
  assign m_axi_arburst = 2'b01;
  assign m_axi_awsize  = m_axi_arsize;
  assign m_axi_awburst = 2'b01;

  rs_axi_pkg::lite_request_t axil_request;
  rs_axi_pkg::lite_response_t axil_response;
  assign axil_request = {
    s_axil_awaddr, s_axil_awvalid, s_axil_wdata, s_axil_wstrb, s_axil_wvalid, s_axil_bready,
    s_axil_araddr, s_axil_arvalid, s_axil_rready
  };
  assign {s_axil_awready, s_axil_wready, s_axil_bresp, s_axil_bvalid, s_axil_arready,
          s_axil_rdata, s_axil_rresp, s_axil_rvalid} = axil_response;

  rs_axi_pkg::read_request_t read_request;
  rs_axi_pkg::read_response_t read_response;
  assign {m_axi_araddr, m_axi_arlen, m_axi_arvalid, m_axi_rready} = read_request;
  assign read_response = {m_axi_arready, m_axi_rresp, m_axi_rlast, m_axi_rvalid};

  rs_axi_pkg::write_request_t write_request;
  rs_axi_pkg::write_response_t write_response;
  assign {m_axi_awaddr, m_axi_awlen, m_axi_awvalid, m_axi_wlast, m_axi_wvalid, m_axi_bready} =
         write_request;
  assign write_response = {m_axi_awready, m_axi_wready, m_axi_bresp, m_axi_bvalid};

  rs_frontend #(
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
    .AxiDataW(AxiDataW)
  ) u_dut (
    .clk_i,
    .rst_ni,
    .axil_i(axil_request),
    .axil_o(axil_response),
    .axi_read_o(read_request),
    .axi_read_i(read_response),
    .axi_rdata_i(m_axi_rdata),
    .axi_write_o(write_request),
    .axi_write_i(write_response),
    .axi_wdata_o(m_axi_wdata),
    .axi_wstrb_o(m_axi_wstrb),
    .irq_o,
    .core_rst_no,
    .halt_o,
    .exec_valid_o,
    .exec_ready_i,
    .exec_desc_o,
    .exec_busy_i,
    .exec_token_o({store_token_o, load_token_o}),
    .exec_take_i({take_store_token_i, take_load_token_i}),
    .exec_post_i({post_store_i, post_load_i}),
    .exec_cycle_i({perf_stall_i, perf_busy_i}),
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
