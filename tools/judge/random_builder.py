# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""A random ONNX network under construction: nodes, constants, and what has been used of the operators."""

import dataclasses

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

IR_VERSION = 8
UNCOUNTED = ("group",)  # attributes of any number


@dataclasses.dataclass(frozen=True)
class Map:
    """A tensor of one image; flat: 1 x channels, else 1 x channels x height x width."""
    name: str
    channels: int
    height: int = 1
    width: int = 1
    flat: bool = False

    @property
    def shape(self):
        return (1, self.channels) if self.flat else (1, self.channels, self.height, self.width)

    @property
    def size(self):
        return self.channels * self.height * self.width


class Builder:
    """`rng`: numpy's Generator; `used`: names of operators, attribute values and forms."""

    def __init__(self, rng, opset):
        self.rng, self.opset = rng, opset
        self.nodes, self.initializers, self.used = [], [], set()
        self.count = 0
        self.feature("opset", opset)

    def feature(self, *names):
        self.used.add(" ".join(map(str, names)))

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def chance(self, probability):
        return self.rng.random() < probability

    def name(self):
        self.count += 1
        return f"t{self.count}"

    def axis(self, axis, rank):
        """The number of an axis, or its negative one, which operator set 11 brought."""
        return axis - rank if self.opset >= 11 and self.chance(0.4) else axis

    def constant(self, array):
        """An initializer or a Constant node."""
        array, name = numpy.asarray(array), self.name()
        if self.chance(0.8):
            self.feature("constant: initializer")
            self.initializers.append(numpy_helper.from_array(array, name))
        else:
            self.feature("constant: node")
            tensor = numpy_helper.from_array(array, name)
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        return name

    def floats(self, *shape, low=-1.0, high=1.0):
        return self.constant(self.rng.uniform(low, high, shape).astype("f4"))

    def integers(self, *values):
        return self.constant(numpy.array(values, "i8"))

    def node(self, kind, inputs, outputs=1, **attributes):
        """Names of the outputs, or the name of the only one. An attribute that is None is left out."""
        names = [self.name() for _ in range(outputs)]
        given = {k: v for k, v in attributes.items() if v is not None}
        self.nodes.append(helper.make_node(kind, inputs, names, name=f"n{len(self.nodes)}", **given))
        self.feature(kind)
        for key, value in given.items():
            if isinstance(value, (int, str)) and key not in UNCOUNTED:
                self.feature(kind, key, value)
        return names if outputs > 1 else names[0]

    def model(self, image, outputs):
        graph = helper.make_graph(
            self.nodes, "random",
            [helper.make_tensor_value_info(image.name, TensorProto.FLOAT, image.shape)],
            [helper.make_tensor_value_info(o.name, TensorProto.FLOAT, None) for o in outputs],
            self.initializers)
        return helper.make_model(graph, ir_version=IR_VERSION,
                                 opset_imports=[helper.make_opsetid("", self.opset)])
