#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The trained networks that come with ReShift: each is the file that its record means, is taken as it
is, and has one tile a weight.

    networks_test.py RESHIFT
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# By network or format; the others run on 16x16x8.
CORES = {"half": "16x16x8_half", "digit": "16x16x8_digit", "resnet20-pow2-shift": "16x16x8_shift"}


def main():
    tool = sys.argv[1]

    def call(*command):
        return subprocess.run([tool, *map(str, command)], check=True, stdout=subprocess.PIPE,
                              text=True).stdout

    models = json.loads(call("models", "--json", "-"))
    for model in models:
        network = pathlib.Path(model["file"])
        if hashlib.sha256(network.read_bytes()).hexdigest() != model["sha256"]:
            sys.exit(f"{network}: not the file that {network.stem}.json means")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            said = call("quantize", network, "--preprocess", HERE.parents[1] / model["preprocess"],
                        "--mult-bits", 16, "-o", folder / "net.rsq")
            if "bit for bit" not in said:
                sys.exit(f"{network}: quantize says {said}")
            core = CORES.get(network.stem, CORES.get(model["format"], "16x16x8"))
            call("compile", folder / "net.rsq", "--hw", core, "-o", folder / "net.rsp",
                 "--report", folder / "report.json")
            report = json.loads((folder / "report.json").read_text())
            if any(layer["terms"] != 1 for layer in report["layers"]):
                sys.exit(f"{network}: more than one tile a weight")
    print(f"{len(models)} networks, as their records say, one tile a weight")


if __name__ == "__main__":
    main()
