#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Tests of frames.py: its table names what there is, and a frame that is wrong or slow fails."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import frames

TABLES = json.loads((frames.HERE / "frames.json").read_text())
FRAME = {"network": "net", "config": "4x4x3", "at_most": 1000}


def run(**changes):
    """What `reshift run` says of a frame with two layers."""
    layers = [{"name": "a", "estimate": 400, "cycles": 410}, {"name": "b", "estimate": 500, "cycles": 450}]
    return {"images": 1, "mismatches": 0, "cycles_first": 900, "cycles_per_image": 900.0, "macs": 21600,
            "lanes": 48, "layers": layers, **changes}


class Frames(unittest.TestCase):
    def test_the_table_names_what_there_is(self):
        configurations = json.loads((frames.ROOT / "spec/configurations.json").read_text())
        for frame in TABLES["frames"]:
            self.assertIn(frame["config"], configurations["configurations"])
            network = TABLES["networks"][frame["network"]]
            preprocess = network["quantize"][network["quantize"].index("--preprocess") + 1]
            self.assertTrue((frames.ROOT / "tools/preprocess" / preprocess).is_file(), preprocess)
            self.assertEqual(1, sum(key in network for key in ("make", "file", "trained")))
        names = [frames.name_of(frame) for frame in TABLES["frames"]]
        self.assertEqual(len(names), len(set(names)))

    def test_layers_off_their_estimate_are_named(self):
        line = frames.row(FRAME, run())
        self.assertEqual(line[-1], "1 of 2: `b` -10.0 %")
        self.assertEqual(line[-2], "50.0 % of 48")
        self.assertEqual(line[2], "first")
        self.assertEqual(frames.row(FRAME, run(images=20))[2], "steady")

    def test_slow_and_wrong_frames_fail(self):
        self.assertTrue(frames.kept(FRAME, run()))
        self.assertFalse(frames.kept(FRAME, run(mismatches=1)))
        self.assertFalse(frames.kept(FRAME, run(cycles_first=1001)))
        # Of several images those after the first count.
        self.assertTrue(frames.kept(FRAME, run(images=20, cycles_first=1001)))
        self.assertFalse(frames.kept(FRAME, run(images=20, cycles_per_image=1000.5)))

    def test_what_is_not_there_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            tool = [sys.executable, frames.HERE / "frames.py", "--build", folder, "--data", folder]
            ended = subprocess.run([*tool, "resnet50.32x16x4", "resnet20.16x16x8_q2"], text=True,
                                   stdout=subprocess.PIPE, check=True)
            self.assertIn("resnet50.32x16x4: skipped, no simulated core: make sim CONFIG=32x16x4",
                          ended.stdout)
            self.assertIn("resnet20.16x16x8_q2: skipped, there is no models_cifar10/", ended.stdout)
            ended = subprocess.run([*tool, "none"], text=True, stderr=subprocess.PIPE, check=False)
            self.assertEqual(ended.returncode, 2)
            self.assertIn("no frame none; there are resnet50.32x16x4", ended.stderr)

    def test_a_command_that_fails_is_named_with_its_log(self):
        with tempfile.TemporaryDirectory() as folder:
            build = pathlib.Path(folder)
            (build / "bin").mkdir()
            (build / "lib").mkdir()
            (build / "lib/libreshift_sim_32x16x4.so").touch()
            (build / "bin/reshift").write_text("#!/bin/sh\necho no disk; exit 1\n")
            (build / "bin/reshift").chmod(0o755)
            ended = subprocess.run([sys.executable, frames.HERE / "frames.py", "--build", build,
                                    "resnet50.32x16x4"], text=True, stdout=subprocess.PIPE, check=False)
            self.assertEqual(ended.returncode, 1)
            log = build.resolve() / "frames/resnet50.make-network.log"
            self.assertIn(f"resnet50.32x16x4: reshift make-network failed, see {log}", ended.stdout)
            self.assertEqual(log.read_text(), "no disk\n")


if __name__ == "__main__":
    unittest.main()
