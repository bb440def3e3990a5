#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Replays a set of vectors (`reshift vectors`) under Icarus Verilog.

  core     the whole-core cases on the plain Verilog of the core; a corrupted case must fail
  source   the module vectors on the plain Verilog of each module; a corrupted one must fail
  netlist  the module vectors on each module mapped to Xilinx 7-series cells

Exit status 77, which tests take for skipped, when a tool is missing."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

import families
import mapping
import plain_verilog
import yosys

if not shutil.which("iverilog"):
    print("Icarus Verilog is missing: tools/setup.sh brings it")
    sys.exit(77)

BENCHES = yosys.ROOT / "vectors"


def compile_bench(bench, sources, output, *options):
    subprocess.run(["iverilog", "-g2005", "-s", bench.stem, *options, "-o", output, bench, *sources],
                   check=True)


def simulate(program, argument):
    """The last line of the bench, and whether it passed."""
    result = subprocess.run(["vvp", "-n", program, argument], check=True, text=True,
                            capture_output=True).stdout
    verdicts = [line for line in result.splitlines() if line.startswith(("PASS", "FAIL"))]
    if len(verdicts) != 1:
        return result, False
    return result if verdicts[0].startswith("FAIL") else verdicts[0], verdicts[0].startswith("PASS")


def corrupted(folder, work):
    """A copy of a case with one expected bit that matters turned over."""
    copy = work / f"{folder.name}_corrupted"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    care = (folder / "care.hex").read_text().split()
    expected = (folder / "expected.hex").read_text().split()
    line = max(i for i, word in enumerate(care) if int(word, 16))
    bit = int(care[line], 16) & -int(care[line], 16)
    expected[line] = f"{int(expected[line], 16) ^ bit:0{len(expected[line])}x}"
    (copy / "expected.hex").write_text("\n".join(expected) + "\n")
    return copy


class Replay:
    """Counts what failed, and says each result."""

    def __init__(self):
        self.failed = []

    def check(self, name, program, argument, must_pass=True):
        text, passed = simulate(program, argument)
        if passed == must_pass:
            print(f"{name}: {text if must_pass else 'fails, as it must'}", flush=True)
        else:
            self.failed.append(name)
            print(f"{name}: {text}\n{name}: WRONG", flush=True)


def replay_core(manifest, vectors, work, replay):
    config = manifest["configuration"]["name"]
    core = work / f"reshift_core_{config}.v"
    with yosys.log_to(work / "yosys.log"):
        plain_verilog.write(yosys.read(yosys.TOP, yosys.configuration(config)),
                            f"{yosys.TOP}, configuration {config}", core)
    program = work / "core.vvp"
    compile_bench(BENCHES / "replay_tb.v", [core], program,
                  f"-DAXI_DATA_W={manifest['configuration']['AxiDataW']}")
    for case in manifest["cases"]:
        replay.check(case["folder"], program, f"+case={vectors / case['folder']}")
    broken = corrupted(vectors / manifest["cases"][0]["folder"], work)
    replay.check(broken.name, program, f"+case={broken}", must_pass=False)


def replay_module(entry, vectors, work, replay, mapped):
    name, folder = entry["module"], vectors / entry["folder"]
    output = work / (f"{name}.netlist.v" if mapped else f"{name}.v")
    cells = []
    if mapped:
        family = families.family("xc7")
        text = mapping.elaborate(name, entry["parameters"], family, work)
        kinds = mapping.map_all(text, name, family, work, os.cpu_count(), lambda line: None)
        with yosys.log_to(work / f"{name}.log"):
            yosys.run(mapping.join(kinds, name, family, work), ["write_verilog", "-noattr", output])
        cells = [yosys.SHARE / "xilinx/cells_sim.v"]
    else:
        with yosys.log_to(work / f"{name}.log"):
            plain_verilog.write(yosys.read(name, entry["parameters"]), name, output)
    program = work / f"{name}.vvp"
    compile_bench(BENCHES / "module_replay_tb.v", [output, *cells], program, f"-I{folder}")
    replay.check(name, program, f"+vectors={folder}")
    if not mapped:
        broken = corrupted(folder, work)
        replay.check(broken.name, program, f"+vectors={broken}", must_pass=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["core", "source", "netlist"])
    parser.add_argument("--vectors", type=pathlib.Path, required=True, help="folder of the vectors")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for what is made")
    parser.add_argument("--module", help="only this module")
    arguments = parser.parse_args()

    manifest = json.loads((arguments.vectors / "manifest.json").read_text())
    arguments.work.mkdir(parents=True, exist_ok=True)
    replay = Replay()
    if arguments.what == "core":
        replay_core(manifest, arguments.vectors, arguments.work, replay)
    else:
        entries = [entry for entry in manifest["modules"]
                   if arguments.module in (None, entry["module"])]
        if not entries:
            raise SystemExit(f"no vectors of a module {arguments.module}")
        for entry in entries:
            replay_module(entry, arguments.vectors, arguments.work, replay,
                          arguments.what == "netlist")
    print(f"FAILED: {', '.join(replay.failed)}" if replay.failed else "all as expected")
    return 1 if replay.failed else 0


if __name__ == "__main__":
    sys.exit(main())
