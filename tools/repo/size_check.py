#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Sizes of the C++ classes and functions in tools/: no class above 300 lines, no function above
60. A class has the lines of its definition and of its members that are defined outside of it; a
function those from its first line, without comments before it, to its closing brace."""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass

import tree

ROOT = tree.ROOT
MOST_LINES = {"class": 300, "function": 60}
EXCEPTIONS = {}  # name of a class or function: reason
MOST_EXCEPTIONS = 3

# What is no code becomes blanks, so that lines stay where they are.
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
                     r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
                     re.S | re.M)
TOKEN = re.compile(r"[A-Za-z_]\w*|::|->|[^\s\w]|\d[\w.']*")
NAME = re.compile(r"(\w* ?(?::: \w+ ?)*)")
LAST_NAME = re.compile(r"((?:\w+ :: )*(?:operator.*|~ \w+|\w+))$")


@dataclass
class Size:
    kind: str  # "class" or "function"
    name: str
    path: pathlib.Path
    line: int
    lines: int


def tokens(text):
    text = NO_CODE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    line, at = 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        yield match[0], line


def outside_parentheses(statement):
    depth, kept = 0, []
    for word in statement:
        depth -= word in ")]"
        if depth == 0:
            kept.append(word)
        depth += word in "(["
    return kept


def without_template(statement):
    while statement[:1] == ["template"]:
        depth, at = 0, 1
        while at < len(statement):
            depth += {"<": 1, ">": -1}.get(statement[at], 0)
            at += 1
            if depth == 0:
                break
        statement = statement[at:]
    return statement


def kind_of(statement):
    """What the brace after a statement opens: its kind and its name."""
    words = without_template(outside_parentheses(statement))
    for word in ("namespace", "enum", "extern"):
        if words[:1] == [word] or words[:2] == ["inline", word]:
            return "namespace" if word != "enum" else "values", ""
    for key in ("class", "struct", "union"):
        if key in words and "(" not in words and "=" not in words:
            rest = words[words.index(key) + 1:]
            return "class", NAME.match(" ".join(rest))[1].replace(" ", "") or "(unnamed)"
    if "(" not in words:
        return "values", ""
    before, after = words[:words.index("(")], words[words.index("("):]
    if "=" in before and "operator" not in before:
        return "values", ""
    # A member's initialiser, not the body: `: a_{x}`.
    if ":" in after and re.match(r"\w|>", words[-1]):
        return "values", ""
    name = LAST_NAME.search(" ".join(before))
    if name and name[1].startswith("TEST"):
        return "function", "".join(statement).replace(",", ", ")
    return "function", name[1].replace(" ", "") if name else "(unnamed)"


def sizes_of(path, text):
    """Classes and functions of a file; functions in functions (lambdas) are part of these."""
    found, stack, statement, first = [], [], [], 0
    for word, line in tokens(text):
        if word == "{":
            inside = stack[-1][0] if stack else "namespace"
            kind, name = ("values", "") if inside in ("function", "values") else kind_of(statement)
            stack.append((kind, name, first or line, statement))
            if kind != "values":
                statement, first = [], 0
        elif word == "}" and stack:
            kind, name, begin, before = stack.pop()
            if kind in ("class", "function"):
                owner = next((s[1] for s in reversed(stack) if s[0] == "class"), None)
                full = f"{owner}::{name}" if owner else name
                found.append(Size(kind, full, path, begin, line - begin + 1))
                statement, first = [], 0
            elif kind == "values":
                statement = before  # goes on after the brace
            else:
                statement, first = [], 0
        elif word == ";" or (word == ":" and statement in (["public"], ["private"], ["protected"])):
            if not stack or stack[-1][0] in ("namespace", "class"):
                statement, first = [], 0
        elif not stack or stack[-1][0] in ("namespace", "class"):
            statement = statement + [word] if statement else [word]
            first = first or line
    return found


def add_members(found):
    """Adds to classes the members that are defined outside of them, in files of the same stem."""
    for member in found:
        owner = member.name.rpartition("::")[0] if member.kind == "function" else ""
        for size in found:
            inside = size.path == member.path and size.line <= member.line < size.line + size.lines
            if owner and size.kind == "class" and not inside and size.name == owner and \
                    size.path.with_suffix("") == member.path.with_suffix(""):
                size.lines += member.lines
                break
    return found


def measure(root, folders):
    found = []
    for path in map(pathlib.Path, tree.files(root)):
        if path.suffix in (".cpp", ".hpp") and any(path.is_relative_to(folder) for folder in folders):
            found += sizes_of(path, (root / path).read_text())
    return add_members(found)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: tools/repo/size_check.py --largest 5 tools/import")
    parser.add_argument("folders", nargs="*", default=["tools"],
                        help="folders to measure, relative to the repository (tools)")
    parser.add_argument("--largest", type=int, metavar="N", help="only list the N largest of each")
    arguments = parser.parse_args()
    if len(EXCEPTIONS) > MOST_EXCEPTIONS:
        sys.exit(f"{len(EXCEPTIONS)} exceptions, at most {MOST_EXCEPTIONS}")
    found = sorted(measure(ROOT, arguments.folders), key=lambda s: -s.lines)
    if not found:
        sys.exit(f"no C++ file in {' '.join(arguments.folders)}")
    bad = 0
    for kind, most in MOST_LINES.items():
        shown = [s for s in found if s.kind == kind]
        if arguments.largest:
            shown = shown[:arguments.largest]
        else:
            shown = [s for s in shown if s.lines > most and s.name not in EXCEPTIONS]
            bad += len(shown)
        for s in shown:
            print(f"{s.path}:{s.line}: {kind} {s.name} has {s.lines} lines, at most {most}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
