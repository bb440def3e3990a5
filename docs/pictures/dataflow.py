# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The array's dataflow: skew at the edges, hops between PEs, drain by OR; the inside of a PE."""

from draw import KINDS, LINE, SOFT, Picture

M, P = 4, 3  # drawn, as in the configuration 4x4x3
LEFT, TOP, STEP_X, STEP_Y, PE_W, PE_H = 196, 174, 96, 78, 62, 46
GREEN, ORANGE, BLUE = KINDS["compute"], KINDS["memory"], KINDS["control"]


def register(p, x, y):
    p.rect(x - 8, y - 8, 16, 16, "#ffffff", LINE, radius=2)


def grid(p):
    right = LEFT + STEP_X * (P - 1) + PE_W
    for column in range(P):
        x = LEFT + STEP_X * column + PE_W / 2
        p.text(x, 70, f"pixel {column}", 12, bold=True, colour=ORANGE[1])
        p.arrow((x, 76), (x, TOP), colour=ORANGE[1])
        for i in range(column):
            register(p, x, 102 + 26 * i)
        for row in range(1, M):
            p.arrow((x, TOP + STEP_Y * (row - 1) + PE_H), (x, TOP + STEP_Y * row),
                    colour=ORANGE[1])
    for row in range(M):
        y = TOP + STEP_Y * row + PE_H / 2
        p.text(20, y + 4, f"channel {row}", 12, "start", bold=True, colour=BLUE[1])
        p.arrow((82, y), (LEFT, y), colour=BLUE[1])
        for i in range(row):
            register(p, 106 + 27 * i, y)
        for column in range(1, P):
            p.arrow((LEFT + STEP_X * (column - 1) + PE_W, y), (LEFT + STEP_X * column, y),
                    colour=BLUE[1])
        # Drain.
        p.path([(LEFT + 12, y + PE_H / 2), (LEFT + 12, y + 36), (right + 26, y + 36),
                (right + 26, y + 12)], GREEN[1])
        for column in range(1, P):
            x = LEFT + STEP_X * column + 12
            p.path([(x, y + PE_H / 2), (x, y + 36)], GREEN[1])
        p.rect(right + 12, y - 12, 30, 24, GREEN[0], GREEN[1], radius=4)
        p.text(right + 27, y + 4, "OR", 11, bold=True)
        p.arrow((right + 42, y), (right + 156, y), colour=GREEN[1])
        for i in range(M - 1 - row):
            register(p, right + 66 + 27 * i, y)
        for column in range(P):
            x = LEFT + STEP_X * column
            p.rect(x, TOP + STEP_Y * row, PE_W, PE_H, GREEN[0], GREEN[1], radius=4)
            p.text(x + PE_W / 2, y - 2, "PE", 13, bold=True)
            p.text(x + PE_W / 2, y + 13, f"cycle t+{row + column}", 10, colour=SOFT)
    bottom = TOP + STEP_Y * (M - 1) + PE_H
    p.rect(right + 156, TOP - 6, 26, bottom - TOP + 12, GREEN[0], GREEN[1], radius=4)
    for i, letter in enumerate("PIXEL"):
        p.text(right + 169, TOP + 82 + 26 * i, letter, 12, bold=True)
    p.text(right + 169, bottom + 26, "M accumulators,", 11, colour=SOFT)
    p.text(right + 169, bottom + 40, "a pixel per cycle", 11, colour=SOFT)
    p.text(LEFT + 126, 30, "activations: C channels per column", 13, bold=True,
           colour=ORANGE[1])
    p.text(LEFT + 126, 47, "column p enters p cycles late", 11, colour=SOFT)
    p.text(20, 128, "weight tile:", 13, "start", bold=True, colour=BLUE[1])
    p.text(20, 144, "row m enters", 11, "start", colour=SOFT)
    p.text(20, 158, "m cycles late", 11, "start", colour=SOFT)
    register(p, 28, bottom + 40)
    p.text(42, bottom + 44, "a register", 11, "start", colour=SOFT)


def inside(p):
    x0, y0 = 690, 16
    p.region(x0, y0, 330, 488, "Inside a PE: C lanes in chains, one accumulator")
    for i, label in enumerate(["lane 0", "lane 1", "", "lane 7"]):
        y = y0 + 62 + 76 * i
        if not label:
            p.text(x0 + 178, y + 28, ". . .", 15, bold=True)
        else:
            p.rect(x0 + 108, y, 140, 46, "#ffffff", GREEN[1], radius=4)
            p.text(x0 + 178, y + 19, label, 12, bold=True)
            p.text(x0 + 178, y + 34, "shift, sign, add", 11, colour=SOFT)
            p.arrow((x0 + 70, y + 14), (x0 + 108, y + 14), colour=ORANGE[1])
            p.arrow((x0 + 70, y + 32), (x0 + 108, y + 32), colour=BLUE[1])
            p.text(x0 + 64, y + 18, "activation", 11, "end", colour=ORANGE[1])
            p.text(x0 + 64, y + 36, "term", 11, "end", colour=BLUE[1])
        if i < 3:
            p.arrow((x0 + 178, y + (46 if label else 36)), (x0 + 178, y + (76 if i != 1 else 90)),
                    colour=GREEN[1])
            if i == 0:
                p.text(x0 + 186, y + 66, "sum, a cycle later", 11, "start", colour=SOFT)
    y = y0 + 62 + 76 * 3 + 46
    p.arrow((x0 + 178, y), (x0 + 178, y + 40), colour=GREEN[1])
    p.text(x0 + 186, y + 24, "(C = 16: two chains, joined)", 11, "start", colour=SOFT)
    p.rect(x0 + 108, y + 40, 140, 46, GREEN[0], GREEN[1], radius=4)
    p.text(x0 + 178, y + 59, "accumulator", 12, bold=True)
    p.text(x0 + 178, y + 75, "AccW bits, + or max", 11, colour=SOFT)
    p.arrow((x0 + 248, y + 74), (x0 + 278, y + 74), (x0 + 278, y + 52), (x0 + 248, y + 52),
            colour=GREEN[1])
    p.arrow((x0 + 178, y + 86), (x0 + 178, y + 122), colour=GREEN[1])
    p.text(x0 + 186, y + 112, "to the OR of the row", 11, "start", colour=SOFT)


def pictures():
    p = Picture(1036, 520, "Dataflow of the array: output-stationary, systolic")
    grid(p)
    inside(p)
    return {"dataflow": p}
