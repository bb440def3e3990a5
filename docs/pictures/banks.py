# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""How the pixels of a tensor lie in the banks, and what a tap's offset does to a read."""

from draw import LINE, SOFT, Picture

P, PITCH, HEIGHT = 4, 6, 4  # banks; pixels per row; rows
GROUP, DY, DX = 1, 1, -1  # the read that is shown
COLOURS = [("#e3ecf9", "#4a74b4"), ("#fdf0d5", "#c58b1b"), ("#dff2e3", "#3c8d53"),
           ("#efe4f7", "#8457a8")]

OFFSET = DY * PITCH + DX
Q, ROTATION = divmod(OFFSET, P)
OUTPUTS = [GROUP * P + p for p in range(P)]
READS = [pixel + OFFSET for pixel in OUTPUTS]


def cell(p, x, y, w, h, pixel, bold=False, width=1.2, dash=None):
    fill, border = COLOURS[pixel % P]
    p.rect(x, y, w, h, fill, border, radius=3, width=width, dash=dash)
    p.text(x + w / 2, y + h / 2 + 5, str(pixel), 13, bold=bold)


def the_map(p):
    p.text(24, 30, "A tensor: pixel i in raster order", 14, "start", bold=True)
    p.text(24, 48, f"pitch {PITCH}, P = {P}: pixel i lies in bank i mod {P} (the colour)", 11,
           "start", colour=SOFT)
    for pixel in range(PITCH * HEIGHT):
        x, y = 24 + 50 * (pixel % PITCH), 66 + 44 * (pixel // PITCH)
        cell(p, x, y, 46, 40, pixel, pixel in READS, 3.2 if pixel in READS else 1.2)
        if pixel in OUTPUTS:
            p.rect(x + 4, y + 4, 38, 32, "none", LINE, radius=2, width=1.6, dash="3 3")
    p.rect(24, 254, 22, 16, "none", LINE, radius=2, width=1.6, dash="3 3")
    p.text(54, 267, f"pixel group {GROUP}: the outputs {OUTPUTS[0]} to {OUTPUTS[-1]}", 12, "start")
    p.rect(24, 278, 22, 16, "#ffffff", LINE, radius=2, width=3.2)
    p.text(54, 291, f"what they read for the tap dy = {DY:+d}, dx = {DX:+d}", 12, "start")
    lines = (f"offset o = dy * pitch + dx = {OFFSET} = q * P + r",
             f"q = {Q}, r = {ROTATION}: column p reads bank (p + r) mod P,",
             "banks below r read one address higher")
    p.lines(24, 322, lines, 12, 18, anchor="start")


def the_banks(p):
    x0 = 392
    p.text(x0, 30, "Feature buffer: P banks, one read per bank and cycle", 14, "start", bold=True)
    p.text(x0, 48, "address = base + (i div P) * words + w, here one word per pixel", 11, "start",
           colour=SOFT)
    for bank in range(P):
        p.text(x0 + 116 + 84 * bank, 82, f"bank {bank}", 12, bold=True, colour=COLOURS[bank][1])
    for row in range(PITCH * HEIGHT // P):
        y = 92 + 30 * row
        p.text(x0 + 60, y + 18, f"base + {row}", 11, "end", colour=SOFT)
        for bank in range(P):
            pixel = row * P + bank
            cell(p, x0 + 78 + 84 * bank, y, 76, 26, pixel, pixel in READS,
                 3.2 if pixel in READS else 1.2)
    # The rotation.
    y0, y1 = 332, 402
    for bank in range(P):
        pixel = next(i for i in READS if i % P == bank)
        x = x0 + 116 + 84 * bank
        p.arrow((x, 274), (x, y0 - 34), colour=COLOURS[bank][1])
        cell(p, x - 38, y0 - 34, 76, 26, pixel, True)
        column = (bank - ROTATION) % P
        p.arrow((x, y0 - 8), (x0 + 116 + 84 * column, y1), colour=COLOURS[bank][1])
    p.text(x0 + 60, y0 - 16, "read", 11, "end", colour=SOFT)
    p.text(x0 + 60, y0 + 32, f"rotate by {ROTATION}", 12, "end", bold=True)
    for column in range(P):
        x = x0 + 116 + 84 * column
        cell(p, x - 38, y1, 76, 26, READS[column], True)
        p.text(x, y1 + 42, f"column {column}", 11, colour=SOFT)
    p.text(x0 + 60, y1 + 18, "to the array", 11, "end", colour=SOFT)


def pictures():
    p = Picture(800, 460, "Bank map of the feature buffer, and the rotation of a read")
    the_map(p)
    the_banks(p)
    return {"banks": p}
