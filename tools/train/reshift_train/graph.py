# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""A model of the layers as a graph of its modules and functions (torch.fx)."""

import operator

import torch
from torch import fx, nn

from reshift_train.layers import Codes, Conv2d, Linear, Mean

ADDITIONS = (operator.add, torch.add)
KEEPS_CODES = (nn.MaxPool2d, nn.Flatten, nn.ZeroPad2d, nn.Identity)
FLATTEN = (torch.flatten, "flatten")  # the function, the method


class _Tracer(fx.Tracer):
    def is_leaf_module(self, module, name):
        return isinstance(module, (Codes, Conv2d, Linear, Mean)) or super().is_leaf_module(module, name)


def trace(model):
    """The nodes of a model in order, and its modules by name."""
    return list(_Tracer().trace(model).nodes), dict(model.named_modules())


def maker(node, modules):
    """The module that makes a node, or None."""
    return modules[node.target] if node.op == "call_module" else None


def made_by(node, modules):
    """The same behind modules that do nothing."""
    while isinstance(maker(node, modules), nn.Identity):
        node = node.args[0]
    return maker(node, modules)


def link(model):
    """Tells every layer which Codes make its input, and which convolutions are one sum. To be called when
    a model has been built."""
    nodes, modules = trace(model)
    for node in nodes:
        layer = maker(node, modules)
        if isinstance(layer, (Conv2d, Linear)):
            link_source(node, modules)
        elif node.target in ADDITIONS:
            link_sum([made_by(n, modules) for n in node.args])


def link_source(node, modules):
    source = node.args[0]
    while isinstance(maker(source, modules), KEEPS_CODES) or source.target in FLATTEN:
        source = source.args[0]
    codes = maker(source, modules)
    if not isinstance(codes, Codes):
        raise ValueError(f"{node.target} reads {source.name}, which has no codes: "
                         "put a Codes before it")
    object.__setattr__(maker(node, modules), "source", codes)  # no child of the layer


def link_sum(sides):
    """Of two convolutions that are summed before they are rounded the 1x1 one follows the other."""
    if not all(isinstance(side, Conv2d) for side in sides):
        return
    leader, follower = sorted(sides, key=lambda side: side.kernel_size == (1, 1))
    if follower.kernel_size != (1, 1) or any(side.groups > 1 for side in sides):
        raise ValueError("of two convolutions that are summed one must be 1x1, both without groups: "
                         "put a Codes behind the other")
    leader.followers = (follower,)  # a tuple: no children of the layer
    object.__setattr__(follower, "leader", leader)


@torch.no_grad()
def calibrate(model, images):
    """Chooses units for the weights that layers have, and the scales of all Codes by these images."""
    link(model)
    layers = [m for m in model.modules() if isinstance(m, (Conv2d, Linear))]
    for layer in layers:
        layer.fit_units()
        layer.share = 0.0  # scales are those of the network that training comes back to
    model.eval()(images)
    for layer in layers:
        layer.fit_units()  # of one sum, by the scales of both sides
        layer.share = 1.0
    for layer in layers:
        layer.resize()
