// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Replays the vectors of one module of `make vectors` and compares every output that they expect, in
// every cycle. Plain Verilog, for any simulator. The module is any form of it: the source, the plain
// Verilog that tools/synth writes, a netlist. The include path must name the folder of the vectors
// (for ports.vh: widths and instance). Plusargs:
//
//   +vectors=DIR    folder of the module's vectors
//
// Prints PASS or FAIL, and ends with $finish.

`timescale 1ns / 1ps

module module_replay_tb;

  reg clk = 0;

`include "ports.vh"

  reg [InW-1:0]  inputs   [0:Lines-1];
  reg [OutW-1:0] expected [0:Lines-1];
  reg [OutW-1:0] care     [0:Lines-1];
  reg [2047:0]   dir;
  integer        line, errors, checked;

  initial begin
    errors  = 0;
    checked = 0;
    if (!$value$plusargs("vectors=%s", dir)) begin
      $display("FAIL: +vectors=DIR is missing");
      $finish;
    end
    $readmemh({dir, "/input.hex"}, inputs);
    $readmemh({dir, "/expected.hex"}, expected);
    $readmemh({dir, "/care.hex"}, care);
    #1000;  // a netlist's global reset, where there is one
    for (line = 0; line < Lines; line = line + 1) begin
      in = inputs[line];
      #4;
      if (care[line] != 0) checked = checked + 1;
      if ((out & care[line]) !== (expected[line] & care[line])) begin
        errors = errors + 1;
        if (errors <= 10)
          $display("line %0d: %h, expected %h, of the bits %h", line, out, expected[line],
                   care[line]);
      end
      #1 clk = 1;
      #5 clk = 0;
    end
    if (checked == 0) $display("FAIL: nothing was checked");
    else if (errors != 0) $display("FAIL: %0d of %0d lines differ", errors, checked);
    else $display("PASS: %0d lines equal", checked);
    $finish;
  end

endmodule
