// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The AXI4-Lite register block: decodes addresses and keeps the interrupt registers. The other
/// registers are in the control program's memory, word for word at their offset, and the counters
/// in rs_perf. A write is taken when address and data are there. The two low address bits are
/// ignored.
///
/// Throughput: one write and one read at a time.
/// Latency: some 5 cycles each; up to 40 for a counter.
/// Handshake: AXI4-Lite; outputs to the bus come from registers.
/// Assumes: bus signals are stable while they wait.
module rs_regs
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
  import rs_axi_pkg::*;
#(
  /// A register after the memory.
  parameter bit RamReg = 1'b1
) (
  /// Clock.
  input  logic        clk_i,
  /// Synchronous reset, active low.
  input  logic        rst_ni,
  /// AXI4-Lite slave.
  input  lite_request_t  axil_i,
  output lite_response_t axil_o,
  /// The memory may be used.
  input  logic        open_i,
  /// The memory: a read's data comes in the next cycle, with RamReg in the one after; a write is held
  /// until it is taken.
  output reg_access_t    access_o,
  input  logic [31:0]    rdata_i,
  input  logic           write_ready_i,
  /// Counters, see rs_perf: those from CYCLES on, then FRAMES_DONE.
  output logic        count_read_o,
  output logic [3:0]  count_index_o,
  input  logic        count_low_i,
  input  logic [15:0] count_half_i,
  /// Interrupt, level.
  output logic        irq_o,
  /// Interrupt events: done [0], error [1], frame [2].
  input  logic [2:0]  event_i,
  /// Clear the interrupt status (soft reset).
  input  logic        clear_irq_i,
  /// CTRL was written; start only when start_ok_i, otherwise the write answers SLVERR.
  output logic        start_o,
  input  logic        start_ok_i,
  output logic        soft_reset_o,
  /// FRAMES is not 0.
  output logic        frames_ok_o,
  /// State to show.
  input  state_t      state_i
);

  localparam logic [1:0] RespOkay = 2'b00;
  localparam logic [1:0] RespSlverr = 2'b10;

  // Writes.
  typedef enum logic [1:0] {
    WrIdle,
    WrDo,
    WrTake,
    WrAnswer
  } wr_e;
  wr_e wr_q;
  logic [5:0]  wword;
  logic [11:0] waddr;  // within the first 256 bytes
  logic [2:0] irq_enable_q, irq_status_q, irq_clear;
  logic [3:0] frames_q;  // bytes of FRAMES that are not 0
  logic stored, writable, write_done, ctrl, refused, bad_write_q;
  reg_ctrl_t command;
  reg_irq_enable_t irq_written;  // IRQ_STATUS has the same bits

  assign wword = axil_i.awaddr[7:2];
  assign waddr = {4'd0, wword, 2'd0};
  assign stored = register_stored(wword);
  assign writable = axil_i.awaddr[11:8] == '0 && register_writable(wword);
  assign command = reg_ctrl_t'(axil_i.wdata);
  assign irq_written = reg_irq_enable_t'(axil_i.wdata);
  assign access_o.waddr = wword;
  assign access_o.wdata = axil_i.wdata;
  assign access_o.write = axil_i.wstrb & {4{wr_q == WrDo && writable && stored}} &
                   {{3{!register_low_byte(wword)}}, 1'b1};

  assign write_done = wr_q == WrTake;
  assign ctrl       = write_done && writable && waddr == RegCtrl && axil_i.wstrb[0];
  assign refused    = ctrl && command.start && !command.soft_reset && !start_ok_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      start_o      <= 1'b0;
      soft_reset_o <= 1'b0;
    end else begin
      start_o      <= ctrl && command.start && !command.soft_reset && start_ok_i;
      soft_reset_o <= ctrl && command.soft_reset;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wr_q <= WrIdle;
    end else begin
      unique case (wr_q)
        WrIdle:  if (axil_i.awvalid && axil_i.wvalid && open_i) wr_q <= WrDo;
        WrDo:    if (write_ready_i) wr_q <= WrTake;
        WrTake:  wr_q <= WrAnswer;
        default: if (axil_i.bready) wr_q <= WrIdle;
      endcase
    end
  end
  always_ff @(posedge clk_i) begin
    if (write_done) bad_write_q <= refused || !writable;
  end
  assign axil_o.awready = wr_q == WrTake;
  assign axil_o.wready  = wr_q == WrTake;
  assign axil_o.bvalid  = wr_q == WrAnswer;
  assign axil_o.bresp   = bad_write_q ? RespSlverr : RespOkay;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      irq_enable_q <= '0;
      frames_q     <= '0;
    end else if (write_done && writable) begin
      if (waddr == RegIrqEnable && axil_i.wstrb[0]) begin
        irq_enable_q <= {irq_written.frame, irq_written.error, irq_written.done};
      end
      for (int unsigned b = 0; b < 4; b++) begin
        if (waddr == RegFrames && axil_i.wstrb[b]) begin
          frames_q[b] <= axil_i.wdata[8*b+:8] != '0;
        end
      end
    end
  end
  assign frames_ok_o = |frames_q;

  // Interrupts: an event in the cycle of its clearing stays.
  assign irq_clear = write_done && writable && waddr == RegIrqStatus &&
                     axil_i.wstrb[0] ?
                     {irq_written.frame, irq_written.error, irq_written.done} : {3{clear_irq_i}};
  always_ff @(posedge clk_i) begin
    if (!rst_ni) irq_status_q <= '0;
    else irq_status_q <= (irq_status_q & ~irq_clear) | event_i;
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) irq_o <= 1'b0;
    else irq_o <= |(irq_status_q & irq_enable_q);
  end

  // Reads. In the memory, what is kept elsewhere is zero.
  typedef enum logic [2:0] {
    RdIdle,
    RdMemory,
    RdWait,
    RdData,
    RdLow,
    RdHigh,
    RdTake,
    RdAnswer
  } rd_e;
  rd_e rd_q;
  logic [5:0]  rword;
  logic [11:0] raddr;
  logic counted, readable_q;
  logic [31:0] here, data_d, data_q;

  assign rword         = axil_i.araddr[7:2];
  assign raddr         = {4'd0, rword, 2'd0};
  assign access_o.raddr       = rword;
  assign access_o.read        = rd_q == RdMemory;
  assign counted       = register_counted(rword);
  assign count_read_o  = rd_q == RdLow;
  assign count_index_o = register_counter(rword);

  reg_status_t status;
  always_comb begin
    status = '0;
    status.busy = state_i.busy;
    status.done = state_i.done;
    status.error = state_i.error;
    status.resetting = state_i.resetting;
    {status.axi_write_busy, status.axi_read_busy, status.store_busy, status.exec_busy,
     status.load_busy, status.program_busy} = state_i.units_busy;
  end
  always_comb begin
    unique case (raddr)
      RegStatus: here = status;
      RegIrqEnable: here = 32'(irq_enable_q);
      RegIrqStatus: here = 32'(irq_status_q);
      RegErrAddrLo: here = state_i.addr[31:0];
      RegErrAddrHi: here = 32'(state_i.addr[AddrW-1:32]);
      default:               here = '0;
    endcase
  end
  assign data_d = counted ? {2{count_half_i}} : rdata_i | here;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      rd_q <= RdIdle;
    end else begin
      unique case (rd_q)
        RdIdle:   if (axil_i.arvalid && open_i) rd_q <= RdMemory;
        RdMemory: rd_q <= counted ? RdLow : RamReg ? RdWait : RdData;
        RdWait:   rd_q <= RdData;
        RdData:   rd_q <= RdTake;
        RdLow:    if (count_low_i) rd_q <= RdHigh;
        RdHigh:   rd_q <= RdTake;
        RdTake:   rd_q <= RdAnswer;
        default:  if (axil_i.rready) rd_q <= RdIdle;
      endcase
    end
  end
  always_ff @(posedge clk_i) begin
    if (rd_q inside {RdData, RdLow}) data_q[15:0] <= data_d[15:0];
    if (rd_q inside {RdData, RdHigh}) data_q[31:16] <= data_d[31:16];
    if (rd_q == RdMemory) begin
      readable_q <= axil_i.araddr[11:8] == '0 && register_known(rword);
    end
  end
  assign axil_o.arready = rd_q == RdTake;
  assign axil_o.rvalid  = rd_q == RdAnswer;
  assign axil_o.rdata   = data_q;
  assign axil_o.rresp   = readable_q ? RespOkay : RespSlverr;

  `RS_ASSERT_STABLE(BStable, axil_o.bvalid, axil_i.bready, axil_o.bresp)
  `RS_ASSERT_STABLE(RStable, axil_o.rvalid, axil_i.rready, ({axil_o.rdata, axil_o.rresp}))

  logic unused_addr;
  assign unused_addr = ^{axil_i.awaddr[1:0], axil_i.araddr[1:0], command, irq_written};

endmodule
