#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Tests of the assembler: what it puts between instructions, how fields become operands, which
checks a descriptor gets, and what it refuses. control_program_test.cpp tests the program itself."""

import copy
import unittest

import assembler
from contract import Contract, Expression, Field

CONTRACT = Contract()
START = "start:\n.word A 0x40\n.word B 0x41\n.word CODES 0x42\n.word T0 0x43\n"


def ops(text, contract=CONTRACT):
    rows = assembler.Program(contract, START + text + "\nbr start").rows[:-1]
    return " ".join("nop" if row.op == "branch" and not row.branch else row.op for row in rows)


def with_field(**more):
    """The contract with one more field in `exec`."""
    contract = copy.deepcopy(CONTRACT)
    field = Field(**{"name": "extra", "word": 25, "lsb": 0, "width": 8, "doc": "", **more})
    contract.descriptors["exec"].fields.append(field)
    return contract


class Distances(unittest.TestCase):
    def test_store_before_read(self):
        self.assertEqual(ops("st A\nld A"), "st nop nop ld")
        self.assertEqual(ops("st A\nld B\nld A"), "st ld nop ld")
        self.assertEqual(ops("st A\nld B\nld B\nld A"), "st ld ld ld")
        self.assertEqual(ops("st A\nst A"), "st st")

    def test_event_before_slot(self):
        self.assertEqual(ops("out slot\nld exec.pitch"), "out nop nop ld")
        self.assertEqual(ops(".slot WORD 3\nout slot\nst WORD"), "out nop st")
        self.assertEqual(ops("out run\nbr start\nld exec.pitch"), "out branch ld")

    def test_repetition_after_store(self):
        with self.assertRaisesRegex(SystemExit, "a repetition right after its operand's store"):
            ops("st A\nrep 3\nadd A")

    def test_effect_after_jump(self):
        self.assertEqual(ops("b warm start\nst A"), "branch nop st")
        self.assertEqual(ops("ldf A -1\nout run"), "ldf nop out")
        self.assertEqual(ops("b warm start\nld A"), "branch ld")

    def test_accumulator_after_jump(self):
        used = "b warm there\nldi 0\nbr start\nthere:\n"
        self.assertEqual(ops(used + "st A"), "branch nop ldi branch nop st")
        self.assertEqual(ops(used + "b slverr start\nst A"), "branch nop ldi branch branch nop st")
        self.assertEqual(ops(used + "out tick\nld A"), "branch ldi branch nop out ld")


class Operands(unittest.TestCase):
    def operand(self, text, contract=CONTRACT):
        return assembler.Program(contract, START + "br start").operand(text)

    def test_fields(self):
        self.assertEqual(self.operand("exec.pitch"), (0x83, "hi"))
        self.assertEqual(self.operand("exec.opcode"), (0x80, "4"))
        self.assertEqual(self.operand("exec.dst_row_bank"), (0x89, "hi4"))
        self.assertEqual(self.operand("exec.lo"), (0x8e, "loup"))
        self.assertEqual(self.operand("exec.pitch.word"), (0x83, ""))
        self.assertEqual(self.operand("CAP_FORMAT.weight_format"), (0x03, "8"))

    def test_neighbour(self):
        contract = with_field(width=6)
        self.assertEqual(self.operand("exec.extra", contract), (0x99, "8"))
        contract.descriptors["exec"].fields.append(Field("next", 25, 6, 2, ""))
        with self.assertRaisesRegex(SystemExit, "no part of a word has exec.extra"):
            self.operand("exec.extra", contract)

    def test_unknown(self):
        for text in ("exec.nothing", "NOTHING", "A.nothing"):
            with self.assertRaises(SystemExit):
                self.operand(text)


class Checks(unittest.TestCase):
    def lines(self, **more):
        contract = with_field(**more)
        return [line for line in assembler.checks(contract, "exec", "bad_field") if "extra" in line]

    def test_bounds(self):
        self.assertEqual(self.lines(least=Expression(2), most=Expression("P - 1")),
                         ["ldf exec.extra {-(P - 1 + 1)}", "ldn exec.extra {-(2)}"])
        self.assertEqual(self.lines(), [])
        self.assertEqual(self.lines(reserved=True, most=Expression(3)), [])

    def test_flag(self):
        contract = with_field(when="residual", most=Expression(3))
        lines = list(assembler.checks(contract, "exec", "bad_field"))
        self.assertGreater(lines.index("ldf exec.extra {-(3 + 1)}"),
                           lines.index("flag exec.residual exec_no_residual"))
        with self.assertRaisesRegex(SystemExit, "not bit 1 of half a word"):
            ops("bad_field:\ncheck exec bad_field", with_field(when="max_mode", most=Expression(3)))

    def test_signed_range(self):
        with self.assertRaisesRegex(SystemExit, "not the codes"):
            self.lines(signed=True, width=16, least=Expression(-3), most=Expression(3))

    def test_constant_too_large(self):
        with self.assertRaisesRegex(SystemExit, "16 bits"):
            program = assembler.Program(with_field(width=32, most=Expression("WmDepth * 1024")),
                                        START + "bad_field:\ncheck exec bad_field\nbr start")
            for row in program.rows:
                program.value(row)


if __name__ == "__main__":
    unittest.main()
