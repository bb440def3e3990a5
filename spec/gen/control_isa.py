# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The instruction set of the control processor: the one table that the assembler, the SystemVerilog
package, the C++ model and the page in docs/ take it from."""

# Form in the assembler, operation, meaning. `M` is an operand, `n` a constant; other forms of an
# operation follow the first.
INSTRUCTIONS = [
    ("b COND LABEL", "branch", "go to LABEL if the condition holds; `br LABEL`: always"),
    ("ld M [n]", "ld", "A = M + n"),
    ("ldh M [n]", "ldh", "A = M + (n << 16)"),
    ("ldf M n", "ldf", "A = M + n; go to `bad_field` if there was a carry: M is -n or more"),
    ("ldn M n", "ldn", "A = M + n; go to `bad_field` if there was none: M is less than -n"),
    ("ldi n", "ldi", "A = n"),
    ("ldhi n", "ldhi", "A = n << 16"),
    ("dbl", "dbl", "A = 2 * A"),
    ("add M [COND LABEL]", "add", "A = M + A; then go to LABEL if the condition holds"),
    ("sub M [COND LABEL]", "sub", "A = M - A, carry: no borrow; then likewise"),
    ("adc M [COND LABEL]", "adc", "A = M + the carry of the instruction before; then likewise"),
    ("st M", "st", "M = A"),
    ("out EVENT", "out", "give an event, with A"),
    ("rep n", "rep", "carry out the next instruction n times; `repx n`: the low five bits of its "
     "addresses count from 32 - n to 31"),
    ("repa", "repa", "carry out the next instruction -A times"),
]

# Suffix of an operand, swap the halves of the word first, width that is kept, meaning.
PARTS = [
    ("", False, "all", "the whole word"),
    ("lo", False, "16", "low half"),
    ("hi", True, "16", "high half"),
    ("20", False, "20", "low 20 bits"),
    ("8", False, "8", "low 8 bits"),
    ("5", False, "5", "low 5 bits"),
    ("4", False, "4", "low 4 bits"),
    ("hi8", True, "8", "low 8 bits of the high half"),
    ("hi4", True, "4", "low 4 bits of the high half"),
    ("offset", False, "offset", "offset of a byte in a bus burst"),
    ("loup", True, "high", "low half as the high half of a word"),
    ("hiup", False, "high", "high half, where it is"),
]

WIDTHS = ["4", "5", "8", "offset", "16", "20", "all", "high"]

# Condition, meaning. Those from `not_running` on come from outside.
CONDITIONS = [
    ("never", "not at all"),
    ("always", "always"),
    ("z", "A is zero"),
    ("nz", "A is not zero"),
    ("c", "carry"),
    ("nc", "no carry"),
    ("bit1clear", "bit 1 of A is zero"),
    ("not_running", "software has not started the core"),
    ("no_arrival", "no descriptor waits to be looked at"),
    ("no_room", "no batch of descriptors can be asked for"),
    ("no_tick", "no 64th cycle has come since the last `tick`"),
    ("no_progress", "nothing has moved since the last `tick`"),
    ("warm", "the reset was a soft one"),
    ("write_error", "the error on the bus is a write's"),
    ("slverr", "the error is SLVERR, not DECERR; of a weight block: its row streams, not its checksum"),
    ("block_error", "the error is in a weight block, not on the bus"),
]
FIRST_OUTSIDE = "not_running"

# Event, whether it has a value, A, meaning. The ring keeps the flags in A with every descriptor
# that is handed over; only those of LOAD and STORE are used.
EVENTS = [
    ("ready", False, "the core can be started"),
    ("run", False, "a run begins"),
    ("slot", False, "one more slot is asked for"),
    ("ask", False, "read the batch of descriptors, by the command at FETCH_LO"),
    ("skip", False, "the descriptor at hand is dealt with"),
    ("exec", True, "it is EXEC's"),
    ("load_weights", True, "it is LOAD's, a weight block; A: its first word"),
    ("load_features", True, "it is LOAD's, features; A: its first word"),
    ("load_table", True, "it is LOAD's, a table; A: its first word"),
    ("store", True, "it is STORE's; A: its first word"),
    ("end", True, "it is the end of a frame"),
    ("last_end", True, "it is the end of the last frame"),
    ("credits", True, "initial tokens: A"),
    ("tick", False, "forget the 64th cycle and progress"),
    ("fail", False, "the error registers are written: stop"),
]


def markdown():
    """The tables of docs/control-processor.md."""
    def table(head, rows):
        return ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head),
                *("| " + " | ".join(row) + " |" for row in rows), ""]

    return [
        *table(["instruction", "meaning"], [(f"`{form}`", doc) for form, _, doc in INSTRUCTIONS]),
        *table(["part", "meaning"], [(f"`.{name}`", doc) for name, _, _, doc in PARTS[1:]]),
        *table(["condition", "holds when"], [(f"`{name}`", doc) for name, doc in CONDITIONS[1:]]),
        *table(["event", "meaning"], [(f"`{name}`", doc) for name, _, doc in EVENTS])]
