// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The tables behind post-processing: a code goes through the table of its operation, or stays as
/// it is. Every two lanes share a memory that has all tables, two entries in a word. Without tables
/// there is nothing but wires.
///
/// Throughput: a code of each lane per cycle; two entries are written in a cycle without a look-up.
/// Latency: 2 cycles; without tables 0.
/// Handshake: look-ups are always taken; writes are valid/ready.
/// Assumes: a table is complete before its first look-up.
module rs_post_table #(
  /// Codes at once.
  parameter int unsigned Lanes = 16,
  /// Tables, a power of two, or 0.
  parameter int unsigned Tables = 8,
  /// Bits of a code; with tables 8.
  parameter int unsigned CodeW = 8,
  /// Bits of the address of two entries. Derived.
  localparam int unsigned AddrW = rs_spec_pkg::table_address_width(Tables)
) (
  /// Clock.
  input  logic                  clk_i,

  /// Codes, and the number of their table, 1 and up; 0: none.
  input  logic [7:0]                  number_i,
  input  logic [Lanes-1:0][CodeW-1:0] code_i,
  output logic [Lanes-1:0][CodeW-1:0] code_o,

  /// Entries 2a and 2a + 1 of a table, at its number modulo `Tables` and a.
  input  logic                  write_valid_i,
  output logic                  write_ready_o,
  input  logic [AddrW-1:0]      write_addr_i,
  input  logic [15:0]           write_i
);

  `RS_PARAM_CHECK(Tables, Tables == 0 || (rs_pkg::is_power_of_two(Tables) && Tables <= 128),
                  "Tables must be 0, or a power of two up to 128")
  `RS_PARAM_CHECK(CodeW, Tables == 0 || CodeW == 8, "CodeW must be 8 with tables")

  if (Tables == 0) begin : gen_none
    logic unused;
    assign unused        = ^{clk_i, number_i, write_valid_i, write_addr_i, write_i};
    assign write_ready_o = 1'b1;
    assign code_o        = code_i;
  end else begin : gen_tables
    localparam int unsigned Depth = 2 ** AddrW;

    logic look, write, look_q;
    assign look          = number_i != '0;
    assign write         = write_valid_i && !look;
    assign write_ready_o = !look;

    always_ff @(posedge clk_i) look_q <= look;

    // Entries count from the lowest code on.
    logic [Lanes-1:0][AddrW-1:0] addr;
    logic [Lanes-1:0][1:0][7:0]  word;

    for (genvar l = 0; l < Lanes; l++) begin : gen_lane
      logic [7:0] code_q;
      assign addr[l] = AddrW'({number_i, !code_i[l][7], code_i[l][6:1]});
      always_ff @(posedge clk_i) begin
        code_q    <= code_i[l];
        code_o[l] <= look_q ? word[l][code_q[0]] : code_q;
      end
    end

    for (genvar l = 0; l + 1 < Lanes; l += 2) begin : gen_pair
      rs_ram_1r_1rw #(
        .Width(16),
        .Depth(Depth)
      ) u_entries (
        .clk_i,
        .a_read_i (look),
        .a_addr_i (addr[l]),
        .a_rdata_o(word[l]),
        .b_en_i   (look || write),
        .b_write_i(write),
        .b_addr_i (look ? addr[l+1] : write_addr_i),
        .b_wdata_i(write_i),
        .b_rdata_o(word[l+1])
      );
    end

    if (Lanes % 2 == 1) begin : gen_last
      rs_ram_1r1w #(
        .Width(16),
        .Depth(Depth)
      ) u_entries (
        .clk_i,
        .write_i(write),
        .waddr_i(write_addr_i),
        .wdata_i(write_i),
        .read_i (look),
        .raddr_i(addr[Lanes-1]),
        .rdata_o(word[Lanes-1])
      );
    end
  end

endmodule
