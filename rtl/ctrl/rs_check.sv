// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Judges one descriptor against this core: checksum, opcode and its place, configuration, ranges of
// fields. The verdict comes one cycle after check_i and stays until the next one. What needs a
// multiplication (sizes, windows) is checked by LOAD and STORE.

module rs_check
  import rs_spec_pkg::*;
#(
  /// Parameters of the core, see docs/interfaces.md.
  parameter int unsigned M = 4,
  parameter int unsigned C = 4,
  parameter int unsigned P = 3,
  parameter int unsigned ActW = 8,
  parameter int unsigned ExpN = 7,
  parameter int unsigned FbDepth = 16384,
  parameter int unsigned WmDepth = 4096,
  parameter int unsigned PmDepth = 512
) (
  /// Clock.
  input  logic        clk_i,
  /// Judge the descriptor.
  input  logic        check_i,
  input  descriptor_t desc_i,
  /// Its checksum is right.
  input  logic        sum_ok_i,
  /// It is the program's first.
  input  logic        first_i,
  /// Verdict, ErrNone when all is well.
  output error_e      cause_o
);

  // Slices of a bank; the widest field of an address has 15 bits.
  localparam int unsigned Slices = FbDepth * (M / C);
  localparam logic [16:0] SlicesLimit = 17'(Slices);
  localparam logic [16:0] WordsLimit = 17'(FbDepth);

  desc_begin_t          b;
  desc_load_features_t  f;  // store_features has the same fields
  desc_exec_t           e;
  assign b = desc_i;
  assign f = desc_i;
  assign e = desc_i;

  // A signed 16-bit field fits ActW bits when these bits are all its sign.
  function automatic logic fits(input logic [15:ActW-1] sign);
    return &sign || ~|sign;
  endfunction

  // A tensor's place: words a pixel, base, step to the next phase, step to the next row.
  function automatic logic place_ok(input logic [15:0] base, input logic [15:0] words,
                                    input logic [15:0] phase, input logic [15:0] row_addr,
                                    input logic [3:0] row_bank);
    return 17'(base) < WordsLimit && words != '0 && 17'(words) <= WordsLimit &&
           17'(phase) <= WordsLimit && 17'(row_addr) <= WordsLimit && 5'(row_bank) < 5'(P);
  endfunction

  logic config_ok, features_ok, exec_ok, list_ok;

  assign config_ok =
      b.magic == ProgramMagic && b.m == 8'(M) && b.c == 8'(C) && b.p == 8'(P) &&
      b.act_w == 8'(ActW) && b.exponents == 8'(ExpN) && b.fb_depth <= FbDepth &&
      b.wm_depth <= WmDepth && b.pm_depth <= PmDepth;

  assign features_ok = f.words != '0 && f.groups != '0 && 17'(f.base) < WordsLimit;

  // A list walked more than once must fit its memories.
  assign list_ok = e.groups == 20'd1 ||
                   (32'(e.entries) <= WmDepth && 32'(e.m_groups) <= PmDepth);

  assign exec_ok =
      e.entries != '0 && e.groups != '0 && e.m_groups != '0 && e.pitch != '0 && list_ok &&
      20'(e.m_groups) <= e.entries &&
      e.in_height != '0 && e.in_height[15:12] == '0 && e.in_width != '0 &&
      e.in_width[15:12] == '0 && e.out_height != '0 && e.out_height[15:12] == '0 &&
      e.out_width != '0 && e.out_width <= 16'(e.pitch) &&
      17'(e.src0_base) < SlicesLimit && 17'(e.src0_step) <= SlicesLimit &&
      17'(e.src1_base) < SlicesLimit && 17'(e.src1_step) <= SlicesLimit &&
      place_ok(e.dst_base, e.dst_words, e.dst_phase, e.dst_row_addr, e.dst_row_bank) &&
      (!e.residual || (!e.res_shift[5] &&
       place_ok(e.res_base, e.res_words, e.res_phase, e.res_row_addr, e.res_row_bank))) &&
      fits(e.lo[15:ActW-1]) && fits(e.hi[15:ActW-1]) && signed'(e.lo) <= signed'(e.hi) &&
      fits(e.in_zero[15:ActW-1]) && fits(e.out_zero[15:ActW-1]) &&
      (!e.residual || fits(e.res_zero[15:ActW-1]));

  always_ff @(posedge clk_i) begin
    if (check_i) begin
      cause_o <= ErrNone;
      if (!sum_ok_i) cause_o <= ErrBadChecksum;
      else if (first_i != (b.opcode == OpBegin)) cause_o <= ErrBadOpcode;
      else begin
        unique case (b.opcode)
          OpBegin: if (!config_ok) cause_o <= ErrBadConfig;
          OpLoadFeatures, OpStoreFeatures: if (!features_ok) cause_o <= ErrBadField;
          OpExec: if (!exec_ok) cause_o <= ErrBadField;
          OpLoadWeights, OpEnd: ;
          default: cause_o <= ErrBadOpcode;
        endcase
      end
    end
  end

  logic unused_fields;
  assign unused_fields = ^{b, f, e};

endmodule
