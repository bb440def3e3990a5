#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Energy of the shift array against the same array with multipliers, in the relative model of model.py:
ResNet-20 runs in the golden model on a test image, a sample of what enters the array drives the netlists
of the three arrays, and their transitions are weighted. Without the data folder (RESHIFT_DATA, else
../shared/data): the demo network. Prints the tables of docs/energy.md, writes energy.json."""

import argparse
import concurrent.futures
import dataclasses
import itertools
import json
import os
import pathlib
import subprocess

import activity
import model

ROOT = activity.ROOT
CONFIG = "8x8x8"
# Columns of the netlists: the first pixels of each group.
PIXELS = 4
ENTRIES = 1000
# Parameters, and the module that stays whole.
ARRAYS = {
    "shift": ({"ActW": 8, "WeightFormat": 7, "AccW": 28}, None),
    "mult8": ({"ActW": 8, "WeightFormat": 136, "AccW": 28}, None),
    "mult16": ({"ActW": 16, "WeightFormat": 144, "AccW": 32}, None),
    "dsp16": ({"ActW": 16, "WeightFormat": 144, "AccW": 32}, "rs_mult_lane"),
}


@dataclasses.dataclass(frozen=True)
class Run:
    """An array, the network whose trace drives it, and how the numbers lie in its lanes."""
    title: str
    array: str
    net: str
    act_shift: int = 0
    weight_shift: int = 0


RUNS = {
    "shift": Run("shift, one term a weight", "shift", "one"),
    "shift2": Run("shift, two terms a weight", "shift", "two"),
    "mult8": Run("8 x 8 bits, the numbers of the shift array", "mult8", "one"),
    "extended": Run("16 x 16 bits, the numbers of the shift array, sign-extended", "mult16", "one"),
    "scaled": Run("16 x 16 bits, the numbers of the shift array times 256", "mult16", "one", 8, 8),
    # Weights of four terms are within +-256.
    "mult16": Run("16 x 16 bits, 16-bit numbers", "mult16", "wide", 0, 6),
    "dsp16": Run("the same, without what its multipliers and adders take", "dsp16", "wide", 0, 6),
}
# The events of the parts in which published measurements divide an FPGA's power.
SHARES = {"routing": ("routed", "local"), "logic": ("lut", "carry", "mux", "ff"), "clock": ("clock",)}
# Dynamic power of look-up tables against hard logic: Kuon and Rose, "Measuring the Gap Between FPGAs and
# ASICs", IEEE TCAD 26(2), 2007.
HARD = 14
# Options of `reshift quantize` and of `reshift array-trace`.
NETS = {
    "one": (["--terms", "1", "--end-terms", "2"], []),
    "two": (["--terms", "2"], []),
    "wide": (["--terms", "4", "--act-bits", "16", "--acc-bits", "32"], ["--multiplier", "16"]),
}


class Tool:
    """The program `reshift` of a build folder."""

    def __init__(self, build):
        self.program = build / "bin/reshift"
        if not self.program.exists():
            raise SystemExit(f"{self.program} is missing: build it with `make build`")

    def __call__(self, *arguments):
        result = subprocess.run([self.program, *map(str, arguments)], text=True, capture_output=True)
        if result.returncode:
            raise SystemExit(f"reshift {arguments[0]}: {result.stderr.strip()}")
        return result.stdout


def source(tool, output):
    """Model, preprocessing, calibration images, test images."""
    data = pathlib.Path(os.environ.get("RESHIFT_DATA", ROOT / "../shared/data"))
    onnx = data / "models_cifar10/resnet20/resnet20_cifar10.onnx"
    if onnx.exists():
        return ("ResNet-20", onnx, ROOT / "tools/preprocess/resnet20.json",
                data / "cifar10/data_batch_1.bin.xz", data / "cifar10/test_batch.bin.xz")
    tool("make-demo", "--out-dir", output)
    return ("the demo network", output / "demo.onnx", output / "demo_preprocess.json",
            output / "demo_train.bin", output / "demo_test.bin")


def make_traces(tool, output, entries):
    name, onnx, preprocess, calibration, images = source(tool, output)
    traces = {}
    for net, (quantize, lanes) in NETS.items():
        file, traces[net] = output / f"{net}.rsq", output / f"{net}.trace"
        tool("quantize", onnx, "--preprocess", preprocess, "--calib", calibration, *quantize, "-o", file)
        tool("array-trace", file, "--hw", CONFIG, *lanes, "--data", images, "--entries", entries,
             "-o", traces[net])
    return name, traces


def measure(tool, run, key, module, trace, output):
    """Counts of the model's events a useful multiplication: without and with glitches."""
    saif = output / f"{key}.saif"
    result = json.loads(tool("array-activity", output / run.array / "netlist.json", "--trace", trace,
                             "--act-shift", run.act_shift, "--weight-shift", run.weight_shift, "-o", saif))
    with open(trace) as file:
        _, _, pixels, _, _, entries, macs = map(int, file.readline().split())
    # The tiles of a frame in this array, for those that were simulated.
    useful = macs * result["tiles"] / (entries * pixels / PIXELS)
    toggles = activity.read_saif(saif)

    def counts(toggles):
        events = model.events(module, toggles, result["cycles"], activity.kind_of)
        return {event: events[event] / useful for event in model.CONSTANTS}

    return {"title": run.title, **result,
            "events": counts({net: settled for net, (settled, _) in toggles.items()}),
            "events_with_glitches": counts({net: sum(both) for net, both in toggles.items()})}


def ratio_range(a, b):
    """Ratio of two energies; the least and the most when each constant is halved, kept or doubled."""
    ratios = []
    for factors in itertools.product((0.5, 1, 2), repeat=len(model.CONSTANTS)):
        constants = {event: value * factor
                     for (event, value), factor in zip(model.CONSTANTS.items(), factors)}
        ratios.append(model.energy(a, constants) / model.energy(b, constants))
    return model.energy(a) / model.energy(b), min(ratios), max(ratios)


def print_table(head, rows):
    for row in [head, ["---"] * len(head), *rows]:
        print("|", " | ".join(map(str, row)), "|")
    print()


def report(name, results):
    print(f"{name}, events a useful multiplication\n")
    print_table(["array and numbers", *model.CONSTANTS, "energy", "with glitches"],
                [[r["title"], *(f"{r['events'][event]:.2f}" for event in model.CONSTANTS),
                  f"{r['energy']:.1f}", f"{r['energy_with_glitches']:.1f}"] for r in results.values()])
    def share(result, events):
        part = model.energy({event: result["events"][event] for event in events})
        return f"{100 * part / result['energy']:.0f} %"

    print("Shares of the energy, without glitches\n")
    print_table(["array and numbers", *SHARES],
                [[r["title"], *(share(r, events) for events in SHARES.values())] for r in results.values()])
    rows = []
    for key, result in results.items():
        if not key.startswith("shift") and key != "dsp16":
            for shift in ("shift", "shift2"):
                ratio, least, most = result[f"{shift}_ratio"]
                rows.append([results[shift]["title"], result["title"], f"{100 * ratio:.1f} %",
                             f"{100 * least:.1f} to {100 * most:.1f} %",
                             f"{100 * result[f'{shift}_ratio_with_glitches']:.1f} %"])
    print_table(["energy of", "against", "ratio", "constants halved and doubled", "with glitches"], rows)
    shift, around = results["shift"]["energy"], results["dsp16"]["energy"]
    lut = results["mult16"]["energy"] - around
    even, half = shift - around, 2 * shift - around
    print(f"A multiplication with its addition takes {lut:.1f} in look-up tables and D in a DSP slice, where "
          f"the shift array takes {shift:.1f} / ({around:.1f} + D): as much when D is {even:.1f} "
          f"({100 * even / lut:.0f} % of look-up tables), half when D is {half:.1f} "
          f"({100 * half / lut:.0f} %). With D = 1/{HARD} of look-up tables: "
          f"{100 * shift / (around + lut / HARD):.0f} %.")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"), help="build folder")
    parser.add_argument("--entries", type=int, default=ENTRIES,
                        help=f"entries to sample of the network [{ENTRIES}]")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count(), help="processes")
    arguments = parser.parse_args()
    output = arguments.build / "energy"
    output.mkdir(parents=True, exist_ok=True)
    tool = Tool(arguments.build)

    name, traces = make_traces(tool, output, arguments.entries)
    shape = {key: activity.yosys.configuration(CONFIG)[key] for key in ("M", "C")}
    modules = {}
    for array, (lanes, whole) in ARRAYS.items():
        modules[array] = activity.make_netlist({**shape, "P": PIXELS, **lanes}, output / array,
                                               arguments.jobs, whole)
        print(f"{array}: {len(modules[array]['cells'])} cells", flush=True)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        waiting = {key: pool.submit(measure, tool, run, key, modules[run.array], traces[run.net], output)
                   for key, run in RUNS.items()}
        results = {key: future.result() for key, future in waiting.items()}
    for result in results.values():
        for events in ("events", "events_with_glitches"):
            result[events.replace("events", "energy")] = model.energy(result[events])
            for shift in ("shift", "shift2"):
                ratio = ratio_range(results[shift][events], result[events])
                result[events.replace("events", f"{shift}_ratio")] = ratio if events == "events" else ratio[0]
    (output / "energy.json").write_text(
        json.dumps({"network": name, "constants": model.CONSTANTS, "runs": results}, indent=1) + "\n")
    print()
    report(name, results)


if __name__ == "__main__":
    main()
