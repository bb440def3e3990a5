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

`include "rs_assert.svh"

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

endmodule
