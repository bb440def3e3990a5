// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// One section of a weight block: takes the section's beats, gives its items, drops the padding
// behind the last item. An item a cycle at most, a beat a cycle at most, latency 1.

module rs_load_section #(
  /// Bits of a beat.
  parameter int unsigned AxiDataW = 64,
  /// Bits of an item in memory, a power of two; a multiple of 8.
  parameter int unsigned ItemW = 32,
  /// Bits of the number of items.
  parameter int unsigned CountW = 20
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low.
  input  logic                rst_ni,
  /// Begin a section of items_i items, 0 allowed; only while busy_o is low.
  input  logic                start_i,
  input  logic [CountW-1:0]   items_i,
  /// Beats are to come, or items to be taken.
  output logic                wants_o,
  output logic                busy_o,
  /// Beats of the section, while wants_o.
  input  logic                beat_valid_i,
  output logic                beat_ready_o,
  input  logic [AxiDataW-1:0] beat_i,
  /// Items.
  output logic                item_valid_o,
  input  logic                item_ready_i,
  output logic [ItemW-1:0]    item_o
);

  // Sections are multiples of 32 bytes.
  localparam int unsigned UnitShift = 5;
  localparam int unsigned UnitBeatsShift = UnitShift - $clog2(AxiDataW / 8);
  localparam int unsigned BytesW = CountW + $clog2(ItemW / 8) + 1;
  localparam int unsigned BeatsW = BytesW - UnitShift + UnitBeatsShift;

  if ((ItemW & (ItemW - 1)) != 0 || AxiDataW > 256) begin : gen_bad_width
    $error("rs_load_section: ItemW must be a power of two, AxiDataW at most 256");
  end

  logic [CountW-1:0] items_q;
  logic [BeatsW-1:0] beats_q;
  logic [BytesW-1:0] bytes;  // rounded up, low bits meaningless
  logic valid, unused_last;

  assign bytes = (BytesW'(items_i) << $clog2(ItemW / 8)) + BytesW'(31);

  assign wants_o      = beats_q != '0;
  assign busy_o       = wants_o || items_q != '0;
  assign item_valid_o = valid && items_q != '0;

  rs_resize #(
    .InW(AxiDataW),
    .OutW(ItemW)
  ) u_resize (
    .clk_i,
    .rst_ni,
    .clear_i    (start_i),
    .in_valid_i (beat_valid_i && wants_o),
    .in_ready_o (beat_ready_o),
    .in_data_i  (beat_i),
    .in_last_i  (1'b0),
    .out_valid_o(valid),
    .out_ready_i(item_ready_i || items_q == '0),
    .out_data_o (item_o),
    .out_last_o (unused_last)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      items_q <= '0;
      beats_q <= '0;
    end else if (start_i) begin
      items_q <= items_i;
      beats_q <= BeatsW'(bytes[BytesW-1:UnitShift]) << UnitBeatsShift;
    end else begin
      if (item_valid_o && item_ready_i) items_q <= items_q - CountW'(1);
      if (beat_valid_i && beat_ready_o && wants_o) beats_q <= beats_q - BeatsW'(1);
    end
  end

  logic unused_bytes;
  assign unused_bytes = ^bytes[UnitShift-1:0];

endmodule
