// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// rs_axi_write with the bus names that the harness knows, and a command port of address and bytes,
// whose words it makes.

module rs_axi_write_bench #(
  parameter int unsigned AxiDataW = 64,
  parameter int unsigned PieceW = 64
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  halt_i,
  output logic                  idle_o,
  input  logic                  cmd_valid_i,
  output logic                  cmd_ready_o,
  input  logic [39:0]           cmd_addr_i,
  input  logic [31:0]           cmd_bytes_i,
  input  logic                  data_valid_i,
  output logic                  data_ready_o,
  input  logic [PieceW-1:0]     data_i,
  output logic                  done_o,
  output logic                  error_valid_o,
  output logic                  error_decerr_o,
  output logic [39:0]           error_addr_o,
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

  localparam int unsigned ByteW = $clog2(AxiDataW / 8);
  localparam int unsigned BurstOffsetW = ByteW + 4;

  assign m_axi_awsize  = 3'(ByteW);
  assign m_axi_awburst = 2'b01;

  // The bus.
  rs_axi_pkg::write_request_t request;
  rs_axi_pkg::write_response_t response;
  rs_axi_pkg::fault_t fault;
  assign {m_axi_awaddr, m_axi_awlen, m_axi_awvalid, m_axi_wlast, m_axi_wvalid, m_axi_bready} =
         request;
  assign response = {m_axi_awready, m_axi_wready, m_axi_bresp, m_axi_bvalid};
  assign {error_valid_o, error_decerr_o, error_addr_o} = fault;

  // Command words; a command when the one before is done.
  logic [1:0] step_q;  // the word that is given next
  logic       busy_q;
  logic [31:0] word;
  logic [2:0]  set;

  always_comb begin
    set = '0;
    if (cmd_valid_i && !busy_q) set[step_q] = 1'b1;
    unique case (step_q)
      2'd0:    word = cmd_addr_i[31:0];
      2'd1:    word = 32'(cmd_addr_i[39:32]);
      default: word = -(32'(cmd_addr_i[BurstOffsetW-1:0]) + cmd_bytes_i);
    endcase
  end
  assign cmd_ready_o = set[2];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      step_q <= '0;
      busy_q <= 1'b0;
    end else begin
      if (set[2]) step_q <= '0;
      else if (set != '0) step_q <= step_q + 2'd1;
      busy_q <= set[2] || (busy_q && !done_o);
    end
  end

  rs_axi_write #(
    .AxiDataW(AxiDataW),
    .PieceW(PieceW)
  ) u_dut (
    .clk_i,
    .rst_ni,
    .halt_i,
    .idle_o,
    .word_i         (word),
    .set_i          (set),
    .piece_valid_i  (data_valid_i),
    .piece_ready_o  (data_ready_o),
    .piece_i        (data_i),
    .done_o,
    .fault_o        (fault),
    .taken_o        (beat_o),
    .axi_o          (request),
    .axi_i          (response),
    .axi_wdata_o    (m_axi_wdata),
    .axi_wstrb_o    (m_axi_wstrb)
  );

endmodule
