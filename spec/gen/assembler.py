#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Assembles rtl/ctrl/control_program.asm, the core's control program, into rtl/ctrl/rs_ctrl_rom.sv.
The language is described at the head of the program. `--check`: only compares."""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "rtl/ctrl/control_program.asm"
TARGET = ROOT / "rtl/ctrl/rs_ctrl_rom.sv"
DEPTH = 512

# Part of a word: swap its halves, then keep this many low bits (or the high half).
PARTS = {"": (0, "WidthAll"), "lo": (0, "Width16"), "hi": (1, "Width16"), "20": (0, "Width20"),
         "8": (0, "Width8"), "5": (0, "Width5"), "4": (0, "Width4"), "hi8": (1, "Width8"),
         "hi4": (1, "Width4"), "offset": (0, "WidthOffset"), "loup": (1, "WidthHigh"),
         "hiup": (0, "WidthHigh")}
CONDITIONS = ["always", "z", "nz", "c", "nc", "bit1clear", "not_running", "no_arrival", "no_room",
              "no_tick", "no_progress", "warm", "write_error", "slverr"]
PORTS = ["ready", "run", "slot", "ask", "skip", "exec", "load_weights", "load_features", "store", "end",
         "last_end", "credits", "tick", "fail"]
# Instructions whose constant a memory word is added to, and those that may branch.
WITH_CONSTANT = {"ld": "OpLd", "ldh": "OpLdh", "ldf": "OpLdf", "ldn": "OpLdn"}
WITH_BRANCH = {"add": "OpAdd", "sub": "OpSub", "adc": "OpAdc"}
# A word can be read by the third instruction behind its store.
STORE_DISTANCE = 3
# The instruction behind one that jumps is carried out: what may not stand there, and what may not
# when the jump leads to an instruction that uses the accumulator or the carry.
EFFECTS = {"OpSt", "OpOut", "OpRep", "OpRepa"}
SETS_A = {"OpLd", "OpLdh", "OpLdf", "OpLdn", "OpLdi", "OpLdhi", "OpDbl", "OpAdd", "OpSub", "OpAdc"}
ON_A = {"z", "nz", "c", "nc", "bit1clear"}
USES_A = {"OpSt", "OpOut", "OpRepa", "OpDbl", "OpAdd", "OpSub", "OpAdc"}


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


class Instruction:
    def __init__(self, op, part=PARTS[""], address=0, constant="0", branch=None, store=None,
                 reads=False):
        self.op, self.part, self.address, self.constant = op, part, address, constant
        self.branch = branch  # condition and label
        self.store = store    # address
        self.reads = reads    # the word at `address`

    def jumps(self):
        return bool(self.branch) or self.op in ("OpLdf", "OpLdn")

    def uses_a(self):
        return self.op in USES_A or (self.op == "OpBranch" and self.branch and
                                     self.branch[0] in ON_A)


NOP = Instruction("OpBranch")


class Program:
    def __init__(self, source):
        self.words = {f"S{i}": 0x80 + i for i in range(32)}
        self.rows = []    # Instruction
        self.labels = {}  # label -> place in rows
        self.line = 0
        for self.line, line in enumerate(source.split("\n"), 1):
            self.read(line.split(";")[0].strip())
        for row in self.rows:
            if row.branch and row.branch[1] not in self.labels:
                raise SystemExit(f"{SOURCE.name}: no label {row.branch[1]}")
        self.space_out()
        if len(self.rows) > DEPTH:
            raise SystemExit(f"{SOURCE.name}: {len(self.rows)} instructions, more than {DEPTH}")

    def fail(self, text):
        raise SystemExit(f"{SOURCE.name}:{self.line}: {text}")

    def read(self, text):
        directive = text.split()
        if not text:
            return
        if directive[0] == ".word":
            self.words[directive[1]] = int(directive[2], 16)
        elif directive[0] == ".table":
            self.words[directive[1]] = 0x80 + 0x20 * int(directive[2])
        elif text.endswith(":"):
            self.labels[text[:-1]] = len(self.rows)
        else:
            self.instruction(text)

    def constant(self, text):
        match = re.fullmatch(r"\{(.*)\}", text)
        if match:
            return match[1]
        if not re.fullmatch(r"-?\d+", text):
            self.fail(f"no constant: {text}")
        return text

    def operand(self, text):
        name, _, part = text.partition(".")
        if re.fullmatch(r"0x[0-9a-f]+", text):
            return int(text, 16), PARTS[""]
        if name not in self.words or part not in PARTS:
            self.fail(f"no operand: {text}")
        return self.words[name], PARTS[part]

    def branch(self, words):
        if not words:
            return None
        if len(words) != 2 or words[0] not in CONDITIONS:
            self.fail(f"no condition and label: {' '.join(words)}")
        return words

    def instruction(self, text):
        words = re.findall(r"\{.*\}|\S+", text)
        op, rest = words[0], words[1:]

        def emit(*arguments, **named):
            self.rows.append(Instruction(*arguments, **named))

        if op in WITH_CONSTANT:
            address, part = self.operand(rest[0])
            emit(WITH_CONSTANT[op], part, address, self.constant(rest[1]) if rest[1:] else "0",
                 reads=True)
        elif op in WITH_BRANCH:
            address, part = self.operand(rest[0])
            emit(WITH_BRANCH[op], part, address, branch=self.branch(rest[1:]), reads=True)
        elif op in ("ldi", "ldhi"):
            emit(f"Op{op.capitalize()}", constant=self.constant(rest[0]))
        elif op == "dbl":
            emit("OpDbl")
        elif op == "st":
            address, _ = self.operand(rest[0])
            emit("OpSt", constant=str(address), store=address)
        elif op in ("rep", "repx"):
            counted = "1'b1" if op == "repx" else "1'b0"
            emit("OpRep", constant=f"times({counted}, {self.constant(rest[0])})")
        elif op == "repa":
            emit("OpRepa")
        elif op == "out" and rest[0] in PORTS:
            emit("OpOut", constant=f"Port{camel(rest[0])}")
        elif op == "b":
            emit("OpBranch", branch=self.branch(rest))
        elif op == "br":
            emit("OpBranch", branch=["always", rest[0]])
        elif op == "const":
            value, address = self.constant(rest[1]), self.words[rest[0]]
            emit("OpLdhi", constant=f"high({value})")
            emit("OpSt", constant=str(address), store=address)
            emit("OpLd", address=address, constant=value, reads=True)
            emit("OpSt", constant=str(address), store=address)
        else:
            self.fail(f"no instruction: {text}")

    def space_out(self):
        """Inserts instructions that do nothing where the processor needs them."""
        out, places = [], []
        for row, following in zip(self.rows, self.rows[1:] + [NOP]):
            while row.reads and row.address in [r.store for r in out[-STORE_DISTANCE + 1:]]:
                if out[-1].op in ("OpRep", "OpRepa"):
                    raise SystemExit(f"{SOURCE.name}: a repetition right behind its operand's store")
                out.append(NOP)
            places.append(len(out))
            out.append(row)
            if row.jumps() and (following.op in EFFECTS or (
                    following.op in SETS_A and row.branch and
                    self.rows[self.labels[row.branch[1]]].uses_a())):
                out.append(NOP)
        self.labels = {label: places[at] for label, at in self.labels.items()}
        self.rows = out


HEAD = """// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
// Generated by spec/gen/assembler.py from rtl/ctrl/control_program.asm. Do not edit.
//
// The core's control program, as a memory that is only read. Latency 1.

module rs_ctrl_rom
  import rs_spec_pkg::*;
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
  parameter int unsigned Batch = 1
) (
  /// Clock.
  input  logic         clk_i,
  /// Read; with read_i low the instruction stays.
  input  logic         read_i,
  input  logic [8:0]   addr_i,
  output instruction_t instruction_o
);

  localparam int unsigned HalfCodes = 2 ** (ActW - 1);
  // Limits of fields; the widest that may equal its limit has 15 bits.
  localparam int unsigned CBlocks = FbDepth * (M / C);
  localparam int unsigned CBlocksOver = CBlocks < 32768 ? CBlocks + 1 : 32768;
  localparam int unsigned WordsOver = FbDepth < 32768 ? FbDepth + 1 : 32768;

  // Words that software sees.
  localparam logic [31:0] Shape = {8'(ActW), 8'(P), 8'(C), 8'(M)};
  localparam logic [31:0] Format = {8'd0, 8'(AxiDataW / 8), 8'(AccW), 8'(ExpN)};

  // The high half of a word whose low half is signed.
  function automatic logic [15:0] high(input int unsigned word);
    return 16'((word + 32'h8000) >> 16);
  endfunction
  function automatic logic [15:0] times(input logic counted, input int unsigned number);
    return {counted, 15'(1024 - number)};
  endfunction
  function automatic logic [15:0] go(input condition_e condition, input logic [8:0] target);
    return {condition, 3'd0, target};
  endfunction
  // One instruction: its constant, or where it goes under which condition.
  function automatic instruction_t row(input op_e op, input width_e width, input logic swap,
                                       input logic [7:0] addr, input logic [15:0] value);
    return '{op: op, width: width, swap: swap, addr: addr, value: value};
  endfunction

  instruction_t code;

  always_comb begin
    unique case (addr_i)
"""
TAIL = """      default: code = row(OpBranch, WidthAll, 1'b0, 8'h00, 16'd0);
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (read_i) instruction_o <= code;
  end

endmodule
"""


def generate():
    program = Program(SOURCE.read_text())
    names = {place: label for label, place in program.labels.items()}
    out = [HEAD]
    for at, row in enumerate(program.rows):
        if at in names:
            out.append(f"      // {names[at]}\n")
        if row.branch:
            value = f"go(When{camel(row.branch[0])}, 9'd{program.labels[row.branch[1]]})"
        elif re.fullmatch(r"-?\d+", row.constant):
            value = f"16'h{int(row.constant) & 0xffff:04x}"
        elif re.match(r"(high|times)\(", row.constant):
            value = row.constant
        else:
            value = f"16'({row.constant})"
        swap, width = row.part
        out.append(f"      9'd{at}: code = row({row.op}, {width}, 1'b{swap}, "
                   f"8'h{row.address:02x}, {value});\n")
    return "".join(out) + TAIL, program


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    text, program = generate()
    if arguments.check:
        if not TARGET.exists() or TARGET.read_text() != text:
            sys.exit(f"{TARGET.name} is stale: run spec/gen/assembler.py")
        return
    TARGET.write_text(text)
    print(f"{len(program.rows)} of {DEPTH} instructions")


if __name__ == "__main__":
    main()
