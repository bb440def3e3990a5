#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""ONNX's own conformance cases through the importer and the float path. Prints the tables of
docs/conformance.md (--docs FILE puts them there). Fails when an accepted case is not right, or when
fewer than --least are.

    conformance.py RESHIFT_JUDGE [--data FOLDER...] [--docs FILE] [--refusals FILE]
        [--keep FOLDER] [--least N]
"""

import argparse
import collections
import pathlib
import sys

import onnx_cases
import reference
from tool import Judge

MARK = "<!-- made by tools/judge/conformance.py -->\n"


CASES_TOLERANCE = 1e-3  # that of ONNX's own runner: some cases have values of four digits


def all_equal(outputs, expected, tolerance=reference.TOLERANCE):
    return len(outputs) == len(expected) and all(
        reference.shape_of(o) == reference.shape_of(e) and reference.equal(o, e, tolerance)
        for o, e in zip(outputs, expected))


def is_right(outputs, case):
    """As the case has it; or near it, and as ONNX Runtime has it, which is no nearer."""
    if all_equal(outputs, case.expected):
        return True
    return all_equal(outputs, case.expected, CASES_TOLERANCE) and all_equal(
        outputs, reference.run(case.model, case.image))


def keep(folder, case):
    stem = f"{case.name}_{case.opset}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.onnx").write_bytes(case.model.SerializeToString())
    case.image.tofile(folder / f"{stem}.input")


class Results:
    def __init__(self):
        self.rows = collections.defaultdict(collections.Counter)
        self.refusals = collections.defaultdict(list)
        self.wrong = []

    def add(self, case, answer):
        row = self.rows[case.operator]
        row["cases"] += 1
        if not answer.accepted:
            self.refusals[reference.reason(answer.refusal)].append(case)
            return
        row["accepted"] += 1
        if is_right(answer.outputs, case):
            row["right"] += 1
        else:
            self.wrong.append(case)

    def total(self):
        return sum(self.rows.values(), collections.Counter())

    def tables(self):
        lines = ["| operator | cases | accepted | right | refused |", "| --- | --- | --- | --- | --- |"]
        for name, row in [*sorted(self.rows.items()), ("**all**", self.total())]:
            refused = row["cases"] - row["accepted"]
            lines.append(f"| {name} | {row['cases']} | {row['accepted']} | {row['right']} | {refused} |")
        lines += ["", "Why cases are refused, in the importer's words, without names of nodes:", "",
                  "| cases | operators | message |", "| --- | --- | --- |"]
        for message, cases in sorted(self.refusals.items(), key=lambda r: (-len(r[1]), r[0])):
            operators = ", ".join(sorted({c.operator for c in cases}))
            lines.append(f"| {len(cases)} | {operators} | {message} |")
        return "\n".join(lines) + "\n"

    def refusal_list(self):
        """For a reader who judges them: message, and each of its cases with the shape of its image."""
        return "".join(
            f"{len(cases)} x {message}\n" + "".join(
                f"    {c.name} (operator set {c.opset}, image {list(c.image.shape)})\n" for c in cases)
            for message, cases in sorted(self.refusals.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("judge", help="the program reshift_judge")
    parser.add_argument("--data", nargs="+", default=onnx_cases.default_folders(),
                        help="folders backend/test/data of onnx wheels")
    parser.add_argument("--docs", type=pathlib.Path, help="page that receives the tables")
    parser.add_argument("--refusals", type=pathlib.Path, help="list of all refused cases")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the models and inputs")
    parser.add_argument("--least", type=int, default=1)
    options = parser.parse_args()
    results = Results()
    with Judge(options.judge) as judge:
        for case in onnx_cases.load_all(options.data):
            if options.keep:
                keep(options.keep, case)
            results.add(case, judge.run(case.model.SerializeToString(), case.image))
    print(results.tables())
    for case in results.wrong:
        print(f"WRONG: {case.name} (operator set {case.opset}, image {list(case.image.shape)})")
    if options.docs:
        text = options.docs.read_text()
        options.docs.write_text(text[:text.index(MARK)] + MARK + "\n" + results.tables())
    if options.refusals:
        options.refusals.write_text(results.refusal_list())
    return 1 if results.wrong or results.total()["right"] < options.least else 0


if __name__ == "__main__":
    sys.exit(main())
