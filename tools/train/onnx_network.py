# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""A float network of an ONNX file as a PyTorch module: the same nodes, trainable."""

import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn


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


def of_type(module):
    return lambda values, node, attributes: module()


OPERATORS = {"Conv": convolution, "Gemm": dense, "BatchNormalization": normalisation,
             "AveragePool": average, "GlobalAveragePool": of_type(Mean), "Add": of_type(Add),
             "Concat": of_type(Concat), "Relu": of_type(nn.ReLU), "Flatten": of_type(nn.Flatten)}


class OnnxNetwork(nn.Module):
    """`steps` has a node each: name of the module, tensors that it reads, tensor that it makes. A
    parameter of the file that is a constant 0 or 1 (identity shortcut) is not trained."""

    def __init__(self, path):
        super().__init__()
        graph = onnx.load(path).graph
        values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        self.image = next(v.name for v in graph.input if v.name not in values)
        self.scores = graph.output[0].name
        self.steps = []
        for node in graph.node:
            make = OPERATORS.get(node.op_type)
            if make is None:
                raise ValueError(f"{path}: operator {node.op_type} is not read here")
            attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            name = node.output[0].replace(".", "_")
            reads = [i for i in node.input if i not in values]
            module = make(values, node, attributes)
            if isinstance(module, nn.Sequential):
                self.add(f"{name}_pad", module[0], reads, f"{node.output[0]}_padded")
                module, reads = module[1], [f"{node.output[0]}_padded"]
            self.add(name, module, reads, node.output[0])

    def add(self, name, module, reads, makes):
        self.add_module(name, module)
        self.steps.append((name, reads, makes))

    def forward(self, image):
        values = {self.image: image}
        for name, reads, makes in self.steps:
            values[makes] = getattr(self, name)(*[values[r] for r in reads])
        return values[self.scores]
