# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Conformance cases of quantised operators as networks of real values: what real files have around
them is put there. An image of codes is made by a QuantizeLinear of the values that the codes stand
for; an output of codes is followed by a DequantizeLinear. The codes themselves stay."""

import numpy
import onnx
from onnx import helper, numpy_helper

import onnx_ranks

CODES = ("i1", "u1", "i2", "u2")
# Places of the scale and the zero point among the inputs: of the image, and of the output.
IMAGE = {"DequantizeLinear": (1, 2), "QLinearConv": (1, 2), "QLinearMatMul": (1, 2)}
OUTPUT = {"QuantizeLinear": (1, 2), "QLinearConv": (6, 7), "QLinearMatMul": (6, 7)}
WITH_AXIS = ("QuantizeLinear", "DequantizeLinear")


class Ends:
    """A model's node of these, and its constants."""

    def __init__(self, model):
        self.model = model
        self.network = onnx_ranks.Network(model)
        for node in model.graph.node:
            if node.op_type in IMAGE or node.op_type in OUTPUT:
                self.network.node = node
        self.constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}

    def steps(self, places, array):
        """Names of scale and zero point, and both as they are spread over `array`; None where they
        are of another form."""
        names = [self.network.node.input[i] for i in places if i < len(self.network.node.input)]
        if self.network.attribute("block_size") or not all(n in self.constants for n in names):
            return None
        spread = []
        for name in names:
            values = self.constants[name].astype("f8")
            if values.size > 1:
                axis = self.network.attribute("axis")
                axis = (1 if axis is None else axis) % array.ndim
                values = values.reshape([-1 if i == axis else 1 for i in range(array.ndim)])
            spread.append(values)
        return names, spread

    def axis(self):
        """The attribute where the node has one that counts axes of the codes."""
        axis = self.network.attribute("axis")
        return {"axis": axis} if self.network.node.op_type in WITH_AXIS and axis is not None else {}


def real_values(codes, spread):
    scale, *zero = spread
    return ((codes.astype("f8") - (zero[0] if zero else 0)) * scale).astype("f4")


def set_real(value):
    value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT


def put_quantise_before(ends, image):
    graph, steps = ends.model.graph, ends.steps(IMAGE[ends.network.node.op_type], image)
    if not steps:
        return image
    names, spread = steps
    name = graph.input[0].name
    for node in graph.node:
        node.input[:] = [f"{name}_codes" if i == name else i for i in node.input]
    graph.node.insert(0, helper.make_node("QuantizeLinear", [name, *names], [f"{name}_codes"],
                                          **ends.axis()))
    set_real(graph.input[0])
    return real_values(image, spread)


def put_dequantise_behind(ends, expected):
    graph, steps = ends.model.graph, ends.steps(OUTPUT[ends.network.node.op_type], expected)
    if not steps:
        return expected
    names, spread = steps
    name = graph.output[0].name
    ends.network.node.output[0] = f"{name}_codes"
    graph.node.append(helper.make_node("DequantizeLinear", [f"{name}_codes", *names], [name],
                                       **ends.axis()))
    set_real(graph.output[0])
    return real_values(expected, spread)


def to_real(model, image, expected):
    """Changes `model`; returns image and expected arrays of real values, or as they are where there
    is no way."""
    ends = Ends(model)
    kind, codes = ends.network.node.op_type, lambda array: array.dtype.str[1:] in CODES
    if kind in OUTPUT and codes(expected[0]):
        expected = [put_dequantise_behind(ends, expected[0])]
    if kind in IMAGE and codes(image):
        image = put_quantise_before(ends, image)
    return image, expected
