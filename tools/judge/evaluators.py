# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Networks by evaluators of their own formats, which share nothing with this project: ONNX Runtime,
LiteRT, and for QONNX the integer arithmetic of qonnx_eval. `open_evaluator` chooses by content."""

import dataclasses
import os
import pathlib

import flatbuffers
import numpy
import onnx
import onnxruntime
from ai_edge_litert import interpreter as litert
from ai_edge_litert import schema_py_generated as schema

import qonnx_eval

THREADS = 2
# Kernels of LiteRT: those of its specification, the fast ones, and with XNNPACK (its default).
KERNELS = {"reference": litert.OpResolverType.BUILTIN_REF,
           "builtin": litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
           "default": litert.OpResolverType.AUTO}


@dataclasses.dataclass(frozen=True)
class Tensor:
    """Values of images, the first axis. Of a quantised tensor: codes, value = scale * (code - zero)."""
    array: numpy.ndarray
    scale: float = 1.0
    zero: int = 0

    def values(self):
        return (self.array.astype("f8") - self.zero) * self.scale


class Qonnx:
    """The last convolutions' codes, of all tensors."""

    def __init__(self, path):
        self.model = onnx.load(path)
        weights = {t.name for t in self.model.graph.initializer}
        value = next(v for v in self.model.graph.input if v.name not in weights)
        self.input_shape = tuple(d.dim_value for d in value.type.tensor_type.shape.dim)[1:]
        self.outputs = [v.name for v in self.model.graph.output]

    def run(self, images, everything=False):
        found = qonnx_eval.run(self.model, images)
        names = [n.output[0] for n in self.model.graph.node] if everything else self.outputs
        # Weights are no tensors of images.
        return {name: Tensor(found[name].codes, float(numpy.ldexp(1.0, found[name].exponents.max())))
                for name in names if len(found[name].codes) == len(images)
                and numpy.unique(found[name].exponents).size == 1}


def raise_operator_set(model):
    """Quantisers write scales per channel and the Clip of int8 into files of operator sets that know
    neither; set 13 knows both, and the other operators of such files are the same in it."""
    quantised = any(node.op_type == "QuantizeLinear" for node in model.graph.node)
    for used in model.opset_import:
        if quantised and used.domain in ("", "ai.onnx"):
            used.version = max(used.version, 13)


class OnnxRuntime:
    """`optimised`: fused integer kernels in place of what the operators say."""

    def __init__(self, path, optimised=False):
        model = onnx.load(path)
        raise_operator_set(model)
        weights = {t.name for t in model.graph.initializer}
        value = next(v for v in model.graph.input if v.name not in weights)
        self.name, dims = value.name, value.type.tensor_type.shape.dim
        self.kind = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        self.batched = dims[0].dim_value != 1
        self.input_shape = tuple(d.dim_value for d in dims)[1:]
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = THREADS
        self.options.log_severity_level = 3
        if not optimised:
            level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            self.options.graph_optimization_level = level
        self.session = self.open(model)
        for node in model.graph.node:
            known = {v.name for v in model.graph.output}
            model.graph.output.extend(onnx.ValueInfoProto(name=o) for o in node.output
                                      if o and o not in known)
        self.model = model

    def open(self, model):
        return onnxruntime.InferenceSession(model.SerializeToString(), self.options,
                                            providers=["CPUExecutionProvider"])

    def run(self, images, everything=False):
        session = self.open(self.model) if everything else self.session
        names = [o.name for o in session.get_outputs()]
        step = len(images) if self.batched else 1
        images = images.astype(self.kind)
        parts = [session.run(None, {self.name: images[i:i + step]})
                 for i in range(0, len(images), step)]
        found = (numpy.concatenate(p) if p[0].ndim else p[0] for p in zip(*parts))
        return {n: Tensor(a) for n, a in zip(names, found) if a.ndim and len(a) == len(images)}


def with_outputs(path, chosen):
    """The bytes of a TensorFlow Lite file whose outputs are the tensors that chosen(graph) gives: what
    lies inside of XNNPACK's part can be read no other way."""
    model = schema.ModelT.InitFromPackedBuf(pathlib.Path(path).read_bytes(), 0)
    graph = model.subgraphs[0]
    graph.outputs = chosen(model, graph)
    model.signatureDefs = None
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def outputs_and_scores(model, graph):
    """The outputs; before them what goes into a Softmax at the end, before it was reshaped."""
    def is_any(op, *names):
        code = model.operatorCodes[op.opcodeIndex]
        kind = max(code.builtinCode, code.deprecatedBuiltinCode)  # the second is a byte, 127 beyond
        return kind in [getattr(schema.BuiltinOperator, n) for n in names]

    last = graph.operators[-1]
    if not is_any(last, "SOFTMAX"):
        return graph.outputs
    scores = last.inputs[0]
    for op in reversed(graph.operators):
        if op.outputs[0] == scores and is_any(op, "RESHAPE", "SQUEEZE"):
            scores = op.inputs[0]
    return [scores, *graph.outputs]


def all_computed(_, graph):
    return [o for op in graph.operators for o in op.outputs]


class LiteRt:
    """Outputs as codes, and what goes into a Softmax at the end."""

    def __init__(self, path, kernels="reference"):
        self.path, self.kernels = path, kernels
        self.interpreter = self.open(outputs_and_scores)
        self.input = self.interpreter.get_input_details()[0]
        shape = tuple(int(d) for d in self.input["shape"])[1:]
        self.planes_last = shape[-1] in (1, 3)
        self.input_shape = (shape[-1], *shape[:-1]) if self.planes_last else shape

    def open(self, chosen):
        interpreter = litert.Interpreter(
            model_content=with_outputs(self.path, chosen), num_threads=THREADS,
            experimental_op_resolver_type=KERNELS[self.kernels])
        interpreter.allocate_tensors()
        return interpreter

    def codes(self, image):
        """The input tensor for a float image, rounded half to even."""
        if self.planes_last:
            image = image.transpose(1, 2, 0)
        kind = self.input["dtype"]
        if kind == numpy.float32:
            return image[None]
        scale, zero = self.input["quantization"]
        limits = numpy.iinfo(kind)
        codes = numpy.rint(image.astype("f8") / scale) + zero
        return numpy.clip(codes, limits.min, limits.max).astype(kind)[None]

    def run(self, images, everything=False):
        interpreter = self.open(all_computed) if everything else self.interpreter
        wanted = interpreter.get_output_details()
        found = {d["name"]: [] for d in wanted}
        for image in images:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], self.codes(image))
            interpreter.invoke()
            for d in wanted:
                found[d["name"]].append(interpreter.get_tensor(d["index"])[0])
        return {d["name"]: Tensor(numpy.array(found[d["name"]]), *self.quantisation(d))
                for d in wanted}

    @staticmethod
    def quantisation(details):
        scale, zero = details["quantization"]
        return (scale, zero) if scale else (1.0, 0)


def open_evaluator(path, kernels="reference"):
    """`kernels`: of LiteRT, a key of KERNELS; of ONNX Runtime "default" means optimised."""
    with open(path, "rb") as file:
        head = file.read(8)
    if head[4:] == b"TFL3":
        return LiteRt(path, kernels)
    domains = {n.domain for n in onnx.load(path).graph.node}
    if domains & set(qonnx_eval.DOMAINS):
        return Qonnx(os.fspath(path))
    return OnnxRuntime(path, kernels == "default")
