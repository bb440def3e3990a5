#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Assembles rtl/ctrl/rs_microcode.asm, the core's control program, into rtl/ctrl/rs_microcode.sv.
The language is described at the head of the program. `--check`: only compares."""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "rtl/ctrl/rs_microcode.asm"
TARGET = ROOT / "rtl/ctrl/rs_microcode.sv"
DEPTH = 512

# Part of a word: swap its halves, then keep this many low bits (or the high half).
PARTS = {"": (0, "WidthAll"), "lo": (0, "Width16"), "hi": (1, "Width16"), "20": (0, "Width20"),
         "8": (0, "Width8"), "5": (0, "Width5"), "4": (0, "Width4"), "hi8": (1, "Width8"),
         "hi4": (1, "Width4"), "place": (0, "WidthPlace"), "loup": (1, "WidthHigh"),
         "hiup": (0, "WidthHigh")}
CONDITIONS = ["always", "z", "nz", "c", "nc", "bit1clear", "not_running", "no_arrival", "no_room",
              "no_tick", "no_progress", "warm", "write_error", "slverr"]
PORTS = ["ready", "begin", "slot", "ask", "skip", "exec", "load_weights", "load_features", "store", "end",
         "last_end", "credits", "tick", "fail"]
# Instructions whose constant a memory word is added to, and those that may branch.
WITH_CONSTANT = {"ld": "OpLd", "ldh": "OpLdh", "ldf": "OpLdf", "ldn": "OpLdn"}
WITH_BRANCH = {"add": "OpAdd", "sub": "OpSub", "adc": "OpAdc"}
# A word can be read by the third instruction behind its store.
STORE_DISTANCE = 3


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


class Program:
    def __init__(self):
        self.words = {f"S{i}": 0x80 + i for i in range(32)}
        self.labels = {}
        self.rows = []   # (fields, target label, source text)
        self.stores = []  # address stored by each row, or None
        self.line = 0

    def fail(self, text):
        raise SystemExit(f"{SOURCE.name}:{self.line}: {text}")

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

    def emit(self, op, text, part=PARTS[""], address=0, constant="0", branch=None, store=None,
             reads=True):
        while reads and address in self.stores[-STORE_DISTANCE + 1:]:
            self.put("OpBranch", PARTS[""], 0, "0", None, "nop", None)
        self.put(op, part, address, constant, branch, text, store)

    def put(self, op, part, address, constant, branch, text, store):
        self.rows.append((op, part[1], part[0], address, constant, branch, text))
        self.stores.append(store)
        if len(self.rows) > DEPTH:
            self.fail("the program is too long")

    def branch(self, words):
        if not words:
            return None
        if len(words) != 2 or words[0] not in CONDITIONS:
            self.fail(f"no condition and label: {' '.join(words)}")
        return words

    def instruction(self, text):
        words = re.findall(r"\{.*\}|\S+", text)
        op, rest = words[0], words[1:]
        if op in WITH_CONSTANT:
            address, part = self.operand(rest[0])
            self.emit(WITH_CONSTANT[op], text, part, address,
                      self.constant(rest[1]) if rest[1:] else "0")
        elif op in WITH_BRANCH:
            address, part = self.operand(rest[0])
            self.emit(WITH_BRANCH[op], text, part, address, branch=self.branch(rest[1:]))
        elif op in ("ldi", "ldhi"):
            self.emit(f"Op{op.capitalize()}", text, constant=self.constant(rest[0]), reads=False)
        elif op == "dbl":
            self.emit("OpDbl", text, reads=False)
        elif op == "st":
            address, _ = self.operand(rest[0])
            self.emit("OpSt", text, constant=str(address), store=address, reads=False)
        elif op in ("rep", "repx"):
            counted = "1'b1" if op == "repx" else "1'b0"
            self.emit("OpRep", text, reads=False,
                      constant=f"times({counted}, {self.constant(rest[0])})")
        elif op == "repa":
            self.emit("OpRepa", text, reads=False)
        elif op == "out" and rest[0] in PORTS:
            self.emit("OpOut", text, constant=f"Port{camel(rest[0])}", reads=False)
        elif op == "b":
            self.emit("OpBranch", text, branch=self.branch(rest), reads=False)
        elif op == "br":
            self.emit("OpBranch", text, branch=["always", rest[0]], reads=False)
        elif op == "const":
            value = self.constant(rest[1])
            address = self.words[rest[0]]
            self.emit("OpLdhi", text, constant=f"high({value})", reads=False)
            self.emit("OpSt", "", constant=str(address), store=address, reads=False)
            self.emit("OpLd", "", address=address, constant=value)
            self.emit("OpSt", "", constant=str(address), store=address, reads=False)
        else:
            self.fail(f"no instruction: {text}")

    def read(self, source):
        for self.line, line in enumerate(source.split("\n"), 1):
            text = line.split(";")[0].strip()
            directive = text.split()
            if not text:
                continue
            if directive[0] == ".word":
                self.words[directive[1]] = int(directive[2], 16)
            elif directive[0] == ".table":
                self.words[directive[1]] = 0x80 + 0x20 * int(directive[2])
            elif text.endswith(":"):
                self.labels[text[:-1]] = len(self.rows)
                self.stores.append(None)
                self.stores.append(None)
            else:
                self.instruction(text)
        for row in self.rows:
            if row[5] and row[5][1] not in self.labels:
                raise SystemExit(f"{SOURCE.name}: no label {row[5][1]}")


HEAD = """// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
// Generated by tools/spec/microcode.py from rtl/ctrl/rs_microcode.asm. Do not edit.
//
// The core's control program, as a memory that is only read. Latency 1.

module rs_microcode
  import rs_spec_pkg::*;
  import rs_micro_pkg::*;
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
  localparam int unsigned Slices = FbDepth * (M / C);
  localparam int unsigned SlicesOver = Slices < 32768 ? Slices + 1 : 32768;
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
    program = Program()
    program.read(SOURCE.read_text())
    names = {address: label for label, address in program.labels.items()}
    out = [HEAD]
    for at, (op, width, swap, address, constant, branch, text) in enumerate(program.rows):
        if at in names:
            out.append(f"      // {names[at]}\n")
        if branch:
            value = f"go(When{camel(branch[0])}, 9'd{program.labels[branch[1]]})"
        elif re.fullmatch(r"-?\d+", constant):
            value = f"16'h{int(constant) & 0xffff:04x}"
        else:
            value = constant if re.match(r"(high|times)\(", constant) else f"16'({constant})"
        row = f"      9'd{at}: code = row({op}, {width}, 1'b{swap}, 8'h{address:02x}, {value});"
        out.append(row + "\n")
    return "".join(out) + TAIL, program


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    text, program = generate()
    if arguments.check:
        if not TARGET.exists() or TARGET.read_text() != text:
            sys.exit(f"{TARGET.name} is stale: run tools/spec/microcode.py")
        return
    TARGET.write_text(text)
    print(f"{len(program.rows)} of {DEPTH} instructions")


if __name__ == "__main__":
    main()
