#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Networks against an evaluator of their own format (evaluators.py).

    compare.py reference MODEL --judge RESHIFT_JUDGE --data DATA [--preprocess FILE]
        [--labels FILE] [--label-offset N] [--count N] [--kernels reference|builtin|default] [--tensors N] -o REF.npz
    compare.py outputs REF.npz DUMP

DATA is what `reshift eval` takes, or a .npy file of float inputs, images first. Without --labels
and labels in the data there is no top-1.

`reference` writes codes and scales of each output and of what goes into a Softmax at the end, and with
--tensors of every tensor of the first N images. `outputs` compares them with the values NAME.npy of
the folder DUMP that `reshift eval --dump` writes, or with another REF.npz: share of equal values,
largest difference in steps of the reference's scale (float outputs: in values), top-1 of both."""

import argparse
import pathlib
import re
import sys

import numpy

import evaluators
from tool import Judge

EQUAL = 1e-4  # of a step: values of equal codes that were computed in single precision
SEPARATOR = "|"  # of a tensor's name and what is known of it, in a .npz


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    reference = commands.add_parser("reference")
    reference.add_argument("model")
    reference.add_argument("--judge", required=True)
    reference.add_argument("--data", required=True)
    reference.add_argument("--labels", default="")
    reference.add_argument("--label-offset", type=int, default=0)
    reference.add_argument("--preprocess", default="")
    reference.add_argument("--count", type=int, default=10 ** 9)
    reference.add_argument("--kernels", choices=sorted(evaluators.KERNELS), default="reference")
    reference.add_argument("--tensors", type=int, default=0)
    reference.add_argument("-o", "--output", required=True)
    outputs = commands.add_parser("outputs")
    outputs.add_argument("reference", type=pathlib.Path)
    outputs.add_argument("dump", type=pathlib.Path)
    return parser.parse_args()


def pack(tensors):
    """As the arrays of a .npz."""
    arrays = {}
    for name, tensor in tensors.items():
        arrays[name] = tensor.array
        arrays[name + SEPARATOR + "scale"] = numpy.float64(tensor.scale)
        arrays[name + SEPARATOR + "zero"] = numpy.int64(tensor.zero)
    return arrays


def unpack(arrays):
    names = [n for n in arrays if SEPARATOR not in n and n != "labels"]
    return {n: evaluators.Tensor(arrays[n], float(arrays[n + SEPARATOR + "scale"]),
                                 int(arrays[n + SEPARATOR + "zero"])) for n in names}


def append(parts, tensors):
    for name, tensor in tensors.items():
        parts.setdefault(name, []).append(tensor)


def joined(parts):
    return {name: evaluators.Tensor(numpy.concatenate([t.array for t in found]), found[0].scale,
                                    found[0].zero) for name, found in parts.items()}


def inputs(judge, options, shape, count, batch=10):
    """Batches of inputs with classes, -1 where there are none."""
    if not options.data.endswith(".npy"):
        yield from judge.inputs(options.data, options.labels, options.preprocess, shape, count, batch)
        return
    data = numpy.load(options.data)[:count]
    for i in range(0, len(data), batch):
        images = data[i:i + batch].reshape(-1, *shape)
        yield images, numpy.full(len(images), -1)


def make_reference(options):
    evaluator = evaluators.open_evaluator(options.model, options.kernels)
    parts, labels = {}, []
    with Judge(options.judge) as judge:
        for images, classes in inputs(judge, options, evaluator.input_shape, options.count):
            append(parts, evaluator.run(images))
            labels.extend(numpy.where(classes < 0, -1, classes + options.label_offset))
        tensors = {}
        for images, _ in inputs(judge, options, evaluator.input_shape, options.tensors):
            append(tensors, {"input": evaluators.Tensor(images)})
            append(tensors, evaluator.run(images, everything=True))
    outputs, labels = joined(parts), numpy.array(labels)
    numpy.savez_compressed(options.output, labels=labels, **pack(outputs))
    if tensors:
        path = pathlib.Path(options.output).with_suffix(".tensors.npz")
        numpy.savez_compressed(path, **pack(joined(tensors)))
    for name, tensor in outputs.items():
        print(f"{name}: {top1(tensor.array, labels)}")


def top1(array, labels):
    """Classes by the first of the largest."""
    known = labels >= 0
    if not known.any():
        return "no labels"
    right = array.reshape(len(array), -1).argmax(axis=1) == labels
    return f"top-1 {100 * right[known].mean():.2f} % of {known.sum()} images"


def load_dump(path, names):
    if path.is_dir():
        found = {n: path / f"{re.sub('[^A-Za-z0-9._-]', '_', n)}.npy" for n in names}
        return {n: evaluators.Tensor(numpy.load(p)) for n, p in found.items() if p.exists()}
    return unpack(numpy.load(path))


def compare(name, expected, got, labels):
    count = min(len(expected.array), len(got.array))
    a, b = (t.values()[:count].reshape(count, -1) / expected.scale for t in (expected, got))
    if a.shape != b.shape:
        print(f"{name}: {b.shape[1]} values of an image, expected {a.shape[1]}")
        return False
    same_class = (a.argmax(axis=1) == b.argmax(axis=1)).mean()
    labels = labels[:count] if len(labels) else numpy.full(count, -1)
    steps = numpy.abs(a - b)
    steps[steps < EQUAL] = 0
    print(f"{name}: {count} images, {100 * (steps == 0).mean():.4f} % of the values equal, "
          f"largest difference {steps.max():.4g} steps, {steps.any(axis=1).sum()} images differ, "
          f"{100 * same_class:.2f} % same class; "
          f"expected {top1(a, labels)}, found {top1(b, labels)}")
    return not steps.any()


def compare_outputs(options):
    arrays = numpy.load(options.reference)
    expected = unpack(arrays)
    got = load_dump(options.dump, expected)
    if not got:
        sys.exit(f"{options.dump}: has none of {', '.join(expected)}")
    labels = arrays["labels"] if "labels" in arrays else []
    for name in expected.keys() - got.keys():
        print(f"{name}: not in {options.dump}")
    same = [compare(n, expected[n], got[n], labels) for n in expected if n in got]
    return 0 if all(same) else 1


def main():
    options = parse()
    return make_reference(options) if options.command == "reference" else compare_outputs(options)


if __name__ == "__main__":
    sys.exit(main())
