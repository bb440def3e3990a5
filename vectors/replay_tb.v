// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Replays one case of `make vectors` on the core and checks every byte it stored. Plain Verilog, for
// any simulator; the core is the file that `make verilog` writes. Plusargs:
//
//   +case=DIR       folder of the case (see manifest.json for the files and their formats)
//   +max_cycles=N   give up after N cycles (default 2,000,000)
//
// AXI_DATA_W (macro) is the core's data width. Prints PASS or FAIL, and ends with $finish.

`timescale 1ns / 1ps

`ifndef AXI_DATA_W
`define AXI_DATA_W 64
`endif

module replay_tb;

  localparam DataW = `AXI_DATA_W;
  localparam Bytes = DataW / 8;
  localparam MemWords = 1 << 17;
  localparam Latency = 10;
  localparam Queue = 16;

  // The settings of a case: word i of case.hex.
  localparam ProgSize = 0;
  localparam InBase = 1;
  localparam InStride = 2;
  localparam OutBase = 3;
  localparam OutStride = 4;
  localparam Frames = 5;
  localparam MemoryWords = 6;  // lines of memory.hex: program and images
  localparam OutWords = 7;     // lines of expected.hex and care.hex

  reg [DataW-1:0] memory   [0:MemWords-1];
  reg [DataW-1:0] expected [0:MemWords-1];
  reg [DataW-1:0] care     [0:MemWords-1];
  reg [31:0]      settings [0:7];
  reg [1023:0]    dir;
  integer         max_cycles, cycles, errors, checked, i;

  reg clk = 0;
  reg rst_n = 0;
  always #5 clk = !clk;

  // AXI4-Lite.
  reg  [11:0] awaddr = 0, araddr = 0;
  reg  [31:0] wdata = 0;
  reg         awvalid = 0, wvalid = 0, bready = 0, arvalid = 0, rready = 0;
  wire        awready, wready, bvalid, arready, rvalid, irq;
  wire [1:0]  bresp, rresp;
  wire [31:0] rdata;

  // AXI4.
  wire [39:0]        m_araddr, m_awaddr;
  wire [7:0]         m_arlen, m_awlen;
  wire               m_arvalid, m_rready, m_awvalid, m_wvalid, m_wlast, m_bready;
  wire [DataW-1:0]   m_wdata;
  wire [Bytes-1:0]   m_wstrb;
  reg                m_rvalid = 0, m_rlast = 0, m_bvalid = 0;
  reg  [DataW-1:0]   m_rdata = 0;

  // Read bursts wait in a queue with the cycle from which they may answer.
  reg [39:0] r_addr [0:Queue-1];
  reg [7:0]  r_len  [0:Queue-1];
  integer    r_when [0:Queue-1];
  integer    r_in = 0, r_out = 0, r_beat = 0;
  wire       m_arready = r_in - r_out < Queue;
  // One write burst at a time.
  reg        w_busy = 0;
  reg [39:0] w_addr = 0;
  wire       m_awready = !w_busy && !m_bvalid;
  wire       m_wready = w_busy;

  reshift_core u_core (
    .clk(clk), .rst_n(rst_n),
    .s_axil_awaddr(awaddr), .s_axil_awprot(3'b0), .s_axil_awvalid(awvalid),
    .s_axil_awready(awready), .s_axil_wdata(wdata), .s_axil_wstrb(4'hf), .s_axil_wvalid(wvalid),
    .s_axil_wready(wready), .s_axil_bresp(bresp), .s_axil_bvalid(bvalid), .s_axil_bready(bready),
    .s_axil_araddr(araddr), .s_axil_arprot(3'b0), .s_axil_arvalid(arvalid),
    .s_axil_arready(arready), .s_axil_rdata(rdata), .s_axil_rresp(rresp), .s_axil_rvalid(rvalid),
    .s_axil_rready(rready),
    .m_axi_araddr(m_araddr), .m_axi_arlen(m_arlen), .m_axi_arsize(), .m_axi_arburst(),
    .m_axi_arcache(), .m_axi_arprot(), .m_axi_arvalid(m_arvalid), .m_axi_arready(m_arready),
    .m_axi_rdata(m_rdata), .m_axi_rresp(2'b00), .m_axi_rlast(m_rlast), .m_axi_rvalid(m_rvalid),
    .m_axi_rready(m_rready),
    .m_axi_awaddr(m_awaddr), .m_axi_awlen(m_awlen), .m_axi_awsize(), .m_axi_awburst(),
    .m_axi_awcache(), .m_axi_awprot(), .m_axi_awvalid(m_awvalid), .m_axi_awready(m_awready),
    .m_axi_wdata(m_wdata), .m_axi_wstrb(m_wstrb), .m_axi_wlast(m_wlast), .m_axi_wvalid(m_wvalid),
    .m_axi_wready(m_wready), .m_axi_bresp(2'b00), .m_axi_bvalid(m_bvalid), .m_axi_bready(m_bready),
    .irq(irq)
  );

  always @(posedge clk) begin
    cycles <= cycles + 1;

    if (m_arvalid && m_arready) begin
      r_addr[r_in % Queue] <= m_araddr;
      r_len[r_in % Queue]  <= m_arlen;
      r_when[r_in % Queue] <= cycles + Latency;
      r_in <= r_in + 1;
    end
    if (!m_rvalid || m_rready) begin
      m_rvalid <= 0;
      if (r_out != r_in && cycles >= r_when[r_out % Queue]) begin
        m_rvalid <= 1;
        m_rdata  <= memory[r_addr[r_out % Queue] / Bytes + r_beat];
        m_rlast  <= r_beat == r_len[r_out % Queue];
        if (r_beat == r_len[r_out % Queue]) begin
          r_beat <= 0;
          r_out  <= r_out + 1;
        end else r_beat <= r_beat + 1;
      end
    end

    if (m_awvalid && m_awready) begin
      w_busy <= 1;
      w_addr <= m_awaddr / Bytes;
    end
    if (m_wvalid && m_wready) begin
      for (i = 0; i < Bytes; i = i + 1)
        if (m_wstrb[i]) memory[w_addr][8*i +: 8] <= m_wdata[8*i +: 8];
      w_addr <= w_addr + 1;
      if (m_wlast) begin
        w_busy   <= 0;
        m_bvalid <= 1;
      end
    end
    if (m_bvalid && m_bready) m_bvalid <= 0;

    if (cycles > max_cycles) begin
      $display("FAIL: no interrupt after %0d cycles", max_cycles);
      $finish;
    end
  end

  task write_register(input [11:0] address, input [31:0] value);
    reg done;
    begin
      awaddr  <= address;
      wdata   <= value;
      awvalid <= 1;
      wvalid  <= 1;
      bready  <= 1;
      done    = 0;
      while (!done) begin
        @(posedge clk);
        if (awvalid && awready) awvalid <= 0;
        if (wvalid && wready) wvalid <= 0;
        if (bvalid && bready) begin
          bready <= 0;
          done = 1;
          if (bresp != 2'b00) begin
            $display("FAIL: write to register %h refused", address);
            $finish;
          end
        end
      end
    end
  endtask

  task read_register(input [11:0] address, output [31:0] value);
    reg done;
    begin
      araddr  <= address;
      arvalid <= 1;
      rready  <= 1;
      done    = 0;
      while (!done) begin
        @(posedge clk);
        if (arvalid && arready) arvalid <= 0;
        if (rvalid && rready) begin
          value = rdata;
          rready <= 0;
          done = 1;
        end
      end
    end
  endtask

  reg [31:0] cause;
  integer    word, byte_index;

  initial begin
    cycles  = 0;
    errors  = 0;
    checked = 0;
    if (!$value$plusargs("case=%s", dir)) begin
      $display("FAIL: +case=DIR is missing");
      $finish;
    end
    if (!$value$plusargs("max_cycles=%d", max_cycles)) max_cycles = 2000000;
    $readmemh({dir, "/case.hex"}, settings);
    $readmemh({dir, "/memory.hex"}, memory, 0, settings[MemoryWords] - 1);
    $readmemh({dir, "/expected.hex"}, expected, 0, settings[OutWords] - 1);
    $readmemh({dir, "/care.hex"}, care, 0, settings[OutWords] - 1);

    repeat (100) @(posedge clk);
    rst_n <= 1;
    @(posedge clk);

    write_register(12'h028, 32'h3);  // IRQ_ENABLE: done, error
    write_register(12'h040, 32'h0);  // the program lies at address 0
    write_register(12'h044, 32'h0);
    write_register(12'h048, settings[ProgSize]);
    write_register(12'h050, settings[InBase]);
    write_register(12'h054, 32'h0);
    write_register(12'h058, settings[InStride]);
    write_register(12'h060, settings[OutBase]);
    write_register(12'h064, 32'h0);
    write_register(12'h068, settings[OutStride]);
    write_register(12'h070, settings[Frames]);
    write_register(12'h020, 32'h1);  // CTRL: start
    while (irq !== 1) @(posedge clk);  // unknown is no interrupt

    read_register(12'h030, cause);
    if (cause != 0) begin
      $display("FAIL: the core stopped with error %0d", cause);
      $finish;
    end
    for (word = 0; word < settings[OutWords]; word = word + 1)
      for (byte_index = 0; byte_index < Bytes; byte_index = byte_index + 1)
        if (care[word][8*byte_index +: 8] != 0) begin
          checked = checked + 1;
          if (memory[settings[OutBase] / Bytes + word][8*byte_index +: 8]
              !== expected[word][8*byte_index +: 8]) begin
            errors = errors + 1;
            if (errors <= 10)
              $display("byte %0d of the output: %h, expected %h", word * Bytes + byte_index,
                       memory[settings[OutBase] / Bytes + word][8*byte_index +: 8],
                       expected[word][8*byte_index +: 8]);
          end
        end
    if (checked == 0) $display("FAIL: nothing was checked");
    else if (errors != 0) $display("FAIL: %0d of %0d bytes differ", errors, checked);
    else $display("PASS: %0d bytes equal, %0d cycles", checked, cycles);
    $finish;
  end

endmodule
