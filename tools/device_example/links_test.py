#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""The device library needs no compiler, quantiser, protobuf or image decoder: neither what a program that
links it links (LIBRARIES, as CMake knows them) nor what its executable loads has one of them."""

import subprocess
import sys

FORBIDDEN = ("compile", "cost", "quant", "golden", "import", "data", "proto", "onnx", "jpeg", "png", "archive")


def forbidden(names):
    return sorted({name for name in names for word in FORBIDDEN if word in name.lower()})


def main():
    executable, *libraries = sys.argv[1:]
    loaded = subprocess.run(["ldd", executable], check=True, capture_output=True, text=True).stdout
    names = [line.split()[0] for line in loaded.splitlines()]
    if "reshift_device" not in libraries or not any(name.startswith("libc.") for name in names):
        sys.exit(f"these are no lists of libraries: {libraries}, {names}")
    if not forbidden(["reshift_compile"]) or not forbidden(["libprotobuf.so.32"]):
        sys.exit("the check itself finds nothing")
    found = forbidden(libraries + names)
    if found:
        sys.exit(f"{executable} links {', '.join(found)}")
    print(f"{executable} links {', '.join(libraries)} and loads {', '.join(names)}")


main()
