#!/usr/bin/env python3
# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
"""How many activations of a quantised network are zero on real images, and what an array could skip:
a C-block of a pixel, which is what a column of the array reads in a cycle, and a C-block of P
neighbouring pixels, which is what the whole array reads. Only what is zero as a whole saves a cycle.

    zeros.py RESHIFT NET.rsq --data IMAGES [--preprocess ...] [--count 20] [-c 16] [-p 8]

Example: zeros.py build/bin/reshift resnet20.rsq --data test_batch.bin.xz"""

import argparse
import array
import ast
import json
import pathlib
import struct
import subprocess
import tempfile


def read_codes(path):
    """Shape and values of an array of int16."""
    data = path.read_bytes()
    length = struct.unpack_from("<H", data, 8)[0]
    header = ast.literal_eval(data[10:10 + length].decode("ascii"))
    values = array.array("h")
    values.frombytes(data[10 + length:])
    return header["shape"], values


def count(shape, codes, zero, c, p):
    """Zeros of values, of C-blocks of a pixel, and of C-blocks of P pixels; and how many there are of
    each."""
    images, channels, pixels = shape[0], shape[1], 1
    for size in shape[2:]:
        pixels *= size
    result = [0, 0, 0, 0, 0, 0]
    for image in range(images):
        base = image * channels * pixels
        for block in range(0, channels, c):
            rows = [codes[base + i * pixels:base + (i + 1) * pixels]
                    for i in range(block, min(block + c, channels))]
            result[0] += sum(row.count(zero) for row in rows)
            result[1] += len(rows) * pixels
            empty = [all(value == zero for value in column) for column in zip(*rows)]
            result[2] += sum(empty)
            result[3] += pixels
            groups = [all(empty[i:i + p]) for i in range(0, pixels, p)]
            result[4] += sum(groups)
            result[5] += len(groups)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reshift")
    parser.add_argument("net")
    parser.add_argument("--data", required=True)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("-c", type=int, default=16, help="channels of a C-block [16]")
    parser.add_argument("-p", type=int, default=8, help="pixels of a group [8]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.reshift, "eval", options.net, "--data", options.data, "--count",
                        str(options.count), "--dump", folder, "--tensor", "all"], check=True,
                       stdout=subprocess.DEVNULL)
        index = json.loads((pathlib.Path(folder) / "index.json").read_text())
        total = [0] * 6
        print(f"{'tensor':<32} {'values':>8} {'C-blocks':>9} {'groups':>8}   zero, %")
        for tensor in index:
            if "codes" not in tensor:
                continue
            shape, codes = read_codes(pathlib.Path(folder) / tensor["codes"])
            found = count(shape, codes, tensor["zero"], options.c, options.p)
            total = [a + b for a, b in zip(total, found)]
            print(f"{tensor['name']:<32} {line(found)}")
        print(f"{'all':<32} {line(total)}")


def line(found):
    parts = [100 * found[i] / found[i + 1] for i in (0, 2, 4)]
    return f"{parts[0]:8.1f} {parts[1]:9.1f} {parts[2]:8.1f}"


if __name__ == "__main__":
    main()
