#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Checks the links of every Markdown file: relative paths and anchors exist, the references inside
an SVG resolve, each picture of docs/pictures is shown somewhere. Looks at no address on the network. Prints each finding; exits non-zero when there is one.

`--check` is accepted and changes nothing: tools/repo/check.py calls its scripts so."""

import pathlib
import re
import sys
from urllib.parse import unquote

import tree

ROOT = tree.ROOT
LINK = re.compile(r"!?\[(?:[^][]|\[[^][]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[[^]]+\]:\s*<?(\S+?)>?(?:\s|$)", re.M)
HTML = re.compile(r"<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)=\"([^\"]+)\"")
FENCE = re.compile(r"^ {0,3}(```+|~~~+).*?^ {0,3}\1`*~*\s*$", re.M | re.S)


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def prose(text):
    """`text` without code, in which brackets are no links; lines keep their numbers."""
    text = re.sub(r"<!--.*?-->", blank, FENCE.sub(blank, text), flags=re.S)
    # Indented code: after an empty line, not inside a list.
    lines, code, item = text.split("\n"), False, False
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        indented = line.startswith("    ")
        if not indented:
            item = bool(re.match(r" {0,3}(?:[-*+]|\d+\.)\s", line)) or (item and line[0] == " ")
        code = indented and not item and (code or i == 0 or not lines[i - 1].strip())
        if code:
            lines[i] = " "
    # Code in a line, or in the lines of a paragraph.
    return re.sub(r"(`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)\1(?!`)", blank, "\n".join(lines), flags=re.S)


def anchors(path):
    """Anchors of a Markdown file's headings, as hosting sites make them."""
    text = FENCE.sub("", path.read_text(encoding="utf-8", errors="replace"))
    seen, out = {}, set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))
    for title in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", text, re.M):
        title = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        out.add(f"{slug}-{count}" if count else slug)
    return out


def targets(text):
    for pattern in (LINK, REFERENCE, HTML):
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start(1)) + 1, match[1]


def check_page(root, path, shown):
    """Findings of a Markdown file; adds what it links to `shown`."""
    text = prose(path.read_text(encoding="utf-8", errors="replace"))
    for line, target in targets(text):
        if re.match(r"[a-z][a-z0-9+.-]*:", target, re.I):
            continue
        where = f"{path.relative_to(root)}:{line}: {target}"
        file, _, anchor = unquote(target).partition("#")
        to = (path.parent / file).resolve() if file else path
        shown.add(to)
        if not to.is_relative_to(root):
            yield f"{where}: leaves the repository"
        elif not to.exists():
            yield f"{where}: not there"
        elif anchor and to.suffix == ".md" and anchor not in anchors(to):
            yield f"{where}: no such heading"


def check_picture(root, path):
    text = path.read_text(encoding="utf-8", errors="replace")
    made = set(re.findall(r"\bid=\"([^\"]+)\"", text))
    used = re.findall(r"url\(#([^)]+)\)", text) + re.findall(r"href=\"#([^\"]+)\"", text)
    for name in sorted(set(used) - made):
        yield f"{path.relative_to(root)}: refers to #{name}, which it does not have"
    for address in re.findall(r"href=\"([^#\"][^\"]*)\"", text):
        yield f"{path.relative_to(root)}: loads {address}"


def check_tree(root):
    shown, findings = set(), []
    for path in (root / name for name in tree.files(root) if name.endswith(".md")):
        findings += check_page(root, path, shown)
    for path in sorted((root / "docs" / "pictures").glob("*.svg")):
        findings += check_picture(root, path)
        if path not in shown:
            findings.append(f"{path.relative_to(root)}: no page shows it")
    return findings


def main():
    findings = check_tree(ROOT)
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
