# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Float networks by ONNX Runtime with its optimisations off, and what counts as equal to that."""

import re

import numpy
import onnxruntime

TOLERANCE = 1e-4  # of a tensor's largest magnitude


class Failure(Exception):
    """ONNX Runtime does not run the model."""


def run(model, image):
    """All outputs."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                               providers=["CPUExecutionProvider"])
        return session.run(None, {model.graph.input[0].name: image})
    except Exception as e:  # of many classes without a common one
        raise Failure(str(e)) from e


def equal(got, expected, tolerance=TOLERANCE):
    """Within the tolerance; what is not finite must be the same."""
    got, expected = numpy.asarray(got, "f8").ravel(), numpy.asarray(expected, "f8").ravel()
    if got.size != expected.size:
        return False
    finite = numpy.isfinite(expected)
    if not numpy.array_equal(got[~finite], expected[~finite], equal_nan=True):
        return False
    largest = numpy.abs(expected[finite]).max(initial=0)
    return bool(numpy.all(numpy.abs(got[finite] - expected[finite]) <= tolerance * largest + 1e-7))


def shape_of(array):
    """Sizes without ones, which say how a tensor is seen and not what is in it."""
    return tuple(size for size in array.shape if size != 1)


def reason(refusal):
    """The messages without the names of a case's nodes and tensors."""
    lines = []
    for text in refusal.splitlines():
        text = re.sub(r"^node '[^']*' \(\w+\): ", "", text)
        text = re.sub(r"^(input|initializer|output) \S+: ", r"\1: ", text)
        lines.append(re.sub(r"; supported are [\w, ]*$", "", text))
    return "; ".join(lines)
