# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""A small drawing kit for the pictures of the documentation: boxes, arrows and text, as SVG.

Lengths are in pixels, y grows downwards. A label that does not fit its box is an error, so that
no picture overflows by accident."""

import math
from html import escape

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
MONO = "'Liberation Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace"
INK, SOFT, LINE = "#1f2933", "#5f6c7b", "#3e4c59"
# Kinds of box: (fill, border).
KINDS = {
    "plain": ("#ffffff", "#7b8794"),
    "control": ("#e3ecf9", "#4a74b4"),
    "memory": ("#fdf0d5", "#c58b1b"),
    "compute": ("#dff2e3", "#3c8d53"),
    "bus": ("#eceff3", "#7b8794"),
    "residual": ("#efe4f7", "#8457a8"),
    "warn": ("#fbe3e0", "#c0503f"),
}
# Widths of ASCII 32 to 126 in thousandths of the font size (Helvetica).
_WIDTHS = [278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278]
_WIDTHS += [556] * 10 + [278, 278, 584, 584, 584, 556, 1015]
_WIDTHS += [667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778,
            722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333]
_WIDTHS += [556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556,
            333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584]


def text_width(text, size, bold=False, mono=False):
    """Pixels that `text` takes, a little more than it needs."""
    if mono:
        return 0.605 * size * len(text)
    return sum(_WIDTHS[ord(c) - 32] for c in text) * size / 1000 * (1.08 if bold else 1.03)


def num(value):
    return f"{round(value, 2):g}"


class Picture:
    """Collects shapes. Boxes that have a name can be the ends of arrows."""

    def __init__(self, width, height, title):
        self.width, self.height, self.title = width, height, title
        self.boxes, self._shapes = {}, []

    # Plain shapes.

    def rect(self, x, y, w, h, fill="#ffffff", border=None, radius=0, width=1.2, dash=None):
        stroke = f' stroke="{border}" stroke-width="{num(width)}"' if border else ""
        stroke += f' stroke-dasharray="{dash}"' if dash else ""
        corner = f' rx="{num(radius)}"' if radius else ""
        self._shapes.append(f'<rect x="{num(x)}" y="{num(y)}" width="{num(w)}" height="{num(h)}"'
                            f'{corner} fill="{fill}"{stroke}/>')

    def text(self, x, y, text, size=13, anchor="middle", bold=False, colour=INK, mono=False,
             italic=False):
        """One line; (x, y) is on its base line."""
        width = text_width(text, size, bold, mono)
        left = x - {"start": 0, "middle": 0.5, "end": 1}[anchor] * width
        right = left + width
        if left < -1 or right > self.width + 1 or not 0 < y < self.height:
            raise ValueError(f"{self.title}: the text '{text}' leaves the picture")
        style = ' font-weight="bold"' if bold else ""
        style += ' font-style="italic"' if italic else ""
        style += f' font-family="{MONO}"' if mono else ""
        self._shapes.append(f'<text x="{num(x)}" y="{num(y)}" font-size="{num(size)}"'
                            f' text-anchor="{anchor}" fill="{colour}"{style}>{escape(text, False)}'
                            f'</text>')

    def lines(self, x, y, lines, size=12, step=None, **style):
        for i, line in enumerate(lines):
            self.text(x, y + i * (step or size * 1.35), line, size, **style)

    def path(self, points, colour=LINE, width=1.5, dash=None, fill="none", close=False):
        d = "M" + " L".join(f"{num(x)} {num(y)}" for x, y in points) + (" Z" if close else "")
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._shapes.append(f'<path d="{d}" fill="{fill}" stroke="{colour}"'
                            f' stroke-width="{num(width)}"{dashed}/>')

    def head(self, x, y, dx, dy, colour=LINE):
        """An arrow's head with its tip at (x, y), pointing along (dx, dy)."""
        length = math.hypot(dx, dy)
        dx, dy = dx / length, dy / length
        wing = [(x - 9 * dx + s * 4 * dy, y - 9 * dy - s * 4 * dx) for s in (1, -1)]
        d = "M" + " L".join(f"{num(a)} {num(b)}" for a, b in [(x, y), *wing]) + " Z"
        self._shapes.append(f'<path d="{d}" fill="{colour}"/>')

    # Boxes and arrows.

    def region(self, x, y, w, h, label, fill="#f7f9fb"):
        """A frame around boxes, its label at the top left."""
        self.rect(x, y, w, h, fill, "#9aa5b1", radius=8, dash="5 4")
        self.text(x + 12, y + 18, label, 13, "start", bold=True, colour=SOFT)

    def box(self, name, x, y, w, h, title, lines=(), kind="plain", size=13, small=11, mono=False):
        fill, border = KINDS[kind]
        self.rect(x, y, w, h, fill, border, radius=5, width=1.4)
        titles = title.split("\n")
        for line, points, bold in ([(line, size, True) for line in titles]
                                   + [(line, small, False) for line in lines]):
            need = text_width(line, points, bold, mono and not bold)
            if need > w - 6:
                raise ValueError(f"{self.title}: '{line}' needs {need:.0f} of {w} pixels")
        step, title_step = small * 1.3, size * 1.25
        top = y + h / 2 - (len(lines) * step + (len(titles) - 1) * title_step) / 2 + size * 0.36
        self.lines(x + w / 2, top, titles, size, title_step, bold=True)
        top += (len(titles) - 1) * title_step + step
        self.lines(x + w / 2, top, lines, small, step, colour=SOFT, mono=mono)
        self.boxes[name] = (x, y, w, h)

    def point(self, spec):
        """`box.side` or `box.side:fraction`: a point on the side n, e, s or w of a box."""
        if not isinstance(spec, str):
            return spec
        name, side = spec.split(".", 1)
        side, _, fraction = side.partition(":")
        x, y, w, h = self.boxes[name]
        part = float(fraction or 0.5)
        return {"n": (x + part * w, y), "s": (x + part * w, y + h),
                "w": (x, y + part * h), "e": (x + w, y + part * h)}[side]

    def arrow(self, start, *via, label=None, at=None, anchor="middle", both=False, colour=LINE,
              dash=None, width=1.6, size=11):
        """From `start` through the points to the last one, each a pair or as in point(); None as a
        coordinate: that of the point before."""
        points = [self.point(start)]
        for spec in via:
            x, y = self.point(spec)
            points.append((points[-1][0] if x is None else x, points[-1][1] if y is None else y))
        (ax, ay), (bx, by) = points[-2:]
        length = math.hypot(bx - ax, by - ay)
        shown = points[:-1] + [(bx - 5 * (bx - ax) / length, by - 5 * (by - ay) / length)]
        if both:
            (cx, cy), (ex, ey) = points[0], points[1]
            far = math.hypot(ex - cx, ey - cy)
            shown[0] = (cx + 5 * (ex - cx) / far, cy + 5 * (ey - cy) / far)
            self.head(cx, cy, cx - ex, cy - ey, colour)
        self.path(shown, colour, width, dash)
        self.head(bx, by, bx - ax, by - ay, colour)
        if label:
            (x0, y0), (x1, y1) = points[0], points[1]
            x, y = at or ((x0 + x1) / 2, (y0 + y1) / 2 - 6)
            self.text(x, y, label, size, anchor, colour=SOFT)

    def svg(self):
        w, h = num(self.width), num(self.height)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}"'
                f' viewBox="0 0 {w} {h}" role="img" font-family="{FONT}">\n'
                f'<title>{escape(self.title)}</title>\n'
                f'<rect width="{w}" height="{h}" fill="#ffffff"/>\n'
                + "\n".join(self._shapes) + "\n</svg>\n")
