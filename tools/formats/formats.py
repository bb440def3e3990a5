#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""What narrower number formats cost: activations and batch-norm factors of 6 to 16 bits, apart and
together, and terms of 3, 4 and 5 bits. Quantises and measures each point with `reshift`, by the
golden model. The weights have four terms, rounded to nearest, so that what is lost is lost by the
formats.

    formats.py RESHIFT --data FOLDER -o RESULTS.json [--docs PAGE] [--only NAME...]

FOLDER is the data folder (SOURCES.md there). Points that RESULTS.json has already are kept: delete
the file to measure them anew. --docs puts the tables into the page."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARK = "<!-- made by tools/formats/formats.py -->\n"
MOST = 16
MANY, SOME, FEW = (6, 7, 8, 9, 10, 12, MOST), (6, 7, 8, 10, MOST), (6, 8, 10, MOST)
PIXELS = {"channels": "RGB", "resize": 0, "crop": 224, "scale": 1, "mean": [127] * 3,
          "std": [128] * 3}


def read_json(path):
    return json.loads(path.read_text())


class Network:
    """A network with its images; how good a quantised one is. Points: all pairs of `grid`, and `bits`
    of activations, of factors and of both."""

    def __init__(self, title, bits, grid, unit, options=()):
        self.title, self.unit, self.options = title, unit, list(options)
        lines = [p for b in bits for p in ((b, MOST), (MOST, b), (b, b))]
        self.points = [*dict.fromkeys([*lines, *((a, f) for a in grid for f in grid)])]


class Trained(Network):
    """Top-1 of the first images of a test set."""

    def __init__(self, title, bits, grid, model, calib, images, count, preprocess, options=()):
        super().__init__(title, bits, grid, f"top-1, %, {count} images", options)
        self.model, self.calib, self.images, self.count = model, calib, images, count
        self.preprocess = preprocess

    def prepare(self, tool):
        self.file = tool.data / self.model
        self.json = tool.json(self.preprocess)
        self.test = ["--data", tool.data / self.images[0], "--count", self.count]
        if len(self.images) > 1:
            self.test += ["--labels", tool.data / self.images[1]]
        self.calibration = ["--calib", tool.data / self.calib[0], "--calib-count", self.calib[1]]
        return tool.eval(self.file, *self.test, "--preprocess", self.json)

    def measure(self, tool, net):
        return tool.eval(net, *self.test)


class Topology(Network):
    """A network of random weights on noise: the ratio of its outputs to their error, which is the
    difference from the float network's."""

    COUNT = 4

    def __init__(self, title, bits, grid, name, options):
        super().__init__(title, bits, grid,
                         f"signal to noise of the outputs, dB, {self.COUNT} images", options)
        self.name = name

    def prepare(self, tool):
        self.file = tool.folder / f"{self.name}.onnx"
        tool.run("make-network", self.name, "-o", self.file)
        self.json = ROOT / "tools/preprocess/imagenet.json"
        self.calibration = ["--calib", "random", "--calib-count", 4, "--output-range", "full"]
        return None

    def measure(self, tool, net):
        result = tool.result("diff", net, self.file, "--data", "random", "--count", self.COUNT)
        return round(result["layers"][-1]["snr_db"], 2)


class Tool:
    def __init__(self, program, data, folder):
        self.program, self.data, self.folder = program, data, folder

    def run(self, *arguments):
        subprocess.run([self.program, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

    def result(self, *arguments):
        path = self.folder / "result.json"
        self.run(*arguments, "--json", path)
        return read_json(path)

    def eval(self, *arguments):
        return round(self.result("eval", *arguments)["top1"], 2)

    def json(self, preprocess):
        if isinstance(preprocess, str):
            return ROOT / "tools/preprocess" / preprocess
        path = self.folder / "preprocess.json"
        path.write_text(json.dumps(preprocess))
        return path

    def quantize(self, network, *formats, terms=4):
        net = self.folder / "net.rsq"
        self.run("quantize", network.file, *network.calibration, "--preprocess", network.json,
                 "--rounding", "nearest", "--terms", terms, "--acc-bits", 32, *network.options,
                 *formats, "-o", net)
        return net


# With few exponents the sums of some thousand products with 16-bit activations fit 32 bits.
NETWORKS = {
    "resnet20": Trained("ResNet-20", MANY, SOME, "models_cifar10/resnet20/resnet20_cifar10.onnx",
                        ("cifar10/data_batch_1.bin.xz", 128), ("cifar10/test_batch.bin.xz",), 2000,
                        "resnet20.json"),
    "efficientnet": Trained(
        "EfficientNet-Lite0", FEW, (), "models_imagenet/efficientnet_lite0.onnx",
        ("imagenet_val1300/ILSVRC2012_val_1300_jpeg227.tar", 16),
        ("imagenet_val1300/ILSVRC2012_val_1300_jpeg227.tar", "imagenet_val1300/labels.txt"), 200,
        PIXELS, ("--exponents", 5)),
    "resnet50": Topology("ResNet-50, random weights", FEW, (), "resnet50", ("--exponents", 4)),
}
TERM_CODES = {3: 3, 4: 7, 5: 15}  # bits: exponents
TERMS = (1, 2)


class Results:
    """The file of results, written after every point."""

    def __init__(self, path, only):
        self.path, self.only = path, only
        self.json = read_json(path) if path.exists() else {}
        self.left = sum(len(self.missing(name)) for name in only)
        self.done, self.start = 0, time.monotonic()

    def points(self, name):
        return self.json.setdefault(name, {"points": []})["points"]

    def missing(self, name):
        there = [tuple(p[:2]) for p in self.points(name)]
        return [p for p in NETWORKS[name].points if p not in there]

    def add(self, name, point, value):
        self.points(name).append([*point, value])
        self.save()
        self.done += 1
        left = (time.monotonic() - self.start) / self.done * (self.left - self.done) / 60
        print(f"{name}: activations {point[0]}, factors {point[1]} bits: {value} "
              f"({self.done} of {self.left}, {left:.0f} min left)", flush=True)

    def save(self):
        self.path.write_text(json.dumps(self.json, indent=None, separators=(", ", ": "))
                             .replace("], [", "],\n [").replace("}, ", "},\n") + "\n")


def measure_formats(tool, name, results):
    network = NETWORKS[name]
    entry = results.json.setdefault(name, {"points": []})
    missing = results.missing(name)
    if not missing:
        return
    entry["title"], entry["unit"], entry["float"] = (network.title, network.unit,
                                                     network.prepare(tool))
    for act, factor in missing:
        net = tool.quantize(network, "--act-bits", act, "--factor-bits", factor)
        results.add(name, (act, factor), network.measure(tool, net))


def measure_terms(tool, results):
    """ResNet-20 with each term code."""
    if "terms" in results.json:
        return
    network = NETWORKS["resnet20"]
    rows = {"unit": network.unit, "float": network.prepare(tool), "points": []}
    for bits, exponents in TERM_CODES.items():
        for terms in TERMS:
            net = tool.quantize(network, "--exponents", exponents, terms=terms)
            rows["points"].append([bits, exponents, terms, network.measure(tool, net)])
            print(f"terms of {bits} bits, {terms} a weight: {rows['points'][-1][3]}", flush=True)
    results.json["terms"] = rows
    results.save()


def table(entry):
    """Rows: bits; columns: activations alone, factors alone, both. What is not measured yet is -."""
    value = {(a, f): v for a, f, v in entry["points"]}
    at = lambda *point: value.get(point, "-")
    lines = [f"| bits | activations, factors of {MOST} | factors, activations of {MOST} | both |",
             "| --- | --- | --- | --- |"]
    lines += [f"| {b} | {at(b, MOST)} | {at(MOST, b)} | {at(b, b)} |"
              for b in sorted({bits for point in value for bits in point})]
    return lines


def page(results):
    lines = []
    for name in NETWORKS:
        if name not in results:
            continue
        entry = results[name]
        known = f"; float {entry['float']}" if entry["float"] else ""
        lines += ["", f"**{entry['title']}** ({entry['unit']}{known}):", "", *table(entry)]
    if "terms" in results:
        lines += ["", f"**Term codes**, ResNet-20 ({results['terms']['unit']}; float "
                  f"{results['terms']['float']}), activations of 8 bits, factors of 16:", "",
                  "| bits of a term | exponents | " + " | ".join(
                      f"{t} term{'s' if t > 1 else ''} a weight" for t in TERMS) + " |",
                  "| --- | --- | " + " | ".join("---" for _ in TERMS) + " |"]
        value = {(b, t): v for b, _, t, v in results["terms"]["points"]}
        lines += [f"| {b} | {e} | " + " | ".join(str(value[b, t]) for t in TERMS) + " |"
                  for b, e in TERM_CODES.items()]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reshift", help="the tool")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("--docs", type=pathlib.Path)
    parser.add_argument("--only", nargs="+", choices=[*NETWORKS, "terms"],
                        default=[*NETWORKS, "terms"])
    options = parser.parse_args()
    results = Results(options.output, [name for name in options.only if name in NETWORKS])
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(options.reshift, options.data, pathlib.Path(folder))
        for name in results.only:
            measure_formats(tool, name, results)
        if "terms" in options.only:
            measure_terms(tool, results)
    if options.docs:
        text = options.docs.read_text()
        options.docs.write_text(text[:text.index(MARK)] + MARK + page(results.json))


if __name__ == "__main__":
    sys.exit(main())
