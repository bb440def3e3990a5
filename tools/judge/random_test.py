#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Random ONNX networks through the importer and the float path against ONNX Runtime with its
optimisations off. First each form alone, to know which the importer accepts at all; then networks of
these. Prints how often each operator, attribute value and form was right, and fails when an output
differs by more than 1e-4 of its largest magnitude, when more than a fifth is refused, or when
something that is accepted was met fewer than --least times.

    random_test.py RESHIFT_JUDGE [--count N] [--seed N] [--least N] [--only FORM...] [--keep FOLDER]
"""

import argparse
import collections
import pathlib
import sys
import time

import numpy

import random_models
import reference
from tool import Judge

PROBES = 40  # networks of a form alone
REFUSED = 0.2  # most of all


class Run:
    def __init__(self, judge, keep):
        self.judge, self.keep = judge, keep
        self.right, self.refused = collections.Counter(), collections.Counter()
        self.messages, self.examples = collections.Counter(), {}
        self.count = collections.Counter()

    def one(self, seed, random):
        """What became of a network: right, wrong, refused or invalid."""
        try:
            expected = reference.run(random.model, random.image)
        except reference.Failure as e:
            return self.note(seed, random, "invalid", str(e))
        if not all(numpy.isfinite(e).all() for e in expected):
            return self.note(seed, random, "invalid", "not finite")
        answer = self.judge.run(random.model.SerializeToString(), random.image)
        if not answer.accepted:
            self.refused.update(random.used)
            return self.note(seed, random, "refused", reference.reason(answer.refusal))
        difference = self.difference(answer.outputs, expected)
        if difference:
            return self.note(seed, random, "wrong", difference)
        self.right.update(random.used)
        self.count["right"] += 1
        return "right"

    @staticmethod
    def difference(outputs, expected):
        if len(outputs) != len(expected):
            return f"{len(outputs)} outputs in place of {len(expected)}"
        for i, (got, wanted) in enumerate(zip(outputs, expected)):
            if reference.shape_of(got) != reference.shape_of(wanted):
                return f"output {i} of shape {got.shape} in place of {wanted.shape}"
            if not reference.equal(got, wanted):
                worst = numpy.abs(got.ravel() - wanted.ravel()).max() / numpy.abs(wanted).max()
                return f"output {i} is {worst:.1e} of its largest magnitude away"
        return ""

    def note(self, seed, random, what, message):
        self.count[what] += 1
        self.messages[what, message] += 1
        self.examples.setdefault((what, message), seed)
        if self.keep and what in ("wrong", "invalid"):
            self.keep.mkdir(parents=True, exist_ok=True)
            (self.keep / f"{what}_{seed}.onnx").write_bytes(random.model.SerializeToString())
            random.image.tofile(self.keep / f"{what}_{seed}.input")
        return what

    def report(self, most=40):
        for (what, message), times in self.messages.most_common(most):
            print(f"{times:6} {what}: {message} (seed {self.examples[what, message]})")


def probe(run, seed, names):
    """The forms and the operator sets of which one network at least is accepted."""
    accepted = []
    for name in names:
        found = collections.Counter()
        for i in range(PROBES):
            random = random_models.single([seed, i], name)
            if random:
                found[run.one([seed, i, name], random)] += 1
        if found["right"] or found["wrong"]:
            accepted.append(name)
        print(f"form {name}: {dict(found)}")
    opsets = [o for o in range(random_models.FIRST_OPSET, random_models.LAST_OPSET + 1)
              if run.right[f"opset {o}"]]
    return accepted, opsets


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("judge", help="the program reshift_judge")
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=int, default=50)
    parser.add_argument("--only", nargs="+", default=sorted(random_models.FORMS))
    parser.add_argument("--keep", type=pathlib.Path, help="folder for what was wrong")
    options = parser.parse_args()
    start = time.monotonic()
    with Judge(options.judge) as judge:
        probes = Run(judge, options.keep)
        forms, opsets = probe(probes, options.seed, options.only)
        probes.report()
        run = Run(judge, options.keep)
        for i in range(options.count):
            seed = [options.seed, i, 0]
            run.one(seed, random_models.random_model(seed, forms, opsets))
    print("\nrandom networks")
    run.report()
    rare = []
    for name in sorted(run.right | run.refused):
        mark = ""
        if run.right[name] < options.least:
            mark = " never accepted" if not run.right[name] else " RARE"
            rare += [name] if run.right[name] else []
        print(f"{run.right[name]:7} right {run.refused[name]:7} refused  {name}{mark}")
    total = sum(run.count.values())
    refused = run.count["refused"] / max(total, 1)
    print(f"seed {options.seed}: {total} networks: {dict(run.count)}, {100 * refused:.1f} % refused, "
          f"{len(forms)} of {len(options.only)} forms, operator sets {opsets}, "
          f"{len(rare)} met too rarely, "
          f"{time.monotonic() - start:.0f} s")
    wrong = run.count["wrong"] or probes.count["wrong"]
    return 1 if wrong or refused > REFUSED or rare or not run.count["right"] else 0


if __name__ == "__main__":
    sys.exit(main())
