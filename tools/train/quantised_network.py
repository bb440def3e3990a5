# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""A float network of an ONNX file (OnnxNetwork) as one of the machine's: batch normalisation folded,
weights of a format in every layer, codes where the machine has them. A convolution, the sum with a
shortcut and ReLU are one operation, which rounds once."""

import torch
from torch import nn

from onnx_network import Add, Concat, Mean as FloatMean
from reshift_train.graph import KEEPS_CODES
from reshift_train.layers import Codes, Conv2d, Linear, Mean

PIXEL_STEP = -7  # the image is (pixel - zero) * 2^-7: its codes are the pixels


def fold(layer, norm):
    """A convolution with the batch normalisation behind it."""
    gain = norm.weight.data / torch.sqrt(norm.running_var + norm.eps)
    bias = layer.bias.data if layer.bias is not None else 0
    layer.weight.data = layer.weight.data * gain.view(-1, 1, 1, 1)
    layer.bias = nn.Parameter((bias - norm.running_mean) * gain + norm.bias.data)


def selects(layer):
    """Of a shortcut without weights of its own, which stays what it is and is rounded by itself."""
    return bool(((layer.weight == 0) | (layer.weight == 1)).all())


class QuantisedNetwork(nn.Module):
    """`network`: an OnnxNetwork, which it takes apart. `preprocess`: factor, means and deviations (RGB)
    that make the network's image of pixels. `how`: of Conv2d and Linear."""

    def __init__(self, network, preprocess, **how):
        super().__init__()
        self.steps, self.image_name, self.scores_name = [], network.image_name, network.scores_name
        self.how = how
        float_steps = self.without_normalisation(network)
        self.absorb(network, float_steps, preprocess)
        coded = self.which_coded(network, float_steps)
        self.zero = self.padding(preprocess)
        self.code(self.image_name, Codes(zero=self.zero, exponent=PIXEL_STEP))
        positive = set()
        for name, reads, makes in float_steps:
            module = self.of_machine(getattr(network, name))
            self.add_module(name, module)
            self.steps.append((name, reads, makes))
            if self.is_positive(module, all(r in positive for r in reads)):
                positive.add(makes)
            if makes in coded:
                self.code(makes, Codes(signed=makes not in positive))

    @staticmethod
    def padding(preprocess):
        """The pixel that stands for 0, in the mean of the colours."""
        return round(sum(preprocess["mean"]) / 3 / preprocess["scale"])

    def code(self, makes, codes):
        name = f"{makes}_codes".replace(".", "_")
        self.add_module(name, codes)
        self.steps.append((name, [makes], makes))

    @staticmethod
    def without_normalisation(network):
        made = {makes: name for name, _, makes in network.steps}
        steps, renamed = [], {}
        for name, reads, makes in network.steps:
            reads = [renamed.get(r, r) for r in reads]
            module = getattr(network, name)
            if isinstance(module, nn.BatchNorm2d):
                fold(getattr(network, made[reads[0]]), module)
                renamed[makes] = reads[0]
            else:
                steps.append((name, reads, makes))
        return steps

    def absorb(self, network, steps, preprocess):
        """The first convolution reads codes of pixels in place of what preprocessing makes of them."""
        first = next(getattr(network, name) for name, reads, _ in steps if reads == [self.image_name])
        deviations = torch.tensor(preprocess["std"])
        scale, zero = preprocess["scale"], self.padding(preprocess)
        offsets = (zero * scale - torch.tensor(preprocess["mean"])) / deviations
        weight = first.weight.data
        first.bias.data = first.bias.data + (weight * offsets.view(1, 3, 1, 1)).sum((1, 2, 3))
        first.weight.data = weight * (2.0 ** -PIXEL_STEP * scale / deviations).view(1, 3, 1, 1)

    def which_coded(self, network, steps):
        """Tensors that must be codes: what is convolved, and one side of a sum but for that of a
        convolution and a 1x1 convolution, which are one sum."""
        made = {makes: (getattr(network, name), reads) for name, reads, makes in steps}

        def source(tensor):
            while tensor in made and isinstance(made[tensor][0], KEEPS_CODES):
                tensor = made[tensor][1][0]
            return tensor

        coded = {self.scores_name}
        for name, reads, _ in steps:
            if not isinstance(getattr(network, name), (nn.ReLU, *KEEPS_CODES, Add)):
                coded |= {source(r) for r in reads}
        for name, reads, _ in steps:
            if isinstance(getattr(network, name), Add) and not any(r in coded for r in reads):
                shortcut = [r for r in reads if made[r][0].kernel_size == (1, 1)]
                if not shortcut or selects(made[shortcut[0]][0]):
                    coded.add((shortcut or reads)[0])
        return coded - {self.image_name}

    @staticmethod
    def is_positive(module, of_positive):
        if isinstance(module, Conv2d):
            return of_positive and not module.weight.requires_grad and bool((module.weight >= 0).all())
        return isinstance(module, nn.ReLU) or (of_positive and not isinstance(module, Linear))

    def of_machine(self, module):
        if isinstance(module, nn.Conv2d):
            made = Conv2d(module.in_channels, module.out_channels, module.kernel_size, module.stride,
                          module.padding, module.dilation, module.groups,
                          bias=module.bias is not None, **self.how)
        elif isinstance(module, nn.Linear):
            made = Linear(module.in_features, module.out_features, **self.how)
        else:
            if isinstance(module, Concat):
                raise ValueError("networks with Concat are only read as teachers")
            return Mean() if isinstance(module, (FloatMean, nn.AvgPool2d)) else module
        made.load_state_dict(module.state_dict(), strict=False)
        for parameter in made.parameters():
            parameter.requires_grad_(not selects(module))
        return made

    def forward(self, image):
        values = {self.image_name: image}
        for name, reads, makes in self.steps:
            values[makes] = getattr(self, name)(*[values[r] for r in reads])
        return values[self.scores_name]
