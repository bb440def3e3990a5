# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Conformance cases with inputs of another rank than that of an image, as the same case of rank 4:
leading ones where an operator works on any shape, a row of pixels for operators on maps of one
dimension, flattening before a product of matrices. The values stay."""

import numpy
import onnx
from onnx import helper, numpy_helper

RANK = 4
# What these do does not depend on axes in front, whose numbers move.
ANY_SHAPE = frozenset("""
    Add Clip Concat Div Dropout Elu Flatten HardSigmoid HardSwish Identity LeakyRelu LogSoftmax Max Mean
    Min Mul PRelu Pad ReduceMean Relu Reshape Selu Sigmoid Slice Softmax Softplus Split Squeeze Sub Sum
    Tanh Transpose Unsqueeze
    """.split())
MAPS = frozenset("""
    AveragePool BatchNormalization Conv ConvTranspose GlobalAveragePool GlobalMaxPool
    InstanceNormalization MaxPool PRelu
    """.split())
MATRICES = frozenset(("Gemm", "MatMul", "QLinearMatMul", "MatMulInteger"))
# Of each axis of a window, and what an axis of one pixel has.
OF_AXES = {"kernel_shape": 1, "strides": 1, "dilations": 1, "output_padding": 0}
DEFAULT_AXIS = {"Concat": None, "Flatten": 1, "LogSoftmax": -1, "Softmax": -1, "Split": 0}


class Network:
    """A case's only node and its initializers."""

    def __init__(self, model):
        self.graph = model.graph
        self.opset = model.opset_import[0].version
        self.node = model.graph.node[0]

    def attribute(self, name):
        for attribute in self.node.attribute:
            if attribute.name == name:
                return helper.get_attribute_value(attribute)
        return None

    def set_attribute(self, name, value):
        kept = [a for a in self.node.attribute if a.name != name]
        del self.node.attribute[:]
        self.node.attribute.extend([*kept, helper.make_attribute(name, value)])

    def change(self, index, function):
        """An initializer that is input `index`, where it is there."""
        if index < len(self.node.input):
            for tensor in self.graph.initializer:
                if tensor.name == self.node.input[index]:
                    array = numpy.ascontiguousarray(function(numpy_helper.to_array(tensor)))
                    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def move_axes(network, rank, more):
    """Numbers of axes after `more` axes in front of the `rank` that are there."""
    node, kind = network.node, network.node.op_type
    moved = lambda axes: [int(a) + (more if a >= 0 else 0) for a in axes]
    if kind in DEFAULT_AXIS:
        axis = network.attribute("axis")
        if axis is None:  # before operator set 13 the default of Softmax was 1
            axis = 1 if network.opset < 13 and kind.endswith("Softmax") else DEFAULT_AXIS[kind]
        network.set_attribute("axis", moved([axis])[0])
    if kind == "Transpose":
        perm = network.attribute("perm") or range(rank - 1, -1, -1)
        network.set_attribute("perm", [*range(more), *moved(perm)])
    if network.attribute("axes") is not None:
        network.set_attribute("axes", moved(network.attribute("axes")))
    where = {"Slice": 3, "Squeeze": 1, "Unsqueeze": 1, "ReduceMean": 1, "Pad": 3}.get(kind)
    if where and len(node.input) > where:
        network.change(where, lambda axes: numpy.array(moved(axes), axes.dtype))
    elif kind == "Slice" and len(node.input) > 2 or kind in ("Squeeze", "ReduceMean") and \
            network.attribute("axes") is None:
        raise ValueError("axes that are not written")


def put_axes_in_front(network, rank, more):
    kind = network.node.op_type
    ones = lambda array: numpy.concatenate([numpy.ones(more, array.dtype), array])
    move_axes(network, rank, more)
    if kind == "Concat":
        for i in range(1, len(network.node.input)):
            network.change(i, lambda array: array.reshape((1,) * more + array.shape))
    if kind == "Reshape":
        network.change(1, ones)
    if kind == "Pad" and len(network.node.input) < 4:
        zeros = lambda pads: numpy.concatenate([numpy.zeros(more, pads.dtype), pads])
        network.change(1, lambda pads: numpy.concatenate([*map(zeros, numpy.split(pads, 2))]))


def make_row(network):
    """N x C x length to N x C x 1 x length."""
    for name, value in OF_AXES.items():
        if network.attribute(name) is not None:
            network.set_attribute(name, [value, *network.attribute(name)])
    if network.attribute("pads") is not None:
        first, last = network.attribute("pads")
        network.set_attribute("pads", [0, first, 0, last])
    if network.node.op_type in ("Conv", "ConvTranspose"):
        network.change(1, lambda weights: weights[:, :, None, :])
    if network.node.op_type == "PRelu":
        network.change(1, lambda slope: slope if slope.ndim < 2 else slope[:, None, :])


def flatten_before(network, name):
    network.node.input[0] = f"{name}_flat"
    network.graph.node.insert(0, helper.make_node("Flatten", [name], [f"{name}_flat"], axis=1))


def to_image(model, image):
    """Changes `model`; returns the image of four dimensions, or as it is where there is no way."""
    rank, more = image.ndim, RANK - image.ndim
    kinds = {node.op_type for node in model.graph.node}
    if rank >= RANK or len(model.graph.node) > 1:
        return image
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    network = Network(changed)
    kind = network.node.op_type
    try:
        if kind in MAPS and rank == 3 and (kind != "PRelu" or network.opset < 13):
            make_row(network)
            image = image[:, :, None, :]
        elif kinds <= ANY_SHAPE:
            put_axes_in_front(network, rank, more)
            image = image.reshape((1,) * more + image.shape)
        elif kinds <= MATRICES and rank == 2:
            flatten_before(network, changed.graph.input[0].name)
            image = image[:, :, None, None]
        else:
            return image
    except ValueError:
        return image
    model.CopyFrom(changed)
    return image
