# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""What a recipe says: recipes.json has what differs from these defaults. As a program it lists them."""

import dataclasses
import json
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOOL = ROOT / "build" / "bin" / "reshift"
MODELS = "models_cifar10"


@dataclasses.dataclass(frozen=True)
class FloatFile:
    """A network that computes in float: its file, in the data folder or a whole path, and how pixels
    become its image. Of a quantised network `rounding` says whether it rounds its activations."""
    path: str
    preprocess: str
    rounding: bool = False
    seeded: bool = False

    def find(self, data):
        """Its whole path; makes what is seeded."""
        path = data / self.path
        if self.seeded and not path.is_file():
            if not TOOL.is_file():
                raise SystemExit(f"train: {TOOL} makes the network to begin with: make build")
            subprocess.run([TOOL, "make-network", path.stem, "-o", path], check=True)
        return path

    def pixels(self):
        return json.loads((HERE.parent / "preprocess" / self.preprocess).read_text())


def trained(name, preprocess):
    """A network that comes with ReShift."""
    return FloatFile(str(HERE / "networks" / f"{name}.onnx"), preprocess)


def seeded(name, preprocess):
    """A network with random weights, which `reshift make-network` writes."""
    return FloatFile(str(ROOT / "build" / f"{name}.onnx"), preprocess, seeded=True)


NETWORKS = {"alexnet32": seeded("alexnet32", "resnet20.json"),
            "resnet8": FloatFile(f"{MODELS}/resnet8/resnet8_cifar10.onnx", "resnet8.json"),
            "resnet20": FloatFile(f"{MODELS}/resnet20/resnet20_cifar10.onnx", "resnet20.json"),
            "densenet40": FloatFile(f"{MODELS}/densenet40_12.onnx", "resnet8.json"),
            "resnet8-half": trained("resnet8-half", "trained_resnet8.json"),
            "resnet20-pow2": trained("resnet20-pow2", "trained_resnet20.json")}
# As teachers; what is quantised rounds then.
TEACHERS = {name: dataclasses.replace(file, rounding=True) for name, file in NETWORKS.items()}
OWN = "float"  # a teacher: the recipe's own float network


@dataclasses.dataclass(frozen=True)
class Recipe:
    network: str
    format: str
    epochs: int  # with the format
    float_epochs: int = 0  # before, with batch normalisation
    float_rate: float = 0.05  # peak of the one-cycle schedules: SGD with momentum
    rate: float = 0.003  # Adam; a weight of the highest level is 1
    decay: float = 0.0005  # of float weights
    batch: int = 128
    method: str = "reconstructed"  # layers.METHODS
    scale_bits: int = 8  # of multipliers; 1: shifts alone
    ramp: float = 0.0  # part of the epochs in which the share of quantised weights grows to 1
    prune: str = ""  # pruning.ORDERS, in the first half of the epochs; empty: nothing is pruned
    density: str = "1"  # of a layer that is left: one for all, or one a layer with + between them
    # Of TEACHERS and OWN, several with + between them; with OWN they teach the quantised network only.
    teacher: str = "resnet20"
    teacher_share: float = 0.5  # of the loss; the rest is that of the labels
    temperature: float = 3.0
    exact_epochs: int = 1  # the last ones, in single precision; those before in half precision
    views: int = 8  # crops and mirrors of an image, whose teacher outputs are kept
    mixed: float = 0.0  # share of images with a part of another one; only the teacher knows what they show

    def __post_init__(self):
        self.densities()
        if self.mixed and self.teacher_share < 1:
            raise ValueError("mixed images have no label: teacher_share must be 1")
        for field, names, there in (("network", [self.network], list(NETWORKS)),
                                    ("teacher", self.teachers(), [*TEACHERS, OWN])):
            for name in names:
                if name not in there:
                    raise ValueError(f"no {field} {name}; there are {', '.join(there)}")

    def teachers(self):
        return self.teacher.split("+") if self.teacher else []

    def densities(self):
        return [float(density) for density in self.density.split("+")]

    def file(self):
        return NETWORKS[self.network]


def recipes():
    return {name: Recipe(**fields)
            for name, fields in json.loads((HERE / "recipes.json").read_text()).items()}


def changed(recipe, settings):
    """A recipe with other values: texts FIELD=VALUE. Raises ValueError naming what is wrong."""
    kinds = {field.name: field.type for field in dataclasses.fields(recipe)}
    values = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in kinds:
            raise ValueError(f"no field {name} in a recipe; there are {', '.join(kinds)}")
        values[name] = kinds[name](value)
    return dataclasses.replace(recipe, **values)


if __name__ == "__main__":
    print("RECIPE=       for train: " + ", ".join(recipes()))
