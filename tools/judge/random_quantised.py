#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Random ONNX networks (random_models.py) quantised with four random images, compiled, and run on them:
the program interpreter against the graph interpreter, and with --core the simulated core against the
program interpreter, every operation's output bit for bit. The dequantised outputs are also set against
ONNX Runtime's, which only says how many are far off. Fails on a mismatch, and when more than a fifth
of the networks is refused.

    random_quantised.py RESHIFT_JUDGE [--count N] [--seed N] [--hw NAME] [--core N] [--keep FOLDER]
"""

import argparse
import collections
import pathlib
import sys

import numpy

import random_models
import random_test
import reference
from tool import Judge

IMAGES = 4
FAR = 10  # dB of signal to noise below which an output counts as far off


def noise(got, expected):
    """Signal to noise in dB, of both as they are in memory."""
    got, expected = got.astype("f8").ravel(), expected.astype("f8").ravel()
    error = ((got - expected) ** 2).sum()
    return 10 * numpy.log10((expected ** 2).sum() / error) if error else numpy.inf


def one(judge, random, hw, core):
    """What became of a network, and the message that belongs to it."""
    more = [numpy.random.default_rng([i]).uniform(-2, 2, random.image.shape).astype("f4")
            for i in range(1, IMAGES)]
    images = [random.image, *more]
    try:
        expected = [reference.run(random.model, image) for image in images]
    except reference.Failure as e:
        return "invalid", str(e)
    answer, result = judge.run_quantised(random.model.SerializeToString(), images, hw, core)
    if not result.accepted:
        return f"refused by {answer.get('stage', 'import')}", reference.reason(result.refusal.splitlines()[-1].strip())
    if answer["mismatches"]:
        return "mismatch", answer["first"]
    worst = min((noise(o, numpy.concatenate([e[i] for e in expected]))
                 for i, o in enumerate(result.outputs)), default=numpy.inf)
    return ("far off", "") if worst < FAR else ("equal", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("judge", help="the program reshift_judge")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hw", default="16x16x8", help="one with tables: functions need them")
    parser.add_argument("--core", type=int, default=0, help="of so many networks the core, too")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for what does not agree")
    options = parser.parse_args()
    found, messages = collections.Counter(), collections.Counter()
    with Judge(options.judge) as judge:
        run = random_test.Run(judge, None)
        forms, opsets = random_test.probe(run, options.seed, sorted(random_models.FORMS))
        for i in range(options.count):
            random = random_models.random_model([options.seed, i, 1], forms, opsets)
            what, message = one(judge, random, options.hw, found["equal"] < options.core)
            found[what] += 1
            if message:
                messages[what, message] += 1
            if options.keep and what in ("mismatch", "far off"):
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{what}_{i}.onnx".replace(" ", "_")).write_bytes(
                    random.model.SerializeToString())
    for (what, message), times in messages.most_common(40):
        print(f"{times:6} {what}: {message}")
    refused = sum(n for what, n in found.items() if what.startswith("refused"))
    compared = found["equal"] + found["far off"] + found["mismatch"]
    print(f"seed {options.seed}: {options.count} networks on {options.hw}: {dict(found)}; "
          f"{min(options.core, compared)} through the core")
    too_many = refused > random_test.REFUSED * options.count
    return 1 if found["mismatch"] or too_many or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
