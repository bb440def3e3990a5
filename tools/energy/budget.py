#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Throughput of the same array with shift lanes and with multiplier lanes in the same budget of look-up
tables (LUT) and DSP slices: each is synthesized for 7 series, multipliers in LUTs and in DSP slices; a
lane does a term or a multiplication a cycle. Prints the tables of docs/energy.md, writes budget.json."""

import argparse
import json
import os
import pathlib

import activity
import mapping
import netlist

PART = "xc7z045"
# Share of a part's LUTs that can be placed and routed.
FILL = 0.8
# LUTs and DSP slices of the core 16x16x8 without its array (docs/results.md).
REST = {"lut": 21341, "dsp": 48}
SHAPE = {"M": 16, "C": 16, "P": 8}
MULT8, MULT16 = {"ActW": 8, "WeightFormat": 136, "AccW": 28}, {"ActW": 16, "WeightFormat": 144, "AccW": 32}
# Title, parameters of the array, what becomes of its multiplications.
ARRAYS = {
    "shift": ("shift", {"ActW": 8, "WeightFormat": 7, "AccW": 28}, "dsp"),
    "mult8_booth": ("8 x 8 bits in LUTs (Booth rows)", MULT8, "booth"),
    "mult8_yosys": ("8 x 8 bits in LUTs (Yosys' own)", MULT8, "yosys"),
    "mult8_dsp": ("8 x 8 bits in DSP slices", MULT8, "dsp"),
    "mult16_booth": ("16 x 16 bits in LUTs (Booth rows)", MULT16, "booth"),
    "mult16_yosys": ("16 x 16 bits in LUTs (Yosys' own)", MULT16, "yosys"),
    "mult16_dsp": ("16 x 16 bits in DSP slices", MULT16, "dsp"),
}


def synthesize(parameters, multiplier, work, jobs):
    """LUTs and DSP slices a lane, the edges of the array shared among them."""
    work.mkdir(parents=True, exist_ok=True)
    values = {**SHAPE, **parameters}
    family = activity.family(multiplier)
    text = mapping.elaborate(activity.TOP, values, family, work)
    kinds = mapping.map_all(text, activity.TOP, family, work, jobs, lambda line: None)
    total = netlist.Netlist(kinds, activity.TOP, family, text.read_text()).below(activity.TOP)
    lanes = SHAPE["M"] * SHAPE["C"] * SHAPE["P"]
    return {"lut": total["lut"] / lanes, "dsp": total["dsp"] / lanes}


def lanes(luts, dsps, lut_lane=None, dsp_lane=None):
    """Lanes in a budget: those with DSP slices first, the LUTs that are left for the others."""
    count = 0
    if dsp_lane:
        count = int(min(dsps / dsp_lane["dsp"], luts / dsp_lane["lut"]))
        luts -= count * dsp_lane["lut"]
    if lut_lane:
        count += int(luts / lut_lane["lut"])
    return count


def compare(cost, luts, dsps):
    """Title -> lanes in the budget, the shift lanes first."""
    result = {"shift, LUTs": lanes(luts, dsps, cost["shift"]),
              "shift, and 8 x 8 bits in the DSP slices (not built)":
              lanes(luts, dsps, cost["shift"], cost["mult8_dsp"])}
    for bits in (8, 16):
        booth, own, dsp = (cost[f"mult{bits}_{kind}"] for kind in ("booth", "yosys", "dsp"))
        size = f"{bits} x {bits} bits"
        result[f"{size}, DSP slices"] = lanes(luts, dsps, None, dsp)
        result[f"{size}, LUTs (Booth rows)"] = lanes(luts, dsps, booth)
        result[f"{size}, DSP slices and LUTs (Booth rows)"] = lanes(luts, dsps, booth, dsp)
        result[f"{size}, DSP slices and LUTs (Yosys' own)"] = lanes(luts, dsps, own, dsp)
    return result


def report_budget(title, luts, dsps, result):
    shift = next(iter(result.values()))
    print(f"\n{title}: {luts:,} LUT and {dsps} DSP slices\n")
    print("| lanes | lanes in the budget | shift against it, one term a weight | two terms |\n"
          "| --- | --- | --- | --- |")
    for lane, count in result.items():
        print(f"| {lane} | {count:,} | {shift / count:.2f} x | {shift / count / 2:.2f} x |")


def report_exchange(cost, part):
    """The 16-bit lane in a DSP slice, when a slice is counted as so many LUTs."""
    shift, mult = cost["shift"]["lut"], cost["mult16_dsp"]
    print("\n| a DSP slice counted as | LUTs a lane, 16 x 16 bits in DSP slices | shift against it |\n"
          "| --- | --- | --- |")
    for luts in (0, 20, 50, 100, round(part["lut"] / part["dsp"])):
        equal = mult["lut"] + luts * mult["dsp"]
        print(f"| {luts} LUT | {equal:.1f} | {equal / shift:.2f} x |")
    even, three = ((times * shift - mult["lut"]) / mult["dsp"] for times in (1, 3))
    print(f"\nAs many lanes at {even:.0f} LUT a slice, three times as many at {three:.0f}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"), help="build folder")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count(), help="processes")
    arguments = parser.parse_args()
    output = arguments.build / "energy/budget"

    cost = {}
    print("| array | LUT a lane | DSP a lane |\n| --- | --- | --- |")
    for key, (title, parameters, multiplier) in ARRAYS.items():
        cost[key] = synthesize(parameters, multiplier, output / key, arguments.jobs)
        print(f"| {title} | {cost[key]['lut']:.1f} | {cost[key]['dsp']:.2f} |", flush=True)

    part = json.loads((activity.ROOT / "tools/synth/parts.json").read_text())[PART]
    whole = int(FILL * part["lut"]), part["dsp"]
    budgets = {f"{PART.upper()}, {FILL:.0%} of the LUTs": whole,
               "the same, the rest of the core taken off": (whole[0] - REST["lut"], whole[1] - REST["dsp"])}
    results = {title: compare(cost, *budget) for title, budget in budgets.items()}
    for title, budget in budgets.items():
        report_budget(title, *budget, results[title])
    report_exchange(cost, part)
    (output / "budget.json").write_text(
        json.dumps({"part": PART, "cost": cost, "budgets": budgets, "lanes": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
