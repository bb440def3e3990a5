# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Frames per second beside the published systems, from published.json. A network has a scale of
its own: only its bars are comparable."""

import json
import pathlib

from draw import KINDS, SOFT, Picture

DATA = pathlib.Path(__file__).with_name("published.json")
LEFT, BAR, ROW, FULL = 130, 26, 34, 380


def number(value):
    return f"{value:,.0f}" if value >= 20 else f"{value:g}"


def bars(data, item):
    """[(label, frames per second, remark, kind)] of a network."""
    published = item["published"]
    out = [(published["label"], published["frames_per_second"], "published", "bus")]
    for row in item["reshift"]:
        equal = published["frames_per_second"] * row["cycles"] / 1e6
        out.append((f"ReShift {row['label']}", data["clock_hz"] / row["cycles"],
                    f"equal at {equal:.0f} MHz", "compute"))
    return out


def pictures():
    data = json.loads(DATA.read_text())
    networks = [(item["network"], bars(data, item)) for item in data["networks"]]
    count = sum(len(rows) for _, rows in networks)
    clock = f"{data['clock_hz'] / 1e6:.0f} MHz"
    p = Picture(980, 116 + ROW * count + 18 * len(networks),
                f"Frames per second beside published systems, ReShift at an assumed {clock}")
    p.text(24, 30, f"Frames per second beside published systems, ReShift at an assumed {clock}", 15,
           "start", bold=True)
    y = 52
    for network, rows in networks:
        p.text(LEFT - 14, y + ROW * len(rows) / 2 + 2, network, 14, "end", bold=True)
        most = max(value for _, value, *_ in rows)
        for label, value, remark, kind in rows:
            width = max(3, FULL * value / most)
            fill, border = KINDS[kind]
            p.rect(LEFT, y, width, BAR, fill, border, radius=2)
            p.text(LEFT + width + 8, y + 18, number(value), 13, "start", bold=True)
            p.text(LEFT + FULL + 74, y + 12, label, 12, "start")
            p.text(LEFT + FULL + 74, y + 25, remark, 10, "start", colour=SOFT)
            y += ROW
        y += 18
    p.lines(24, y + 10, [
        f"ReShift: {clock} / measured cycles per image (RTL simulation, memory latency 40 cycles)."
        " The clock is an assumption: nothing was placed",
        "on these parts. 'equal at' is the clock at which ReShift equals the published figure. Each"
        " network has a scale of its own. Random weights:",
        "the speed depends on the shapes alone, accuracy says nothing. Sources of the figures:"
        " docs/pictures/published.json.",
    ], 11, 16, anchor="start", colour=SOFT)
    return {"published": p}
