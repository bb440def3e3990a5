# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Random ONNX networks of one image: rows of random nodes with residual blocks, concatenations, gates,
skip connections and heads between and after them. The same seed gives the same network."""

import dataclasses

import numpy

import random_pointwise
import random_windows
from random_builder import Builder, Map

FIRST_OPSET, LAST_OPSET = 7, 24
LARGEST = 400  # pixels of a map: beyond that it is not made larger


def same_conv(b, x, channels):
    """A convolution that keeps the size."""
    kernel = b.pick(1, 3)
    scale = 1.5 / numpy.sqrt(x.channels * kernel * kernel)
    weights = b.floats(channels, x.channels, kernel, kernel, low=-scale, high=scale)
    name = b.node("Conv", [x.name, weights, b.floats(channels)], pads=(kernel // 2,) * 4)
    return dataclasses.replace(x, name=name, channels=channels)


def residual(b, x):
    """x + f(x), with or without a 1x1 convolution of x; or a sum of three."""
    b.feature("form: residual")
    y = random_pointwise.relu(b, same_conv(b, x, x.channels))
    if b.chance(0.5):
        y = same_conv(b, y, x.channels)
    if b.chance(0.3):
        x = same_conv(b, x, x.channels)
    pair = [x.name, y.name] if b.chance(0.5) else [y.name, x.name]
    if b.chance(0.2):
        third = same_conv(b, x, x.channels)
        name = b.node("Sum", [*pair, third.name])
    else:
        name = b.node(b.pick("Add", "Add", "Sum", "Sub"), pair)
    return dataclasses.replace(x, name=name)


def concatenation(b, x):
    b.feature("form: concatenation")
    parts = [same_conv(b, x, int(b.rng.integers(1, 6))) for _ in range(b.pick(1, 2, 3))]
    parts = [random_pointwise.relu(b, p) if b.chance(0.5) else p for p in parts]
    if b.chance(0.5):
        b.feature("form: dense block")
        parts.insert(0, x)
    name = b.node("Concat", [p.name for p in parts], axis=b.axis(1, 4))
    return dataclasses.replace(x, name=name, channels=sum(p.channels for p in parts))


def gate(b, x):
    """Squeeze and excite: x times a factor per channel that is computed from it."""
    b.feature("form: squeeze and excite")
    small = random_windows.global_pool(b, x)
    small = random_pointwise.relu(b, same_conv(b, small, 2))
    scale = b.pick(random_pointwise.sigmoid, random_pointwise.hard_sigmoid)(
        b, same_conv(b, small, x.channels))
    pair = [x.name, scale.name] if b.chance(0.5) else [scale.name, x.name]
    return dataclasses.replace(x, name=b.node("Mul", pair))


def product(b, x):
    b.feature("form: product of maps")
    other = same_conv(b, x, x.channels)
    return dataclasses.replace(x, name=b.node("Mul", [x.name, other.name]))


def u_net(b, x):
    """Down, up again, and beside what was before."""
    if x.height % 2 or x.width % 2:
        return None
    b.feature("form: U-Net")
    low = dataclasses.replace(x, name=b.node("MaxPool", [x.name], kernel_shape=(2, 2), strides=(2, 2)),
                              height=x.height // 2, width=x.width // 2)
    up = b.pick(random_pointwise.upsample, random_windows.conv_transpose)
    high = up(b, same_conv(b, low, int(b.rng.integers(1, 6))))
    name = b.node("Concat", [x.name, high.name], axis=1)
    return dataclasses.replace(x, name=name, channels=x.channels + high.channels)


def leading_transpose(b, _):
    """The image with its channels last, as TensorFlow has it."""
    c, h, w = b.pick(1, 3), *(int(v) for v in b.rng.integers(4, 12, 2))
    b.feature("form: image with channels last")
    b.image = Map(b.name(), h, w, c)
    return Map(b.node("Transpose", [b.image.name], perm=[0, 3, 1, 2]), c, h, w)


def flattened(b, x):
    """By each of the operators that do it."""
    kind = b.pick("Flatten", "Reshape [1, -1]", "Reshape [-1, size]", "Reshape [0, -1]", "computed")
    if x.height == x.width == 1 and b.chance(0.3):
        kind = "Squeeze"
    b.feature("flattened by", kind)
    if kind == "Flatten":
        name = b.node("Flatten", [x.name], axis=b.pick(None, 1))
    elif kind == "Squeeze":
        axes = [b.axis(2, 4), b.axis(3, 4)]
        inputs = [x.name] if b.opset < 13 else [x.name, b.integers(*axes)]
        name = b.node("Squeeze", inputs, axes=axes if b.opset < 13 else None)
    else:
        name = b.node("Reshape", [x.name, reshape_to(b, kind, x)])
    return Map(name, x.size, flat=True)


def reshape_to(b, kind, x):
    if kind != "computed":
        return b.integers(*{"Reshape [1, -1]": (1, -1), "Reshape [-1, size]": (-1, x.size),
                            "Reshape [0, -1]": (0, -1)}[kind])
    # As PyTorch writes x.view(x.size(0), -1).
    batch = b.node("Gather", [b.node("Shape", [x.name]), b.constant(numpy.int64(0))], axis=0)
    axes = [0]
    inputs = [batch] if b.opset < 13 else [batch, b.integers(*axes)]
    batch = b.node("Unsqueeze", inputs, axes=axes if b.opset < 13 else None)
    return b.node("Concat", [batch, b.integers(-1)], axis=0)


def dense(b, x):
    outputs = int(b.rng.integers(1, 11))
    scale = 1.5 / numpy.sqrt(x.channels)
    if b.chance(0.35):
        name = b.node("MatMul", [x.name, b.floats(x.channels, outputs, low=-scale, high=scale)])
        if b.chance(0.6):
            name = b.node("Add", [name, b.floats(outputs)])
        return Map(name, outputs, flat=True)
    transposed = b.pick(None, 0, 1)
    shape = (outputs, x.channels) if transposed else (x.channels, outputs)
    inputs = [x.name, b.floats(*shape, low=-scale, high=scale)]
    bias = b.pick("vector", "scalar", "matrix", *(["none"] if b.opset >= 11 else []))
    b.feature("Gemm", "bias", bias)
    if bias != "none":
        inputs.append(b.floats(*{"vector": (outputs,), "scalar": (1,), "matrix": (1, outputs)}[bias]))
    name = b.node("Gemm", inputs, transB=transposed, alpha=b.pick(None, 0.5),
                  beta=b.pick(None, 2.0))
    return Map(name, outputs, flat=True)


def fully_connected(b, x):
    x = dense(b, flattened(b, x))
    while b.chance(0.3):
        if b.chance(0.7):
            x = b.pick(*random_pointwise.ANY_SHAPE)(b, x) or x
        x = dense(b, x)
    return x


def softmax(b, x):
    """At the end of a network, over the classes."""
    kind = b.pick("Softmax", "LogSoftmax")
    return dataclasses.replace(x, name=b.node(kind, [x.name], axis=b.pick(None, b.axis(1, 2))))


def scores(b, x):
    return softmax(b, fully_connected(b, x))


def map_softmax(b, x):
    """Over the channels of a map."""
    if b.opset < 13 and x.height * x.width > 1:
        return None  # over all that follows the axis
    b.feature("form: Softmax of a map")
    return dataclasses.replace(x, name=b.node("Softmax", [x.name], axis=b.axis(1, 4)))


def detector_rows(b, x):
    """One row per box, as detectors end: N x C x H x W to N x boxes x values."""
    b.feature("form: rows of boxes")
    values = b.pick(2, 4)
    y = same_conv(b, x, 2 * values)
    moved = b.node("Transpose", [y.name], perm=[0, 2, 3, 1])
    name = b.node("Reshape", [moved, b.integers(1, -1, values)])
    return Map(name, x.height * x.width * 2, values, flat=True)


BLOCKS = (residual, concatenation, gate, product, u_net)
BODY = (*random_windows.FORMS, *random_pointwise.FORMS, *BLOCKS)
HEADS = (fully_connected, scores, map_softmax, detector_rows)
STARTS = (leading_transpose,)
# Of the forms that are met most in real networks.
WEIGHTS = {random_windows.conv: 6, random_windows.max_pool: 3, random_windows.average_pool: 3,
           random_windows.pad_before: 2, random_pointwise.relu: 2, random_pointwise.arithmetic: 3,
           residual: 2, concatenation: 2}
FORMS = {form.__name__: form for form in (*BODY, *HEADS, *STARTS)}


@dataclasses.dataclass
class RandomModel:
    model: object
    image: numpy.ndarray
    used: frozenset


def finished(b, outputs):
    b.feature("outputs", min(len(outputs), 4))
    model = b.model(b.image, outputs)
    return RandomModel(model, b.rng.uniform(-2, 2, b.image.shape).astype("f4"), frozenset(b.used))


def start(seed, opsets=range(FIRST_OPSET, LAST_OPSET + 1)):
    rng = numpy.random.default_rng(seed)
    b = Builder(rng, int(rng.choice(opsets)))
    b.image = Map(b.name(), int(rng.integers(1, 9)), *(int(v) for v in rng.integers(1, 15, 2)))
    return b, b.image


def single(seed, name):
    """A network of one form between two convolutions; None where it does not fit."""
    b, x = start(seed)
    form = FORMS[name]
    if form in STARTS:
        x = form(b, x)
    else:
        x = random_pointwise.relu(b, same_conv(b, x, 4 * int(b.rng.integers(1, 3))))
        x = form(b, x)
    if x is None:
        return None
    if form not in HEADS and not x.flat:
        x = same_conv(b, x, 2)
    return finished(b, [x])


def choose(b, forms):
    weights = numpy.array([WEIGHTS.get(f, 1) for f in forms], "f8")
    return forms[b.rng.choice(len(forms), p=weights / weights.sum())]


def grow(b, x, forms, steps, sides):
    """`sides` receives maps that nothing else may read: more outputs."""
    for _ in range(steps):
        form = choose(b, forms)
        if x.flat or (x.height * x.width > LARGEST and form in (
                random_pointwise.upsample, random_windows.conv_transpose,
                random_pointwise.depth_to_space)):
            continue
        x = form(b, x) or x
        if b.chance(0.15):
            sides.append(x)
    return x


def random_model(seed, names, opsets):
    """Of the forms `names` and these operator sets only."""
    b, x = start(seed, opsets)
    use = lambda forms: [f for f in forms if f.__name__ in names]
    if use(STARTS) and b.chance(0.05):
        x = b.pick(*use(STARTS))(b, x)
    sides = []
    x = grow(b, x, use(BODY), int(b.rng.integers(1, 8)), sides)
    if x.flat:
        x = dense(b, x) if b.chance(0.8) else x
    elif use(HEADS) and b.chance(0.5):
        x = b.pick(*use(HEADS))(b, x) or x
    if not b.nodes or x == b.image:
        x = same_conv(b, x, 3)
    several = [s for s in sides if s not in (x, b.image)] if b.chance(0.5) else []
    unique = list(dict.fromkeys(s for s in several))
    return finished(b, [x, *unique])
