// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Goes through an operation's reduction list once for each pixel group and delivers the headers of
/// the micro-ops, as soon as LOAD has brought them. The operation after one that keeps its list has
/// the same list.
///
/// Throughput: a micro-op per cycle, from operation to operation.
/// Latency: 3 cycles from an operation to its first micro-op.
/// Handshake: operations in and micro-ops out are valid/ready.
/// Assumes: a list of several pixel groups fits into the weight memory.
module rs_uop_fetch #(
  /// Micro-ops of the weight memory.
  parameter int unsigned WmDepth = 512,
  /// Derived.
  localparam int unsigned PtrW = $clog2(WmDepth) + 1
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// Operations.
  input  logic        op_valid_i,
  output logic        op_ready_o,
  input  logic [19:0] op_uops_i,
  input  logic [19:0] op_groups_i,
  input  logic        op_keep_i,

  /// Weight memory: loaded micro-ops, known here a cycle later, and header reads (1 cycle, and the header
  /// stays).
  input  logic [PtrW-1:0] loaded_i,
  output logic            header_read_o,
  output logic [PtrW-2:0] header_addr_o,
  input  logic [31:0]     header_i,

  /// A micro-op: header, address of its tile, last of the list, in the last pixel group.
  output logic                       uop_valid_o,
  input  logic                       uop_ready_i,
  output rs_spec_pkg::uop_header_t uop_header_o,
  output logic [PtrW-2:0]            uop_tile_o,
  output logic                       uop_list_end_o,
  output logic                       uop_last_group_o
);

  logic active_q;
  logic [PtrW-1:0] base_q, ptr_q;
  // A list longer than the memory is gone through once.
  logic [PtrW-1:0] uops_q;
  logic [19:0] uop_q, groups_q;
  logic [PtrW-1:0] loaded_q, last_loaded_q;  // behind the last micro-op that is loaded, and at it
  // Flags of the micro-op that stands next.
  logic list_end_q, last_group_q, keep_q;
  logic start, read, ending, again, some_q;

  assign ending     = read && list_end_q && last_group_q;
  assign again      = list_end_q && (!last_group_q || keep_q);
  assign op_ready_o = !active_q || ending;
  assign start      = op_valid_i && op_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q      <= 1'b0;
      some_q        <= 1'b0;
      ptr_q         <= '0;
      loaded_q      <= '0;
      last_loaded_q <= '1;
    end else begin
      loaded_q      <= loaded_i;
      last_loaded_q <= loaded_i - PtrW'(1);
      active_q      <= start || (active_q && !ending);
      // Whether the next micro-op is loaded: one that was fetched before is.
      some_q <= ptr_q != loaded_q && (!read || again || ptr_q != last_loaded_q);
      if (read) ptr_q <= again ? base_q : ptr_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      uops_q <= PtrW'(op_uops_i);
      uop_q   <= op_uops_i;
      groups_q  <= op_groups_i;
      list_end_q   <= op_uops_i == 20'd1;
      last_group_q <= op_groups_i == 20'd1;
      keep_q    <= op_keep_i;
      if (!ending) base_q <= ptr_q;
      else if (!keep_q) base_q <= ptr_q + 1'b1;
    end else if (read) begin
      uop_q <= list_end_q ? 20'(uops_q) : uop_q - 1'b1;
      list_end_q <= list_end_q ? uops_q == PtrW'(1) : uop_q == 20'd2;
      if (list_end_q) begin
        groups_q   <= groups_q - 1'b1;
        last_group_q <= groups_q == 20'd2;
      end
    end
  end

  // The header waits in the memory's output until the skid buffer takes it.
  logic read_q, out_list_end_q, out_last_group_q, skid_ready;
  logic [PtrW-2:0] tile_q;

  assign read          = active_q && some_q && (!read_q || skid_ready);
  assign header_read_o = read;
  assign header_addr_o = ptr_q[PtrW-2:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) read_q <= 1'b0;
    else read_q <= read || (read_q && !skid_ready);
  end
  always_ff @(posedge clk_i) begin
    if (read) begin
      tile_q       <= ptr_q[PtrW-2:0];
      out_list_end_q   <= list_end_q;
      out_last_group_q <= last_group_q;
    end
  end

  rs_skid #(
    .Width(32 + PtrW - 1 + 2)
  ) u_uops (
    .clk_i,
    .rst_ni,
    .in_valid_i (read_q),
    .in_ready_o (skid_ready),
    .in_data_i  ({header_i, tile_q, out_list_end_q, out_last_group_q}),
    .out_valid_o(uop_valid_o),
    .out_ready_i(uop_ready_i),
    .out_data_o ({uop_header_o, uop_tile_o, uop_list_end_o, uop_last_group_o})
  );

endmodule
