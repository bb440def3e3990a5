#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""All static checks of the tree; exits non-zero when one finds something.

Verilator -Wall on the core in every configuration and on every module by itself, Verible's style
rules and formatting, clang-format, and the repository checks of check.py."""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

import tree

ROOT = tree.ROOT
sys.path.insert(0, str(ROOT / "spec/gen"))
from contract import Contract  # noqa: E402

RTL = ROOT / "rtl"
TOP = "reshift_core"
GENERATED = {"tools/isa/isa.hpp", "tools/isa/descriptors.hpp", "rtl/pkg/rs_spec_pkg.sv",
             "rtl/pkg/rs_ctrl_cpu_pkg.sv", "rtl/ctrl/rs_ctrl_rom.sv",
             "tb/unit/models/ctrl_isa.hpp", "tb/unit/models/control_program.hpp"}
# clang-format's output changes from version to version; this one is in Debian 12 and Ubuntu 22.04.
CLANG_FORMAT_VERSION = "14."
# What the house style decides otherwise than Verible's defaults.
VERIBLE_RULES = ",".join([
    "line-length=length:100", "-generate-label-prefix", "-parameter-name-style",
    "-always-comb", "-unpacked-dimensions-range-ordering", "-explicit-parameter-storage-type",
    "-enum-name-style", "-macro-name-style"])


def configurations():
    contract = Contract()
    for name in contract.configurations:
        yield name, [f"-G{key}={value}" for key, value in contract.rtl_parameters(name).items()]


def sources(*patterns):
    return [name for name in tree.matching(*patterns) if name not in GENERATED]


def verilator_jobs(program):
    files = [file for listed in ("files.txt", "board/files.txt")
             for file in (RTL / listed).read_text().split()]
    common = [program, "--lint-only", "-Wall", "--assert", "--no-timing", "+libext+.sv",
              f"-I{RTL / 'include'}"]
    for folder in sorted({str(RTL / file.split("/")[0]) for file in files}):
        common += ["-y", folder]
    common += [str(path) for path in sorted((RTL / "lint").glob("*.vlt"))]
    common += ["-v", str(RTL / "lint/vendor_cells.v")]
    common += [str(RTL / file) for file in files if file.endswith("_pkg.sv")]

    def job(label, module, *parameters):
        path = next(RTL / file for file in files if pathlib.Path(file).stem == module)
        return f"verilator {label}", [*common, *parameters, "--top-module", module, str(path)]

    modules = [pathlib.Path(file).stem for file in files if not file.endswith("_pkg.sv")]
    for name, parameters in configurations():
        if TOP in modules:
            yield job(f"{TOP} {name}", TOP, *parameters)
    for module in modules:
        yield job(module, module)


def tool(name):
    found = shutil.which(name) or ROOT / ".venv/bin" / name
    if pathlib.Path(found).exists():
        return str(found)
    print(f"skipped: {name} is not installed")
    return None


def format_jobs(in_place):
    program = tool("verible-verilog-format")
    if program:
        mode = ["--inplace"] if in_place else ["--inplace", "--verify"]
        yield "verible format", [program, f"--flagfile={RTL / 'lint/verible.flags'}", *mode,
                                 *sources("rtl/*.sv", "tb/*.sv")]
    program = tool("clang-format")
    if program:
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        if f"version {CLANG_FORMAT_VERSION}" in version:
            mode = ["-i"] if in_place else ["--dry-run", "-Werror"]
            yield "clang-format", [program, *mode, *sources("*.cpp", "*.hpp")]
        else:
            print(f"skipped: clang-format {CLANG_FORMAT_VERSION}x decides, not {version.strip()}")


def style_jobs():
    program = tool("verible-verilog-lint")
    if program:
        yield "verible lint", [program, f"--rules={VERIBLE_RULES}",
                               *sources("rtl/*.sv", "tb/*.sv")]
    yield from format_jobs(in_place=False)
    yield "repository", [sys.executable, str(ROOT / "tools/repo/check.py")]


def run(job):
    label, command = job
    result = subprocess.run(command, cwd=ROOT, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # Verilator 5.006 prints nothing when it is content; newer ones a report.
    bad = result.returncode != 0 or "%Warning" in result.stdout
    return label, bad, result.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verilator", help="program to lint with")
    parser.add_argument("--format", action="store_true", help="format in place, nothing else")
    parser.add_argument("--style", action="store_true", help="only what needs no Verilator")
    parser.add_argument("--only", help="only checks whose label contains this")
    arguments = parser.parse_args()
    if not (arguments.format or arguments.style or arguments.verilator):
        parser.error("--verilator is missing; `make lint` knows which")
    if arguments.format:
        jobs = list(format_jobs(in_place=True))
    else:
        jobs = [*([] if arguments.style else verilator_jobs(arguments.verilator)), *style_jobs()]
    if arguments.only:
        jobs = [job for job in jobs if arguments.only in job[0]]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for label, bad, output in pool.map(run, jobs):
            if bad:
                failed += 1
                print(f"FAILED {label}\n{output}")
    print(f"{len(jobs)} checks, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
