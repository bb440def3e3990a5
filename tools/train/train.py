#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Trains a network for the machine's formats by a recipe (recipes.json, docs/training.md)."""

import argparse
import copy
import dataclasses
import hashlib
import json
import pathlib
import sys

import torch

import curves
import data as cifar
import teacher as teaching
from quantised_network import PIXEL_STEP, QuantisedNetwork
from recipe import OWN, TEACHERS, changed, recipes
from reshift_train.export import export
from reshift_train.formats import FORMATS
from reshift_train.graph import calibrate
from reshift_train.pruning import weights_left
from stage import Stage

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = "example: train.py resnet8-pow2 --data ../shared/data -o resnet8"
CALIBRATION = 512  # images
UNITS_RATE = 0.1  # of the rate: a unit moves a whole channel, whose activations have fixed scales


class OfPixels(torch.nn.Module):
    """A quantised network that reads pixels; its image has the steps and the zero of its codes."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, image):
        return self.network((image - self.network.zero) * 2.0 ** PIXEL_STEP)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLE)
    parser.add_argument("recipe", help="one of: " + ", ".join(recipes()))
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared" / "data",
                        help="folder with cifar10/ and models_cifar10/ [../shared/data]")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True,
                        help="folder for network, curves and checkpoints, which a later run takes up")
    parser.add_argument("--set", nargs="+", default=[], metavar="FIELD=VALUE",
                        help="change the recipe: epochs=60 views=8")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--threads", type=int, default=0, help="of the CPU; 0: all")
    parser.add_argument("--teacher-outputs", type=pathlib.Path,
                        help="folder that keeps what the teacher says [OUTPUT/teacher]")
    result = parser.parse_args()
    if result.recipe not in recipes():
        parser.error(f"no recipe {result.recipe}; there are {', '.join(recipes())}")
    try:
        result.settings = changed(recipes()[result.recipe], result.set)
    except ValueError as error:
        parser.error(str(error))
    return result


def report(text):
    print(text, flush=True)


@torch.no_grad()
def accuracy(network, images, labels, device, kind=torch.float32):
    """Share of right classes; of equal scores the first one counts, as in `reshift eval`."""
    network.eval()
    right = 0
    for start in range(0, len(images), 250):
        scores = network(cifar.pixels(images[start:start + 250], device).to(kind)).cpu().numpy()
        right += int((scores.argmax(1) == labels[start:start + 250].numpy()).sum())
    return right / len(images)


def write_network(network, options, recipe):
    """The network as ONNX with the preprocessing that it belongs to; returns its hash."""
    path = options.output / "network.onnx"
    export(network, (3, cifar.SIZE, cifar.SIZE), path, recipe.network)
    step = 2.0 ** PIXEL_STEP
    (options.output / "preprocess.json").write_text(json.dumps(
        {"channels": "RGB", "resize": 0, "crop": 0, "scale": step, "mean": [network.zero * step] * 3,
         "std": [1, 1, 1]}) + "\n")
    report(f"{path}: reshift quantize {path} --preprocess {options.output / 'preprocess.json'} "
           f"--mult-bits 16 -o {options.output / 'network.rsq'}")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def choose_device(name):
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


class Run:
    """The stages of a recipe, one after the other; `result` becomes result.json."""

    def __init__(self, options):
        self.options, self.recipe = options, options.settings
        self.device = choose_device(options.device)
        self.images, self.labels = cifar.load(options.data / "cifar10", cifar.TRAINING)
        self.tests = cifar.load(options.data / "cifar10", cifar.TEST)
        self.teacher = None
        if self.recipe.teachers() and OWN not in self.recipe.teachers():
            self.teacher = self.taught_by(options.teacher_outputs or options.output / "teacher")
        self.result = {"recipe": options.recipe, "seed": options.seed, "torch": torch.__version__,
                       **dataclasses.asdict(self.recipe)}

    def taught_by(self, folder, own=None):
        names = self.recipe.teachers()
        report(f"distillation from {' and '.join(names)}: {self.recipe.teacher_share} of the loss")
        networks = [own if name == OWN else teaching.load(TEACHERS[name], self.options.data)
                    for name in names]
        return teaching.Teacher(self.recipe.teacher, networks, folder, self.device,
                                self.recipe.mixed)

    def stage(self, network, optimiser, name, quantised):
        epochs = self.recipe.epochs if quantised else self.recipe.float_epochs
        rate = self.recipe.rate if quantised else self.recipe.float_rate
        stage = Stage(network, self.recipe, epochs, optimiser, rate, quantised, self.options.seed,
                      self.options.output / f"{name}.pt")
        self.result[f"{name}_log"] = stage.run(self.images, self.labels, self.teacher, self.device,
                                               report)
        curves.write(self.options.output / f"{name}.svg", f"{self.options.recipe}, {name}",
                     self.result[f"{name}_log"])

    def float_network(self):
        network = teaching.load(self.recipe.file(), self.options.data).to(self.device)
        self.result["file_accuracy"] = accuracy(network, *self.tests, self.device)
        report(f"{self.recipe.file().path}: {100 * self.result['file_accuracy']:.2f} %")
        if self.recipe.float_epochs:
            sgd = torch.optim.SGD(network.parameters(), 0.1, 0.9, weight_decay=self.recipe.decay,
                                  nesterov=True)
            self.stage(network, sgd, "float", False)
            self.result["float_accuracy"] = accuracy(network, *self.tests, self.device)
            report(f"float network: {100 * self.result['float_accuracy']:.2f} % of the test images")
        if OWN in self.recipe.teachers():
            self.teacher = self.taught_by(self.options.output / "teacher", copy.deepcopy(network))
        return network.network.cpu()

    def quantised_network(self, network):
        quantised = QuantisedNetwork(network, self.recipe.file().pixels(),
                                     form=FORMATS[self.recipe.format], method=self.recipe.method,
                                     scale_bits=self.recipe.scale_bits)
        model = OfPixels(quantised).to(self.device, memory_format=torch.channels_last)
        calibrate(model, cifar.pixels(self.images[:CALIBRATION], self.device))
        units, others = [], []
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                (units if name.endswith("log_unit") else others).append(parameter)
        adam = torch.optim.Adam([{"params": others}, {"params": units, "share_of_rate": UNITS_RATE}])
        self.stage(model, adam, "network", True)
        self.result["accuracy"] = accuracy(model.double(), *self.tests, self.device, torch.float64)
        left, total = weights_left(model)
        self.result["weights_left"], self.result["weights"] = left, total
        report(f"{self.options.recipe}, seed {self.options.seed}: {100 * self.result['accuracy']:.2f} % "
               f"of the test images, {left} of {total} weights are not 0")
        return quantised.cpu()


def main():
    options = arguments()
    options.output.mkdir(parents=True, exist_ok=True)
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    run = Run(options)
    network = run.quantised_network(run.float_network())
    run.result["sha256"] = write_network(network, options, run.recipe)
    (options.output / "result.json").write_text(json.dumps(run.result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
