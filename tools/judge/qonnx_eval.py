# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Integer evaluation of QONNX networks whose scales are powers of two, after the specification of its
Quant operator. A tensor is int64 codes with exponents: value = code * 2^exponent. Nothing is ever
rounded but where a Quant says so. What the specification has beyond that is refused, not guessed."""

import dataclasses

import numpy
import onnx
from onnx import helper, numpy_helper

DOMAINS = ("qonnx.custom_op.general", "onnx.brevitas")
MANTISSA = 24  # bits of a float


@dataclasses.dataclass(frozen=True)
class Fixed:
    """`exponents` can be broadcast to `codes`; the codes are below 2^61."""
    codes: numpy.ndarray
    exponents: numpy.ndarray

    def at(self, exponents):
        """The codes at exponents that are not above those of the tensor."""
        if numpy.any(self.values() >= numpy.ldexp(1.0, exponents + 61)):
            raise ValueError("a value that 64-bit fixed point does not hold")
        return self.codes << (self.exponents - exponents)

    def values(self):
        return numpy.ldexp(self.codes.astype("f8"), self.exponents.astype("i4"))


def fixed(values):
    """Floats as they are, each with an exponent of its own."""
    mantissas, exponents = numpy.frexp(numpy.asarray(values, "f4"))
    return Fixed(numpy.ldexp(mantissas, MANTISSA).astype("i8"), exponents.astype("i8") - MANTISSA)


def half_even(codes, shift):
    """codes / 2^shift; where shift < 0 nothing is lost."""
    right = numpy.clip(shift, 0, 62)
    quotient = codes >> right
    rest, half = codes - (quotient << right), (numpy.int64(1) << right) >> 1
    up = (rest > half) | ((rest == half) & (right > 0) & (quotient & 1 == 1))
    return (quotient + up) << numpy.maximum(-shift, 0)


def exact_matmul(a, b, limits):
    """Of integers within `limits`, in floats, which hold every sum: checked."""
    largest = limits * numpy.abs(b).sum(axis=-2).max(initial=0)
    if largest >= 2 ** 53:
        raise ValueError("a sum that float64 does not hold")
    kind = "f4" if largest < 2 ** 24 else "f8"
    return numpy.matmul(a.astype(kind), b.astype(kind)).astype("i8")


def windows(codes, attributes, fill):
    """N x C x rows x columns x kernel rows x kernel columns."""
    kernel = attributes["kernel_shape"]
    pads = attributes.get("pads", [0, 0, 0, 0])
    strides, dilations = attributes.get("strides", [1, 1]), attributes.get("dilations", [1, 1])
    if attributes.get("ceil_mode", 0) or attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise ValueError("ceil_mode and auto_pad are not evaluated")
    padded = numpy.pad(codes, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])),
                       constant_values=fill)
    spans = [d * (k - 1) + 1 for d, k in zip(dilations, kernel)]
    view = numpy.lib.stride_tricks.sliding_window_view(padded, spans, (2, 3))
    return view[:, :, ::strides[0], ::strides[1], ::dilations[0], ::dilations[1]]


def quant(attributes, x, scale, zero_point, bits):
    if attributes.get("rounding_mode", b"ROUND") != b"ROUND" or numpy.any(zero_point.codes):
        raise ValueError("only rounding to even, with zero points of 0, is evaluated")
    mantissas, exponents = numpy.frexp(scale.values())
    if numpy.any(mantissas != 0.5):
        raise ValueError("a scale that is no power of two")
    exponents = exponents.astype("i8") - 1
    codes = half_even(x.codes, exponents - x.exponents)
    width, signed = int(bits.values()), attributes["signed"]
    high = 2 ** (width - signed) - 1 - (attributes["narrow"] and not signed)
    low = (-(2 ** (width - 1)) + attributes["narrow"]) if signed else 0
    return Fixed(numpy.clip(codes, low, high), exponents)


def conv(attributes, x, weights, bias=None):
    if x.exponents.size != 1:
        raise ValueError("a convolution of an input with scales per channel is not evaluated")
    groups, outputs = attributes.get("group", 1), len(weights.codes)
    largest = numpy.abs(x.codes).max(initial=0)
    kind = "i8" if largest >= 2 ** 24 else "f4"  # smaller for the copies
    columns = windows(x.codes.astype(kind), {"kernel_shape": weights.codes.shape[2:], **attributes}, 0)
    n, channels, height, width = columns.shape[:4]
    columns = columns.transpose(0, 2, 3, 1, 4, 5).reshape(n * height * width, groups, -1)
    rows = weights.codes.reshape(groups, outputs // groups, -1)
    sums = exact_matmul(columns.transpose(1, 0, 2), rows.transpose(0, 2, 1), largest)
    sums = sums.transpose(1, 0, 2).reshape(n, height, width, outputs).transpose(0, 3, 1, 2)
    per_output = weights.exponents.reshape(-1)[:, None, None]
    result = Fixed(sums, x.exponents.reshape(()) + per_output)
    if bias is None:
        return result
    column = lambda a: a.reshape(-1)[:, None, None]
    return add({}, result, Fixed(column(bias.codes), column(bias.exponents)))


def add(_, a, b):
    exponents = numpy.minimum(a.exponents, b.exponents)
    return Fixed(a.at(exponents) + b.at(exponents), exponents)


def relu(_, x):
    return Fixed(numpy.maximum(x.codes, 0), x.exponents)


def max_pool(attributes, x):
    lowest = x.codes.min()
    return Fixed(windows(x.codes, attributes, lowest).max(axis=(4, 5)), x.exponents)


def flatten(_, x):
    if x.exponents.size != 1:
        raise ValueError("flattening of a tensor with scales per channel is not evaluated")
    return Fixed(x.codes.reshape(len(x.codes), -1), x.exponents.reshape(()))


OPERATORS = {"Conv": conv, "Add": add, "Relu": relu, "MaxPool": max_pool, "Flatten": flatten}


def run(model, images):
    """All tensors by name, of float images N x C x H x W of one batch."""
    tensors = {t.name: fixed(numpy_helper.to_array(t)) for t in model.graph.initializer}
    image = next(v.name for v in model.graph.input if v.name not in tensors)
    tensors[image] = fixed(images)
    for node in model.graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Constant":
            tensors[node.output[0]] = fixed(numpy_helper.to_array(attributes["value"]))
            continue
        of_quant = node.op_type == "Quant" and node.domain in DOMAINS
        function = quant if of_quant else OPERATORS.get(node.op_type)
        if function is None:
            raise ValueError(f"operator {node.op_type} is not evaluated")
        tensors[node.output[0]] = function(attributes, *(tensors[i] for i in node.input))
    return tensors


def load(path):
    return onnx.load(path)
