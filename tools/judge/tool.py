# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The program reshift_judge (main.cpp) as a Python object: the float path of a model on an input."""

import dataclasses
import json
import pathlib
import subprocess
import tempfile

import numpy


@dataclasses.dataclass(frozen=True)
class Answer:
    """`outputs`: arrays, as the file has them, when the model was accepted; `refusal`: the
    importer's message when it was not."""
    outputs: tuple = ()
    refusal: str = ""

    @property
    def accepted(self):
        return not self.refusal


class Judge:
    """One process for many models. Raises RuntimeError with its last words when it ends."""

    def __init__(self, program):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        self._model, self._input, self._output = (str(folder / n) for n in ("m.onnx", "in", "out"))
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, encoding="ascii")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()

    def _ask(self, request):
        self._process.stdin.write(json.dumps({**request, "output": self._output}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"reshift_judge ended with {self._process.wait()}")
        return json.loads(line), numpy.fromfile(self._output, "<f4")

    def run(self, model, image):
        """`model`: bytes of a model file; `image`: values of its input."""
        return self._outputs(*self._run(model, image, {}))

    def run_quantised(self, model, images, hw, core=False):
        """The model quantised with `images` and run on them: see quantised.hpp, whose answer comes with
        the outputs, images x channels x height x width each."""
        more = {"images": len(images), "hw": hw, "core": core}
        answer, values = self._run(model, images, more)
        if not answer["accepted"] or "error" in answer:
            return answer, Answer(refusal=answer["error"])
        parts = [self._outputs(answer, part) for part in numpy.split(values, len(images))]
        return answer, Answer(tuple(map(numpy.stack, zip(*(p.outputs for p in parts)))))

    def _run(self, model, values, more):
        pathlib.Path(self._model).write_bytes(model)
        numpy.asarray(values, "<f4").tofile(self._input)
        pathlib.Path(self._output).write_bytes(b"")
        return self._ask({"model": self._model, "input": self._input, **more})

    def _outputs(self, answer, values):
        if not answer["accepted"]:
            return Answer(refusal=answer["error"].removeprefix(self._model + ": "))
        sizes = numpy.cumsum([numpy.prod(shape, dtype=int) for shape in answer["outputs"]])
        if sizes[-1] != values.size:
            raise RuntimeError(f"{values.size} values for outputs {answer['outputs']}")
        parts = numpy.split(values, sizes[:-1])
        return Answer(tuple(p.reshape(s) for p, s in zip(parts, answer["outputs"])))

    def inputs(self, data, labels, preprocess, shape, count, batch=50):
        """What a network of an input of `shape` gets for the first images of a data set: batches of
        arrays images x channels x height x width with their classes (-1 unknown)."""
        for first in range(0, count, batch):
            request = {"data": str(data), "labels": str(labels), "preprocess": str(preprocess),
                       "shape": list(shape), "first": first, "count": min(batch, count - first)}
            answer, values = self._ask(request)
            if not answer["labels"]:
                return
            yield values.reshape(-1, *shape), numpy.array(answer["labels"])
