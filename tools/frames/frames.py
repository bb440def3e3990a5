#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Measures whole frames in the simulated core: the networks and configurations of frames.json, each
against the golden model, its budget of cycles, and the estimate of every layer. The networks of
ImageNet's size have random weights and images where their files are not public; the others need the
data folder and are left out, by name, without it.

Results stay in OUT, a file a frame, with a log of each command. Exits non-zero when a frame has
mismatches, takes more cycles than its budget, or cannot be run."""

import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
IMAGES = 20  # of a frame with images; the steady rate is that of all but the first
RANDOM = "random"  # calibration with random images, for weights that are random, too
NEAR = 3  # percent: what a layer may be off its estimate
EXAMPLE = "example: frames.py --build build resnet20_trained.16x16x8 mobilenetv2.mobile"


def name_of(frame):
    return f"{frame['network']}.{frame['config']}"


def needs(network):
    """The files of the data folder that a network's frames read."""
    files = [network.get(key) for key in ("file", "calibration", "labels", "images")]
    return [file for file in files if file and file != RANDOM]


class Bench:
    """Runs `reshift` of a build folder; networks and programs go to `folder`, as do results."""

    def __init__(self, build, data, folder):
        self.tool, self.data, self.folder = build / "bin/reshift", data, folder
        self.library = build / "lib"
        self.networks = {}  # quantised, by name
        folder.mkdir(parents=True, exist_ok=True)

    def call(self, log, *command):
        path = self.folder / f"{log}.{command[0]}.log"
        with open(path, "w") as out:
            ended = subprocess.run([self.tool, *map(str, command)], check=False, stdout=out,
                                   stderr=subprocess.STDOUT, cwd=ROOT)
        if ended.returncode:
            raise RuntimeError(f"reshift {command[0]} failed, see {path}")

    def quantised(self, name, network):
        """The quantised network; once for all frames with it."""
        if name in self.networks:
            return self.networks[name]
        path = self.folder / f"{name}.rsq"
        if "make" in network:
            model = self.folder / f"{name}.onnx"
            self.call(name, "make-network", *network["make"], "-o", model)
        elif "trained" in network:
            model = ROOT / "tools/train/networks" / f"{network['trained']}.onnx"
        else:
            model = self.data / network["file"]
        options = list(network["quantize"])
        at = options.index("--preprocess") + 1
        options[at] = ROOT / "tools/preprocess" / options[at]
        calibration = network.get("calibration")
        if calibration == RANDOM:
            options += ["--rounding", "nearest", "--calib", RANDOM, "--calib-count", 4]
        elif calibration:
            options += ["--calib", self.data / calibration]
        if "labels" in network:
            options += ["--labels", self.data / network["labels"]]
        self.call(name, "quantize", model, *options, "-o", path)
        self.networks[name] = path
        return path

    def run(self, frame, network):
        """Measures a frame and returns what `reshift run` says of it."""
        name = name_of(frame)
        result = self.folder / f"{name}.json"
        net = self.quantised(frame["network"], network)
        program = self.folder / f"{name}.rsp"
        self.call(name, "compile", net, "--hw", frame["config"], "-o", program)
        images = (["--data", self.data / network["images"], "--count", IMAGES] if "images" in network
                  else ["--data", "random", "--count", 1])
        timeline = self.folder / f"{name}.timeline"
        self.call(name, "run", program, *images, "--backend", "rtl", "--timeline", timeline,
                  "--json", result)
        timeline.unlink()
        return json.loads(result.read_text())


def layers_off(run):
    """Names of the layers that are off their estimate by more than NEAR percent, with the percents."""
    off = [(layer["name"], 100 * (layer["cycles"] / layer["estimate"] - 1)) for layer in run["layers"]]
    return [f"`{name}` {percent:+.1f} %" for name, percent in off if abs(percent) > NEAR]


def cycles_of(run):
    """The name of what counts, and the cycles: frames after the first where there are any."""
    return (("steady", run["cycles_per_image"]) if run["images"] > 1
            else ("first", run["cycles_first"]))


def row(frame, run):
    """The table's row of a frame."""
    kind, cycles = cycles_of(run)
    estimate = sum(layer["estimate"] for layer in run["layers"])
    off = layers_off(run)
    return [frame["network"], f"`{frame['config']}`", kind,
            run["mismatches"], f"{frame['at_most']:,}", f"**{cycles:,.0f}**", f"{estimate:,}",
            f"{100 * run['macs'] / (run['lanes'] * cycles):.1f} % of {run['lanes']:,}",
            f"{len(off)} of {len(run['layers'])}" + (": " + ", ".join(off) if off else "")]


def kept(frame, run):
    """Whether a frame is right and within its budget."""
    return run["mismatches"] == 0 and cycles_of(run)[1] <= frame["at_most"]


def table(rows):
    head = ["network", "core", "frame", "mismatches", "at most", "cycles", "estimate of layers",
            "lanes in use", f"layers beyond {NEAR} %"]
    return "\n".join("| " + " | ".join(map(str, line)) + " |"
                     for line in (head, ["---"] * len(head), *rows))


def main():
    tables = json.loads((HERE / "frames.json").read_text())
    names = [name_of(frame) for frame in tables["frames"]]
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLE)
    parser.add_argument("frames", nargs="*", metavar="NETWORK.CONFIG", help="some of them [all]")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="build folder")
    parser.add_argument("--data", type=pathlib.Path, help="data folder [../shared/data]",
                        default=pathlib.Path(os.environ.get("RESHIFT_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("-o", "--out", type=pathlib.Path, help="folder for results [BUILD/frames]")
    parser.add_argument("--configs", action="store_true",
                        help="print the configurations whose simulated cores the frames need, and end")
    options = parser.parse_args()
    if unknown := sorted(set(options.frames) - set(names)):
        parser.error(f"no frame {', '.join(unknown)}; there are {', '.join(names)}")
    frames = [frame for frame in tables["frames"]
              if not options.frames or name_of(frame) in options.frames]
    if options.configs:
        print(" ".join(dict.fromkeys(frame["config"] for frame in frames)))
        return 0

    bench = Bench(options.build.resolve(), options.data.resolve(),
                  (options.out or options.build / "frames").resolve())
    rows, failed = [], []
    for frame in frames:
        name, network = name_of(frame), tables["networks"][frame["network"]]
        if absent := [file for file in needs(network) if not (bench.data / file).exists()]:
            print(f"{name}: skipped, there is no {absent[0]} in {bench.data}", flush=True)
            continue
        if not (bench.library / f"libreshift_sim_{frame['config']}.so").is_file():
            print(f"{name}: skipped, no simulated core: make sim CONFIG={frame['config']}", flush=True)
            continue
        print(f"{name}: quantise, compile, simulate ...", flush=True)
        try:
            run = bench.run(frame, network)
        except RuntimeError as error:
            print(f"{name}: {error}", flush=True)
            failed.append(name)
            continue
        rows.append(row(frame, run))
        if not kept(frame, run):
            failed.append(name)
    print(table(rows))
    if failed:
        print(f"mismatches, more cycles than the budget, or not run: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
