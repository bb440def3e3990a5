# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Pruning: weights of 0 that stay 0 while the others are trained. Of a layer the largest are kept."""

import torch

from reshift_train.layers import Conv2d, Linear

ORDERS = ("together", "reversed")  # all layers at a time, or one after the other from the last on


def layers_of(model):
    """The layers whose weights are trained, in the model's order."""
    return [m for m in model.modules() if isinstance(m, (Conv2d, Linear)) and m.weight.requires_grad]


def density_of(order, place, count, done, target):
    """The share of its weights that layer `place` of `count` keeps when the part `done` of pruning is
    over: it falls to `target`, fast at first."""
    passed = done if order == "together" else done * count - (count - 1 - place)
    return target + (1 - target) * (1 - min(max(passed, 0.0), 1.0)) ** 3


@torch.no_grad()
def prune(layer, density):
    """Keeps this share of the layer's weights, one at least; what was pruned before stays so."""
    size = layer.real_weight().abs().flatten()
    pruned = size.numel() - max(1, round(density * size.numel()))
    if pruned > 0:
        layer.kept &= (size > size.kthvalue(pruned).values).view(layer.kept.shape)


def prune_model(model, order, done, targets):
    """`targets`: the density of each layer in the end, or one of all."""
    if order not in ORDERS:
        raise ValueError(f"no order {order}; there are {', '.join(ORDERS)}")
    layers = layers_of(model)
    if len(targets) == 1:
        targets = targets * len(layers)
    if len(targets) != len(layers):
        raise ValueError(f"{len(targets)} densities for {len(layers)} layers")
    for place, (layer, target) in enumerate(zip(layers, targets)):
        prune(layer, density_of(order, place, len(layers), done, target))


@torch.no_grad()
def weights_left(model):
    """Weights that are not 0 in the format, and all of the trained layers."""
    layers = layers_of(model)
    return (sum(int(layer.quantised()[0].count_nonzero()) for layer in layers),
            sum(layer.weight.numel() for layer in layers))
