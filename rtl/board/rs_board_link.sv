// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A core at the end of a serial line: the host reads and writes its registers, and is its memory.
/// For parts without room for a memory of their own (docs/board.md). Everything on the line is a
/// frame of five bytes, a head and a word, low byte first:
///
///   head [7:6]  from the host                            to the host ([5]: the interrupt)
///   0           read register [5:0]                      answer, response [1:0]; value
///   1           write register [5:0]; value              read burst, beats - 1 [3:0]; address
///   2           beat read, response [2:1], last [0]      write burst, beats - 1 [3:0]; address
///   3           write burst is done, response [2:1]      beat written, last [4], strobes [3:0]
///
/// One register access at a time. Bursts are answered in order. A frame that breaks off is
/// forgotten when the line is quiet. There is no checksum.
///
/// Throughput: a word per five bytes on the line.
/// Latency: that of the line and the host.
/// Handshake: AXI4 slave, AXI4-Lite master; bytes for the line are valid/ready.
/// Assumes: bytes from the line are at least 50 cycles apart; the AXI4 master always takes answers.
module rs_board_link #(
  /// Cycles without a byte after which a frame is given up.
  parameter int unsigned QuietClocks = 4000000
) (
  /// Clock.
  input  logic        clk_i,
  /// Synchronous reset, active low.
  input  logic        rst_ni,
  /// Bytes from the line, at least 50 cycles apart; bytes for it.
  input  logic        rx_valid_i,
  input  logic [7:0]  rx_data_i,
  output logic        tx_valid_o,
  input  logic        tx_ready_i,
  output logic [7:0]  tx_data_o,
  /// AXI4-Lite master, one access at a time.
  output logic [11:0] m_axil_addr_o,
  output logic        m_axil_awvalid_o,
  input  logic        m_axil_awready_i,
  output logic [31:0] m_axil_wdata_o,
  output logic        m_axil_wvalid_o,
  input  logic        m_axil_wready_i,
  input  logic [1:0]  m_axil_bresp_i,
  input  logic        m_axil_bvalid_i,
  output logic        m_axil_bready_o,
  output logic        m_axil_arvalid_o,
  input  logic        m_axil_arready_i,
  input  logic [31:0] m_axil_rdata_i,
  input  logic [1:0]  m_axil_rresp_i,
  input  logic        m_axil_rvalid_i,
  output logic        m_axil_rready_o,
  /// AXI4 slave: bursts of at most 16 beats of 32 bits. Its master always takes answers.
  input  logic [31:0] s_axi_araddr_i,
  input  logic [7:0]  s_axi_arlen_i,
  input  logic        s_axi_arvalid_i,
  output logic        s_axi_arready_o,
  output logic [31:0] s_axi_rdata_o,
  output logic [1:0]  s_axi_rresp_o,
  output logic        s_axi_rlast_o,
  output logic        s_axi_rvalid_o,
  input  logic [31:0] s_axi_awaddr_i,
  input  logic [7:0]  s_axi_awlen_i,
  input  logic        s_axi_awvalid_i,
  output logic        s_axi_awready_o,
  input  logic [31:0] s_axi_wdata_i,
  input  logic [3:0]  s_axi_wstrb_i,
  input  logic        s_axi_wlast_i,
  input  logic        s_axi_wvalid_i,
  output logic        s_axi_wready_o,
  output logic [1:0]  s_axi_bresp_o,
  output logic        s_axi_bvalid_o,
  /// The core's interrupt.
  input  logic        irq_i
);

  typedef enum logic [1:0] {
    HostRead,
    HostWrite,
    HostBeat,
    HostDone
  } host_e;

  typedef enum logic [1:0] {
    BoardAnswer,
    BoardRead,
    BoardWrite,
    BoardBeat
  } board_e;

  localparam int unsigned QuietW = $clog2(QuietClocks + 1);
  localparam logic [2:0] FrameBytes = 3'd5;

  // From the host. A frame stays until the next one's first byte.
  logic [31:0] rx_word;
  logic [5:0]  rx_low;
  host_e       rx_kind;
  logic [39:0] rx_q;
  logic [2:0]  rx_count_q;
  logic [QuietW-1:0] quiet_q;
  logic rx_done_q, rx_last;

  assign rx_word = rx_q[39:8];
  assign rx_kind = host_e'(rx_q[7:6]);
  assign rx_low  = rx_q[5:0];
  assign rx_last = rx_count_q == FrameBytes - 3'd1;

  always_ff @(posedge clk_i) begin
    if (rx_valid_i) rx_q <= {rx_data_i, rx_q[39:8]};
    quiet_q <= rx_valid_i ? QuietW'(QuietClocks) : quiet_q - QuietW'(1);
    if (!rst_ni) begin
      rx_count_q <= '0;
      rx_done_q  <= 1'b0;
    end else begin
      if (rx_valid_i) rx_count_q <= rx_last ? '0 : rx_count_q + 3'd1;
      else if (quiet_q == '0) rx_count_q <= '0;
      rx_done_q <= rx_valid_i && rx_last;
    end
  end

  assign m_axil_addr_o  = {4'd0, rx_low, 2'd0};
  assign m_axil_wdata_o = rx_word;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      m_axil_awvalid_o <= 1'b0;
      m_axil_wvalid_o  <= 1'b0;
      m_axil_arvalid_o <= 1'b0;
    end else if (rx_done_q) begin
      m_axil_awvalid_o <= rx_kind == HostWrite;
      m_axil_wvalid_o  <= rx_kind == HostWrite;
      m_axil_arvalid_o <= rx_kind == HostRead;
    end else begin
      if (m_axil_awready_i) m_axil_awvalid_o <= 1'b0;
      if (m_axil_wready_i) m_axil_wvalid_o <= 1'b0;
      if (m_axil_arready_i) m_axil_arvalid_o <= 1'b0;
    end
  end

  assign s_axi_rvalid_o = rx_done_q && rx_kind == HostBeat;
  assign s_axi_rdata_o  = rx_word;
  assign s_axi_rresp_o  = rx_low[2:1];
  assign s_axi_rlast_o  = rx_low[0];
  assign s_axi_bvalid_o = rx_done_q && rx_kind == HostDone;
  assign s_axi_bresp_o  = rx_low[2:1];

  // To the host: a register's answer first, then bursts, then beats.
  logic [39:0] tx_q;
  logic [2:0]  tx_left_q;
  logic [31:0] tx_word;
  logic [4:0]  tx_low;
  board_e      tx_kind;
  logic free, answer, load;

  assign free   = tx_left_q == '0;
  assign answer = m_axil_rvalid_i || m_axil_bvalid_i;
  assign load   = answer || s_axi_arvalid_i || s_axi_awvalid_i || s_axi_wvalid_i;

  assign m_axil_rready_o = free;
  assign m_axil_bready_o = free;
  assign s_axi_arready_o = free && !answer;
  assign s_axi_awready_o = free && !answer && !s_axi_arvalid_i;
  assign s_axi_wready_o  = free && !answer && !s_axi_arvalid_i && !s_axi_awvalid_i;

  always_comb begin
    tx_kind = BoardBeat;
    tx_word = s_axi_wdata_i;
    tx_low  = {s_axi_wlast_i, s_axi_wstrb_i};
    if (s_axi_awvalid_i) begin
      tx_kind = BoardWrite;
      tx_word = s_axi_awaddr_i;
      tx_low  = {1'b0, s_axi_awlen_i[3:0]};
    end
    if (s_axi_arvalid_i) begin
      tx_kind = BoardRead;
      tx_word = s_axi_araddr_i;
      tx_low  = {1'b0, s_axi_arlen_i[3:0]};
    end
    if (answer) begin
      tx_kind = BoardAnswer;
      tx_word = m_axil_rdata_i;
      tx_low  = {3'd0, m_axil_rvalid_i ? m_axil_rresp_i : m_axil_bresp_i};
    end
  end

  assign tx_valid_o = !free;
  assign tx_data_o  = tx_q[7:0];

  always_ff @(posedge clk_i) begin
    if (free) tx_q <= {tx_word, tx_kind, irq_i, tx_low};
    else if (tx_ready_i) tx_q <= {8'd0, tx_q[39:8]};
    if (!rst_ni) tx_left_q <= '0;
    else if (free) tx_left_q <= load ? FrameBytes : '0;
    else if (tx_ready_i) tx_left_q <= tx_left_q - 3'd1;
  end

  logic unused_len;
  assign unused_len = ^{s_axi_arlen_i[7:4], s_axi_awlen_i[7:4]};

  `RS_ASSERT(ShortBursts,
             !(s_axi_arvalid_i && |s_axi_arlen_i[7:4]) && !(s_axi_awvalid_i && |s_axi_awlen_i[7:4]))
  `RS_ASSERT_STABLE(AwStable, m_axil_awvalid_o, m_axil_awready_i, m_axil_addr_o)
  `RS_ASSERT_STABLE(WStable, m_axil_wvalid_o, m_axil_wready_i, m_axil_wdata_o)
  `RS_ASSERT_STABLE(ArStable, m_axil_arvalid_o, m_axil_arready_i, m_axil_addr_o)
  `RS_ASSERT_STABLE(TxStable, tx_valid_o, tx_ready_i, tx_data_o)

endmodule
