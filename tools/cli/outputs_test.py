#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""Outputs that cannot be written end a command with an error: those that are
known before its work before anything is read, the standard output when it is closed."""

import pathlib
import subprocess
import sys
import tempfile


def main():
    tool = sys.argv[1]

    def run(*arguments, **options):
        return subprocess.run([tool, *arguments], text=True, stderr=subprocess.PIPE, timeout=60, **options)

    def expect(result, text):
        if result.returncode != 1 or text not in result.stderr:
            sys.exit(f"{result.args}: expected an error with {text!r}, got exit {result.returncode}, "
                     f"{result.stderr!r}")

    fit = ("fit", "--device", "xc7z045", "--json", "-")
    for command in (fit, ("--version",), ("fit", "--help")):
        with open("/dev/full", "w") as full:
            expect(run(*command, stdout=full), "No space left on device")
        if run(*command, stdout=subprocess.DEVNULL).returncode != 0:
            sys.exit(f"{command} fails by itself")
    expect(subprocess.run(["sh", "-c", '"$0" "$@" >&-', tool, *fit], text=True, stderr=subprocess.PIPE,
                          timeout=60), "Bad file descriptor")

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        absent = str(folder / "none/x")
        data = ("--data", "random")
        unread = str(folder / "unread")
        for command in (
                ("quantize", unread, "--calib", "random", "--preprocess", unread, "--terms", "1", "-o", absent),
                ("quantize", unread, "--calib", "random", "--preprocess", unread, "--terms", "1", "-o", unread,
                 "--json", absent),
                ("tune", unread, "--calib", "random", "--preprocess", unread, "-o", absent),
                ("tune", unread, "--calib", "random", "--preprocess", unread, "-o", unread, "--picture", absent),
                ("compile", unread, "--hw", "4x4x3", "-o", absent),
                ("eval", unread, *data, "--json", absent),
                ("run", unread, *data, "--count", "1", "--backend", "golden", "--json", absent),
                ("run", unread, *data, "--count", "1", "--backend", "rtl", "--trace", absent),
                ("run", unread, *data, "--count", "1", "--backend", "rtl", "--timeline", absent),
                ("report", unread, "-o", absent),
                ("explore", unread, "--board", "kv260", "--html", absent),
                ("make-network", "resnet18", "-o", absent),
                ("fit", "--device", "xc7z045", "--json", absent)):
            expect(run(*command, stdout=subprocess.DEVNULL), f"cannot write {absent}: No such file or directory")
        if list(folder.iterdir()):
            sys.exit(f"left behind: {list(folder.iterdir())}")

        wrong = folder / "wrong.json"
        wrong.write_text('{"top1": 1}')
        expect(run("fit", "--calibrate", str(wrong), "--output", str(folder / "models"), stdout=subprocess.DEVNULL),
               "wrong.json: is the result of `reshift eval`, expected a report of `make synth`")
        expect(run("compile", str(wrong), "--hw", "4x4x3", "-o", str(folder / "x"), stdout=subprocess.DEVNULL),
               "wrong.json: is JSON, expected a quantised network of `reshift quantize`")
    print("all as expected")


main()
