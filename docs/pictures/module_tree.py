# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The tree of RTL modules, read from the instances in rtl/. Nothing here names a module."""

import pathlib
import re

from draw import KINDS, SOFT, Picture, text_width

RTL = pathlib.Path(__file__).resolve().parents[2] / "rtl"
LEAVES = "lib"  # folder whose modules are left out
FOLDERS = {"top": "plain", "ctrl": "control", "dma": "bus", "exec": "compute", "array": "compute",
           "buffer": "memory", "board": "residual"}
ROW, INDENT, COLUMN, TOP = 24, 20, 290, 80


def read_modules():
    """{module: (folder, modules that it instantiates, in order)}; families' versions left out."""
    files = {path.stem: path for path in sorted(RTL.rglob("*.sv")) if "tech" not in path.parts}
    modules = {}
    for name, path in files.items():
        text = re.sub(r"//.*|/\*.*?\*/", "", path.read_text())
        if not re.search(rf"^module\s+{name}\b", text, re.M):
            continue  # a package
        used = re.findall(r"^\s*(\w+)\s*(?:#\s*\(|u_\w+)", text, re.M)
        children = [u for u in dict.fromkeys(used) if u in files and u != name]
        modules[name] = (path.parent.name, children)
    return modules


def rows(modules, name, depth=0, seen=None):
    """[(depth, module, its children are drawn elsewhere)] of a subtree, depth first."""
    seen = set() if seen is None else seen
    children = [c for c in modules[name][1] if modules[c][0] != LEAVES]
    again = name in seen and children
    seen.add(name)
    out = [(depth, name, bool(again))]
    for child in [] if again else children:
        out += rows(modules, child, depth + 1, seen)
    return out


def columns(modules):
    """The roots' subtrees; a large one is split among its children."""
    used = {c for _, children in modules.values() for c in children}
    roots = [m for m in modules if modules[m][0] == "top"
             or m not in used and modules[m][0] != LEAVES]
    # The core before what is made of cores.
    tops = set(roots)
    roots.sort(key=lambda m: (modules[m][0] != "top", bool(tops & set(modules[m][1])), m))
    seen, out = set(), []
    for root in roots:
        tree = rows(modules, root, 0, seen)
        if modules[root][0] == "top" and len(tree) > 10:
            starts = [i for i, (depth, *_) in enumerate(tree) if depth == 1] + [len(tree)]
            out += [tree[:1] + tree[a:b] for a, b in zip(starts, starts[1:])]
        elif out and modules[out[-1][0][1]][0] == modules[root][0]:
            out[-1] += tree
        else:
            out.append(tree)
    return out


def draw_column(p, modules, tree, x0):
    parents = []
    for i, (depth, name, again) in enumerate(tree):
        x, y = x0 + INDENT * depth, TOP + ROW * i
        label = name + (" (at the left)" if again else "")
        fill, border = KINDS[FOLDERS.get(modules[name][0], "plain")]
        width = text_width(label, 12) + 16
        if x + width > x0 + COLUMN - 8:
            raise ValueError(f"module tree: {name} does not fit its column")
        p.rect(x, y, width, 19, fill, border, radius=3)
        p.text(x + 8, y + 14, label, 12, "start")
        parents[depth:] = [(x + 9, y + 19)]
        if depth:
            px, py = parents[depth - 1]
            p.path([(px, py), (px, y + 10), (x, y + 10)], "#9aa5b1", 1.2)


def pictures():
    modules = read_modules()
    trees = columns(modules)
    height = TOP + ROW * max(len(tree) for tree in trees) + 16
    p = Picture(20 + COLUMN * len(trees), height, "RTL modules and their instances")
    x = 20
    for folder, kind in FOLDERS.items():
        p.rect(x, 16, 14, 14, *KINDS[kind], radius=2)
        p.text(x + 20, 28, f"rtl/{folder}", 12, "start")
        x += 40 + text_width(f"rtl/{folder}", 12)
    p.text(20, 52, f"Left out: rtl/{LEAVES} (FIFOs, memories, delays), which many modules use.", 12,
           "start", colour=SOFT)
    for i, tree in enumerate(trees):
        draw_column(p, modules, tree, 20 + COLUMN * i)
    return {"module_tree": p}
