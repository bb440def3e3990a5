// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// AXI4-Lite register block: decodes, keeps the configuration and the interrupt registers, shows
// state and counters. AW and W come in any order; one write and one read at a time, each some three
// cycles. The two low address bits are ignored. Outputs to the bus are registered.

`include "rs_assert.svh"

module rs_regs
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
#(
  /// Parameters of the core, see docs/interfaces.md.
  parameter int unsigned M = 4,
  parameter int unsigned C = 4,
  parameter int unsigned P = 3,
  parameter int unsigned ActW = 8,
  parameter int unsigned ExpN = 7,
  parameter int unsigned AccW = 28,
  parameter int unsigned FbDepth = 16384,
  parameter int unsigned WmDepth = 4096,
  parameter int unsigned PmDepth = 512,
  parameter int unsigned AxiDataW = 64,
  /// Performance counters, in the order of the registers from CYCLES on.
  parameter int unsigned Counters = 12
) (
  /// Clock.
  input  logic                      clk_i,
  /// Synchronous reset, active low.
  input  logic                      rst_ni,
  /// AXI4-Lite slave.
  input  logic [11:0]               s_axil_awaddr_i,
  input  logic                      s_axil_awvalid_i,
  output logic                      s_axil_awready_o,
  input  logic [31:0]               s_axil_wdata_i,
  input  logic [3:0]                s_axil_wstrb_i,
  input  logic                      s_axil_wvalid_i,
  output logic                      s_axil_wready_o,
  output logic [1:0]                s_axil_bresp_o,
  output logic                      s_axil_bvalid_o,
  input  logic                      s_axil_bready_i,
  input  logic [11:0]               s_axil_araddr_i,
  input  logic                      s_axil_arvalid_i,
  output logic                      s_axil_arready_o,
  output logic [31:0]               s_axil_rdata_o,
  output logic [1:0]                s_axil_rresp_o,
  output logic                      s_axil_rvalid_o,
  input  logic                      s_axil_rready_i,
  /// Interrupt, level.
  output logic                      irq_o,
  /// Interrupt events: done [0], error [1], frame [2].
  input  logic [2:0]                event_i,
  /// Clear the interrupt status (soft reset).
  input  logic                      clear_irq_i,
  /// CTRL was written; start only when start_ok_i, otherwise the write answers SLVERR.
  output logic                      start_o,
  input  logic                      start_ok_i,
  output logic                      soft_reset_o,
  /// Configuration; software changes it only while the core is not busy.
  output config_t                   config_o,
  output logic [31:0]               watchdog_o,
  /// State and counters to show.
  input  state_t                    state_i,
  input  logic [Counters-1:0][31:0] counter_i
);

  localparam int unsigned HighW = AddrW - 32;
  localparam logic [1:0] RespOkay = 2'b00;
  localparam logic [1:0] RespSlverr = 2'b10;

  // Bus side.
  logic aw_valid, w_valid, ar_valid, write, read;
  logic [9:0] aw_index, ar_index;  // word address
  logic [31:0] w_data;
  logic [3:0]  w_strb;
  logic [11:0] waddr, raddr;

  rs_skid #(
    .Width(10)
  ) u_aw (
    .clk_i,
    .rst_ni,
    .in_valid_i (s_axil_awvalid_i),
    .in_ready_o (s_axil_awready_o),
    .in_data_i  (s_axil_awaddr_i[11:2]),
    .out_valid_o(aw_valid),
    .out_ready_i(write),
    .out_data_o (aw_index)
  );
  rs_skid #(
    .Width(36)
  ) u_w (
    .clk_i,
    .rst_ni,
    .in_valid_i (s_axil_wvalid_i),
    .in_ready_o (s_axil_wready_o),
    .in_data_i  ({s_axil_wdata_i, s_axil_wstrb_i}),
    .out_valid_o(w_valid),
    .out_ready_i(write),
    .out_data_o ({w_data, w_strb})
  );
  rs_skid #(
    .Width(10)
  ) u_ar (
    .clk_i,
    .rst_ni,
    .in_valid_i (s_axil_arvalid_i),
    .in_ready_o (s_axil_arready_o),
    .in_data_i  (s_axil_araddr_i[11:2]),
    .out_valid_o(ar_valid),
    .out_ready_i(read),
    .out_data_o (ar_index)
  );

  assign write = aw_valid && w_valid && !s_axil_bvalid_o;
  assign read  = ar_valid && !s_axil_rvalid_o;
  assign waddr = {aw_index, 2'b00};
  assign raddr = {ar_index, 2'b00};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      s_axil_bvalid_o <= 1'b0;
      s_axil_rvalid_o <= 1'b0;
    end else begin
      s_axil_bvalid_o <= write || (s_axil_bvalid_o && !s_axil_bready_i);
      s_axil_rvalid_o <= read || (s_axil_rvalid_o && !s_axil_rready_i);
    end
  end

  // Writes.
  config_t     config_q;
  logic [31:0] watchdog_q;
  logic [2:0] irq_enable_q, irq_status_q, irq_clear;
  logic write_ok, refused, ctrl;

  // A register with the strobed bytes replaced.
  function automatic logic [31:0] merge(input logic [31:0] old);
    logic [31:0] mask;
    mask = {{8{w_strb[3]}}, {8{w_strb[2]}}, {8{w_strb[1]}}, {8{w_strb[0]}}};
    return (old & ~mask) | (w_data & mask);
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      config_q     <= '0;
      watchdog_q   <= '0;
      irq_enable_q <= '0;
    end else if (write) begin
      unique case (waddr)
        RegProgBaseLo: config_q.prog_base[31:0] <= merge(config_q.prog_base[31:0]);
        RegProgBaseHi: config_q.prog_base[AddrW-1:32] <=
                       HighW'(merge(32'(config_q.prog_base[AddrW-1:32])));
        RegProgSize:   config_q.prog_size <= merge(config_q.prog_size);
        RegInBaseLo:   config_q.in_base[31:0] <= merge(config_q.in_base[31:0]);
        RegInBaseHi:   config_q.in_base[AddrW-1:32] <=
                       HighW'(merge(32'(config_q.in_base[AddrW-1:32])));
        RegInStride:   config_q.in_stride <= merge(config_q.in_stride);
        RegOutBaseLo:  config_q.out_base[31:0] <= merge(config_q.out_base[31:0]);
        RegOutBaseHi:  config_q.out_base[AddrW-1:32] <=
                       HighW'(merge(32'(config_q.out_base[AddrW-1:32])));
        RegOutStride:  config_q.out_stride <= merge(config_q.out_stride);
        RegFrames:     config_q.frames <= merge(config_q.frames);
        RegWatchdog:   watchdog_q <= merge(watchdog_q);
        RegIrqEnable:  irq_enable_q <= 3'(merge(32'(irq_enable_q)));
        default: ;
      endcase
    end
  end

  assign ctrl         = write && waddr == RegCtrl && w_strb[0];
  assign soft_reset_o = ctrl && w_data[1];
  assign start_o      = ctrl && w_data[0] && !w_data[1] && start_ok_i;
  assign refused      = ctrl && w_data[0] && !w_data[1] && !start_ok_i;
  assign write_ok     = !refused && (waddr inside {
      RegCtrl, RegIrqEnable, RegIrqStatus, RegProgBaseLo, RegProgBaseHi, RegProgSize, RegInBaseLo,
      RegInBaseHi, RegInStride, RegOutBaseLo, RegOutBaseHi, RegOutStride, RegFrames, RegWatchdog});

  always_ff @(posedge clk_i) begin
    if (write) s_axil_bresp_o <= write_ok ? RespOkay : RespSlverr;
  end

  // Interrupts: an event in the cycle of its clearing stays.
  assign irq_clear = write && waddr == RegIrqStatus && w_strb[0] ? w_data[2:0] : {3{clear_irq_i}};
  always_ff @(posedge clk_i) begin
    if (!rst_ni) irq_status_q <= '0;
    else irq_status_q <= (irq_status_q & ~irq_clear) | event_i;
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) irq_o <= 1'b0;
    else irq_o <= |(irq_status_q & irq_enable_q);
  end

  // Reads.
  logic [31:0] read_data;
  logic        read_ok;
  logic [9:0]  counter_index;

  assign counter_index = ar_index - RegCycles[11:2];

  always_comb begin
    read_data = '0;
    read_ok   = 1'b1;
    unique case (raddr)
      RegId:            read_data = RegisterId;
      RegVersion:       read_data = 32'(Version);
      RegCapShape:      read_data = {8'(ActW), 8'(P), 8'(C), 8'(M)};
      RegCapFormat:     read_data = {8'd0, 8'(AxiDataW / 8), 8'(AccW), 8'(ExpN)};
      RegCapFbDepth:    read_data = 32'(FbDepth);
      RegCapWmDepth:    read_data = 32'(WmDepth);
      RegCapPmDepth:    read_data = 32'(PmDepth);
      RegCtrl:          read_data = '0;
      RegStatus:        read_data = {18'd0, state_i.units_busy, 4'd0, state_i.resetting,
                                     state_i.error, state_i.done, state_i.busy};
      RegIrqEnable:     read_data = 32'(irq_enable_q);
      RegIrqStatus:     read_data = 32'(irq_status_q);
      RegErrCause:      read_data = 32'(state_i.cause);
      RegErrDescriptor: read_data = 32'(state_i.index);
      RegErrAddrLo:     read_data = state_i.addr[31:0];
      RegErrAddrHi:     read_data = 32'(state_i.addr[AddrW-1:32]);
      RegProgBaseLo:    read_data = config_q.prog_base[31:0];
      RegProgBaseHi:    read_data = 32'(config_q.prog_base[AddrW-1:32]);
      RegProgSize:      read_data = config_q.prog_size;
      RegInBaseLo:      read_data = config_q.in_base[31:0];
      RegInBaseHi:      read_data = 32'(config_q.in_base[AddrW-1:32]);
      RegInStride:      read_data = config_q.in_stride;
      RegOutBaseLo:     read_data = config_q.out_base[31:0];
      RegOutBaseHi:     read_data = 32'(config_q.out_base[AddrW-1:32]);
      RegOutStride:     read_data = config_q.out_stride;
      RegFrames:        read_data = config_q.frames;
      RegFramesDone:    read_data = state_i.frames_done;
      RegWatchdog:      read_data = watchdog_q;
      default: begin
        read_ok = counter_index < 10'(Counters);
        for (int unsigned k = 0; k < Counters; k++) begin
          if (counter_index == 10'(k)) read_data = counter_i[k];
        end
      end
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (read) begin
      s_axil_rdata_o <= read_data;
      s_axil_rresp_o <= read_ok ? RespOkay : RespSlverr;
    end
  end

  assign config_o   = config_q;
  assign watchdog_o = watchdog_q;

  `RS_ASSERT_STABLE(BStable, s_axil_bvalid_o, s_axil_bready_i, s_axil_bresp_o)
  `RS_ASSERT_STABLE(RStable, s_axil_rvalid_o, s_axil_rready_i, ({s_axil_rdata_o, s_axil_rresp_o}))

  logic unused_addr;
  assign unused_addr = ^{s_axil_awaddr_i[1:0], s_axil_araddr_i[1:0]};

endmodule
