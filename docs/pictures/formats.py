# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Heat maps of formats.json, which tools/formats/formats.py writes: what a network reaches with so many
bits of activations and factors. A network has colours of its own."""

import json
import pathlib

from draw import SOFT, Picture

DATA = pathlib.Path(__file__).with_name("formats.json")
WIDTH, HEIGHT, LEFT, TOP = 52, 34, 84, 104
LEAST = 290  # pixels that a title takes
BAD, GOOD = (0xf6, 0xd5, 0xcf), (0x8f, 0xcf, 0x9f)


def colour(share):
    """From the worst, 0, to the best, 1."""
    return "#" + "".join(f"{round(b + (g - b) * share):02x}" for b, g in zip(BAD, GOOD))


def bits_of(entry):
    return sorted({bits for *point, _ in entry["points"] for bits in point})


def draw(p, entry, left):
    value = {(act, factor): v for act, factor, v in entry["points"]}
    low, high = min(value.values()), max(value.values())
    title = entry["title"] + (f" (float {entry['float']})" if entry["float"] else "")
    p.text(left - 60, TOP - 42, title, 13, "start", bold=True)
    p.text(left - 60, TOP - 25, entry["unit"], 11, "start", colour=SOFT)
    bits = bits_of(entry)
    for i, act in enumerate(bits):
        y = TOP + i * HEIGHT
        p.text(left - 8, y + 22, f"{act}", 12, "end")
        p.text(left + i * WIDTH + WIDTH / 2, TOP - 6, f"{act}", 12)
        for j, factor in enumerate(bits):
            if (act, factor) not in value:
                continue
            x, v = left + j * WIDTH, value[act, factor]
            p.rect(x, y, WIDTH - 2, HEIGHT - 2, colour((v - low) / max(high - low, 1e-9)))
            p.text(x + WIDTH / 2, y + 21, f"{v:g}", 12)


def pictures():
    entries = [e for e in json.loads(DATA.read_text()).values() if "title" in e]
    sizes = [len(bits_of(e)) for e in entries]
    width = max(sum(LEFT + max(s * WIDTH, LEAST) for s in sizes) + 24, 640)
    height = TOP + max(sizes) * HEIGHT + 40
    p = Picture(width, height, "What a network reaches with so many bits")
    p.text(24, 30, "What a network reaches: rows are bits of activations, columns bits of factors", 15,
           "start", bold=True)
    left = LEFT
    for entry, size in zip(entries, sizes):
        draw(p, entry, left)
        left += LEFT + max(size * WIDTH, LEAST)
    p.text(24, height - 14, "Figures and the command that made them: docs/formats.md.", 11, "start",
           colour=SOFT)
    return {"formats": p}
