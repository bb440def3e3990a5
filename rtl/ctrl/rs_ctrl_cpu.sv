// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// A small processor that runs the control program (control_program.asm): one accumulator, a carry, one
// memory operand an instruction, one adder. Four stages:
//
//   read the operand | take its part | add | decide | jump
//
// An instruction a cycle; a jump costs four more, and the instruction behind one that jumps is carried
// out. The operand is not read in a cycle in which the memory is used otherwise. A store is seen by
// the third instruction behind it.

module rs_ctrl_cpu
  import rs_ctrl_cpu_pkg::*;
#(
  /// Parameters of the core, see docs/reference/parameters.md.
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
  /// Bytes of a feature word and of a weight tile in memory.
  parameter int unsigned WordBytes = 4,
  parameter int unsigned TileBytes = 8,
  /// Descriptors asked for at a time.
  parameter int unsigned Batch = 1,
  /// Bits of a byte's offset in a bus burst.
  parameter int unsigned BurstOffsetW = 7,
  /// Bits of a slot's number, 2 to 4.
  parameter int unsigned SlotW = 2,
  /// A register behind the code's memory.
  parameter bit RamReg = 1'b1,
  /// Bits of a memory address: slots of 32 words in the upper half. Derived.
  localparam int unsigned AddrW = SlotW + 6
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// Go to the program's answer to an error of the bus.
  input  logic             trap_i,
  /// The memory: a read whose data comes a cycle later, unless something else reads; a write.
  input  logic             stall_i,
  output logic             read_o,
  output logic [AddrW-1:0] raddr_o,
  input  logic [31:0]      rdata_i,
  output logic             write_o,
  /// There may be a write in the next cycle.
  output logic             write_next_o,
  output logic [AddrW-1:0] waddr_o,
  output logic [31:0]      wdata_o,
  /// The slots: of the descriptor at hand, of the next one asked for, of the one at fault.
  input  logic [SlotW-1:0] slot_i,
  input  logic [SlotW-1:0] ask_slot_i,
  input  logic [SlotW-1:0] fault_slot_i,
  /// Conditions, in the order of condition_e from WhenNotRunning on.
  input  logic [7:0]       when_i,
  /// An event, with the accumulator on wdata_o.
  output logic             event_o,
  output port_e            port_o
);

  // Where the program goes by itself: when the bus answered with an error, when a field is bad.
  localparam logic [8:0] BusErrorAddr = 9'd1;
  localparam logic [8:0] BadFieldAddr = 9'd2;

  localparam int unsigned RepW = 10;
  localparam int unsigned TableW = AddrW - 5;

  // The instruction in each stage. What is not valid there was jumped over.
  instruction_t fetched, code, part_q;
  logic fetched_valid_q, code_valid, part_valid_q, add_valid_q;
  logic code_read, code_free, issue, leave, jump_q;
  logic [8:0] pc_q, jump_to_q;

  rs_ctrl_rom #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .ExpN(ExpN),
    .AccW(AccW),
    .FbDepth(FbDepth),
    .WmDepth(WmDepth),
    .PmDepth(PmDepth),
    .AxiDataW(AxiDataW),
    .WordBytes(WordBytes),
    .TileBytes(TileBytes),
    .Batch(Batch)
  ) u_code (
    .clk_i,
    .read_i       (code_read),
    .addr_i       (pc_q),
    .instruction_o(fetched)
  );

  // A register behind the code's memory, or none.
  if (RamReg) begin : gen_code_reg
    instruction_t code_q;
    logic code_valid_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni || jump_q) code_valid_q <= 1'b0;
      else if (code_free) code_valid_q <= fetched_valid_q;
    end
    always_ff @(posedge clk_i) begin
      if (code_free) code_q <= fetched;
    end
    assign code       = code_q;
    assign code_valid = code_valid_q;
    assign code_read  = code_free || !fetched_valid_q;
  end else begin : gen_no_code_reg
    assign code       = fetched;
    assign code_valid = fetched_valid_q;
    assign code_read  = code_free;
  end

  // Repetition: minus the number of times that are left, and whether addresses count with it. The
  // instruction to be repeated waits until they are set.
  logic [RepW-1:0] rep_q;
  logic counted_q, rep_set, rep_wait, part_rep, add_rep_q, add_repa_q;

  assign part_rep  = part_q.op inside {OpRep, OpRepa};
  assign rep_wait  = (part_valid_q && part_rep) || (add_valid_q && (add_rep_q || add_repa_q));
  assign issue     = code_valid && !stall_i && !rep_wait;
  assign leave     = issue && (rep_q == '0 || &rep_q);
  assign code_free = leave || !code_valid;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pc_q         <= '0;
      fetched_valid_q <= 1'b0;
      part_valid_q <= 1'b0;
      add_valid_q  <= 1'b0;
    end else begin
      if (jump_q) pc_q <= jump_to_q;
      else if (code_read) pc_q <= pc_q + 9'd1;
      fetched_valid_q <= !jump_q;
      part_valid_q <= issue && !jump_q;
      add_valid_q  <= part_valid_q && !jump_q;
    end
  end

  // Addresses as the memory has them.
  function automatic logic [AddrW-1:0] address(
      input logic [7:0] addr, input logic [SlotW-1:0] slot, input logic [SlotW-1:0] ask_slot,
      input logic [SlotW-1:0] fault_slot, input logic counted, input logic [4:0] count);
    logic [4:0] low;
    low = counted ? count : addr[4:0];
    unique casez (addr[7:5])
      3'b0??:  return {(AddrW - 7)'(0), addr[6:5], low};
      3'b100:  return {1'b1, slot, low};
      3'b101:  return {TableW'(3), 5'(ask_slot)};
      3'b110:  return {TableW'(3), 5'(slot)};
      default: return {TableW'(3), 5'(fault_slot)};
    endcase
  endfunction

  logic [4:0] part_count_q;
  logic       part_counted_q;

  assign read_o  = issue;
  assign raddr_o = address(code.addr, slot_i, ask_slot_i, fault_slot_i, counted_q && rep_q != '0,
                         rep_q[4:0]);

  always_ff @(posedge clk_i) begin
    part_q         <= code;
    part_count_q   <= rep_q[4:0];
    part_counted_q <= counted_q && rep_q != '0;
  end

  // The operand's part.
  function automatic logic [31:0] mask(input width_e width);
    unique case (width)
      Width4:     return 32'h0000000f;
      Width5:     return 32'h0000001f;
      Width8:     return 32'h000000ff;
      WidthOffset: return 32'((1 << BurstOffsetW) - 1);
      Width16:    return 32'h0000ffff;
      Width20:    return 32'h000fffff;
      WidthHigh:  return 32'hffff0000;
      default:    return 32'hffffffff;
    endcase
  endfunction

  typedef enum logic [1:0] {
    AddConstant,
    AddA,
    AddInverse,
    AddDouble
  } add_e;

  logic [31:0] operand, operand_q, constant_q;
  logic [AddrW-1:0] waddr_q;
  add_e add_q;
  logic set_a_q, carry_in_q, carry_on_q, store_q, event_q;
  condition_e condition_q;
  logic [8:0] add_target_q;
  port_e port_q;
  logic constant_op, high_op, free_op;

  assign constant_op = part_q.op inside {OpLd, OpLdh, OpLdf, OpLdn, OpLdi, OpLdhi};
  assign high_op     = part_q.op inside {OpLdh, OpLdhi};
  assign free_op     = part_q.op inside {OpLdi, OpLdhi, OpDbl};  // no operand
  assign operand     = part_q.swap ? {rdata_i[15:0], rdata_i[31:16]} : rdata_i;

  always_ff @(posedge clk_i) begin
    operand_q  <= operand & mask(part_q.width) & {32{!free_op}};
    constant_q <= high_op ? {part_q.value, 16'd0} :
                  {{16{part_q.value[15] && constant_op}}, part_q.value & {16{part_q.op != OpAdc}}};
    waddr_q    <= address(part_q.value[7:0], slot_i, ask_slot_i, fault_slot_i, part_counted_q,
                        part_count_q);
    set_a_q    <= part_q.op inside {OpLd, OpLdh, OpLdf, OpLdn, OpLdi, OpLdhi, OpDbl, OpAdd, OpSub,
                                    OpAdc};
    carry_in_q <= part_q.op == OpSub;
    carry_on_q <= part_q.op == OpAdc;
    store_q    <= part_q.op == OpSt;
    event_q    <= part_q.op == OpOut;
    add_rep_q  <= part_q.op == OpRep;
    add_repa_q <= part_q.op == OpRepa;
    port_q     <= port_e'(part_q.value[3:0]);
    add_target_q <= part_q.op inside {OpLdf, OpLdn} ? BadFieldAddr : part_q.value[8:0];
    unique case (part_q.op)
      OpAdd:   add_q <= AddA;
      OpSub:   add_q <= AddInverse;
      OpDbl:   add_q <= AddDouble;
      default: add_q <= AddConstant;
    endcase
    unique case (part_q.op)
      OpBranch, OpAdd, OpSub, OpAdc: condition_q <= condition_e'(part_q.value[15:12]);
      OpLdf:   condition_q <= WhenC;
      OpLdn:   condition_q <= WhenNc;
      default: condition_q <= WhenNever;
    endcase
  end

  // The sum.
  logic [31:0] a_q, addend, sum;
  logic c_q, carry, valid;

  always_comb begin
    unique case (add_q)
      AddConstant: addend = constant_q;
      AddA:        addend = a_q;
      AddInverse:  addend = ~a_q;
      default:     addend = {a_q[30:0], 1'b0};
    endcase
  end
  assign {carry, sum} = 33'(operand_q) + 33'(addend) + 33'(carry_in_q || (carry_on_q && c_q));
  assign valid        = add_valid_q && !jump_q;

  assign write_o      = valid && store_q;
  assign write_next_o = part_valid_q && part_q.op == OpSt;
  assign waddr_o = waddr_q;
  assign wdata_o = a_q;
  assign event_o = valid && event_q;
  assign port_o  = port_q;
  assign rep_set = valid && (add_rep_q || add_repa_q);

  always_ff @(posedge clk_i) begin
    if (valid && set_a_q) begin
      a_q <= sum;
      c_q <= carry;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || jump_q) begin
      rep_q     <= '0;
      counted_q <= 1'b0;
    end else if (rep_set) begin
      rep_q     <= add_rep_q ? constant_q[RepW-1:0] : a_q[RepW-1:0];
      counted_q <= add_rep_q && constant_q[15];
    end else if (issue && rep_q != '0) begin
      rep_q <= rep_q + RepW'(1);
    end
  end

  // Jumps, on what the instruction left in the accumulator.
  logic branch_q, on_zero_q, on_other_q, zero, holds;
  condition_e when_q;
  logic [8:0] target_q;

  assign zero = a_q == '0;
  always_comb begin
    unique case (when_q)
      WhenZ, WhenNz, WhenNever: holds = 1'b0;
      WhenAlways:    holds = 1'b1;
      WhenC:         holds = c_q;
      WhenNc:        holds = !c_q;
      WhenBit1clear: holds = !a_q[1];
      default:       holds = when_i[3'(when_q - WhenNotRunning)];
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      branch_q <= 1'b0;
      jump_q   <= 1'b0;
    end else begin
      branch_q <= valid;
      jump_q   <= trap_i || (branch_q && !jump_q && (holds || (zero ? on_zero_q : on_other_q)));
    end
  end
  always_ff @(posedge clk_i) begin
    when_q     <= condition_q;
    on_zero_q  <= condition_q == WhenZ;
    on_other_q <= condition_q == WhenNz;
    target_q  <= add_target_q;
    jump_to_q <= trap_i ? BusErrorAddr : target_q;
  end

  logic unused_part;
  assign unused_part = ^part_q;

endmodule
