# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""A network of an ONNX file as a PyTorch module: the same nodes, trainable. One that `export` wrote computes
in float between its codes, to teach others."""

import math

import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

from reshift_train.layers import Codes


def tensor(array):
    return torch.from_numpy(array.copy())


def convolution(values, node, attributes):
    weight = values[node.input[1]]
    pads = attributes.get("pads", [0, 0, 0, 0])
    if attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise ValueError(f"{node.output[0]}: auto_pad is not read")
    even = pads[:2] == pads[2:]
    layer = nn.Conv2d(weight.shape[1] * attributes.get("group", 1), weight.shape[0],
                      weight.shape[2:], attributes.get("strides", 1), tuple(pads[:2]) if even else 0,
                      attributes.get("dilations", 1), attributes.get("group", 1),
                      bias=len(node.input) > 2)
    layer.weight.data = tensor(weight)
    if len(node.input) > 2:
        layer.bias.data = tensor(values[node.input[2]])
    return layer if even else nn.Sequential(nn.ZeroPad2d((pads[1], pads[3], pads[0], pads[2])), layer)


def dense(values, node, attributes):
    weight = values[node.input[1]]
    weight = weight if attributes.get("transB", 0) else weight.T
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data, layer.bias.data = tensor(weight), tensor(values[node.input[2]])
    return layer


def normalisation(values, node, attributes):
    layer = nn.BatchNorm2d(len(values[node.input[1]]), attributes.get("epsilon", 1e-5))
    parts = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
    for to, name in zip(parts, node.input[1:]):
        to.data = tensor(values[name])
    return layer


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3), keepdim=True)


class Concat(nn.Module):
    def forward(self, *x):
        return torch.cat(x, 1)


class Add(nn.Module):
    def forward(self, a, b):
        return a + b


def average(_, node, attributes):
    if attributes.get("pads") and any(attributes["pads"]):
        raise ValueError(f"{node.output[0]}: an average with padding is not read")
    return nn.AvgPool2d(attributes["kernel_shape"], attributes.get("strides"))


def maximum(_, node, attributes):
    pads = attributes.get("pads", [0, 0, 0, 0])
    if pads[:2] != pads[2:] or attributes.get("ceil_mode"):
        raise ValueError(f"{node.output[0]}: a maximum with uneven padding or rounded up is not read")
    return nn.MaxPool2d(attributes["kernel_shape"], attributes.get("strides"), tuple(pads[:2]))


def codes(values, node, _):
    scale, zero = (values[name] for name in node.input[1:])
    exponent = math.log2(scale.item())
    if not exponent.is_integer():
        raise ValueError(f"{node.output[0]}: a scale that is no power of two is not read")
    return Codes(signed=zero.dtype == "i1", zero=zero.item(), exponent=int(exponent))


def real_values(array, scale):
    """Of a constant of codes; a scale each channel, which comes first."""
    return (array * scale.reshape((-1,) + (1,) * (array.ndim - 1))).astype("f4")


def of_type(module):
    return lambda values, node, attributes: module()


OPERATORS = {"Conv": convolution, "Gemm": dense, "BatchNormalization": normalisation,
             "AveragePool": average, "MaxPool": maximum,
             "GlobalAveragePool": of_type(Mean), "Add": of_type(Add),
             "Concat": of_type(Concat), "Relu": of_type(nn.ReLU), "Flatten": of_type(nn.Flatten),
             "QuantizeLinear": codes, "DequantizeLinear": of_type(nn.Identity)}

CODES = ("QuantizeLinear", "DequantizeLinear")


class OnnxNetwork(nn.Module):
    """`steps` has a node each: name of the module, tensors that it reads, tensor that it makes. A
    parameter of the file that is a constant 0 or 1 (identity shortcut) is not trained. Without
    `rounding` the codes of a quantised network are left out: it can be trained then."""

    def __init__(self, path, rounding):
        super().__init__()
        graph = onnx.load(path).graph
        values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        self.image_name = next(v.name for v in graph.input if v.name not in values)
        self.steps, same = [], {}
        for node in graph.node:
            if node.op_type == "DequantizeLinear" and node.input[0] in values:
                values[node.output[0]] = real_values(*[values[i] for i in node.input])
                continue
            if node.op_type in CODES and not rounding:
                same[node.output[0]] = same.get(node.input[0], node.input[0])
                continue
            make = OPERATORS.get(node.op_type)
            if make is None:
                raise ValueError(f"{path}: operator {node.op_type} is not read here")
            attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            name = node.output[0].replace(".", "_")
            reads = [same.get(i, i) for i in node.input if i not in values]
            module = make(values, node, attributes)
            if isinstance(module, nn.Sequential):
                self._append(f"{name}_pad", module[0], reads, f"{node.output[0]}_padded")
                module, reads = module[1], [f"{node.output[0]}_padded"]
            self._append(name, module, reads, node.output[0])
        scores = graph.output[0].name
        self.scores_name = same.get(scores, scores)

    def _append(self, name, module, reads, makes):
        self.add_module(name, module)
        self.steps.append((name, reads, makes))

    def forward(self, image):
        values = {self.image_name: image}
        for name, reads, makes in self.steps:
            values[makes] = getattr(self, name)(*[values[r] for r in reads])
        return values[self.scores_name]
