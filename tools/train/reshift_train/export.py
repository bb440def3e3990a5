# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""A trained model as an ONNX file of codes and scales (QuantizeLinear, DequantizeLinear), which
`reshift quantize` takes as it is. Scales are such that multipliers and shifts of the machine meet
their ratios exactly, and biases are whole steps of the sums."""

import copy

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional

from reshift_train.graph import ADDITIONS, FLATTEN, link, maker, trace
from reshift_train.layers import Codes, Conv2d, Linear, Mean

OPERATOR_SET, OPERATOR_SET_16_BITS = 13, 21  # the second has codes of 16 bits
SCORES = "scores"  # the name of the output
RELU = (torch.relu, functional.relu)


class _Writer:
    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def node(self, kind, name, inputs, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def codes(self, name, module, x):
        zero = numpy.array(module.zero, "i1" if module.signed else "u1")
        scale = self.constant(f"{name}.scale", numpy.array(module.scale(), "f4"))
        how = [scale, self.constant(f"{name}.zero", zero)]
        codes = self.node("QuantizeLinear", name, [x, *how])
        return self.node("DequantizeLinear", f"{name}.real", [codes, *how])

    def dequantised(self, name, codes, scales):
        """A constant of codes with a scale for each place along the first axis."""
        scale = self.constant(f"{name}.scale", scales.astype("f4"))
        inputs = [self.constant(f"{name}.codes", codes), scale]
        return self.node("DequantizeLinear", name, inputs, axis=0)

    def layer(self, name, layer, x, pads):
        codes, units, bias, step = integers(layer)
        if bias is not None and numpy.abs(bias).max() >= 2 ** 30:
            raise ValueError(f"{name}: a bias is 2^30 steps of its channel's sums or more, for its "
                             "weights are nearly 0: train them longer, or set them to 0")
        kind = "i1" if numpy.abs(codes).max(initial=0) < 128 else "i2"
        inputs = [x, self.dequantised(f"{name}.weight", codes.astype(kind), units)]
        if bias is not None:
            inputs.append(self.dequantised(f"{name}.bias", bias.astype("i4"), step))
        if isinstance(layer, Linear):
            return self.node("Gemm", name, inputs, transB=1)
        if not isinstance(layer.padding, tuple) or layer.padding_mode != "zeros":
            raise ValueError(f"{name}: padding must be numbers of zeros")
        sides = [a + b for a, b in zip(pads, layer.padding * 2)]
        return self.node("Conv", name, inputs, kernel_shape=layer.kernel_size, strides=layer.stride,
                         dilations=layer.dilation, group=layer.groups, pads=sides)

    def maximum(self, name, module, x):
        def pair(value):
            return list(value) if isinstance(value, tuple) else [value, value]
        if module.ceil_mode or pair(module.dilation) != [1, 1]:
            raise ValueError(f"{name}: ceil_mode and dilation are not exported")
        return self.node("MaxPool", name, [x], kernel_shape=pair(module.kernel_size),
                         strides=pair(module.stride), pads=pair(module.padding) * 2)


@torch.no_grad()
def integers(layer):
    """Weights as levels of the format, the units of the output channels, the bias as a number of steps or
    None, and these steps."""
    units = layer.units()
    levels = layer.form.nearest(layer.in_units(units))
    step = layer.bias_step(levels)
    bias = None if layer.bias is None else torch.round(layer.bias / step).numpy()
    return levels.numpy(), units.numpy(), bias, step.numpy()


def _write_node(writer, node, modules, names, pads):
    """Returns the name of what it makes; of padding, remembers it for the convolution behind it."""
    module, inputs = maker(node, modules), [names[n] for n in node.args if n in names]
    name = str(node.target if node.op == "call_module" else node.name)
    if isinstance(module, Codes):
        return writer.codes(name, module, *inputs)
    if isinstance(module, (Conv2d, Linear)):
        return writer.layer(name, module, *inputs, pads.get(node.args[0], [0] * 4))
    if isinstance(module, nn.Identity):
        return inputs[0]
    if isinstance(module, nn.ZeroPad2d):
        left, right, top, bottom = module.padding
        pads[node] = [top, left, bottom, right]
        return inputs[0]
    if isinstance(module, nn.MaxPool2d):
        return writer.maximum(name, module, *inputs)
    if isinstance(module, Mean):
        return writer.node("GlobalAveragePool", name, inputs)
    if isinstance(module, nn.Flatten) or node.target in FLATTEN:
        return writer.node("Flatten", name, inputs)
    if isinstance(module, nn.ReLU) or node.target in RELU:
        return writer.node("Relu", name, inputs)
    if node.target in ADDITIONS:
        return writer.node("Add", name, inputs)
    raise ValueError(f"{name}: {module or node.target} cannot be exported")


def export(model, image_shape, path, name):
    """`model`: of the layers of this package; it reads images of `image_shape`, channels x rows x
    columns, in real values, and gives out what a last Codes makes. `name`: of the network. Raises
    ValueError naming what the file cannot say."""
    model = copy.deepcopy(model).double()
    link(model)
    nodes, modules = trace(model)
    writer, names, pads = _Writer(), {}, {}
    for node in nodes:
        if node.op == "placeholder":
            names[node] = node.name
        elif node.op == "output":
            scores = names[node.args[0]]
        else:
            names[node] = _write_node(writer, node, modules, names, pads)
    if writer.nodes[-1].op_type != "DequantizeLinear":
        raise ValueError(f"{scores}: the model must end with a Codes, for the core gives out codes")
    writer.nodes[-1].output[0] = SCORES
    wide = any(t.data_type == TensorProto.INT16 for t in writer.constants)
    image = next(names[n] for n in nodes if n.op == "placeholder")
    graph = helper.make_graph(
        writer.nodes, name,
        [helper.make_tensor_value_info(image, TensorProto.FLOAT, [1, *image_shape])],
        [helper.make_tensor_value_info(SCORES, TensorProto.FLOAT, None)], writer.constants)
    onnx.save(helper.make_model(
        graph, producer_name="reshift",
        opset_imports=[helper.make_opsetid("", OPERATOR_SET_16_BITS if wide else OPERATOR_SET)]), path)
