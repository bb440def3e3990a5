#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Random models of the layers of reshift_train: the training side in double precision against
`reshift eval`, every code of every tensor, and against the core (RTL where it is simulated, else the
model of the program).

    train_test.py RESHIFT [--count N] [--seed N]
"""

import argparse
import dataclasses
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy
import torch
from torch import nn

from data import View
from recipe import recipes
from reshift_train.export import export
from reshift_train.formats import FORMATS, unit
from reshift_train.graph import calibrate
from reshift_train.layers import METHODS, Codes, Conv2d, Linear, Mean
from reshift_train.pruning import prune_model
from stage import Stage

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZE, IMAGES = 16, 6
SCORES = "scores.1"  # the last Codes of Model
# Format: what quantize is told, and a core that takes one tile a weight.
CORES = {"pow2-3": ([], "16x16x8", "rtl"), "pow2-4": ([], "16x16x8", "rtl"),
         "pow2-5": (["--exponents", "15", "--acc-bits", "30"], "4x4x3_a10t5", "golden"),
         "half": ([], "16x16x8_half", "golden"), "digit": ([], "16x16x8_digit", "golden")}


class Block(nn.Module):
    """A residual block, with nothing in its shortcut or a convolution, rounded or in the same sum."""

    def __init__(self, random, channels, out, how):
        super().__init__()
        stride, groups = int(random.integers(1, 3)), int(random.choice([1, 2]))
        kernel = int(random.choice([1, 3]))
        same = stride == 1 and out == channels
        uneven = stride == 2 and kernel == 3
        self.first = nn.Sequential(
            nn.ZeroPad2d((0, 1, 0, 1)) if uneven else nn.Identity(),
            Conv2d(channels, out, kernel, stride, 0 if uneven else kernel // 2, **how),
            nn.ReLU(), Codes())
        self.second = Conv2d(out, out, 3, 1, 1, groups=groups, bias=bool(random.integers(2)), **how)
        merged = self.second.groups == 1 and random.integers(2)
        self.shortcut = nn.Identity() if same else nn.Sequential(
            Conv2d(channels, out, 1, stride, **how),
            nn.Identity() if merged else Codes(signed=True, zero=int(random.integers(-9, 9))))
        self.codes = Codes()

    def forward(self, x):
        return self.codes(torch.relu(self.second(self.first(x)) + self.shortcut(x)))


class Model(nn.Module):
    def __init__(self, random, form):
        super().__init__()
        how = {"form": form, "method": str(random.choice(METHODS)),
               "scale_bits": int(random.choice([1, 8]))}
        self.image = Codes(zero=int(random.integers(0, 256)), exponent=-7)
        channels = [4, *(int(random.choice([4, 6, 8])) for _ in range(2))]
        self.start = nn.Sequential(Conv2d(1, channels[0], 3, 1, 1, **how), nn.ReLU(), Codes())
        self.pool = nn.MaxPool2d(2, 2) if random.integers(2) else nn.Identity()
        self.blocks = nn.Sequential(*(Block(random, a, b, how) for a, b in zip(channels, channels[1:])))
        self.mean = nn.Sequential(Mean(), Codes(), nn.Flatten())
        self.scores = nn.Sequential(Linear(channels[-1], 5, **how), Codes(signed=True))

    def forward(self, image):
        return self.scores(self.mean(self.blocks(self.pool(self.start(self.image(image))))))


def randomise(model, random):
    """Weights of many sizes, some rows of zeros, biases."""
    for module in model.modules():
        if not isinstance(module, (Conv2d, Linear)):
            continue
        shape = (len(module.weight),) + (1,) * (module.weight.dim() - 1)
        gains = torch.from_numpy(random.lognormal(0, 0.6, shape).astype("f4"))
        module.weight.data *= 2 * gains
        module.weight.data[0] *= float(random.integers(2))
        if module.bias is not None:
            module.bias.data = torch.from_numpy(random.normal(0, 0.2, len(module.bias)).astype("f4"))


def codes_of(model, image):
    """The machine's codes of every Codes, in double precision."""
    found, hooks = {}, []
    for name, module in model.named_modules():
        if isinstance(module, Codes):
            def keep(module, _, output, name=name):
                code = output.detach() / module.scale() + module.zero - (0 if module.signed else 128)
                found[name] = code.numpy().astype("i4")
            hooks.append(module.register_forward_hook(keep))
    with torch.no_grad():
        model.double()(image.double())
    for hook in hooks:
        hook.remove()
    return found


def call(*command):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def expect(condition, message):
    if not condition:
        raise SystemExit(f"failed: {message}")


def same(folder, name, wanted, where):
    got = numpy.load(folder / f"{name}.codes.npy").reshape(wanted.shape)
    apart = int((got != wanted).sum())
    expect(apart == 0, f"{where}: {apart} of {wanted.size} codes of {name} differ")
    return wanted.size


def one(tool, folder, seed, name):
    """A random model of a format; how many codes were compared."""
    random = numpy.random.default_rng([seed, sorted(CORES).index(name)])
    torch.manual_seed(seed)
    options, core, backend = CORES[name]
    model = Model(random, FORMATS[name])
    randomise(model, random)
    pixels = random.integers(0, 256, (IMAGES, 1, SIZE, SIZE)).astype("u1")
    image = (torch.from_numpy(pixels.astype("f4")) - model.image.zero) / 128
    if random.integers(2):
        prune_model(model, "together", 1.0, [0.4])
    calibrate(model, image)
    wanted = codes_of(model.eval(), image)
    export(model, (1, SIZE, SIZE), folder / "net.onnx", "random")
    (folder / "images.idx").write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, IMAGES, SIZE, SIZE)
                                        + pixels.tobytes())
    (folder / "preprocess.json").write_text(json.dumps(
        {"channels": "GRAY", "resize": 0, "crop": 0, "scale": 1 / 128,
         "mean": [model.image.zero / 128], "std": [1]}))
    said = call(tool, "quantize", folder / "net.onnx", "--preprocess", folder / "preprocess.json",
                "--mult-bits", 16, *options, "-o", folder / "net.rsq")
    expect("weights and scales stay" in said and "bit for bit" in said, f"quantize says {said}")
    tensors = [t for t in wanted if t != "image"]
    call(tool, "eval", folder / "net.rsq", "--data", folder / "images.idx", "--dump", folder / "eval",
         "--tensor", *tensors)
    where = f"{name}, seed {seed}"
    compared = sum(same(folder / "eval", t, wanted[t], f"eval, {where}") for t in tensors)
    call(tool, "compile", folder / "net.rsq", "--hw", core, "-o", folder / "net.rsp",
         "--report", folder / "report.json")
    report = json.loads((folder / "report.json").read_text())
    terms = [layer["terms"] for layer in report["layers"]]
    expect(set(terms) == {1}, f"{name}, seed {seed}: tiles a weight are {terms}")
    call(tool, "run", folder / "net.rsp", "--data", folder / "images.idx", "--count", 2, "--backend",
         backend, "--dump", folder / "run")
    return compared + same(folder / "run", SCORES, wanted[SCORES][:2], f"{backend}, {where}")


def test_formats():
    """Units hold in a multiplier of eight bits; a nearest level is the nearest, and stays."""
    x = torch.linspace(-80, 80, 4001)
    for form in FORMATS.values():
        levels = torch.tensor([float(v) for v in form.levels])
        distance = (x[:, None] - levels).abs()
        nearest = (form.nearest(x) - x).abs()
        expect(torch.equal(nearest, distance.min(1).values), f"{form.name}: nearest")
        expect(torch.equal(form.nearest(levels), levels), f"{form.name}: levels stay")
    u = unit(torch.linspace(-20, 5, 999).double())
    mantissa = torch.frexp(u).mantissa * 256
    expect(torch.equal(mantissa, mantissa.round()), "units have eight significant bits")
    u = unit(torch.linspace(-20, 5, 999).double(), 1)
    expect(bool((torch.frexp(u).mantissa == 0.5).all()), "units of shifts alone are powers of two")


def test_gradients():
    """The reconstructed gradient: one on the average between two levels, never zero, largest where the
    level changes; straight-through one everywhere; a blend moves from the weight to its level."""
    layer = Linear(4001, 1, bias=False, form=FORMATS["pow2-4"])
    between = torch.linspace(4, 8, 4001)
    for method, least, most in (("reconstructed", 0.5, 1.5), ("straight-through", 1, 1)):
        layer.method = method
        layer.weight.data = between[None]
        layer.zero_grad()
        layer.quantised()[0].sum().backward()
        slope = layer.weight.grad[0]
        expect(abs(float(slope.mean()) - 1) < 1e-3, "the gradient's mean is one")
        expect(abs(float(slope.min()) - least) < 1e-3 and abs(float(slope.max()) - most) < 1e-3,
               f"the gradient is between {least} and {most}")
        expect(int(slope.argmax()) in ([2000] if method == "reconstructed" else range(4001)), "its place")
    layer.share = 0.25
    wanted = 0.75 * between + 0.25 * layer.form.nearest(between)
    expect(torch.allclose(layer.quantised()[0][0], wanted), "the blend")
    layer.method = "incremental"
    layer.zero_grad()
    layer.quantised()[0].sum().backward()
    wanted = torch.where(torch.arange(4001) < 3000, between, layer.form.nearest(between))
    expect(torch.equal(layer.quantised()[0][0].detach(), wanted), "the largest quarter is levels")
    expect(torch.equal(layer.weight.grad[0], (torch.arange(4001) < 3000).float()), "which stay")
    layer.kept[0, :2001] = False
    wanted = torch.where(torch.arange(4001) < 3501, between, layer.form.nearest(between)) * layer.kept
    expect(torch.equal(layer.quantised()[0].detach(), wanted), "a quarter of what is not pruned")


def test_sizes():
    """Channels that differ by a factor look the same to the optimiser; what weights stand for stays."""
    layer = Linear(64, 3, form=FORMATS["pow2-4"])
    layer.weight.data = layer.weight.data[:1] * torch.tensor([[1.0], [128.0], [1 / 128]])
    real = layer.weight.detach().clone()
    calibrate(nn.Sequential(Codes(exponent=0), layer, Codes(signed=True)), torch.rand(8, 64) * 255)
    expect(torch.allclose(layer.real_weight(), real), "the weights stay")
    expect(torch.allclose(layer.weight, layer.weight[:1].expand(3, -1)), "of equal sizes")
    expect(0.5 < float(layer.weight.abs().max()) < 2, "near 1, the highest level")


def test_pruning():
    """The largest weights are left, in each layer the share that was asked for; what was pruned stays 0
    whatever the gradient; the reversed order begins with the last layer."""
    model = nn.Sequential(Codes(exponent=0), Conv2d(1, 8, 3, form=FORMATS["pow2-4"]), nn.ReLU(), Codes(),
                          nn.Flatten(), Linear(8, 5, form=FORMATS["pow2-4"]), Codes(signed=True))
    image = torch.rand(16, 1, 3, 3) * 255
    calibrate(model, image)
    first, last = model[1], model[5]
    prune_model(model, "reversed", 0.5, [0.25])
    expect(int(first.kept.sum()) == 72 and int(last.kept.sum()) == 10, "the last layer first")
    size = (last.weight * last.by_channel(last.size)).abs()
    expect(bool((size[~last.kept] < size[last.kept].min()).all()), "the largest are left")
    prune_model(model, "together", 1.0, [0.25])
    adam = torch.optim.Adam(model.parameters(), 0.1)
    model(image).square().sum().backward()
    adam.step()
    zero = first.quantised()[0][~first.kept]
    expect(zero.numel() == 54 and int(zero.count_nonzero()) == 0, "what was pruned stays 0")
    prune_model(model, "together", 1.0, [0.25, 0.1])
    expect(int(first.kept.sum()) == 18 and int(last.kept.sum()) == 4, "a density for each layer")
    try:
        prune_model(model, "together", 1.0, [0.25, 0.1, 0.1])
    except ValueError as error:
        expect("3 densities for 2 layers" in str(error), "their number")
    else:
        raise AssertionError("three densities for two layers")


def test_views():
    """Half of the images have a part of one other image, the others are as in a plain view."""
    count = 400
    images = torch.arange(1, count + 1).view(-1, 1, 1, 1).expand(-1, 32, 32, 3).to(torch.int32)
    which = torch.arange(count)
    plain, mixed = View(images, 3)[which], View(images, 3, 0.5)[which]
    foreign = (mixed != plain).any(3)
    touched = foreign.flatten(1).any(1)
    expect(160 < int(touched.sum()) < 240, "half of the images are mixed")
    for index in which[touched]:
        values = set(mixed[index][foreign[index]].flatten().tolist()) - {0}
        expect(len(values) <= 1, "one other image")
    try:
        dataclasses.replace(next(iter(recipes().values())), mixed=0.5, teacher_share=0.9)
    except ValueError as error:
        expect("teacher_share must be 1" in str(error), "mixed images have no label")
    else:
        raise AssertionError("mixed images with labels")


def test_interruption():
    """A run that was interrupted after an epoch ends as one that was not."""
    recipe = dataclasses.replace(next(iter(recipes().values())), batch=8, views=2, exact_epochs=0)
    random = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (32, 32, 32, 3), generator=random, dtype=torch.uint8)
    labels = torch.randint(0, 5, (32,), generator=random)

    def trained(checkpoint, epochs):
        torch.manual_seed(1)
        model = nn.Sequential(Codes(exponent=0), Conv2d(3, 4, 3, 2, form=FORMATS["pow2-4"]), nn.ReLU(),
                              Codes(), Mean(), Codes(), nn.Flatten(),
                              Linear(4, 5, form=FORMATS["pow2-4"]), Codes(signed=True))
        calibrate(model, images.permute(0, 3, 1, 2).float())
        adam = torch.optim.Adam(model.parameters())
        stage = Stage(model, recipe, 4, adam, 0.01, True, 1, checkpoint)
        for epoch in range(epochs):  # interrupted: the schedule is that of four epochs
            stage.resume()
            if len(stage.log) == epoch:
                stage.log.append(stage.epoch(epoch, View(images, epoch % 2), labels, None,
                                             torch.device("cpu"), lambda text: None))
                stage.save()
        return model

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        whole = trained(folder / "whole.pt", 4)
        trained(folder / "parts.pt", 2)
        parts = trained(folder / "parts.pt", 4)
    expect(all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(),
                                                 parts.state_dict().values())), "taken up again")


def test_example():
    """The example of docs/training.md runs."""
    lines = (ROOT / "docs" / "training.md").read_text().splitlines()
    start = lines.index("    import torch")
    end = next(i for i in range(start, len(lines)) if "export(net" in lines[i])
    with tempfile.TemporaryDirectory() as folder:
        code = "\n".join(line[4:] for line in lines[start:end + 1])
        code = code.replace('"net.onnx"', repr(f"{folder}/net.onnx"))
        exec(code, {"some_images": torch.rand(8, 3, 32, 32), "__name__": "example"})
        expect((pathlib.Path(folder) / "net.onnx").is_file(), "the example writes a network")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reshift")
    parser.add_argument("--count", type=int, default=3, help="models of each format")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    test_formats()
    test_gradients()
    test_sizes()
    test_pruning()
    test_views()
    test_interruption()
    test_example()
    for name in CORES:
        compared = 0
        for seed in range(options.seed, options.seed + options.count):
            with tempfile.TemporaryDirectory() as folder:
                compared += one(options.reshift, pathlib.Path(folder), seed, name)
        print(f"{name}: {options.count} models, {compared} codes, all equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
