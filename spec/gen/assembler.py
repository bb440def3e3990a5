#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Assembles rtl/ctrl/control_program.asm, the core's control program, into the memory
rs_ctrl_rom.sv and into a table for its C++ model; writes the instruction set, control_isa.py, as a
SystemVerilog package, as a C++ header and as tables of docs/control-processor.md, which describes
the language. Names and bounds of registers and descriptors are those of the contract. `--check`:
only compares."""

import argparse
import re
import sys

import control_isa
import control_output
from contract import ROOT, Contract, Expression, camel
from control_checks import checks

SOURCE = ROOT / "rtl/ctrl/control_program.asm"
DEPTH = 512

SLOT = 0x80   # words of the descriptor at hand
TABLE = 0x20  # addresses of a table of indices

PARTS = {name: (swap, width) for name, swap, width, _ in control_isa.PARTS}
CONDITIONS = [name for name, _ in control_isa.CONDITIONS]
EVENTS = [name for name, _, _ in control_isa.EVENTS]
WITH_VALUE = {str(i) for i, (_, value, _) in enumerate(control_isa.EVENTS) if value}
WITH_CONSTANT = {"ld", "ldh", "ldf", "ldn"}  # a memory word is added to the constant
WITH_BRANCH = {"add", "sub", "adc"}
# A word can be read by the third instruction after its store; a slot after an event, too, and
# stored to by the second.
STORE_DISTANCE = 3
EVENT_DISTANCE = {"read": 3, "store": 2}
# The instruction after one that jumps may be carried out: what may not stand there, and what may
# not when the jump leads to where the accumulator or the carry is used.
EFFECTS = {"st", "out", "rep", "repa"}
SETS_A = WITH_CONSTANT | WITH_BRANCH | {"ldi", "ldhi", "dbl"}
USES_A = {"st", "repa", "dbl"} | WITH_BRANCH
ON_A = {"z", "nz", "c", "nc", "bit1clear"}


class Instruction:
    def __init__(self, op, part="", address=0, constant="0", branch=None, store=None, reads=False):
        self.op, self.part, self.address, self.constant = op, part, address, constant
        self.branch = branch  # condition and label
        self.store = store    # address
        self.reads = reads    # the word at `address`

    def jumps(self):
        return bool(self.branch) or self.op in ("ldf", "ldn")

    def always(self):
        return bool(self.branch) and self.branch[0] == "always"

    def uses_a(self):
        if self.op == "out":
            return self.constant in WITH_VALUE
        return self.op in USES_A or (bool(self.branch) and self.branch[0] in ON_A)


NOP = Instruction("branch")


def field_part(fields, field):
    """The smallest part of a word that begins with the field and has nothing else in it."""
    if field.signed:
        return "hiup" if field.lsb else "loup"
    if field.width == 32:
        return ""
    widths = {name: int(width) for name, (_, width) in PARTS.items() if width.isdigit()}
    for name, width in sorted(widths.items(), key=lambda item: item[1]):
        base = 16 if PARTS[name][0] else 0
        others = [f for f in fields if f is not field and f.word == field.word and
                  not f.reserved and f.lsb < base + width and f.lsb + f.width > base]
        if base == field.lsb and width >= field.width and not others:
            return name
    return None


class Program:
    def __init__(self, contract, source):
        self.contract = contract
        self.constants = {c["name"]: c["value"] for c in contract.constants}
        self.constants.update({f"Err{camel(e['name'])}": e["value"] for e in contract.errors})
        self.constants.update({f"Op{camel(d.name)}": d.opcode
                               for d in contract.descriptors.values()})
        self.constants.update(
            program_magic=contract.program_magic, register_id=contract.register_id,
            version=contract.version, descriptor_sum=contract.descriptor_checksum,
            descriptor_bytes=contract.descriptor_bytes)
        self.registers = {r["name"]: r for r in contract.registers if r.get("home") == "memory"}
        self.words = {name: int(r["offset"], 0) // 4 for name, r in self.registers.items()}
        self.rows = []    # Instruction
        self.labels = {}  # label -> index in rows
        self.line = 0
        for self.line, line in enumerate(source.split("\n"), 1):
            self.read(line.split(";")[0].strip())
        for row in self.rows:
            if row.branch and row.branch[1] not in self.labels:
                raise SystemExit(f"{SOURCE.name}: no label {row.branch[1]}")
        self.space_out()
        if len(self.rows) > DEPTH:
            raise SystemExit(f"{SOURCE.name}: {len(self.rows)} instructions, more than {DEPTH}")
        self.names_at = {at: label for label, at in self.labels.items()}

    def fail(self, text):
        raise SystemExit(f"{SOURCE.name}:{self.line}: {text}")

    def read(self, text):
        directive = text.split()
        if not text:
            return
        if directive[0] == ".word":
            self.words[directive[1]] = int(directive[2], 16)
        elif directive[0] == ".slot":
            self.words[directive[1]] = SLOT + int(directive[2])
        elif directive[0] == ".table":
            self.words[directive[1]] = SLOT + TABLE * int(directive[2])
        elif directive[0] == "check":
            for line in checks(self.contract, *directive[1:]):
                self.read(line)
        elif text.endswith(":"):
            if text[:-1] in self.labels:
                self.fail(f"label twice: {text[:-1]}")
            self.labels[text[:-1]] = len(self.rows)
        else:
            self.instruction(text)

    def constant(self, text):
        match = re.fullmatch(r"\{(.*)\}", text)
        if not match and not re.fullmatch(r"-?\d+", text):
            self.fail(f"no constant: {text}")
        return match[1] if match else text

    def descriptor_field(self, descriptor, name):
        fields = self.contract.all_fields(self.contract.descriptors[descriptor])
        field = next((f for f in fields if f.name == name), None)
        if field is None:
            self.fail(f"no field {name} in {descriptor}")
        return fields, field

    def operand(self, text):
        """Address and part."""
        name, _, part = text.partition(".")
        if re.fullmatch(r"0x[0-9a-f]+", text):
            return int(text, 16), ""
        if name in self.contract.descriptors:
            field_name, _, word = part.partition(".")
            fields, field = self.descriptor_field(name, field_name)
            part = "" if word == "word" else field_part(fields, field)
            if part is None:
                self.fail(f"no part of a word has {text}, and nothing else, at its low end")
            return SLOT + field.word, part
        for f in self.registers.get(name, {}).get("fields", []):
            if f["name"] == part:
                part = next((p for p, (swap, width) in PARTS.items() if width == str(f["width"]) and
                             f["lsb"] == (16 if swap else 0)), None)
        if name not in self.words or part not in PARTS:
            self.fail(f"no operand: {text}")
        return self.words[name], part

    def branch(self, words):
        if not words:
            return None
        if len(words) != 2 or words[0] not in CONDITIONS:
            self.fail(f"no condition and label: {' '.join(words)}")
        return words

    def emit(self, *arguments, **named):
        self.rows.append(Instruction(*arguments, **named))

    def store(self, address):
        self.emit("st", constant=str(address), store=address)

    def instruction(self, text):
        op, *rest = re.findall(r"\{.*\}|\S+", text)
        if op in WITH_CONSTANT:
            address, part = self.operand(rest[0])
            self.emit(op, part, address, self.constant(rest[1]) if rest[1:] else "0", reads=True)
        elif op in WITH_BRANCH:
            address, part = self.operand(rest[0])
            self.emit(op, part, address, branch=self.branch(rest[1:]), reads=True)
        elif op in ("ldi", "ldhi"):
            self.emit(op, constant=self.constant(rest[0]))
        elif op in ("dbl", "repa"):
            self.emit(op)
        elif op == "st":
            self.store(self.operand(rest[0])[0])
        elif op in ("rep", "repx"):
            counted = 32768 if op == "repx" else 0
            self.emit("rep", constant=f"{counted + 1024} - ({self.constant(rest[0])})")
        elif op == "out" and rest[0] in EVENTS:
            self.emit("out", constant=str(EVENTS.index(rest[0])))
        elif op == "b":
            self.emit("branch", branch=self.branch(rest))
        elif op == "nop":
            self.emit("branch")
        elif op == "br":
            self.emit("branch", branch=["always", rest[0]])
        elif op == "const":
            self.word_constant(rest[0], self.constant(rest[1]))
        elif op == "reset":
            self.word_constant(rest[0], self.registers[rest[0]]["reset"])
        elif op == "flag":
            self.flag(*rest)
        else:
            self.fail(f"no instruction: {text}")

    def word_constant(self, name, value):
        """A word of 32 bits: the high half, made up for a low half below zero, then the low one."""
        address = self.words[name]
        self.emit("ldhi", constant=f"({value} + 32768) / 65536")
        self.store(address)
        self.emit("ld", address=address, constant=value, reads=True)
        self.store(address)

    def flag(self, operand, label):
        """Goes to the label when a flag of the descriptor is not set."""
        field = self.descriptor_field(*operand.split("."))[1]
        parts = {1: "4", 17: "hi4"}
        if field.width != 1 or field.lsb not in parts:
            self.fail(f"{operand} is not bit 1 of half a word")
        self.emit("ld", parts[field.lsb], SLOT + field.word, reads=True)
        self.emit("branch", branch=["bit1clear", label])

    def needs_a(self, at, seen=()):
        """Whether the accumulator or the carry is used from `at` on before it is set."""
        while at < len(self.rows) and at not in seen:
            row = self.rows[at]
            seen = (*seen, at)
            if row.uses_a():
                return True
            if row.op in SETS_A:
                return False
            if row.branch and self.needs_a(self.labels[row.branch[1]], seen):
                return True
            if row.always():
                return False
            at += 1
        return False

    @staticmethod
    def too_soon(row, before):
        """Whether `row` needs more distance from the instructions before it, the last one last."""
        def within(distance):
            recent = before[-(distance - 1):]
            ends = [i for i, r in enumerate(recent) if r.always()]
            return recent[ends[-1] + 1:] if ends else recent

        use = "read" if row.reads and row.address >= SLOT else \
              "store" if row.store is not None and row.store >= SLOT else None
        if use and any(r.op == "out" for r in within(EVENT_DISTANCE[use])):
            return True
        return row.reads and any(r.store == row.address for r in within(STORE_DISTANCE))

    def space_out(self):
        """Inserts instructions that do nothing where the processor needs them."""
        out, moved = [], []
        for row, following in zip(self.rows, self.rows[1:] + [NOP]):
            while self.too_soon(row, out):
                if out[-1].op in ("rep", "repa"):
                    raise SystemExit(f"{SOURCE.name}: a repetition right after its operand's store")
                out.append(NOP)
            moved.append(len(out))
            out.append(row)
            if row.jumps() and (following.op in EFFECTS or (
                    following.op in SETS_A and row.branch and
                    self.needs_a(self.labels[row.branch[1]]))):
                out.append(NOP)
        self.labels = {label: moved[at] for label, at in self.labels.items()}
        self.rows = out

    def value(self, row):
        """The value of an instruction: a number, or an expression of the core's parameters."""
        if row.branch:
            return CONDITIONS.index(row.branch[0]) << 12 | self.labels[row.branch[1]]
        expression = Expression(row.constant)
        if all(name in self.constants for name in expression.names()):
            return int(expression.value(self.constants)) & 0xffff
        if row.op != "ld" or row.reads and row.address >= SLOT:  # `ld` also gives low halves
            for name, configuration in self.contract.configurations.items():
                number = expression.value({**self.contract.names(configuration), **self.constants})
                if not -32768 <= number < 65536:
                    raise SystemExit(f"{SOURCE.name}: {row.constant} is {number} in {name}: more "
                                     "than 16 bits")
        return expression


def page():
    """docs/control-processor.md with its tables renewed."""
    path = ROOT / "docs/control-processor.md"
    tables = "\n".join(control_isa.markdown())
    return path, re.sub(r"(<!-- instruction set: generated -->\n).*?(<!-- end -->)",
                        lambda m: f"{m[1]}\n{tables}\n{m[2]}", path.read_text(), flags=re.S)


def outputs(contract, program):
    """(path, text) of every generated file."""
    models = ROOT / "tb/unit/models"
    yield ROOT / "rtl/pkg/rs_ctrl_cpu_pkg.sv", control_output.package()
    yield ROOT / "rtl/ctrl/rs_ctrl_rom.sv", control_output.rom(contract, program)
    yield models / "ctrl_isa.hpp", control_output.isa_header()
    yield models / "control_program.hpp", control_output.program_header(contract, program)
    yield page()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    contract = Contract()
    program = Program(contract, SOURCE.read_text())
    stale = []
    for path, text in outputs(contract, program):
        if not arguments.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(str(path.relative_to(ROOT)))
    if stale:
        sys.exit(f"stale: {', '.join(stale)}; run spec/gen/assembler.py")
    if not arguments.check:
        print(f"{len(program.rows)} of {DEPTH} instructions")


if __name__ == "__main__":
    main()
