# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The control processor: its stages, the memories beside them, what goes in and out."""

from draw import KINDS, SOFT, Picture

LEFT, TOP, STEP, WIDTH, HEIGHT = 24, 150, 158, 126, 74
BLUE, GREEN, ORANGE = KINDS["control"][1], KINDS["compute"][1], KINDS["memory"][1]
STAGES = [
    ("fetch", "fetch", ("an instruction", "per cycle")),
    ("read", "read", ("address of the", "operand")),
    ("part", "part", ("swap halves,", "mask")),
    ("add", "add", ("one adder;", "store, event")),
    ("decide", "decide", ("does the", "condition hold?")),
    ("jump", "jump", ("drop what is", "in the stages")),
]


def pictures():
    p = Picture(980, 430, "The control processor: stages and memories")
    for i, (name, title, lines) in enumerate(STAGES):
        p.box(name, LEFT + STEP * i, TOP, WIDTH, HEIGHT, title, lines, "control")
        if i:
            p.arrow(f"{STAGES[i - 1][0]}.e", f"{name}.w")
    p.box("code", LEFT, 20, WIDTH, 74, "rs_ctrl_rom", ("the control", "program"), "memory")
    p.arrow("code.s:0.7", "fetch.n:0.7", colour=ORANGE)
    p.arrow("fetch.n:0.3", "code.s:0.3", colour=BLUE)
    p.box("words", LEFT + STEP, 20, 3 * STEP + WIDTH - STEP, 74, "memory of words",
          ("registers that software sees, variables,", "a ring of slots, a descriptor in each"),
          "memory")
    x, y, w, _ = p.boxes["words"]
    for stage, up, colour in (("read", True, BLUE), ("part", False, ORANGE), ("add", True, GREEN)):
        middle = p.point(f"{stage}.n")
        edge = (middle[0], y + 74)
        p.arrow(*((middle, edge) if up else (edge, middle)), colour=colour)
    for stage, label in (("read", "address"), ("part", "word, if no"), ("add", "store")):
        at = p.point(f"{stage}.n")
        p.text(at[0] + 6, 116, label, 11, "start", colour=SOFT)
    at = p.point("part.n")
    p.text(at[0] + 6, 130, "stall", 11, "start", colour=SOFT)
    p.lines(x + w + 20, 48, ("Copies to the engines and registers that",
                             "software reads go first: the processor stalls."), 11,
            anchor="start", colour=SOFT)

    add_x = p.point("add.s")[0]
    p.box("a", add_x - WIDTH / 2, 268, WIDTH, 52, "A, carry", ("accumulator",), "compute")
    p.arrow("add.s:0.3", "a.n:0.3", colour=GREEN)
    p.arrow("a.n:0.7", "add.s:0.7", colour=GREEN)
    p.arrow("a.e", (p.point("decide.s:0.25")[0], None), "decide.s:0.25", colour=GREEN)
    p.arrow("a.s", (None, 368), colour=GREEN)
    p.text(add_x, 386, "event, with A:", 12, bold=True)
    p.text(add_x, 402, "to the ring and the core's state", 11, colour=SOFT)
    outside = p.point("decide.s:0.75")
    p.arrow((outside[0], 340), outside, colour=ORANGE)
    p.text(outside[0] + 8, 322, "conditions from outside:", 12, "start", bold=True)
    p.text(outside[0] + 8, 338, "descriptor there, room, tick, error", 11, "start", colour=SOFT)
    jump = p.point("jump.s")
    p.arrow(jump, (None, 252), (LEFT + WIDTH / 2, 252), "fetch.s", colour=BLUE)
    p.text(LEFT + WIDTH / 2 + 10, 245,
           "target; 1 for an error on the bus (trap), 2 for a bad field", 11, "start", colour=SOFT)
    return {"control_processor": p}
