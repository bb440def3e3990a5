# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""ONNX's own conformance cases of the operators of convolutional networks, made into networks: every
input but the first becomes an initializer with the case's data, a batch is cut to its first image."""

import dataclasses
import pathlib

import numpy
import onnx
import onnx.version_converter
from onnx import numpy_helper

import onnx_codes
import onnx_ranks
import reference

FIRST_OPSET = 7
IR_VERSION = 4  # the first in which an initializer need not be an input
GROUPS = ("node", "pytorch-converted")
OPERATORS = frozenset("""
    Add AveragePool BatchNormalization Clip Concat Constant Conv ConvInteger ConvTranspose DepthToSpace
    DequantizeLinear Div Dropout Elu Flatten Gemm GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish
    Identity InstanceNormalization LRN LeakyRelu LogSoftmax MatMul MatMulInteger Max MaxPool Mean Min
    Mul PRelu Pad QLinearConv QLinearMatMul QuantizeLinear ReduceMean Relu Reshape Resize Selu Sigmoid
    Slice Softmax Softplus SpaceToDepth Split Squeeze Sub Sum Tanh Transpose Unsqueeze Upsample
    """.split())


@dataclasses.dataclass
class Case:
    """A network of one input, `image`, and the outputs that the case expects of it."""
    name: str
    operator: str
    opset: int
    model: onnx.ModelProto
    image: numpy.ndarray
    expected: list


def operators(model):
    return sorted({node.op_type for node in model.graph.node} - {"Constant"})


def load_array(path, value):
    """An input or output of a case; None when it is no tensor."""
    if value.type.WhichOneof("value") != "tensor_type":
        return None
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def fill_initializers(model):
    """Old files list their weights as inputs."""
    known = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in known]
    del model.graph.input[:]
    model.graph.input.extend(inputs)


def load(folder):
    """The case of a folder, or None where it is none of these operators or of no tensor."""
    model = onnx.load(folder / "model.onnx")
    names = operators(model)
    if "_expanded" in folder.name or not names or not OPERATORS.issuperset(names):
        return None
    data = folder / "test_data_set_0"
    fill_initializers(model)
    model.ir_version = max(model.ir_version, IR_VERSION)
    inputs = [load_array(data / f"input_{i}.pb", v) for i, v in enumerate(model.graph.input)]
    expected = [load_array(data / f"output_{i}.pb", v) for i, v in enumerate(model.graph.output)]
    if not inputs or any(array is None for array in (*inputs, *expected)):
        return None
    opset = next(s.version for s in model.opset_import if s.domain in ("", "ai.onnx"))
    case = Case(folder.name, "+".join(names), opset, model, inputs[0], expected)
    for value, array in zip(list(model.graph.input)[1:], inputs[1:]):
        model.graph.initializer.append(numpy_helper.from_array(array, value.name))
        model.graph.input.remove(value)
    raise_operator_set(case)
    case = cut_batch(case)
    adapt_rank(case)
    make_real(case)
    return case


def set_shape(value, shape):
    del value.type.tensor_type.shape.dim[:]
    for size in shape:
        value.type.tensor_type.shape.dim.add().dim_value = size


def forget_shapes(model):
    """All but that of the input."""
    del model.graph.value_info[:]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")


def outputs_of(model, image):
    """None where ONNX Runtime cannot run the model."""
    try:
        return reference.run(model, image)
    except reference.Failure:
        return None


def gives(model, image, expected):
    outputs = outputs_of(model, image)
    return outputs is not None and all(map(reference.equal, outputs, expected))


def raise_operator_set(case):
    """PyTorch's cases are of operator set 6, of which set 7 changes nothing but the form."""
    if case.opset >= FIRST_OPSET:
        return
    case.model = onnx.version_converter.convert_version(case.model, FIRST_OPSET)
    for tensor in case.model.graph.initializer:
        slope = numpy_helper.to_array(tensor)
        if case.operator == "PRelu" and slope.size > 1:  # set 6: one a channel, whatever the rank
            slope = slope.reshape((-1,) + (1,) * (case.image.ndim - 2))
            tensor.CopyFrom(numpy_helper.from_array(slope, tensor.name))


def adapt_rank(case):
    """The case of rank 4, if ONNX Runtime finds the same values in that."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    image = onnx_ranks.to_image(model, case.image)
    if image is case.image:
        return
    set_shape(model.graph.input[0], image.shape)
    forget_shapes(model)
    if gives(model, image, case.expected):
        case.model, case.image = model, image


def make_real(case):
    """The case of real values, if ONNX Runtime finds the same in that."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    image, expected = onnx_codes.to_real(model, case.image, case.expected)
    if image is case.image and expected is case.expected:
        return
    forget_shapes(model)
    if gives(model, image, expected):
        case.model, case.image, case.expected = model, image, expected


def first_image(outputs, expected, batch):
    """Of each expected array what belongs to the first of `batch` images, if that is `outputs`."""
    first = []
    for output, array in zip(outputs, expected):
        if output.size * batch != array.size:
            return None
        first.append(array.ravel()[:output.size].reshape(output.shape))
        if not reference.equal(output, first[-1]):
            return None
    return first


def cut_batch(case):
    """The case on its first image alone; as it is where its operator does not work image by image,
    which ONNX Runtime decides: the cut network must give the first image of what is expected."""
    batch = case.image.shape[0] if case.image.ndim > 1 else 1
    if batch <= 1:
        return case
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        # An operand that is a batch itself.
        if array.ndim == case.image.ndim and array.shape[0] == batch and "Conv" not in case.operator:
            tensor.CopyFrom(numpy_helper.from_array(array[:1], tensor.name))
    image = case.image[:1]
    set_shape(model.graph.input[0], image.shape)
    forget_shapes(model)
    outputs = outputs_of(model, image)
    expected = outputs and first_image(outputs, case.expected, batch)
    if not expected:
        return case
    return dataclasses.replace(case, model=model, image=image, expected=expected)


def default_folders():
    """Where setup.sh puts them."""
    installed = pathlib.Path(onnx.__file__).parent.parent
    unpacked = pathlib.Path(__file__).parents[2] / ".venv-judge/cases"
    return [root / "onnx/backend/test/data" for root in (installed, unpacked)]


def load_all(folders):
    """The cases of all folders `backend/test/data`; a case that two of them have for the same operator
    set once."""
    cases = {}
    for folder in folders:
        for group in GROUPS:
            for path in sorted((pathlib.Path(folder) / group).iterdir()):
                case = load(path)
                if case:
                    cases.setdefault((case.operator, case.name, case.opset), case)
    return [cases[key] for key in sorted(cases)]
