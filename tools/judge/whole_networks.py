#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Published networks whole through the simulated core, and their outputs against the evaluator of
their own format (evaluators.py).

    whole_networks.py --tool RESHIFT --judge RESHIFT_JUDGE --data FOLDER [--only NAME,...]
        [--images N] [--frames N] [--work FOLDER] [--json FILE]

Each network of whole_networks.json is quantised (or read as it is, where it is quantised already),
compiled, and run on the first N images (--frames, 1) on the simulated core, every output code against
the golden program and the graph. The golden model's outputs on the first N images (--images, 50) are
set against the evaluator's. FOLDER has the files that whole_networks.json names. What is missing is
left out, and said. The table goes to the standard output; fails on a mismatch, or when a step fails."""

import argparse
import json
import pathlib
import subprocess
import sys

import numpy

import compare
import evaluators
from tool import Judge

HERE = pathlib.Path(__file__).resolve().parent
PREPROCESS = HERE.parent / "preprocess"


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True, help="the program reshift")
    parser.add_argument("--judge", required=True, help="the program reshift_judge")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--only", default="", help="names of networks, with commas between them")
    parser.add_argument("--images", type=int, default=50)
    parser.add_argument("--frames", type=int, default=1)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("build/whole_networks"))
    parser.add_argument("--json", type=pathlib.Path, help="what the table says, for programs")
    return parser.parse_args()


class Network:
    """One entry of the list, and the files that are made of it."""

    def __init__(self, entry, options):
        self.entry, self.options = entry, options
        self.name, self.hw = entry["name"], entry["hw"]
        self.quantised = "calib_count" not in entry
        self.net, self.program, self.result, self.dump, self.preprocess, self.model = (
            options.work / (self.name + s)
            for s in (".rsq", ".rsp", ".json", "_outputs", "_preprocess.json", ".onnx"))
        self.images, self.calib = (options.work / (self.name + s)
                                   for s in ("_images.npy", "_calib.npy"))
        if "model" in entry:
            self.model = self.path(entry["model"])
        if "random" not in entry:
            self.images = self.path(entry["images"])
            self.calib = self.path(entry.get("calib", ""))

    def path(self, name):
        return str(self.options.data / name)

    def missing(self):
        names = [self.entry[n] for n in ("model", "images", "calib") if n in self.entry]
        return [n for n in names if not (self.options.data / n).exists()]

    def make_inputs(self):
        """Noise up to a magnitude, where there is no data."""
        shape = evaluators.open_evaluator(self.model, "default").input_shape
        limit = self.entry["random"]
        for seed, file in enumerate((self.images, self.calib)):
            count = self.entry["calib_count"] if seed else self.options.images
            noise = numpy.random.default_rng(seed).uniform(-limit, limit, (count, *shape))
            numpy.save(file, noise.astype("f4"))

    def reshift(self, command, *arguments):
        """Runs a command of the tool; its output goes into a file."""
        log = self.options.work / f"{self.name}_{command}.log"
        with open(log, "w", encoding="utf-8") as file:
            done = subprocess.run([self.options.tool, command, *map(str, arguments)], stdout=file,
                                  stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            raise RuntimeError(f"{command}: {log.read_text().strip().splitlines()[-1]}")

    def make(self):
        if "zoo" in self.entry:
            self.reshift("make-network", self.entry["zoo"], "-o", self.model)
        if "random" in self.entry:
            self.make_inputs()
        text = self.entry.get("preprocess", {})
        if isinstance(text, str):
            text = json.loads((PREPROCESS / text).read_text())
        self.preprocess.write_text(json.dumps(text))
        more = []
        if not self.quantised:
            more = ["--calib", self.calib, "--calib-count", self.entry["calib_count"],
                    *self.entry["options"]]
        self.reshift("quantize", self.model, "--preprocess", self.preprocess, *more, "-o", self.net)
        self.reshift("compile", self.net, "--hw", self.hw, "-o", self.program)

    def run_core(self):
        self.reshift("run", self.program, "--data", self.images, "--count",
                     self.options.frames, "--backend", "rtl", "--json", self.result, "--dump",
                     self.dump)
        return json.loads(self.result.read_text())

    def outputs(self):
        """The golden model's values and steps (None: real values of the host) by name, of --images
        inputs. Beside the file's outputs those of the core, where the host makes others of them."""
        index = json.loads((self.dump / "index.json").read_text())
        of_core = [t["name"] for t in index if "codes" in t and not t["name"].endswith(" (core)")]
        inner = of_core if any("codes" not in t for t in index) else []
        tensors = [a for name in inner for a in ("--tensor", name)]
        self.reshift("eval", self.net, "--data", self.images, "--count",
                     self.options.images, "--dump", self.dump, *tensors)
        index = json.loads((self.dump / "index.json").read_text())
        return {t["name"]: (numpy.load(self.dump / t["values"]), t.get("scale")) for t in index}

    def expected(self, judge):
        evaluator = evaluators.open_evaluator(self.model, "default")
        source = argparse.Namespace(data=str(self.images), labels="",
                                    preprocess=str(self.preprocess))
        parts = {}
        for images, _ in compare.inputs(judge, source, evaluator.input_shape, self.options.images):
            compare.append(parts, evaluator.run(images))
        return compare.joined(parts)


def describe(name, expected, values, scale, quantised):
    """How near an output is to the evaluator's. Codes are compared where both have them."""
    a = expected.values().reshape(len(expected.array), -1)
    b = values.astype("f8").reshape(len(a), -1)
    if a.shape != b.shape:
        return f"{name}: {b.shape[1]} values of an image, expected {a.shape[1]}"
    classes = ""
    if numpy.squeeze(expected.array[0]).ndim == 1:  # a classifier's
        same = (a.argmax(axis=1) == b.argmax(axis=1)).sum()
        classes = f", {same} of {len(a)} classes"
    if quantised:
        steps = numpy.rint(numpy.abs(a - b) / (scale or expected.scale))
        return (f"{name}: {100 * (steps == 0).mean():.2f} % of {steps.size} codes equal, "
                f"{steps.max():g} steps at most{classes}")
    noise = ((a - b) ** 2).sum()
    ratio = 10 * numpy.log10((a ** 2).sum() / noise) if noise else numpy.inf
    return f"{name}: {ratio:.1f} dB{classes}"


def pairs(network, outputs, expected):
    """What is compared: name, the evaluator's tensor, values and steps. Of a quantised network what the
    core makes, which the evaluator has first: what goes into a Softmax, not what comes out of it."""
    codes = [o for o in outputs.values() if o[1] is not None]
    if network.quantised and len(codes) == 1:
        name = next(iter(expected))
        return [(name, expected[name], *codes[0])]
    return [(n, expected[n], *outputs[n]) for n in expected if n in outputs]


def run(network, judge):
    """A row of the table."""
    network.make()
    result = network.run_core()
    outputs, expected = network.outputs(), network.expected(judge)
    said = [describe(n, *parts, network.quantised)
            for n, *parts in pairs(network, outputs, expected)]
    return {"network": network.name, "format": network.entry["format"], "hw": network.hw,
            "cycles": round(result["cycles_per_image"]), "frames": result["images"],
            "mismatches": result["mismatches"],
            "outputs": "; ".join(said) or "none of the evaluator's names"}


def row(*cells):
    return "| " + " | ".join(str(c) for c in cells) + " |"


def main():
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    wanted = [n for n in options.only.split(",") if n]
    entries = json.loads((HERE / "whole_networks.json").read_text())["networks"]
    unknown = set(wanted) - {e["name"] for e in entries}
    if unknown:
        sys.exit(f"no network {', '.join(sorted(unknown))}; there are "
                 f"{', '.join(e['name'] for e in entries)}")
    rows, failed = [], False
    print(row("network", "format", "core", "cycles", "frames", "mismatches", "outputs"), flush=True)
    print(row(*["---"] * 7))
    with Judge(options.judge) as judge:
        for entry in entries:
            if wanted and entry["name"] not in wanted:
                continue
            network = Network(entry, options)
            missing = network.missing()
            if missing:
                print(f"{network.name} is left out: no {', '.join(missing)}", file=sys.stderr)
                continue
            try:
                rows.append(run(network, judge))
            except RuntimeError as e:
                print(f"{network.name}: {e}", file=sys.stderr)
                failed = True
                continue
            failed = failed or rows[-1]["mismatches"] != 0
            print(row(*rows[-1].values()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
