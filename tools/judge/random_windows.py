# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Random nodes with a window: convolutions and poolings of every form. A form takes the builder and a
map and returns what it makes of it, or None where it does not fit."""

import dataclasses

import numpy

SAME = ("SAME_UPPER", "SAME_LOWER")


@dataclasses.dataclass
class Window:
    kernel: tuple
    stride: tuple = (1, 1)
    dilation: tuple = (1, 1)
    pads: tuple = (0, 0, 0, 0)  # top, left, bottom, right
    auto_pad: str = "NOTSET"
    ceil: bool = False

    def out(self, size, axis):
        """Pixels along an axis, by ONNX's formulas; less than 1 where the window does not fit."""
        kernel, stride, dilation = self.kernel[axis], self.stride[axis], self.dilation[axis]
        span = dilation * (kernel - 1) + 1
        if self.auto_pad in SAME:
            return -(-size // stride)
        padded = size + self.pads[axis] + self.pads[axis + 2]
        if padded < span:
            return 0
        pixels = (padded - span) // stride + 1
        if self.ceil and (padded - span) % stride and pixels * stride < size + self.pads[axis]:
            pixels += 1
        return pixels

    def attributes(self, b, kind):
        """What differs from the defaults is written; of the rest a part."""
        for name in ("kernel", "stride", "dilation"):
            for value in getattr(self, name):
                b.feature(kind, name, value)
        b.feature(kind, "pads", "none" if not any(self.pads) else
                  "symmetric" if self.pads[:2] == self.pads[2:] else "asymmetric")
        b.feature(kind, "auto_pad", self.auto_pad)
        written = lambda value, default: None if value == default and b.chance(0.5) else value
        return {"kernel_shape": self.kernel, "strides": written(self.stride, (1, 1)),
                "dilations": written(self.dilation, (1, 1)),
                "pads": None if self.auto_pad != "NOTSET" else written(self.pads, (0, 0, 0, 0)),
                "auto_pad": written(self.auto_pad, "NOTSET")}


def pair(b, *choices):
    """Often the same for both axes."""
    first = b.pick(*choices)
    return (first, first if b.chance(0.7) else b.pick(*choices))


def random_window(b, x, kernels, most_padding, dilations=True):
    window = Window(pair(b, *kernels), pair(b, 1, 1, 1, 2, 2, 3, 4))
    if dilations and b.chance(0.25):
        window.dilation = pair(b, 1, 2, 3)
    kind = b.pick("none", "same", "random", "auto")
    if kind == "auto":
        window.auto_pad = b.pick(*SAME, "VALID")
        # ONNX Runtime refuses other dilations, and strides that leave pixels out.
        if window.auto_pad in SAME:
            window.dilation = (1, 1)
            window.stride = tuple(map(min, window.stride, window.kernel))
    elif kind == "same" and all(k % 2 for k in window.kernel):
        halves = (d * (k // 2) for d, k in zip(window.dilation, window.kernel))
        window.pads = tuple(map(min, halves, map(most_padding, window.kernel))) * 2
    elif kind == "random":
        window.pads = tuple(int(b.rng.integers(0, most_padding(window.kernel[i % 2]) + 1))
                            for i in range(4))
    size = (window.out(x.height, 0), window.out(x.width, 1))
    return (window, size) if min(size) >= 1 else (None, None)


def conv(b, x):
    window, size = random_window(b, x, (1, 1, 2, 3, 3, 3, 4, 5, 6, 7), lambda k: k)
    if not window:
        return None
    group = b.pick("one", "one", "depthwise", "multiplier", "two")
    b.feature("Conv", "groups", group)
    groups = {"one": 1, "two": 2}.get(group, x.channels)
    if x.channels % groups:
        return None
    outputs = {"depthwise": x.channels, "multiplier": 2 * x.channels}.get(
        group, groups * int(b.rng.integers(1, max(9 // groups, 1) + 1)))
    fan = x.channels // groups * window.kernel[0] * window.kernel[1]
    scale = 1.5 / numpy.sqrt(fan)
    inputs = [x.name, b.floats(outputs, x.channels // groups, *window.kernel, low=-scale, high=scale)]
    bias = b.chance(0.6)
    b.feature("Conv", "bias" if bias else "no bias")
    if bias:
        inputs.append(b.floats(outputs))
    attributes = window.attributes(b, "Conv")
    if b.chance(0.3):
        attributes["kernel_shape"] = None
    name = b.node("Conv", inputs, group=groups if groups > 1 else None, **attributes)
    return dataclasses.replace(x, name=name, channels=outputs, height=size[0], width=size[1])


def pool(b, x, kind, extra):
    # ONNX Runtime wants pads below the kernel.
    window, size = random_window(b, x, (1, 2, 2, 3, 3, 4, 5), lambda k: min(k - 1, 2), extra)
    if not window:
        return None
    if b.opset >= 10 and b.chance(0.3):
        window.ceil = True
        size = (window.out(x.height, 0), window.out(x.width, 1))
    attributes = window.attributes(b, kind)
    if not extra:
        attributes["dilations"] = None
    return window, size, attributes


def max_pool(b, x):
    made = pool(b, x, "MaxPool", b.opset >= 10)
    if not made:
        return None
    window, size, attributes = made
    name = b.node("MaxPool", [x.name], ceil_mode=int(window.ceil) if b.opset >= 10 else None,
                  **attributes)
    return dataclasses.replace(x, name=name, height=size[0], width=size[1])


def average_pool(b, x):
    made = pool(b, x, "AveragePool", b.opset >= 19)
    if not made:
        return None
    window, size, attributes = made
    name = b.node("AveragePool", [x.name], count_include_pad=b.pick(None, 0, 1),
                  ceil_mode=int(window.ceil) if b.opset >= 10 else None, **attributes)
    return dataclasses.replace(x, name=name, height=size[0], width=size[1])


def pad_before(b, x):
    """A Pad of zeros, as PyTorch exports it, before a convolution or a pooling."""
    pads = [int(p) for p in b.rng.integers(0, 3, 4)]
    eight = [0, 0, *pads[:2], 0, 0, *pads[2:]]
    inputs = [x.name]
    if b.opset >= 11:
        inputs.append(b.integers(*eight))
        if b.chance(0.5):
            inputs.append(b.constant(numpy.float32(0)))
    name = b.node("Pad", inputs, pads=eight if b.opset < 11 else None,
                  mode=b.pick(None, "constant"))
    padded = dataclasses.replace(x, name=name, height=x.height + pads[0] + pads[2],
                                 width=x.width + pads[1] + pads[3])
    kind = b.pick(conv, max_pool, average_pool)
    b.feature("Pad", "before", kind.__name__)
    return kind(b, padded)


def whole_map_pool(b, x):
    kind = b.pick("MaxPool", "AveragePool")
    b.feature(kind, "kernel", "whole map")
    name = b.node(kind, [x.name], kernel_shape=(x.height, x.width))
    return dataclasses.replace(x, name=name, height=1, width=1)


def global_pool(b, x):
    kind = b.pick("GlobalAveragePool", "GlobalMaxPool")
    return dataclasses.replace(x, name=b.node(kind, [x.name]), height=1, width=1)


def reduce_mean(b, x):
    axes, keep = [b.axis(a, 4) for a in b.pick((2, 3), (3, 2))], b.pick(0, 1)
    inputs = [x.name] if b.opset < 18 else [x.name, b.integers(*axes)]
    name = b.node("ReduceMean", inputs, axes=axes if b.opset < 18 else None, keepdims=keep)
    return dataclasses.replace(x, name=name, height=1, width=1, flat=not keep)


def conv_transpose(b, x):
    """Two by two, stride two."""
    outputs = int(b.rng.integers(1, 5))
    inputs = [x.name, b.floats(x.channels, outputs, 2, 2)]
    if b.chance(0.5):
        inputs.append(b.floats(outputs))
    name = b.node("ConvTranspose", inputs, strides=(2, 2), kernel_shape=b.pick(None, (2, 2)))
    return dataclasses.replace(x, name=name, channels=outputs, height=2 * x.height, width=2 * x.width)


FORMS = (conv, max_pool, average_pool, pad_before, whole_map_pool, global_pool, reduce_mean,
         conv_transpose)
