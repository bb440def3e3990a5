# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Random nodes that work value by value or move values: activations, arithmetic with constants,
normalisation, upsampling, slices. Forms as in random_windows."""

import dataclasses

import numpy


def replaced(b, x, kind, inputs=(), **attributes):
    return dataclasses.replace(x, name=b.node(kind, [x.name, *inputs], **attributes))


def relu(b, x):
    return replaced(b, x, "Relu")


def leaky_relu(b, x):
    return replaced(b, x, "LeakyRelu", alpha=b.pick(None, 0.1, 0.25))


def prelu(b, x):
    shapes = {"one": (1,), "channel": (x.channels,) if x.flat else (x.channels, 1, 1)}
    kind = b.pick(*shapes)
    b.feature("PRelu", "slope", kind)
    return replaced(b, x, "PRelu", [b.floats(*shapes[kind], low=0, high=0.5)])


def sigmoid(b, x):
    return replaced(b, x, "Sigmoid")


def tanh(b, x):
    return replaced(b, x, "Tanh")


def hard_sigmoid(b, x):
    return replaced(b, x, "HardSigmoid", alpha=b.pick(None, 1 / 6), beta=b.pick(None, 0.5))


def hard_swish(b, x):
    return replaced(b, x, "HardSwish") if b.opset >= 14 else None


def silu(b, x):
    """x * sigmoid(x), as exporters write it."""
    b.feature("form: SiLU")
    return replaced(b, x, "Mul", [b.node("Sigmoid", [x.name])])


def written_hard_swish(b, x):
    """x * clip(x + 3, 0, 6) / 6, as exporters write it."""
    b.feature("form: HardSwish as Add, Clip, Mul, Div")
    three, six = b.constant(numpy.float32(3)), b.constant(numpy.float32(6))
    clipped = clip_node(b, b.node("Add", [x.name, three]), 0.0, 6.0)
    return dataclasses.replace(x, name=b.node("Div", [b.node("Mul", [x.name, clipped]), six]))


def clip_node(b, name, low, high):
    if b.opset < 11:
        return b.node("Clip", [name], min=low, max=high)
    bound = lambda v: "" if v is None else b.constant(numpy.float32(v))
    inputs = [name, bound(low), bound(high)]
    while not inputs[-1]:
        inputs.pop()
    return b.node("Clip", inputs)


def clip(b, x):
    low, high = b.pick((0.0, 6.0), (-1.0, 1.0), (None, 0.5), (-0.25, None), (None, None), (0.5, 0.5))
    b.feature("Clip", "bounds", low is not None, high is not None)
    return dataclasses.replace(x, name=clip_node(b, x.name, low, high))


def batch_norm(b, x):
    c = x.channels
    values = [b.floats(c, low=0.5, high=1.5), b.floats(c), b.floats(c), b.floats(c, low=0.3, high=2)]
    return replaced(b, x, "BatchNormalization", values, epsilon=b.pick(None, 1e-3, 1e-5))


def arithmetic(b, x):
    """With a constant: one value, or one per channel."""
    kind = b.pick("Add", "Sub", "Mul", "Div")
    channel = (x.channels,) if x.flat else (x.channels, 1, 1)
    shapes = {"scalar": (), "one": (1,), "channel": channel, "channel, rank of the map":
              (1, *channel), "one, rank of the map": (1,) * len(x.shape)}
    shape = b.pick(*shapes)
    constant = b.floats(*shapes[shape], low=0.5, high=2)
    first = b.chance(0.3) and kind != "Div"
    b.feature(kind, "constant", shape)
    b.feature(kind, "constant is input", 0 if first else 1)
    inputs = [constant, x.name] if first else [x.name, constant]
    return dataclasses.replace(x, name=b.node(kind, inputs))


def nothing(b, x):
    kind = b.pick("Identity", "Dropout")
    ratio = 0.3 if kind == "Dropout" and b.opset < 12 else None
    return replaced(b, x, kind, ratio=ratio)


def upsample(b, x):
    """Nearest, twice as large."""
    scales = [1.0, 1.0, 2.0, 2.0]
    result = dataclasses.replace(x, height=2 * x.height, width=2 * x.width)
    if b.opset < 9:
        name = b.node("Upsample", [x.name], scales=scales, mode="nearest")
    elif b.opset < 11:
        kind = "Upsample" if b.opset < 10 else "Resize"
        name = b.node(kind, [x.name, b.constant(numpy.array(scales, "f4"))], mode="nearest")
    else:
        by_scales = b.chance(0.5)
        b.feature("Resize", "by", "scales" if by_scales else "sizes")
        # Operator set 13 allows to leave them out.
        empty = lambda: b.constant(numpy.zeros(0, "f4"))
        roi = "" if b.opset >= 13 and b.chance(0.5) else empty()
        last = ([b.constant(numpy.array(scales, "f4"))] if by_scales else
                ["" if b.opset >= 13 else empty(), b.integers(*result.shape)])
        coordinates, rounding = b.pick(("asymmetric", "floor"), ("half_pixel", "round_prefer_floor"),
                                       ("half_pixel", "round_prefer_ceil"), (None, None))
        name = b.node("Resize", [x.name, roi, *last], mode=b.pick("nearest", "nearest", None),
                      coordinate_transformation_mode=coordinates, nearest_mode=rounding)
    return dataclasses.replace(result, name=name)


def slice_channels(b, x):
    if x.channels < 2:
        return None
    start = int(b.rng.integers(0, x.channels - 1))
    end = int(b.rng.integers(start + 1, x.channels + 1))
    axis = b.axis(1, 4)
    bounds = ([start], [2 ** 31 - 1 if end == x.channels and b.chance(0.5) else end], [axis])
    inputs = [x.name] if b.opset < 10 else [x.name, *(b.integers(*v) for v in bounds)]
    keys = dict(zip(("starts", "ends", "axes"), bounds)) if b.opset < 10 else {}
    b.feature("Slice", "axis", axis)
    return dataclasses.replace(x, name=b.node("Slice", inputs, **keys), channels=end - start)


def split(b, x):
    """One of the parts."""
    parts = b.pick(2, 3, 3)
    if x.channels % parts:
        return None
    each = [x.channels // parts] * parts
    sizes = b.chance(0.2)
    b.feature("Split", "sizes" if sizes else "equal")
    inputs = [x.name, b.integers(*each)] if sizes and b.opset >= 13 else [x.name]
    names = b.node("Split", inputs, outputs=parts, axis=b.axis(1, 4),
                   split=each if sizes and b.opset < 13 else None,
                   num_outputs=parts if not sizes and b.opset >= 18 else None)
    return dataclasses.replace(x, name=b.pick(*names), channels=each[0])


def shuffle(b, x):
    """Channels in another order, as ShuffleNet has it."""
    if x.channels % 2 or x.channels < 4:
        return None
    b.feature("form: channel shuffle")
    half = x.channels // 2
    five = b.node("Reshape", [x.name, b.integers(1, 2, half, x.height, x.width)])
    moved = b.node("Transpose", [five], perm=[0, 2, 1, 3, 4])
    name = b.node("Reshape", [moved, b.integers(1, b.pick(-1, x.channels), x.height, x.width)])
    return dataclasses.replace(x, name=name)


def depth_to_space(b, x):
    if x.channels % 4:
        return None
    mode = b.pick(None, "DCR", "CRD") if b.opset >= 11 else None
    name = b.node("DepthToSpace", [x.name], blocksize=2, mode=mode)
    return dataclasses.replace(x, name=name, channels=x.channels // 4, height=2 * x.height,
                               width=2 * x.width)


ANY_SHAPE = (relu, leaky_relu, prelu, sigmoid, tanh, hard_sigmoid, hard_swish, silu,
             written_hard_swish, clip, arithmetic, nothing)
FORMS = (*ANY_SHAPE, batch_norm, upsample, slice_channels, split, shuffle, depth_to_space)
